"""Accuracy over the folds of a list, as benchmarks such as LFW's View 2 publish it.

Each fold's threshold is the one with most right answers on the other folds; the published figure is the mean over folds
with its standard error, the folds' standard deviation over the root of their number (Huang et al. 2007). It is another
number than any error rate here: its threshold is tuned to the list itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.records import Comparisons, ListedTrials, Mask, Rows, Samples
from facegap.schema import FoldRow
from facegap.tables.workbench import Workbench

Scores = npt.NDArray[np.float64]


class _Answers(NamedTuple):
    """(k,) of the comparisons that lie in a fold: the fold, whether mated, and the score, -inf where it failed."""

    fold: Rows
    mated: Mask
    score: Scores


def rows(bench: Workbench) -> Iterator[FoldRow]:
    """A row for each fold, and one over all, of every model under every condition whose list has folds."""
    least = bench.evidence.study.statistics.suppress_below or 0
    for comparisons in bench.evidence.comparisons.values():
        answers = _answers(comparisons, bench.evidence.samples)
        if answers is not None:
            found = _rows(comparisons, answers)
            few = _people_of_a_fold(comparisons, bench.evidence.samples) < least
            # All folds less the others would be the one of few people.
            yield from found[-1:] if few else found


def _people_of_a_fold(comparisons: Comparisons, samples: Samples) -> int:
    """The fewest people behind one."""
    trials, people = comparisons.trials, samples.people()
    assert isinstance(trials, ListedTrials) and trials.fold is not None
    both = np.concatenate([people[trials.reference], people[trials.probe]])
    fold = np.tile(trials.fold, 2)
    return min((len(np.unique(both[fold == one])) for one in np.unique(fold[fold > 0])), default=0)


def _answers(comparisons: Comparisons, samples: Samples) -> _Answers | None:
    trials = comparisons.trials
    if not isinstance(trials, ListedTrials) or trials.fold is None or comparisons.completed is None:
        return None
    people = samples.people()
    mated = people[trials.reference] == people[trials.probe]
    score = np.full(len(trials), -np.inf)
    score[mated] = np.nan_to_num(comparisons.mated.score.astype(np.float64), nan=-np.inf)
    score[~mated & comparisons.completed] = comparisons.tail.score
    inside = trials.fold > 0
    return _Answers(trials.fold[inside], mated[inside], score[inside])


def _rows(comparisons: Comparisons, answers: _Answers) -> list[FoldRow]:
    """One a fold, and the last over all; none of fewer than two folds."""
    folds = np.unique(answers.fold)
    if len(folds) < 2:
        return []
    model, condition = comparisons.model, comparisons.condition
    found: list[float] = []
    rows: list[FoldRow] = []
    for fold in folds:
        own = answers.fold == fold
        threshold = best_threshold(answers.score[~own], answers.mated[~own])
        right = (answers.score[own] >= threshold) == answers.mated[own]
        found.append(float(right.mean()))
        rows.append(
            FoldRow(
                model=model,
                condition=condition,
                fold=str(fold),
                threshold=threshold,
                right=int(right.sum()),
                trials=int(own.sum()),
                mated=int(answers.mated[own].sum()),
                failed=int(np.isneginf(answers.score[own]).sum()),
                accuracy=found[-1],
            )
        )
    over_all = FoldRow(
        model=model,
        condition=condition,
        fold="all",
        trials=len(answers.fold),
        mated=int(answers.mated.sum()),
        failed=int(np.isneginf(answers.score).sum()),
        accuracy=float(np.mean(found)),
        standard_error=float(np.std(found, ddof=1) / np.sqrt(len(found))),
        note=_note(answers, len(folds)),
    )
    return [*rows, over_all]


def best_threshold(score: Scores, mated: Mask) -> float:
    """The score at which most answers "a match is score >= threshold" are right; the middle one of equally good ones.

    Args:
        score: (k,) with at least one that is finite.
        mated: (k,) whether a match is right.
    """
    values, place = np.unique(score, return_inverse=True)
    of_mated = np.bincount(place, mated, len(values))
    of_others = np.bincount(place, ~mated, len(values))
    # Right at a threshold of values[t]: mated at or above it, and non-mated below it.
    right = of_mated[::-1].cumsum()[::-1] + np.concatenate([[0.0], of_others.cumsum()[:-1]])
    best = np.flatnonzero((right == right[np.isfinite(values)].max()) & np.isfinite(values))
    return float(values[best[len(best) // 2]])


def _note(answers: _Answers, folds: int) -> str:
    notes = ["mean over folds and its standard error; thresholds are tuned to the other folds of this list"]
    sizes = np.bincount(answers.fold)[1:]
    balance = [int(answers.mated[answers.fold == fold].sum()) for fold in np.unique(answers.fold)]
    if len({*sizes[sizes > 0].tolist()}) > 1 or len(set(balance)) > 1:
        share = float(answers.mated.mean())
        notes.append(
            f"the folds are uneven, {share:.0%} of the pairs are mated: not the published protocol, and no figure to "
            "hold against a published accuracy"
        )
    if np.isneginf(answers.score).any():
        notes.append("a failed comparison is answered 'no match'")
    if folds < 10:
        notes.append(f"{folds} folds")
    return "; ".join(notes)
