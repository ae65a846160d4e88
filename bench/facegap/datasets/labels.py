"""Labels that lie beside the pictures in a table of their own, joined by id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from facegap.cards import DatasetCard
from facegap.datasets.files import Tree, card_file, read_bytes
from facegap.datasets.ids import Near, alike
from facegap.datasets.row import Row
from facegap.datasets.tables import Sheet, read_sheet, read_sheets
from facegap.errors import DatasetError
from facegap.records import Finding
from facegap.words import plural, shown

TWO_ROWS = "the table of labels has two rows for it that differ"
OTHER_NUMBER = "the table of labels has its id written as another number only"


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Id -> its rows of labels, each distinct one once."""

    name: str
    sheet: Sheet
    rows: Mapping[str, list[dict[str, str]]]


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
    labelled = [_labelled(table, row, one, near) for row, one in zip(rows, ids, strict=True)]
    return labelled, list(_findings(card, table, ids, near))


def label_files(card: DatasetCard, tree: Tree) -> set[str]:
    """Files that hold labels."""
    pattern = card.files.get("labels", "")
    return {path for path in tree.files if path == pattern or ("*" in pattern and fnmatchcase(path, pattern))}


def _read(card: DatasetCard, root: Path, tree: Tree, columns: Sequence[str]) -> _Table:
    name = card.files["labels"]
    if "*" in name:
        sheet = read_sheets(root, name, sorted(tree.files))
    else:
        name = card_file(card, root, "labels")
        sheet = read_sheet(root / name, read_bytes(root / name))
    key = f"{card.labels_by}_id"
    hint = f"; name the table's own column in the card: columns.{key}"
    at = sheet.place(card.columns.get(key, key), hint)
    places = {
        column: sheet.place(card.columns.get(column, column), f"; name it in the card: columns.{column}")
        for column in columns
    }
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for where, fields in sheet.rows:
        if len(fields) != len(sheet.header):
            raise DatasetError(
                f"{sheet.path}: {where}: {len(fields)} fields where the header has {len(sheet.header)}; correct it"
            )
        labels = {column: fields[place] for column, place in places.items()}
        if fields[at] and labels not in found[fields[at]]:
            found[fields[at]].append(labels)
    return _Table(name=name, sheet=sheet, rows=found)


def _id(card: DatasetCard, row: Row) -> str:
    return row.subject if card.labels_by == "subject" else row.id


def _labelled(table: _Table, row: Row, name: str, near: Near) -> Row:
    if row.fault:
        return row
    found = table.rows.get(name, [])
    if len(found) > 1:
        return replace(row, fault=TWO_ROWS)
    if not found and near.numbers(name):
        return replace(row, fault=OTHER_NUMBER)
    return replace(row, labels={**row.labels, **found[0]}) if found else row


def _check_some_match(card: DatasetCard, table: _Table, ids: Sequence[str], near: Near) -> None:
    if not table.rows:
        raise DatasetError(f"{table.sheet.path}: no rows of labels; expected one per {card.labels_by}")
    if ids and not any(one in table.rows for one in ids):
        hint = next((said for one in dict.fromkeys(ids) if (said := near.hint(one))), "")
        raise DatasetError(
            f"{table.sheet.path}: not one of its {plural(len(table.rows), 'id')} is a {card.labels_by} of the data "
            f"set: '{shown(next(iter(table.rows)))}' there, '{shown(ids[0])}' here{shown(hint)}; name the column of "
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
    missing = [one for one in dict.fromkeys(ids) if one and one not in table.rows and not near.numbers(one)]
    if missing:
        yield Finding(
            level="warning",
            rule="no-row",
            message=f"{table.name}: {plural(len(missing), card.labels_by)} without a row of labels",
            examples=tuple(f"'{one}'{near.hint(one)}" for one in missing),
            advice="counted as 'unknown'",
            count=len(missing),
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
