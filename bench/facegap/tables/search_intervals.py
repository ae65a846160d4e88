"""Intervals of rates of searches at thresholds that the run set itself, with the threshold's own uncertainty.

A threshold at a target FPIR is set on the run's own non-mated searches, one at a target FMR on its own comparisons:
other people would have put it elsewhere. So the people of both kinds of searches and of the gallery are drawn together,
and the threshold is set again in every draw. The interval is the span of what the draws say and of what holds at the
threshold as it stands (`benchmarks/at_target_fpir_coverage.md`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from facegap import count
from facegap.estimate.at_target import (
    Alarms,
    fnir_at_draws,
    fpir_at_draws,
    fpir_threshold_draws,
    gallery_shares,
)
from facegap.estimate.bootstrap import PeopleDraws
from facegap.estimate.thresholds import TRUSTED_FALSE_MATCHES
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Estimate, Mask, Rows, Searches, Threshold, matches
from facegap.tables.workbench import Floats, Workbench, ends_of, reference_searches

FEWEST_ALARMS = 2
"""With fewer false alarms than that at the target, other people's threshold may lie above every score seen here."""

_AS_IT_IS = -1


class DrawnPoint(NamedTuple):
    """An operating point of searches in every draw of people.

    Attributes:
        shares: of the gallery's people, see `estimate.at_target.gallery_shares`.
        thresholds: (draws,) scores, NaN where a draw has none.
        gallery_drawn: whether the thresholds carry the chance in who is enrolled.
        bounded: whether the searches bound the threshold from above.
    """

    people: PeopleDraws
    shares: Floats
    thresholds: Floats
    gallery_drawn: bool
    bounded: bool


def drawn_point(bench: Workbench, searches: Searches | None, point: Threshold) -> DrawnPoint | None:
    """`point` of `searches`, or of comparisons alone, set again in every draw; None where this run did not set it."""
    if point.target is None or point in bench.evidence.given:
        return None
    if point in bench.thresholds:
        return bench.once(("drawn point", point.model, point.name), lambda: _at_fmr(bench, point))
    assert searches is not None, "only searches have a threshold at a target FPIR"
    where = reference_searches(bench.evidence, searches)
    return bench.once(("drawn point", point.model, point.name, where.condition), lambda: _at_fpir(bench, where, point))


def threshold_ends(drawn: DrawnPoint, level: float) -> tuple[float, float] | None:
    """The threshold's own interval, +inf where the searches do not bound it; None where its lower end is not known."""
    ends = ends_of(drawn.thresholds, level, -np.inf)
    return ends if ends is None or drawn.bounded else (ends[0], np.inf)


def interval_cells(
    bench: Workbench, searches: Searches, point: Threshold, counts: ErrorCounts, rank: int | None = None
) -> dict[str, Any]:
    """Cells of the rate's interval and of the threshold's, where this run set the threshold; none elsewhere.

    Args:
        counts: FNIR or FPIR of one group at `point`.
        rank: of FNIR; None asks for the threshold alone.
    """
    drawn, level = drawn_point(bench, searches, point), bench.evidence.study.statistics.level
    if drawn is None:
        return {}
    fixed = bench.estimate(counts)
    if fixed.value is None or fixed.low is None or fixed.high is None:
        return {}
    ends, half = threshold_ends(drawn, level), threshold_ends(drawn, 1 - (1 - level) / 2)
    if ends is None or half is None:
        return _nothing_known(point, fixed)
    draws = _ends_of_draws(bench, searches, counts, rank, drawn)
    if draws is None:
        # Of so few searches draws often hold none: the level is split between the threshold and the rate at its ends.
        draws = _at_the_ends(bench, searches, counts, rank, half)
    low, high, note = min(fixed.low, draws[0]), max(fixed.high, draws[1]), _joined(fixed.note, _rests_on(point))
    if not drawn.bounded:
        # At a threshold above every score nobody is found and nobody flagged.
        low, high = (low, 1.0) if counts.metric == "FNIR" else (0.0, high)
        note = _joined(note, f"{point.comparisons} searches do not bound the threshold of {point.name} from above")
    return {
        "low": low,
        "high": high,
        "threshold_low": ends[0],
        "threshold_high": ends[1] if drawn.bounded else None,
        "method": _method(len(drawn.thresholds), drawn.gallery_drawn, fixed.method),
        "note": note,
    }


