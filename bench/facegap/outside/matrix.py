"""Scores of every reference against every probe, from a matrix or from lines, as a memory map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegap.cards.outside import ScoresCard
from facegap.errors import InputError
from facegap.outside.arrays import cells_of, is_array
from facegap.outside.faults import AFTER, Faults, counted
from facegap.outside.ids import Ids
from facegap.outside.notes import Order, Rounding, Ties, refuse_all_failed, refuse_constant, refuse_turned_around
from facegap.outside.numbers import Numbers, Scores
from facegap.outside.sides import Sides, shown_pair, tell_strange
from facegap.outside.sources import Block, blocks
from facegap.records import Finding, Floats, Mask, Rows, RuledTrials
from facegap.store.files import not_written

SAMPLES = ("reference", "probe", "score")

TILE = 2048
"""Rows and columns that are looked at together."""

PRECISION = 1e-4
"""Of the range of all scores: how far the two scores of one pair may be apart for the digits that were written."""

_MISSING = np.uint32(0x7FC00001)
"""Bits of a float32 NaN that no computation gives: nothing was read for this cell yet."""

_SHOWN = 20


@dataclass(frozen=True, eq=False, kw_only=True)
class MatrixScores:
    """A score for every reference and probe of trials by rule.

    Attributes:
        score: (r, p) float32 memory map in the order of `trials.reference` and `trials.probe`, higher = more alike; NaN
            where there is none: a failure, or a sample with itself. Of symmetric trials both halves are filled.
        reference_failed, probe_failed: (r,) and (p,) True where the sample has no score at all on that side.
        single: failed comparisons beyond those: a score is missing though both samples have others.
        single_examples: some of them, (row of reference, row of probe) as places in the matrix.
        findings: notes on the scores as a whole.
    """

    score: Floats
    reference_failed: Mask
    probe_failed: Mask
    single: int = 0
    single_examples: tuple[tuple[int, int], ...] = ()
    findings: tuple[Finding, ...] = ()


def read_matrix(files: Sequence[Path], card: ScoresCard, ids: Ids, trials: RuledTrials, place: Path) -> MatrixScores:
    """The score of every reference against every probe; never a matrix in memory.

    Args:
        files: `.npy` with its two lists of ids, or the forms of `read_listed` that name two samples.
        place: file that is made for the memory map.

    Raises:
        InputError: as `read_listed`; scores of one pair, counted once, that differ by more than their precision.
        MissingError: Parquet without pyarrow.
        StoreError: the map cannot be made.
    """
    faults = Faults()
    numbers, rounding = Numbers(card, faults), Rounding(card)
    grid = _Grid(ids, trials, place)
    if any(map(is_array, files)):
        _fill_by_rows(files, grid, numbers, rounding, faults)
    else:
        _fill_by_lines(files, grid, numbers, rounding, faults, card)
    grid.tell_missing(files, faults)
    faults.stop()
    rounding.notes(faults)
    low, high = _range(files, grid)
    if trials.symmetric:
        _make_symmetric(files, grid, PRECISION * (high - low), faults)
        faults.stop()
    return _settled(files, card, grid, Order(low, high), faults)


def _fill_by_rows(files: Sequence[Path], grid: _Grid, numbers: Numbers, rounding: Rounding, faults: Faults) -> None:
    for cells in cells_of(files, grid.ids, grid.trials, faults):
        same = grid.same(cells.rows, cells.columns).ravel()
        values = cells.values.ravel()
        failed = np.isnan(values) | same
        scores = numbers.checked(np.where(failed, 0.0, values), failed, np.ones_like(failed), cells)
        grid.score[cells.rows] = scores.score.reshape(cells.values.shape)[:, np.argsort(cells.columns)]
        rounding.add(scores.exact, ~grid.mated(cells.rows, cells.columns).ravel())


def _fill_by_lines(
    files: Sequence[Path], grid: _Grid, numbers: Numbers, rounding: Rounding, faults: Faults, card: ScoresCard
) -> None:
    sides = Sides(grid.ids, grid.trials.reference, faults)
    for block in blocks(files, (SAMPLES,), faults, columns=card.columns):
        scores = numbers.read(block)
        reference, probe = sides.find(block)
        i, j = grid.places(reference, probe)
        known, same = (reference >= 0) & (probe >= 0), reference == probe
        asked = known & (i >= 0) & (j >= 0) & ~same
        strange = known & ~asked & ~same
        turned = strange & np.all(np.array(grid.places(probe, reference)) >= 0, axis=0)
        tell_strange(block, faults, known & same, turned, strange & ~turned)
        grid.put(block, i, j, np.flatnonzero(asked), scores, faults)
        rounding.add(scores.exact, asked & (grid.people[reference] != grid.people[probe]))


class _Grid:
    """The memory map while it is filled."""

    def __init__(self, ids: Ids, trials: RuledTrials, place: Path) -> None:
        self.ids, self.trials = ids, trials
        _, self.people = np.unique(ids.subjects, return_inverse=True)
        self.shape = len(trials.reference), len(trials.probe)
        _make(place, *self.shape)
        self.score: Floats = np.memmap(place, dtype=np.float32, mode="r+", shape=self.shape)
        self._bits = self.score.view(np.uint32)
        self._reference, self._probe = (_places(len(ids), side) for side in (trials.reference, trials.probe))

    def places(self, reference: Rows, probe: Rows) -> tuple[Rows, Rows]:
        """(k,) places in the matrix of (k,) rows of samples; -1 where they are not on that side."""
        return self._reference[reference], self._probe[probe]

    def same(self, i: Rows, j: Rows) -> Mask:
        """(a, b) True where the (a,) references and (b,) probes in those places are one sample."""
        return np.asarray(self.trials.reference[i][:, None] == self.trials.probe[j][None, :])

    def mated(self, i: Rows, j: Rows) -> Mask:
        """(a, b) True where they are of one subject."""
        return np.asarray(self.people[self.trials.reference[i]][:, None] == self.people[self.trials.probe[j]][None, :])

    def missing(self, i: slice, j: slice) -> Mask:
        """(a, b) True where no score and no failure was read."""
        return np.asarray(self._bits[i, j] == _MISSING)

    def put(self, block: Block, i: Rows, j: Rows, rows: Rows, scores: Scores, faults: Faults) -> None:
        """Keep the scores of those rows of a block, each in its cell (i, j)."""
        _, first = np.unique(i[rows] * self.shape[1] + j[rows], return_index=True)
        fresh = np.zeros(len(block), dtype=bool)
        fresh[rows[first]] = True
        fresh[rows] &= self._bits[i[rows], j[rows]] == _MISSING
        again = np.zeros(len(block), dtype=bool)
        again[rows] = ~fresh[rows]
        faults.where("again", again, block, lambda k: f"{shown_pair(block, k)}: has a score already")
        self.score[i[fresh], j[fresh]] = scores.score[fresh]

    def tell_missing(self, files: Sequence[Path], faults: Faults) -> None:
        """Count the cells for which no row was read; of symmetric trials one of the two cells of a pair is enough."""
        count, first = 0, None
        for i, j in tiles(self.shape, self.trials.symmetric):
            absent = self.missing(i, j)
            if self.trials.symmetric:
                absent = absent & self.missing(j, i).T
            absent &= ~self.same(np.arange(i.start, i.stop), np.arange(j.start, j.stop))
            # Tiles on the diagonal hold both cells of a pair.
            found = int(absent.sum()) // (2 if self.trials.symmetric and i == j else 1)
            if found and first is None:
                a, b = np.argwhere(absent)[0]
                first = i.start + int(a), j.start + int(b)
            count += found
        if first is not None:
            a, b = self.trials.reference[first[0]], self.trials.probe[first[1]]
            message = (
                f"{files[0]}: {count:,} comparisons missing, the first reference {self.ids.exported[a]} with probe"
            )
            faults.add("missing", len(files), AFTER, f"{message} {self.ids.exported[b]}", count)


def _places(n: int, side: Rows) -> Rows:
    found = np.full(n, -1, dtype=np.int64)
    found[side] = np.arange(len(side))
    return found


def _make(place: Path, rows: int, columns: int) -> None:
    """Write a map of cells that nothing was read for. Written, not only sized: a disk that is full says so here.

    Raises:
        StoreError: it cannot be written.
    """
    if not rows or not columns:
        raise InputError("trials: no reference or no probe; nothing can be compared")
    empty = np.full(columns, _MISSING, dtype=np.uint32)
    many = np.tile(empty, max(1, min(rows, TILE * TILE // columns)))
    try:
        with place.open("wb") as file:
            left = rows * columns
            while left:
                part = many[:left]
                file.write(part.tobytes())
                left -= len(part)
    except OSError as error:
        raise not_written(place, error) from None


def tiles(shape: tuple[int, int], symmetric: bool) -> Iterator[tuple[slice, slice]]:
    """Tiles of a matrix of (rows, columns); of a symmetric one those on and above the diagonal."""
    rows, columns = ([slice(start, min(start + TILE, side)) for start in range(0, side, TILE)] for side in shape)
    return ((i, j) for i in rows for j in columns if not symmetric or j.start >= i.start)


def _range(files: Sequence[Path], grid: _Grid) -> tuple[float, float]:
    """The lowest and the highest score.

    Raises:
        InputError: there is none, or one only.
    """
    low, high, count = np.inf, -np.inf, 0
    for i, j in tiles(grid.shape, symmetric=False):
        there = grid.score[i, j]
        there = there[~np.isnan(there)]
        if len(there):
            low, high, count = min(low, float(there.min())), max(high, float(there.max())), count + len(there)
    if not count:
        refuse_all_failed(files, grid.shape[0] * grid.shape[1])
    refuse_constant(files, low, high, count)
    return low, high


def _make_symmetric(files: Sequence[Path], grid: _Grid, precision: float, faults: Faults) -> None:
    """One score a pair: that of the earlier reference where both are there and as good as equal."""
    close = largest = 0.0
    for i, j in tiles(grid.shape, symmetric=True):
        upper, lower = np.array(grid.score[i, j]), np.array(grid.score[j, i]).T
        apart = np.abs(upper - lower)
        apart[np.isnan(apart)] = 0
        if i == j:
            apart = np.triu(apart)
        far = apart > precision
        if far.any():
            a, b = (int(x) for x in np.argwhere(far)[0])
            names = [grid.ids.exported[grid.trials.reference[x]] for x in (i.start + a, j.start + b)]
            message = f"{files[0]}: {names[0]} with {names[1]} {upper[a, b]:.9g}, and the other way {lower[a, b]:.9g}"
            faults.add("asymmetric", 0, AFTER, message, int(far.sum()))
        close += int(((apart > 0) & ~far).sum())
        largest = max(largest, float(apart[~far].max(initial=0)))
        one = np.where(np.isnan(upper), lower, upper)
        if i == j:
            one = np.triu(one, 1)
            one = one + one.T
            np.fill_diagonal(one, np.nan)
        grid.score[i, j] = one
        grid.score[j, i] = one.T
    if close:
        faults.note(
            "scores-asymmetric",
            f"{counted(int(close), 'pair')} with two scores that differ by up to {largest:.3g}: counted once, with the "
            "score of the one that is listed first as reference",
            int(close),
        )


def _settled(files: Sequence[Path], card: ScoresCard, grid: _Grid, order: Order, faults: Faults) -> MatrixScores:
    """The matrix with what it says as a whole.

    Raises:
        InputError: its scores are turned around.
    """
    ties = Ties()
    has: tuple[Mask, Mask] = tuple(np.zeros(side, dtype=bool) for side in grid.shape)  # type: ignore[assignment]
    for i, j in tiles(grid.shape, symmetric=False):
        part = np.array(grid.score[i, j])
        there = ~np.isnan(part)
        has[0][i] |= there.any(axis=1)
        has[1][j] |= there.any(axis=0)
        if grid.trials.symmetric:
            if j.start < i.start:
                continue
            if i == j:
                part[np.tril_indices(len(part))] = np.nan
        mated = grid.mated(np.arange(i.start, i.stop), np.arange(j.start, j.stop))
        order.add(part.ravel(), mated.ravel())
        ties.add(part.ravel(), ~mated.ravel())
    refuse_turned_around(files, card, order.auc)
    ties.notes(faults)
    count, examples = _single(grid, has)
    return MatrixScores(
        score=grid.score,
        reference_failed=~has[0],
        probe_failed=~has[1],
        single=count,
        single_examples=examples,
        findings=tuple(faults.notes),
    )


def _single(grid: _Grid, has: tuple[Mask, Mask]) -> tuple[int, tuple[tuple[int, int], ...]]:
    """How many comparisons failed though both samples have others, and the first of them."""
    count = 0
    examples: list[tuple[int, int]] = []
    for i, j in tiles(grid.shape, grid.trials.symmetric):
        absent = np.isnan(grid.score[i, j]) & has[0][i][:, None] & has[1][j][None, :]
        absent &= ~grid.same(np.arange(i.start, i.stop), np.arange(j.start, j.stop))
        if grid.trials.symmetric and i == j:
            absent = np.triu(absent)
        count += int(absent.sum())
        if count and len(examples) < _SHOWN:
            examples += [(i.start + int(a), j.start + int(b)) for a, b in np.argwhere(absent)[:_SHOWN]]
    return count, tuple(examples[:_SHOWN])
