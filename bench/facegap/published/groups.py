"""Published lines as the groups that are compared with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facegap.estimate.differentials import enter
from facegap.published.counts_file import OF_TWO_PEOPLE, PublishedCounts
from facegap.published.line import PublishedRow
from facegap.records import ErrorCounts

MIN_PEOPLE = 10
"""People below whom a group enters no comparison, where people were published."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of a grouping of one published table.

    Attributes:
        key: the cells that say where it stands: model, condition, metric, threshold, grouping.
        counts: None where only a rate was published.
    """

    key: Mapping[str, Any]
    row: PublishedRow
    counts: ErrorCounts | None

    @property
    def possible(self) -> float | None:
        """The largest design effect of people with equally many trials that all agree; None without people."""
        row = self.row
        if row.people is None or not row.trials:
            return None
        return max(row.trials * (2 if row.metric in OF_TWO_PEOPLE else 1) / row.people, 1.0)


def grouped(counts: PublishedCounts, design_effect: float) -> Iterator[list[Group]]:
    """The groups that are compared with each other: one list for each table and grouping."""
    for by_columns in counts.rows.values():
        for columns, rows in by_columns.items():
            yield [_group(row, columns, design_effect) for row in rows]


def _group(row: PublishedRow, columns: Sequence[str], design_effect: float) -> Group:
    key = {
        "model": row.model,
        "condition": row.condition,
        "metric": row.metric,
        "threshold": row.threshold,
        "grouping": ", ".join(columns),
    }
    counts = None
    if row.errors is not None and row.trials is not None:
        counts = ErrorCounts(
            metric=row.metric,
            model=row.model,
            condition=row.condition,
            grouping=key["grouping"],
            group=row.group,
            threshold=None,
            errors=row.errors,
            completed=row.trials,
            failed=0,
            subjects=row.trials if row.people is None else row.people,
            design_effect=design_effect,
        )
    return Group(key=key, row=row, counts=counts)


def at_design_effect(group: Group, design_effect: float) -> ErrorCounts:
    """The counts of a group that has some, at another design effect."""
    found = _group(group.row, tuple(group.row.labels), design_effect).counts
    assert found is not None
    return found


def entering(family: Sequence[Group]) -> tuple[list[Group], dict[str, str]]:
    """The groups that are compared, and why the others are not."""
    left_out: dict[str, str] = {}
    kept: list[Group] = []
    for group in family:
        if group.counts is None:
            left_out[group.row.group] = "a rate without trials"
            continue
        _, reasons = enter([group.counts], MIN_PEOPLE if group.row.people is not None else 1)
        if reasons:
            left_out[group.row.group] = reasons[0][1]
        else:
            kept.append(group)
    return kept, left_out
