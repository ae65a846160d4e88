"""All comparisons of one model under one condition, as `Comparisons`: mated, exact tail, histogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.compare.scores import Similarity, exact_scores
from facegap.compare.tiles import Bins, Side, run_tiles
from facegap.errors import InputError
from facegap.records import Comparisons, Mask, Rows, Samples, ScoredPairs, Strings, Templates, Trials

BINS = 4096
PILOT = 1500
"""Templates of the pilot that guesses the floor of the tail: about a million pairs."""

SLACK = 1e-4
"""More than float32 products of unit rows can be off, so that no comparison above the floor is missed. A squared
distance is off by less than so much of the longest one squared."""


@dataclass(frozen=True, eq=False)
class TailRule:
    """What the tail must hold: every non-mated score >= `at_most`, and at least the share `share` of the impostors.

    `impostor_group`: (n samples,) group names; the share is of the pairs within one group. None: of all pairs.
    """

    share: float
    at_most: float = np.inf
    impostor_group: Strings | None = None


def compare(
    samples: Samples,
    trials: Trials,
    reference: Templates,
    probe: Templates,
    cell_columns: tuple[str, ...],
    tail: TailRule,
    threads: int = 1,
) -> Comparisons:
    """Compare every reference with every probe of `trials`.

    The tail's scores and the mated scores are exact (float64, fixed order); the histogram is of float32 scores, so a
    score within 1e-6 of a bin's edge may lie in the neighbouring bin.

    Raises:
        InputError: the two sides were made by different models.
    """
    if (reference.model, reference.similarity) != (probe.model, probe.similarity):
        raise InputError(f"compare: reference templates of {reference.model}, probe templates of {probe.model}")
    if len(np.unique(samples.grouping(cell_columns))) > 4096:
        raise InputError(f"groups: more than 4096 cells over {', '.join(cell_columns)}; use fewer columns")
    cell_names, cells = np.unique(samples.grouping(cell_columns), return_inverse=True)
    engine = _Engine(samples, trials, reference, probe, cells.astype(np.int64), len(cell_names), tail, threads)
    histogram, pairs, floor = engine.tail_and_histogram()
    return Comparisons(
        model=reference.model,
        condition=probe.condition if probe.condition != "clean" else reference.condition,
        trials=trials,
        reference_ok=_present(reference, len(samples)),
        probe_ok=_present(probe, len(samples)),
        mated=mated_scores(samples, trials, reference, probe),
        tail=pairs,
        floor=floor,
        histogram=histogram,
        cells=cells.astype(np.int64),
        cell_names=tuple(str(name) for name in cell_names),
        edges=engine.edges,
    )


def mated_scores(samples: Samples, trials: Trials, reference: Templates, probe: Templates) -> ScoredPairs:
    """Every mated comparison of `trials` with its score, NaN where either side has no template."""
    r, p = mated_pairs(samples, trials)
    score = np.full(len(r), np.nan, dtype=np.float32)
    i, j = _positions(reference, len(samples))[r], _positions(probe, len(samples))[p]
    both = (i >= 0) & (j >= 0)
    score[both] = exact_scores(reference.vectors, probe.vectors, i[both], j[both], reference.similarity)
    return ScoredPairs(r, p, score)


def mated_pairs(samples: Samples, trials: Trials) -> tuple[Rows, Rows]:
    """Rows (reference, probe) of every mated comparison: two different samples of one subject."""
    _, codes = np.unique(samples.subjects, return_inverse=True)
    order = np.argsort(codes[trials.reference], kind="stable")
    reference = trials.reference[order]
    starts = np.searchsorted(codes[reference], codes[trials.probe], side="left")
    counts = np.searchsorted(codes[reference], codes[trials.probe], side="right") - starts
    p = np.repeat(trials.probe, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    r = reference[np.repeat(starts, counts) + within]
    keep = r < p if trials.symmetric else r != p
    return r[keep].astype(np.int64), p[keep].astype(np.int64)


def _positions(templates: Templates, n: int) -> Rows:
    """(n samples,) position of each sample's template, -1 where it has none."""
    position = np.full(n, -1, dtype=np.int64)
    position[templates.rows] = np.arange(len(templates.rows))
    return position


def _present(templates: Templates, n: int) -> Mask:
    return _positions(templates, n) >= 0


