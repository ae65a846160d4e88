"""Vendors by requirements, where a run or a comparison of runs holds such a table."""

from __future__ import annotations

from facegap.report import words
from facegap.report.style import Table
from facegap.schema import ROWS, cells_of, names_of
from facegap.store import Tables

TABLE = "requirements"
"""Name of the table, one row a system and a requirement."""


def requirements_table(tables: Tables) -> Table:
    """The table as it is, its columns in order; without rows where there is no policy."""
    row_class = ROWS.get(TABLE)
    rows = tables[row_class] if row_class is not None else []
    if row_class is None or not rows:
        return Table((), [])
    head = [name.replace("_", " ").capitalize() for name in names_of(row_class)]
    return Table(head, [[_cell(cell) for cell in cells_of(row)] for row in rows]).without_empty_columns()


def _cell(value: str | int | float | None) -> str:
    if isinstance(value, str):
        return value
    return words.count(value) if isinstance(value, int) else words.number(value)
