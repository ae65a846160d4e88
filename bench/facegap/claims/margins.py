"""Claims on how far a group may lie from the others, or from a named one: two one-sided tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from facegap.claims.text import Claim
from facegap.claims.verdict import ENDS_DIFFER, SPANNED, Ends, Judged, Verdict, agreed, grown_trials, row_of, spanned
from facegap.errors import InputError
from facegap.estimate.at_most import too_few
from facegap.estimate.clustered import pooled, with_room
from facegap.estimate.differentials import enter
from facegap.estimate.equivalence import (
    Equivalence,
    at_most_times,
    equivalent_difference,
    equivalent_ratio,
    growth_to_decide,
    spanning,
)
from facegap.estimate.interval import effective_sample
from facegap.estimate.people import design_effect_at, effective_trials
from facegap.estimate.two_groups import Rate
from facegap.records import ErrorCounts
from facegap.words import did_you_mean

_LARGEST = 1e12
"""Comparisons beyond which an answer is none that a study could use."""


def judge_margin(
    counts: Sequence[ErrorCounts],
    claim: Claim,
    level: float,
    least: int,
    ends: Ends = (),
    apart: frozenset[str] = frozenset(),
) -> Iterator[Judged]:
    """Each group against the others or the named one: two one-sided tests, adjusted over the groups (Bonferroni).

    With `ends` the tests at the threshold and at both ends of its interval must decide alike, each with half the error.
    Groups `apart` are not shown and not among the others, who would give them away.
    """
    kept, left_out = enter([c for c in counts if c.group not in apart], least)
    left_out = (*left_out, *((c.group, "not shown") for c in counts if c.group in apart))
    base = _reference(counts, claim)
    names = {c.group for c in kept}
    places = [kept, *([c for c in end.counts[claim.metric] if c.group in names] for end in ends)]
    compared = list(zip(*(_sides(place, base) for place in places), strict=True))
    tests = _tests(claim, compared)
    alpha = (1 - level) / tests / (2 if ends else 1)
    for sides in compared:
        yield _one_margin(sides, claim, base, level, alpha, tests)
    for c in counts:
        reason = dict(left_out).get(c.group) or _why_not_compared(kept, base, dict(left_out))
        if reason and c.group != base:
            row = row_of(c, _margin_reading(claim), level)
            yield replace(row, value=None, low=None, high=None, note=f"left out: {reason}")


def _one_margin(
    places: Sequence[tuple[ErrorCounts, ErrorCounts]],
    claim: Claim,
    base: str,
    level: float,
    alpha: float,
    tests: int,
) -> Judged:
    """A group and the others at the threshold, and at the ends of its interval where there are any."""
    sides = places[0]
    found = [held(place, claim, level, alpha, 1.0) for place in places]
    verdict = agreed([verdict_within(one) for one in found])
    low, high = spanned([(one.low, one.high) for one in found])
    note = f"interval of two one-sided tests, adjusted over {tests} test{'s' * (tests > 1)}"
    if len(places) > 1:
        note = f"{note}; {SPANNED}"
    row = replace(row_of(sides[0], _margin_reading(claim), level), verdict=verdict, low=low, high=high, note=note)
    row = replace(row, value=_compared(*sides, claim.kind != "difference"))
    why = next(filter(None, (too_few(side, row.verdict) for side in sides)), "")
    if why:
        return replace(row, verdict="undecided", note=f"{row.note}; {why}")
    if verdict == "undecided" and found[0].decided:
        return replace(row, note=f"{row.note}; {ENDS_DIFFER}")
    if verdict != "undecided":
        return row
    return _with_growth(row, sides, partial(held, sides, claim, level, alpha), base)


def _reference(counts: Sequence[ErrorCounts], claim: Claim) -> str:
    """The group that the claim holds others against, as the run writes it; "" for the others together."""
    if not claim.reference:
        return ""
    names = [c.group for c in counts]
    found = next((name for name in names if name.lower() == claim.reference.lower()), None)
    if found is None:
        meant = did_you_mean(claim.reference, names)
        raise InputError(f"claim '{claim.text}': no group '{claim.reference}'{meant}; groups: {', '.join(names)}")
    return found


def _sides(kept: Sequence[ErrorCounts], base: str) -> list[tuple[ErrorCounts, ErrorCounts]]:
    """Every group that enters with what it is held against; none where that does not enter."""
    if base:
        one = next((c for c in kept if c.group == base), None)
        return [(c, one) for c in kept if c is not one] if one is not None else []
    return [(c, pooled([other for other in kept if other is not c])) for c in kept] if len(kept) > 1 else []


def _tests(claim: Claim, compared: Sequence[object]) -> int:
    """How many verdicts could be wrong: margins of two groups on each other are one, and so is a named group's."""
    if claim.kind == "times" and claim.scope != "every group":
        return 1
    both = claim.kind != "times" and not claim.reference and len(compared) == 2
    return 1 if both else max(len(compared), 1)


