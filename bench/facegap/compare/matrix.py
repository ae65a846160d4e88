"""Comparisons by rule whose scores are there already: a matrix of references and probes, read block by block.

The same passes as over templates: a histogram, the exact tail above a floor, and the mated scores. Memory grows with
the kept tail and a block of rows, never with the matrix, which is a memory map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.compare.engine import Part, TilePlan
from facegap.compare.groups import meets_of
from facegap.compare.pairs import Passes, TailRule, mated_pairs, side_of
from facegap.compare.tiles import every_unit
from facegap.records import Comparisons, Floats, Mask, Rows, RuledTrials, Samples, ScoredPairs

_BLOCK = 2048
"""Rows that are read at once to find the least and the largest score."""


@dataclass(frozen=True, eq=False)
class ScoreMatrix:
    """The scores of references and probes.

    Attributes:
        score: (r, p) float32, higher = more alike; NaN only where a side failed, and of a sample with itself. Where a
            sample is on both sides its scores are the same in both orders.
        reference, probe: (r,) and (p,) ascending rows of `Samples`.
        reference_ok, probe_ok: (r,) and (p,) True where the sample did not fail.
    """

    score: Floats
    reference: Rows
    probe: Rows
    reference_ok: Mask
    probe_ok: Mask

    def at(self, reference: Rows, probe: Rows) -> Floats:
        """(k,) scores of the pairs of rows of `Samples`."""
        return np.asarray(self.score[np.searchsorted(self.reference, reference), np.searchsorted(self.probe, probe)])

    def block(self, reference: Rows, probe: Rows) -> Floats:
        """(a, b) scores of all of these rows of `Samples` with all of those."""
        i, j = np.searchsorted(self.reference, reference), np.searchsorted(self.probe, probe)
        return np.asarray(self.score[np.ix_(i, j)])

    def ok(self, reference: Rows, probe: Rows) -> tuple[Mask, Mask]:
        """(k,) whether these references did not fail, and (m,) whether these probes did not."""
        i, j = np.searchsorted(self.reference, reference), np.searchsorted(self.probe, probe)
        return self.reference_ok[i], self.probe_ok[j]

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest score; 0 and 1 where there is none."""
        low, high = np.inf, -np.inf
        for start in range(0, len(self.score), _BLOCK):
            found = np.asarray(self.score[start : start + _BLOCK])
            there = found[np.isfinite(found)]
            low, high = min(low, float(there.min(initial=np.inf))), max(high, float(there.max(initial=-np.inf)))
        return (low, high) if low <= high else (0.0, 1.0)


@dataclass(frozen=True)
class _MatrixEngine:
    """Takes the tiles out of a matrix."""

    matrix: ScoreMatrix
    threads: int = 1

    def run(self, plan: TilePlan) -> Part:
        """Every unit of the plan; see `engine.Engine`."""
        return every_unit(plan, self._fill, self.threads)

    def _fill(self, plan: TilePlan, rows: slice, columns: slice, out: Floats) -> None:
        out[...] = np.nan_to_num(self.matrix.block(plan.a.rows[rows], plan.b.rows[columns]))


def compare_matrix(
    samples: Samples,
    trials: RuledTrials,
    matrix: ScoreMatrix,
    cell_columns: tuple[str, ...],
    tail: TailRule,
    *,
    model: str,
    condition: str,
    score_range: tuple[float, float],
    threads: int = 1,
) -> Comparisons:
    """Every comparison of `trials`, from the matrix that holds its scores; failed where either side failed.

    Args:
        score_range: lowest and highest score that the histogram reaches.

    Raises:
        InputError: `cell_columns` give too many groups.
    """
    meets = meets_of(samples, cell_columns)
    cell_names, cells = samples.coded(cell_columns)
    a = side_of(samples, trials.reference, matrix.reference[matrix.reference_ok], cells)
    b = a if trials.symmetric else side_of(samples, trials.probe, matrix.probe[matrix.probe_ok], cells)
    passes = Passes(
        a=a,
        b=b,
        symmetric=trials.symmetric,
        distance=False,
        range=score_range,
        cells=cells,
        meets=meets,
        tail=tail,
        engine=_MatrixEngine(matrix, threads),
        exact=lambda i, j: matrix.at(a.rows[i], b.rows[j]),
        lowered=lambda floor: float(np.nextafter(np.float32(floor), np.float32(-np.inf))),
    )
    histogram, pairs, floor = passes.tail_and_histogram()
    reference_ok, probe_ok = (
        _among(len(samples), rows[ok])
        for rows, ok in ((matrix.reference, matrix.reference_ok), (matrix.probe, matrix.probe_ok))
    )
    r, p = mated_pairs(samples, trials)
    score = np.full(len(r), np.nan, dtype=np.float32)
    both = reference_ok[r] & probe_ok[p]
    score[both] = matrix.at(r[both], p[both])
    return Comparisons(
        model=model,
        condition=condition,
        trials=trials,
        reference_ok=reference_ok,
        probe_ok=probe_ok,
        mated=ScoredPairs(r, p, score),
        tail=pairs,
        floor=floor,
        histogram=histogram,
        cells=cells.astype(np.int64),
        cell_names=cell_names,
        edges=passes.edges,
        meets=meets,
    )


def _among(n: int, rows: Rows) -> Mask:
    """(n,) True at `rows`."""
    found = np.zeros(n, dtype=bool)
    found[rows] = True
    return found
