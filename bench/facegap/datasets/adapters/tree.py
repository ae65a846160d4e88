"""A folder tree group/subject/image: folders carry the labels, the folder above an image is its subject."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from facegap import signatures
from facegap.cards import DatasetCard
from facegap.datasets.accept import settle
from facegap.datasets.files import check_level, existing_root, image_folder, walk
from facegap.datasets.labels import with_labels
from facegap.datasets.roles import with_roles
from facegap.datasets.row import Loaded, Row
from facegap.datasets.warnings import links_left_out, own_files
from facegap.errors import DatasetError


def load(card: DatasetCard, root: Path) -> Loaded:
    """Every image below the card's folder; an image elsewhere than the layout has it is refused.

    The layout is one folder per column of `tree_groups` (or one folder for all, its parts joined by `tree_separator`),
    a folder per subject where the data set has identities, then the images.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: it holds no image, or its table of labels cannot be used.
    """
    folder = image_folder(card, existing_root(card, root))
    tree = walk(root)
    kinds = tree.sorted_out(folder, own_files(card, tree))
    if not (kinds.pictures or kinds.unread):
        raise DatasetError(f"data set '{card.name}': no image below {root / folder}; expected {layout(card)}")
    names = [path.removeprefix(f"{folder}/") if folder else path for path in kinds.pictures]
    check_level(card, root / folder, names, lambda name: not _row(card, "", name).fault)
    rows = [_row(card, folder, path) for path in kinds.pictures]
    rows += [replace(_row(card, folder, path), fault=signatures.unread(kind)) for path, kind in kinds.unread.items()]
    name = folder or card.name
    columns = [*(column for column in card.read_groups if column not in card.tree_groups), *card.extra]
    rows, labels = with_labels(card, root, tree, rows, columns)
    rows, roles = with_roles(card, name, rows)
    return settle(card, root, name, rows, tree, [*links_left_out(name, tree), *labels, *roles])


def layout(card: DatasetCard) -> str:
    """The card's layout in words, such as "ethnicity/gender/subject/image"."""
    labels = [card.tree_separator.join(card.tree_groups)] if card.tree_separator else list(card.tree_groups)
    return "/".join([*labels, *(["subject"] if _has_folder(card) else []), "image"])


def _has_folder(card: DatasetCard) -> bool:
    """Whether each subject has a folder."""
    return card.identities and not card.subject_pattern


def _row(card: DatasetCard, folder: str, path: str) -> Row:
    name = path.removeprefix(f"{folder}/") if folder else path
    parts = name.split("/")
    levels = min(1, len(card.tree_groups)) if card.tree_separator else len(card.tree_groups)
    if len(parts) != levels + _has_folder(card) + 1:
        return Row(where=path, id=name, subject="", path=path, labels={}, fault=f"not at {layout(card)}")
    values = parts[0].split(card.tree_separator) if levels and card.tree_separator else parts[:levels]
    if len(values) != len(card.tree_groups):
        return Row(
            where=path,
            id=name,
            subject="",
            path=path,
            labels={},
            fault=f"folder is not {card.tree_separator.join(card.tree_groups)}",
        )
    subject = _subject(card, parts) if card.identities else name
    if not subject:
        return Row(
            where=path, id=name, subject="", path=path, labels={}, fault="its name does not match subject_pattern"
        )
    return Row(where=path, id=name, subject=subject, path=path, labels=dict(zip(card.tree_groups, values, strict=True)))


def _subject(card: DatasetCard, parts: list[str]) -> str:
    if _has_folder(card):
        return parts[-2]
    match = re.fullmatch(card.subject_pattern, PurePosixPath(parts[-1]).stem)
    return (match[1] or "") if match else ""
