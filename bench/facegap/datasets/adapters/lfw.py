"""The layout of Labeled Faces in the Wild: person/person_0001.jpg, lists of file names per label, pairs.txt."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from facegap.cards import DatasetCard
from facegap.datasets.accept import settle
from facegap.datasets.files import below, card_file, existing_root, image_folder, read_text, walk
from facegap.datasets.ids import Near
from facegap.datasets.row import Loaded, Row
from facegap.datasets.warnings import links_left_out, own_files
from facegap.errors import DatasetError
from facegap.words import plural, shown

_FILE = re.compile(r"(?P<person>.+)_\d{4}\.\w+")


def load(card: DatasetCard, root: Path) -> Loaded:
    """Every image below the card's folder and every image that a list names; an image in no list has no label.

    `files.<value>` names the list of each label value: one file name (person_0001.jpg) a line.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: it holds no image, a list is not there, or not one of its names is an image.
    """
    folder = image_folder(card, existing_root(card, root))
    tree = walk(root)
    images = tree.sorted_out(folder, own_files(card, tree)).pictures
    if not images:
        raise DatasetError(f"data set '{card.name}': no image below {root / folder}; expected person/person_0001.jpg")
    there = {path.rpartition("/")[2] for path in images}
    labels = {column: _lists(card, root, column, there) for column in card.groups}
    rows = [_row(labels, folder, path) for path in images]
    name = folder or card.name
    return settle(card, root, name, rows + _absent(labels, folder, rows), tree, links_left_out(name, tree))


def _lists(card: DatasetCard, root: Path, column: str, there: Collection[str]) -> dict[str, str]:
    """File name -> label; a file in two lists gets both, which is no label of the card's and so is refused."""
    labels: dict[str, str] = {}
    for value in card.groups[column].values:
        names = _list(root / card_file(card, root, value), there)
        for name in names:
            known = labels.get(name, value)
            labels[name] = value if known == value else f"{known} and {value}"
    return labels


def _list(path: Path, there: Collection[str]) -> list[str]:
    """The file names of one list.

    Raises:
        DatasetError: there are some, and not one is an image of the data set.
    """
    names = [name for line in read_text(path).splitlines() if (name := line.strip())]
    if names and not any(name in there for name in names):
        near = Near(there)
        hint = next((said for name in names if (said := near.hint(name))), "")
        raise DatasetError(
            f"{path}: not one of its {plural(len(names), 'name')} is an image of the data set: '{shown(names[0])}' in "
            f"the list, '{shown(min(there))}' in the folder{shown(hint)}; expected file names such as person_0001.jpg"
        )
    return names


def _row(labels: dict[str, dict[str, str]], folder: str, path: str) -> Row:
    name = path.removeprefix(f"{folder}/") if folder else path
    person, _, file = name.partition("/")
    if _person(file) != person:
        return Row(where=path, id=name, subject="", path=path, labels={}, fault="not at person/person_0001.jpg")
    return Row(
        where=path,
        id=name,
        subject=person,
        path=path,
        labels={column: names.get(file, "") for column, names in labels.items()},
    )


def _absent(labels: dict[str, dict[str, str]], folder: str, rows: list[Row]) -> list[Row]:
    """Rows of what the lists name and no folder holds, to be refused and counted."""
    there = {row.path.rpartition("/")[2] for row in rows}
    missing = dict.fromkeys(name for names in labels.values() for name in names if name not in there)
    return [_absent_row(folder, name) for name in missing]


def _absent_row(folder: str, name: str) -> Row:
    person = _person(name)
    if not person:
        return Row(
            where=f"'{name}' in a list", id=name, subject="", path="", labels={}, fault="not called person_0001.jpg"
        )
    sample = f"{person}/{name}"
    return Row(where="named in a list", id=sample, subject=person, path=below(folder, sample), labels={})


def _person(file: str) -> str:
    match = _FILE.fullmatch(file)
    return match["person"] if match else ""
