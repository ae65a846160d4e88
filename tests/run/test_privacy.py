"""No name and no path of the data is in a results folder, whatever people and files are called: every byte is read."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tiny
from facegap import store
from facegap.cards import load_study
from facegap.evidence.kept import kept_study, kept_text
from facegap.records import COPY_AGAIN, COPY_OF_OTHER, RULES
from finished import SECRET

PEOPLE = (
    "O'Brien",
    '"Quoted" Name',
    "Line\nBreak",
    "=HYPERLINK(1)",
    "<script>alert(1)</script>",
    "\u202eright-to-left\u202c",
    "../../etc/shadowy",
    "C:\\Users\\Janet",
    "x",
    "王小明",
    "Zoë Müller",
    "%s{0}{{jinja}}",
    "tab\there",
    "comma,separated",
    "&amp;entity",
    "@sum+minus",
    "null-island",
    "Smith; DROP TABLE",
    "space  double",
    "percent%20encoded",
    "'leading apostrophe",
    "trailing-dash-",
    "_underscore_",
    "Ω≈ç√",
)
"""Names of the 24 people of the tiny study."""

LABELS, FOLDER = "labels_of_Jane_Roe.csv", "Jane Roe's private holiday"
LIST, VIEW, TENDER = "Pairs of Jane Roe.csv", "view_of_Jane_Roe.csv", "Jane Roe asks.txt"
CARDS, NET = "cards of Jane Roe", "net.toml"


COPIES = (COPY_AGAIN, COPY_OF_OTHER)


def make_hostile(place: Path) -> list[str]:
    """The tiny study with such names; every name, path piece and file name of it."""
    tiny.make_place(place)
    data = place / "data"
    rows = list(csv.DictReader(io.StringIO((data / "index.csv").read_text(encoding="utf-8"))))
    secrets = [*PEOPLE, LABELS, FOLDER]
    for row in rows:
        k = int(row["subject_id"][1:])
        folder = f"ordner-{k:02d}-{re.sub(r'[^a-z]', '', PEOPLE[k].lower())}quux"
        name = f"bild'{row['sample_id']}\u00e9.png"
        (data / folder).mkdir(exist_ok=True)
        (data / row["path"]).rename(data / folder / name)
        row["path"], row["subject_id"] = f"{folder}/{name}", PEOPLE[k]
        row["sample_id"] = f"{PEOPLE[k]} #{row['sample_id']}"
        secrets += [folder, name, row["sample_id"]]
        row["family"] = f"von Trapp {k // 2:02d}" if k % 4 < 2 else ""
        secrets += [row["family"]]
    # One picture under two people, and one twice under one: they are left out and named in copies.
    for row, other in ((rows[13], rows[21]), (rows[30], rows[31])):
        (data / row["path"]).write_bytes((data / other["path"]).read_bytes())
    # What checks have something to say about: a missing file, a wrong label, half-labelled people, a wrong role.
    rows.append({**rows[0], "sample_id": "gone Waldo", "path": "ordner-gone/waldo.png"})
    rows.append({**rows[4], "sample_id": "Waldo two", "path": rows[4]["path"] + "x", "group": "Waldoish"})
    rows[8]["size"] = ""
    secrets += ["gone Waldo", "ordner-gone", "waldo.png", "Waldo two", "Waldoish"]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (data / "index.csv").unlink()
    (data / LABELS).write_text(text.getvalue(), encoding="utf-8")
    data.rename(place / FOLDER)
    card = (place / "datasets" / "patterns.toml").read_text(encoding="utf-8")
    card = card.replace("index.csv", LABELS).replace('adapter = "csv"', 'adapter = "csv"\nrelations = ["family"]')
    card += f'\n[protocols.view]\npairs = "{VIEW}"\nformat = "csv"\n'
    (place / "datasets" / "patterns.toml").write_text(card, encoding="utf-8")
    (place / CARDS).mkdir()
    (place / CARDS / NET).write_text(
        (place / "models" / "tiny.toml").read_text(encoding="utf-8").replace("tiny.onnx", "../models/tiny.onnx"),
        encoding="utf-8",
    )
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    study = study.replace('root = "data"', f"root = {json.dumps(str(place / FOLDER))}")
    (place / "tiny.toml").write_text(study.replace("suppress_below = 0", "suppress_below = 3"), encoding="utf-8")
    study = (place / "tiny.toml").read_text(encoding="utf-8").replace('name = "tiny"', 'name = "listed"')
    study = study.replace('card = "tiny"', f"card = {json.dumps(f'{CARDS}/{NET}')}")
    (place / "listed.toml").write_text(f'{study}\n[trials]\npairs = "{LIST}"\n', encoding="utf-8")
    names = [row["sample_id"] for row in rows]
    mated = [(names[k], names[k + 1]) for k in range(0, 92, 2)]
    strangers = [(names[k], names[(k + 41) % 96]) for k in range(96)]
    with (place / LIST).open("w", encoding="utf-8", newline="") as file:
        writer_of_list = csv.writer(file, lineterminator="\n")
        writer_of_list.writerow(["reference", "probe", "relation"])
        writer_of_list.writerows([(*pair, "") for pair in mated])
        writer_of_list.writerows([(*pair, "") for pair in strangers])
        writer_of_list.writerow(["Nobody Nowhere", names[3], ""])
        writer_of_list.writerow([*mated[0], ""])
    (place / TENDER).write_text("FNMR at most 1 %", encoding="utf-8")
    secrets += [LIST, VIEW, TENDER, CARDS, "Nobody Nowhere"]
    return [*secrets, str(place), place.name]


def texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte of a folder: names of files, files, members of archives, and texts in arrays as UTF-8."""
    for path in folder.rglob("*"):
        yield "a name", str(path.relative_to(folder)).encode()
        if not path.is_file():
            continue
        yield path.name, path.read_bytes()
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())
                yield f"{path.name}, its names", repr(archive.infolist()).encode() + archive.comment
            for name, array in store.read_arrays(path).items():
                if array.dtype.kind == "U":
                    yield f"{path.name}/{name}", "\n".join(array.ravel().tolist()).encode()


