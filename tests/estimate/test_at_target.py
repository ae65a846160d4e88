"""Rates at drawn thresholds against the plain sum, and against searches written out as often as they are drawn."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from facegap.estimate import threshold_at_fmr
from facegap.estimate.at_target import (
    Alarms,
    fmr_at_draws,
    fnir_at_draws,
    fpir_at_draws,
    fpir_threshold_draws,
    gallery_shares,
)
from facegap.estimate.bootstrap import double_or_nothing_draws, fnmr_at_draws


def test_rates_at_drawn_thresholds_equal_the_plain_sum() -> None:
    rng = np.random.default_rng(3)
    draws = double_or_nothing_draws(9, 40, rng)
    i, j = (np.array(side) for side in zip(*combinations(range(9), 2), strict=True))
    scores = rng.normal(0, 1, len(i)).astype(np.float32)
    thresholds = rng.normal(0, 1, 40)
    w = draws.weights.astype(np.int64)
    trials = np.array([(w[i, b] * w[j, b]).sum() for b in range(40)], dtype=float)
    wanted = [
        (w[i, b] * w[j, b])[scores.astype(np.float64) >= thresholds[b]].sum() / trials[b] if trials[b] else np.nan
        for b in range(40)
    ]
    found = fmr_at_draws(draws, i, j, scores, trials, thresholds, -np.inf)
    np.testing.assert_allclose(found, wanted)
    below = fmr_at_draws(draws, i, j, scores, trials, thresholds, 0.5)
    np.testing.assert_array_equal(np.isnan(below), (thresholds < 0.5) | np.isnan(wanted))


def alarms_of(people: int, searches: int, seed: int) -> Alarms:
    """Searches by the second half of the people that return the first half, scores with ties."""
    rng = np.random.default_rng(seed)
    who = rng.integers(people // 2, people, searches)
    return Alarms(who, rng.integers(0, people // 2, searches), rng.normal(0, 1, searches).round(1).astype(np.float32))


@pytest.mark.parametrize("target", [0.3, 0.1, 0.001])
def test_a_drawn_fpir_threshold_is_that_of_the_searches_written_out(target: float) -> None:
    draws = double_or_nothing_draws(20, 60, np.random.default_rng(1))
    found = alarms_of(20, 90, 2)._replace(returned=np.full(90, -1))
    shares = gallery_shares(draws, np.arange(10))
    thresholds = fpir_threshold_draws(draws, shares, found, target)
    rates = fpir_at_draws(draws, shares, found, thresholds)
    for b in range(60):
        repeated = np.repeat(found.scores, draws.weights[found.people, b])
        wanted, realised, _, _ = threshold_at_fmr(repeated, len(repeated), target, -np.inf)
        # Above every score of its own, a draw's threshold is among the scores of the people it left out.
        assert (repeated >= thresholds[b]).sum() == (repeated >= wanted).sum()
        assert rates[b] == pytest.approx(realised)


def test_whoever_was_returned_counts_as_often_as_drawn_over_the_gallery_s_mean() -> None:
    draws = double_or_nothing_draws(20, 40, np.random.default_rng(5))
    found = alarms_of(20, 60, 6)
    shares = gallery_shares(draws, np.arange(10))
    thresholds = fpir_threshold_draws(draws, shares, found, 0.2)
    rates = fpir_at_draws(draws, shares, found, thresholds)
    for b in range(40):
        w = draws.weights[:, b].astype(float)
        trials = w[found.people].sum()

        def rate(at: float, w: np.ndarray = w, trials: float = trials) -> float:
            weights = w[found.people] * w[found.returned] / w[:10].mean()
            return float(weights[found.scores >= np.float32(at)].sum() / trials)

        allowed = [at for at in np.unique(found.scores) if all(rate(s) <= 0.2 for s in found.scores if s >= at)]
        assert thresholds[b] == (min(allowed) if allowed else np.nextafter(found.scores.max(), np.float32(9)))
        assert rates[b] == pytest.approx(rate(thresholds[b]))


def test_missed_searches_at_drawn_thresholds_are_those_of_the_plain_walk() -> None:
    rng = np.random.default_rng(7)
    draws = double_or_nothing_draws(12, 50, rng)
    people, scores = rng.integers(0, 12, 70), rng.normal(0, 1, 70).astype(np.float32)
    scores[::9] = np.nan
    thresholds = np.where(rng.random(50) < 0.1, np.nan, rng.normal(0, 0.4, 50))
    found = fnir_at_draws(draws, people, scores, thresholds)
    np.testing.assert_allclose(found, fnmr_at_draws(draws, people, scores, thresholds))
    assert np.isnan(fnir_at_draws(draws, people, scores, np.full(50, np.nan))).all()


def test_draws_in_which_nobody_searches_have_no_threshold() -> None:
    draws = double_or_nothing_draws(4, 60, np.random.default_rng(3))
    found = Alarms(np.array([3, 3]), np.array([-1, -1]), np.array([1.0, 2.0], np.float32))
    thresholds = fpir_threshold_draws(draws, gallery_shares(draws, np.arange(2)), found, 0.5)
    np.testing.assert_array_equal(np.isnan(thresholds), draws.weights[3] == 0)
