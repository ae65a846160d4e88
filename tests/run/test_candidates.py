"""Candidate lists in a run: whole ones give the direct run's tables, cut ones leave blank what they do not hold."""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import given
import tiny
from facegap import count, store
from facegap.audit import verify
from facegap.cards import load_study
from facegap.claims import examine_claim
from facegap.errors import CardError, InputError
from facegap.evidence import Evidence, read_evidence
from facegap.records import Searches
from facegap.run import asked_of, export_protocol, import_scores, resolve, run_study
from facegap.run.analyse import Changes, analyse
from facegap.tables.workbench import Workbench
from finished import SECRET

Run = Callable[..., Path]

LISTED = tiny.STUDY.replace("[thresholds]", '[trials]\npairs = "pairs.csv"\n\n[thresholds]')


def list_pairs(place: Path) -> None:
    """A list that holds every comparison of the searches' galleries, and others."""
    names = [f"s{subject:02}-{sample}" for subject in range(24) for sample in range(4)]
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :] if a[:3] == b[:3] or (k % 3 and a[-1] == "0")]
    (place / "pairs.csv").write_text(
        "\n".join(["reference,probe", *(f"{a},{b}" for a, b in pairs)]) + "\n", encoding="utf-8"
    )


@pytest.mark.parametrize("form", ["pairs", pytest.param("every one with every one", marks=pytest.mark.slow)])
def test_what_the_documented_script_scores_is_the_direct_run(
    place: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Exported, scored by a script of a few lines, imported: every table to the last digit, searches too."""
    list_pairs(place)
    (place / "tiny.toml").write_text(LISTED if form == "pairs" else tiny.STUDY, encoding="utf-8")
    direct = run_here("tiny.toml", "direct")
    for name, text in (("vendor.py", given.VENDOR), ("score.py", given.script())):
        (place / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    monkeypatch.setattr(sys, "argv", ["score.py", "given"])
    monkeypatch.delitem(sys.modules, "vendor", raising=False)
    export_protocol(asked_of("tiny.toml", None, given.silent), Path("given"), True, given.silent)
    runpy.run_path("score.py")
    given.write_card(place, "vendor", given.SCORES)
    scores = place / "given" / "scores"
    lists = {protocol: [scores / f"clean-{protocol}.csv"] for protocol in ("closed", "open")}
    inputs = import_scores("tiny.toml", [scores / "clean.csv"], lists, "vendor", None, None, given.silent)
    run = run_study(inputs, Path("imported"), lambda _: None, given.silent)
    given.assert_same_tables(run, direct)
    assert len(store.read_table(run / "tables" / "identification.csv")) > 50
    assert verify(run) == []
    assert not [one for one in store.read_manifest(run).findings if one["rule"] in ("rates-unknown", "other-scores")]


def cut(place: Path, run_here: Run, length: int, name: str = "cut", **change: str) -> Path:
    """A run of the tiny study with the net's scores as a matrix, and candidate lists of so many."""
    samples, made = given.measured(Path("tiny.toml"))
    everyone = list(range(len(samples)))
    files = given.write_matrix(place, samples, made, everyone, everyone)
    study, _ = load_study("tiny.toml")
    for protocol in ("closed", "open"):
        given.write_candidates(place / f"{protocol}.csv", samples, made, study, protocol, length)
    for file, text in change.items():
        path = place / f"{file}.csv"
        path.write_text(text + path.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    given.write_card(place, "vendor", given.SCORES)
    use = (
        f'card = "vendor"\nscores = [{", ".join(chr(34) + file.name + chr(34) for file in files)}]\n'
        'searches = { closed = "closed.csv", open = ["open.csv"] }'
    )
    (place / f"{name}.toml").write_text(
        tiny.STUDY.replace('card = "tiny"\ndetector = "aligned-none"', use).replace(
            "ranks = [1, 2]", "ranks = [1, 2, 3, 8]"
        ),
        encoding="utf-8",
    )
    return run_here(f"{name}.toml", name)


def evidence_of(run: Path) -> Evidence:
    return read_evidence(run, store.read_manifest(run))


def rows_of(run: Path) -> dict[tuple[str, ...], dict[str, str]]:
    key = ("protocol", "metric", "failures", "grouping", "group", "rank", "threshold_name")
    return {tuple(row[k] for k in key): row for row in store.read_table(run / "tables" / "identification.csv")}


@pytest.fixture(scope="module")
def runs(finished: Path, cache_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run with whole lists, and one with lists of three."""
    place = tmp_path_factory.mktemp("candidates")
    shutil.copytree(finished.parents[1], place, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEGAP_CACHE", str(cache_folder))
        patch.setenv("FACEGAP_SECRET", SECRET)
        patch.chdir(place)

        def run(study: str, results: str) -> Path:
            inputs = resolve(study, None, given.silent)
            return place / run_study(inputs, Path(results), lambda _: None, given.silent)

        return cut(place, run, 1000, "whole"), cut(place, run, 3)


@pytest.fixture
def whole(runs: tuple[Path, Path]) -> Path:
    return runs[0]


@pytest.fixture
def short(runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(runs[1].parents[1])
    return runs[1]


def test_cut_lists_give_the_numbers_that_they_hold_and_no_other(short: Path, whole: Path) -> None:
    """Each rate is that of whole lists to the last digit, or blank with the reason; both kinds occur."""
    run = short
    mine, wanted = rows_of(run), rows_of(whole)
    assert mine.keys() <= wanted.keys()
    blank = {key for key, row in mine.items() if "not known" in row["note"]}
    for key, row in mine.items():
        if key in blank:
            assert row["rate"] == row["errors"] == row["low"] == "" and row["trials"] == wanted[key]["trials"]
        else:
            for column in ("rate", "errors", "trials", "failed", "completed", "threshold"):
                assert row[column] == wanted[key][column], (key, column)
    ranks = {key[5]: key in blank for key in mine if key[0] == "closed" and key[6] == "none" and key[1] == "FNIR"}
    assert ranks == {"1": False, "2": False, "3": False, "8": True}
    assert any(key[5] == "N" for key in blank) or any(key[5] == "N" for key in mine.keys() - blank)
    cmc = store.read_table(run / "tables" / "cmc.csv")
    assert {int(row["rank"]) for row in cmc} == {1, 2, 3}
    said = [one for one in store.read_manifest(run).findings if one["rule"] == "rates-unknown"]
    assert said and all("candidate lists, cut short, do not hold" in one["message"] for one in said)
    assert verify(run) == []


def test_intervals_of_cut_lists_hold_those_of_whole_ones(short: Path, whole: Path) -> None:
    """Where a drawn threshold falls below the end of a list, the interval reaches to the least and most there is."""
    run = short
    wanted = rows_of(whole)
    compared = 0
    for key, row in rows_of(run).items():
        if row["rate"] and row["threshold_low"]:
            compared += 1
            assert float(row["low"]) <= float(wanted[key]["low"]) + 1e-9, key
            assert float(row["high"]) >= float(wanted[key]["high"]) - 1e-9, key
    assert compared


def test_a_claim_that_rests_on_what_is_cut_off_is_refused(short: Path) -> None:
    with pytest.raises(InputError, match="FNIR not known: candidate lists are cut, the shortest that matters after 3"):
        examine_claim(short, "rank-8 hit rate >= 50 %")


def test_another_analysis_of_cut_lists_says_the_same(tmp_path: Path, short: Path) -> None:
    again = analyse(short, Changes(groups=(("size",),)), tmp_path / "other", lambda _: None)
    rows = store.read_table(again / "tables" / "identification.csv")
    assert {row["grouping"] for row in rows} == {"", "size"} and any("not known" in row["note"] for row in rows)
    assert verify(again) == []


def test_scores_of_another_scale_meet_no_threshold_of_comparisons(place: Path, run_here: Run) -> None:
    cut(place, run_here, 5)
    lines = (place / "open.csv").read_text(encoding="utf-8").splitlines()
    scaled = [line if line.endswith((",", "score")) else _halved(line) for line in lines]
    (place / "open.csv").write_text("\n".join(scaled) + "\n", encoding="utf-8")
    run = run_here("cut.toml", "scaled")
    rows = rows_of(run)
    assert {key[6] for key in rows if key[0] == "open"} <= {"none", "FPIR 0.1"}
    assert {key[6] for key in rows if key[0] == "closed"} > {"none", "FPIR 0.1"} - {"FPIR 0.1"}
    assert any(one["rule"] == "other-scores" for one in store.read_manifest(run).findings)
    assert verify(run) == []


def _halved(line: str) -> str:
    head, _, score = line.rpartition(",")
    return f"{head},{float(score) / 2:.9g}"


def made_up(score: list[float], listed_to: list[float], mated: list[bool], top: list[float]) -> Searches:
    k = len(score)
    mate = np.array(score, np.float32)
    return Searches(
        model="m", condition="clean", protocol="open", probe=np.arange(k), mated=np.array(mated),
        completed=np.ones(k, dtype=bool), mate_score=mate,
        mate_rank=np.where(np.isnan(mate), 0, np.where(np.isneginf(mate), 50, 1)),
        mate_rank_optimistic=np.where(np.isnan(mate), 0, np.where(np.isneginf(mate), 4, 1)),
        top_nonmate=np.array(top, np.float32), gallery_size=50, gallery_failed=0, listed=np.full(k, 3),
        listed_to=np.array(listed_to, np.float32),
    )  # fmt: skip


def test_what_is_known_and_what_is_not() -> None:
    """Two mates are left out, below 0.4 and 0.5; two strangers found nobody above 0.3."""
    nan, inf = float("nan"), float("inf")
    found = made_up(
        [0.9, -inf, -inf, nan, nan], [0.2, 0.4, 0.5, 0.3, 0.1], [True] * 3 + [False] * 2, [0.3, 0.6, 0.7, -inf, 0.8]
    )
    known = {
        ("FNIR", None, 0.6): True, ("FNIR", None, 0.5): False, ("FNIR", 3, None): True, ("FNIR", 4, None): False,
        ("FNIR", 4, 0.6): True, ("FNIR", 4, 0.4): False, ("FNIR", 1, 0.1): True,
        ("FPIR", None, 0.31): True, ("FPIR", None, 0.25): False,
    }  # fmt: skip
    for (metric, rank, threshold), is_known in known.items():
        assert (count.unknown(found, metric, rank, threshold) == "") == is_known, (metric, rank, threshold)
    assert count.rank_limit(found) == 3
    assert count.unknown(replace(found, listed=None, listed_to=None), "FNIR", 40, 0.0) == ""


@pytest.mark.parametrize(
    ("use", "says"),
    [
        ('scores = ["a.csv"]\nsearches = { open = "b.csv", shut = "c.csv" }', "shut"),
        ('scores = ["a.csv"]\nsearches = "b.csv"', "expected a table of protocol and files"),
        ('templates = "a.npz"\nsearches = { open = "b.csv" }', "give those as well"),
        ('scores = ["a.csv"]\nsearches = { open = { dark = "b.csv" } }', "'dark' is not among conditions"),
        ('scores = ["a.csv"]\nsearches = { open = [] }', "expected an array of files"),
    ],
)
def test_a_study_says_of_which_searches_lists_are(place: Path, run_here: Run, use: str, says: str) -> None:
    given.write_card(place, "vendor", given.SCORES)
    study = tiny.STUDY.replace('card = "tiny"\ndetector = "aligned-none"', f'card = "vendor"\n{use}')
    (place / "bad.toml").write_text(study, encoding="utf-8")
    with pytest.raises(CardError) as error:
        run_here("bad.toml")
    assert says in str(error.value)


def test_candidate_lists_in_place_of_scores_are_told(place: Path, run_here: Run) -> None:
    cut(place, run_here, 3)
    study = (place / "cut.toml").read_text(encoding="utf-8")
    start = study.index("scores = [")
    end = study.index("\n", start)
    (place / "swapped.toml").write_text(study[:start] + 'scores = ["open.csv"]' + study[end:], encoding="utf-8")
    with pytest.raises(InputError, match="candidate lists of searches, where scores of 1:1 comparisons are expected"):
        run_here("swapped.toml")


def test_a_forged_list_is_found(tmp_path: Path, short: Path) -> None:
    run = short
    evidence = evidence_of(run)
    searches = evidence.searches["vendor", "clean", "closed"]
    assert searches.listed_to is not None
    forged = shutil.copytree(run, tmp_path / "forged")
    path = forged / "comparisons" / "vendor~clean~closed.npz"
    arrays = dict(store.read_arrays(path))
    arrays["listed_to"] = np.full(len(searches.probe), -np.inf, dtype=np.float32)
    path.unlink()
    store.write_arrays(path, arrays)
    assert any("closed.npz" in line for line in verify(forged))


def test_thresholds_of_searches_below_the_lists_end_are_not_set(whole: Path) -> None:
    """Of strangers whose search found nobody above 2 nothing is known at all, so no threshold at an FPIR is."""
    bench = Workbench(evidence_of(whole))
    searches = bench.evidence.searches["vendor", "clean", "open"]
    assert [point.name for point in bench.operating_points(searches)][-1] == "FPIR 0.1"
    nobody = ~searches.mated & searches.completed
    cut_off = replace(
        searches,
        top_nonmate=np.where(nobody, np.float32(-np.inf), searches.top_nonmate),
        listed_to=np.full(len(nobody), 0.99, dtype=np.float32),
    )
    evidence = replace(bench.evidence, searches={("vendor", "clean", "open"): cut_off})
    again = Workbench(evidence)
    assert not [point for point in again.operating_points(cut_off) if point.name.startswith("FPIR")]
