"""Where the all-pairs pass is done: a plan of tiles that any engine can take in parts, and what parts add up to.

What adds up over parts, workers and machines: the histogram, and the pairs at or above a floor that is fixed
beforehand. Scores of mated comparisons are not here: there are few, and they are scored one by one.

What does not add up: sums over people of squared errors, which clustered variances need. A person's errors lie in many
parts, and the square of a sum is no sum of squares. So parts carry pairs, errors are counted once all are there, and no
engine hands on a rate or a variance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from facegap.records import Floats, Rows

BLOCK_ROWS, BLOCK_COLUMNS = 256, 1024
"""A tile of float32 scores is 1 MB: half of a usual L2 cache."""

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
        cells: how many cells the histogram has on either axis.
        tile: rows and columns of a tile; a unit is a row of tiles. What comes out does not depend on it.
    """

    a: Side
    b: Side
    symmetric: bool
    distance: bool
    bins: Bins
    floor: float
    cells: int
    tile: tuple[int, int] = field(default_factory=lambda: (BLOCK_ROWS, BLOCK_COLUMNS))

    @property
    def units(self) -> range:
        """First row, in side `a`, of each unit."""
        return range(0, len(self.a), self.tile[0])


@dataclass(frozen=True, eq=False)
class Part:
    """What some units of a plan came to.

    Attributes:
        histogram: (cells, cells, bins) int64 counts of the non-mated scores.
        i, j: (k,) positions in the plan's sides of every non-mated pair at or above its floor.
    """

    histogram: Rows
    i: Rows
    j: Rows


class Engine(Protocol):
    """Does every unit of a plan, on this machine or elsewhere."""

    def run(self, plan: TilePlan) -> Part:
        """All units merged: equal to the last bit whatever does them, in whatever order."""
        ...


def merged(plan: TilePlan, parts: Iterable[Part]) -> Part:
    """The sum of parts, pairs sorted by (i, j), so that neither units nor workers show in the result."""
    total = np.zeros((plan.cells, plan.cells, plan.bins.count), dtype=np.int64)
    found = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))]
    for part in parts:
        total += part.histogram
        found.append((part.i, part.j))
    i, j = (np.concatenate(side) for side in zip(*found, strict=True))
    order = np.lexsort((j, i))
    return Part(total, i[order], j[order])
