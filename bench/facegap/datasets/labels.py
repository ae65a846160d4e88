"""Labels that lie beside the pictures in a table of their own, joined by id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from facegap.cards import DatasetCard
from facegap.cards.dataset import OBSERVED
from facegap.datasets.columns import label_reader, reader, required
from facegap.datasets.files import Tree, card_file, read_bytes
from facegap.datasets.ids import Near, alike
from facegap.datasets.row import Row
from facegap.datasets.tables import Sheet, read_sheet, read_sheets
from facegap.datasets.values import label_of
from facegap.errors import DatasetError
from facegap.records import NO_LABEL, Finding
from facegap.words import plural, shown

TWO_ROWS = "the table of labels has two rows for it that differ"
ODD_ROW = "its row in the table of labels has too many or too few fields"
OTHER_NUMBER = "the table of labels has its id written as another number only"


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Id -> its rows of labels, each distinct one once.

    `odd`: where a row of too many or too few fields stands -> its id.
    """

    name: str
    sheet: Sheet
    rows: Mapping[str, list[dict[str, str]]]
    odd: Mapping[str, str]


def with_labels(
    card: DatasetCard, root: Path, tree: Tree, rows: Sequence[Row], columns: Sequence[str]
) -> tuple[list[Row], list[Finding]]:
    """The rows with the labels of `columns` from the card's table, `files.labels`, and what was found in joining.

    An id that the table has only as a spreadsheet would have changed it ("0001", "1", "1.0") is refused and named,
    never joined; one that it does not have at all has no label.

    Raises:
        DatasetError: the table cannot be read, lacks a column, or not one of its ids is an id of the data set.
    """
    if "labels" not in card.files:
        return list(rows), []
    table = _read(card, root, tree, columns)
    ids = [_id(card, row) for row in rows]
    near = Near(table.rows)
    _check_some_match(card, table, [one for one in ids if one], near)
    labelled = [_labelled(card, table, row, one, near) for row, one in zip(rows, ids, strict=True)]
    return labelled, list(_findings(card, table, ids, near))


def label_files(card: DatasetCard, tree: Tree) -> set[str]:
    """Files that hold labels."""
    pattern = card.files.get("labels", "")
    return {path for path in tree.files if path == pattern or ("*" in pattern and fnmatchcase(path, pattern))}


def _read(card: DatasetCard, root: Path, tree: Tree, columns: Sequence[str]) -> _Table:
    name = card.files["labels"]
    if "*" in name:
        sheet = read_sheets(root, name, sorted(tree.files), card.tables.get("labels"))
    else:
        name = card_file(card, root, "labels")
        sheet = read_sheet(root / name, read_bytes(root / name), card.tables.get("labels"))
    key = f"{card.labels_by}_id"
    hint = f"; name the table's own column in the card: columns.{key}"
    at = reader(sheet, card.columns.get(key, key), hint)
    there = {column for column in columns if column not in card.extra or column in required(card)}
    reads = {
        column: label_reader(card, sheet, column, f"; name it in the card: {_key(card, column)}")
        for column in columns
        if column in there or card.extra[column] in sheet.header
    }
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    odd: dict[str, str] = {}
    for where, fields in sheet.rows:
        if len(fields) != len(sheet.header):
            odd[where] = at([*fields, *[""] * len(sheet.header)])
            continue
        labels = {column: read(fields) for column, read in reads.items()}
        if at(fields) and labels not in found[at(fields)]:
            found[at(fields)].append(labels)
    return _Table(name=name, sheet=sheet, rows={one: rows for one, rows in found.items() if rows}, odd=odd)


def _key(card: DatasetCard, column: str) -> str:
    """The key of the card that names a column's own name in the table."""
    return (
        f"{column}.column" if column.startswith(OBSERVED) else column if column in card.extra else f"columns.{column}"
    )


def _id(card: DatasetCard, row: Row) -> str:
    return row.subject if card.labels_by == "subject" else row.id


