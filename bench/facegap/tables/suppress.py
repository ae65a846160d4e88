"""Blank the numbers of hidden groups in every table alike, and of every row behind which there are too few people.

One rule for all tables: what is hidden of a row's block (the rows that differ in nothing but their group and threshold)
is what is hidden everywhere, the groups with too few people in this block, and what would give one of those away.
Tables that do not say how many people stand behind their rows take those of the table that does (`_BASES`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from facegap import schema
from facegap.evidence import Evidence
from facegap.schema import CrossRow, LossRow, Row, columns_of, keys_of
from facegap.tables.hidden import Hidden, HiddenGroups, Name, Pair
from facegap.words import GIVES_AWAY

_COUNT = re.compile(r"\b\d+ people, fewer than")

_PEOPLE = ("subjects", "people", "reference_subjects", "rest_subjects")
"""Columns that say how many people stand behind a row."""

_OF_GROUP = {"reference": ("reference_subjects",)}
"""Of a column with a group, where not `_PEOPLE` in general, those that say how many of its people there are."""

_AGAINST = ("rest_trials", "rest_rate", "gap", "against_others")
"""Columns that are of a group's others together, among whom those are that are hidden along in this block alone."""

_WITHIN = ("threshold", "low")
"""Key columns that part the rows of one block: another threshold rests on the same people."""

_SHARED = ("model", "condition", "metric")
"""Key columns by which a row is found again in the table that its people are taken from."""

_BASES: dict[type[Row], tuple[type[Row], ...]] = {
    schema.CmcRow: (schema.IdentificationRow,),
    schema.GalleryRow: (schema.IdentificationRow,),
    schema.ThroughputRow: (schema.TransactionRow,),
    schema.IdentificationRow: (),
    schema.TransactionRow: (),
    schema.LivenessRow: (),
    schema.RelativeRow: (),
    schema.LossRow: (),
    schema.ThresholdRow: (),
    schema.FoldRow: (),
}
_DEFAULT_BASES: tuple[type[Row], ...] = (schema.RateRow, schema.IdentificationRow)

_FTA: Mapping[str, str] = {"metric": "FTA"}
_AS: dict[type[Row], Mapping[str, str]] = {schema.AcquisitionRow: _FTA, schema.QualityRow: _FTA}
"""Tables that rest on the samples of a rate of another table."""

RowT = TypeVar("RowT", bound=Row)
Here = dict[Name, int]
_Key = tuple[Any, ...]

_OF_BLOCK: dict[type[Row], tuple[str, ...]] = {}
_OF_GROUPS: dict[type[Row], tuple[str, ...]] = {}


class _Block(NamedTuple):
    """Groups with rows in a block and the fewest people behind one of them, and groups that are too few there."""

    here: Here
    few: set[Name]


def suppressed(
    evidence: Evidence,
    row_class: type[RowT],
    rows: Iterable[RowT],
    hidden: HiddenGroups | None = None,
    tables: Mapping[type[Row], Sequence[Row]] | None = None,
) -> Iterator[RowT]:
    """The rows with those of hidden groups, and of fewer than `study.statistics.suppress_below` people, blanked.

    A blanked row still says where it belongs (its key columns), and nothing that was counted. A table without a note
    column loses such rows; the others keep them with the reason.

    Args:
        hidden: of the evidence, where it is known already.
        tables: the other tables of the same evidence, with nothing blanked.
    """
    groups = HiddenGroups(evidence) if hidden is None else hidden
    if not groups.least:
        yield from rows
        return
    found = list(rows)
    names = [column.name for column in columns_of(row_class)]
    pairs = _hidden_pairs(groups, found)
    for row, of_grouping in zip(found, _of_rows(groups, row_class, found, tables or {}), strict=True):
        grouping = str(getattr(row, "grouping", None))
        here, everywhere = (found.get(grouping, Hidden()) for found in (of_grouping, groups.always))
        why = why_hidden(row, here, groups.least)
        if not why and here.along - everywhere.every and any(hasattr(row, name) for name in _AGAINST):
            why = f"the others hold a group from which one of fewer than {groups.least} people could be computed"
        if not why and isinstance(row, CrossRow) and _pair(row) in pairs[_block_of(row)]:
            why = f"what fewer than {groups.least} people did {GIVES_AWAY}"
        if not why:
            yield _with_texts(row)
        elif "note" in names:
            kept: dict[str, Any] = {name: getattr(row, name) for name in keys_of(row_class)}
            yield row_class(**kept | {"note": f"suppressed: {why}"})


def _of_rows(
    groups: HiddenGroups, row_class: type[Row], rows: Sequence[Row], tables: Mapping[type[Row], Sequence[Row]]
) -> Iterator[Mapping[str, Hidden]]:
    """What is hidden of each row's block."""
    blocks = _blocks(rows, groups.least, _block_of)
    bases = [_hidden_by_key(groups, tables[base]) for base in _BASES.get(row_class, _DEFAULT_BASES) if base in tables]
    complete = row_class is schema.RelativeRow
    hidden: dict[tuple[Any, ...], Mapping[str, Hidden]] = {}
    for row in rows:
        key = _block_of(row)
        if key not in hidden:
            elsewhere = [_alike(row, base) for base in bases]
            few = frozenset(blocks[key].few.union(*(small for small, _ in elsewhere)))
            along = frozenset().union(*(along for _, along in elsewhere))
            here = frozenset(blocks[key].here.items() if few else ())
            hidden[key] = groups.of_block(few, here, along=along, complete=complete)
        yield hidden[key]


