"""Comparisons of a trial list: each is scored by itself, exactly, and every non-mated score is kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.compare.engine import BINS
from facegap.compare.groups import meets_of
from facegap.compare.scores import exact_scores
from facegap.compare.templates import positions, present, score_range
from facegap.errors import InputError
from facegap.records import Comparisons, Floats, ListedTrials, Mask, Meets, Rows, Samples, ScoredPairs, Templates


def compare_listed(
    samples: Samples, trials: ListedTrials, reference: Templates, probe: Templates, cell_columns: tuple[str, ...]
) -> Comparisons:
    """Every comparison of the list from the templates of its two samples; failed where either has none."""
    n = len(samples)
    i, j = positions(reference, n)[trials.reference], positions(probe, n)[trials.probe]
    both = (i >= 0) & (j >= 0)
    scores = np.full(len(trials), np.nan, dtype=np.float32)
    scores[both] = exact_scores(reference.vectors, probe.vectors, i[both], j[both], reference.similarity)
    squares = tuple(np.einsum("ij,ij->i", side.vectors, side.vectors) for side in (reference, probe))
    return listed_comparisons(
        samples,
        trials,
        scores,
        model=reference.model,
        condition=probe.condition if probe.condition != "clean" else reference.condition,
        cell_columns=cell_columns,
        score_range=score_range(squares, reference.similarity),
        ok=(present(reference, n), present(probe, n)),
    )


def listed_comparisons(
    samples: Samples,
    trials: ListedTrials,
    scores: Floats,
    *,
    model: str,
    condition: str,
    cell_columns: tuple[str, ...],
    score_range: tuple[float, float] | None = None,
    ok: tuple[Mask, Mask] | None = None,
) -> Comparisons:
    """The comparisons of a list from their scores, wherever those were computed.

    Args:
        scores: (k,) float32, one a comparison of the list; NaN where it failed.
        score_range: lowest and highest score that the histogram reaches; None: those that occur.
        ok: (n samples,) True where the reference and the probe side has a template; None where only scores are known:
            a sample then counts as enrolled if one comparison of it on that side has a score.

    Raises:
        InputError: there are not as many scores as comparisons, or one is infinite.
    """
    if len(scores) != len(trials):
        raise InputError(
            f"{model}: expected a score or a failure for each of {len(trials)} trials, found {len(scores)}"
        )
    if np.isinf(scores).any():
        raise InputError(f"{model}: a score is infinite; a failed comparison has none")
    people = samples.people()
    mated = people[trials.reference] == people[trials.probe]
    completed = ~np.isnan(scores)
    low, high = score_range if score_range is not None else _range_of(scores[completed])
    edges = np.linspace(low, high, BINS + 1)
    cell_names, cells = samples.coded(cell_columns)
    meets = meets_of(samples, cell_columns)
    tail = ScoredPairs(*(side[~mated & completed] for side in (trials.reference, trials.probe, scores)))
    known = ok if ok is not None else _seen(len(samples), trials, completed)
    return Comparisons(
        model=model,
        condition=condition,
        trials=trials,
        reference_ok=known[0],
        probe_ok=known[1],
        mated=ScoredPairs(trials.reference[mated], trials.probe[mated], scores[mated]),
        tail=tail,
        floor=-np.inf,
        histogram=_histogram(tail, cells, meets, edges),
        cells=cells.astype(np.int64),
        cell_names=cell_names,
        edges=edges,
        completed=completed,
        meets=meets,
    )


def _range_of(scores: Floats) -> tuple[float, float]:
    if not len(scores):
        return 0.0, 1.0
    low, high = float(scores.min()), float(scores.max())
    margin = max(high - low, abs(low), 1e-6) * 1e-6
    return low, high + margin


def _seen(n: int, trials: ListedTrials, completed: Mask) -> tuple[Mask, Mask]:
    found = []
    for side in (trials.reference, trials.probe):
        one = np.zeros(n, dtype=bool)
        one[side[completed]] = True
        found.append(one)
    return found[0], found[1]


def _histogram(tail: ScoredPairs, cells: Rows, meets: Meets, edges: npt.NDArray[np.float64]) -> Rows:
    """(tables, bins) counts of the non-mated scores."""
    bins = len(edges) - 1
    place = np.clip(np.searchsorted(edges, tail.score.astype(np.float64), side="right") - 1, 0, bins - 1)
    key = meets.table[cells[tail.reference], cells[tail.probe]].astype(np.int64) * bins + place
    return np.bincount(key, minlength=len(meets) * bins).reshape(len(meets), bins)
