"""What is worth a look in a data set and refuses nothing."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence

from facegap.datasets.files import Tree
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
    named = {row.path for row in source.rows}
    extra = [path for path in source.tree.images() if path not in named]
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
    """Names that only case or the form of their accents tells apart; one person under two is their own impostor."""
    spellings: dict[str, dict[str, None]] = defaultdict(dict)
    for subject in dict.fromkeys(row.subject for row in source.rows):
        spellings[unicodedata.normalize("NFC", subject).casefold()][subject] = None
    alike = [" and ".join(repr(name) for name in names) for names in spellings.values() if len(names) > 1]
    if alike:
        yield Finding(
            level="warning",
            rule="alike-subjects",
            message=f"{source.name}: {plural(len(alike), 'subject')} written in two ways",
            examples=tuple(alike),
            advice="counted as different people, correct them if they are one",
            count=len(alike),
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
