"""Cells that several tables share, as keyword arguments of their row classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from facegap import estimate
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Failures
from facegap.tables.workbench import GroupCounts

BOTH: tuple[Failures, ...] = get_args(Failures)


def key_cells(found: GroupCounts, metric: str) -> dict[str, Any]:
    """Which rates are compared."""
    return {
        "model": found.comparisons.model,
        "condition": found.comparisons.condition,
        "metric": metric,
        "grouping": ", ".join(found.columns),
        "threshold_name": found.threshold.name,
        "threshold": found.threshold.value,
    }


def estimate_cells(evidence: Evidence, counts: ErrorCounts, threshold_name: str) -> dict[str, Any]:
    """A rate with its counts and interval."""
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


def left_out_text(left_out: Iterable[tuple[str, str]]) -> str:
    """Groups that do not enter, each with its reason, as one cell."""
    return "; ".join(f"{name}: {why}" for name, why in left_out)
