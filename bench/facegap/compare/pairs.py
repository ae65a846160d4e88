"""All comparisons of one model under one condition, as `Comparisons`: mated, exact tail, histogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.compare.engine import BINS, Bins, Engine, Part, Side, TilePlan
from facegap.compare.listed import compare_listed
from facegap.compare.scores import Similarity, exact_scores
from facegap.compare.templates import positions, present, score_range
from facegap.compare.tiles import LocalEngine
from facegap.errors import InputError
from facegap.records import (
    Comparisons,
    ListedTrials,
    Rows,
    RuledTrials,
    Samples,
    ScoredPairs,
    Strings,
    Templates,
    Trials,
    matches,
)

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
    engine: Engine = LocalEngine(),  # noqa: B008 - it is frozen
) -> Comparisons:
    """Make every comparison of `trials`: by rule in tiles, by list one by one.

    The tail's scores and the mated scores are exact (float64, fixed order); the histogram is of float32 scores, so a
    score within 1e-6 of a bin's edge may lie in the neighbouring bin.

    Raises:
        InputError: the two sides were made by different models, or `cell_columns` give more than 4096 cells.
    """
    if (reference.model, reference.similarity) != (probe.model, probe.similarity):
        raise InputError(f"compare: reference templates of {reference.model}, probe templates of {probe.model}")
    if len(np.unique(samples.grouping(cell_columns))) > 4096:
        raise InputError(f"groups: more than 4096 cells over {', '.join(cell_columns)}; use fewer columns")
    if isinstance(trials, ListedTrials):
        return compare_listed(samples, trials, reference, probe, cell_columns)
    cell_names, cells = samples.coded(cell_columns)
    passes = _Passes(samples, trials, reference, probe, cells, len(cell_names), tail, engine)
    histogram, pairs, floor = passes.tail_and_histogram()
    return Comparisons(
        model=reference.model,
        condition=probe.condition if probe.condition != "clean" else reference.condition,
        trials=trials,
        reference_ok=present(reference, len(samples)),
        probe_ok=present(probe, len(samples)),
        mated=mated_scores(samples, trials, reference, probe),
        tail=pairs,
        floor=floor,
        histogram=histogram,
        cells=cells.astype(np.int64),
        cell_names=cell_names,
        edges=passes.edges,
    )


def mated_scores(samples: Samples, trials: RuledTrials, reference: Templates, probe: Templates) -> ScoredPairs:
    """Every mated comparison of `trials` with its score, NaN where either side has no template."""
    r, p = mated_pairs(samples, trials)
    score = np.full(len(r), np.nan, dtype=np.float32)
    i, j = positions(reference, len(samples))[r], positions(probe, len(samples))[p]
    both = (i >= 0) & (j >= 0)
    score[both] = exact_scores(reference.vectors, probe.vectors, i[both], j[both], reference.similarity)
    return ScoredPairs(r, p, score)


def mated_pairs(samples: Samples, trials: Trials) -> tuple[Rows, Rows]:
    """(k,) rows of the reference and of the probe of every mated comparison: two different samples of one subject.

    In symmetric trials each pair once, the lower row as the reference.
    """
    if isinstance(trials, ListedTrials):
        people = samples.people()
        same = people[trials.reference] == people[trials.probe]
        return trials.reference[same], trials.probe[same]
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


class _Passes:
    """The templates of both sides, sorted for the tiles, and the passes over them."""

    def __init__(
        self,
        samples: Samples,
        trials: RuledTrials,
        reference: Templates,
        probe: Templates,
        cells: Rows,
        cell_count: int,
        tail: TailRule,
        engine: Engine,
    ) -> None:
        self.symmetric, self.tail, self.engine, self.cell_count = trials.symmetric, tail, engine, cell_count
        self.similarity: Similarity = reference.similarity
        _, self.subject = np.unique(samples.subjects, return_inverse=True)
        self.cells = cells
        self.rows_a, self.a = self._side(trials.reference, reference)
        self.rows_b, self.b = (self.rows_a, self.a) if self.symmetric else self._side(trials.probe, probe)
        low, high = score_range((self.a.squares, self.b.squares), self.similarity)
        self.bins = Bins(low, BINS / (high - low), BINS)
        self.edges = np.linspace(low, high, BINS + 1)

    def _side(self, wanted: Rows, templates: Templates) -> tuple[Rows, Side]:
        rows = wanted[np.isin(wanted, templates.rows)]
        rows = rows[np.lexsort((rows, self.subject[rows], self.cells[rows]))].astype(np.int64)
        vectors = np.ascontiguousarray(templates.vectors[np.searchsorted(templates.rows, rows)])
        squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float32)
        return rows, Side(vectors, self.subject[rows].astype(np.int64), self.cells[rows], squares)

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
        a = self.a.take(picks[0])
        b = a if self.symmetric else self.b.take(picks[1])
        return self._floor_from(self._tiles(a, b, np.inf).histogram, 1.5)

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

    def _tiles(self, a: Side, b: Side, floor: float) -> Part:
        plan = TilePlan(
            a=a,
            b=b,
            symmetric=self.symmetric,
            distance=self.similarity == "negative-l2",
            bins=self.bins,
            floor=floor,
            cells=self.cell_count,
        )
        return self.engine.run(plan)

    def _lowered(self, floor: float) -> float:
        if self.similarity == "cosine" or not -np.inf < floor < 0:
            return floor - SLACK
        return -float(np.sqrt(floor**2 + SLACK * self.edges[0] ** 2))

    def _pass(self, floor: float) -> tuple[Rows, ScoredPairs]:
        part = self._tiles(self.a, self.b, self._lowered(floor))
        score = exact_scores(self.a.vectors, self.b.vectors, part.i, part.j, self.similarity)
        keep = matches(score, floor)
        reference, probe, score = self.rows_a[part.i[keep]], self.rows_b[part.j[keep]], score[keep]
        if self.symmetric:
            reference, probe = np.minimum(reference, probe), np.maximum(reference, probe)
        order = np.lexsort((probe, reference))
        return part.histogram, ScoredPairs(reference[order], probe[order], score[order])
