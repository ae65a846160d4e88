"""Variance of a rate whose comparisons share people, from exact cluster sums.

The plug-in variances and Wilson's interval at the effective sample size are those of Fogliato, Patil and Perona,
"Confidence intervals for error rates in 1:1 matching tasks". With p = x / n and residuals r = x - p m:

- one subject per comparison (FNMR, FTA, searches): Var = sum_i r_i^2 / n^2 over subjects i;
- two subjects per comparison (FMR), a U-statistic of degree two: Var = (sum_{i<j} r_ij^2 + max(C, 0)) / n^2 with
  C = sum_i (R_i^2 - sum_j r_ij^2) and R_i the sum of subject i's residuals.
"""

from __future__ import annotations

import math
from fractions import Fraction

from bench.estimate.rates import wilson
from bench.records import ClusterSums, ErrorCounts


def rate(counts: ErrorCounts) -> float:
    """errors / trials; there must be trials."""
    return counts.errors / counts.trials


def residual_squares(sums: ClusterSums, errors: int, trials: int) -> Fraction:
    """Sum over clusters of (x - p m)^2, exactly: integers cancel before they are rounded."""
    p = Fraction(errors, trials)
    return sums.xx - 2 * p * sums.xm + p * p * sums.mm


def variance(counts: ErrorCounts) -> float | None:
    """Variance of the rate; None where the counts carry no cluster sums or there are no trials.

    The U-statistic's where the counts carry sums over pairs of subjects, else the one over subjects.
    """
    if counts.by_subject is None or counts.trials == 0:
        return None
    rows = residual_squares(counts.by_subject, counts.errors, counts.trials)
    if counts.by_pair is None:
        return float(rows / counts.trials**2)
    pairs = residual_squares(counts.by_pair, counts.errors, counts.trials)
    covariance = max(rows - 2 * pairs, Fraction(0))
    return float((pairs + covariance) / counts.trials**2)


def effective_size(counts: ErrorCounts) -> float | None:
    """p (1 - p) / Var: independent comparisons that would be as uncertain; not capped, infinite at zero variance.

    None without cluster sums, or where the rate is 0 or 1 and the variance says nothing.
    """
    spread = variance(counts)
    if spread is None or counts.errors in (0, counts.trials):
        return None
    p = rate(counts)
    return p * (1 - p) / spread if spread > 0 else math.inf


def wilson_n_eff(errors: int, trials: int, n_eff: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval at `n_eff`, with the published rule where all but one comparison agree.

    A single error's lower bound is -ln(level) / trials, and mirrored for a single success.
    """
    low, high = wilson(errors / trials * n_eff, n_eff, level)
    if errors == 1 and trials > 1:
        low = min(-math.log(level), 1.0) / trials
    if errors == trials - 1 and trials > 1:
        high = 1 - min(-math.log(level), 1.0) / trials
    return low, high
