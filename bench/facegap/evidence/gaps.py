"""Years between reference and probe: cut into bins while ages and dates are there, and looked up afterwards."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from facegap.records import AgeGaps, Comparisons, Rows, Samples, ScoredPairs

UNKNOWN = -1


def age_gaps(samples: Samples, comparisons: Iterable[Comparisons], cuts: tuple[float, ...]) -> AgeGaps | None:
    """The bin of every mated pair of pictures; None where no ages and no dates are known or no bins are asked for.

    The years between two pictures are those between their dates, and where one has none, between the ages.
    """
    if not cuts or not samples.years:
        return None
    pairs = [_keys(len(samples), one.mated) for one in comparisons]
    low, high = np.divmod(np.unique(np.concatenate([np.zeros(0, np.int64), *pairs])), max(len(samples), 1))
    return AgeGaps(low=low, high=high, bin=_bins(_years(samples, low, high), cuts), cuts=cuts)


def _keys(size: int, mated: ScoredPairs) -> Rows:
    return np.minimum(mated.reference, mated.probe) * size + np.maximum(mated.reference, mated.probe)


def _years(samples: Samples, low: Rows, high: Rows) -> npt.NDArray[np.float64]:
    """(k,) rounded, so that five birthdays are five years and not a little less."""
    by_date, by_age = (np.abs(samples.years[name][low] - samples.years[name][high]) for name in ("date", "age"))
    years: npt.NDArray[np.float64] = np.where(np.isnan(by_date), by_age, by_date)
    return np.asarray(np.round(years, 6), dtype=np.float64)


def _bins(years: npt.NDArray[np.float64], cuts: tuple[float, ...]) -> Rows:
    found = np.searchsorted(np.array(cuts), years, side="right")
    return np.where(np.isnan(years), UNKNOWN, found).astype(np.int64)


def gap_of(gaps: AgeGaps, size: int, mated: ScoredPairs, cuts: tuple[float, ...]) -> Rows:
    """(k,) the bin of every mated comparison over `cuts`, which are some of those kept; -1 where it is not known.

    Args:
        size: how many samples there are.
    """
    place = np.searchsorted(gaps.low * size + gaps.high, _keys(size, mated))
    kept = gaps.bin[place]
    begins = np.array([0.0, *gaps.cuts])
    return np.where(kept == UNKNOWN, UNKNOWN, np.searchsorted(np.array(cuts), begins[kept], side="right")).astype(
        np.int64
    )