def _margin_reading(claim: Claim) -> str:
    of = f" of that of {claim.reference}" if claim.reference else ""
    if claim.kind == "times":
        return f"{claim.measured} <= {claim.number:g} times that of {claim.reference or 'the other groups'}"
    if claim.kind == "ratio":
        return f"{claim.measured} within a ratio of {claim.number:g}{of}"
    return f"{claim.measured} within {claim.number * 1e4:g} per 10,000{of}"


def _why_not_compared(kept: Sequence[ErrorCounts], base: str, left_out: Mapping[str, str]) -> str | None:
    if base in left_out:
        return f"nothing to compare with: {base}: {left_out[base]}"
    return "no other group to compare with" if len(kept) < 2 else None


def held(
    sides: tuple[ErrorCounts, ErrorCounts], claim: Claim, level: float, alpha: float, growth: float
) -> Equivalence:
    """The two one-sided tests at the observed rates and `growth` times the people on both sides.

    What refutes is the interval at half of `alpha`: to refute wrongly and to support wrongly are two chances of an
    error, and people who take part unevenly leave less room for the first (`benchmarks/claims_coverage.md`). As in the
    interval of a rate, the side that an end takes for high has room for more people who err most.
    """
    function = {"ratio": equivalent_ratio, "times": at_most_times}.get(claim.kind, equivalent_difference)
    a, b = (_grown(side, level, growth) for side in sides)
    roomy_a, roomy_b = (_with_room(side, seen, growth) for side, seen in zip(sides, (a, b), strict=True))
    inner, outer = (
        spanning(function(a, roomy_b, claim.number, at), function(roomy_a, b, claim.number, at))
        for at in (alpha, alpha / 2)
    )
    return replace(inner, refuting=(outer.low, outer.high))


def _with_room(counts: ErrorCounts, seen: Rate, growth: float) -> Rate:
    """Room for as many more people as a comparison has, beyond the one error that any interval allows.

    As in the interval of a rate, and less of it among more people.
    """
    if counts.by_subject is None:
        return seen
    room = with_room(counts, 1 if counts.by_pair is None else 2, beyond=1) - counts.errors / counts.trials
    return Rate(min(seen.errors + room / growth * seen.trials, seen.trials), seen.trials) if room > 0 else seen


def _compared(group: ErrorCounts, rest: ErrorCounts, ratio: bool) -> float | None:
    a, b = (side.errors / side.trials for side in (group, rest))
    if not ratio:
        return a - b
    return a / b if rest.errors else None


def _with_growth(
    row: Judged, sides: tuple[ErrorCounts, ErrorCounts], at: Callable[[float], Equivalence], base: str
) -> Judged:
    """The row of an undecided margin, with the sample that decides at the observed rates of both sides."""
    growth = growth_to_decide(at)
    if growth is None or max(grown_trials(side, growth) for side in sides) > _LARGEST:
        return replace(row, note=f"{row.note}; no larger sample with these rates would have decided")
    group, rest = (math.ceil(side.subjects * growth - 1e-9) for side in sides)
    return replace(
        row,
        decided_as=verdict_within(at(growth)),
        decided_people=group,
        decided_trials=math.ceil(grown_trials(sides[0], growth) - 1e-9),
        note=f"{row.note}; what would have decided has {rest} people in {base or 'the other groups'}",
    )


def _grown(counts: ErrorCounts, level: float, growth: float) -> Rate:
    """The observed rate on the effective comparisons of `growth` times the people.

    Mated comparisons and searches grow with people, and their effective number alike; of non-mated ones the design
    effect grows too (`planning.design_effect_at`).
    """
    n = effective_sample(counts, level)
    if counts.by_pair is None:
        n *= growth
    else:
        n = effective_trials(grown_trials(counts, growth), design_effect_at(counts.trials / n, growth))
    return Rate(counts.errors / counts.trials * n, n)


def verdict_within(found: Equivalence) -> Verdict:
    """Of the two one-sided tests."""
    return "supported" if found.equivalent else "refuted" if found.outside else "undecided"
