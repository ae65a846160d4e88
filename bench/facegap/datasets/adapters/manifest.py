"""A CSV manifest: one row a sample, and the card says what its columns are called."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from facegap.cards import DatasetCard
from facegap.cards.dataset import COLUMNS
from facegap.datasets.accept import settle
from facegap.datasets.files import below, card_file, decode, existing_root, lines_of, read_bytes, walk
from facegap.datasets.row import Loaded, Row, Shared
from facegap.errors import DatasetError
from facegap.store import sha256_bytes
from facegap.words import did_you_mean


def load(card: DatasetCard, root: Path) -> Loaded:
    """The samples that the manifest names; the files below `root` must be there.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: the manifest is not there, is not UTF-8 CSV, lacks a column, or is another version's.
    """
    name = card_file(card, existing_root(card, root), "manifest")
    # The walk first: its memory is not taken while the text is there too.
    tree = walk(root)
    rows = _rows(card, root / name)
    if not rows:
        raise DatasetError(f"{root / name}: no rows below the header; expected one per sample")
    return settle(card, root, name, rows, tree)


def _rows(card: DatasetCard, path: Path) -> list[Row]:
    """The rows of the manifest; its text is forgotten when they are there."""
    header, lines = read_table(path, _text(card, path))
    places, share = _places(card, path, header), Shared()
    return [_row(card, places, len(header), line, fields, share) for line, fields in lines]


def _text(card: DatasetCard, path: Path) -> str:
    data = read_bytes(path)
    _check_digest(card, path, data)
    return decode(path, data)


def _check_digest(card: DatasetCard, path: Path, data: bytes) -> None:
    found = sha256_bytes(data)
    if card.digest is not None and found != card.digest:
        raise DatasetError(
            f"{path}: another version than the card's: expected sha256 {card.digest}, found {found}; "
            "restore the file, or correct digest in the card"
        )


def read_table(path: Path, text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Header and rows (line number, fields) of a CSV; spaces around fields are dropped, empty lines skipped.

    LF, CR LF and CR all end a line. `path` is for messages only.

    Raises:
        DatasetError: it is empty, not CSV, or its header names a column twice.
    """
    lines = _fields(path, text)
    _, header = next(lines, (0, []))
    if not header:
        raise DatasetError(f"{path}: empty; expected a header of column names in its first line")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise DatasetError(f"{path}: line 1: column '{twice[0]}' stands twice in the header; rename one")
    return header, lines


def _fields(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines_of(text), strict=True)
    try:
        for fields in reader:
            stripped = [field.strip() for field in fields]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise DatasetError(f"{path}: line {reader.line_num}: not CSV: {error}; check the quotes") from None


def column_place(path: Path, header: Sequence[str], column: str, hint: str = "") -> int:
    """Where `column` stands in the header.

    Raises:
        DatasetError: it does not; the message lists what does, and a near name.
    """
    if column in header:
        return header.index(column)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise DatasetError(f"{path}: line 1: one column found, '{header[0]}'; separate the columns with commas")
    there = f"there are: {', '.join(header)}{did_you_mean(column, header)}"
    raise DatasetError(f"{path}: line 1: no column '{column}'; {there}{hint}")


def _places(card: DatasetCard, path: Path, header: Sequence[str]) -> dict[str, int]:
    """Our column name -> its place in the manifest; columns that may be left out are missing where they are."""
    needed = {"path", *card.groups, *card.columns} | ({"subject_id"} if card.identities else set())
    places: dict[str, int] = {}
    for column in (*COLUMNS, *card.groups):
        own = card.columns.get(column, column)
        if column in needed:
            hint = f"; name the file's own column in the card: columns.{column}"
            places[column] = column_place(path, header, own, hint)
        elif own in header:
            places[column] = header.index(own)
    return places


def _row(card: DatasetCard, places: dict[str, int], width: int, line: int, fields: list[str], share: Shared) -> Row:
    if len(fields) != width:
        return Row(
            where=f"line {line}",
            id="",
            subject="",
            path="",
            labels={},
            fault=f"{len(fields)} fields where the header has {width}",
        )
    path = _tidy(fields[places["path"]])
    name = fields[places["sample_id"]] if "sample_id" in places else path
    return Row(
        where=f"line {line}",
        id=name,
        subject=share.text(fields[places["subject_id"]]) if card.identities else name,
        path=below(card.files.get("images", ""), path),
        labels=share.labels(tuple(card.groups), tuple(fields[places[column]] for column in card.groups)),
        session=share.text(fields[places["session"]]) if "session" in places else "",
        role=share.text(fields[places["role"]]) if "role" in places else "",
    )


def _tidy(path: str) -> str:
    """`path` without "." and empty parts, so that one file has one name."""
    return str(PurePosixPath(path)) if path.startswith("./") or "/./" in path or "//" in path else path
