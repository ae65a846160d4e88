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

from facegap.estimate.interval import effective_sample
from facegap.estimate.multiplicity import holm
from facegap.records import ErrorCounts

Verdict = Literal["refuted", "supported", "undecided"]
_LARGEST = 1e12


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


def judge(counts: Sequence[ErrorCounts], limit: float, level: float = 0.95) -> tuple[ClaimVerdict, ...]:
    """A verdict for every group on "the error rate is at most `limit`", adjusted over the groups that have trials."""
    tested = [c for c in counts if c.trials > 0]
    sizes = [effective_sample(c, level) for c in tested]
    errors = [c.errors / c.trials * size for c, size in zip(tested, sizes, strict=True)]
    refute = holm([at_least(x, n, limit) for x, n in zip(errors, sizes, strict=True)])
    support = holm([at_most(x, n, limit) for x, n in zip(errors, sizes, strict=True)])
    alpha = 1 - level
    found = {}
    for c, n, p_refute, p_support in zip(tested, sizes, refute, support, strict=True):
        verdict: Verdict = "refuted" if p_refute < alpha else "supported" if p_support < alpha else "undecided"
        more = _decided_at(c, n, limit, alpha / len(tested)) if verdict == "undecided" else None
        found[c.group, c.probe_group] = ClaimVerdict(
            counts=c, limit=limit, verdict=verdict, p_refute=p_refute, p_support=p_support, n_eff=n, decided_at=more
        )
    return tuple(
        found.get(
            (c.group, c.probe_group),
            ClaimVerdict(
                counts=c,
                limit=limit,
                verdict="undecided",
                p_refute=1.0,
                p_support=1.0,
                n_eff=None,
                decided_at=None,
                note="no trials",
            ),
        )
        for c in counts
    )


def at_least(errors: float, trials: float, rate: float) -> float:
    """Chance of `errors` or more among `trials` at `rate`; fractions by the incomplete beta function."""
    return 1.0 if errors <= 0 else float(special.betainc(errors, trials - errors + 1, rate))


def at_most(errors: float, trials: float, rate: float) -> float:
    """Chance of `errors` or fewer among `trials` at `rate`."""
    return 1.0 if errors >= trials else float(special.betaincc(errors + 1, trials - errors, rate))


def _decided_at(counts: ErrorCounts, n_eff: float, limit: float, alpha: float) -> int | None:
    rate = counts.errors / counts.trials
    if rate > limit:
        effective = _smallest(lambda n: at_least(rate * n, n, limit) <= alpha)
    else:
        effective = _smallest(lambda n: at_most(rate * n, n, limit) <= alpha)
    return None if effective is None else math.ceil(effective * counts.trials / n_eff)


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
