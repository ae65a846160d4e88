"""Fitted tails against scipy's moments and distribution, published spreads, plain sums, and what must be refused."""

from itertools import combinations

import numpy as np
import pytest
from scipy import integrate, stats

from facegap.estimate import extreme
from facegap.estimate.bootstrap import double_or_nothing_draws, vertex_draws


def sample(shape, scale, count, seed=0):
    return np.sort(stats.genpareto(shape, scale=scale).rvs(count, random_state=seed))


def fitted(excess):
    shape, scale = extreme.fit(excess, np.ones((len(excess), 1)))
    return float(shape[0]), float(scale[0])


@pytest.mark.parametrize("shape", [-0.4, -0.1, 0.0, 0.2])
def test_moments_are_those_of_scipy(shape):
    excess = sample(shape, 0.7, 60)
    if not hasattr(stats, "lmoment"):
        pytest.skip("needs scipy.stats.lmoment")
    first, second = stats.lmoment(excess, order=[1, 2], standardize=False)
    found = fitted(excess)
    assert found == pytest.approx((2 - first / second, first * (first / second - 1)), rel=1e-10)


def test_moments_of_three_numbers_by_hand():
    # Mean 2, mean of the least of two (1 + 1 + 2) / 3 = 4/3: ratio 3, shape -1, scale 4.
    assert fitted(np.array([1.0, 2.0, 3.0])) == pytest.approx((-1, 4))


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.15])
def test_a_known_tail_is_found_again_as_by_maximum_likelihood(shape):
    excess = sample(shape, 0.05, 20_000, seed=3)
    found = fitted(excess)
    assert found == pytest.approx((shape, 0.05), abs=0.03)
    likelihood, _, scale = stats.genpareto.fit(excess, floc=0)
    assert found == pytest.approx((likelihood, scale), abs=0.03)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2])
def test_spread_of_the_shape_is_the_published_one(shape):
    # Hosking and Wallis 1987, asymptotic variance of the estimator by probability-weighted moments.
    count = 1000
    found = [fitted(sample(shape, 1.0, count, seed))[0] for seed in range(600)]
    published = (1 - shape) * (2 - shape) ** 2 * (1 - shape + 2 * shape**2) / ((1 - 2 * shape) * (3 - 2 * shape))
    assert np.var(found) * count == pytest.approx(published, rel=0.2)


def test_weights_count_as_often_and_their_size_does_not_matter():
    excess = sample(-0.1, 1.0, 40)
    weights = np.random.default_rng(1).integers(0, 3, (40, 5)).astype(float)
    shape, scale = extreme.fit(excess, weights)
    assert extreme.fit(excess, 4 * weights) == (pytest.approx(shape), pytest.approx(scale))
    for b in range(5):
        w = weights[:, b]
        least = sum(w[k] * w[m] * min(excess[k], excess[m]) for k in range(40) for m in range(40) if k != m)
        pairs = sum(w[k] * w[m] for k in range(40) for m in range(40) if k != m)
        mean = (w @ excess) / w.sum()
        ratio = mean / (mean - least / pairs)
        assert (shape[b], scale[b]) == pytest.approx((2 - ratio, mean * (ratio - 1)))
    half = np.zeros((40, 1))
    half[::2] = 4
    assert (float(extreme.fit(excess, half)[0][0]), float(extreme.fit(excess, half)[1][0])) == fitted(excess[::2])


def test_nothing_is_fitted_to_nothing_one_or_equals():
    for excess, weights in (
        (np.zeros(0), np.zeros((0, 2))),
        (np.array([1.0, 2.0]), np.array([[0.0, 4.0], [0.0, 0.0]])),
        (np.array([1.0, 1.0]), np.ones((2, 2))),
    ):
        assert np.isnan(extreme.fit(excess, weights)).all()


@pytest.mark.parametrize("shape", [-0.25, 0.0, 1e-12, 0.3])
def test_rates_and_thresholds_are_those_of_scipys_distribution(shape):
    tail = extreme.Tail(0.4, np.array([0.01]), np.array([shape]), np.array([0.05]))
    known = stats.genpareto(shape, loc=0.4, scale=0.05)
    for threshold in (0.4, 0.45, 0.55):
        rate = extreme.fmr_beyond(tail, threshold)[0]
        assert rate == pytest.approx(0.01 * known.sf(threshold), rel=1e-9)
        assert extreme.threshold_at(tail, rate)[0] == pytest.approx(threshold)
    assert extreme.end_point(tail)[0] == pytest.approx(known.support()[1] if shape else np.inf)
    assert np.isnan(extreme.fmr_beyond(tail, 0.39)[0])
    assert np.isnan(extreme.threshold_at(tail, 0.02)[0])


