"""Sentences of the findings: what decides them, in which order they come, and what they carry."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from facegap import store
from facegap.report import rates, words
from facegap.report.findings import cautions, findings
from facegap.schema import PairedRow, RateRow, Row, VersusRow
from invented_run import GROUPING, MAIN, Plan, write_run

RowT = TypeVar("RowT", bound=Row)

PLAN = Plan(identification=False)
PLAIN = Plan(further=False, identification=False)


def say(folder: Path) -> list[str]:
    return [sentence.text for sentence in findings(store.read_tables(folder), "resnet")]


def edit(folder: Path, row_class: type[RowT], change: Callable[[RowT], RowT]) -> None:
    store.write_rows(folder, row_class, [change(row) for row in store.read_rows(folder, row_class)])


def test_of(group: str, verdict: str, ratio: float, *, grouping: str = GROUPING, metric: str = "FNMR") -> VersusRow:
    p = 0.004 if verdict == "differs" else 0.4
    return VersusRow(
        model="resnet", condition="clean", metric=metric, grouping=grouping, threshold_name="vendor", threshold=0.4,
        group=group, ratio=ratio, low=ratio / 2, high=ratio * 2, p_holm=p, verdict=verdict,
    )  # fmt: skip


test_of.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run whose groups have round rates: West, female is turned away most and male more than female."""
    run = write_run(tmp_path / "run", PLAN)
    errors_of = {"East, female": 12, "East, male": 24, "West, female": 60, "West, male": 300, "female": 20, "male": 30}

    def rounded(row: RateRow) -> RateRow:
        assert isinstance(row, RateRow)
        if row.group not in errors_of or row.metric not in ("FNMR", "FMR"):
            return row
        errors = errors_of[row.group]
        rate, low, high = errors / 600, errors / 1200, errors / 500
        row = replace(row, errors=errors, trials=600, rate=rate, low=low, high=high)
        return replace(row, by_people=rate, by_people_low=low, by_people_high=high)

    edit(run, RateRow, rounded)
    return run


def at(texts: list[str], point: str, grouping: str, what: str) -> str:
    (text,) = [one for one in texts if one.startswith(f"By {grouping}, at {words.point(point)} ") and what in one]
    return text


def test_one_test_decides_a_sentence_and_its_direction_is_said(folder: Path) -> None:
    for verdict, said in (
        ("differs", "clean: West, female is turned away more often than the others, 3.0 times their rate (1.50–6.0; "),
        ("not shown to differ", "clean: West, female is turned away most often, and is not shown to differ from the"),
    ):
        store.write_rows(folder, VersusRow, [test_of("West, female", verdict, 3.0)])
        text = at(say(folder), "vendor", GROUPING, "turned away")
        assert said in text
        assert ("not shown to differ" in text) == (verdict != "differs") and "by chance" not in text
    assert "in West, female, 100 (" in text and "in East, female, the lowest, 20 (" in text


def test_a_difference_below_the_others_is_said_as_such(folder: Path) -> None:
    tests = [test_of("West, female", "not shown to differ", 1.4), test_of("East, female", "differs", 0.3)]
    store.write_rows(folder, VersusRow, tests)
    text = at(say(folder), "vendor", GROUPING, "turned away")
    assert "West, female is turned away most often, and is not shown to differ" in text
    assert "East, female is turned away less often than the others, 0.30 times their rate" in text


def test_the_grouping_with_the_largest_tested_difference_comes_first(folder: Path) -> None:
    """Shown differences come before larger ratios that are not shown."""
    first, second = test_of("West, female", "differs", 2.0), test_of("male", "differs", 3.0, grouping="gender")
    for tests, order in (
        ([first, second], ["gender", GROUPING]),
        ([first, replace(second, verdict="not shown to differ")], [GROUPING, "gender"]),
        ([first, replace(second, ratio=1.5)], [GROUPING, "gender"]),
    ):
        store.write_rows(folder, VersusRow, tests)
        found = [
            re.match(r"By (.*?), at the vendor’s own threshold", text) for text in say(folder) if "turned away" in text
        ]
        assert [one[1] for one in found if one] == order
    assert "male is turned away more often than the others" in at(say(folder), "vendor", "gender", "turned away")


def test_the_vendors_threshold_leads_and_the_target_follows(folder: Path) -> None:
    points = [found[1] for text in say(folder) if (found := re.match(r"By .*?, at (?:the )?(\w+)", text))]
    assert points[:8] == ["vendor"] * 4 + ["FMR"] * 4
    assert sum(f"at {MAIN} " in text for text in say(folder)) == 5
    assert "Condition, at the vendor’s own threshold" not in " ".join(say(folder))


def test_groups_that_are_not_tested_are_named_with_the_reason(folder: Path) -> None:
    store.write_rows(folder, VersusRow, [
        test_of("West, female", "differs", 3.0),
        replace(test_of("West, male", "", 1.0), ratio=None, note="left out: 8 people, fewer than 10"),
    ])  # fmt: skip
    text = at(say(folder), "vendor", GROUPING, "turned away")
    assert "Not tested: West, male (8 people, fewer than 10), 50.0" in text
    other = at(say(folder), "vendor", "gender", "turned away")
    assert "male is turned away most often; not tested against the others: the run holds no such test." in other


