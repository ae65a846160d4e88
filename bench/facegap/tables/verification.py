"""Tables of acquisition and 1:1 comparison: outcomes, thresholds, rates, the cross-group matrix, differentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from facegap import count, estimate
from facegap.acquire.scalars import scalar
from facegap.records import OUTCOMES, Comparisons, Differential, ErrorCounts, Failures, Threshold
from facegap.tables.at_target import threshold_interval
from facegap.tables.evidence import Evidence
from facegap.tables.thresholds import NO_THRESHOLD, for_model

BOTH: tuple[Failures, ...] = get_args(Failures)


def acquisition_rows(evidence: Evidence, _: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """How many of the samples that went through a condition ended in each outcome, by group."""
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        concerned = evidence.concerned(condition)
        for columns in evidence.groupings:
            group = np.where(concerned, evidence.samples.grouping(columns), "")
            for name in np.unique(group[concerned]):
                outcomes = acquisitions.outcome[group == name]
                for outcome in OUTCOMES:
                    found = int(np.count_nonzero(outcomes == outcome))
                    yield {
                        "detector": detector,
                        "condition": condition,
                        "grouping": ", ".join(columns),
                        "group": str(name),
                        "outcome": outcome,
                        "samples": found,
                        "share": found / len(outcomes),
                    }


def quality_rows(evidence: Evidence, _: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Native quality values of the acquired faces by group: mean, percentiles, mean on the scale 0 to 100."""
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        concerned = evidence.concerned(condition)
        for columns in evidence.groupings:
            group = np.where(concerned, evidence.samples.grouping(columns), "")
            for name in np.unique(group[concerned]):
                for quality, values in acquisitions.quality.items():
                    here = values[(group == name) & np.isfinite(values)].astype(np.float64)
                    if len(here):
                        p05, p50, p95 = (float(value) for value in np.percentile(here, (5, 50, 95)))
                        yield {
                            "detector": detector,
                            "condition": condition,
                            "grouping": ", ".join(columns),
                            "group": str(name),
                            "quality": quality,
                            "samples": len(here),
                            "mean": float(here.mean()),
                            "p05": p05,
                            "p50": p50,
                            "p95": p95,
                            "scalar": _mean_scalar(quality, here),
                        }


def _mean_scalar(quality: str, native: npt.NDArray[np.float64]) -> float | None:
    """Mean of the values on the scale 0 to 100; None where the name has none."""
    values = scalar(quality, native)
    return float(values.mean()) if values is not None else None


def threshold_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Every operating point, and what it realised where it was set."""
    for threshold in thresholds:
        if threshold.target is not None and threshold not in evidence.given:
            low, high = threshold_interval(evidence, threshold.model, threshold.target)
            threshold = replace(threshold, low=low, high=high)
        yield {
            "model": threshold.model,
            "name": threshold.name,
            "policy": threshold.policy,
            "target": threshold.target,
            "threshold": threshold.value,
            "low": threshold.low,
            "high": threshold.high,
            "realised": threshold.realised,
            "false_matches": threshold.false_matches,
            "comparisons": threshold.comparisons,
            "note": threshold.note,
        }


def rate_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """FTA and FTE of every group, then FMR (within group) and FNMR at every threshold, both ways of failures."""
    yield from _acquisition_rates(evidence)
    for comparisons in evidence.comparisons.values():
        for columns in evidence.groupings:
            for counts in count.fte_counts(comparisons, evidence.samples, columns):
                yield _rate_row(evidence, counts, NO_THRESHOLD)
            for threshold in for_model(thresholds, comparisons):
                for counts in _error_counts(evidence, comparisons, columns, threshold):
                    yield _rate_row(evidence, counts, threshold.name)


def _acquisition_rates(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """FTA by model: each model's detector decides it. Of the samples that go through the condition."""
    for use in evidence.study.models:
        for condition in evidence.study.conditions:
            acquisitions = evidence.acquisitions[use.detector, condition]
            concerned = evidence.concerned(condition)
            samples = evidence.samples.take(concerned)
            mine = replace(acquisitions, outcome=acquisitions.outcome[concerned])
            for columns in evidence.groupings:
                for counts in count.fta_counts(mine, samples, columns):
                    yield {**_rate_row(evidence, counts, NO_THRESHOLD), "model": use.card}


def _error_counts(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> Iterator[ErrorCounts]:
    for failures in BOTH:
        yield from count.fmr_counts(comparisons, evidence.samples, columns, threshold.value, failures)
        if evidence.identities:
            yield from count.fnmr_counts(comparisons, evidence.samples, columns, threshold.value, failures)


def estimate_cells(evidence: Evidence, counts: ErrorCounts, threshold_name: str) -> dict[str, Any]:
    """The columns that every table of rates shares."""
    found = estimate.estimate(counts, evidence.study.statistics.level)
    return {
        "threshold_name": threshold_name,
        "threshold": counts.threshold,
        "errors": counts.errors,
        "trials": counts.trials,
        "completed": counts.completed,
        "failed": counts.failed,
        "subjects": counts.subjects,
        "n_eff": found.n_eff,
        "rate": found.value,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "method": found.method,
        "note": found.note,
    }


def _rate_row(evidence: Evidence, counts: ErrorCounts, threshold_name: str) -> dict[str, Any]:
    return {
        "model": counts.model,
        "condition": counts.condition,
        "metric": counts.metric,
        "failures": counts.failures,
        "grouping": counts.grouping,
        "group": counts.group,
        **estimate_cells(evidence, counts, threshold_name),
    }


def cross_fmr_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """FMR of every reference group against every probe group."""
    for comparisons in evidence.comparisons.values():
        for columns in evidence.study.groups:
            for threshold in for_model(thresholds, comparisons):
                for failures in BOTH:
                    cells = count.cross_fmr_counts(comparisons, evidence.samples, columns, threshold.value, failures)
                    for counts in cells:
                        yield {
                            "model": counts.model,
                            "condition": counts.condition,
                            "failures": failures,
                            "grouping": counts.grouping,
                            "reference_group": counts.group,
                            "probe_group": counts.probe_group,
                            **estimate_cells(evidence, counts, threshold.name),
                        }


def differential_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Summary measures over the groups: per metric, and of FMR and FNMR together; failures counted."""
    least, level, seed = evidence.study.statistics.min_subjects, evidence.study.statistics.level, evidence.study.seed
    for comparisons in evidence.comparisons.values():
        for columns in evidence.study.groups:
            for threshold in for_model(thresholds, comparisons):
                fmr = count.fmr_counts(comparisons, evidence.samples, columns, threshold.value)
                found = list(estimate.differentials(fmr, least, level, seed))
                if evidence.identities:
                    fnmr = count.fnmr_counts(comparisons, evidence.samples, columns, threshold.value)
                    found += estimate.differentials(fnmr, least, level, seed)
                    found += estimate.combined_differentials(fmr, fnmr, min_subjects=least, level=level, seed=seed)
                yield from _differential_rows(found, threshold.name)


def _differential_rows(found: Sequence[Differential], threshold_name: str) -> Iterator[dict[str, Any]]:
    for one in found:
        yield {
            "model": one.model,
            "condition": one.condition,
            "metric": one.metric,
            "grouping": one.grouping,
            "threshold_name": threshold_name,
            "threshold": one.threshold,
            "measure": one.measure,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "null_low": one.null_low,
            "null_high": one.null_high,
            "worst": one.worst,
            "best": one.best,
            "groups": one.groups,
            "left_out": "; ".join(f"{name}: {why}" for name, why in one.left_out),
            "note": one.note,
        }
