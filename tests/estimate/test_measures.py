"""STD, SER, MAPE and the area under the FDR: by hand from the rates of R07, and by the standard library."""

import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.estimate import measures
from facegap.estimate.measures import COMBINED, MEASURES

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = json.loads((REFERENCE / "R07_summary_measures.json").read_text(encoding="utf-8"))["cases"]
BY_NAME = {measure.name: measure.function for measure in MEASURES}
COMBINED_BY_NAME = {measure.name: measure.function for measure in COMBINED}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_both_standard_deviations(case, metric):
    rates = CASES[case][metric]
    found = CASES[case]["result"].get("0.5", CASES[case]["result"])[metric]
    assert BY_NAME["STD sample"](np.array(rates)) == pytest.approx(statistics.stdev(rates), rel=1e-12, abs=1e-18)
    assert BY_NAME["STD sample"](np.array(rates)) == pytest.approx(found["std_sample"], rel=1e-12, abs=1e-18)
    assert BY_NAME["STD population"](np.array(rates)) == pytest.approx(statistics.pstdev(rates), rel=1e-12, abs=1e-18)
    by_cv = found["cv_pop"] * found["mean"]
    assert BY_NAME["STD population"](np.array(rates)) == pytest.approx(by_cv, rel=1e-12, abs=1e-18)


@pytest.mark.parametrize("case", CASES)
def test_standard_deviations_of_accuracies(case):
    fmr, fnmr = (np.array(CASES[case][metric]) for metric in ("FMR", "FNMR"))
    accuracies = [1 - (a + b) / 2 for a, b in zip(CASES[case]["FMR"], CASES[case]["FNMR"], strict=True)]
    for name, expected in (("population", statistics.pstdev(accuracies)), ("sample", statistics.stdev(accuracies))):
        found = COMBINED_BY_NAME[f"STD accuracy, {name}"](fmr, fnmr, 0.5)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_ser_by_hand():
    fmr, fnmr = (np.array(CASES["six_groups"][metric]) for metric in ("FMR", "FNMR"))
    assert measures.ser(fmr, fnmr, 0.5) == pytest.approx(0.0304 / 0.01001, rel=1e-12)  # F over A, halves cancel
    assert measures.ser(fmr, fnmr, 1.0) == pytest.approx(40)
    assert measures.ser(fmr, fnmr, 0.0) == pytest.approx(3)
    fmr, fnmr = (np.array(CASES["one_zero"][metric]) for metric in ("FMR", "FNMR"))
    assert measures.ser(fmr, fnmr, 0.5) == pytest.approx(0.0304 / 0.01)  # a zero of one rate alone


PUBLISHED_WERM = [
    (2.5718, 1.0557, 1.6477),
    (1.9011, 1.0372, 1.4042),
    (10.4621, 1.3871, 3.8094),
    (12.1923, 1.3189, 4.0101),
    (4.3319, 1.2794, 2.3542),
]
"""Largest over geometric mean of FMR and of FNMR, and their WERM: baselines of VGGFace2 by gender and by race in the
tables of AIML-IfI/score-norm-fairness (README.md), the code of Linghu et al. 2024, arXiv 2407.14087; alpha is 0.5."""


@pytest.mark.parametrize(("of_fmr", "of_fnmr", "expected"), PUBLISHED_WERM)
def test_werm_as_published(of_fmr, of_fnmr, expected):
    """The largest of two rates r^2 and 1 is r times their geometric mean."""
    found = measures.werm(np.array([of_fmr**2, 1]) * 1e-5, np.array([1, of_fnmr**2]) * 1e-2, 0.5)
    assert found == pytest.approx(expected, rel=5e-5)  # four digits after the point were printed


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_werm_of_the_reference_rates(alpha):
    found = CASES["six_groups"]["result"]["0.0"]
    parts = found["FMR"]["max_over_geomean"], found["FNMR"]["max_over_geomean"]
    fmr, fnmr = (np.array(CASES["six_groups"][metric]) for metric in ("FMR", "FNMR"))
    assert measures.werm(fmr, fnmr, alpha) == pytest.approx(parts[0] ** alpha * parts[1] ** (1 - alpha), rel=1e-12)


def test_mape_by_hand():
    """Targets of 1e-4: 0.9, 0.7, 0.5, 0, 1 and 3 times the target away."""
    assert measures.mape(np.array(CASES["six_groups"]["FMR"]), 1e-4) == pytest.approx(610 / 6)
    assert measures.mape(np.array(CASES["equal"]["FMR"]), 1e-4) == pytest.approx(0, abs=1e-12)
    assert measures.mape(np.array(CASES["one_zero"]["FMR"]), 2e-4) == pytest.approx(100 * (1 + 0.5 + 0 + 1) / 4)
    assert measures.mape(np.array(CASES["one_group_has_all"]["FMR"]), 1e-3) == pytest.approx(75)


def test_mape_works_on_draws():
    draws = np.array([[1e-4, 3e-4], [2e-4, 2e-4]])
    np.testing.assert_allclose(measures.mape(draws, 2e-4), [50, 0], atol=1e-12)


def test_area_under_fdr_by_hand():
    grid = np.array([-4.0, -3.0, -1.0])
    assert measures.fdr_area(grid, np.ones(3)) == 1
    assert measures.fdr_area(grid, np.array([1.0, 0.8, 0.4])) == pytest.approx((0.9 * 1 + 0.6 * 2) / 3)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_area_is_numpys_trapezia(values):
    grid = np.linspace(-5, -1, len(values))
    expected = np.trapezoid(values, grid) / 4
    assert measures.fdr_area(grid, np.array(values)) == pytest.approx(expected, abs=1e-12)