def test_without_errors_the_largest_upper_bound_is_said(tmp_path: Path) -> None:
    texts = say(write_run(tmp_path / "run", replace(PLAIN, zero_errors=True, conditions=("clean", "phone"))))
    for what in ("no one is turned away in any group", "no one passes as someone else in any group"):
        text = at(texts, "vendor", GROUPING, what)
        assert "; the largest upper bound is that of " in text and "0 of " in text
    assert not any(word in text for text in texts for word in ("most often", "lowest", "not shown"))


def test_equal_rates_name_no_worst_group(folder: Path) -> None:
    edit(
        folder,
        RateRow,
        lambda row: replace(row, errors=30, rate=0.05, by_people=0.05) if row.group in ("female", "male") else row,
    )
    text = at(say(folder), "vendor", "gender", "turned away")
    assert "both groups are turned away equally often" in text and "most often" not in text


def test_cautions_of_the_tables_travel_with_the_groups_they_are_on(folder: Path) -> None:
    note = "fewer than 30 people: the interval may be too narrow"
    edit(folder, RateRow, lambda row: replace(row, caution=note) if row.group in ("East, female", "male") else row)
    texts = say(folder)
    assert at(texts, "vendor", GROUPING, "turned away").endswith(f"Read with care: East, female: {note}.")
    assert at(texts, "vendor", "gender", "turned away").endswith(f"Read with care: male: {note}.")
    row = store.read_rows(folder, RateRow)[0]
    both = [replace(row, group="a", caution=note), replace(row, group="b", caution=note), replace(row, note="")]
    assert cautions(both) == f"Read with care: a and b: {note}."
    assert cautions(both[2:]) == ""


def test_a_condition_is_read_in_one_group_and_decided_by_one_test(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", replace(PLAN, conditions=("clean", "phone")))
    edit(folder, PairedRow, lambda row: replace(row, threshold_name="vendor"))
    (text,) = [one for one in say(folder) if one.startswith("Condition, at the vendor’s own threshold")]
    assert re.search(r"genuine applicants in East, male, .* under phone, .* under clean\. Over the same", text)
    assert "+10.0 points (+6.0 to +14.0), more than in the other groups (p\u00a0=\u00a00.01 after Holm" in text
    alike = "not shown to change otherwise"
    edit(folder, PairedRow, lambda row: replace(row, grouping="gender", group="female", verdict=alike, visible_80=0.09))
    (text,) = [one for one in say(folder) if one.startswith("Condition, at the vendor’s own threshold")]
    assert f"{alike} than the other groups: this test would have seen 9.0 points or more." in text
    assert "more than" not in text.replace("or more", "")
    store.write_rows(folder, PairedRow, [])
    (text,) = [one for one in say(folder) if one.startswith("Condition, at the vendor’s own threshold")]
    assert "Whether it changes is not tested: the run holds no such test." in text


def test_the_figure_of_all_groupings_is_titled_by_the_largest_difference(folder: Path) -> None:
    store.write_rows(folder, VersusRow, [test_of("male", "differs", 3.0, grouping="gender", metric="FMR")])
    picture = rates.fnmr_and_fmr(store.read_tables(folder), "resnet")
    assert picture is not None
    assert (
        "at the vendor’s own threshold, by gender, impostors of the same group pass most often in male, "
        in picture.says[0]
    )
    assert picture.says[0].endswith("male differs from the others")


def test_no_one_is_said_of_those_alone_who_are_tested(tmp_path: Path) -> None:
    """A group of too few people errs: the sentence on the others does not speak for it."""
    folder = write_run(tmp_path / "run", PLAIN)
    groups = {row.group for row in store.read_rows(folder, RateRow) if row.grouping == GROUPING}
    small = min(groups)

    def change(row: RateRow) -> RateRow:
        if row.metric == "FTA" and row.grouping:
            mine = row.group == small
            return replace(
                row, subjects=3 if mine else row.subjects, errors=2 if mine else 0, rate=0.5 if mine else 0.0
            )
        if row.metric != "FNMR" or not row.grouping:
            return row
        if row.group == small:
            return replace(row, subjects=3, errors=2, rate=0.5, by_people=0.5)
        return replace(row, errors=0, rate=0.0, low=0.0, by_people=0.0, by_people_low=0.0)

    edit(folder, RateRow, change)
    said = [text for text in say(folder) if "no one is turned away" in text or "usable face was found in every" in text]
    mine = [text for text in said if text.startswith(f"By {GROUPING},")]
    assert mine and all("in any group that is tested" in text for text in mine)
    others = [text for text in said if not text.startswith("By ")]
    assert others and all("that is shown and large enough to be compared" in text for text in others)
