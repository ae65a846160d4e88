"""Shrunken rates: who moves, and the beta that made the rates is found."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from facegap.estimate.shrinkage import _marginal, fit_beta, shrink


def test_shrinkage_moves_small_groups_most_and_keeps_the_order_of_equal_sizes():
    found = shrink([1, 20, 60, 4], [20, 1000, 1000, 20])
    raw = [0.05, 0.02, 0.06, 0.2]
    moved = [abs(s.value - r) for s, r in zip(found, raw, strict=True)]
    assert moved[3] > moved[2] and moved[0] > moved[1]
    assert found[1].value < found[2].value and found[0].value < found[3].value
    for s in found:
        assert s.low < s.value < s.high
    assert found[0].own_weight < found[1].own_weight < 1


def test_groups_that_do_not_differ_share_one_rate():
    found = shrink([20, 20, 20, 20], [1000, 1000, 1000, 1000])
    for s in found:
        assert s.value == pytest.approx(0.02, rel=1e-3) and s.own_weight < 0.01
    wide = proportion_confint(20, 1000, method="beta")
    assert found[0].high - found[0].low < wide[1] - wide[0]


def test_the_fit_finds_the_beta_that_made_the_rates():
    rng = np.random.default_rng(2)
    trials = np.full(400, 500.0)
    errors = rng.binomial(500, rng.beta(3, 97, size=400)).astype(float)
    mean, size = fit_beta(errors, trials)
    assert mean == pytest.approx(0.03, rel=0.1) and size == pytest.approx(100, rel=0.25)


@pytest.mark.parametrize("size", [0.75, 19.0, 21.0, 4e3, 2.0**30])
def test_the_likelihood_is_exact_at_any_size(size: float) -> None:
    """Products of fractions; at a size of 1e9 differences of double-precision betaln keep but a few digits."""
    mean = 0.0625
    a, b = Fraction(mean) * Fraction(size), (1 - Fraction(mean)) * Fraction(size)
    wanted = 0.0
    for x, n in ((0, 40), (3, 100), (12, 55)):
        chance = rising(a, x) * rising(b, n - x) / rising(a + b, n)
        wanted += math.log(chance.numerator) - math.log(chance.denominator)
    found = _marginal(np.array([0.0, 3, 12]), np.array([40.0, 100, 55]), np.array([[mean]]), np.array([[size]]))
    assert found[0, 0] == pytest.approx(wanted, rel=1e-11)


def rising(a: Fraction, times: int) -> Fraction:
    return math.prod((a + k for k in range(times)), start=Fraction(1))
