"""A manifest, CSV or JSON: one row a sample, and the card says what its columns are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from facegap.cards import DatasetCard
from facegap.cards.dataset import COLUMNS
from facegap.datasets.accept import settle
from facegap.datasets.columns import Read, label_reader, reader, required
from facegap.datasets.files import below, card_file, existing_root, read_bytes, walk
from facegap.datasets.labels import with_labels
from facegap.datasets.roles import with_roles
from facegap.datasets.row import Loaded, Row, Shared
from facegap.datasets.tables import Sheet, open_sheet
from facegap.errors import DatasetError
from facegap.records import NO_LABEL, Finding
from facegap.store import sha256_bytes
from facegap.words import plural


def load(card: DatasetCard, root: Path, images: bool = True) -> Loaded:
    """The samples that the manifest names; with `images` their files below `root` must be there.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: the manifest is not there, is no CSV or JSON, lacks a column, or is another version's.
    """
    name = card_file(card, existing_root(card, root), "manifest")
    # The walk first: its memory is not taken while the text is there too.
    tree = walk(root)
    rows, left_out, unread = _rows(card, root / name)
    if not rows and not left_out:
        raise DatasetError(f"{root / name}: no rows below the header; expected one per sample")
    rows, labels = with_labels(card, root, tree, rows, unread)
    rows, roles = with_roles(card, name, rows)
    findings = [*_left_out(card, name, left_out), *labels, *roles]
    return settle(card, root, name, rows, tree, findings, {row.path for row in left_out}, images)


def _keeps(card: DatasetCard, sheet: Sheet) -> Callable[[Sequence[str]], bool]:
    """Whether a row has a value that the card keeps in every column that it names; a row of other width stays."""
    places = {sheet.place(column, "; correct keep in the card"): values for column, values in card.keep.items()}
    wanted = {place: {value.casefold() for value in values} for place, values in places.items()}
    width = len(sheet.header)
    return lambda fields: len(fields) != width or all(fields[k].casefold() in known for k, known in wanted.items())


def _left_out(card: DatasetCard, name: str, rows: Sequence[Row]) -> Iterator[Finding]:
    if rows:
        rule = "; ".join(f"{column} is not {' or '.join(values)}" for column, values in card.keep.items())
        message = f"{name}: {plural(len(rows), 'sample')} left out, as the card says: {rule}"
        examples = tuple(row.where for row in rows)
        yield Finding(level="info", rule="left-out", message=message, examples=examples, advice="not used")


def _rows(card: DatasetCard, path: Path) -> tuple[list[Row], list[Row], list[str]]:
    """The rows of the manifest, whose text is forgotten then, those left out, and the labels it has no column of."""
    sheet, lines = open_sheet(path, _checked(card, path), card.tables.get("manifest"))
    first = next(lines, None)
    if first is None:
        return [], [], []
    if card.sides:
        return _samples_of_pairs(card, sheet, chain([first], lines)), [], []
    reads, share, keeps = _reads(card, sheet), Shared(), _keeps(card, sheet)
    rows: list[Row] = []
    left_out: list[Row] = []
    for where, fields in chain([first], lines):
        row = _row(card, reads, len(sheet.header), where, fields, share)
        (rows if keeps(fields) else left_out).append(row)
    return rows, left_out, [column for column in (*card.read_groups, *card.extra) if column not in reads]


def _samples_of_pairs(card: DatasetCard, sheet: Sheet, lines: Iterable[tuple[str, Sequence[str]]]) -> list[Row]:
    """The samples of a table of comparisons, each once; one of which it says two things twice, to be refused."""
    reads = [_reads(card.model_copy(update={"columns": {**card.columns, **side}}), sheet) for side in card.sides]
    share, keeps, width = Shared(), _keeps(card, sheet), len(sheet.header)
    found: dict[tuple[str, ...], Row] = {}
    for where, fields in lines:
        for side in reads if keeps(fields) else ():
            row = _row(card, side, width, where, fields, share)
            key = (
                (where,) if row.fault else (row.id, row.subject, row.path, row.session, row.role, *row.labels.values())
            )
            found.setdefault(key, row)
    return list(found.values())


def _checked(card: DatasetCard, path: Path) -> bytes:
    """What the file holds, where it is the card's version."""
    data = read_bytes(path)
    found = sha256_bytes(data)
    if card.digest is not None and found != card.digest:
        raise DatasetError(
            f"{path}: another version than the card's: expected sha256 {card.digest}, found {found}; "
            "restore the file, or correct digest in the card"
        )
    return data


def _reads(card: DatasetCard, sheet: Sheet) -> dict[str, Read]:
    """Our column name -> what reads it from a row; columns that may be left out are missing where they are."""
    groups, recorded = card.read_groups, required(card)
    needed = {"path", *groups, *card.linked, *card.columns} | ({"subject_id"} if card.identities else set())
    if "labels" in card.files:
        needed -= {*groups}
        recorded = set()
    reads: dict[str, Read] = {}
    for name, own in card.extra.items():
        if name in recorded or own in sheet.header or "{" in own:
            reads[name] = reader(sheet, own, f"; correct {name} in the card")
    for column in (*COLUMNS, *groups, *card.linked):
        own = card.columns.get(column, column)
        hint = f"; name the file's own column in the card: columns.{column}"
        flags = groups[column].flags if column in groups else ()
        if column in needed or own in sheet.header or (flags and set(flags) <= set(sheet.header)):
            reads[column] = label_reader(card, sheet, column, hint) if flags else reader(sheet, own, hint)
    return reads


def _row(
    card: DatasetCard, reads: Mapping[str, Read], width: int, where: str, fields: Sequence[str], share: Shared
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
    path = _tidy(reads["path"](fields))
    name = reads["sample_id"](fields) if "sample_id" in reads else path
    columns = tuple(column for column in (*card.read_groups, *card.extra) if column in reads)
    return Row(
        where=where,
        id=name,
        subject=share.text(reads["subject_id"](fields)) if card.identities else name,
        path=below(card.files.get("images", ""), path),
        labels=share.labels(columns, tuple(reads[column](fields) for column in columns)),
        session=share.text(reads["session"](fields)) if "session" in reads else "",
        role=share.text(reads["role"](fields)) if "role" in reads else "",
        relations=share.labels(card.linked, tuple(_relative(reads[column](fields)) for column in card.linked)),
    )


def _relative(value: str) -> str:
    """The value that relatives share; "" where none is known."""
    return "" if value == NO_LABEL else value


def _tidy(path: str) -> str:
    """`path` without "." and empty parts, so that one file has one name."""
    return str(PurePosixPath(path)) if path.startswith("./") or "/./" in path or "//" in path else path
