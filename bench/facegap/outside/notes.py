"""What is to be known of scores as a whole: their direction, how finely they are written where thresholds lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facegap.cards.outside import ScoresCard
from facegap.errors import InputError
from facegap.outside.faults import Faults, counted
from facegap.records import Floats, Mask

TOP = 1000
"""Highest non-mated scores that are looked at: thresholds lie among them."""

FEWEST = 20
"""Mated scores below which their order says nothing; as in `run.measure.refuse_near_chance`."""

_BINS = 1 << 16
_STEPS = 3


class Rounding:
    """What single precision takes away where thresholds lie: the highest non-mated scores as they were given."""

    def __init__(self, card: ScoresCard) -> None:
        self._top = _Top(np.dtype(np.float64))
        self._threshold = card.score_threshold
        self._merged = 0

    def add(self, exact: npt.NDArray[np.float64], nonmated: Mask) -> None:
        """Look at (k,) scores, NaN where failed, of which some are `nonmated`."""
        if self._threshold is not None:
            single = np.float32(self._threshold)
            self._merged += int(((exact < self._threshold) & (exact.astype(np.float32) == single)).sum())
        self._top.add(exact[nonmated & ~np.isnan(exact)])

    def notes(self, faults: Faults) -> None:
        """Note scores that are equal, or reach the vendor's threshold, in single precision alone."""
        if self._merged:
            faults.note(
                "scores-rounded",
                f"{counted(self._merged, 'score')} below the vendor's threshold by less than single precision tells: "
                "counted as matches",
                self._merged,
            )
        top = self._top.values
        as_given, single = len(np.unique(top)), len(np.unique(top.astype(np.float32)))
        if single < as_given:
            faults.note(
                "scores-rounded",
                f"the {len(top):,} highest non-mated scores have {as_given:,} different values as given, {single:,} in "
                "single precision; ask for scores that are farther apart, such as their logarithm",
                as_given - single,
            )


class Ties:
    """How many of the highest non-mated scores are the same: thresholds between them do not exist."""

    def __init__(self) -> None:
        self._top = _Top(np.dtype(np.float32))
        self._nonmated = 0

    def add(self, score: Floats, nonmated: Mask) -> None:
        """Look at (k,) scores, NaN where failed, of which some are `nonmated`."""
        there = score[nonmated & ~np.isnan(score)]
        self._nonmated += len(there)
        self._top.add(there)

    def notes(self, faults: Faults) -> None:
        """Note where thresholds cannot be set as finely as so many comparisons would allow."""
        top = self._top.values
        values, counts = np.unique(top, return_counts=True)
        if len(values) == len(top):
            return
        steps = ", ".join(f"{rate:.3g}" for rate in np.cumsum(counts[::-1])[:_STEPS] / self._nonmated)
        faults.note(
            "scores-tied",
            f"the {len(top):,} highest of {counted(self._nonmated, 'non-mated score')} have {len(values):,} different "
            f"values: the lowest FMRs above 0 that a threshold can reach are {steps}",
            len(top) - len(values),
        )


class _Top:
    """The highest numbers of many, collected block by block."""

    def __init__(self, dtype: np.dtype[np.floating]) -> None:
        self.values = np.array([], dtype=dtype)
        self._floor = -np.inf

    def add(self, there: npt.NDArray[np.floating]) -> None:
        there = there[there >= self._floor]
        if len(there):
            found = np.concatenate([self.values, there])
            if len(found) > TOP:
                found = np.partition(found, len(found) - TOP)[-TOP:]
                self._floor = float(found.min())
            self.values = found


def refuse_constant(files: Sequence[object], low: float, high: float, count: int) -> None:
    """Stop where all scores are one.

    Raises:
        InputError: they are.
    """
    if count > 1 and low == high:
        raise InputError(
            f"{files[0]}: all {counted(count, 'score')} are {low:g}; a constant tells nobody apart; ask the vendor"
        )


def refuse_all_failed(files: Sequence[object], count: int) -> None:
    """Stop where there is no score at all.

    Raises:
        InputError: every one of `count` comparisons failed.
    """
    raise InputError(
        f"{files[0]}: not one of {counted(count, 'comparison')} has a score: every one is a failure; is it the right "
        "column, and are the card's failures right?"
    )


def refuse_turned_around(files: Sequence[object], card: ScoresCard, auc: float | None) -> None:
    """Stop where a mated score is below a non-mated one more often than above it.

    Raises:
        InputError: it is.
    """
    if auc is not None and auc < 0.5:
        other = "distance" if card.direction == "similarity" else "similarity"
        raise InputError(
            f"{files[0]}: a mated score is above a non-mated one in {auc:.1%} of the cases, as the card says that the "
            f"score is a {card.direction}: is its direction '{other}', or do the ids belong to other samples?"
        )


class Order:
    """How often a mated score is above a non-mated one, from counts in fine bins of a known range."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._scale = low, (_BINS - 1) / (high - low)
        self._counts = np.zeros((2, _BINS), dtype=np.int64)

    def add(self, scores: Floats, mated: Mask) -> None:
        """Count (k,) scores, NaN where failed."""
        for k, which in enumerate((~mated, mated)):
            found = scores[which]
            bins = (found[~np.isnan(found)].astype(np.float64) - self._low) * self._scale
            self._counts[k] += np.bincount(bins.astype(np.int64), minlength=_BINS)

    @property
    def auc(self) -> float | None:
        """The share, ties counted half; None where there are too few."""
        nonmated, mated = self._counts
        if mated.sum() < FEWEST or not nonmated.any():
            return None
        below = np.cumsum(nonmated) - nonmated / 2
        return float((mated * below).sum() / (mated.sum() * nonmated.sum()))
