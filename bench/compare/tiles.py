"""The tiled all-pairs pass: a matrix product per tile, binned and filtered at once by a compiled kernel.

One BLAS thread a worker, workers over row blocks; templates are sorted by cell and subject, so that a run of columns
shares one histogram; in symmetric trials only the upper half is computed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from bench.records import Floats, Rows

BLOCK_ROWS, BLOCK_COLUMNS = 256, 1024
"""A tile of float32 scores is 1 MB: half of a usual L2 cache."""


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the comparisons in the order that the tiles use: (m, dim) vectors, (m,) subject and cell codes."""

    vectors: Floats
    subject: Rows
    cell: Rows
    squares: Floats


@dataclass(frozen=True, eq=False)
class Bins:
    """Equal score bins: `low` edge of the first, bins per unit of score, and how many."""

    low: float
    per_unit: float
    count: int


def run_tiles(
    a: Side, b: Side, symmetric: bool, distance: bool, bins: Bins, floor: float, cells: int, threads: int
) -> tuple[Rows, Rows, Rows]:
    """Histogram (cells, cells, bins) of the non-mated scores, and positions (i, j) of those >= `floor`.

    Positions are in the sides' own order, sorted by (i, j), so that neither tiles nor threads show in the result.
    """
    starts = range(0, len(a.vectors), BLOCK_ROWS)

    def work(start: int) -> tuple[Rows, Rows, Rows]:
        return _row_block(a, b, start, symmetric, distance, bins, floor, cells)

    total = np.zeros((cells, cells, bins.count), dtype=np.int64)
    found: list[tuple[Rows, Rows]] = []
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        for histogram, i, j in pool.map(work, starts):
            total += histogram
            found.append((i, j))
    i = np.concatenate([part[0] for part in found]) if found else np.empty(0, dtype=np.int64)
    j = np.concatenate([part[1] for part in found]) if found else np.empty(0, dtype=np.int64)
    order = np.lexsort((j, i))
    return total, i[order], j[order]


def _row_block(
    a: Side, b: Side, start: int, symmetric: bool, distance: bool, bins: Bins, floor: float, cells: int
) -> tuple[Rows, Rows, Rows]:
    stop = min(start + BLOCK_ROWS, len(a.vectors))
    histogram = np.zeros((cells, cells, bins.count), dtype=np.int64)
    kept_i, kept_j = [], []
    first = (start // BLOCK_COLUMNS) * BLOCK_COLUMNS if symmetric else 0
    for column in range(first, len(b.vectors), BLOCK_COLUMNS):
        end = min(column + BLOCK_COLUMNS, len(b.vectors))
        tile = a.vectors[start:stop] @ b.vectors[column:end].T
        i, j = _bin_and_filter(
            tile,
            a.subject[start:stop],
            b.subject[column:end],
            a.cell[start:stop],
            b.cell[column:end],
            a.squares[start:stop],
            b.squares[column:end],
            start,
            column,
            symmetric,
            distance,
            np.float32(bins.low),
            np.float32(bins.per_unit),
            np.float32(floor),
            histogram,
        )
        kept_i.append(i)
        kept_j.append(j)
    empty = [np.empty(0, dtype=np.int64)]
    return histogram, np.concatenate(kept_i or empty), np.concatenate(kept_j or empty)


@numba.njit(nogil=True, cache=True)
def _bin_and_filter(
    tile: Any,
    row_subject: Any,
    column_subject: Any,
    row_cell: Any,
    column_cell: Any,
    row_square: Any,
    column_square: Any,
    row_start: int,
    column_start: int,
    symmetric: bool,
    distance: bool,
    low: Any,
    per_unit: Any,
    floor: Any,
    histogram: Any,
) -> Any:  # pragma: no cover - compiled
    rows, columns = tile.shape
    bins = histogram.shape[2]
    keep_i = np.empty(rows * columns, dtype=np.int64)
    keep_j = np.empty(rows * columns, dtype=np.int64)
    kept = 0
    for r in range(rows):
        first = max(0, row_start + r + 1 - column_start) if symmetric else 0
        for c in range(first, columns):
            if row_subject[r] == column_subject[c]:
                continue
            score = tile[r, c]
            if distance:
                score = -np.sqrt(max(row_square[r] + column_square[c] - np.float32(2) * score, np.float32(0)))
            position = min(max(int((score - low) * per_unit), 0), bins - 1)
            one, other = row_cell[r], column_cell[c]
            if symmetric and one > other:
                one, other = other, one
            histogram[one, other, position] += 1
            if score >= floor:
                keep_i[kept] = row_start + r
                keep_j[kept] = column_start + c
                kept += 1
    return keep_i[:kept].copy(), keep_j[:kept].copy()
