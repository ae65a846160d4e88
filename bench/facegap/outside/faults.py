"""What is wrong with files of scores: counted by kind, and told as one line that begins with the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegap.errors import InputError
from facegap.records import Finding, Mask, Rows
from facegap.words import plural, shown

LONGEST = 80
"""Characters of a field that a message shows."""

AFTER = 1 << 62
"""A line behind all lines: of what is missing."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault: what there are several of, as in "3 lines with an unknown id", and what to do."""

    noun: str
    advice: str


KINDS = {
    "fields": Kind(noun="line with another number of fields", advice="write every line as the header says"),
    "number": Kind(
        noun="score that is no number",
        advice="write a number; if it stands for a failed comparison, name it in the card's failures",
    ),
    "infinite": Kind(noun="infinite score", advice="a comparison that failed has an empty score"),
    "large": Kind(noun="score beyond single precision", advice="scale the scores; an order is all that is used"),
    "range": Kind(noun="score outside the card's range", advice="correct the card's range, or ask the vendor"),
    "mark": Kind(
        noun="score with an unclear comma", advice="write every number of a file with a decimal point, none in between"
    ),
    "unknown": Kind(noun="unknown id", advice="use the ids of the exported lists, or the data set's own"),
    "unknown-pair": Kind(noun="unknown pair", advice="use the ids in pairs.csv"),
    "self": Kind(noun="comparison of a sample with itself", advice="leave it out"),
    "turned": Kind(
        noun="pair the other way round", advice="keep reference and probe as they are listed: they are not the same"
    ),
    "not-asked": Kind(noun="comparison that was not asked for", advice="leave it out, or use the list that was given"),
    "again": Kind(noun="comparison that has a score already", advice="leave one of them, after asking which is right"),
    "differs": Kind(
        noun="second, other score of a pair that is listed more than once", advice="name comparisons by their pair ids"
    ),
    "samples": Kind(noun="pair whose samples are others", advice="reference and probe of pairs.csv go with its pair"),
    "real": Kind(noun="wrong real identity", advice="the data set says who is on the probe; correct the file"),
    "missing": Kind(noun="missing comparison", advice="every one has a line: its score, or nothing where it failed"),
    "asymmetric": Kind(
        noun="pair whose two scores differ",
        advice="each pair counts once here: give one score a pair, or the mean if that is what the product uses",
    ),
    "unknown-search": Kind(noun="unknown search", advice="use the ids in searches.csv"),
    "not-enrolled": Kind(noun="candidate outside the gallery", advice="use the ids in gallery.csv"),
    "row": Kind(
        noun="row whose rank, candidate and score do not go together",
        advice="a candidate has rank and score; a search that failed none of the three; one that found nobody rank 0 "
        "and the score that nobody reached; a reference that failed stands alone in its line",
    ),
    "rank": Kind(noun="wrong rank", advice="ranks of a search are 1, 2, 3 and so on, each once"),
    "order": Kind(noun="candidate that is more alike than the one before", advice="rank 1 is the most alike"),
    "twice": Kind(noun="candidate listed twice in one search", advice="one score a search and candidate"),
    "not-failed": Kind(
        noun="candidate whose reference failed", advice="a reference failed and is in no list, or it did not fail"
    ),
    "reference-again": Kind(noun="failed reference that is named twice", advice="one line for each"),
    "half": Kind(noun="failed search with candidates", advice="a search has candidates, or failed"),
    "missing-search": Kind(
        noun="missing search", advice="every one has a line: its candidates, or one line without any where it failed"
    ),
}

ONES_THAT_COUNT = ("missing", "missing-search", "asymmetric")
"""Kinds whose message says how many there are."""


class Faults:
    """Faults of a set of files, by kind: how many, and where the first is."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._first: dict[str, tuple[int, int, str]] = {}
        self.notes: list[Finding] = []

    def note(self, rule: str, message: str, count: int = 0) -> None:
        """Keep what is no fault, but is to be known of the scores."""
        self.notes.append(Finding(level="warning", rule=rule, message=message, count=count))

    def add(self, kind: str, file: int, line: int, message: str, count: int = 1) -> None:
        """Count a fault; `message` begins with the file, and says what was found."""
        self._count[kind] = self._count.get(kind, 0) + count
        if kind not in self._first or (file, line) < self._first[kind][:2]:
            self._first[kind] = (file, line, message)

    def where(self, kind: str, mask: Mask, block: Place, say: Callable[[int], str]) -> None:
        """Count the rows of a block that are (k,) marked; `say(row)` tells what was found."""
        rows = np.flatnonzero(mask)
        if len(rows):
            self.one(kind, block, int(rows[0]), say(int(rows[0])), len(rows))

    def one(self, kind: str, place: Place, row: int, what: str, count: int = 1) -> None:
        """Count a row of a block, or so many from it on."""
        self.add(kind, place.file, int(place.lines[row]), f"{place.path}: {place.at(row)}: {what}", count)

    def __len__(self) -> int:
        return sum(self._count.values())

    def stop(self) -> None:
        """End where there is a fault.

        Raises:
            InputError: the first one, what to do, and how many there are of each kind.
        """
        if not self._first:
            return
        order = sorted(self._first, key=lambda kind: self._first[kind][:2])
        first = order[0]
        parts = [f"{self._first[first][2]}; {KINDS[first].advice}"]
        if len(order) > 1 or (len(self) > 1 and first not in ONES_THAT_COUNT):
            parts.append(f"in all: {', '.join(self._told(kind) for kind in order)}")
        raise InputError("; ".join(parts))

    def _told(self, kind: str) -> str:
        line = self._first[kind][1]
        noun = KINDS[kind].noun
        several = f"{self._count[kind]:,} x {noun}"
        return several if line >= AFTER else f"{several} (first: line {line})"


@dataclass(frozen=True, eq=False, kw_only=True)
class Place:
    """Where rows stand: the file, its place in the set, and the (k,) number of each one's line."""

    path: Path
    file: int
    lines: Rows

    def at(self, row: int) -> str:
        """Where one of the rows stands in its file."""
        return f"line {self.lines[row]}"


def field(text: str) -> str:
    """A field of a file, as a message shows it."""
    return f"'{shown(text if len(text) <= LONGEST else text[:LONGEST] + '...')}'"


def counted(count: int, noun: str) -> str:
    """ "1,000 scores"."""
    return plural(count, noun).replace(str(count), f"{count:,}", 1)
