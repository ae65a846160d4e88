"""A verdict on a claim: what it holds, and what it rests on where the run set the threshold itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from facegap import estimate
from facegap.records import ErrorCounts

Verdict = Literal["refuted", "supported", "undecided"]

CARRIED = "p-values carry the threshold's own uncertainty"
SPANNED = "the interval carries the threshold's own uncertainty"
ENDS_DIFFER = "decided at the threshold as it stands, not at both ends of its interval: more people would narrow it"


class End(NamedTuple):
    """One end of a threshold's own interval, with the groups' counts there, in the order of those at the threshold."""

    threshold: float
    counts: Mapping[str, tuple[ErrorCounts, ...]]


Ends = Sequence[End]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One group's verdict under one reading of the claim at one threshold.

    Attributes:
        reading: what the claim was taken to mean.
        value, low, high: the rate, ratio or difference with its interval at the study's level, or at the level that two
            one-sided tests come to; None where there is none.
        p_refute, p_support: adjusted over the groups (Holm); None for margins, whose intervals are adjusted.
        decided_as: how so many people and comparisons of this kind would have decided at the observed rate, or for
            margins at the observed rates of both sides, both grown by the same factor; None where decided, or where no
            number up to 10^12 would.
        decided_trials, decided_people: the group's comparisons and people then.
        caution: why to read the verdict with care (`estimate.cautions`), as the tables say of the same rates.
    """

    model: str
    condition: str
    reading: str
    threshold_name: str
    threshold: float | None
    grouping: str
    group: str
    verdict: Verdict
    errors: int | None
    trials: int | None
    subjects: int | None
    value: float | None
    low: float | None
    high: float | None
    p_refute: float | None = None
    p_support: float | None = None
    decided_as: Verdict | None = None
    decided_trials: int | None = None
    decided_people: int | None = None
    caution: str = ""
    note: str = ""


def row_of(counts: ErrorCounts, reading: str, level: float) -> Judged:
    """A row without a verdict yet: the rate with its interval."""
    found = estimate.estimate(counts, level)
    return Judged(
        model="",
        condition="",
        reading=reading,
        threshold_name="",
        threshold=None,
        grouping=counts.grouping,
        group=counts.group,
        verdict="undecided",
        errors=counts.errors,
        trials=counts.trials,
        subjects=counts.subjects,
        value=found.value,
        low=found.low,
        high=found.high,
        note="" if counts.trials else found.note,
    )


def half_the_error(level: float) -> float:
    """The level that leaves half of the error: the other half is the threshold's."""
    return 1 - (1 - level) / 2


def agreed(verdicts: Sequence[Verdict]) -> Verdict:
    """The one that all are, or undecided."""
    return verdicts[0] if len(set(verdicts)) == 1 else "undecided"


def spanned(intervals: Sequence[tuple[float | None, float | None]]) -> tuple[float | None, float | None]:
    """From the lowest end to the highest; None where one has none."""
    lows, highs = zip(*intervals, strict=True)
    return None if None in lows else min(lows), None if None in highs else max(highs)


def grown_trials(counts: ErrorCounts, growth: float) -> float:
    """Comparisons of so many times the people: non-mated ones grow with the square."""
    return counts.trials * (growth if counts.by_pair is None else growth**2)