def _ends_of_draws(
    bench: Workbench, searches: Searches, counts: ErrorCounts, rank: int | None, drawn: DrawnPoint
) -> tuple[float, float] | None:
    """What draws say; where a draw's threshold lies below the end of a cut list, the least to the most there is."""
    level = bench.evidence.study.statistics.level
    known = (False,) if searches.listed is None else (False, True)
    spans = [ends_of(_rates(bench, searches, counts, rank, drawn, at_most), level, -np.inf) for at_most in known]
    there = [span for span in spans if span is not None]
    return (min(low for low, _ in there), max(high for _, high in there)) if len(there) == len(spans) else None


def _rests_on(point: Threshold) -> str:
    alarms = point.false_matches
    if alarms is None or alarms >= TRUSTED_FALSE_MATCHES:
        return ""
    what = "false alarms" if point.name.startswith("FPIR") else "false matches"
    return f"the threshold of {point.name} rests on {alarms} {what}; {TRUSTED_FALSE_MATCHES} are needed to trust it"


def _nothing_known(point: Threshold, fixed: Estimate) -> dict[str, Any]:
    """So few people set the threshold that another one might lie anywhere."""
    reason = f"in too many draws of people the threshold of {point.name} cannot be set again: it may lie anywhere"
    return {"low": 0.0, "high": 1.0, "method": "threshold unknown", "note": _joined(fixed.note, reason)}


def _at_the_ends(
    bench: Workbench, searches: Searches, counts: ErrorCounts, rank: int | None, ends: tuple[float, float]
) -> tuple[float, float]:
    """The span of the intervals at both ends of the threshold's, each of the rate with half of the error."""
    evidence, half = bench.evidence, 1 - (1 - bench.evidence.study.statistics.level) / 2
    columns = _columns(counts)
    if any(count.unknown(searches, counts.metric, rank, at) for at in ends):
        return 0.0, 1.0
    found = []
    for at in ends:
        there = (
            count.fnir_counts(searches, evidence.samples, columns, rank, at, counts.failures)
            if counts.metric == "FNIR"
            else count.fpir_counts(searches, evidence.samples, columns, at, counts.failures)
        )
        found.append(bench.estimate(next(c for c in there if c.group == counts.group), half))
    return min(one.low for one in found if one.low is not None), max(one.high for one in found if one.high is not None)


def _columns(counts: ErrorCounts) -> tuple[str, ...]:
    return tuple(counts.grouping.split(", ")) if counts.grouping else ()


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _method(draws: int, gallery_drawn: bool, fixed: str) -> str:
    who = "of searchers and gallery" if gallery_drawn else "of searchers"
    again = f"bootstrap {who}, double or nothing, threshold set again in each of {draws} draws"
    fixed, _, given = fixed.partition("; given")
    return f"{again}, and {fixed} at the threshold as it stands: the span of both; given{given}"


def _rates(
    bench: Workbench,
    searches: Searches,
    counts: ErrorCounts,
    rank: int | None,
    drawn: DrawnPoint,
    at_most: bool = False,
) -> Floats:
    """(draws,) rates of the group of `counts`, each at its own threshold; `at_most` as of `count.mate_scores`."""
    evidence = bench.evidence
    subject = evidence.samples.people()
    names, group = evidence.samples.coded(_columns(counts))
    rows, scores = (
        count.mate_scores(searches, rank, counts.failures, at_most)
        if counts.metric == "FNIR"
        else count.alarm_scores(searches, counts.failures, at_most)
    )
    mine = group[rows] == names.index(counts.group)
    if counts.metric == "FNIR":
        return fnir_at_draws(drawn.people, subject[rows[mine]], scores[mine], drawn.thresholds)
    returned = np.full(len(rows), _AS_IT_IS)
    if drawn.gallery_drawn:
        returned = _returned_of(bench, searches)[rows]
    found = Alarms(subject[rows[mine]], returned[mine], scores[mine])
    return fpir_at_draws(drawn.people, drawn.shares, found, drawn.thresholds)


