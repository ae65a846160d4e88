"""What all counts share: codes of groups and people, the match rule, sums by group and person."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from facegap.records import (
    ClusterSums,
    ErrorCounts,
    Failures,
    LeverageSums,
    Mask,
    PeopleCounts,
    PersonRates,
    PersonSums,
    RateSums,
    Rows,
    Samples,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Groups:
    """Group and subject of every sample as codes.

    Attributes:
        names, group: the groups, and (n samples,) places in them.
        subject, subjects: (n samples,) numbers as of `Samples.people`, and how many there are.
    """

    grouping: str
    names: tuple[str, ...]
    group: Rows
    subject: Rows
    subjects: int


def codes(samples: Samples, columns: tuple[str, ...]) -> Groups:
    """Group over `columns` and subject of every sample."""
    names, group = samples.coded(columns)
    subject = samples.people()
    return Groups(
        grouping=", ".join(columns),
        names=names,
        group=group,
        subject=subject,
        subjects=int(subject.max(initial=-1)) + 1,
    )


def uncounted(metric: str, model: str, condition: str, groups: Groups, threshold: float | None) -> ErrorCounts:
    """What the counts of all groups have in common, before anything is counted."""
    return ErrorCounts(
        metric=metric,
        model=model,
        condition=condition,
        grouping=groups.grouping,
        group="",
        threshold=threshold,
        errors=0,
        completed=0,
        failed=0,
        subjects=0,
    )


def one_way(
    base: ErrorCounts,
    groups: Groups,
    probe: Rows,
    error: Mask,
    failed: Mask,
    failures: Failures,
    failure_is_error: bool,
) -> tuple[ErrorCounts, ...]:
    """Counts by group of `probe`, clustered by its subject.

    Args:
        base: what the counts of all groups share.
        probe: (k,) rows of `Samples`, one a trial.
        error, failed: (k,) True where a completed trial errs, and where one failed.
        failure_is_error: where failures are counted, they are errors too.
    """
    counted = failures == "counted"
    is_error = error | failed if counted and failure_is_error else error & ~failed
    is_trial = np.ones(len(probe), dtype=bool) if counted else ~failed
    cluster = groups.group[probe] * groups.subjects + groups.subject[probe]
    keys, cluster = np.unique(cluster, return_inverse=True)
    x = np.bincount(cluster[is_error & is_trial], minlength=len(keys))
    m = np.bincount(cluster[is_trial], minlength=len(keys))
    failures_by_group = np.bincount(groups.group[probe[failed]], minlength=len(groups.names))
    completed_by_group = np.bincount(groups.group[probe[~failed]], minlength=len(groups.names))
    found = []
    for d, name in enumerate(groups.names):
        of_group = slice(*np.searchsorted(keys, (d * groups.subjects, (d + 1) * groups.subjects)))
        x_d, m_d = x[of_group], m[of_group]
        counts = replace(
            base,
            group=name,
            errors=int(x_d.sum()),
            completed=int(completed_by_group[d]),
            failed=int(failures_by_group[d]),
            subjects=int(np.count_nonzero(m_d)),
            by_subject=ClusterSums(exact_dot(x_d, x_d), exact_dot(x_d, m_d), exact_dot(m_d, m_d)),
            leverage=leverage_sums(x_d, m_d),
            heaviest=heaviest(x_d, m_d),
            failures=failures,
            people=each_once(x_d, m_d),
        )
        found.append(counts)
    return tuple(found)


def heaviest(errors: Rows, comparisons: Rows) -> tuple[PersonSums, ...]:
    """The two people with most errors beyond what the common rate makes of their comparisons; fewer where there are.

    Args:
        errors, comparisons: (people,) of each person.
    """
    rate = errors.sum() / max(int(comparisons.sum()), 1)
    order = np.argsort(rate * comparisons - errors, kind="stable")[:2]
    return tuple(PersonSums(int(errors[k]), int(comparisons[k])) for k in order)


def leverage_sums(errors: Rows, comparisons: Rows) -> LeverageSums:
    """Higher sums of (people,) errors and comparisons."""
    x, m = errors.astype(np.float64), comparisons.astype(np.float64)
    xm, mm = x * m, m * m
    return LeverageSums(*(float(a @ b) for a, b in ((x, xm), (xm, m), (mm, m), (xm, xm), (xm, mm), (mm, mm))))


def each_once(errors: Rows, comparisons: Rows) -> PeopleCounts:
    """(people,) errors and comparisons with every person who has a comparison counted once."""
    took = comparisons > 0
    x, m = errors[took], comparisons[took]
    rates, ones = x / m, np.ones(len(m), dtype=np.int64)
    return PeopleCounts(
        errors=math.fsum(rates),
        trials=len(m),
        subjects=len(m),
        inverse=inverse_sum(*np.unique(m, return_counts=True)),
        by_subject=rate_sums(rates, ones),
        by_pair=None,
        heaviest=heaviest_rates(rates, ones, x),
        largest=largest_share(m, int(m.sum())),
        half=people_of_half(m),
    )


def rate_sums(rates: Floats, comparisons: Rows) -> RateSums:
    """Sums of products of (people,) sums of rates and whole numbers of people."""
    return RateSums(math.fsum(rates * rates), math.fsum(rates * comparisons), exact_dot(comparisons, comparisons))


def inverse_sum(comparisons: Rows, people: Rows) -> float:
    """Sum of 1 / comparisons over people (pairs), from (k,) different numbers of comparisons and how many have each.

    Every sum of rates is the same to the last digit in whatever order the people come, and of a list as of a rule.
    """
    return math.fsum(people / comparisons)


def heaviest_rates(rates: Floats, comparisons: Rows, errors: Rows) -> tuple[PersonRates, ...]:
    """As `heaviest`, of (people,) sums of rates, the people that each is compared with, and the errors behind."""
    common = float(rates.sum()) / max(int(comparisons.sum()), 1)
    order = np.argsort(common * comparisons - rates, kind="stable")[:2]
    return tuple(
        PersonRates(float(rates[k]), int(comparisons[k]), float(rates[k]) / max(int(errors[k]), 1)) for k in order
    )


def largest_share(comparisons: Rows, trials: int) -> float:
    """Share of `trials` that the one with most of (people,) `comparisons` takes part in; 0 where there are none."""
    return int(comparisons.max(initial=0)) / max(trials, 1)


def people_of_half(comparisons: Rows) -> int:
    """Fewest people who have half of all (people,) `comparisons`."""
    ordered = np.cumsum(np.sort(comparisons)[::-1])
    return int(np.searchsorted(ordered, ordered[-1] / 2)) + 1 if comparisons.any() else 0


_LIMB = 20


def exact_dot(x: Rows, y: Rows) -> int:
    """Exact inner product of (n,) non-negative int64 arrays, whose squares may pass 2^63.

    Halves of 20 bits keep every partial sum of up to 2^22 products below 2^63; small numbers need none.
    """
    if len(x) == 0:
        return 0
    most, other = int(x.max()), int(y.max())
    if most * other * len(x) < 1 << 63:
        return int(x @ y)
    if max(most, other) >> (2 * _LIMB) or len(x) >> 22:
        return sum(int(p) * int(q) for p, q in zip(x, y, strict=True))
    x_high, x_low = x >> _LIMB, x & ((1 << _LIMB) - 1)
    y_high, y_low = y >> _LIMB, y & ((1 << _LIMB) - 1)
    high = int(x_high @ y_high) << (2 * _LIMB)
    middle = (int(x_high @ y_low) + int(x_low @ y_high)) << _LIMB
    return high + middle + int(x_low @ y_low)
