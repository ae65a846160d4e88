"""Why groups differ: capture or algorithm. Pure functions of errors, people and quality values.

Two views, the weaker first. A gap in FNMR is split into what other quality values explain and what remains at the same
quality (Kitagawa 1955; Oaxaca and Blinder). A logistic model lets quality act differently on each group, with standard
errors clustered by person. The strongest view is `paired`: the same people under two conditions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BINS = 5
"""Strata of quality: quintiles of all comparisons, and one more for those without a value."""

RIDGE = 1e-8
"""Penalty of the logistic model: small enough to change no digit that is shown, enough to keep it finite."""


class Split(NamedTuple):
    """gap = quality + remainder, (...,) each: rate of the group less that of the others."""

    gap: Floats
    quality: Floats
    remainder: Floats


@dataclass(frozen=True)
class Term:
    """One coefficient of the logistic model with its standard error, clustered by person."""

    name: str
    value: float
    error: float

    @property
    def p(self) -> float:
        """Two-sided p-value of no effect."""
        return float(2 * special.ndtr(-abs(self.value / self.error))) if self.error > 0 else 1.0


def strata(values: Floats) -> Integers:
    """(n,) quintile of each comparison's quality, 0 the lowest; `BINS` where there is no value (NaN)."""
    known = np.isfinite(values)
    found = np.full(len(values), BINS, np.int64)
    if known.any():
        cuts = np.quantile(values[known], np.arange(1, BINS) / BINS)
        found[known] = np.searchsorted(cuts, values[known], side="right")
    return found


def split(errors: Floats, trials: Floats, other_errors: Floats, other_trials: Floats) -> Split:
    """Split the gap of two rates over strata of quality.

    Args:
        errors, trials, other_errors, other_trials: (strata, ...) of the group and of the others.

    The quality part weighs the difference of the two distributions by the mean of the two rates, the remainder the
    difference of the rates by the mean of the two distributions; they add up exactly. In a stratum that one side lacks
    nothing is known of its rate there: the other side's stands in, so that the stratum counts as quality.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, other_rate = errors / trials, other_errors / other_trials
        share, other_share = trials / trials.sum(0), other_trials / other_trials.sum(0)
    first = np.where(trials > 0, rate, np.where(other_trials > 0, other_rate, 0.0))
    second = np.where(other_trials > 0, other_rate, first)
    quality = ((share - other_share) * (first + second) / 2).sum(0)
    remainder = ((first - second) * (share + other_share) / 2).sum(0)
    return Split(quality + remainder, quality, remainder)


def by_person(person: Integers, stratum: Integers, values: Floats, people: int) -> Floats:
    """(strata, people) sums of (n,) `values`, given the (n,) person and stratum of each."""
    flat = np.bincount(stratum * people + person, weights=values, minlength=(BINS + 1) * people)
    return np.asarray(flat.reshape(BINS + 1, people))


def logistic(design: Floats, names: list[str], error: npt.NDArray[np.bool_], person: Integers) -> list[Term] | None:
    """Coefficients of a logistic model of (n,) `error` on (n, k) `design`, to which the intercept is added.

    Standard errors are the sandwich of sums over people, whose (n,) numbers are `person`. None where it cannot be
    fitted: one outcome only, a separated one, or fewer people than terms.
    """
    from sklearn.linear_model import LogisticRegression

    if error.all() or not error.any() or len(np.unique(person)) <= len(names) + 1:
        return None
    fitted = LogisticRegression(C=1 / RIDGE, solver="newton-cholesky", tol=1e-10).fit(design, error)
    x = np.column_stack([np.ones(len(design)), design])
    beta = np.concatenate([fitted.intercept_, fitted.coef_[0]])
    p = special.expit(x @ beta)
    information = (x * (p * (1 - p))[:, None]).T @ x
    # A chance of less than one in a million for anyone: a separated model, whose numbers the ridge alone decides.
    if np.abs(x @ beta).max() > 15 or np.linalg.cond(information) > 1e12:
        return None
    scores = np.zeros((int(person.max()) + 1, x.shape[1]))
    np.add.at(scores, person, x * (error - p)[:, None])
    people = len(np.unique(person))
    bread = np.linalg.inv(information)
    variance = bread @ (scores.T @ scores) @ bread * people / (people - 1)
    terms = zip(("intercept", *names), beta, np.sqrt(np.diag(variance)), strict=True)
    return [Term(name, float(value), float(spread)) for name, value, spread in terms]
