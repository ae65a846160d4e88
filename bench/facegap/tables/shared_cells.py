"""Cells that several tables share."""

from __future__ import annotations

from typing import Any, get_args

from facegap import estimate
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Failures
from facegap.tables.workbench import GroupCounts

KEYS = ("model", "condition", "metric", "grouping", "threshold_name", "threshold")
"""The columns that say which rates are compared."""


def key_cells(found: GroupCounts, metric: str) -> dict[str, Any]:
    """The cells of `KEYS`."""
    return {
        "model": found.comparisons.model,
        "condition": found.comparisons.condition,
        "metric": metric,
        "grouping": ", ".join(found.columns),
        "threshold_name": found.threshold.name,
        "threshold": found.threshold.value,
    }


BOTH: tuple[Failures, ...] = get_args(Failures)


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
