"""The tiled all-pairs pass: a matrix product per tile, binned and filtered at once by a compiled kernel.

Templates are sorted by cell and subject, so that a run of columns lies in one table; in symmetric trials only the upper
half is computed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from facegap.compare.engine import Bins, Part, TilePlan, ascending, summed
from facegap.compiled import compiled
from facegap.records import Floats, Rows

PRIVATE = 1 << 26
"""Bytes of histograms up to which every worker counts in one of its own; above, they take turns in one."""


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
    return run_units(plan, plan.units, fill, threads)


def run_unit(plan: TilePlan, start: int) -> Part:
    """The unit of the plan that begins at row `start`, for an engine that does units one by one."""
    return run_units(plan, range(start, start + 1))


def run_units(plan: TilePlan, units: range, fill: Fill = products, threads: int = 1) -> Part:
    """The units of the plan that begin at the rows `units`."""
    prepared = _Prepared.of(plan)
    workers = _Workers(plan, prepared, fill, shared=threads * int(np.prod(plan.shape)) * 8 > PRIVATE)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda start: workers.mine.unit(start), units))
    return Part(summed(workers.histograms, plan.shape), ascending(found))


@dataclass(frozen=True, eq=False)
class _Prepared:
    """What the kernel looks up.

    Attributes:
        start, positions: places of subject u's templates in side `b` are positions[start[u] : start[u + 1]].
        table: (cells, cells) table of the comparisons of two cells.
        scale: low edge of the bins, bins per unit, floor, and what marks a mated score.
    """

    start: Rows
    positions: Rows
    table: Any
    scale: Floats

    @classmethod
    def of(cls, plan: TilePlan) -> _Prepared:
        subject, bins = plan.b.subject, plan.bins
        subjects = 1 + max(plan.a.subject.max(initial=0), subject.max(initial=0))
        below = _step(bins)
        floor = np.clip(plan.floor, bins.low - below, bins.low + bins.count / bins.per_unit + below)  # finite
        return cls(
            start=np.searchsorted(np.sort(subject), np.arange(subjects + 1)),
            positions=np.argsort(subject, kind="stable"),
            table=plan.meets.table if plan.meets is not None else np.zeros((1, 1), dtype=np.int32),
            scale=np.array([bins.low, bins.per_unit, floor, bins.low - 2 * below], dtype=np.float32),
        )


def _step(bins: Bins) -> float:
    """A step below the bins that single precision tells apart, whatever the scale of the scores."""
    return max(1.0, 1e-5 * abs(bins.low))


@dataclass(eq=False)
class _Workers:
    """The workers of one pass, one a thread, and the histograms that they count in."""

    plan: TilePlan
    prepared: _Prepared
    fill: Fill
    shared: bool
    histograms: list[Rows] = field(default_factory=list)
    _own: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def mine(self) -> _Worker:
        """The worker of this thread."""
        if not hasattr(self._own, "worker"):
            with self._lock:
                if not (self.shared and self.histograms):
                    self.histograms.append(np.zeros(self.plan.shape, dtype=np.int64))
                self._own.worker = _Worker(self, self.histograms[-1])
        worker: _Worker = self._own.worker
        return worker

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other worker counts, where they share a histogram."""
        if not self.shared:
            yield
            return
        with self._lock:
            yield


