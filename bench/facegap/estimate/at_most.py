"""Verdicts on a claimed error rate, such as "FNMR at most 0.0012 in every group".

Two hypotheses a group, tested exactly on the effective sample: that the rate is at least the claim (rejecting it
supports the claim) and that it is at most the claim (rejecting it refutes the claim). Holm's adjustment over the groups
keeps the chance of any wrong verdict of either kind at 1 - level. Without a rejection the verdict is "undecided",
with the number of comparisons that would have decided it at the observed rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import special

from facegap.estimate.clustered import balanced_people, with_room
from facegap.estimate.interval import effective_sample
from facegap.estimate.multiplicity import holm
from facegap.records import ErrorCounts

Verdict = Literal["refuted", "supported", "undecided"]
_LARGEST = 1e12

ROOM, ROOM_OF_PAIRS = 3, 4
"""People like those with most errors whom support leaves room for (`benchmarks/claims_coverage.md`)."""

REFUTING_PAIRS = 2
"""Of false matches half of the error is for refuting. Sums over people take relatives whom no label names for as many
people as they are, and a rate for more certain than it is."""

LEAST_PEOPLE, LEAST_PEOPLE_OF_PAIRS = 12, 30
"""People, as if all took part alike: (sum M)^2 / sum M^2. One person with hundreds of pictures makes three of three
hundred. Below there is no verdict."""

SUPPORTING, SUPPORTING_OF_PAIRS = 30, 50
"""More of them must take part to support a claim than to refute it: those who err most of all are rare."""


@dataclass(frozen=True, kw_only=True)
class ClaimVerdict:
    """One group's verdict.

    Attributes:
        p_refute, p_support: Holm-adjusted p-values of "at most" and "at least" the claimed rate.
        n_eff: the effective comparisons that the tests rest on; None without trials.
        decided_at: comparisons of this kind that would have decided at the observed rate (without errors: that would
            support the claim without any); None where decided, or where no number would.
    """

    counts: ErrorCounts
    limit: float
    verdict: Verdict
    p_refute: float
    p_support: float
    n_eff: float | None
    decided_at: int | None
    note: str = ""


def judge(
    counts: Sequence[ErrorCounts],
    limit: float | Sequence[float],
    level: float = 0.95,
    at_ends: Sequence[Sequence[ErrorCounts]] = (),
) -> tuple[ClaimVerdict, ...]:
    """A verdict for every group on "the error rate is at most `limit`", adjusted over the groups that have trials.

    A group of fewer people than `least_people` is undecided, and of fewer than `supporting_people` refuted at most: no
    bound that was tried holds there in every design of `benchmarks/claims_coverage.md`.

    Args:
        limit: one for all groups, or one of each.
        at_ends: the same groups at the ends of the threshold's own interval, which must hold the threshold with half of
            the error; the other half is for the rates, which must decide alike at both.
    """
    limits = [limit] * len(counts) if isinstance(limit, int | float) else list(limit)
    tested = [k for k, c in enumerate(counts) if c.trials > 0 and enough_people(c)]
    sides = [([end[k] for end in at_ends] or [counts[k]], limits[k]) for k in tested]
    shared = 2 if at_ends else 1
    refute = holm([min(1.0, shared * max(p_refute(c, at, level) for c in side)) for side, at in sides])
    support = holm([min(1.0, shared * max(p_support(c, at, level) for c in side)) for side, at in sides])
    alpha = (1 - level) / max(len(tested), 1) / shared
    found = {
        k: _verdict(counts[k], limits[k], level, p, q, alpha) for k, p, q in zip(tested, refute, support, strict=True)
    }
    return tuple(found.get(k) or _not_judged(c, limits[k], level) for k, c in enumerate(counts))


def _verdict(
    c: ErrorCounts, limit: float, level: float, refute: float, support: float, alpha_of_one: float
) -> ClaimVerdict:
    alpha, n = 1 - level, effective_sample(c, level)
    verdict: Verdict = "refuted" if refute < alpha else "supported" if support < alpha else "undecided"
    more = _decided_at(c, n, limit, alpha_of_one) if verdict == "undecided" else None
    return ClaimVerdict(
        counts=c,
        limit=limit,
        verdict=verdict,
        p_refute=refute,
        p_support=support,
        n_eff=n,
        decided_at=more,
        note=too_few(c, "supported") if verdict == "undecided" else "",
    )


def too_few(counts: ErrorCounts, verdict: Verdict, mirrored: bool = False) -> str:
    """Why this verdict could not be kept at its level with these people; empty where it can.

    `mirrored` puts it in the words of a claim of "at least", which is supported by what refutes "at most".
    """
    people, least, support = _people(counts), least_people(counts), supporting_people(counts)
    took_part = f"{people:.0f} people, as if all took part alike"
    if people < least:
        return f"not judged: {took_part}; with fewer than {least} no verdict can be kept at its level"
    if people < support and verdict == "supported":
        other, none = ("supported", "refutation") if mirrored else ("refuted", "support")
        return f"could only be {other}: {took_part}; with fewer than {support} no {none} can be kept at its level"
    return ""


def _not_judged(c: ErrorCounts, limit: float, level: float) -> ClaimVerdict:
    n = effective_sample(c, level) if c.trials else None
    return ClaimVerdict(
        counts=c,
        limit=limit,
        verdict="undecided",
        p_refute=1.0,
        p_support=1.0,
        n_eff=n,
        decided_at=_decided_at(c, n, limit, 1 - level) if n is not None else None,
        note=too_few(c, "undecided") if c.trials else "no trials",
    )


def p_refute(counts: ErrorCounts, limit: float, level: float) -> float:
    """p-value of "the rate is at most `limit`": small refutes it. On the effective sample at `level`.

    Where a comparison has two people it is `REFUTING_PAIRS` times that of the test.
    """
    n = effective_sample(counts, level)
    p = at_least(counts.errors / counts.trials * n, n, limit)
    return p if counts.by_pair is None else min(1.0, REFUTING_PAIRS * p)


def p_support(counts: ErrorCounts, limit: float, level: float) -> float:
    """p-value of "the rate is at least `limit`": small supports the claim.

    With room for more people like those with most errors (`roomy`): who errs most of all is often not in the sample. 1
    with fewer than `supporting_people`.
    """
    if _people(counts) < supporting_people(counts):
        return 1.0
    n = effective_sample(counts, level)
    return at_most(roomy(counts) * n, n, limit)


def roomy(counts: ErrorCounts) -> float:
    """The rate with room for `ROOM` more people like those with most errors, or for `ROOM_OF_PAIRS`."""
    if counts.by_subject is None:
        return counts.errors / counts.trials
    return with_room(counts, ROOM if counts.by_pair is None else ROOM_OF_PAIRS)


def enough_people(counts: ErrorCounts) -> bool:
    """Whether a verdict on the rate can be kept at its level."""
    return _people(counts) >= least_people(counts)


def least_people(counts: ErrorCounts) -> int:
    """People, as if all took part alike, below whom there is no verdict; more where a comparison has two people."""
    return LEAST_PEOPLE if counts.by_pair is None else LEAST_PEOPLE_OF_PAIRS


def supporting_people(counts: ErrorCounts) -> int:
    """People, as if all took part alike, below whom nothing is supported."""
    return SUPPORTING if counts.by_pair is None else SUPPORTING_OF_PAIRS


def _people(counts: ErrorCounts) -> float:
    """As if all took part alike; no bound where the counts do not say who made them."""
    return math.inf if counts.by_subject is None else balanced_people(counts)


def at_least(errors: float, trials: float, rate: float) -> float:
    """Chance of `errors` or more among `trials` at `rate`; fractions by the incomplete beta function."""
    return 1.0 if errors <= 0 else float(special.betainc(errors, trials - errors + 1, rate))


def at_most(errors: float, trials: float, rate: float) -> float:
    """Chance of `errors` or fewer among `trials` at `rate`."""
    return 1.0 if errors >= trials else float(special.betaincc(errors + 1, trials - errors, rate))


def _decided_at(counts: ErrorCounts, n_eff: float, limit: float, alpha: float) -> int | None:
    """Comparisons that would have decided at the observed rate; the room for unseen people weighs less among more."""
    rate, room = counts.errors / counts.trials, roomy(counts) - counts.errors / counts.trials
    least = least_people(counts) if rate > limit else supporting_people(counts)
    if rate > limit:
        of_one = alpha if counts.by_pair is None else alpha / REFUTING_PAIRS
        effective = _smallest(lambda n: at_least(rate * n, n, limit) <= of_one)
    else:
        effective = _smallest(lambda n: at_most((rate + room * min(n_eff / n, 1.0)) * n, n, limit) <= alpha)
    if effective is None:
        return None
    missing = least / _people(counts)
    return math.ceil(max(effective, n_eff * missing if missing > 1 else 0.0) * counts.trials / n_eff)


def _smallest(decides: Callable[[int], bool]) -> int | None:
    """The smallest whole number that decides; None where none below 10^12 does."""
    high = 1
    while not decides(high):
        high *= 2
        if high > _LARGEST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high
