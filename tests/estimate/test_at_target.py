"""Rates at drawn thresholds against the plain sum."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from facegap.estimate.at_target import fmr_at_draws
from facegap.estimate.bootstrap import double_or_nothing_draws


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
