"""Claims on a summary over the groups, such as "max/min FMR <= 5", judged by its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from facegap import estimate
from facegap.estimate.at_most import too_few
from facegap.estimate.differentials import EqualRates, enter
from facegap.records import Differential, ErrorCounts, has_label


class OfSummary(NamedTuple):
    """The verdict on a summary, which is that of `differentials.csv`.

    Attributes:
        found: the summary with its interval; the smoothed one where a group without errors leaves it undefined.
        left_out: (group, reason) of groups that are in no summary, about which nothing is shown.
        why: which group has too few people for a verdict; empty where none has.
    """

    verdict: Literal["refuted", "supported", "undecided"]
    found: Differential
    left_out: tuple[tuple[str, str], ...]
    why: str


def judge_summary(
    counts: Sequence[ErrorCounts],
    measure: str,
    limit: float,
    least: int,
    level: float,
    seed: int,
    equal: EqualRates | None = None,
) -> OfSummary:
    """Whether the summary `measure` of the groups' rates is at most `limit`.

    Supported where its whole interval is at most the limit, refuted where all of it is above, else undecided. `least`
    people make a group that enters; each must have enough people for the verdict (`at_most.too_few`). `equal` is that
    of `estimate.differentials`.
    """
    counts = [c for c in counts if has_label(c.group)]
    by_name = {row.measure: row for row in estimate.differentials(counts, least, level, seed, equal)}
    found = by_name[measure]
    found = by_name.get(f"{measure} (smoothed)", found) if found.value is None else found
    verdict: Literal["refuted", "supported", "undecided"] = "undecided"
    if found.low is not None and found.low > limit:
        verdict = "refuted"
    elif found.high is not None and found.high <= limit:
        verdict = "supported"
    kept, left_out = enter(counts, least)
    reasons = ((c.group, too_few(c, verdict)) for c in kept)
    why = next((f"{group}: {reason}" for group, reason in reasons if reason), "")
    return OfSummary("undecided" if why else verdict, found, left_out, why)
