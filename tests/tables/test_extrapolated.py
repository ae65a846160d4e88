"""The table of extrapolations: empty unless asked for, labelled, the plain fit, and refused where it must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facegap.cards.study import Thresholds
from facegap.evidence import Evidence
from facegap.schema import ExtrapolatedRow, names_of
from facegap.tables import Workbench, build, extrapolated
from made import keys_of_several
from made_evidence import chosen, evidence_of

COMPARISONS = 120 * 119 // 2 * 9
"""Non-mated comparisons of everyone: 120 people with 3 samples each."""


def rows_of(evidence: Evidence) -> list[ExtrapolatedRow]:
    return list(extrapolated.rows(Workbench(evidence)))


@pytest.fixture(scope="module")
def rows() -> list[ExtrapolatedRow]:
    return rows_of(evidence_of(shift=0.3, extrapolate=(1e-2, 5e-6, 1e-9)))


def test_nothing_is_extrapolated_unless_asked_for() -> None:
    tables = build(evidence_of(60))
    assert tables[ExtrapolatedRow] == ()
    asked = build(evidence_of(60, extrapolate=(5e-6,)))
    assert asked[ExtrapolatedRow]
    assert all(asked[name] == rows for name, rows in tables.items() if name is not ExtrapolatedRow)


def test_keys_say_which_row_it_is(rows: list[ExtrapolatedRow]) -> None:
    assert keys_of_several(ExtrapolatedRow, rows) == []


def test_every_row_says_what_it_is(rows: list[ExtrapolatedRow]) -> None:
    assert {row.label for row in rows} == {"extrapolation, not a measurement"}
    shown = {name for name in names_of(ExtrapolatedRow) if any(getattr(row, name) is not None for row in rows)}
    assert shown == set(names_of(ExtrapolatedRow)) - {"fmr_low"}  # no interval has a lower end within reach
    for row in rows:
        assert row.note or row.fmr is not None


def test_everyone_is_the_plain_fit_to_the_highest_scores(rows: list[ExtrapolatedRow]) -> None:
    evidence = evidence_of(shift=0.3)
    highest = np.sort(evidence.comparisons["m", "clean"].tail.score.astype(float))[::-1]
    for row in chosen(rows, grouping="", target=5e-6):
        tail = row.tail
        assert row.exceedances == tail
        assert row.comparisons == COMPARISONS
        excess = highest[:tail] - highest[tail]
        first = excess.mean()
        least = np.minimum.outer(excess, excess)
        second = first - (least.sum() - excess.sum()) / (tail * (tail - 1))
        shape, scale = 2 - first / second, first * (first / second - 1)
        threshold = highest[tail] + stats.genpareto(shape, scale=scale).isf(5e-6 * COMPARISONS / tail)
        assert row.own_threshold == pytest.approx(threshold)
        assert row.own_threshold_low < row.own_threshold < row.own_threshold_high
        # Everyone's own threshold is the shared one, so the rate there is the target.
        assert row.shared_threshold == row.own_threshold
        assert row.fmr == pytest.approx(5e-6)
        assert row.fmr_high > 5e-6


def test_a_group_at_everyones_threshold(rows: list[ExtrapolatedRow]) -> None:
    for tail in (300, 100):
        red = chosen(rows, grouping="colour", group="red", target=5e-6, tail=tail)[0]
        everyone = chosen(rows, grouping="", target=5e-6, tail=tail)[0]
        assert red.shared_threshold == everyone.own_threshold
        assert red.comparisons == 40 * 39 // 2 * 9


def test_targets_out_of_reach_are_one_row_with_the_reason(rows: list[ExtrapolatedRow]) -> None:
    (measured,) = chosen(rows, grouping="", target=1e-2)
    assert "it is measured" in measured.note
    (far,) = chosen(rows, grouping="", target=1e-9)
    assert "more than 100 times below" in far.note
    assert measured.fmr is far.fmr is None


def test_tails_that_were_not_kept_or_are_none_are_refused(rows: list[ExtrapolatedRow]) -> None:
    thousand = chosen(rows, grouping="colour", group="red", target=5e-6, tail=1000)[0]
    assert "are no tail" in thousand.note
    evidence = evidence_of(shift=0.3, extrapolate=(5e-6,))
    compared = evidence.comparisons["m", "clean"]
    floor = float(np.sort(compared.tail.score)[-200])
    kept = compared.tail.score >= np.float32(floor)
    tail = type(compared.tail)(*(getattr(compared.tail, name)[kept] for name in ("reference", "probe", "score")))
    short = replace(evidence, comparisons={("m", "clean"): replace(compared, tail=tail, floor=floor)})
    found = {row.tail: row.note for row in chosen(rows_of(short), grouping="")}
    assert "the kept scores end" in found[1000]
    assert "the kept scores end" in found[300]
    assert "the kept scores end" not in found[100]


def test_thresholds_of_another_run_leave_the_groups_their_own() -> None:
    evidence = evidence_of(extrapolate=(5e-6,))
    study = evidence.study.model_copy(update={"thresholds": Thresholds(from_run="elsewhere")})
    found = chosen(rows_of(replace(evidence, study=study)), grouping="", tail=300)[0]
    assert found.own_threshold is not None
    assert found.fmr is None
    assert "no threshold for everyone" in found.note


def test_suppressed_groups_keep_the_label_and_no_number() -> None:
    evidence = evidence_of(extrapolate=(5e-6,), suppress_below=50, min_subjects=50)
    hidden = chosen(build(evidence)[ExtrapolatedRow], grouping="colour", group="red")
    for row in hidden:
        shown = {name for name in names_of(ExtrapolatedRow) if getattr(row, name) not in (None, "")}
        assert shown <= {"model", "condition", "grouping", "group", "target", "tail", "label", "note"}
        assert row.label == extrapolated.LABEL


def test_no_threshold_lies_above_the_highest_score_there_is() -> None:
    evidence = evidence_of(shift=0.3, extrapolate=(5e-6,))
    compared = evidence.comparisons["m", "clean"]
    highest = float(compared.tail.score.max()) + 0.01
    low = replace(evidence, comparisons={("m", "clean"): replace(compared, edges=np.linspace(-10, highest, 129))})
    seen = 0
    for row in chosen(rows_of(low), grouping=""):
        for name in ("own_threshold", "own_threshold_low", "own_threshold_high", "shared_threshold"):
            value = getattr(row, name)
            assert value is None or value <= highest
        if row.own_threshold is None:
            seen += 1
            assert "only above" in row.note
            assert "no threshold for everyone" in row.note
    assert seen


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (None, "no threshold for everyone"),
        (0.0, "is measured, not extrapolated"),
        (99.0, "beyond the fitted end point"),
    ],
)
def test_a_rate_that_is_not_given_says_why(threshold: float | None, words: str) -> None:
    tail = extrapolated.extreme.Tail(1.0, np.full(200, 0.01), np.full(200, -0.2), np.full(200, 0.5))
    fit = extrapolated._Fit(tail, tail, {})
    cells = extrapolated._fmr_cells(fit, threshold, 10_000, 0.95)
    assert words in cells["note"]
    assert not any(value for name, value in cells.items() if name != "note")
