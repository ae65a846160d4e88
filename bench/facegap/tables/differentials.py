"""Table of summaries over the groups' rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from facegap import count, estimate
from facegap.evidence import Evidence
from facegap.records import Differential, Threshold
from facegap.tables.workbench import for_model


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
