"""Error counts of every model, condition, grouping and threshold, counted once for all tables that compare groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from facegap import count
from facegap.records import Comparisons, ErrorCounts, Threshold
from facegap.tables.evidence import Evidence
from facegap.tables.thresholds import for_model

KEYS = ("model", "condition", "metric", "grouping", "threshold_name", "threshold")
"""The columns that say which rates are compared."""


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """FMR (within group) and, where subjects are known, FNMR of the groups of one grouping; failures counted."""

    comparisons: Comparisons
    columns: tuple[str, ...]
    threshold: Threshold
    by_metric: Mapping[str, tuple[ErrorCounts, ...]]


# Several tables of one `build` ask for the same counts; both arguments are frozen and compared by identity or value.
@lru_cache(maxsize=1)
def group_counts(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Sequence[GroupCounts]:
    """Counts of every model under every condition in every grouping (everyone first) at every threshold.

    Raises:
        InputError: the kept tail of comparisons does not reach a threshold.
    """
    return tuple(
        GroupCounts(comparisons, columns, threshold, counts_of(evidence, comparisons, columns, threshold.value))
        for comparisons in evidence.comparisons.values()
        for columns in evidence.groupings
        for threshold in for_model(thresholds, comparisons)
    )


# Policies meet in the same thresholds: the worst group's is that group's own.
@lru_cache(maxsize=64)
def counts_of(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """Metric -> counts of the groups at one threshold."""
    found = {"FMR": count.fmr_counts(comparisons, evidence.samples, columns, threshold)}
    if evidence.identities:
        found["FNMR"] = count.fnmr_counts(comparisons, evidence.samples, columns, threshold)
    return found


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
