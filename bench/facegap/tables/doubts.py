"""Whose false matches tell no difference between groups, whatever a test of them says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from facegap import count
from facegap.estimate.clusters import clusters
from facegap.records import Comparisons, ErrorCounts
from facegap.tables.equal_groups import pair_errors
from facegap.tables.workbench import Workbench


def doubt(
    bench: Workbench,
    key: Mapping[str, Any],
    sides: tuple[ErrorCounts, ErrorCounts],
    groups: tuple[Collection[str], Collection[str]],
) -> str:
    """Why no difference between two sides is stated, empty where nothing is in the way.

    Only of false matches: a comparison of one person can have no cluster of people, and its test keeps its level. And
    only by the side with more of them: without the clusters the other one would have still fewer.

    Args:
        key: the cells that say which rates are compared.
        sides: the counts that are compared.
        groups: names of the groups in either.
    """
    if key["metric"] != "FMR":
        return ""
    comparisons = bench.evidence.comparisons[key["model"], key["condition"]]
    first, second = (side.errors / side.trials if side.trials else 0.0 for side in sides)
    more = groups[0] if first >= second else groups[1]
    few = in_few_clusters(bench, comparisons, tuple(key["grouping"].split(", ")), key["threshold"], more)
    return f"{few}: no difference is shown by these" if few else ""


def in_few_clusters(
    bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], threshold: float, groups: Collection[str]
) -> str:
    """Which of the groups have most of their false matches in few clusters of people, in words; empty where none."""
    name = "clusters", comparisons.model, comparisons.condition, columns, threshold
    found = bench.once(name, lambda: _found(bench, comparisons, columns, threshold))
    few = ", ".join(group for group, is_so in found.items() if is_so and group in groups)
    return few and f"most false matches of {few} lie in a few clusters of people who match one another, as relatives do"


def _found(
    bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
) -> Mapping[str, bool]:
    rates = {c.group: c.errors / c.trials for c in bench.counts(comparisons, columns, threshold)["FMR"] if c.trials}
    return {
        side.group: clusters(side.i, side.j, side.errors, count.compared_often(side), rates[side.group]).few
        for side in pair_errors(bench, comparisons, columns, threshold)
        if side.group in rates
    }
