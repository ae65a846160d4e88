"""What a column is, and what every row class has: the one declaration that writer, reader, page and dictionary use."""

from __future__ import annotations

import types
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

Kind = Literal["text", "whole number", "number"]

_KINDS: dict[type, Kind] = {str: "text", int: "whole number", float: "number"}


@dataclass(frozen=True, kw_only=True)
class Says:
    """What an annotation says of its column: `field: Annotated[float | None, Says(meaning="...")]`.

    Attributes:
        meaning: one line, which a reader of the CSV file can do with alone.
        unit: of the numbers, such as "share" (0 to 1), "score", "people"; "" where there is none.
        digits: significant digits where a person is shown the number; None: as it is. CSV files are never rounded.
        key: one of the columns that say which row this is. They stay where a small group's numbers are blanked.
        group: the value is the name of a group.
    """

    meaning: str
    unit: str = ""
    digits: int | None = None
    key: bool = False
    group: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table: its name, kind, whether a cell may be blank, and what `Says` says of it."""

    name: str
    kind: Kind
    blank: bool
    says: Says


ROWS: dict[str, type[Row]] = {}
"""Every table of a run that is declared, by the name of its CSV file."""

JUDGED: dict[str, type[Row]] = {}
"""Likewise the tables that are made from published counts."""

BESIDE: dict[str, type[Row]] = {}
"""Likewise the tables that are made from finished runs, beside them: comparisons, requirements, populations."""

_COLUMNS: dict[str, tuple[Column, ...]] = {}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Base of the row classes: frozen keyword-only dataclasses, one a table, whose fields are its columns in order.

    A field whose cell may be blank has a default: None, or "" for text.
    """

    table: ClassVar[str]
    always: ClassVar[bool]
    no_caution: ClassVar[str]

    def __init_subclass__(
        cls, *, table: str, always: bool = False, judged: bool = False, beside: bool = False, no_caution: str = ""
    ) -> None:
        """Declare the table.

        Args:
            always: every run has it, whatever its study asks for and whoever made it.
            judged: it is made from published counts, not from a run.
            beside: it is made from finished runs, and lies beside them.
            no_caution: why a table without a column `caution` needs none.
        """
        super().__init_subclass__()
        if table in ROWS | JUDGED | BESIDE:
            raise ValueError(f"two row classes for the table '{table}'")
        cls.table, cls.always, cls.no_caution = table, always, no_caution
        (JUDGED if judged else BESIDE if beside else ROWS)[table] = cls


def columns_of(row: type[Row]) -> tuple[Column, ...]:
    """The columns of a row class, in the order of its fields.

    Raises:
        TypeError: a field is not annotated as one, which a test of every row class finds.
    """
    if row.table not in _COLUMNS:
        hints = get_type_hints(row, include_extras=True)
        _COLUMNS[row.table] = tuple(_column(f.name, hints[f.name]) for f in fields(row))
    return _COLUMNS[row.table]


def _column(name: str, hint: Any) -> Column:
    says = next((part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Says)), None)
    if says is None:
        raise TypeError(f"{name}: expected Annotated[..., Says(...)], found {hint}")
    bare = get_args(hint)[0]
    options = [part for part in _union(bare) if part is not type(None)]
    if len(options) != 1 or options[0] not in _KINDS:
        raise TypeError(f"{name}: expected str, int or float, or one of them or None, found {bare}")
    return Column(name=name, kind=_KINDS[options[0]], blank=len(_union(bare)) > 1 or options[0] is str, says=says)


def _union(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def names_of(row: type[Row]) -> tuple[str, ...]:
    """The header of the table's CSV file."""
    return tuple(column.name for column in columns_of(row))


def keys_of(row: type[Row]) -> tuple[str, ...]:
    """The columns that say which row it is."""
    return tuple(column.name for column in columns_of(row) if column.says.key)


def cells_of(row: Row) -> tuple[str | int | float | None, ...]:
    """The cells of a row in the order of its columns."""
    return tuple(getattr(row, name) for name in names_of(type(row)))
