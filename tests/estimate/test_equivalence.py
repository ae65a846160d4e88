"""Two one-sided tests against R11, and the sample that would have decided."""

from __future__ import annotations

import pytest

from facegap.estimate.equivalence import equivalent_difference, equivalent_ratio, growth_to_decide
from facegap.estimate.two_groups import Rate
from made import reference


@pytest.mark.parametrize("row", reference("R11_tost.json")["rows"], ids=lambda row: f"{row['x1']}of{row['n1']}")
def test_equivalence_of_r11(row):
    a, b = Rate(row["x1"], row["n1"]), Rate(row["x2"], row["n2"])
    difference = equivalent_difference(a, b, row["margin"][1])
    assert (difference.low, difference.high) == pytest.approx(row["ci90_newcombe"], rel=1e-9)
    assert difference.equivalent == row["equivalent_by_ci"] == row["equivalent"]
    assert equivalent_ratio(b, a, 1.25).equivalent == row["ratio_equiv_1.25"]
    assert equivalent_ratio(b, a, 2).equivalent == row["ratio_equiv_2"]


def test_a_wide_interval_is_not_equivalence():
    assert not equivalent_ratio(Rate(0, 100), Rate(0, 100), 2).equivalent
    assert not equivalent_ratio(Rate(5, 100), Rate(0, 100), 100).equivalent


GROWN = {
    "inside a ratio": (equivalent_ratio, Rate(12, 600), Rate(13, 600), 1.25, "equivalent"),
    "outside a ratio": (equivalent_ratio, Rate(20, 1000), Rate(12, 1000), 1.25, "outside"),
    "below a ratio": (equivalent_ratio, Rate(12, 1000), Rate(20, 1000), 1.25, "outside"),
    "no errors on one side": (equivalent_ratio, Rate(0, 30), Rate(2, 60), 1.25, "outside"),
    "no errors on the other": (equivalent_ratio, Rate(2, 60), Rate(0, 30), 1.25, "outside"),
    "inside a difference": (equivalent_difference, Rate(2, 1000), Rate(3, 1000), 0.002, "equivalent"),
    "outside a difference": (equivalent_difference, Rate(28, 1000), Rate(20, 1000), 0.005, "outside"),
    "no errors at all": (equivalent_difference, Rate(0, 30), Rate(0, 60), 0.01, "equivalent"),
}


@pytest.mark.parametrize("case", GROWN.values(), ids=GROWN)
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_growth_that_would_have_decided_does_and_a_little_less_does_not(case, alpha):
    function, a, b, margin, how = case

    def at(growth):
        return function(
            Rate(a.errors * growth, a.trials * growth), Rate(b.errors * growth, b.trials * growth), margin, alpha
        )

    growth = growth_to_decide(at)
    assert growth > 1 and not at(1).decided
    assert getattr(at(growth), how) and not at(0.99 * growth).decided
    assert growth_to_decide(lambda s: at(10 * growth * s)) == 1


def test_growth_by_the_closed_form():
    """Large equal rates: Newcombe's interval is p -+ z sqrt(2 p q / n), so n = 2 p q (z / margin)^2."""
    rate, margin = 0.4, 0.001
    growth = growth_to_decide(lambda s: equivalent_difference(Rate(40 * s, 100 * s), Rate(40 * s, 100 * s), margin))
    assert 100 * growth == pytest.approx(2 * rate * (1 - rate) * (1.6448536 / margin) ** 2, rel=1e-3)


def test_no_growth_decides_what_lies_on_the_margin():
    at_ratio = growth_to_decide(lambda s: equivalent_ratio(Rate(25 * s, 1000 * s), Rate(20 * s, 1000 * s), 1.25))
    at_difference = growth_to_decide(lambda s: equivalent_difference(Rate(s, 4 * s), Rate(s, 2 * s), 0.25))
    nothing_seen = growth_to_decide(lambda s: equivalent_ratio(Rate(0, 10 * s), Rate(0, 10 * s), 2))
    assert (at_ratio, at_difference, nothing_seen) == (None, None, None)
