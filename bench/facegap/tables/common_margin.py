"""Table of one margin of error for all groups at once, and of one test over them by people drawn again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from facegap import count
from facegap.estimate.common_margin import (
    GroupDraws,
    common_margin,
    mated_draws,
    nonmated_draws,
    omnibus,
    with_everyone,
)
from facegap.estimate.differentials import enter
from facegap.records import ErrorCounts
from facegap.schema import CommonMarginRow
from facegap.tables.equal_groups import pair_errors
from facegap.tables.shared_cells import caution_of, key_cells, left_out_text
from facegap.tables.workbench import GroupCounts, Workbench


def rows(bench: Workbench) -> Iterator[CommonMarginRow]:
    """One row for each metric of every grouping at every threshold, over the groups that enter a summary."""
    least = bench.evidence.study.statistics.min_subjects
    for found in bench.group_counts:
        for metric, counts in found.by_metric.items() if found.columns else ():
            kept, left_out = enter(counts, least)
            cells: dict[str, Any] = {"groups": len(kept), "left_out": left_out_text(left_out)}
            more = _cells(bench, found, metric, kept) if len(kept) > 1 else {"note": "fewer than two groups"}
            yield CommonMarginRow(**key_cells(found, metric), **cells, **more)


def _cells(bench: Workbench, found: GroupCounts, metric: str, kept: list[ErrorCounts]) -> dict[str, Any]:
    level = bench.evidence.study.statistics.level
    largest, p = omnibus(_drawn(bench, found, metric, {c.group for c in kept}), level)
    return {
        "p": p,
        "draws": bench.people_draws.weights.shape[1],
        "largest": largest,
        "margin": common_margin(largest, kept, level),
        "level": level,
        "caution": caution_of(bench, kept),
        "note": _note(kept, largest, p),
    }


def _drawn(bench: Workbench, found: GroupCounts, metric: str, names: set[str]) -> list[GroupDraws]:
    draws = bench.once(("everyone, then draws",), lambda: with_everyone(bench.people_draws))
    if metric == "FMR":
        pairs = pair_errors(bench, found.comparisons, found.columns, found.threshold.value)
        return [nonmated_draws(draws, s.i, s.j, s.errors, s.compared) for s in pairs if s.group in names]
    samples = bench.evidence.samples
    people = count.person_errors(found.comparisons, samples, found.columns, found.threshold.value)
    return [mated_draws(draws, s.people, s.errors, s.comparisons) for s in people if s.group in names]


def _note(kept: list[ErrorCounts], largest: float | None, p: float | None) -> str:
    if largest is None:
        return "too few draws of people give every group a comparison"
    if p is not None:
        return ""
    return "no errors" if not any(c.errors for c in kept) else "nothing but errors"
