"""A study of the comparisons that its data set lists: counted from the list, from the command line to verify."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path

import pytest

import tiny
from facegap import store
from facegap.audit import verify
from facegap.schema import CrossRow, FoldRow, RateRow

STUDY = tiny.STUDY.replace('name = "tiny"', 'name = "listed"').replace(
    "[thresholds]\n", '[trials]\npairs = "listed"\n\n[thresholds]\n'
)


def place_with(tmp_path: Path, pairs: list[tuple[str, str, str]], study: str = STUDY) -> Path:
    place = tiny.make_place(tmp_path, study)
    card = place / "datasets" / "patterns.toml"
    text = card.read_text(encoding="utf-8").replace(
        'manifest = "index.csv"', 'manifest = "index.csv"\npairs = "pairs.csv"'
    )
    card.write_text(text, encoding="utf-8")
    lines = ["sample_a,sample_b,mated", *(",".join(pair) for pair in pairs)]
    (place / "data" / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def samples_of(place: Path) -> list[dict[str, str]]:
    with (place / "data" / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def all_pairs() -> list[tuple[str, str, str]]:
    names = [f"s{subject:02}-{sample}" for subject in range(24) for sample in range(4)]
    return [(b, a, str(int(a[:3] == b[:3]))) for a, b in combinations(names, 2)]


def run_of(place: Path, cache: Path) -> Path:
    code, out, error = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(cache))
    assert code == 0, error + out
    return next((place / "results").glob("listed-*"))


@pytest.mark.slow
@pytest.mark.usefixtures("finished")
def test_the_list_of_all_pairs_gives_the_rates_of_the_rule(tmp_path: Path, cache_folder: Path, finished: Path) -> None:
    run = run_of(place_with(tmp_path, all_pairs()), cache_folder)
    assert verify(run, inputs=False) == []
    rates, wanted = (store.Tables(folder)[RateRow] for folder in (run, finished))
    assert rates == wanted
    ours, theirs = (
        {(r.reference_group, r.probe_group, r.threshold_name): r for r in store.Tables(folder)[CrossRow]}
        for folder in (run, finished)
    )
    assert ours.keys() == theirs.keys()
    same = [key for key in ours if key[0] == key[1]]
    assert [ours[key] for key in same] == [theirs[key] for key in same]


def test_a_short_list_is_counted_and_planned_as_it_stands(tmp_path: Path, cache_folder: Path) -> None:
    mated = [(f"s{k:02}-2", f"s{k:02}-3", "1") for k in range(2, 22)]
    strangers = [(f"s{k:02}-3", f"s{k + 2:02}-3", "0") for k in range(2, 20)]
    place = place_with(tmp_path, [*mated, *strangers, ("s00-1", "s00-2", "1")])
    code, out, error = tiny.facegap(place, "plan", "tiny.toml", FACEGAP_CACHE=str(cache_folder))
    assert code == 0, error
    assert "39 comparisons" in out
    rows = store.Tables(run_of(place, cache_folder))[RateRow]
    everyone = {(r.metric, r.failures): r for r in rows if not r.grouping and r.threshold_name in ("FMR 0.05", "none")}
    assert everyone["FNMR", "counted"].trials == 21 and everyone["FNMR", "counted"].failed == 1
    assert everyone["FMR", "counted"].trials == 18 and everyone["FMR", "excluded"].trials == 18
    assert everyone["FMR", "counted"].subjects == 20


def test_a_list_and_roles_exclude_each_other(tmp_path: Path) -> None:
    study = STUDY.replace('pairs = "listed"', 'pairs = "listed"\nreference_role = "photo"\nprobe_role = "selfie"')
    place = place_with(tmp_path, all_pairs(), study)
    code, _, error = tiny.facegap(place, "plan", "tiny.toml")
    assert code == 2 and "the list says what is compared; leave the roles out" in error


def test_a_data_set_without_a_list_says_so(tmp_path: Path) -> None:
    place = tiny.make_place(tmp_path, STUDY)
    code, _, error = tiny.facegap(place, "run", "tiny.toml")
    assert code == 2 and "it has no list of pairs; name it in the card: files.pairs" in error


def test_a_list_of_the_study_with_folds_gives_their_accuracy(tmp_path: Path, cache_folder: Path) -> None:
    """Two folds: each at the threshold that is best on the other; the mean and its standard error by hand."""
    study = STUDY.replace('pairs = "listed"', 'pairs = "lists/mine.csv"')
    place = tiny.make_place(tmp_path, study)
    lines = ["reference,probe,mated,fold"]
    lines += [f"s{k:02}-2,s{k:02}-3,1,{k % 2 + 1}" for k in range(2, 22)]
    lines += [f"s{k:02}-3,s{k + 2:02}-3,0,{k % 2 + 1}" for k in range(2, 20)]
    (place / "lists").mkdir()
    (place / "lists" / "mine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = run_of(place, cache_folder)
    assert verify(run, inputs=False) == []
    found = {row.fold: row for row in store.Tables(run)[FoldRow] if row.condition == "clean"}
    assert list(found) == ["1", "2", "all"]
    one, two = found["1"].accuracy, found["2"].accuracy
    assert one is not None and two is not None and found["all"].trials == 38
    assert found["all"].accuracy == pytest.approx((one + two) / 2)
    assert found["all"].standard_error == pytest.approx(abs(one - two) / 2)
    assert "2 folds" in found["all"].note
    assert store.read_manifest(run).study["trials"]["pairs"] == "left-out.csv"
