"""What is worth a look in a data set and refuses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from facegap.cards import DatasetCard
from facegap.datasets.files import Tree
from facegap.datasets.ids import alike
from facegap.datasets.labels import label_files
from facegap.datasets.row import Source, per_subject
from facegap.datasets.rules import ADVICE
from facegap.records import NO_LABEL, Finding
from facegap.words import plural


def remarks(source: Source) -> Iterator[Finding]:
    """Half-labelled subjects, subjects spelt in two ways, and images that no row names."""
    for column, labels in per_subject(source):
        yield from _half_labelled(source, column, labels)
    if source.card.identities:
        yield from _alike_subjects(source)
    yield from _unnamed(source)


def _unnamed(source: Source) -> Iterator[Finding]:
    """Every file below the root that is no sample: pictures that nobody names, and what is no picture."""
    known = {row.path for row in source.rows} | own_files(source.card, source.tree) | set(source.left_out)
    kinds = source.tree.sorted_out("", known)
    extra = [*kinds.pictures, *kinds.unread]
    if extra:
        message = f"{source.name}: {plural(len(extra), 'image')} below the root not named"
        yield Finding(
            level="info",
            rule="extra-file",
            message=message,
            examples=tuple(extra),
            advice="not used",
            count=len(extra),
        )
    if kinds.rest:
        message = f"{source.name}: {plural(len(kinds.rest), 'file')} below the root that {_is(kinds.rest)} no picture"
        yield Finding(
            level="info",
            rule="other-file",
            message=message,
            examples=tuple(kinds.rest),
            advice="not used",
            count=len(kinds.rest),
        )


def _is(files: Sequence[str]) -> str:
    return "is" if len(files) == 1 else "are"


def own_files(card: DatasetCard, tree: Tree) -> set[str]:
    """The files that the card itself names: manifest, lists, labels."""
    named = {name for key, name in card.files.items() if key not in ("images", "labels")}
    named |= {name for protocol in card.protocols.values() for name in protocol.files}
    lists = {path for path in tree.files for name in named if "*" in name and fnmatchcase(path, name)}
    return {str(PurePosixPath(name)) for name in named} | lists | label_files(card, tree)


def _half_labelled(source: Source, column: str, labels: Sequence[str]) -> Iterator[Finding]:
    labelled: set[str] = set()
    bare: dict[str, int] = {}
    for row, label in zip(source.rows, labels, strict=True):
        if label == NO_LABEL:
            bare[row.subject] = bare.get(row.subject, 0) + 1
        elif label:
            labelled.add(row.subject)
    half = [subject for subject in bare if subject in labelled]
    if half:
        count = sum(bare[subject] for subject in half)
        yield Finding(
            level="warning",
            rule="half-labelled",
            message=f"{source.name}: {column}: {plural(count, 'sample')} without the label that other samples of the "
            "same subject have",
            examples=tuple(repr(subject) for subject in half),
            advice=f"counted as '{NO_LABEL}', never filled in",
            count=count,
        )


def _alike_subjects(source: Source) -> Iterator[Finding]:
    """Names that case, the form of accents or a spreadsheet tell apart; one person under two is their own impostor."""
    found = [" and ".join(map(repr, names)) for names in alike(row.subject for row in source.rows)]
    if found:
        yield Finding(
            level="warning",
            rule="alike-subjects",
            message=f"{source.name}: {plural(len(found), 'subject')} written in two ways",
            examples=tuple(found),
            advice="counted as different people, correct them if they are one",
            count=len(found),
        )


def links_left_out(name: str, tree: Tree) -> list[Finding]:
    """A warning where links below the root were not followed: what lies behind them is not in the data set."""
    if not tree.links:
        return []
    examples = [f"'{path}' is {problem}" for path, problem in sorted(tree.links.items())]
    message = f"{name}: {plural(len(examples), 'symbolic link')} not followed"
    return [
        Finding(
            level="warning",
            rule="symlink",
            message=message,
            examples=tuple(examples),
            advice=ADVICE["symlink"],
            count=len(examples),
        )
    ]
