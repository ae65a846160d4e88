"""A run of pictures whose phone, light, day and birthday are known: tables, privacy, verify, analyse."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from facegap import store
from facegap.audit.verify import verify
from facegap.errors import InputError
from facegap.run import Changes, analyse
from facegap.schema import AgeGapRow, ObservedRow, RateRow, WithinRow
from finished import SECRET
from forged import arrays, manifest

CARD = (
    tiny.DATASET
    + """
[observed.phone]
column = "device"
values = ["Pixel", "iPhone"]
map = { "iPhone*" = "iPhone" }

[observed.lux]
bins = [100, 1000]
per = "sample"

[ages]
birth = "born"
date = "taken"
bins = "nist"
gaps = [2, 5]
label_source = "record"
"""
)
STUDY = tiny.STUDY.replace("[statistics]", "[statistics]\ndraws = 100").replace(
    'groups = [["group"], ["group", "size"]]', 'groups = [["group"], ["age"]]'
)
PHONES = ("iPhone12,1", "iPhone12,1", "Pixel", "Pixel")


def shot(subject: int, sample: int) -> dict[str, str]:
    """What the manifest says of a picture besides the tiny study's own columns."""
    phone = "Pixel" if subject % 4 == 0 and sample == 0 else PHONES[sample]
    year = 2010 + (0, 1, 3, 8)[sample]
    phone = "" if (subject, sample) == (6, 3) else phone
    return {
        "device": "Nokia" if (subject, sample) == (5, 1) else phone,
        "lux": str(50 * 10**sample) if subject != 7 else "dark",
        "session": f"{sample}",
        "born": f"{1940 + 3 * subject}-06-15",
        "taken": "15.6." if (subject, sample) == (9, 2) else f"{year}-06-15",
    }


def make_place(folder: Path) -> Path:
    place = tiny.make_place(folder, STUDY)
    (place / "datasets" / "patterns.toml").write_text(CARD, encoding="utf-8")
    index = place / "data" / "index.csv"
    rows = list(csv.DictReader(index.read_text(encoding="utf-8").splitlines()))
    for row in rows:
        row.update(shot(int(row["sample_id"][1:3]), int(row["sample_id"][4:])))
    text = "\n".join(",".join(row.values()) for row in rows).replace("iPhone12,1", '"iPhone12,1"')
    index.write_text(",".join(rows[0]) + "\n" + text + "\n", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path) -> Path:
    pytest.importorskip("onnx", reason="the tiny net is written with the onnx package")
    place = make_place(tmp_path_factory.mktemp("observed"))
    code, _, error = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(cache_folder), FACEGAP_SECRET=SECRET)
    assert code == 0, error
    return next((place / "results").glob("tiny-*"))