class _Engine:
    """The templates of both sides, sorted for the tiles, and the passes over them."""

    def __init__(
        self,
        samples: Samples,
        trials: Trials,
        reference: Templates,
        probe: Templates,
        cells: Rows,
        cell_count: int,
        tail: TailRule,
        threads: int,
    ) -> None:
        self.symmetric, self.tail, self.threads, self.cell_count = trials.symmetric, tail, threads, cell_count
        self.similarity: Similarity = reference.similarity
        _, self.subject = np.unique(samples.subjects, return_inverse=True)
        self.cells = cells
        self.rows_a, self.a = self._side(trials.reference, reference)
        self.rows_b, self.b = (self.rows_a, self.a) if self.symmetric else self._side(trials.probe, probe)
        low, high = self._range()
        self.bins = Bins(low, BINS / (high - low), BINS)
        self.edges = np.linspace(low, high, BINS + 1)

    def _side(self, wanted: Rows, templates: Templates) -> tuple[Rows, Side]:
        rows = wanted[np.isin(wanted, templates.rows)]
        rows = rows[np.lexsort((rows, self.subject[rows], self.cells[rows]))].astype(np.int64)
        vectors = np.ascontiguousarray(templates.vectors[np.searchsorted(templates.rows, rows)])
        squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float32)
        return rows, Side(vectors, self.subject[rows].astype(np.int64), self.cells[rows], squares)

    def _range(self) -> tuple[float, float]:
        """Scores lie in [-1, 1] (cosine), or between minus the largest possible distance and 0."""
        if self.similarity == "cosine":
            return -1.0, 1.0 + 1e-6
        longest = sum(float(np.sqrt(side.squares.max(initial=1.0))) for side in (self.a, self.b))
        return -longest - 1e-6, 1e-6

    def tail_and_histogram(self) -> tuple[Rows, ScoredPairs, float]:
        """The histogram, the exact tail and its floor. A floor that the pilot set too high is set anew from the
        full histogram, which is exact to a bin."""
        floor = min(self._pilot_floor(), self.tail.at_most)
        histogram, pairs = self._pass(floor)
        if self._impostors_in(pairs) < self._wanted(histogram):
            floor = min(self._floor_from(histogram, 1.0), self.tail.at_most)
            histogram, pairs = self._pass(floor)
        return histogram, pairs, floor

    def _pilot_floor(self) -> float:
        """A floor from a seeded pilot, low enough in all likelihood; the whole range if everything fits the pilot."""
        rng = np.random.default_rng(0)
        picks = [np.sort(rng.permutation(len(side.vectors))[:PILOT]) for side in (self.a, self.b)]
        a = _take(self.a, picks[0])
        b = a if self.symmetric else _take(self.b, picks[1])
        histogram, _, _ = self._tiles(a, b, np.inf)
        return self._floor_from(histogram, 1.5)

    def _wanted(self, histogram: Rows) -> int:
        """How many impostors the tail must hold: the share and one more, so that the next score down is seen."""
        everything = int(self._impostor_histogram(histogram).sum())
        return min(everything, int(np.ceil(self.tail.share * everything)) + 1)

    def _floor_from(self, histogram: Rows, margin: float) -> float:
        """The score above which `margin` times the wanted share of the impostors lies for sure: one bin of slack for
        scores that float32 put into the neighbouring bin. Minus infinity where all of them are wanted."""
        counts = self._impostor_histogram(histogram)
        above = np.cumsum(counts[::-1])[::-1]
        enough = np.flatnonzero(above >= margin * self.tail.share * counts.sum() + 10)
        return float(self.edges[enough[-1] - 1]) if len(enough) and enough[-1] > 0 else -np.inf

    def _impostor_histogram(self, histogram: Rows) -> Rows:
        """(bins,) counts of the comparisons that set thresholds; within cells where they are same-group ones.

        Groups are unions of cells, so the cells' own diagonal is a part of the same-group comparisons, and the
        groups' blocks the whole.
        """
        if self.tail.impostor_group is None:
            return np.asarray(histogram.sum(axis=(0, 1)))
        group_of_cell = np.full(self.cell_count, "", dtype=self.tail.impostor_group.dtype)
        group_of_cell[self.cells] = self.tail.impostor_group
        same = group_of_cell[:, None] == group_of_cell[None, :]
        return np.asarray(histogram[same].sum(axis=0))

    def _impostors_in(self, pairs: ScoredPairs) -> int:
        if self.tail.impostor_group is None:
            return len(pairs)
        group = self.tail.impostor_group
        return int(np.count_nonzero(group[pairs.reference] == group[pairs.probe]))

    def _tiles(self, a: Side, b: Side, floor: float) -> tuple[Rows, Rows, Rows]:
        distance = self.similarity == "negative-l2"
        return run_tiles(a, b, self.symmetric, distance, self.bins, floor, self.cell_count, self.threads)

    def _lowered(self, floor: float) -> float:
        if self.similarity == "cosine" or not -np.inf < floor < 0:
            return floor - SLACK
        return -float(np.sqrt(floor**2 + SLACK * self.edges[0] ** 2))

    def _pass(self, floor: float) -> tuple[Rows, ScoredPairs]:
        histogram, i, j = self._tiles(self.a, self.b, self._lowered(floor))
        score = exact_scores(self.a.vectors, self.b.vectors, i, j, self.similarity)
        keep = score.astype(np.float64) >= floor  # numpy would round the floor to float32
        reference, probe, score = self.rows_a[i[keep]], self.rows_b[j[keep]], score[keep]
        if self.symmetric:
            reference, probe = np.minimum(reference, probe), np.maximum(reference, probe)
        order = np.lexsort((probe, reference))
        return histogram, ScoredPairs(reference[order], probe[order], score[order])


def _take(side: Side, rows: Rows) -> Side:
    return Side(side.vectors[rows], side.subject[rows], side.cell[rows], side.squares[rows])
