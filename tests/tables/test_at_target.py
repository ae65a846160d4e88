"""Rates and summaries at target FMRs: their values are the fixed threshold's, their intervals are wider."""

from __future__ import annotations

import numpy as np

from facegap.schema import AtTargetRow, AtTargetSummaryRow, DifferentialRow, RateRow, ThresholdRow
from facegap.tables import Built, Workbench, at_target
from made_evidence import chosen, evidence_of


def test_at_target_covers_its_value_and_is_wider_than_a_fixed_threshold(made: Built) -> None:
    for row in made[AtTargetRow]:
        if row.low is not None:
            assert row.low <= row.rate <= row.high
            assert row.threshold_low <= row.threshold <= row.threshold_high
    thresholds = {row.name: row for row in made[ThresholdRow]}
    at = chosen(made[AtTargetRow], metric="FNMR", grouping="", threshold_name="FMR 0.005")[0]
    assert thresholds["FMR 0.005"].low == at.threshold_low
    assert at.rate == chosen(made[RateRow], failures="counted", metric="FNMR", threshold_name="FMR 0.005")[0].rate


def test_fnmr_at_a_target_is_never_more_certain_than_at_the_fixed_threshold(made: Built) -> None:
    spanned = [row for row in made[AtTargetRow] if row.metric == "FNMR" and "span of both" in row.method]
    assert spanned
    for row in spanned:
        key = {name: getattr(row, name) for name in ("metric", "grouping", "group", "threshold_name")}
        fixed = chosen(made[RateRow], failures="counted", **key)[0]
        assert row.low <= fixed.low and row.high >= fixed.high


def test_summaries_at_a_target_are_those_of_the_fixed_threshold_with_their_own_intervals(made: Built) -> None:
    rows = [row for row in made[AtTargetSummaryRow] if row.value is not None]
    assert rows
    for row in rows:
        key = {name: getattr(row, name) for name in ("metric", "grouping", "threshold_name", "measure")}
        assert row.value == chosen(made[DifferentialRow], **key)[0].value
        assert row.low <= row.value and (row.high is None or row.value <= row.high)
        assert row.null_low <= row.null_high
    left_out = [row for row in made[AtTargetSummaryRow] if row.value is None]
    assert all(row.note for row in left_out)


def test_intervals_at_a_target_are_as_wide_as_other_draws_of_people_differ() -> None:
    key = {"metric": "FNMR", "grouping": "", "threshold_name": "FMR 0.02"}
    rows = []
    for seed in range(16):
        evidence = evidence_of(80, seed=seed)
        rows.append(chosen(at_target.rows(Workbench(evidence)), **key)[0])
    for low, value, high in (("threshold_low", "threshold", "threshold_high"), ("low", "rate", "high")):
        spread = np.std([getattr(row, value) for row in rows], ddof=1)
        half = np.mean([getattr(row, high) - getattr(row, low) for row in rows]) / 2
        assert 0.6 < half / (1.96 * spread) < 1.7, value
