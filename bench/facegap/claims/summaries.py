"""Claims on a summary over the groups, such as "max/min FMR <= 5", judged by its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from facegap import estimate
from facegap.claims.text import Claim
from facegap.claims.verdict import ENDS_DIFFER, SPANNED, Ends, Judged, agreed, half_the_error, row_of, spanned
from facegap.estimate.at_most import too_few
from facegap.estimate.differentials import EqualRates, enter
from facegap.evidence import Evidence
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


def judge_summary_claim(
    counts: Sequence[ErrorCounts], claim: Claim, evidence: Evidence, ends: Ends, equal: Sequence[EqualRates]
) -> Iterator[Judged]:
    """The summary over all groups, and each group that is in none; their interval needs no adjustment over groups.

    With `ends` it is judged at the threshold and at both ends of its interval, each with half the error. `equal` is of
    each of these places.
    """
    if counts:
        rules = evidence.study.statistics
        level = half_the_error(rules.level) if ends else rules.level
        places = [(counts, equal[0]), *zip((end.counts[claim.metric] for end in ends), equal[1:], strict=True)]
        yield from summary_rows(places, claim, level, rules.min_subjects, evidence.study.seed)


def summary_rows(
    places: Sequence[tuple[Sequence[ErrorCounts], EqualRates | None]], claim: Claim, level: float, least: int, seed: int
) -> Iterator[Judged]:
    """`places` are the groups at the threshold, and at the ends of its interval where there are any."""
    counts, ends = places[0][0], len(places) > 1
    judged = [judge_summary(at, claim.measure, claim.number, least, level, seed, equal) for at, equal in places]
    _, found, left_out, why = judged[0]
    verdict = agreed([place.verdict for place in judged])
    low, high = spanned([(place.found.low, place.found.high) for place in judged])
    differ = ENDS_DIFFER if verdict == "undecided" and judged[0].verdict != "undecided" else ""
    reading = f"{claim.measured} <= {claim.number:.6g}"
    extremes = f"highest: {found.worst}, lowest: {found.best}" if found.worst != found.best else ""
    over = Judged(
        model="",
        condition="",
        reading=reading,
        threshold_name="",
        threshold=None,
        grouping=found.grouping,
        group=f"over {found.groups} groups",
        verdict=verdict,
        errors=None,
        trials=None,
        subjects=sum(c.subjects for c in enter(counts, least)[0]),
        value=found.value,
        low=low,
        high=high,
        note="; ".join(part for part in (extremes, found.note, why, differ, SPANNED if ends else "") if part),
    )
    yield over
    of = {c.group: c for c in counts}
    for group, reason in left_out:
        yield replace(row_of(of[group], reading, level), value=None, low=None, high=None, note=f"left out: {reason}")
