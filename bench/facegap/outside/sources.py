"""Files of scores as blocks of columns, whatever their form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap.errors import InputError, MissingError
from facegap.outside.faults import Faults, Place
from facegap.outside.text import (
    Form,
    check_header,
    ends_in_a_line,
    even_columns,
    form_of,
    ours,
    rows_of,
    text_blocks,
)
from facegap.records import Mask

Column = list[str] | npt.NDArray[np.float64]
"""Texts, or (k,) numbers as they are in Parquet, NaN where there is none."""

_PARQUET = b"PAR1"
_ROWS = 1 << 16


@dataclass(frozen=True, eq=False, kw_only=True)
class Block(Place):
    """Rows of a file: their lines, and the columns by our names, each of as many entries.

    Attributes:
        empty: of numbers, (k,) True where there is none; None of texts.
    """

    columns: Mapping[str, Column]
    empty: Mask | None = None

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, rows: Mask) -> Block:
        """The (k,) marked rows."""
        columns: dict[str, Column] = {
            name: column[rows]
            if isinstance(column, np.ndarray)
            else [text for text, there in zip(column, rows.tolist(), strict=True) if there]
            for name, column in self.columns.items()
        }
        empty = None if self.empty is None else self.empty[rows]
        return Block(path=self.path, file=self.file, lines=self.lines[rows], columns=columns, empty=empty)

    def texts(self, name: str) -> list[str]:
        """A column of texts."""
        column = self.columns[name]
        return column if isinstance(column, list) else [str(value) for value in column.tolist()]


def blocks(
    files: Sequence[Path],
    needed: Sequence[tuple[str, ...]],
    faults: Faults,
    bare: bool = True,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Block]:
    """The rows of all files, in blocks; a line with another number of fields than the first is a fault.

    `columns` are our names of columns -> the files' own, where they differ.

    Raises:
        InputError: a file cannot be read, or has not one of the sets of columns that are `needed`; there is no file.
        MissingError: Parquet without pyarrow.
    """
    if not files:
        raise InputError("scores: no file; give the files that the vendor sent")
    for number, path in enumerate(files):
        rows = 0
        named = columns or {}
        form = partial(form_of, path, needed=needed, bare=bare, columns=named)
        for block in _parquet(path, number, needed, named) if _is_parquet(path) else _text(path, number, form, faults):
            rows += len(block)
            yield block
        if not rows and not len(faults):
            raise InputError(f"{path}: no row behind its header; expected scores")


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET
    except OSError:
        return False  # said by who reads it


def _text(path: Path, number: int, form_by: Callable[[Sequence[str]], Form], faults: Faults) -> Iterator[Block]:
    form: Form | None = None
    begun: list[str] = []
    for first, lines in text_blocks(path):
        if form is not None:
            yield _block(path, number, first, lines, form, faults)
            continue
        begun += lines
        if sum(bool(line.strip()) for line in begun) > 1:
            form = form_by(begun)
            yield _block(path, number, 1 + form.start, begun[form.start :], form, faults)
    if form is None:
        form = form_by(begun)
        yield _block(path, number, 1 + form.start, begun[form.start :], form, faults)
    if not ends_in_a_line(path):
        faults.note(
            "scores-cut", f"{path.name}: the last line has no end: was the file cut off within its last number?"
        )


def _block(path: Path, number: int, first: int, lines: Sequence[str], form: Form, faults: Faults) -> Block:
    if (even := even_columns(lines, form.mark, len(form.columns))) is not None:
        at = np.arange(first, first + len(lines), dtype=np.int64)
        return Block(path=path, file=number, lines=at, columns=dict(zip(form.columns, even, strict=True)))
    rows, width = rows_of(path, lines, form.mark, first), len(form.columns)
    at = np.arange(first, first + len(lines), dtype=np.int64)
    if set(map(len, rows)) - {width}:
        lengths = np.array([len(row) for row in rows])
        wrong = (lengths != width) & (lengths != 0)
        place = Place(path=path, file=number, lines=at)
        faults.where("fields", wrong, place, lambda k: f"{lengths[k]} fields, expected {width}{_why(rows[k], form)}")
        rows, at = [row for row in rows if len(row) == width], at[lengths == width]
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return Block(
        path=path, file=number, lines=at, columns={n: list(c) for n, c in zip(form.columns, columns, strict=True)}
    )


def _why(row: Sequence[str], form: Form) -> str:
    if form.mark == "," and len(row) == len(form.columns) + 1 and row[-1].strip().isdecimal():
        return ": a decimal comma? Separate the columns with semicolons, or write decimal points"
    if form.mark == " " and len(row) > len(form.columns):
        return ": a name with a space?"
    return ""


def _parquet(path: Path, number: int, needed: Sequence[tuple[str, ...]], named: Mapping[str, str]) -> Iterator[Block]:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError:
        raise MissingError(
            f"{path}: Parquet is read with pyarrow, which is not installed; install facegap[parquet], or ask for CSV"
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            names = [str(name) for name in file.schema_arrow.names]
            mine = {name: ours(name, named) for name in names}
            check_header(path, 1, list(mine.values()), needed)
            wanted = {"reason", "rank"} | {column for columns in needed for column in columns}
            used = [name for name in names if mine[name] in wanted]
            start = 1
            for batch in file.iter_batches(_ROWS, columns=used):
                yield _of_batch(path, number, start, batch, mine)
                start += batch.num_rows
    except InputError:
        raise
    except Exception as error:  # a damaged file raises many kinds
        raise InputError(f"{path}: cannot be read as Parquet: {type(error).__name__}; is it whole?") from None


def _of_batch(path: Path, number: int, start: int, batch: Any, ours: Mapping[str, str]) -> Block:
    columns: dict[str, Column] = {}
    empty = None
    for name in batch.schema.names:
        column, own = batch.column(name), ours[name]
        if own == "score" and str(column.type) in ("double", "float", "halffloat"):
            empty = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
            columns[own] = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
        else:
            columns[own] = ["" if value is None else str(value) for value in column.to_pylist()]
    lines = np.arange(start, start + batch.num_rows, dtype=np.int64)
    return Block(path=path, file=number, lines=lines, columns=columns, empty=empty)
