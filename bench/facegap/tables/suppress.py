"""Blank the numbers of hidden groups in every table alike, and of every cell behind which there are too few people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from facegap.evidence import Evidence
from facegap.schema import LossRow, Row, columns_of, keys_of
from facegap.tables.hidden import Hidden, hidden_groups

_COUNT = re.compile(r"\b\d+ people, fewer than")

_PEOPLE = ("subjects", "people", "reference_subjects", "rest_subjects")
"""Columns that say how many people stand behind a row."""

RowT = TypeVar("RowT", bound=Row)


def suppressed(
    evidence: Evidence,
    row_class: type[RowT],
    rows: Iterable[RowT],
    hidden: Mapping[str, Hidden] | None = None,
) -> Iterator[RowT]:
    """The rows with those of hidden groups, and of fewer than `study.statistics.suppress_below` people, blanked.

    A blanked row still says where it belongs (its key columns), and nothing that was counted. A table without a note
    column loses such rows; the others keep them with the reason.

    Args:
        hidden: of the evidence, where it is known already.
    """
    least = evidence.study.statistics.suppress_below
    if not least:
        yield from rows
        return
    of_grouping = hidden_groups(evidence) if hidden is None else hidden
    names = [column.name for column in columns_of(row_class)]
    for row in rows:
        why = why_hidden(row, of_grouping.get(str(getattr(row, "grouping", None)), Hidden()), least)
        if not why:
            yield _with_texts(row)
        elif "note" in names:
            kept: dict[str, Any] = {name: getattr(row, name) for name in keys_of(row_class)}
            yield row_class(**kept | {"note": f"suppressed: {why}"})


def why_hidden(row: Row, hidden: Hidden, least: int) -> str:
    """Why the row is not shown; "" where it is."""
    few = f"fewer than {least} people"
    names = {getattr(row, column.name) for column in columns_of(type(row)) if column.says.group}
    names.add(str(getattr(row, "policy", "")).removeprefix("set by "))
    if hidden.small & names or _of_few(row, least):
        return few
    if hidden.along & names:
        return f"a group of {few} could be computed from it"
    # A summary that rests on a hidden group, which its other groups would give back.
    return f"it rests on a group from which one of {few} could be computed" if _sums_up(row) and hidden.along else ""


def _of_few(row: Row, least: int) -> bool:
    if isinstance(row, LossRow) and not row.grouping:  # the manifest says as much: what was lost, of nobody's group
        return False
    counts = (getattr(row, name, None) for name in _PEOPLE)
    return any(people is not None and 0 < people < least for people in counts)


def _sums_up(row: Row) -> bool:
    """Whether it is of a whole grouping."""
    return not any(column.says.group and column.says.key for column in columns_of(type(row)))


def without_counts(text: str) -> str:
    """A text without the number of people of a group that was left out of a summary."""
    return _COUNT.sub("fewer than", text)


def _with_texts(row: RowT) -> RowT:
    """The row with what its texts say of the people of groups that were left out."""
    texts = {c.name: getattr(row, c.name) for c in columns_of(type(row)) if c.kind == "text"}
    changed = {name: new for name, old in texts.items() if old is not None and (new := without_counts(old)) != old}
    return replace(row, **changed) if changed else row
