"""Some of the comparisons, as comparisons that are counted like all: of some samples, or some of the mated ones."""

from __future__ import annotations

from dataclasses import replace

from facegap.records import Comparisons, ListedTrials, Mask, RuledTrials, ScoredPairs


def of_samples(comparisons: Comparisons, reference: Mask, probe: Mask) -> Comparisons:
    """The comparisons of references in (n,) `reference` with probes in (n,) `probe`.

    The histogram stays that of all comparisons: nothing is counted from it.

    Raises:
        ValueError: the two sides differ where a pair has no direction, so that not one of two orders is right.
    """
    trials = comparisons.trials
    if trials.symmetric and (reference != probe).any():
        raise ValueError("symmetric trials: expected the same samples on both sides")
    completed = comparisons.completed
    parted: ListedTrials | RuledTrials
    if isinstance(trials, ListedTrials):
        keep = reference[trials.reference] & probe[trials.probe]
        parted = ListedTrials(trials.reference[keep], trials.probe[keep])
        completed = None if completed is None else completed[keep]
    else:
        mine = trials.reference[reference[trials.reference]], trials.probe[probe[trials.probe]]
        parted = RuledTrials(*mine, trials.symmetric)
    return replace(
        comparisons,
        trials=parted,
        completed=completed,
        mated=_kept(comparisons.mated, reference, probe),
        tail=_kept(comparisons.tail, reference, probe),
    )


def _kept(pairs: ScoredPairs, reference: Mask, probe: Mask) -> ScoredPairs:
    return pairs_of(pairs, reference[pairs.reference] & probe[pairs.probe])


def pairs_of(pairs: ScoredPairs, keep: Mask) -> ScoredPairs:
    """The pairs that are (k,) kept."""
    return ScoredPairs(pairs.reference[keep], pairs.probe[keep], pairs.score[keep])


def of_mated(comparisons: Comparisons, keep: Mask) -> Comparisons:
    """The comparisons with those mated ones alone that are (k,) kept: only false non-matches are counted from them."""
    return replace(comparisons, mated=pairs_of(comparisons.mated, keep))