def _labelled(card: DatasetCard, table: _Table, row: Row, name: str, near: Near) -> Row:
    if row.fault:
        return row
    found = table.rows.get(name, [])
    if name and name in table.odd.values():
        return replace(row, fault=ODD_ROW)
    if len(found) > 1:
        return replace(row, fault=TWO_ROWS)
    if not found and near.numbers(name):
        return replace(row, fault=OTHER_NUMBER)
    return _joined(card, row, found[0]) if found else row


def _joined(card: DatasetCard, row: Row, labels: Mapping[str, str]) -> Row:
    """The row with the table's labels; refused where its path has another label in the same column."""
    for column, raw in labels.items():
        said = {_said(card, column, text) for text in (raw, row.labels.get(column, ""))} - {NO_LABEL}
        if len(said) > 1:
            return replace(row, fault=f"{column}: its path and the table of labels say different labels")
    return replace(row, labels={**row.labels, **{column: raw for column, raw in labels.items() if raw}})


def _said(card: DatasetCard, column: str, raw: str) -> str:
    """The label that a raw value stands for; what is no label stands for itself."""
    return (raw or NO_LABEL) if column in card.extra else label_of(card.groups[column], raw)


def _check_some_match(card: DatasetCard, table: _Table, ids: Sequence[str], near: Near) -> None:
    if not table.rows and not table.odd:
        raise DatasetError(f"{table.sheet.path}: no rows of labels; expected one per {card.labels_by}")
    if ids and not any(one in table.rows or one in table.odd.values() for one in ids):
        first = next(iter(table.rows), "nothing")
        hint = next((said for one in dict.fromkeys(ids) if (said := near.hint(one))), "")
        raise DatasetError(
            f"{table.sheet.path}: not one of its {plural(len(table.rows), 'id')} is a {card.labels_by} of the data "
            f"set: '{shown(first)}' there, '{shown(ids[0])}' here{shown(hint)}; name the column of "
            f"ids in the card (columns.{card.labels_by}_id), or correct the ids"
        )


def _findings(card: DatasetCard, table: _Table, ids: Sequence[str], near: Near) -> Iterator[Finding]:
    changed = [f"'{one}'{near.hint(one)}" for one in dict.fromkeys(ids) if one not in table.rows and near.numbers(one)]
    if changed:
        yield Finding(
            level="error",
            rule="changed-id",
            message=f"{table.name}: {plural(len(changed), card.labels_by)} with its id as another number only",
            examples=tuple(changed),
            advice="write both alike, as text; nothing was joined",
            count=len(changed),
        )
    known_ids = {*table.rows, *table.odd.values()}
    missing = [one for one in dict.fromkeys(ids) if one and one not in known_ids and not near.numbers(one)]
    if missing:
        yield Finding(
            level="warning",
            rule="no-row",
            message=f"{table.name}: {plural(len(missing), card.labels_by)} without a row of labels",
            examples=tuple(f"'{one}'{near.hint(one)}" for one in missing),
            advice="counted as 'unknown'",
            count=len(missing),
        )
    if table.odd:
        yield Finding(
            level="error",
            rule="odd-labels",
            message=f"{table.name}: {plural(len(table.odd), 'row')} of labels with too many or too few fields",
            examples=tuple(table.odd),
            advice="correct them; samples of such a row are refused",
        )
    two = [" and ".join(f"'{one}'" for one in group) for group in alike(table.rows)]
    if two:
        yield Finding(
            level="warning",
            rule="alike-ids",
            message=f"{table.name}: {plural(len(two), 'id')} of labels written in two ways",
            examples=tuple(two),
            advice="each counts for the id that is written just so",
            count=len(two),
        )
    known = set(ids)
    extra = [one for one in table.rows if one not in known and not near.numbers(one)]
    if extra:
        message = f"{table.name}: {plural(len(extra), 'row')} of labels for ids without a sample"
        yield Finding(
            level="info",
            rule="extra-labels",
            message=message,
            examples=tuple(extra),
            advice="not used",
            count=len(extra),
        )
