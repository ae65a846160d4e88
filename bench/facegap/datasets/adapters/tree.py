"""A folder tree group/subject/image: folders carry the labels, the folder above an image is its subject."""

from __future__ import annotations

from pathlib import Path

from facegap.cards import DatasetCard
from facegap.datasets.accept import settle
from facegap.datasets.files import existing_root, image_folder, walk
from facegap.datasets.row import Loaded, Row
from facegap.datasets.warnings import links_left_out
from facegap.errors import DatasetError


def load(card: DatasetCard, root: Path) -> Loaded:
    """Every image below the card's folder; an image elsewhere than the layout has it is refused.

    The layout is one folder per column of `tree_groups` (or one folder for all, its parts joined by `tree_separator`),
    a folder per subject where the data set has identities, then the images.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: it holds no image.
    """
    folder = image_folder(card, existing_root(card, root))
    tree = walk(root)
    images = tree.images(folder)
    if not images:
        raise DatasetError(f"data set '{card.name}': no image below {root / folder}; expected {layout(card)}")
    rows = [_row(card, folder, path) for path in images]
    name = folder or card.name
    return settle(card, root, name, rows, tree, links_left_out(name, tree))


def layout(card: DatasetCard) -> str:
    """The card's layout in words, such as "ethnicity/gender/subject/image"."""
    separator = card.tree_separator or "/"
    return "/".join([separator.join(card.tree_groups), *(["subject"] if card.identities else []), "image"])


def _row(card: DatasetCard, folder: str, path: str) -> Row:
    name = path.removeprefix(f"{folder}/") if folder else path
    parts = name.split("/")
    levels = 1 if card.tree_separator else len(card.tree_groups)
    if len(parts) != levels + card.identities + 1:
        return Row(where=path, id=name, subject="", path=path, labels={}, fault=f"not at {layout(card)}")
    values = parts[0].split(card.tree_separator) if card.tree_separator else parts[:levels]
    if len(values) != len(card.tree_groups):
        return Row(
            where=path,
            id=name,
            subject="",
            path=path,
            labels={},
            fault=f"folder is not {card.tree_separator.join(card.tree_groups)}",
        )
    subject = parts[-2] if card.identities else name
    return Row(where=path, id=name, subject=subject, path=path, labels=dict(zip(card.tree_groups, values, strict=True)))
