"""MAPE to a target and the area under the FDR, by hand and by the slow path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facegap import count
from facegap.estimate.measures import fdr
from facegap.evidence import Evidence
from facegap.schema import TargetMeasureRow
from facegap.tables import Workbench, target_measures
from made_evidence import chosen, evidence_of


@pytest.fixture(scope="module")
def aimed() -> tuple[Evidence, list[TargetMeasureRow]]:
    evidence = evidence_of(shift=1.0)
    return evidence, list(target_measures.rows(Workbench(evidence)))


def test_mape_of_the_rates_by_hand(aimed: tuple[Evidence, list[TargetMeasureRow]]) -> None:
    evidence, rows = aimed
    for row in chosen(rows, measure="MAPE", threshold_name="FMR 0.02"):
        columns = tuple(row.grouping.split(", "))
        threshold = next(t.value for t in Workbench(evidence).thresholds if t.name == "FMR 0.02")
        counts = count.fmr_counts(evidence.comparisons["m", "clean"], evidence.samples, columns, threshold)
        expected = sum(abs(c.errors / c.trials - 0.02) / 0.02 for c in counts) / len(counts) * 100
        assert row.value == pytest.approx(expected)
        assert row.low <= row.value <= row.high
        assert row.value > row.null_high  # red strangers score higher: not by chance alone


def test_mape_of_equal_groups_lies_in_its_null_band() -> None:
    evidence = evidence_of(240, each=2)
    row = chosen(target_measures.rows(Workbench(evidence)), measure="MAPE", grouping="colour")[0]
    assert row.null_low <= row.value <= row.null_high


def test_mape_with_few_errors_has_no_interval() -> None:
    evidence = evidence_of(40)
    rows = chosen(target_measures.rows(Workbench(evidence)), measure="MAPE", threshold_name="FMR 0.005")
    few = [row for row in rows if row.low is None]
    assert few
    assert all("fewer than 5 errors in a group" in row.note for row in few)


def test_thresholds_without_a_target_have_no_mape(aimed: tuple[Evidence, list[TargetMeasureRow]]) -> None:
    evidence, rows = aimed
    assert {row.threshold_name for row in chosen(rows, measure="MAPE")} == {"FMR 0.02", "FMR 0.005"}
    vendor = replace(evidence, vendor={"m": 2.5})
    with_vendor = chosen(target_measures.rows(Workbench(vendor)), measure="MAPE")
    assert {row.threshold_name for row in with_vendor} == {"FMR 0.02", "FMR 0.005"}


def test_area_under_fdr_is_that_of_the_slow_path(aimed: tuple[Evidence, list[TargetMeasureRow]]) -> None:
    evidence, rows = aimed
    comparisons = evidence.comparisons["m", "clean"]
    grid = target_measures.reached(evidence, comparisons)
    values = []
    for threshold in grid.thresholds:
        fmr, fnmr = (
            np.array([c.errors / c.trials for c in find(comparisons, evidence.samples, ("colour",), float(threshold))])
            for find in (count.fmr_counts, count.fnmr_counts)
        )
        values.append(float(fdr(fmr, fnmr, 0.5)))
    expected = np.trapezoid(values, grid.log_fmr) / (grid.log_fmr[-1] - grid.log_fmr[0])
    (row,) = chosen(rows, measure="area under FDR", grouping="colour")
    assert row.value == pytest.approx(expected, rel=1e-12)
    assert 0.5 < row.value < 1
    assert row.points == len(grid.log_fmr)


def test_the_grid_ends_where_the_comparisons_do(aimed: tuple[Evidence, list[TargetMeasureRow]]) -> None:
    """63,000 pairs of strangers resolve 1e-4.7; a tenth of them is kept, which reaches just below 1e-1."""
    evidence, rows = aimed
    (row,) = chosen(rows, measure="area under FDR", grouping="colour")
    total = 360 * 359 // 2 - 120 * 3
    assert row.fmr_from == pytest.approx(10 ** (np.ceil(-10 * np.log10(total)) / 10))
    assert 10**-1.2 < row.fmr_to < 10**-0.99
    comparisons = evidence.comparisons["m", "clean"]
    higher = replace(comparisons, floor=float(np.quantile(comparisons.tail.score, 0.9)))
    short = target_measures.reached(evidence, higher)
    assert short.thresholds.min() >= higher.floor
    assert len(short.log_fmr) < row.points
    none = replace(evidence, comparisons={("m", "clean"): replace(comparisons, floor=1e9)})
    assert len(target_measures.reached(none, none.comparisons["m", "clean"]).log_fmr) == 0


def test_fewer_than_two_groups_have_neither() -> None:
    evidence = evidence_of(60, min_subjects=30)
    for row in chosen(target_measures.rows(Workbench(evidence)), grouping="colour"):
        assert row.note == "fewer than two groups"
        assert row.value is None
