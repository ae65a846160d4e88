"""Summaries of groups against R07, and the rules for zero errors, small groups and missing labels."""

import json
from pathlib import Path

import pytest

from facegap.estimate import combined_differentials, differentials
from facegap.estimate.differentials import Kept
from facegap.estimate.measures import COMBINED, MEASURES
from facegap.records import ErrorCounts

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = json.loads((REFERENCE / "R07_summary_measures.json").read_text(encoding="utf-8"))["cases"]
NAMES = {
    "max/min": "max_over_min",
    "max-min": "max_minus_min",
    "max/mean": "max_over_mean",
    "max/geomean": "max_over_geomean",
    "vary geomean": "vary_geomean",
    "gini": "gini_population",
    "gini corrected": "gini_corrected_n_over_n_minus_1",
    "STD sample": "std_sample",
}
WEIGHTS = [("six_groups", alpha) for alpha in CASES["six_groups"]["result"]]
TRIALS = 10**6


def result(case, alpha):
    """The first case has results by alpha, the others at 0.5 alone."""
    found = CASES[case]["result"]
    return found.get(alpha, found)


def counts(metric, rates, trials=TRIALS, subjects=100, names="ABCDEFGH"):
    return [
        ErrorCounts(
            metric=metric,
            model="net",
            condition="clean",
            grouping="group",
            group=name,
            threshold=0.5,
            errors=round(rate * trials),
            completed=trials,
            failed=0,
            subjects=subjects,
        )
        for name, rate in zip(names, rates, strict=False)
    ]


def by_measure(found):
    return {d.measure: d for d in found}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_measures_of_r07(case, metric):
    found = by_measure(differentials(counts(metric, CASES[case][metric])))
    expected = result(case, "0.5")[metric]
    for name, key in NAMES.items():
        if expected[key] is None:
            assert found[name].value is None and found[name].note.startswith(f"undefined: {metric} of A: 0 of 1000000")
            assert found[f"{name} (smoothed)"].value > 0
        else:
            assert found[name].value == pytest.approx(expected[key], rel=1e-9, abs=1e-12)
            assert f"{name} (smoothed)" not in found or expected["min"] == 0


@pytest.mark.parametrize(("case", "alpha"), [*WEIGHTS, *[(case, "0.5") for case in CASES if case != "six_groups"]])
def test_combined_measures_of_r07(case, alpha):
    expected = result(case, alpha)
    fmr, fnmr = (counts(metric, CASES[case][metric]) for metric in ("FMR", "FNMR"))
    found = by_measure(combined_differentials(fmr, fnmr, alpha=float(alpha)))
    for name in ("FDR", "IR", "GARBE"):
        if expected[name] is None:
            assert found[name].value is None
        else:
            assert found[name].value == pytest.approx(expected[name], rel=1e-9, abs=1e-12)


def test_equal_rates_give_the_stated_value():
    equal = counts("FMR", [1e-3] * 4)
    found = by_measure(differentials(equal))
    for measure in MEASURES:
        assert found[measure.name].value == pytest.approx(measure.at_equality, abs=1e-12)
    found = by_measure(combined_differentials(equal, counts("FNMR", [0.02] * 4)))
    for combined in COMBINED:
        assert found[combined.name].value == pytest.approx(combined.at_equality, abs=1e-12)


def test_order_of_groups_changes_nothing_but_the_names():
    rates = [0.01, 0.03, 0.002, 0.005]
    one = by_measure(differentials(counts("FMR", rates)))
    other = by_measure(differentials(counts("FMR", rates[::-1], names="DCBA")))
    for name in NAMES:
        assert one[name].value == pytest.approx(other[name].value)
        assert (one[name].worst, one[name].best) == (other[name].worst, other[name].best) == ("B", "C")


def test_worst_and_best_by_name():
    found = by_measure(differentials(counts("FNMR", [0.01, 0.04, 0.02])))
    assert (found["max/min"].worst, found["max/min"].best, found["max/min"].groups) == ("B", "A", 3)


def test_small_unlabelled_and_empty_groups_are_left_out_with_the_reason():
    rows = counts("FMR", [0.01, 0.02])
    rows += counts("FMR", [0.9], subjects=9, names=["C"])
    rows += counts("FMR", [0.9], names=["unknown"]) + counts("FMR", [0.9], names=["D, unknown"])
    rows += counts("FMR", [0], trials=0, names=["E"])
    found = by_measure(differentials(rows, min_subjects=10))["max/min"]
    assert found.value == pytest.approx(2) and found.groups == 2
    assert found.left_out == (
        ("C", "9 people, fewer than 10"),
        ("unknown", "no label"),
        ("D, unknown", "no label"),
        ("E", "no trials"),
    )


def test_fewer_than_two_groups_have_no_differential():
    for found in differentials(counts("FMR", [0.01])):
        assert found.value is None and found.note == "fewer than two groups"


def test_no_errors_anywhere():
    found = by_measure(differentials(counts("FMR", [0, 0, 0])))
    assert found["gini"].value == 0 and found["gini"].note == "no errors in any group"
    assert found["max-min"].value == 0
    assert found["max/mean"].value is None and found["max/min"].value is None
    assert found["max/min (smoothed)"].value == pytest.approx(1)


def test_smoothing_is_marked_and_uses_half_an_error():
    found = by_measure(differentials(counts("FMR", [0, 0.004], trials=1000)))
    smoothed = found["max/min (smoothed)"]
    assert smoothed.value == pytest.approx(4.5 / 0.5)
    assert smoothed.note == "rates taken as (errors + 0.5) / (trials + 1), because some are zero"


def test_combined_measures_keep_groups_that_enter_for_both():
    fmr = counts("FMR", [0.01, 0.02, 0.03])
    fnmr = counts("FNMR", [0.1, 0.2], names="BC") + counts("FNMR", [0.3], subjects=3, names="A")
    found = by_measure(combined_differentials(fmr, fnmr))["FDR"]
    assert found.value == pytest.approx(1 - (0.5 * 0.01 + 0.5 * 0.1))
    assert (found.metric, found.groups) == ("FMR+FNMR", 2)
    assert found.left_out == (("A", "FNMR: 3 people, fewer than 10"),)


def test_what_was_drawn_once_serves_single_and_combined_measures():
    fmr, fnmr = counts("FMR", [0.01, 0.02, 0.03]), counts("FNMR", [0.1, 0.2, 0.2])
    made: Kept = {}
    assert differentials(fmr, made=made) == differentials(fmr)
    assert combined_differentials(fmr, fnmr, made=made) == combined_differentials(fmr, fnmr)
    assert combined_differentials(fmr, fnmr, made=made) == combined_differentials(fmr, fnmr)