def forms(secret: str) -> Iterator[bytes]:
    """A text as it may stand in a file: plain, escaped for HTML, JSON, CSV or Python, or by two bytes a character."""
    for text in {secret, html.escape(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1], secret.replace('"', '""')}:
        yield text.encode()
    yield secret.encode("utf-16-le")
    yield secret.encode("utf-32-le")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path) -> tuple[Path, list[str]]:
    """A run of the hostile data set by the command line, and what must not be in it."""
    pytest.importorskip("onnx", reason="the tiny net is written with the onnx package")
    place = tmp_path_factory.mktemp("of-Jane-Roe")
    secrets = make_hostile(place)
    for words in (("seal", "tiny.toml", "--policy", TENDER), ("run", "tiny.toml"), ("run", "listed.toml")):
        code, out, error = tiny.facegap(place, *words, FACEGAP_CACHE=str(cache_folder), FACEGAP_SECRET=SECRET)
        assert code == 0, (words, error)
        assert words[0] == "seal" or not any(name in out + error for name in PEOPLE if len(name) > 1)
    return next((place / "results").glob("tiny-*")), secrets


def test_what_the_search_reads_is_there(hostile: tuple[Path, list[str]]) -> None:
    """The files that not every run has, and findings of copies and lists."""
    folder, _ = hostile
    for name in ("acquisitions/refused.csv", "comparisons/tiny~clean~with-copies.npz", "sealed.json"):
        assert (folder / name).is_file(), name
    samples = store.read_table(folder / "tables" / "samples.csv")
    assert {row["copy"] for row in samples} == {"", *COPIES} and any(row["relation family"] for row in samples)
    rules = {one["rule"] for one in store.read_manifest(folder).findings}
    assert rules >= {"copies", "missing-file", "unknown-label", "half-labelled"}
    manifest = store.read_manifest(listed(folder))
    found = {one["rule"]: one["message"] for one in manifest.findings}
    assert found["pairs"].startswith("1 pairs of the list") and found["pairs-again"].startswith("1 pairs that stand")
    assert manifest.study["trials"]["pairs"] == "left-out.csv"
    assert manifest.dataset["protocols"]["view"]["pairs"] == manifest.dataset["files"]["manifest"] == "left-out"


