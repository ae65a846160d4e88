"""Tables as CSV files and back, by their row classes: the header is the class's fields, a cell what its field says."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from facegap.errors import StoreError
from facegap.schema import ROWS, Column, Row, cells_of, columns_of, names_of
from facegap.store.manifest import read_manifest
from facegap.store.runs import unguarded, write_cells

RowT = TypeVar("RowT", bound=Row)


def table_path(folder: Path, row: type[Row]) -> Path:
    """Where the table lies in a results folder."""
    return folder / "tables" / f"{row.table}.csv"


def write_rows(folder: Path, row: type[Row], rows: Iterable[Row]) -> None:
    """Write the table of a row class below `folder`/tables; a float is written so that it reads back exactly.

    Raises:
        StoreError: it cannot be written.
    """
    write_cells(table_path(folder, row), names_of(row), (cells_of(one) for one in rows))


def read_rows(folder: Path, row: type[RowT]) -> list[RowT]:
    """The rows of the table in the results folder, in the order of the file.

    Raises:
        StoreError: the file or a column is missing, or a cell does not hold what its column says.
    """
    path, columns = table_path(folder, row), columns_of(row)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(path, reader.fieldnames or (), columns)
            return [row(**dict(_cells(path, reader.line_num, cells, columns))) for cells in reader]
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}; run the study again") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: not a CSV table in UTF-8: {error}") from None


class Tables:
    """The manifest and the tables of a results folder; a table is read when first asked for: `tables[RateRow]`."""

    def __init__(self, folder: Path, beside: Sequence[Row] = ()) -> None:
        """`beside`: rows of tables that are made from the run and do not lie in its folder, such as requirements."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        self._read: dict[type[Row], list[Any]] = {}
        for row in beside:
            self._read.setdefault(type(row), []).append(row)

    def __getitem__(self, row: type[RowT]) -> list[RowT]:
        """The rows of a table in the order of its file; none where the run lacks it, as it may (`Row.always`).

        Raises:
            StoreError: the file is missing though every run has it, or it is damaged.
        """
        if row not in self._read:
            there = row.always or table_path(self.folder, row).exists()
            self._read[row] = read_rows(self.folder, row) if there else []
        return self._read[row]


def read_tables(folder: Path, beside: Sequence[Row] = ()) -> Tables:
    """The results folder with every table read, so that whatever is damaged is found here; `beside` as of `Tables`.

    Raises:
        StoreError: the manifest, a table or a column is missing, or a cell does not hold what its column says.
    """
    tables = Tables(folder, beside)
    for row in ROWS.values():
        tables[row]
    return tables


def _check_header(path: Path, found: Iterable[str], columns: tuple[Column, ...]) -> None:
    """Columns that the row class does not name are left aside, so that a later version's table can be read."""
    missing = [column.name for column in columns if column.name not in found]
    if missing:
        raise StoreError(f"{path}: missing columns: {', '.join(missing)}; found: {', '.join(found) or 'an empty file'}")


def _cells(
    path: Path, line: int, cells: Mapping[str, str | None], columns: tuple[Column, ...]
) -> Iterator[tuple[str, Any]]:
    for column in columns:
        text = cells[column.name]
        if text is None:
            raise StoreError(f"{path}: line {line}: {column.name}: the row ends before this column")
        try:
            yield column.name, _cell(text, column)
        except ValueError as error:
            raise StoreError(f"{path}: line {line}: {column.name}: {error}") from None


def _cell(text: str, column: Column) -> str | int | float | None:
    if column.kind == "text":
        return unguarded(text)
    if text == "":
        if not column.blank:
            raise ValueError("expected a number, found a blank")
        return None
    if column.kind == "whole number":
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"expected a whole number, found '{text}'") from None
    return _float(text)


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"expected a number, found '{text}'") from None
    if math.isnan(value):
        raise ValueError("expected a number or a blank, found 'nan'")
    return value
