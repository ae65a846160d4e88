"""What an adapter reads and what becomes of it: rows, the account of the refused ones, and words for messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from facegap.cards import DatasetCard
from facegap.datasets.files import Tree
from facegap.records import Finding, Samples

EXAMPLES = 3
"""Examples that a finding shows before "and n more"."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a data set's folder holds.

    Attributes:
        samples: the samples that can be used.
        refused: sample id -> why it cannot be used, without names or paths; an id that is given twice is followed by
            the place of each.
        findings: one line per rule that was broken.
    """

    samples: Samples
    refused: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One sample as its adapter read it: `where` it stands ("line 3"), `labels` raw, `fault` why it cannot be read."""

    where: str
    id: str
    subject: str
    path: str
    labels: Mapping[str, str]
    session: str = ""
    role: str = ""
    fault: str = ""


class Problem(NamedTuple):
    """A rule that a row breaks: `reason` without names, `detail` as an example for the finding."""

    row: int
    rule: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Source:
    """What the rules look at: the card, its file (for messages), the rows and the tree of files."""

    card: DatasetCard
    name: str
    rows: Sequence[Row]
    tree: Tree
    labels: Mapping[str, Sequence[str]]


def per_subject(source: Source) -> Iterator[tuple[str, Sequence[str]]]:
    return ((column, source.labels[column]) for column, group in source.card.groups.items() if group.per == "subject")


def some(examples: Sequence[str]) -> str:
    """A few examples and how many more there are."""
    more = len(examples) - EXAMPLES
    return "; ".join(examples[:EXAMPLES]) + (f"; and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """ "1 sample", "2 samples"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