def test_beyond_the_end_point_is_zero_for_the_caller_to_refuse():
    tail = extreme.Tail(0.4, np.array([0.01, 0.01, np.nan]), np.array([-0.5, 0.1, np.nan]), np.array([0.05] * 3))
    rates = extreme.fmr_beyond(tail, 0.51)
    assert rates[0] == 0
    assert rates[1] > 0
    assert np.isnan(rates[2])


def test_anderson_darling_is_its_integral():
    excess, shape, scale = sample(-0.1, 0.05, 25), -0.12, 0.06
    known = stats.genpareto(shape, scale=scale)
    u = known.cdf(excess)
    cuts = [0, *u, 1]
    whole = sum(
        integrate.quad(lambda x, k=k: (k / 25 - x) ** 2 / (x * (1 - x)), *cuts[k : k + 2])[0] for k in range(26)
    )
    assert extreme.anderson_darling(excess, shape, scale) == pytest.approx(25 * whole, rel=1e-6)
    assert extreme.anderson_darling(excess, -0.5, 0.01) == np.inf


def test_the_start_is_the_next_score_down_and_ties_with_it_stay_out():
    start, excess = extreme.excesses(np.array([0.1, 0.9, 0.5, 0.7, 0.3], np.float32), 3)
    assert start == pytest.approx(0.3)
    assert excess == pytest.approx([0.2, 0.4, 0.6])
    start, excess = extreme.excesses(np.array([0.9, 0.5, 0.5, 0.5, 0.1]), 3)
    assert (start, list(excess)) == (0.5, pytest.approx([0.4]))


def test_drawn_tails_equal_the_fit_to_the_comparisons_of_the_people_drawn():
    rng = np.random.default_rng(2)
    i, j = (np.array(side) for side in zip(*combinations(range(20), 2), strict=True))
    scores = rng.normal(size=len(i)).astype(np.float32)
    draws = double_or_nothing_draws(20, 30, rng)
    there = (draws.weights[i] > 0) & (draws.weights[j] > 0)
    trials = 4.0 * there.sum(0)
    start, _ = extreme.excesses(scores, 100)
    tail = extreme.drawn_tail(draws, i, j, scores, trials, start)
    for b in range(30):
        kept = np.sort(scores[there[:, b] & (scores > start)].astype(float)) - start
        assert tail.share[b] == pytest.approx(len(kept) / there[:, b].sum())
        assert (tail.shape[b], tail.scale[b]) == pytest.approx(fitted(kept))
    seen = extreme.observed_tail(*extreme.excesses(scores, 100), len(scores))
    everyone = extreme.drawn_tail(
        draws._replace(weights=np.ones((20, 1), np.int16)), i, j, scores, np.array([190.0]), start
    )
    assert [float(x[0]) for x in everyone[1:]] == pytest.approx([float(x[0]) for x in seen[1:]])
    with pytest.raises(ValueError, match="double-or-nothing"):
        extreme.drawn_tail(vertex_draws(20, 2, rng), i, j, scores, np.ones(2), start)


def test_what_is_refused():
    assert extreme.refusal(100, 500, 1000) == ""
    assert "no tail" in extreme.refusal(100, 500, 999)
    assert "kept scores end" in extreme.refusal(100, 100, 10_000)

    usual = sample(0.1, 0.05, 100)

    def said(shape, excess=usual, people=50):
        tail = extreme.Tail(0.4, np.array([0.01]), np.array([shape]), np.array([0.05]))
        return extreme.misfit(tail, excess, people)

    assert said(0.1) == ""
    assert "fewer than 50" in said(0.1, sample(0.1, 0.05, 49))
    assert "too few to say anything" in said(0.1, people=19)
    assert "all alike" in said(np.nan)
    assert "too heavy" in said(0.51)
    assert "below the highest score" in said(-0.5, np.linspace(0.01, 0.11, 100))
