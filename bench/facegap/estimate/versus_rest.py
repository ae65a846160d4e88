"""Each group against all others together, or one of them, by Holm: which groups differ, not only whether any do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from facegap.estimate.clustered import pooled
from facegap.estimate.differentials import LeftOut, enter
from facegap.estimate.interval import effective_sample
from facegap.estimate.multiplicity import holm
from facegap.estimate.power import visible_ratio
from facegap.estimate.two_groups import Rate, koopman, score_p
from facegap.records import ErrorCounts


@dataclass(frozen=True, kw_only=True)
class AgainstRest:
    """One group's rate over the pooled rate of the other groups, or over that of one group (`rest`).

    Attributes:
        ratio: None where either side has no errors; the bounds then say "at least" or "at most".
        low, high: Koopman's interval on the effective samples; None where there is no such bound.
        p, p_holm: score test of equal rates, and adjusted over the groups.
        visible: the smallest ratio above the rest's rate that this test sees with 80 % power; None where it sees none
            or the rest has no errors.
    """

    counts: ErrorCounts
    rest: ErrorCounts
    ratio: float | None
    low: float | None
    high: float | None
    p: float
    p_holm: float
    visible: float | None
    level: float


def against_rest(
    counts: Sequence[ErrorCounts], min_subjects: int = 10, level: float = 0.95
) -> tuple[tuple[AgainstRest, ...], LeftOut]:
    """Every group that enters against the others that do, and (group, reason) of those left out.

    Groups are taken to share no people, as within-group rates of people with one label each do.
    """
    kept, left_out = enter(counts, min_subjects)
    if len(kept) < 2:
        return (), left_out
    found = [_compared(c, pooled([other for other in kept if other is not c]), level) for c in kept]
    return _adjusted(found), left_out


def against_group(
    counts: Sequence[ErrorCounts], reference: str, min_subjects: int = 10, level: float = 0.95
) -> tuple[tuple[AgainstRest, ...], LeftOut]:
    """As `against_rest`, with the group `reference` alone in the place of the others; none where it does not enter.

    All tests share that one group, which Holm's adjustment allows. Groups are taken to share no people: those who are
    in both make the interval too wide where their errors come together.
    """
    kept, left_out = enter(counts, min_subjects)
    base = next((c for c in kept if c.group == reference), None)
    if base is None:
        return (), left_out
    return _adjusted([_compared(c, base, level) for c in kept if c is not base]), left_out


def _adjusted(found: Sequence[AgainstRest]) -> tuple[AgainstRest, ...]:
    adjusted = holm([row.p for row in found])
    return tuple(replace(row, p_holm=p) for row, p in zip(found, adjusted, strict=True))


def _compared(counts: ErrorCounts, rest: ErrorCounts, level: float) -> AgainstRest:
    a, b = (_effective(side, level) for side in (counts, rest))
    low, high = koopman(a, b, level)
    ratio = a.value / b.value if counts.errors and rest.errors else None
    p = score_p(a, b)
    visible = visible_ratio(b.value, a.trials, b.trials, alpha=1 - level)
    return AgainstRest(
        counts=counts, rest=rest, ratio=ratio, low=low, high=high, p=p, p_holm=p, visible=visible, level=level
    )


def _effective(counts: ErrorCounts, level: float) -> Rate:
    size = effective_sample(counts, level)
    return Rate(counts.errors / counts.trials * size, size)