def _at_fmr(bench: Workbench, point: Threshold) -> DrawnPoint:
    assert point.target is not None
    people, thresholds = bench.drawn(point.model, point.target)
    return DrawnPoint(people, gallery_shares(people, np.zeros(0, np.int64)), thresholds, False, True)


def _at_fpir(bench: Workbench, searches: Searches, point: Threshold) -> DrawnPoint:
    assert point.target is not None
    evidence, people = bench.evidence, bench.people_draws
    subject = evidence.samples.people()
    rows, scores = count.alarm_scores(searches, "excluded")
    shares = gallery_shares(people, _enrolled(evidence, searches))
    bounded = len(rows) * point.target >= FEWEST_ALARMS
    returned = _returned_of(bench, searches)[rows]
    thresholds = _told(searches, people, shares, Alarms(subject[rows], returned, scores), point.target)
    known = thresholds[np.isfinite(thresholds)]
    if len(known) and (returned[matches(scores, float(known.min()))] >= 0).all():
        return DrawnPoint(people, shares, thresholds, True, bounded)
    # Who was returned is not kept below the floor of the comparisons, nor where the trials are others.
    as_it_is = Alarms(subject[rows], np.full(len(rows), _AS_IT_IS), scores)
    return DrawnPoint(people, shares, _told(searches, people, shares, as_it_is, point.target), False, bounded)


def _told(searches: Searches, people: PeopleDraws, shares: Floats, found: Alarms, target: float) -> Floats:
    """(draws,) thresholds at FPIR `target`; NaN where the score that decides one is cut off the candidate lists."""
    thresholds, end = fpir_threshold_draws(people, shares, found, target), count.alarms_told_above(searches)
    if end == -np.inf:
        return thresholds
    told = found.scores[found.scores > end]
    lowest = np.full(len(thresholds), float(told.min(initial=np.inf)))
    decided = fpir_at_draws(people, shares, found, lowest) > target if len(told) else np.zeros(len(lowest), dtype=bool)
    return np.where(decided, thresholds, np.nan)


def _enrolled(evidence: Evidence, searches: Searches) -> Rows:
    """People who may be enrolled: those with a reference who do not search as strangers."""
    subject = evidence.samples.people()
    references = evidence.comparisons[searches.model, searches.condition].trials.reference
    return np.setdiff1d(subject[references], subject[searches.probe[~searches.mated]])


def _returned_of(bench: Workbench, searches: Searches) -> Rows:
    """(n samples,) whom the non-mated search of each sample returned first, a number of `Samples.people`; -1: not kept.

    The kept comparisons have the very score that the search found, by the same function.
    """
    key = ("returned", searches.model, searches.condition, searches.protocol)
    return bench.once(key, lambda: _returned(bench.evidence, searches))


def _returned(evidence: Evidence, searches: Searches) -> Rows:
    found = np.full(len(evidence.samples), _AS_IT_IS)
    subject, tail = evidence.samples.people(), evidence.comparisons[searches.model, searches.condition].tail
    rows, scores = count.alarm_scores(searches, "excluded")
    probe, other = np.concatenate([[tail.probe, tail.reference], [tail.reference, tail.probe]], axis=1)
    keys = _keys(probe, np.concatenate([tail.score, tail.score]))
    here = np.isin(subject[other], _enrolled(evidence, searches)) & np.isin(probe, rows)
    keys, other = keys[here], other[here]
    if not len(keys):
        return found
    order = np.argsort(keys, kind="stable")
    wanted = _keys(rows, scores)
    at = order[np.minimum(np.searchsorted(keys[order], wanted), len(order) - 1)]
    known: Mask = keys[at] == wanted
    found[rows[known]] = subject[other[at[known]]]
    return found


def _keys(rows: Rows, scores: Any) -> Rows:
    """(k,) one whole number for each row and the bits of its float32 score, 0.0 and -0.0 alike."""
    bits = (np.asarray(scores, np.float32) + np.float32(0)).view(np.uint32).astype(np.int64)
    return (rows.astype(np.int64) << 32) | bits
