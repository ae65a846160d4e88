"""`facegap protocol export`, a vendor who scores what is in it, `facegap scores import`: as users call them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import given
import tiny
from facegap import store
from facegap.run.imported import toml_text

LISTED = tiny.STUDY.replace("[thresholds]", '[trials]\npairs = "pairs.csv"\n\n[thresholds]')


@pytest.fixture
def place(tmp_path: Path, finished: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of a list, with the card of a vendor."""
    place = tiny.make_place(tmp_path, LISTED)
    monkeypatch.chdir(place)
    given.write_card(place, "vendor", f"{given.SCORES}vendor_threshold = 0.7\nvendor_fmr = 0.001\n")
    names = [f"s{subject:02}-{sample}" for subject in range(24) for sample in range(4)]
    pairs = [(a, b) for a in names for b in names if a < b and (a[:3] == b[:3] or a[-1] == b[-1])]
    lines = ["reference,probe", *(f"{a},{b}" for a, b in pairs)]
    (place / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def scored(place: Path) -> None:
    """What a vendor hands back of the exported pairs: a score that equals the threshold in it, and failures."""
    samples, made = given.measured(Path("tiny.toml"))
    with (place / "out" / "pairs.csv").open(encoding="utf-8", newline="") as file:
        asked = list(csv.DictReader(file))
    from facegap.outside import ids_of

    rows = ids_of(samples, store.local_secret()).rows
    scores = [(one["pair"], given.score_of(made, rows[one["reference"]], rows[one["probe"]])) for one in asked]
    lines = ["pair,score,reason", *(f"{p},,no face" if s != s else f"{p},{s:.9g}," for p, s in scores)]
    (place / "out" / "scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_what_a_vendor_hands_back_is_a_run(place: Path, cache_folder: Path) -> None:
    code, _, error = tiny.facegap(place, "protocol", "export", "tiny.toml", "--out", "out", "--no-images")
    assert code == 0, error
    scored(place)
    code, out, error = tiny.facegap(
        place, "scores", "import", "tiny.toml", "out/scores.csv", "--name", "vendor", "--results", "imported"
    )
    assert code == 0, error + out
    assert "its scores come from elsewhere; failures are as the vendor reported them" in out
    (run,) = (place / "imported").iterdir()
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "failures are as the vendor reported them" in page and "Failed, as reported" in page
    assert "No face was looked for" in page and "no face was acquired" not in page
    assert "failures are as the vendor reported them" in (run / "tables" / "NOTICE.txt").read_text(encoding="utf-8")
    (entry,) = store.read_manifest(run).models
    scores = place / "out" / "scores.csv"
    assert entry["given"] == [{"condition": "clean", "file": "scores.csv", "sha256": store.sha256_file(scores)}]
    assert entry["protocol_sha256"] == store.sha256_file(place / "out" / "protocol.json")
    (vendor,) = [row for row in store.read_table(run / "tables" / "thresholds.csv") if row["name"] == "vendor"]
    assert "the vendor states FMR 0.001 for it; over all non-mated comparisons here" in vendor["note"]
    code, out, _ = tiny.facegap(place, "verify", str(run))
    assert code == 0 and "ok       arrived: " in out, out
    code, out, _ = tiny.facegap(place, "claim", str(run), "FNMR <= 0.9 overall at vendor")
    assert code == 1 and "vendor, clean: FNMR <= 0.9, at vendor (score >= 0.7): undecided" in out
    code, _, error = tiny.facegap(place, "claim", str(run), "FTA <= 0.9 overall")
    assert code == 2 and "vendor was run by others, so that no failure to acquire was seen" in error
    code, out, error = tiny.facegap(place, "analyse", str(run), "--groups", "size", "--no-page")
    assert code == 0, error
    code, _, error = tiny.facegap(place, "verify", str(next((place / "imported").glob("*-*-*-*"))))
    assert code == 0, error

    scores.rename(place / "moved.csv")
    code, out, _ = tiny.facegap(place, "verify", str(run))
    assert code == 4 and "not on this machine" in out and "--outside FILE" in out
    code, out, _ = tiny.facegap(place, "verify", str(run), "--outside", "moved.csv")
    assert code == 0, out
    scores.write_text("pair,score\n", encoding="utf-8")
    code, out, _ = tiny.facegap(place, "verify", str(run))
    assert code == 1 and "another file than the run's" in out


def test_scores_of_another_list_are_refused(place: Path) -> None:
    assert tiny.facegap(place, "protocol", "export", "tiny.toml", "--out", "out", "--no-images")[0] == 0
    scored(place)
    text = (place / "pairs.csv").read_text(encoding="utf-8")
    (place / "pairs.csv").write_text("".join(text.splitlines(keepends=True)[:-1]), encoding="utf-8")
    words = ("scores", "import", "tiny.toml", "out/scores.csv", "--name", "vendor")
    code, _, error = tiny.facegap(place, *words)
    assert code == 2 and "scores of another list" in error
    record = json.loads((place / "out" / "protocol.json").read_text(encoding="utf-8"))
    (place / "other.json").write_text(json.dumps({**record, "secret_id": "0" * 16}), encoding="utf-8")
    code, _, error = tiny.facegap(place, *words, "--protocol", "other.json")
    assert code == 2 and "other.json: its ids were made with another secret" in error
    code, _, error = tiny.facegap(place, *words, "--protocol", "none.json")
    assert code == 2 and "none.json: no such file" in error


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("scores.csv", "--name", "tiny"), "kind: expected 'scores' here, found 'recogniser'"),
        (("scores.csv", "--name", "nobody"), "no card named 'nobody' in models/"),
        (("none.csv", "--name", "vendor"), "no such file: "),
    ],
)
def test_what_is_wrong_is_said(place: Path, words: tuple[str, ...], says: str) -> None:
    (place / "scores.csv").write_text("reference,probe,score\n", encoding="utf-8")
    code, _, error = tiny.facegap(place, "scores", "import", "tiny.toml", *words)
    assert code == 2 and says in error, error


def test_several_conditions_are_told_apart_in_the_study(place: Path) -> None:
    study = (place / "tiny.toml").read_text(encoding="utf-8").replace('["clean"]', '["clean", "backlit"]')
    (place / "two.toml").write_text(study, encoding="utf-8")
    (place / "scores.csv").write_text("reference,probe,score\n", encoding="utf-8")
    code, _, error = tiny.facegap(place, "scores", "import", "two.toml", "scores.csv", "--name", "vendor")
    assert code == 2 and "say in the study which files are of which condition" in error


def test_content_as_toml_says_the_same() -> None:
    import tomllib

    content = {"a b": 'x"\\\x7f\nü', "n": 1e-05, "t": True, "l": [[1, 2.5], []], "d": {"e": {"f": ["g"]}, "ö": {}}}
    assert tomllib.loads(toml_text(content)) == content