class _Worker:
    """Does units in buffers of its own."""

    def __init__(self, workers: _Workers, histogram: Rows) -> None:
        plan = workers.plan
        self._workers, self._histogram = workers, histogram
        self._tile = np.empty(plan.tile[0] * plan.tile[1], dtype=np.float32)
        self._counters = np.zeros((4, plan.bins.count), dtype=np.int32)
        self._seen = np.zeros(max(1, plan.shape[0]), dtype=np.int64)
        self._pairs = np.empty(0, dtype=np.int64)

    def unit(self, start: int) -> Rows:
        """(k,) pairs at or above the floor of the unit that begins at row `start`; its scores are counted."""
        plan = self._workers.plan
        stop = min(start + plan.tile[0], len(plan.a))
        columns = plan.tile[1]
        kept = 0
        for column in range(start // columns * columns if plan.symmetric else 0, len(plan.b), columns):
            kept = self._one_tile(slice(start, stop), slice(column, min(column + columns, len(plan.b))), kept)
        return self._pairs[:kept].copy()

    def _one_tile(self, rows: slice, columns: slice, kept: int) -> int:
        plan, known = self._workers.plan, self._workers.prepared
        a, b = plan.a, plan.b
        height, width = rows.stop - rows.start, columns.stop - columns.start
        scores = self._tile[: height * width].reshape(height, width)
        self._workers.fill(plan, rows, columns, scores)
        self._reserve(kept, scores.size)
        with self._workers.alone():
            return int(
                _take_in(
                    scores,
                    rows.start,
                    columns.start,
                    plan.symmetric,
                    plan.distance,
                    plan.meets is not None,
                    a.subject[rows],
                    known.start,
                    known.positions,
                    a.squares[rows],
                    b.squares[columns],
                    a.cell[rows],
                    b.cell[columns],
                    known.table,
                    known.scale,
                    self._histogram,
                    self._counters,
                    self._seen,
                    self._pairs,
                    kept,
                )
            )

    def _reserve(self, kept: int, more: int) -> None:
        """Room for all pairs of a tile after the `kept` ones."""
        if kept + more > len(self._pairs):
            grown = np.empty(2 * kept + more, dtype=np.int64)
            grown[:kept] = self._pairs[:kept]
            self._pairs = grown


# One pass over each row while it is in the nearest cache. fastmath lets the loops over a row become vector
# instructions; it needs finite numbers, so a mated score is marked by a finite one below every bin, and the floor of a
# tail that keeps everything lies between the two.
@compiled()
def _take_in(
    tile: Any,
    row: int,
    column: int,
    symmetric: bool,
    distance: bool,
    counted: bool,
    subject: Any,
    start: Any,
    positions: Any,
    row_square: Any,
    column_square: Any,
    row_cell: Any,
    column_cell: Any,
    table: Any,
    scale: Any,
    histogram: Any,
    counters: Any,
    seen: Any,
    pairs: Any,
    kept: int,
) -> int:  # pragma: no cover - compiled
    """Count the scores of a tile in the tables of their cells, and keep the pairs at or above the floor.

    The table of most of them is counted in four tables of int32, which stay in the nearest cache and do not wait for
    each other, and added once.
    """
    rows, columns = tile.shape
    low, per_unit, floor, mated = scale[0], scale[1], scale[2], scale[3]
    last = np.float32(histogram.shape[1] - 1)
    place = np.empty(columns, dtype=np.int32)
    run_end, run_table = np.empty(columns, dtype=np.int64), np.empty(columns, dtype=np.int64)
    most = _most_frequent(row_cell, column_cell, table, seen) if counted else 0
    cell, runs = -1, 0
    for r in range(rows):
        scores = tile[r]
        first = min(max(0, row + r + 1 - column), columns) if symmetric else 0
        if distance:
            _to_distances(scores, row_square[r], column_square)
        for k in range(start[subject[r]], start[subject[r] + 1]):
            c = positions[k] - column
            if first <= c < columns:
                scores[c] = mated
                if counted:  # it will be counted in the lowest bin
                    histogram[table[row_cell[r], column_cell[c]], 0] -= 1
        if counted:
            if row_cell[r] != cell:
                cell = row_cell[r]
                runs = _runs(table[cell], column_cell, run_end, run_table)
            _places(scores[first:], low, per_unit, last, place[first:])
            begin = first
            for k in range(runs):
                end = run_end[k]
                if end > begin:
                    if run_table[k] == most:
                        _add_in_four(counters, place[begin:end])
                    else:
                        _add(histogram[run_table[k]], place[begin:end])
                    begin = end
        kept = _keep(scores, first, floor, pairs, (np.int64(row + r) << 32) + column, kept)
    if counted:
        _add_up(counters, histogram[most])
    return kept


# Conditional expressions and not min and max, and loops from zero: only so does the compiler find vector instructions.
@compiled(fastmath=True)
def _to_distances(scores: Any, square: Any, squares: Any) -> None:  # pragma: no cover - compiled
    for c in range(len(scores)):
        distance = square + squares[c] - np.float32(2) * scores[c]
        scores[c] = -np.sqrt(distance if distance > np.float32(0) else np.float32(0))


@compiled()
def _most_frequent(row_cell: Any, column_cell: Any, table: Any, seen: Any) -> int:  # pragma: no cover - compiled
    """The table of most pairs of a tile, by a sample of them; `seen` is all zero before and after."""
    best = table[row_cell[0], column_cell[0]]
    for step in range(2):
        for r in range(0, len(row_cell), 61):
            for c in range(0, len(column_cell), 17):
                k = table[row_cell[r], column_cell[c]]
                seen[k] = seen[k] + 1 if step == 0 else 0
                best = k if seen[k] > seen[best] else best
    return int(best)


@compiled()
def _runs(table: Any, column_cell: Any, end: Any, of: Any) -> int:  # pragma: no cover - compiled
    """How many runs of columns there are whose scores go to one table, their ends, and those tables."""
    runs = 0
    for c in range(len(column_cell)):
        k = table[column_cell[c]]
        if runs == 0 or of[runs - 1] != k:
            of[runs] = k
            runs += 1
        end[runs - 1] = c + 1
    return runs


@compiled(fastmath=True)
def _places(scores: Any, low: Any, per_unit: Any, last: Any, place: Any) -> None:  # pragma: no cover - compiled
    for c in range(len(scores)):
        scaled = (scores[c] - low) * per_unit
        scaled = scaled if scaled > np.float32(0) else np.float32(0)
        place[c] = np.int32(scaled if scaled < last else last)


# Unsigned places: a signed one is tested for "from the end" each time, which costs a third of the speed here.
@compiled()
def _add_in_four(counters: Any, place: Any) -> None:  # pragma: no cover - compiled
    one, two, three, four = counters[0], counters[1], counters[2], counters[3]
    count, c = np.uint64(len(place)), np.uint64(0)
    while c + np.uint64(4) <= count:
        one[np.uint32(place[c])] += 1
        two[np.uint32(place[c + np.uint64(1)])] += 1
        three[np.uint32(place[c + np.uint64(2)])] += 1
        four[np.uint32(place[c + np.uint64(3)])] += 1
        c += np.uint64(4)
    while c < count:
        one[np.uint32(place[c])] += 1
        c += np.uint64(1)


@compiled()
def _add(counts: Any, place: Any) -> None:  # pragma: no cover - compiled
    for c in range(len(place)):
        counts[np.uint32(place[c])] += 1


@compiled()
def _add_up(counters: Any, counts: Any) -> None:  # pragma: no cover - compiled
    for k in range(len(counts)):
        counts[k] += np.int64(counters[0, k]) + counters[1, k] + counters[2, k] + counters[3, k]
    counters[:] = 0


# Comparisons that are added up become vector instructions; "or" and the largest of floats do not.
@compiled()
def _keep(scores: Any, first: int, floor: Any, pairs: Any, pair: Any, kept: int) -> int:  # pragma: no cover - compiled
    whole = first + (len(scores) - first) // 64 * 64
    for start in range(first, whole, 64):
        block = scores[start : start + 64]
        found = np.int32(0)
        for k in range(64):
            found += np.int32(block[k] >= floor)
        if found > 0:
            kept = _keep_block(block, floor, pairs, pair + start, kept)
    return int(_keep_block(scores[whole:], floor, pairs, pair + whole, kept))


@compiled()
def _keep_block(block: Any, floor: Any, pairs: Any, pair: Any, kept: int) -> int:  # pragma: no cover - compiled
    for k in range(len(block)):
        if block[k] >= floor:
            pairs[kept] = pair + k
            kept += 1
    return kept
