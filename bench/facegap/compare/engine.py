"""Where the all-pairs pass is done: a plan of tiles that any engine can take in parts, and what parts add up to.

What adds up over parts, workers and machines: the histogram, and the pairs at or above a floor that is fixed
beforehand. Scores of mated comparisons are not here: there are few, and they are scored one by one.

What does not add up: sums over people of squared errors, which clustered variances need. A person's errors lie in many
parts, and the square of a sum is no sum of squares. So parts carry pairs, errors are counted once all are there, and no
engine hands on a rate or a variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from facegap.records import Floats, Meets, Rows

BLOCK_ROWS, BLOCK_COLUMNS = 512, 512
"""A tile of float32 scores is 1 MB, which a usual L2 cache holds; the matrix product is fastest where it is square."""

BINS = 4096
"""Of the histogram of non-mated scores."""


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the comparisons in the order that the tiles use: (m,) rows of `Samples`, subject and cell codes.

    `vectors` are their (m, dim) templates and `squares` the (m,) squared lengths of those, for distances; empty where
    the scores are there already. Cells ascend, so that a run of columns shares one.
    """

    rows: Rows
    subject: Rows
    cell: Rows
    vectors: Floats
    squares: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Rows) -> Side:
        """The samples at the ascending (k,) places `rows`."""
        return Side(self.rows[rows], self.subject[rows], self.cell[rows], self.vectors[rows], self.squares[rows])


@dataclass(frozen=True, eq=False)
class Bins:
    """Equal score bins: `low` edge of the first, bins per unit of score, and how many."""

    low: float
    per_unit: float
    count: int


@dataclass(frozen=True, eq=False, kw_only=True)
class TilePlan:
    """All pairs of two sides, in units that can be done anywhere, in any order and again.

    Attributes:
        a, b: the two sides; the same object in symmetric trials, of which only the upper half is done.
        distance: scores are minus the Euclidean distance, else the product of unit rows.
        floor: pairs whose float32 score reaches it are kept.
        meets: the tables of the histogram; None where no histogram is asked for.
        tile: rows and columns of a tile; a unit is a row of tiles. What comes out does not depend on it.
    """

    a: Side
    b: Side
    symmetric: bool
    distance: bool
    bins: Bins
    floor: float
    meets: Meets | None
    tile: tuple[int, int] = field(default_factory=lambda: (BLOCK_ROWS, BLOCK_COLUMNS))

    @property
    def units(self) -> range:
        """First row, in side `a`, of each unit."""
        return range(0, len(self.a), self.tile[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Of the histogram: tables and bins; no tables where none is asked for."""
        return (len(self.meets) if self.meets is not None else 0), self.bins.count


@dataclass(frozen=True, eq=False)
class Part:
    """What some units of a plan came to.

    Attributes:
        histogram: (tables, bins) int64 counts of the non-mated scores.
        pairs: (k,) int64, every non-mated pair at or above the plan's floor: its place in side `a` in the upper half of
            the bits, in side `b` in the lower. They sort as one number, in a third of the time that two keys take.
    """

    histogram: Rows
    pairs: Rows

    @property
    def i(self) -> Rows:
        """(k,) places in side `a`."""
        return self.pairs >> 32

    @property
    def j(self) -> Rows:
        """(k,) places in side `b`."""
        return self.pairs & 0xFFFFFFFF


class Engine(Protocol):
    """Does every unit of a plan, on this machine or elsewhere."""

    def run(self, plan: TilePlan) -> Part:
        """All units merged: equal to the last bit whatever does them, in whatever order."""
        ...


def merged(plan: TilePlan, parts: Iterable[Part]) -> Part:
    """The sum of parts, pairs ascending, so that neither units nor workers show in the result."""
    everything = list(parts)
    return Part(
        summed([part.histogram for part in everything], plan.shape), ascending([part.pairs for part in everything])
    )


def summed(histograms: Sequence[Rows], shape: tuple[int, int]) -> Rows:
    """(tables, bins) int64: their sum; none of them is changed, because a cluster may ask for one again."""
    if len(histograms) == 1:
        return histograms[0]
    total = np.zeros(shape, dtype=np.int64)
    for one in histograms:
        total += one
    return total


def ascending(pairs: Sequence[Rows]) -> Rows:
    """(k,) all of the pairs, ascending."""
    found = np.concatenate([np.empty(0, dtype=np.int64), *pairs])
    found.sort()
    return found
