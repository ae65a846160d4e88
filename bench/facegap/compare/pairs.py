"""All comparisons of one model under one condition, as `Comparisons`: mated, exact tail, histogram."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from facegap.compare.engine import BINS, Bins, Engine, Part, Side, TilePlan
from facegap.compare.groups import meets_of
from facegap.compare.listed import compare_listed
from facegap.compare.scores import Similarity, exact_scores
from facegap.compare.templates import positions, present, score_range
from facegap.compare.tiles import LocalEngine
from facegap.errors import InputError
from facegap.records import (
    Comparisons,
    Floats,
    ListedTrials,
    Mask,
    Meets,
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
        InputError: the two sides were made by different models, or `cell_columns` give too many groups.
    """
    if (reference.model, reference.similarity) != (probe.model, probe.similarity):
        raise InputError(f"compare: reference templates of {reference.model}, probe templates of {probe.model}")
    if isinstance(trials, ListedTrials):
        return compare_listed(samples, trials, reference, probe, cell_columns)
    meets = meets_of(samples, cell_columns)
    cell_names, cells = samples.coded(cell_columns)
    a, b = _sides(samples, trials, reference, probe, cells)
    similarity, (low, high) = reference.similarity, score_range((a.squares, b.squares), reference.similarity)
    passes = Passes(
        a=a,
        b=b,
        symmetric=trials.symmetric,
        distance=similarity == "negative-l2",
        range=(low, high),
        cells=cells,
        meets=meets,
        tail=tail,
        engine=engine,
        exact=lambda i, j: exact_scores(a.vectors, b.vectors, i, j, similarity),
        lowered=lambda floor: _lowered(floor, similarity, low),
    )
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
        meets=meets,
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


def _sides(
    samples: Samples, trials: RuledTrials, reference: Templates, probe: Templates, cells: Rows
) -> tuple[Side, Side]:
    a = with_vectors(side_of(samples, trials.reference, reference.rows, cells), reference)
    if trials.symmetric:
        return a, a
    return a, with_vectors(side_of(samples, trials.probe, probe.rows, cells), probe)


def side_of(samples: Samples, wanted: Rows, there: Rows, cells: Rows) -> Side:
    """The (k,) `wanted` samples that are `there`, in the order of the tiles, without vectors; (n samples,) `cells`."""
    _, subject = np.unique(samples.subjects, return_inverse=True)
    rows = wanted[np.isin(wanted, there)]
    rows = rows[np.lexsort((rows, subject[rows], cells[rows]))].astype(np.int64)
    return Side(rows, subject[rows].astype(np.int64), cells[rows], *np.zeros((2, len(rows)), dtype=np.float32))


def with_vectors(side: Side, templates: Templates) -> Side:
    """The side with its templates and their squared lengths."""
    vectors = np.ascontiguousarray(templates.vectors[np.searchsorted(templates.rows, side.rows)])
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float32)
    return replace(side, vectors=vectors, squares=squares)


def _lowered(floor: float, similarity: Similarity, low: float) -> float:
    """A floor that no float32 score of a pair above `floor` misses; `low` is the lowest score that there can be."""
    if similarity == "cosine" or not -np.inf < floor < 0:
        return floor - SLACK
    return -float(np.sqrt(floor**2 + SLACK * low**2))


@dataclass(frozen=True, eq=False, kw_only=True)
class Passes:
    """Two sides, sorted for the tiles, and the passes over all their pairs.

    Attributes:
        range: lowest and highest score that the histogram reaches.
        cells: (n samples,) cell of each sample.
        meets: the tables of the histogram.
        exact: (k,) exact scores of the pairs (a[i], b[j]).
        lowered: the floor that the engine is given, so that no pair above the wanted one is missed.
    """

    a: Side
    b: Side
    symmetric: bool
    distance: bool
    range: tuple[float, float]
    cells: Rows
    meets: Meets
    tail: TailRule
    engine: Engine
    exact: Callable[[Rows, Rows], Floats]
    lowered: Callable[[float], float]

    @cached_property
    def edges(self) -> npt.NDArray[np.float64]:
        """(bins + 1,) edges of the histogram."""
        return np.linspace(*self.range, BINS + 1)

    def tail_and_histogram(self) -> tuple[Rows, ScoredPairs, float]:
        """The (tables, bins) histogram, the exact tail and its floor. A floor that the pilot set too high is set anew
        from the full histogram, which is exact to a bin, and only the tail is made again."""
        floor = min(self._pilot_floor(), self.tail.at_most)
        histogram, pairs = self._pass(floor, self.meets)
        if self._impostors_in(pairs) < self._wanted(histogram):
            floor = min(self._floor_from(histogram, 1.0), self.tail.at_most)
            pairs = self.tail_above(floor)
        return histogram, pairs, floor

    def tail_above(self, floor: float) -> ScoredPairs:
        """The exact tail above a floor that is known, without a histogram."""
        return self._pass(floor, None)[1]

    def _pilot_floor(self) -> float:
        """A floor from a seeded pilot, low enough in all likelihood; the whole range if everything fits the pilot."""
        rng = np.random.default_rng(0)
        picks = [np.sort(rng.permutation(len(side))[:PILOT]) for side in (self.a, self.b)]
        a = self.a.take(picks[0])
        b = a if self.symmetric else self.b.take(picks[1])
        return self._floor_from(self._tiles(a, b, np.inf, self.meets).histogram, 1.5)

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
        """(bins,) counts of the comparisons that set thresholds; within groups, which are unions of cells, where they
        are same-group ones.
        """
        return np.asarray(histogram[self._sets_thresholds].sum(axis=0))

    @cached_property
    def _sets_thresholds(self) -> Mask:
        """(tables,) True where the table's comparisons set thresholds."""
        if self.tail.impostor_group is None:
            return np.ones(len(self.meets), dtype=bool)
        group = np.unique(self.tail.impostor_group, return_inverse=True)[1]
        of_cell = np.zeros(len(self.meets.codes), dtype=np.int64)
        of_cell[self.cells] = group
        return self.meets.group_of(of_cell) >= 0

    def _impostors_in(self, pairs: ScoredPairs) -> int:
        if self.tail.impostor_group is None:
            return len(pairs)
        group = self.tail.impostor_group
        return int(np.count_nonzero(group[pairs.reference] == group[pairs.probe]))

    def _tiles(self, a: Side, b: Side, floor: float, meets: Meets | None) -> Part:
        low, high = self.range
        plan = TilePlan(
            a=a,
            b=b,
            symmetric=self.symmetric,
            distance=self.distance,
            bins=Bins(low, BINS / (high - low), BINS),
            floor=floor,
            meets=meets,
        )
        return self.engine.run(plan)

    def _pass(self, floor: float, meets: Meets | None) -> tuple[Rows, ScoredPairs]:
        part = self._tiles(self.a, self.b, self.lowered(floor), meets)
        score = self.exact(part.i, part.j)
        keep = matches(score, floor)
        reference, probe, score = self.a.rows[part.i[keep]], self.b.rows[part.j[keep]], score[keep]
        if self.symmetric:
            reference, probe = np.minimum(reference, probe), np.maximum(reference, probe)
        order = np.argsort((reference << 32) | probe)
        return part.histogram, ScoredPairs(reference[order], probe[order], score[order])
