"""Each group against all others together, or one of them, by Holm: which groups differ, not only whether any do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from facegap.estimate.clustered import pooled
from facegap.estimate.differentials import LeftOut, enter
from facegap.estimate.interval import effective_sample
from facegap.estimate.leverage import uneven
from facegap.estimate.multiplicity import holm
from facegap.estimate.power import visible_ratio
from facegap.estimate.two_groups import Rate, koopman, score_p
from facegap.records import Counted, ErrorCounts


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A ratio of two rates, Koopman's interval of it on the effective samples, and the test of equal rates.

    Attributes:
        value: None where either side has no errors; the bounds then say "at least" or "at most".
        low, high: None where there is no such bound.
        p, p_holm: of the score test, or of Student's t where people take part unevenly (`leverage`) if that is larger,
            and adjusted over the groups.
        share: of the effective samples, that the interval rests on; below 1 where people take part unevenly.
    """

    value: float | None
    low: float | None
    high: float | None
    p: float
    p_holm: float
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class AgainstRest:
    """One group's rate over the pooled rate of the other groups, or over that of one group (`rest`).

    Attributes:
        ratio: None where either side has no errors; the bounds then say "at least" or "at most".
        low, high: Koopman's interval on the effective samples; None where there is no such bound.
        p, p_holm: of equal rates, and adjusted over the groups, as of `Ratio`.
        visible: the smallest ratio above the rest's rate that this test sees with 80 % power; None where it sees none
            or the rest has no errors.
        share: as of `Ratio`.
        by_people: the same of the rates by people; None where people are not known.
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
    share: float = 1.0
    by_people: Ratio | None = None


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
    by_people = _ratios_adjusted([row.by_people for row in found])
    return tuple(
        replace(row, p_holm=p, by_people=people) for row, p, people in zip(found, adjusted, by_people, strict=True)
    )


def _ratios_adjusted(found: Sequence[Ratio | None]) -> list[Ratio | None]:
    known = [one for one in found if one is not None]
    adjusted = iter(holm([one.p for one in known]))
    return [None if one is None else replace(one, p_holm=next(adjusted)) for one in found]


def _compared(counts: ErrorCounts, rest: ErrorCounts, level: float) -> AgainstRest:
    found = _ratio(counts, rest, level)
    n, rest_n = (found.share * effective_sample(side, level) for side in (counts, rest))
    visible = visible_ratio(rest.errors / rest.trials, n, rest_n, alpha=1 - level)
    people = None
    if counts.people is not None and rest.people is not None:
        people = _ratio(counts.people, rest.people, level)
    return AgainstRest(
        counts=counts,
        rest=rest,
        ratio=found.value,
        low=found.low,
        high=found.high,
        p=found.p,
        p_holm=found.p,
        visible=visible,
        level=level,
        share=found.share,
        by_people=people,
    )


def _ratio(counts: Counted, rest: Counted, level: float) -> Ratio:
    """Both tests must find a difference: the larger p-value of the two is that of the comparison."""
    a, b = (_effective(side, level) for side in (counts, rest))
    second = uneven(counts, rest, (a, b), level)
    fewer = [Rate(side.errors * second.share, side.trials * second.share) for side in (a, b)]
    low, high = koopman(fewer[0], fewer[1], level)
    p = max(score_p(a, b), second.p)
    value = a.value / b.value if a.errors and b.errors else None
    return Ratio(value=value, low=low, high=high, p=p, p_holm=p, share=second.share)


def _effective(counts: Counted, level: float) -> Rate:
    size = effective_sample(counts, level)
    return Rate(counts.errors / counts.trials * size, size)
