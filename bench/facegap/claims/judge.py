"""Verdicts of a finished run on a claim: refuted, supported or undecided, by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

import numpy as np

from facegap import estimate
from facegap.claims.accuracies import judge_accuracy
from facegap.claims.counts import gallery_of, group_counts_of, points_of, searches_of
from facegap.claims.margins import judge_margin
from facegap.claims.rates import judge_rates, reading_of
from facegap.claims.summaries import judge_summary_claim, summary_rows
from facegap.claims.text import COMPARED, Claim
from facegap.claims.verdict import End, Ends, Judged, Verdict, half_the_error, row_of
from facegap.errors import InputError
from facegap.estimate import cautions
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Threshold, has_label
from facegap.tables.equal_groups import equal_rates
from facegap.tables.search_intervals import drawn_point, interval_cells, threshold_ends
from facegap.tables.workbench import NO_THRESHOLD, Workbench, ends_of


def judge_claim(
    evidence: Evidence, claim: Claim, models: Sequence[str] = (), conditions: Sequence[str] = ("clean",)
) -> tuple[Judged, ...]:
    """Every verdict on `claim`, model by model, condition by condition, threshold by threshold, group by group.

    Verdicts of the groups at one threshold are adjusted together. `models` empty: all of the run.

    Raises:
        InputError: the run has no such label, group, threshold, model, condition or error rate.
    """
    return judge_with(Workbench(evidence), claim, models, conditions)


def judge_with(
    bench: Workbench,
    claim: Claim,
    models: Sequence[str] = (),
    conditions: Sequence[str] = ("clean",),
    advance: Callable[[int], None] = lambda _: None,
) -> tuple[Judged, ...]:
    """As `judge_claim`, for several claims on one run; `advance` is told of each model under a condition.

    Raises:
        InputError: the run has no such label, group, threshold, model, condition or error rate.
    """
    evidence = bench.evidence
    columns = _columns(evidence, claim)
    for what, asked, there in (
        ("model", models, [use.card for use in evidence.study.models]),
        ("condition", conditions, list(evidence.study.conditions)),
    ):
        unknown = [name for name in asked if name not in there]
        if unknown:
            raise InputError(f"claim: no {what} '{unknown[0]}' in this run; there: {', '.join(there)}")
    found: list[Judged] = []
    for comparisons in evidence.comparisons.values():
        if (not models or comparisons.model in models) and comparisons.condition in conditions:
            for threshold in points_of(bench, claim, comparisons):
                found += _judged(bench, claim, comparisons, columns, threshold)
            advance(1)
    return _in_scope(claim, found)


def _columns(evidence: Evidence, claim: Claim) -> tuple[str, ...]:
    if claim.scope == "overall":
        return ()
    columns = claim.columns or evidence.study.groups[0]
    unknown = [column for column in columns if column not in evidence.samples.groups]
    if unknown:
        known = ", ".join(evidence.samples.groups)
        raise InputError(f"claim '{claim.text}': '{unknown[0]}' is no label of this run; its labels: {known}")
    return columns


def _in_scope(claim: Claim, found: list[Judged]) -> tuple[Judged, ...]:
    if claim.scope in ("every group", "overall"):
        return tuple(found)
    one = tuple(row for row in found if row.group.lower() == claim.scope.lower())
    if not one:
        names = ", ".join(dict.fromkeys(row.group for row in found))
        raise InputError(f"claim '{claim.text}': no group '{claim.scope}'; groups: {names}")
    return one


def _judged(
    bench: Workbench, claim: Claim, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> list[Judged]:
    evidence = bench.evidence
    level = evidence.study.statistics.level
    if claim.scope not in ("every group", "overall") and claim.kind not in COMPARED:
        # One group was named beforehand, so the others are no further chances to be wrong.
        chosen = group_counts_of(bench, claim, comparisons, columns, threshold)
        counts: Mapping[str, tuple[ErrorCounts, ...]] = {
            m: tuple(c for c in cs if c.group.lower() == claim.scope.lower()) or cs for m, cs in chosen.items()
        }
    else:
        counts = group_counts_of(bench, claim, comparisons, columns, threshold)
    counts = {metric: _labelled(cs) for metric, cs in counts.items()}
    gallery = gallery_of(evidence, claim, comparisons)
    ends = _at_the_ends(bench, claim, comparisons, columns, threshold, counts)
    point = None if threshold.name == NO_THRESHOLD else threshold.value
    if isinstance(ends, str):
        found = [
            replace(row_of(c, reading_of(claim), level), note=f"not judged: {ends}")
            for c in next(iter(counts.values()))
        ]
    elif claim.kind == "accuracy":
        found = list(judge_accuracy(counts, claim, evidence, ends))
    elif claim.kind == "summary":
        equal = [
            partial(equal_rates, bench, comparisons, columns, at)
            for at in (threshold.value, *(end.threshold for end in ends))
        ]
        found = list(judge_summary_claim(counts[claim.metric], claim, evidence, ends, equal))
    elif claim.kind in COMPARED:
        apart, least = bench.hidden_of(", ".join(columns)).along, evidence.study.statistics.min_subjects
        found = list(judge_margin(counts[claim.metric], claim, level, least, ends, apart))
    else:
        found = list(judge_rates(claim, counts[claim.metric], level, evidence.study.statistics.min_subjects, ends))
        if claim.protocol and ends:
            found = [_with_interval(bench, claim, comparisons, threshold, counts[claim.metric], row) for row in found]
    return [
        replace(
            row,
            reading=f"{row.reading}{gallery}",
            condition=comparisons.condition,
            model=comparisons.model,
            threshold_name=threshold.name,
            threshold=point,
            caution=_with_generator(evidence, claim, columns, _caution(counts, row.group, level)),
        )
        for row in found
    ]


def _with_generator(evidence: Evidence, claim: Claim, columns: tuple[str, ...], caution: str) -> str:
    """The caution, behind that of false matches by shapes of a generator."""
    own = cautions.of_generator(", ".join(columns), evidence.shapes) if claim.metric in _MATCHES else []
    return cautions.as_text([*own, *filter(None, [caution])])


_MATCHES = (*cautions.FALSE_MATCHES, "accuracy")


def _with_interval(
    bench: Workbench,
    claim: Claim,
    comparisons: Comparisons,
    threshold: Threshold,
    counts: Sequence[ErrorCounts],
    row: Judged,
) -> Judged:
    """The row with the interval that its group has in identification.csv, which carries the threshold's uncertainty."""
    searches = searches_of(bench.evidence, claim, comparisons)
    mine = next(c for c in counts if c.group == row.group)
    cells = interval_cells(bench, searches, threshold, mine, claim.rank)
    return replace(row, low=cells["low"], high=cells["high"]) if cells else row


