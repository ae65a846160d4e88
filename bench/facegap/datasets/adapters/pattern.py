"""Trees whose paths say who is on a picture and what the labels are, by the card's patterns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from facegap import signatures
from facegap.cards import DatasetCard
from facegap.cards.pattern import FIELDS, PathPattern, path_pattern
from facegap.datasets.accept import settle
from facegap.datasets.files import archives, check_level, existing_root, image_folder, walk
from facegap.datasets.labels import with_labels
from facegap.datasets.roles import with_roles
from facegap.datasets.row import Loaded, Row
from facegap.datasets.warnings import links_left_out, own_files
from facegap.errors import DatasetError
from facegap.records import Finding
from facegap.words import plural

NO_MATCH = "its path matches no pattern of the card"


def load(card: DatasetCard, root: Path) -> Loaded:
    """Every image below the card's folder, by the first pattern that its path matches; one of no pattern is refused.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: it holds no image, or its table of labels cannot be used.
    """
    folder = image_folder(card, existing_root(card, root))
    tree = walk(root)
    kinds = tree.sorted_out(folder, own_files(card, tree))
    expected = " or ".join(card.patterns)
    if not (kinds.pictures or kinds.unread):
        hint = archives(kinds.rest)
        raise DatasetError(f"data set '{card.name}': no image below {root / folder}; expected {expected}{hint}")
    patterns = [path_pattern(text) for text in card.patterns]
    faults = {
        **dict.fromkeys(kinds.pictures, ""),
        **{path: signatures.unread(kind) for path, kind in kinds.unread.items()},
    }
    read = {path: _below(folder, path) for path in sorted(faults)}
    left_out = {path for path, name in read.items() if _is_left_out(card, name)}
    paths = [read[path] for path in read if path not in left_out]
    check_level(card, root / folder, paths, lambda path: any(one.match(path) is not None for one in patterns))
    rows = [_row(card, patterns, path, read[path], faults[path]) for path in read if path not in left_out]
    name = folder or card.name
    rows, labels = with_labels(card, root, tree, rows, labelled_by_table(card, patterns))
    rows, roles = with_roles(card, name, rows)
    findings = [*links_left_out(name, tree), *_left_out(name, sorted(left_out)), *labels, *roles]
    return settle(card, root, name, rows, tree, findings, left_out)


def labelled_by_table(card: DatasetCard, patterns: Sequence[PathPattern]) -> list[str]:
    """The label columns that the table of labels has: what no pattern has, and what the card names for both."""
    in_path = {name for pattern in patterns for name in pattern.names}
    labels = (
        column
        for column, group in card.read_groups.items()
        if column not in in_path or column in card.columns or group.flags
    )
    return [*labels, *(name for name in card.extra if name.partition(".")[2] not in in_path)]


def _labels(card: DatasetCard, single: Mapping[str, str]) -> dict[str, str]:
    """Raw labels of a path, and what else it says of the picture under its own name."""
    named = {name: single[field] for name in card.extra if (field := name.partition(".")[2]) in single}
    return {**{field: value for field, value in single.items() if field not in FIELDS}, **named}


def _below(folder: str, path: str) -> str:
    return path.removeprefix(f"{folder}/") if folder else path


def _is_left_out(card: DatasetCard, name: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in card.left_out)


def _left_out(name: str, paths: Sequence[str]) -> Iterator[Finding]:
    if paths:
        message = f"{name}: {plural(len(paths), 'image')} left out, as the card says"
        yield Finding(level="info", rule="left-out", message=message, examples=tuple(paths), advice="not used")


def _row(card: DatasetCard, patterns: Sequence[PathPattern], path: str, name: str, fault: str) -> Row:
    bare = Row(where=path, id=name, subject="", path=path, labels={}, fault=fault)
    found = next((values for pattern in patterns if (values := pattern.match(name)) is not None), None)
    if fault or found is None:
        return replace(bare, fault=fault or NO_MATCH)
    twofold = [field for field, values in found.items() if len(values) > 1]
    if twofold:
        return replace(bare, fault=f"{twofold[0]}: two values in its path")
    single = {field: values[0] for field, values in found.items()}
    sample = single.get("sample", name)
    return Row(
        where=path,
        id=sample,
        subject=single.get("subject", "") if card.identities else sample,
        path=path,
        labels=_labels(card, single),
        session=single.get("session", ""),
    )
