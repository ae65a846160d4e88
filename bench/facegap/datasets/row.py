"""What an adapter reads and what becomes of it: rows, and the account of the refused ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from facegap.cards import DatasetCard
from facegap.datasets.files import Tree
from facegap.records import Finding, Samples


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a data set's folder holds.

    Attributes:
        samples: the samples that can be used.
        refused: sample id -> why it cannot be used, without names or paths; an id that is given twice is followed by
            the place of each.
        findings: one line per rule that was broken.
        lost: what is known of the refused samples, in the order of `reasons`; "" and `NO_LABEL` where it is not.
        reasons: why each of `lost` cannot be used.
    """

    samples: Samples
    refused: Mapping[str, str]
    findings: tuple[Finding, ...]
    lost: Samples
    reasons: tuple[str, ...]


def numbers_of(places: Iterable[str]) -> tuple[int, ...]:
    """The numbers of those places that are lines of the data set's own table ("line 3"), sorted."""
    split = (place.partition(" ") for place in places)
    return tuple(sorted(int(number) for word, _, number in split if word == "line" and number.isdecimal()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sample as its adapter read it: `where` it stands ("line 3"), `labels` raw, `fault` why it cannot be read."""

    where: str
    id: str
    subject: str
    path: str
    labels: Mapping[str, str]
    session: str = ""
    role: str = ""
    relations: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def line(self) -> int | None:
        """The number of its line, where it stands on one."""
        return next(iter(numbers_of([self.where])), None)


class Shared:
    """Texts and labels that many rows have, each kept once: of a million rows they are most of the memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._labels: dict[tuple[Sequence[str], tuple[str, ...]], Mapping[str, str]] = {}

    def text(self, text: str) -> str:
        """An equal text."""
        return self._texts.setdefault(text, text)

    def labels(self, columns: Sequence[str], values: tuple[str, ...]) -> Mapping[str, str]:
        """Column -> value."""
        found = self._labels.get((columns, values))
        if found is None:
            found = self._labels[columns, values] = dict(zip(columns, values, strict=True))
        return found


class Problem(NamedTuple):
    """A rule that a row breaks: `reason` without names, `detail` as an example for the finding."""

    row: int
    rule: str
    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the rules look at: the card, its file (for messages), rows, files, and paths that the card leaves out.

    `images` says whether the file of every row must be there.
    """

    card: DatasetCard
    name: str
    rows: Sequence[Row]
    tree: Tree
    labels: Mapping[str, Sequence[str]]
    left_out: Collection[str] = ()
    images: bool = True


def per_subject(source: Source) -> Iterator[tuple[str, Sequence[str]]]:
    """Column and labels, one a row, of every column whose label belongs to the person and not to the sample."""
    return ((column, source.labels[column]) for column, group in source.card.groups.items() if group.per == "subject")