def _blocks(rows: Iterable[Row], least: int, key: Callable[[Row], _Key]) -> Mapping[_Key, _Block]:
    found: dict[_Key, _Block] = defaultdict(lambda: _Block({}, set()))
    for row in rows:
        block = found[key(row)]
        for name, people in _people_by_group(row):
            block.here[name] = min(block.here.get(name, people), people)
            if 0 < people < least and not _said_by_the_manifest(row):
                block.few.add(name)
    return found


def _block_of(row: Row) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _block_columns(type(row)))


def _block_columns(row: type[Row]) -> tuple[str, ...]:
    if row not in _OF_BLOCK:
        columns = (column for column in columns_of(row) if column.says.key and not column.says.group)
        _OF_BLOCK[row] = tuple(column.name for column in columns if column.name not in ("grouping", *_WITHIN))
    return _OF_BLOCK[row]


def _group_columns(row: type[Row]) -> tuple[str, ...]:
    if row not in _OF_GROUPS:
        _OF_GROUPS[row] = tuple(column.name for column in columns_of(row) if column.says.group and column.says.key)
    return _OF_GROUPS[row]


def _people_by_group(row: Row) -> Iterator[tuple[Name, int]]:
    """Each group of a row, and the people behind it; those of a pair say nothing of either alone."""
    for name in _group_columns(type(row)) if not isinstance(row, CrossRow) else ():
        counts = (getattr(row, count, None) for count in _OF_GROUP.get(name, _PEOPLE))
        known = [people for people in counts if people is not None]
        yield (str(getattr(row, "grouping", "")), getattr(row, name)), min(known, default=0)


def _pair(row: CrossRow) -> Pair:
    return row.grouping, row.reference_group, row.probe_group


def _hidden_pairs(groups: HiddenGroups, rows: Iterable[Row]) -> Mapping[tuple[Any, ...], frozenset[Pair]]:
    """Of each block of rows of pairs, the pairs that are not shown where one has too few people."""
    blocks: dict[tuple[Any, ...], dict[Pair, int]] = defaultdict(dict)
    for row in rows:
        if isinstance(row, CrossRow):
            blocks[_block_of(row)][_pair(row)] = row.subjects or 0
    few = {key: frozenset(p for p, n in here.items() if 0 < n < groups.least) for key, here in blocks.items()}
    return {key: groups.of_pairs(few[key], here) if few[key] else few[key] for key, here in blocks.items()}


def _hidden_by_key(groups: HiddenGroups, rows: Sequence[Row]) -> Mapping[_Key, tuple[set[Name], set[Name]]]:
    """Of a table that says how many people there are, by what tables have in common: small groups, those along."""
    found: dict[_Key, tuple[set[Name], set[Name]]] = {}
    for key, block in _blocks(rows, groups.least, _shared_key).items():
        if block.few:
            hidden = groups.of_block(frozenset(block.few), frozenset(block.here.items()))
            small = {(grouping, name) for grouping, one in hidden.items() for name in one.small}
            found[key] = small, {(grouping, name) for grouping, one in hidden.items() for name in one.along}
    return found


def _shared_key(row: Row) -> _Key:
    return tuple((name, getattr(row, name)) for name in _SHARED if hasattr(row, name))


def _alike(row: Row, base: Mapping[_Key, tuple[set[Name], set[Name]]]) -> tuple[set[Name], set[Name]]:
    """The hidden groups of all that `row` rests on."""
    own = dict(_shared_key(row)) | dict(_AS.get(type(row), {}))
    mine = [found for key, found in base.items() if all(own.get(name, value) == value for name, value in key)]
    return set().union(*(small for small, _ in mine)), set().union(*(along for _, along in mine))


def why_hidden(row: Row, hidden: Hidden, least: int) -> str:
    """Why the row is not shown; "" where it is."""
    few = f"fewer than {least} people"
    names = {getattr(row, column.name) for column in columns_of(type(row)) if column.says.group}
    names.add(str(getattr(row, "policy", "")).removeprefix("set by "))
    if hidden.small & names or _of_few(row, least):
        return few
    if hidden.along & names:
        return f"a group of {few} {GIVES_AWAY}"
    # A summary that rests on a hidden group, which its other groups would give back.
    return f"it rests on a group from which one of {few} could be computed" if _sums_up(row) and hidden.along else ""


def _of_few(row: Row, least: int) -> bool:
    counts = (getattr(row, name, None) for name in _PEOPLE)
    return not _said_by_the_manifest(row) and any(people is not None and 0 < people < least for people in counts)


def _said_by_the_manifest(row: Row) -> bool:
    """What was lost, of nobody's group, is in the manifest too."""
    return isinstance(row, LossRow) and not row.grouping


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
