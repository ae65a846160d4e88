"""Tables of acquisition and 1:1 comparison: outcomes, thresholds, rates, the cross-group matrix, differentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from facegap import count
from facegap.estimate import cautions
from facegap.estimate.clustered import pooled
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Estimate, Failures, Threshold
from facegap.schema import CrossRow, RateRow, ThresholdRow
from facegap.tables.shared_cells import estimate_cells, rate_cells
from facegap.tables.workbench import NO_THRESHOLD, Workbench


def threshold_rows(bench: Workbench) -> Iterator[ThresholdRow]:
    """Every operating point, and what it realised where it was set."""
    evidence = bench.evidence
    for threshold in bench.thresholds:
        if threshold.target is not None and threshold not in evidence.given:
            low, high = bench.threshold_interval(threshold.model, threshold.target)
            threshold = replace(threshold, low=low, high=high)
        yield ThresholdRow(
            model=threshold.model,
            name=threshold.name,
            policy=threshold.policy,
            target=threshold.target,
            threshold=threshold.value,
            low=threshold.low,
            high=threshold.high,
            realised=threshold.realised,
            false_matches=threshold.false_matches,
            comparisons=threshold.comparisons,
            caution=_threshold_caution(bench, threshold),
            note=threshold.note,
        )


def _threshold_caution(bench: Workbench, threshold: Threshold) -> str:
    """The cautions of the false match rate that a threshold was set at, over the comparisons that it was set on."""
    evidence = bench.evidence
    rule = evidence.study.thresholds
    if threshold.target is None or threshold in evidence.given:
        return threshold.caution
    comparisons = evidence.comparisons[threshold.model, rule.condition]
    columns = evidence.study.groups[0] if rule.impostors == "same-group" else ()
    counts = bench.counts(comparisons, columns, threshold.value)["FMR"]
    return cautions.as_text(bench.estimate(pooled(counts)).cautions)


def rows(bench: Workbench) -> Iterator[RateRow]:
    """FTA and FTE of every group, then FMR (within group) and FNMR at every threshold, both ways of failures."""
    evidence = bench.evidence
    yield from _acquisition_rates(bench)
    for comparisons in evidence.comparisons.values():
        for columns in evidence.groupings:
            for counts in count.fte_counts(comparisons, evidence.samples, columns):
                yield _rate_row(bench, counts, NO_THRESHOLD)
            for threshold in bench.thresholds_of(comparisons):
                found = bench.estimates(comparisons, columns, threshold.value)
                for one in (one for by_group in found.values() for one in by_group.values()):
                    yield _row(one, threshold.name)
                for counts in _failures_excluded(bench, comparisons, columns, threshold):
                    yield _rate_row(bench, counts, threshold.name)


def _acquisition_rates(bench: Workbench) -> Iterator[RateRow]:
    """FTA by model: each model's detector decides it; none of a model that others ran.

    Of the samples that go through the condition.
    """
    evidence = bench.evidence
    for use in evidence.study.models:
        for condition in evidence.study.conditions:
            acquisitions = evidence.acquired(use.card, condition)
            if acquisitions is None:
                continue
            concerned = evidence.concerned(condition)
            samples = evidence.samples.take(concerned)
            mine = replace(acquisitions, outcome=acquisitions.outcome[concerned])
            for columns in evidence.groupings:
                for counts in count.fta_counts(mine, samples, columns):
                    yield replace(_rate_row(bench, counts, NO_THRESHOLD), model=use.card)


def _failures_excluded(
    bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> Iterator[ErrorCounts]:
    again = {"FMR": count.fmr_counts, "FNMR": count.fnmr_counts}
    for metric, counted in bench.counts(comparisons, columns, threshold.value).items():
        yield from _excluded(counted) or again[metric](
            comparisons, bench.evidence.samples, columns, threshold.value, "excluded"
        )


def _excluded(counted: Sequence[ErrorCounts]) -> tuple[ErrorCounts, ...]:
    """The counts without failed comparisons, where none failed; nothing where they must be counted again."""
    return () if any(c.failed for c in counted) else tuple(replace(c, failures="excluded") for c in counted)


def _rate_row(bench: Workbench, counts: ErrorCounts, threshold_name: str) -> RateRow:
    return _row(bench.estimate(counts), threshold_name)


def _row(found: Estimate, threshold_name: str) -> RateRow:
    counts = found.counts
    return RateRow(
        model=counts.model,
        condition=counts.condition,
        metric=counts.metric,
        failures=counts.failures,
        grouping=counts.grouping,
        group=counts.group,
        **rate_cells(found, threshold_name),
    )


def cross_rows(bench: Workbench) -> Iterator[CrossRow]:
    """FMR of every reference group against every probe group."""
    evidence = bench.evidence
    for comparisons in evidence.comparisons.values():
        for columns in evidence.study.groups:
            for threshold in bench.thresholds_of(comparisons):
                for failures, cells in _cross_counts(evidence, comparisons, columns, threshold):
                    for counts in cells:
                        yield CrossRow(
                            model=counts.model,
                            condition=counts.condition,
                            failures=failures,
                            grouping=counts.grouping,
                            reference_group=counts.group,
                            probe_group=str(counts.probe_group),
                            **estimate_cells(bench, counts, threshold.name),
                        )


def _cross_counts(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> Iterator[tuple[Failures, tuple[ErrorCounts, ...]]]:
    counted = count.cross_fmr_counts(comparisons, evidence.samples, columns, threshold.value)
    yield "counted", counted
    yield (
        "excluded",
        _excluded(counted)
        or count.cross_fmr_counts(comparisons, evidence.samples, columns, threshold.value, "excluded"),
    )
