"""The tiled all-pairs pass: a matrix product per tile, binned and filtered at once by a compiled kernel.

Templates are sorted by cell and subject, so that a run of columns shares one histogram; in symmetric trials only the
upper half is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from facegap.compare.engine import Bins, Part, TilePlan, merged
from facegap.compiled import compiled
from facegap.records import Floats, Rows


@dataclass(frozen=True, eq=False)
class _BySubject:
    """Positions of each subject's templates: those of subject u are positions[start[u] : start[u + 1]]."""

    start: Rows
    positions: Rows


@dataclass(frozen=True)
class LocalEngine:
    """The engine of this machine: one BLAS thread a worker, workers over units."""

    threads: int = 1

    def run(self, plan: TilePlan) -> Part:
        """Every unit of the plan; see `engine.Engine`."""
        return every_unit(plan, products, self.threads)


Fill = Callable[[TilePlan, slice, slice, Floats], None]
"""`fill(plan, rows, columns, out)`: the float32 products of these rows and columns of the plan, or their scores."""


def products(plan: TilePlan, rows: slice, columns: slice, out: Floats) -> None:
    """(a, b) products of the templates."""
    np.matmul(plan.a.vectors[rows], plan.b.vectors[columns].T, out=out)


def every_unit(plan: TilePlan, fill: Fill, threads: int) -> Part:
    """Every unit of the plan, its tiles filled by `fill`."""
    own = _by_subject(plan)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        return merged(plan, pool.map(lambda start: _row_block(plan, own, start, fill), plan.units))


def run_unit(plan: TilePlan, start: int) -> Part:
    """The unit of the plan that begins at row `start`, for an engine that does units one by one."""
    return _row_block(plan, _by_subject(plan), start, products)


def _by_subject(plan: TilePlan) -> _BySubject:
    subject = plan.b.subject
    subjects = 1 + max(plan.a.subject.max(initial=0), subject.max(initial=0))
    starts = np.searchsorted(np.sort(subject), np.arange(subjects + 1))
    return _BySubject(starts, np.argsort(subject, kind="stable"))


def _row_block(plan: TilePlan, own: _BySubject, start: int, fill: Fill) -> Part:
    a, b, bins = plan.a, plan.b, plan.bins
    below = _step(bins)
    floor = float(np.clip(plan.floor, bins.low - below, bins.low + bins.count / bins.per_unit + below))  # finite
    block_rows, block_columns = plan.tile
    stop = min(start + block_rows, len(a))
    histogram = np.zeros((plan.cells, plan.cells, bins.count), dtype=np.int64)
    tile = np.empty((block_rows, block_columns), dtype=np.float32)
    kept_i, kept_j = [], []
    first = (start // block_columns) * block_columns if plan.symmetric else 0
    for column in range(first, len(b), block_columns):
        end = min(column + block_columns, len(b))
        scores = tile[: stop - start, : end - column]
        fill(plan, slice(start, stop), slice(column, end), scores)
        i, j = _bin_and_filter(
            scores,
            a.subject[start:stop],
            own.start,
            own.positions,
            a.cell[start:stop],
            b.cell[column:end],
            a.squares[start:stop],
            b.squares[column:end],
            start,
            column,
            plan.symmetric,
            plan.distance,
            np.float32(bins.low),
            np.float32(bins.per_unit),
            np.float32(floor),
            np.float32(bins.low - 2 * below),
            histogram,
        )
        kept_i.append(i)
        kept_j.append(j)
    empty = [np.empty(0, dtype=np.int64)]
    return Part(histogram, np.concatenate(kept_i or empty), np.concatenate(kept_j or empty))


def _step(bins: Bins) -> float:
    """A step below the bins that single precision tells apart, whatever the scale of the scores."""
    return max(1.0, 1e-5 * abs(bins.low))


# fastmath lets the loops over a row become vector instructions; it needs finite numbers, so a mated score is marked by
# a finite one below every bin, and the floor of a tail that keeps everything lies between the two.
@compiled(fastmath=True)
def _bin_and_filter(
    tile: Any,
    row_subject: Any,
    own_start: Any,
    own_positions: Any,
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
    mated: Any,
    histogram: Any,
) -> Any:  # pragma: no cover - compiled
    rows, columns = tile.shape
    last = np.float32(histogram.shape[2] - 1)
    scaled = (floor - low) * per_unit
    floor_bin = np.int32(min(max(scaled, np.float32(0)), last))
    position = np.empty(columns, dtype=np.int32)
    capacity = 4096
    keep_i = np.empty(capacity, dtype=np.int64)
    keep_j = np.empty(capacity, dtype=np.int64)
    kept = 0
    for r in range(rows):
        first = min(max(0, row_start + r + 1 - column_start), columns) if symmetric else 0
        scores = tile[r]
        if distance:
            _to_distances(scores[first:], row_square[r], column_square[first:])
        cell = row_cell[r]
        subject = row_subject[r]
        for k in range(own_start[subject], own_start[subject + 1]):
            c = own_positions[k] - column_start
            if first <= c < columns:
                scores[c] = mated
                _counts(histogram, cell, column_cell[c], symmetric)[0] -= 1
        _bins(scores[first:], low, per_unit, last, position[first:])
        c = first
        while c < columns:
            counts = _counts(histogram, cell, column_cell[c], symmetric)
            end = c + np.searchsorted(column_cell[c:], column_cell[c], side="right")
            for k in range(c, end):
                counts[position[k]] += 1
            c = end
        if _highest(position[first:]) >= floor_bin:
            if kept + columns > capacity:
                capacity = 2 * (kept + columns)
                keep_i, keep_j = _grown(keep_i, kept, capacity), _grown(keep_j, kept, capacity)
            more = _collect(scores, first, floor, keep_j[kept:], column_start)
            keep_i[kept : kept + more] = row_start + r
            kept += more
    return keep_i[:kept].copy(), keep_j[:kept].copy()


# Conditional expressions and not min and max, and loops from zero: only so does the compiler find vector instructions.
@compiled(fastmath=True)
def _to_distances(scores: Any, square: Any, squares: Any) -> None:  # pragma: no cover - compiled
    for c in range(len(scores)):
        distance = square + squares[c] - np.float32(2) * scores[c]
        scores[c] = -np.sqrt(distance if distance > np.float32(0) else np.float32(0))


@compiled(fastmath=True)
def _bins(scores: Any, low: Any, per_unit: Any, last: Any, position: Any) -> None:  # pragma: no cover - compiled
    for c in range(len(scores)):
        scaled = (scores[c] - low) * per_unit
        scaled = scaled if scaled > np.float32(0) else np.float32(0)
        position[c] = np.int32(scaled if scaled < last else last)


@compiled()
def _highest(position: Any) -> Any:  # pragma: no cover - compiled
    highest = np.int32(0)
    for c in range(len(position)):
        highest = position[c] if position[c] > highest else highest
    return highest


@compiled()
def _collect(scores: Any, first: int, floor: Any, out: Any, offset: int) -> int:  # pragma: no cover - compiled
    found = 0
    for c in range(first, len(scores)):
        if scores[c] >= floor:
            out[found] = offset + c
            found += 1
    return found


@numba.njit(inline="always")
def _counts(histogram: Any, row: int, column: int, symmetric: bool) -> Any:  # pragma: no cover - compiled
    if symmetric and row > column:
        return histogram[column, row]
    return histogram[row, column]


@compiled()
def _grown(values: Any, kept: int, capacity: int) -> Any:  # pragma: no cover - compiled
    out = np.empty(capacity, dtype=np.int64)
    out[:kept] = values[:kept]
    return out