def mated(run: Path) -> list[tuple[int, int, int, float]]:
    """Person, the two pictures and the score of every mated comparison; rows are those of the manifest."""
    arrays = np.load(run / "comparisons" / "tiny~clean.npz")
    return [
        (a // 4, a % 4, b % 4, float(score))
        for a, b, score in zip(
            arrays["mated_reference"].tolist(), arrays["mated_probe"].tolist(), arrays["mated_score"], strict=True
        )
    ]


def value(subject: int, sample: int) -> str:
    return {"Pixel": "Pixel", "iPhone12,1": "iPhone"}.get(shot(subject, sample)["device"], "unknown")


def test_false_non_matches_by_phone_and_by_years_are_those_counted_by_hand(run: Path) -> None:
    phones = [r for r in store.read_rows(run, ObservedRow) if (r.observed, r.metric) == ("phone", "FNMR")]
    gaps = store.read_rows(run, AgeGapRow)
    at = phones[0].threshold
    assert at is not None
    by_phone: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    by_years: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for subject, a, b, score in mated(run):
        group, error = "amber" if subject % 2 else "blue", not score >= at
        first, second = value(subject, a), value(subject, b)
        phone = first if first == second else "different values"
        phone = "unknown" if "unknown" in (first, second) else phone
        years = (0, 1, 3, 8)[b] - (0, 1, 3, 8)[a]
        name = "below 2" if years < 2 else "2 to below 5" if years < 5 else "5 and over"
        name = "unknown" if subject == 9 and 2 in (a, b) else name
        for cell in (by_phone[phone, group], by_phone[phone, "everyone"], by_years[name, group]):
            cell[0] += error
            cell[1] += 1
    mine = [row for row in phones if row.threshold == at and row.grouping != "age"]
    assert {(row.value, row.group): [row.errors, row.trials] for row in mine} == by_phone
    mine_by_years = [row for row in gaps if row.threshold == at and row.grouping == "group"]
    assert {(row.years, row.group): [row.errors, row.trials] for row in mine_by_years} == by_years
    assert [row.value for row in mine if not row.grouping] == ["Pixel", "iPhone", "different values", "unknown"]


def test_people_are_held_against_themselves(run: Path) -> None:
    """Of each phone one comparison, or several, of a person: who errs more often under which."""
    rows = [row for row in store.read_rows(run, WithinRow) if row.observed == "phone"]
    at = rows[0].threshold
    assert at is not None
    rates: dict[str, dict[int, list[bool]]] = {"Pixel": defaultdict(list), "iPhone": defaultdict(list)}
    for subject, a, b, score in mated(run):
        if value(subject, a) == value(subject, b) != "unknown":
            rates[value(subject, a)][subject].append(not score >= at)
    both = rates["Pixel"].keys() & rates["iPhone"].keys()
    signs = [np.sign(np.mean(rates["Pixel"][one]) - np.mean(rates["iPhone"][one])) for one in both]
    (row,) = [row for row in rows if row.threshold == at and not row.grouping]
    assert (row.people, row.more, row.less) == (len(both), signs.count(1), signs.count(-1))
    assert len(both) == 16


def test_ages_are_groups_in_their_order(run: Path) -> None:
    found = [r.group for r in store.read_rows(run, RateRow) if (r.grouping, r.metric) == ("age", "FTA")]
    assert found == ["0-12", "13-20", "21-35", "36-50", "51-65", "66-99", "unknown"]


def test_no_age_no_date_and_no_model_of_a_phone_is_kept(run: Path) -> None:
    samples = (run / "tables" / "samples.csv").read_text(encoding="utf-8")
    header = samples.splitlines()[0].split(",")
    assert "observed phone" in header and "observed lux" in header and "group age" in header
    arrays = np.load(run / "comparisons" / "age-gaps.npz")
    assert set(arrays["bin"].tolist()) == {-1, 0, 1, 2} and arrays["cuts"].tolist() == [2.0, 5.0]
    for path in run.rglob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert "-06-15" not in text and "iPhone12" not in text and "Nokia" not in text, path
    assert "-06-15" not in (run / "report.html").read_text(encoding="utf-8")


def test_what_was_wrong_is_counted_in_the_manifest(run: Path) -> None:
    said = {one["rule"]: one["message"] for one in json.loads((run / "manifest.json").read_text("utf-8"))["findings"]}
    assert said["odd-date"] == "1 samples with a date that cannot be read; lines 40"
    assert "odd-observed" in said
    study = json.loads((run / "manifest.json").read_text("utf-8"))["study"]
    assert (study["observed"], study["age_gap"]) == (["lux", "phone"], [2.0, 5.0])


def test_the_page_says_that_nobody_was_assigned_a_phone(run: Path) -> None:
    html = (run / "report.html").read_text(encoding="utf-8")
    assert "Nobody was assigned to a value by lot" in html and 'id="age-gaps"' in html
    assert "observed, not assigned" in html and "By phone, at FMR 0.01" in html


@pytest.fixture
def here(run: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the run, with its cache and its secret."""
    monkeypatch.chdir(run.parents[1])
    monkeypatch.setenv("FACEGAP_CACHE", str(cache_folder))
    monkeypatch.setenv("FACEGAP_SECRET", SECRET)
    return run.parents[1]


@pytest.mark.slow
def test_the_run_verifies_until_its_data_are_changed(run: Path, here: Path) -> None:
    assert verify(run) == []
    index = here / "data" / "index.csv"
    before = index.read_text(encoding="utf-8")
    index.write_text(before.replace("2018-06-15", "2012-06-15").replace(",Pixel,", ',"iPhone9,2",'), encoding="utf-8")
    said = verify(run)
    index.write_text(before, encoding="utf-8")
    assert "dataset 'patterns': observed 'phone' differs from the run's" in said
    assert "dataset 'patterns': years between two pictures differ from the run's" in said


def test_a_bin_that_was_changed_is_found(run: Path, here: Path, tmp_path: Path) -> None:
    forged = tmp_path / run.name
    shutil.copytree(run, forged)

    def moved(held: dict[str, Any]) -> None:
        held["bin"] = np.where(held["bin"] == 2, 0, held["bin"]).astype(np.int16)
        held["low"] = held["high"] - 1

    arrays("age-gaps.npz", moved)(forged)
    said = verify(forged, inputs=False)
    assert any("age-gaps.npz: its pairs are not the mated comparisons" in line for line in said)
    assert any(line.startswith("tables/age_gaps.csv: ") for line in said)


def test_a_run_of_before_there_were_these_tables_verifies(finished: Path, tmp_path: Path) -> None:
    old = tmp_path / finished.name
    shutil.copytree(finished, old)
    for name in ("observed", "observed_within", "age_gaps"):
        (old / "tables" / f"{name}.csv").unlink()

    def before(said: dict[str, Any]) -> None:
        said["versions"]["facegap"] = "0.1.0"
        for key in ("observed", "age_gap"):
            del said["study"][key]
        for key in ("observed", "ages"):
            del said["dataset"][key]

    manifest(before)(old)
    assert verify(old, inputs=False) == []


@pytest.mark.slow
def test_an_analysis_joins_bins_and_parts_none(run: Path, here: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--age-gap: the run did not keep '3.0'; there are: 2.0, 5.0"):
        analyse(run, Changes(age_gap=(3.0,)), tmp_path / "no", None)
    with pytest.raises(InputError, match=r"--observed: the run did not keep 'iso'; there are: lux, phone"):
        analyse(run, Changes(observed=("iso",)), tmp_path / "no", None)
    words = ("--age-gap", "5", "--observed", "phone", "--no-page", "--out", "results/joined")
    code, _, error = tiny.facegap(here, "analyse", f"results/{run.name}", *words)
    assert code == 0, error
    again = run.with_name("joined")
    assert {row.years for row in store.read_rows(again, AgeGapRow)} == {"below 5", "5 and over", "unknown"}
    assert {row.observed for row in store.read_rows(again, ObservedRow)} == {"phone"}
    assert verify(again) == []
