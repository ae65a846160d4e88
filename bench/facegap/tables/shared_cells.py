"""Cells that several tables share, as keyword arguments of their row classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, get_args

from facegap.estimate import cautions
from facegap.estimate.clustered import pooled
from facegap.records import ErrorCounts, Estimate, Failures
from facegap.tables.workbench import GroupCounts, Workbench

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


def estimate_cells(bench: Workbench, counts: ErrorCounts, threshold_name: str) -> dict[str, Any]:
    """A rate with its counts and interval."""
    return rate_cells(bench.estimate(counts), threshold_name)


def rate_cells(found: Estimate, threshold_name: str) -> dict[str, Any]:
    """A rate with its counts, its intervals by comparisons and by people, and its cautions."""
    counts = found.counts
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
        **people_cells(found),
        "by_people_n_eff": found.people.n_eff,
        "largest_share": found.people.largest,
        "level": found.level,
        "method": found.method,
        "caution": cautions.as_text(found.cautions),
        "note": found.note,
    }


def people_cells(found: Estimate, prefix: str = "") -> dict[str, Any]:
    """The rate by people with its interval, in columns of this `prefix`."""
    people = found.people
    name = f"{prefix}by_people"
    return {name: people.value, f"{name}_low": people.low, f"{name}_high": people.high}


def caution_of(bench: Workbench, counts: Sequence[ErrorCounts]) -> str:
    """The cautions of a number that rests on the rates of several groups, as one cell."""
    return cautions.of_several(bench.estimate(c) for c in counts)


def caution_against(bench: Workbench, counts: ErrorCounts, others: Sequence[ErrorCounts]) -> str:
    """The cautions of a group's rate and of the pooled rate of the others that it is held against, as one cell."""
    return caution_of(bench, (counts, *([replace(pooled(others), group="the others")] if others else [])))


def left_out_text(left_out: Iterable[tuple[str, str]]) -> str:
    """Groups that do not enter, each with its reason, as one cell."""
    return "; ".join(f"{name}: {why}" for name, why in left_out)