def listed(folder: Path) -> Path:
    """The other run, of a list of its own."""
    return next(folder.parent.glob("listed-*"))


def test_no_name_and_no_path_is_in_any_byte(hostile: tuple[Path, list[str]]) -> None:
    folder, secrets = hostile
    long = [secret for secret in secrets if len(secret) > 2]
    assert len(long) > 200
    for where, data in (*texts(folder), *texts(listed(folder))):
        for secret in long:
            for form in forms(secret):
                assert form not in data, (where, secret)


def test_a_name_of_one_letter_is_in_no_cell(hostile: tuple[Path, list[str]]) -> None:
    """Where such a letter stands by itself it is a name."""
    folder, _ = hostile
    for path in [*folder.glob("tables/*.csv"), *folder.glob("acquisitions/*.csv")]:
        with path.open(encoding="utf-8", newline="") as file:
            assert not any("x" in line for line in csv.reader(file)), path
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert not any(value == "x" for value in leaves(manifest))


def leaves(content: object) -> Iterator[object]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from leaves(value)
    else:
        yield content


def test_no_digest_of_a_picture_finds_its_row(hostile: tuple[Path, list[str]]) -> None:
    """Nor of its path or of anybody's name; by any digest of the standard library that is likely to be tried."""
    import hashlib

    folder, secrets = hostile
    everything = b"\n".join(data for _, data in texts(folder))
    pictures = [path.read_bytes() for path in (folder.parents[1] / FOLDER).rglob("*.png")]
    assert len(pictures) == 96
    for kind in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s", "sha3_256"):
        for data in (*pictures, *(secret.encode() for secret in secrets)):
            assert hashlib.new(kind, data).hexdigest()[:16].encode() not in everything


def test_findings_in_results_are_rules_counts_and_lines(hostile: tuple[Path, list[str]]) -> None:
    folder, _ = hostile
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = {one["rule"]: one["message"] for one in manifest["findings"]}
    assert found["missing-file"].endswith("; lines 106, 107") and found["missing-file"].startswith("2 ")
    assert found["unknown-label"] == f"1 {RULES['unknown-label']}; lines 107"
    assert found["half-labelled"] == f"1 {RULES['half-labelled']}"


