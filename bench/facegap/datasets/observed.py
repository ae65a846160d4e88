"""Observed conditions: from what a table or a path says of a picture to the values of the card.

Nothing here refuses a picture: one without a value, or with one that cannot be read so, is `NO_LABEL`, and counted.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from facegap.cards import DatasetCard
from facegap.cards.dataset import OBSERVED
from facegap.cards.observed import ObservedColumn
from facegap.datasets.row import Row
from facegap.datasets.values import JOINT, parts_of
from facegap.errors import DatasetError
from facegap.records import NO_LABEL, Finding
from facegap.words import plural, shown

MOST_VALUES = 50
"""Values of one condition: more are serial numbers, dates or numbers that nobody cut into bins, and people behind each
are few."""

Values = Mapping[str, Sequence[str]]


def observed_of(card: DatasetCard, rows: Sequence[Row], labels: Values) -> dict[str, list[str]]:
    """Condition -> the value of every row, `NO_LABEL` where there is none.

    Args:
        labels: label column -> the label of every row, "" where it is none of the card's.

    Raises:
        DatasetError: a condition has more than `MOST_VALUES` values.
    """
    found = {}
    for name, column in card.observed.items():
        found[name] = (
            [label or NO_LABEL for label in labels[name]]
            if name in labels
            else [value_of(column, _raw(row, name)) for row in rows]
        )
        values = set(found[name])
        if len(values) > MOST_VALUES:
            raise DatasetError(
                f"data set '{card.name}': observed.{name}: {len(values)} values, expected at most {MOST_VALUES}, such "
                f"as '{shown(min(values))}'; cut numbers with bins, or join values with map"
            )
    return found


def value_of(column: ObservedColumn, raw: str) -> str:
    """The value that a raw one stands for; `NO_LABEL` where it cannot be read so."""
    if raw in ("", NO_LABEL):
        return NO_LABEL
    if column.bins:
        number = _number(raw)
        return NO_LABEL if number is None else column.order[bisect_right(column.bins, number)]
    parts = parts_of(raw)
    value = _mapped(column.map, raw) if parts is None else _joined(column, parts)
    return value if not column.values or value in column.values else NO_LABEL


def _joined(column: ObservedColumn, parts: Sequence[str]) -> str:
    """The value of a cell that holds a list: that of a list of one, several with " + " between, as `map` has them."""
    distinct = list(dict.fromkeys(_mapped(column.map, part) for part in parts if part))
    return _mapped(column.map, JOINT.join(distinct)) if distinct else NO_LABEL


def _mapped(renamed: Mapping[str, str], raw: str) -> str:
    if raw in renamed:
        return renamed[raw]
    found = (value for key, value in renamed.items() if "*" in key and fnmatchcase(raw.casefold(), key.casefold()))
    return next(found, raw)


def _number(raw: str) -> float | None:
    try:
        number = float(raw)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _raw(row: Row, name: str) -> str:
    # Cameras write names of a fixed length and fill them with zero bytes.
    return row.labels.get(f"{OBSERVED}{name}", "").strip("\0 ")


def observed_findings(card: DatasetCard, name: str, rows: Sequence[Row], values: Values) -> Iterator[Finding]:
    """Values that cannot be read, conditions without a single value, and sessions of a person with two values."""
    for condition, column in card.observed.items():
        mine = values[condition]
        if condition in card.own_observed:
            yield from _unreadable(name, condition, column, rows, mine)
        if rows and all(value == NO_LABEL for value in mine):
            message = f"{name}: observed.{condition}: no picture has a value"
            # A release without the column is sound where the card says that there are such.
            level: Literal["warning", "info"] = "info" if column.optional else "warning"
            yield Finding(level=level, rule="no-observed", message=message, advice="it is in no table")
        if column.per == "session" and card.identities:
            yield from _two_in_a_session(name, condition, rows, mine)


def _unreadable(
    name: str, condition: str, column: ObservedColumn, rows: Sequence[Row], values: Sequence[str]
) -> Iterator[Finding]:
    said = ((row, _raw(row, condition)) for row, value in zip(rows, values, strict=True) if value == NO_LABEL)
    odd = [(row, raw) for row, raw in said if raw not in ("", NO_LABEL) and _mapped(column.map, raw) != NO_LABEL]
    if odd:
        expected = "a number" if column.bins else ", ".join(column.values)
        yield Finding(
            level="warning",
            rule="odd-observed",
            message=f"{name}: observed.{condition}: {plural(len(odd), 'value')} that the card does not know, expected "
            f"{expected}",
            examples=tuple(dict.fromkeys(f"'{raw}' ({row.where})" for row, raw in odd)),
            advice=f"counted as '{NO_LABEL}'; correct them, or add them to the card",
            count=len(odd),
            lines=lines_of_rows(row for row, _ in odd),
        )


def _two_in_a_session(name: str, condition: str, rows: Sequence[Row], values: Sequence[str]) -> Iterator[Finding]:
    of_session: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row, value in zip(rows, values, strict=True):
        if row.session and row.subject and value != NO_LABEL:
            of_session[row.subject, row.session].add(value)
    twofold = [(who, found) for who, found in of_session.items() if len(found) > 1]
    if twofold:
        yield Finding(
            level="warning",
            rule="two-in-a-session",
            message=f"{name}: observed.{condition}: {plural(len(twofold), 'session')} of a person with two values",
            examples=tuple(f"'{who[0]}', session '{who[1]}': {', '.join(sorted(found))}" for who, found in twofold),
            advice='every picture counts under its own value; where a session may have several, say per = "sample" in '
            "the card",
            count=len(twofold),
        )


def lines_of_rows(rows: Iterator[Row]) -> tuple[int, ...]:
    """The numbers of the lines that rows stand on, where they do."""
    return tuple(sorted(line for row in rows if (line := row.line) is not None))
