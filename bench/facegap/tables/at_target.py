"""Table of error rates at target FMRs, with the threshold's own uncertainty in every interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from facegap.estimate.at_target import fmr_at_draws
from facegap.estimate.bands import Pattern, band, patterns_of_draws
from facegap.estimate.bootstrap import (
    fnmr_at_draws,
)
from facegap.estimate.differentials import enter, of_people, rates_of
from facegap.estimate.measures import MEASURES
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Estimate, Rows
from facegap.schema import AtTargetRow, AtTargetSummaryRow
from facegap.tables.shared_cells import caution_of, key_cells, left_out_text
from facegap.tables.workbench import (
    Drawn,
    Floats,
    GroupCounts,
    Workbench,
    ends_of,
    sides_of_groups,
    trials_of_draws,
)

SPANNED = "Wilson at n_eff at the threshold as it stands: the span of both"
FEW_ERRORS = 5
"""Below so many errors percentiles of a bootstrap are too narrow; other bounds then stand in their place."""


def rows(bench: Workbench) -> Iterator[AtTargetRow]:
    """FMR and FNMR of every group at the thresholds that this run set at target FMRs."""
    evidence = bench.evidence
    for found in bench.group_counts:
        target = found.threshold.target
        if target is None or found.threshold in evidence.given:
            continue
        drawn = bench.drawn(found.comparisons.model, target)
        ends = ends_of(drawn.thresholds, evidence.study.statistics.level, -np.inf) or (None, None)
        for metric, counts in found.by_metric.items():
            draws = _rates(bench, found, metric, drawn)
            for c, values in zip(counts, draws, strict=True):
                key = {**key_cells(found, metric), "group": c.group, "target": target}
                yield AtTargetRow(
                    **key,
                    threshold_low=ends[0],
                    threshold_high=ends[1],
                    **_cells(bench, found, c, values),
                    **_by_people(bench, found, c),
                    caution=bench.caution(found.comparisons, found.columns, found.threshold.value, metric, c.group),
                )


def summary_rows(bench: Workbench) -> Iterator[AtTargetSummaryRow]:
    """Every measure of `MEASURES` over the groups, with the threshold set again in each draw."""
    evidence = bench.evidence
    for found in bench.group_counts:
        target = found.threshold.target
        if target is None or found.threshold in evidence.given or not found.columns:
            continue
        drawn = bench.drawn(found.comparisons.model, target)
        for metric, counts in found.by_metric.items():
            draws = dict(zip([c.group for c in counts], _rates(bench, found, metric, drawn), strict=True))
            key = {**key_cells(found, metric), "target": target, "level": evidence.study.statistics.level}
            caution = caution_of(bench, enter(counts, evidence.study.statistics.min_subjects)[0])
            for row in _summaries(evidence, counts, draws):
                yield AtTargetSummaryRow(**key, **row, caution=caution)


def _summaries(
    evidence: Evidence, counts: Sequence[ErrorCounts], draws: Mapping[str, Floats]
) -> Iterator[dict[str, Any]]:
    rule = evidence.study.statistics
    kept, left_out = enter(counts, rule.min_subjects)
    cells = {"groups": len(kept), "left_out": left_out_text(left_out)}
    note, noise = _noise(kept, draws, rule.level)
    for measure in MEASURES:
        if noise is None:
            yield {**cells, "measure": measure.name, "note": note}
            continue
        value = float(measure.function(rates_of(kept)))
        ends = band(value, measure.function, (noise,), measure.at_equality, rule.level, smoothed=False)
        by_people = None if any(c.people is None for c in kept) else float(measure.function(rates_of(of_people(kept))))
        found = {"value": value, "by_people": by_people, **ends._asdict()}
        yield {**cells, "measure": measure.name, **found, "note": note}


def _noise(
    kept: Sequence[ErrorCounts], draws: Mapping[str, Floats], level: float
) -> tuple[str, tuple[Pattern, ...] | None]:
    """What the draws of the groups that enter say about any summary, or the reason why they say nothing."""
    if len(kept) < 2:
        return "fewer than two groups", None
    few = [c.group for c in kept if min(c.errors, c.trials - c.errors) < FEW_ERRORS]
    if few:
        return f"fewer than {FEW_ERRORS} errors, so that draws say little: {', '.join(few)}", None
    together = np.stack([draws[c.group] for c in kept], axis=-1)
    known = np.asarray(np.isfinite(together).all(axis=-1), dtype=np.bool_)
    if known.mean() < 1 - (1 - level) / 2:
        return "the kept scores end above the threshold of too many draws", None
    return f"threshold set again in each of {len(known)} draws of people", patterns_of_draws(
        rates_of(kept), together[known]
    )


def _rates(bench: Workbench, found: GroupCounts, metric: str, drawn: Drawn) -> tuple[Floats, ...]:
    """(draws,) rates of each group in the order of its names, made once for both tables."""
    comparisons = found.comparisons
    key = "rates of draws", comparisons.model, comparisons.condition, found.columns, found.threshold.target, metric
    return bench.once(key, lambda: tuple(_made(bench.evidence, found, metric, drawn)))


def _made(evidence: Evidence, found: GroupCounts, metric: str, drawn: Drawn) -> Iterator[Floats]:
    comparisons, samples = found.comparisons, evidence.samples
    subject = samples.people()
    names, group = np.unique(samples.grouping(found.columns), return_inverse=True)
    if metric == "FNMR":
        mated = comparisons.mated
        for d in range(len(names)):
            mine = group[mated.probe] == d
            yield fnmr_at_draws(drawn.people, subject[mated.probe[mine]], mated.score[mine], drawn.thresholds)
        return
    tail = comparisons.tail
    within: Rows = np.where(group[tail.reference] == group[tail.probe], group[tail.probe], -1)
    for d, side in enumerate(sides_of_groups(evidence, comparisons, found.columns)):
        mine = within == d
        i, j = subject[tail.reference[mine]], subject[tail.probe[mine]]
        trials = trials_of_draws(drawn.people, side)
        yield fmr_at_draws(drawn.people, i, j, tail.score[mine], trials, drawn.thresholds, comparisons.floor)


def _cells(bench: Workbench, found: GroupCounts, counts: ErrorCounts, values: Floats) -> dict[str, Any]:
    level, draws = bench.evidence.study.statistics.level, bench.evidence.study.statistics.draws
    rate = counts.errors / counts.trials if counts.trials else None
    method, note, interval = "none", "", None
    if rate is None:
        note = bench.estimate(counts, level).note
    else:
        method = f"bootstrap of people, double or nothing, threshold set again in each of {draws} draws"
        few = min(counts.errors, counts.trials - counts.errors) < FEW_ERRORS
        # A threshold below the kept scores has more false matches and fewer false non-matches than any above.
        interval = None if few else ends_of(values, level, np.inf if counts.metric == "FMR" else -np.inf)
        if interval is not None and counts.metric == "FNMR":
            # Draws alone are too narrow where a few people make most errors (benchmarks/at_target_coverage.md).
            interval, method = _spanned(interval, bench.estimate(counts)), f"{method}, and {SPANNED}"
        if interval is None:
            method = "Wilson at n_eff at the ends of the threshold's interval, levels split"
            interval, note = _at_the_ends(bench, found, counts)
            method = method if interval else "none"
    low, high = interval or (None, None)
    if interval and rate is not None:
        low, high = min(interval[0], rate), max(interval[1], rate)
    return {
        "errors": counts.errors,
        "trials": counts.trials,
        "subjects": counts.subjects,
        "rate": rate,
        "low": low,
        "high": high,
        "level": level,
        "method": method,
        "note": note,
    }


def _spanned(interval: tuple[float, float], fixed: Estimate) -> tuple[float, float]:
    assert fixed.low is not None
    assert fixed.high is not None
    return min(interval[0], fixed.low), max(interval[1], fixed.high)


def _by_people(bench: Workbench, found: GroupCounts, counts: ErrorCounts) -> dict[str, Any]:
    """The rate by people, with bounds at the ends of the threshold's interval: no draw of people is made for it."""
    people = counts.people
    if people is None or not people.trials:
        return {}
    value = people.errors / people.trials
    there = [one.people for one in _estimates_at_ends(bench, found, counts)]
    ends = [(one.low, one.high) for one in there if one.low is not None and one.high is not None]
    return {
        "by_people": value,
        "by_people_low": min([value, *(low for low, _ in ends)]) if ends else None,
        "by_people_high": max([value, *(high for _, high in ends)]) if ends else None,
        "largest_share": people.largest,
    }


def _at_the_ends(bench: Workbench, found: GroupCounts, counts: ErrorCounts) -> tuple[tuple[float, float] | None, str]:
    """Bounds that hold together: half of the error for the threshold, half for the rate at either end of it."""
    there = _estimates_at_ends(bench, found, counts)
    bounds = [(one.low, one.high) for one in there if one.low is not None and one.high is not None]
    if not bounds:
        return None, "the kept scores end above the lower end of the threshold's interval"
    return (min(low for low, _ in bounds), max(high for _, high in bounds)), ""


def _estimates_at_ends(bench: Workbench, found: GroupCounts, counts: ErrorCounts) -> list[Estimate]:
    """The rate at both ends of the threshold's interval, half of the error each; none below the kept scores."""
    half = 1 - (1 - bench.evidence.study.statistics.level) / 2
    target = found.threshold.target
    assert target is not None
    ends = ends_of(bench.drawn(found.comparisons.model, target).thresholds, half, -np.inf)
    if ends is None or ends[0] < found.comparisons.floor:
        return []
    by_end = (bench.counts(found.comparisons, found.columns, end)[counts.metric] for end in ends)
    return [bench.estimate(next(c for c in there if c.group == counts.group), half) for there in by_end]