def _caution(counts: Mapping[str, Sequence[ErrorCounts]], group: str, level: float) -> str:
    """The cautions of the rates of `group` that a claim is judged on; over several groups those of all of them."""
    every = [estimate.estimate(c, level) for side in counts.values() for c in side]
    own = [one for one in every if one.counts.group == group]
    if len(own) == 1:
        return cautions.as_text(own[0].cautions)
    return cautions.by_name((one.counts.metric, one.cautions) for one in own) if own else cautions.of_several(every)


def _is_own_target(evidence: Evidence, threshold: Threshold) -> bool:
    """Whether this run set the threshold at a target FMR, so that other people would have put it elsewhere."""
    return threshold.target is not None and threshold not in evidence.given


def _labelled(counts: tuple[ErrorCounts, ...]) -> tuple[ErrorCounts, ...]:
    """People without a label are no group that a claim could speak of."""
    return tuple(c for c in counts if has_label(c.group))


def _at_the_ends(
    bench: Workbench,
    claim: Claim,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: Threshold,
    counts: Mapping[str, tuple[ErrorCounts, ...]],
) -> Ends | str:
    """Both ends of a threshold's own interval, where this run set it at a target FMR or FPIR; else none.

    A claim "at FMR 0.001" is one about that operating point, which other people would have put elsewhere. A reason
    where that interval is not known.
    """
    evidence = bench.evidence
    if claim.metric in ("FTA", "FTE") or not _is_own_target(evidence, threshold):
        return ()
    half = half_the_error(evidence.study.statistics.level)
    if claim.protocol:
        drawn = drawn_point(bench, searches_of(evidence, claim, comparisons), threshold)
        ends = threshold_ends(drawn, half) if drawn is not None else None
        if ends is None:
            return "in too many draws of people the threshold cannot be set again"
    else:
        assert threshold.target is not None
        ends = ends_of(bench.drawn(comparisons.model, threshold.target).thresholds, half, -np.inf)
        if ends is None or ends[0] < comparisons.floor:
            return "the kept scores end above the lower end of the threshold's interval"
    found = [group_counts_of(bench, claim, comparisons, columns, replace(threshold, value=end)) for end in ends]
    return [End(end, _in_order(there, counts)) for end, there in zip(ends, found, strict=True)]


def _in_order(
    there: Mapping[str, Sequence[ErrorCounts]], wanted: Mapping[str, Sequence[ErrorCounts]]
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """The counts of the groups of `wanted`, metric by metric."""
    by_name = {metric: {c.group: c for c in counts} for metric, counts in there.items()}
    return {metric: tuple(by_name[metric][c.group] for c in counts) for metric, counts in wanted.items()}


def judge_groups(
    claim: Claim, counts: Sequence[ErrorCounts], level: float, least: int, seed: int
) -> tuple[Judged, ...]:
    """Verdicts on groups whose counts stand alone, as published ones do: no threshold's uncertainty, no people.

    Margins and summaries are over all of `counts`; `least` people make a group that enters.

    Raises:
        InputError: the claim is of an accuracy, which is no error rate of one table.
    """
    if claim.kind == "accuracy":
        raise InputError(f"claim '{claim.text}': counts have error rates; claim FNMR or FMR instead")
    if claim.kind == "summary":
        found = summary_rows([(counts, None)], claim, level, least, seed)
    elif claim.kind in COMPARED:
        found = judge_margin(counts, claim, level, least)
    else:
        found = judge_rates(claim, counts, level, least, ())
    return tuple(replace(row, caution=_caution({claim.metric: counts}, row.group, level)) for row in found)


def verdict_of(rows: Sequence[Judged]) -> Verdict:
    """Of all groups together: refuted where one is, supported where all are."""
    verdicts = {row.verdict for row in rows}
    return "refuted" if "refuted" in verdicts else "supported" if verdicts == {"supported"} else "undecided"


def by_reading(rows: Sequence[Judged]) -> Iterator[tuple[tuple[str, str, str, str], list[Judged]]]:
    """Rows by (model, condition, reading, threshold)."""
    for key, some in groupby(rows, lambda row: (row.model, row.condition, row.reading, row.threshold_name)):
        yield key, list(some)
