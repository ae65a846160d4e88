"""Two rates against statsmodels and scipy (R09), and where a bound does not exist."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.estimate.two_groups import Rate, koopman, newcombe, ratio_score, score_p

REFERENCE = Path(__file__).parents[1] / "reference"
ROWS = json.loads((REFERENCE / "R09_two_sample.json").read_text(encoding="utf-8"))["rows"]


def rates(row):
    return Rate(row["x2"], row["n2"]), Rate(row["x1"], row["n1"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['x1']}v{row['x2']}")
def test_two_samples_of_r09(row):
    a, b = rates(row)
    assert newcombe(a, b) == pytest.approx(row["diff_newcombe_ci"], rel=1e-9)
    assert score_p(a, b) == pytest.approx(row["score_p"], rel=1e-9)
    if row["ratio_score_ci_koopman_mn"]:
        assert koopman(a, b) == pytest.approx(row["ratio_score_ci_koopman_mn"], rel=1e-9)


def test_zero_against_five_has_a_finite_lower_bound_and_no_upper():
    low, high = koopman(Rate(5, 3000), Rate(0, 3000))
    assert low > 1 and high is None
    low, high = koopman(Rate(0, 3000), Rate(5, 3000))
    assert low == 0 and high < 1
    assert koopman(Rate(0, 10), Rate(0, 10)) == (None, None)
    assert score_p(Rate(0, 10), Rate(0, 10)) == 1.0


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(31, 2000), st.integers(1, 30), st.integers(31, 2000))
def test_koopmans_bounds_solve_the_score_equation_and_mirror(x, n, y, m):
    a, b = Rate(x, n), Rate(y, m)
    low, high = koopman(a, b)
    assert ratio_score(a, b, low) == pytest.approx(1.959964, abs=1e-5)
    assert ratio_score(a, b, high) == pytest.approx(-1.959964, abs=1e-5)
    assert koopman(b, a) == pytest.approx((1 / high, 1 / low), rel=1e-6)


def test_against_statsmodels():
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="needs statsmodels")
    found = koopman(Rate(17, 410), Rate(9, 380), 0.9)
    expected = proportion.confint_proportions_2indep(
        17, 410, 9, 380, compare="ratio", method="score", correction=False, alpha=0.1
    )
    assert found == pytest.approx(expected, rel=1e-5)
    found = newcombe(Rate(17, 410), Rate(9, 380), 0.9)
    expected = proportion.confint_proportions_2indep(17, 410, 9, 380, compare="diff", method="newcomb", alpha=0.1)
    assert found == pytest.approx(expected, rel=1e-9)
