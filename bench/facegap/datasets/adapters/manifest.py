"""A manifest, CSV or JSON: one row a sample, and the card says what its columns are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from facegap.cards import DatasetCard
from facegap.cards.dataset import COLUMNS
from facegap.datasets.accept import settle
from facegap.datasets.files import below, card_file, existing_root, read_bytes, walk
from facegap.datasets.labels import with_labels
from facegap.datasets.roles import with_roles
from facegap.datasets.row import Loaded, Row, Shared
from facegap.datasets.tables import Sheet, read_sheet
from facegap.errors import DatasetError
from facegap.records import NO_LABEL
from facegap.store import sha256_bytes


def load(card: DatasetCard, root: Path) -> Loaded:
    """The samples that the manifest names; the files below `root` must be there.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: the manifest is not there, is no CSV or JSON, lacks a column, or is another version's.
    """
    name = card_file(card, existing_root(card, root), "manifest")
    # The walk first: its memory is not taken while the text is there too.
    tree = walk(root)
    rows, unread = _rows(card, root / name)
    if not rows:
        raise DatasetError(f"{root / name}: no rows below the header; expected one per sample")
    rows, labels = with_labels(card, root, tree, rows, unread)
    rows, roles = with_roles(card, name, rows)
    return settle(card, root, name, rows, tree, [*labels, *roles])


def _rows(card: DatasetCard, path: Path) -> tuple[list[Row], list[str]]:
    """The rows of the manifest, whose text is forgotten then; and the labels that it has no column of."""
    data = read_bytes(path)
    _check_digest(card, path, data)
    sheet = read_sheet(path, data)
    if not sheet.rows:
        return [], []
    places, share = _places(card, sheet), Shared()
    rows = [_row(card, places, len(sheet.header), where, fields, share) for where, fields in sheet.rows]
    return rows, [column for column in card.groups if column not in places]


def _check_digest(card: DatasetCard, path: Path, data: bytes) -> None:
    found = sha256_bytes(data)
    if card.digest is not None and found != card.digest:
        raise DatasetError(
            f"{path}: another version than the card's: expected sha256 {card.digest}, found {found}; "
            "restore the file, or correct digest in the card"
        )


def _places(card: DatasetCard, sheet: Sheet) -> dict[str, int]:
    """Our column name -> its place in the manifest; columns that may be left out are missing where they are."""
    needed = {"path", *card.groups, *card.relations, *card.columns} | ({"subject_id"} if card.identities else set())
    if "labels" in card.files:
        needed -= {*card.groups}
    places: dict[str, int] = {}
    for column in (*COLUMNS, *card.groups, *card.relations):
        own = card.columns.get(column, column)
        if column in needed:
            places[column] = sheet.place(own, f"; name the file's own column in the card: columns.{column}")
        elif own in sheet.header:
            places[column] = sheet.header.index(own)
    return places


def _row(
    card: DatasetCard, places: dict[str, int], width: int, where: str, fields: Sequence[str], share: Shared
) -> Row:
    if len(fields) != width:
        return Row(
            where=where,
            id="",
            subject="",
            path="",
            labels={},
            fault=f"{len(fields)} fields where the header has {width}",
        )
    path = _tidy(fields[places["path"]])
    name = fields[places["sample_id"]] if "sample_id" in places else path
    columns = tuple(column for column in card.groups if column in places)
    return Row(
        where=where,
        id=name,
        subject=share.text(fields[places["subject_id"]]) if card.identities else name,
        path=below(card.files.get("images", ""), path),
        labels=share.labels(columns, tuple(fields[places[column]] for column in columns)),
        session=share.text(fields[places["session"]]) if "session" in places else "",
        role=share.text(fields[places["role"]]) if "role" in places else "",
        relations={column: share.text(_relative(fields[places[column]])) for column in card.relations},
    )


def _relative(value: str) -> str:
    """The value that relatives share; "" where none is known."""
    return "" if value == NO_LABEL else value


def _tidy(path: str) -> str:
    """`path` without "." and empty parts, so that one file has one name."""
    return str(PurePosixPath(path)) if path.startswith("./") or "/./" in path or "//" in path else path
