"""Thresholds at a target false match rate, from the exact upper tail of the non-mated scores.

The convention: the smallest observed score whose realised rate is at most the target. Equal scores match together, so a
block of ties is taken or left as a whole. Nothing is interpolated: an interpolated threshold promises a rate that no
threshold reaches on these scores.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.errors import InputError

TRUSTED_FALSE_MATCHES = 30
"""Doddington's rule of 30: so many errors put the true rate within 30 % of the observed one, at 90 % confidence."""


class OperatingPoint(NamedTuple):
    """A threshold and what it realised where it was set."""

    threshold: float
    realised: float
    false_matches: int
    note: str


def threshold_at_fmr(
    tail_scores: npt.NDArray[np.floating], comparisons_total: int, target: float, floor: float | None = None
) -> OperatingPoint:
    """The threshold at which at most a share `target` of the non-mated comparisons match.

    Args:
        tail_scores: (k,) the highest scores, all of them down to the lowest that is given.
        comparisons_total: non-mated comparisons, failed ones included; they count as non-matches.
        target: false match rate in (0, 1).
        floor: the lowest score that the tail would hold; -inf says that it holds every completed comparison.

    Where even the highest block of ties exceeds the target the threshold is the next number above the highest score
    *in the scores' own dtype*: a float64 step above a float32 score would round back onto the score, and match it,
    wherever a reader of the results compares in float32.

    Raises:
        InputError: no comparisons, or the tail ends above the target.
    """
    if comparisons_total <= 0 or (len(tail_scores) == 0 and floor == -np.inf):
        raise InputError("a threshold at a target FMR needs non-mated comparisons with a score, found none")
    allowed = most_false_matches(comparisons_total, target)
    scores = np.sort(tail_scores)[::-1]
    complete = len(scores) == comparisons_total or floor == -np.inf
    if len(scores) <= allowed and not complete:
        raise InputError(
            f"the kept tail of {len(scores)} of {comparisons_total} non-mated scores ends before FMR {target:g}, which "
            f"needs {allowed + 1}; compare again with a lower floor or set a lower FMR"
        )
    if len(scores) <= allowed:
        threshold = scores[-1]
    else:
        above = scores[:allowed][scores[:allowed] > scores[allowed]]
        threshold = above[-1] if len(above) else np.nextafter(scores[0], scores.dtype.type(np.inf))
    false_matches = int(np.count_nonzero(scores >= threshold))
    note = _note(comparisons_total, target, false_matches)
    return OperatingPoint(float(threshold), false_matches / comparisons_total, false_matches, note)


def most_false_matches(total: int, target: float) -> int:
    """The largest number of false matches with number / total <= target, as the division rounds."""
    allowed = min(int(total * target) + 1, total)
    while allowed / total > target:
        allowed -= 1
    return allowed


def _note(total: int, target: float, false_matches: int) -> str:
    if total * target < 1:
        return f"not resolvable: {total} comparisons cannot show FMR {target:g}; this threshold is above every score"
    if false_matches == 0:
        return f"the highest score alone, or its ties, exceed FMR {target:g}; this threshold is above every score"
    if false_matches < TRUSTED_FALSE_MATCHES:
        return f"rests on {false_matches} false matches; {TRUSTED_FALSE_MATCHES} are needed to trust it (rule of 30)"
    return ""
