"""What groups of one rate show by chance: people dealt anew to the groups, each with all their comparisons.

Chance deals out people, not comparisons: a few with many images or many errors move a group's rate further than as many
independent comparisons could. A deal keeps the numbers of people of the groups and takes the people from all groups
together, so that a group may get those who make the errors of another.

**False non-matches** belong to one person, and a deal adds up its people. Where labels say nothing of errors the groups
as they are stand among the deals like any other, so that the null band is exact whatever people are like.

**False matches** belong to two people of one label. Deals of pairs would have to take those across labels, which are
less alike and say nothing of it. So a person's part is `u`, the false matches inside their own group over those
expected there, and the rate of dealt people is p (sum w u / sum w)^a, w in proportion to their comparisons. If pairs
erred by the product of two people's u, and these were known, a would be 2. As u holds the noise of pairs too, a is what
makes the groups' rates scatter as the covariance of comparisons that share a person says, all groups together. On top
comes the noise of the pairs themselves: errors in lots of the size that one pair's errors have, or all those of a
cluster of people who match one another, as relatives do, in Poisson numbers.

Measured: `benchmarks/null_band_coverage.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.estimate.clustered import degrees_of_freedom, residual_squares
from facegap.estimate.clusters import NO_FAMILIES, Together
from facegap.estimate.measures import Rates
from facegap.records import ClusterSums, Counted, RateSums

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Orders = npt.NDArray[np.int32]

_STEEPEST = 4.0
"""Of a: twice what it can be in truth; it is an estimate."""

_LEAST_LEFT = 0.1
"""Of the comparisons, to the others where one person takes part in nearly all."""

_TINY = 1e-300


class Equal(NamedTuple):
    """Rates that groups show whose people all come from one population.

    Attributes:
        seen: (deals, groups) errors over trials.
        smoothed: likewise, (errors + 0.5) / (trials + 1) in deals that hold an error-free group.
    """

    seen: Rates
    smoothed: Rates


class Deals(NamedTuple):
    """People in random orders: the first of an order go to the first group, and so on.

    Attributes:
        orders: (deals, people) numbers of people.
        starts: (groups,) where each group begins in an order; ascending, no group is empty.
    """

    orders: Orders
    starts: Integers

    def sums(self, values: npt.NDArray[np.float64]) -> Rates:
        """(deals, groups) sums of (people,) `values`."""
        return np.asarray(np.add.reduceat(values[self.orders], self.starts, axis=1))


def dealt(sizes: Sequence[int], deals: int, rng: np.random.Generator) -> Deals:
    """`deals` of as many people to groups of these `sizes`, each at least 1."""
    people = int(np.sum(sizes))
    orders = np.empty((deals, people), np.int32)
    for k in range(deals):
        orders[k] = rng.permutation(people)
    return Deals(orders, np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64))


def of_mated(deals: Deals, errors: Numbers, comparisons: Integers, rate: float) -> Equal:
    """Rates of mated comparisons in the deals that leave no group without any, each scaled to a mean of `rate`.

    Args:
        rate: mean of the groups' rates as seen.
        errors, comparisons: (people,) of each; by people their own rates, and 1.
    """
    x, n = deals.sums(errors.astype(np.float64)), deals.sums(comparisons.astype(np.float64))
    whole = (n > 0).all(-1)
    x, n = x[whole], n[whole]
    return _equal(x, n, rate)


def of_nonmated(
    deals: Deals,
    counts: Sequence[Counted],
    errors: Numbers,
    comparisons: Integers,
    rng: np.random.Generator,
    families: Together = NO_FAMILIES,
) -> Equal:
    """Rates of non-mated comparisons within groups, at the rate that they have if it is one.

    Args:
        families: what pairs of one cluster of people have in common (`clusters`), all groups together.
        counts: of the groups, with their sums over people and over pairs.
        errors, comparisons: (people,) of each inside the own group, first those of the first group, and so on; by
            people the sums of the rates of their pairs, and the people that they are compared with.
    """
    trials = np.array([c.trials for c in counts], dtype=np.float64)
    pooled = sum(c.errors for c in counts) / float(trials.sum())
    if pooled == 0:
        none = np.zeros((len(deals.orders), len(counts)))
        return Equal(none, (none + 0.5) / (trials + 1))
    parts = _scatter(counts, deals.starts, errors, comparisons, families)
    by_people = parts.people * np.array([_shared(c) for c in counts]) / trials**2
    certain = 1 / np.maximum(by_people + parts.lot / (pooled * trials), _TINY)
    rate = float((np.array([c.errors / c.trials for c in counts]) * certain).sum() / certain.sum())

    # How far people scatter is itself known only as well as so many people tell.
    freedom = min(sum(degrees_of_freedom(c) for c in counts if c.errors), parts.freedom)
    uncertain = np.sqrt(freedom / rng.chisquare(freedom, (len(deals.orders), 1)))
    mean = rate * trials * _people_factor(deals, trials, errors, comparisons, by_people, uncertain)
    x = parts.lot * rng.poisson(mean / parts.lot) if parts.lot > 0 else mean
    x = np.asarray(np.minimum(x, trials), dtype=np.float64)
    return _equal(x, np.broadcast_to(trials, x.shape), float(np.mean([c.errors / c.trials for c in counts])))


class _Scatter(NamedTuple):
    """How a rate scatters.

    Attributes:
        people: what a person adds per shared comparison, relative to the square of the rate.
        lot: errors that come together.
        freedom: people who tell how far people scatter.
    """

    people: float
    lot: float
    freedom: float


def _scatter(
    counts: Sequence[Counted], starts: Integers, errors: Numbers, comparisons: Integers, families: Together
) -> _Scatter:
    """Of all groups together, each around its own rate, so that groups that differ do not widen their null band.

    The sample's own rate lies the nearer to a person's the more of the comparisons that person takes part in, so that
    each residual is divided by what the others leave (CR3; Bell and McCaffrey 2002).
    """
    covariance, shared, pairs_of_all = 0.0, 0.0, 0.0
    squares: list[npt.NDArray[np.float64]] = []
    own = zip(np.split(errors, starts[1:]), np.split(comparisons, starts[1:]), strict=True)
    for c, (x, m) in zip(counts, own, strict=True):
        p = c.errors / c.trials
        pairs = float(residual_squares(_both_sums(c)[1], c.errors, c.trials))
        others = np.maximum(1 - m / c.trials, _LEAST_LEFT)
        residuals = np.asarray(x - p * m, dtype=np.float64)
        covariance += float(((residuals / others) ** 2).sum()) - 2 * pairs
        shared += p**2 * _shared(c)
        pairs_of_all += pairs
        squares.append((residuals / c.trials) ** 2)
    # A family is one cause: its errors are one lot, and no sign of how people scatter.
    people = max(covariance - families.shared, 0.0) / shared if shared > 0 else 0.0
    lot = (pairs_of_all + families.lots) / sum(c.errors for c in counts)
    return _Scatter(people, lot, _freedom(np.concatenate(squares)))


def _freedom(squares: npt.NDArray[np.float64]) -> float:
    """Degrees of freedom of the sum of (people,) squares, 2 sum^2 / its variance (Satterthwaite 1946); 2 at least.

    As many as there are people where these are normal, few where a few people err far more than others.
    """
    total = float(squares.sum())
    variance = float((squares**2).sum()) - total**2 / len(squares)
    return max(2 * total**2 / variance, 2.0) if variance > 0 else float(len(squares))


def _people_factor(
    deals: Deals, trials: Rates, errors: Numbers, comparisons: Integers, by_people: Rates, uncertain: Rates
) -> Rates:
    """(deals, groups) rates of dealt people over the common one; the variance of each group's is about `by_people`.

    Args:
        uncertain: (deals, 1) by which the standard deviation of a deal is another one.
    """
    sizes = np.diff([*deals.starts, deals.orders.shape[1]])
    # By the square root a person with as many samples weighs alike in groups of all sizes.
    scale = np.repeat(np.sqrt(trials), sizes)
    relative = deals.sums(errors / scale) / np.maximum(deals.sums(comparisons / scale), _TINY)
    relative /= relative.mean()
    steepness = np.sqrt(by_people / np.maximum(relative.var(axis=0), _TINY))
    factor = relative ** np.minimum(steepness * uncertain, _STEEPEST)
    return np.asarray(factor / np.maximum(factor.mean(axis=0), _TINY))


def _both_sums(counts: Counted) -> tuple[ClusterSums | RateSums, ClusterSums | RateSums]:
    assert counts.by_subject is not None
    assert counts.by_pair is not None
    return counts.by_subject, counts.by_pair


def _shared(counts: Counted) -> float:
    """Ordered pairs of comparisons of different pairs of people that share a person."""
    by_subject, by_pair = _both_sums(counts)
    return float(by_subject.mm - 2 * by_pair.mm)


def _equal(x: Rates, n: Rates, rate: float) -> Equal:
    """(deals, groups) errors and trials, scaled in each deal so that the mean of the groups' rates is `rate`.

    A measure is then judged relative to the mean over groups. Relative to the rate of all people together a large group
    of a high rate would widen the band of what lies apart: it sets that rate, and small groups scatter by it.
    """
    shown = (x / n).mean(-1, keepdims=True)
    x = np.minimum(x * np.divide(rate, shown, out=np.zeros_like(shown), where=shown > 0), n)
    seen = x / n
    return Equal(seen, np.where(seen.min(-1, keepdims=True) == 0, (x + 0.5) / (n + 1), seen))