@pytest.mark.slow
def test_verify_knows_where_the_data_lie_on_this_machine_alone(
    hostile: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = hostile
    monkeypatch.chdir(folder.parents[1])
    code, out, _ = tiny.facegap(folder.parents[1], "verify", str(folder))
    assert code == 0 and out.endswith(f"{folder.name}: verified\n"), out
    code, out, _ = tiny.facegap(folder.parents[1], "verify", str(listed(folder)))
    assert code == 0 and out.endswith(f"{listed(folder).name}: verified\n"), out
    code, out, _ = tiny.facegap(
        folder.parents[1], "verify", str(folder), "--root", FOLDER, FACEGAP_SECRET="f0e1d2c3b4a5968778695a4b3c2d1e0f"
    )
    assert code == 4 and "  could not be checked: images: the secret that keys their digests is not on this" in out


KEPT = [
    ('root = "data"', 'root = "left-out"'),
    ("'root' = '/home/jane/x'", "'root' = \"left-out\""),
    ('root = "/home/jane/x" # not "/home/jane/x/y"', 'root = "left-out" # not "x/y"'),
    ('note = "a"', 'note = "a"'),
    ('card = "/home/jane/cards/mine.toml"', 'card = "mine.toml"'),
    ('card = "../of jane/mine.toml"', 'card = "mine.toml"'),
    ('[trials]\npairs = "listed"', '[trials]\npairs = "listed"'),
    ("[trials]\npairs = 'lists of jane/jane.CSV' # by hand", '[trials]\npairs = "left-out.csv" # by hand'),
    ('[trials]\npairs = "jane.txt"\nformat = "lfw"', '[trials]\npairs = "left-out"\nformat = "lfw"'),
    ('[thresholds]\nfrom_run = "../jane/lfw-gender"', '[thresholds]\nfrom_run = "lfw-gender"'),
    ('[applies_to]\n"of jane/dark.toml" = "probe"', '[applies_to]\n"dark.toml" = "probe"'),
]


@pytest.mark.parametrize(("text", "kept"), KEPT)
def test_the_kept_text_is_the_study_without_its_folders(text: str, kept: str) -> None:
    around = "# a study\r\n[dataset]\n{}\nother = 1e-3 # kept\n"
    assert kept_text(around.format(text)) == around.format(kept)


@pytest.mark.parametrize("text", ['root = """/home/jane"""', '"r\\u006fot" = "/home/jane"', "root = '''x'''"])
def test_a_folder_that_cannot_be_taken_out_takes_the_text_along(text: str) -> None:
    said = kept_text(f"[dataset]\n{text}\n")
    assert said.startswith("# The study's text names a folder in a way") and "jane" not in said


def test_the_kept_study_names_its_cards_and_runs_alone(place: Path) -> None:
    study, _ = load_study("tiny.toml")
    thresholds = study.thresholds.model_copy(update={"from_run": "/home/jane/results/tiny-20260101T000000Z-00000000"})
    kept = kept_study(study.model_copy(update={"thresholds": thresholds}), "patterns")
    assert kept["dataset"]["root"] is None and kept["thresholds"]["from_run"] == "tiny-20260101T000000Z-00000000"


def test_reasons_of_unreadable_pictures_hold_no_path(
    place: Path, run_here: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the system would name the file."""
    real = Path.read_bytes

    def denied(path: Path) -> bytes:
        if path.name == "s05-1.png":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    (place / "cache" / "acquisitions").rename(place / "cache" / "not here")
    folder = run_here()
    rows = store.read_table(folder / "acquisitions" / "aligned-none~clean.csv")
    assert [row["reason"] for row in rows if "denied" in row["reason"]] == ["cannot be read: Permission denied"]


def test_links_in_a_run_are_not_followed(finished: Path, tmp_path: Path) -> None:
    """A page handed on must not carry what a link in somebody's folder led to."""
    import shutil

    from facegap.errors import StoreError
    from facegap.report import render
    from facegap.run import Changes, analyse

    run = tmp_path / "run"
    shutil.copytree(finished, run)
    (tmp_path / "secret.csv").write_text("of somebody", encoding="utf-8")
    (run / "tables" / "more.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(StoreError, match=r"more\.csv: a symbolic link; a results folder holds plain files"):
        render(run, tmp_path / "page")
    assert not (tmp_path / "page" / "tables" / "more.csv").exists()
    (run / "tables" / "more.csv").unlink()
    kept = run / "comparisons" / "tiny~clean.npz"
    kept.rename(tmp_path / "kept.npz")
    kept.symlink_to(tmp_path / "kept.npz")
    with pytest.raises(StoreError, match=r"tiny~clean\.npz: a symbolic link"):
        analyse(run, Changes(), tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_the_pictures_are_what_the_names_say(hostile: tuple[Path, list[str]]) -> None:
    """The hostile data set is read as a whole: all 96 pictures, two of them failures."""
    folder, _ = hostile
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["samples"] == {
        "samples": 96,
        "subjects": 24,
        "refused": 2,
        "unreadable files": 0,
        "left out as copies": 3,
        "nearly copies": 0,
    }
    with Image.open(next((folder.parents[1] / FOLDER).rglob("*s05-0*"))) as image:
        assert np.asarray(image).shape == (32, 32, 3)
