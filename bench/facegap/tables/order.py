"""Rows in the order in which the data set's card has its labels: ages from young to old, not by the alphabet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from facegap.schema import Row, columns_of

RowT = TypeVar("RowT", bound=Row)

Values = Mapping[str, tuple[str, ...]]


def ordered(values: Values, row_class: type[RowT], rows: Iterable[RowT]) -> list[RowT]:
    """The rows of one table, those that differ in their group only in the order of the card; the rest stays in place.

    Args:
        values: label column -> its labels in order; a label that is not there comes after them.
    """
    found = list(rows)
    columns = columns_of(row_class)
    groups = [column.name for column in columns if column.says.group]
    if not values or not groups or not any(column.name == "grouping" for column in columns):
        return found
    keys = [c.name for c in columns if c.says.key and c.kind == "text" and not c.says.group]
    places: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(found):
        places[tuple(getattr(row, name) for name in keys)].append(place)
    out = list(found)
    for mine in places.values():
        for place, row in zip(
            mine, sorted((found[k] for k in mine), key=lambda row: _rank(values, groups, row)), strict=True
        ):
            out[place] = row
    return out


def _rank(values: Values, groups: Iterable[str], row: Row) -> list[list[int]]:
    labels = str(getattr(row, "grouping", "")).split(", ")
    return [group_rank(values, labels, str(getattr(row, name) or "")) for name in groups]


def group_rank(values: Values, columns: Iterable[str], group: str) -> list[int]:
    """Where a group such as "Black, female" stands: the place of each of its labels in its column."""
    parts = group.split(", ")
    known = [values.get(column, ()) for column in columns]
    if len(parts) != len(known):
        return [len(parts)]
    return [one.index(part) if part in one else len(one) for part, one in zip(parts, known, strict=True)]
