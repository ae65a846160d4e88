"""A vendor's number as a score: higher = more alike, in single precision, as every score of facegap is."""

from __future__ import annotations

import numpy as np

from facegap.cards.outside import ScoresCard


def as_score(value: float, card: ScoresCard | None = None) -> float:
    """A number in the vendor's own measure (a score, a threshold) as the score that it becomes here.

    Scores are kept as float32, and a text "0.7" becomes 0.699999988. A threshold of 0.7 must become the same number, or
    a score that equals it would lie below it; `records.matches` then compares the two in float64. So: every threshold
    in the measure of scores from elsewhere goes through here, as every score does. Rounding never changes an order, so
    that whatever reached the threshold as printed still does; a score that missed it by less than single precision can
    tell is equal to it, and the readers note how many of those there are.

    Args:
        value: in the vendor's measure where `card` is given, else a score already (higher = more alike).
        card: whose `direction` says whether the number is negated.
    """
    sign = -1.0 if card is not None and card.direction == "distance" else 1.0
    return float(np.float32(sign * value))
