"""One margin for all groups and one test over them: what they find, hold and leave out."""

from __future__ import annotations

import pytest

from facegap import count
from facegap.estimate import estimate
from facegap.schema import CommonMarginRow
from facegap.tables import Workbench, common_margin
from made_evidence import chosen, evidence_of


@pytest.fixture(scope="module")
def tested() -> list[CommonMarginRow]:
    return list(common_margin.rows(Workbench(evidence_of(shift=1.0))))


def test_a_group_that_differs_is_found_and_one_that_does_not_is_not(tested: list[CommonMarginRow]) -> None:
    row = chosen(tested, metric="FMR", grouping="colour", threshold_name="FMR 0.02")[0]
    assert row.p is not None and 1 / 201 <= row.p < 0.05
    assert (row.draws, row.level, row.groups, row.note) == (200, 0.95, 2, "")
    other = chosen(tested, metric="FNMR", grouping="colour", threshold_name="FMR 0.02")[0]
    assert other.p is not None and other.p > 0.05


def test_the_margin_holds_every_groups_interval(tested: list[CommonMarginRow]) -> None:
    evidence = evidence_of(shift=1.0)
    for row in chosen(tested, grouping="colour"):
        rates = count.fmr_counts if row.metric == "FMR" else count.fnmr_counts
        counts = rates(evidence.comparisons["m", "clean"], evidence.samples, ("colour",), row.threshold)
        reach = max(one.high - one.value for one in map(estimate, counts))
        assert row.margin is not None and row.largest is not None
        assert max(reach, row.largest) - 1e-12 <= row.margin < 4 * max(reach, row.largest)


def test_fewer_than_two_groups_have_neither() -> None:
    rows = list(common_margin.rows(Workbench(evidence_of(60, min_subjects=30))))
    row = chosen(rows, grouping="colour")[0]
    assert (row.note, row.margin, row.p) == ("fewer than two groups", None, None)
    assert row.left_out == "red: 20 people, fewer than 30"
