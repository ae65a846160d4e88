"""Equivalence of two rates by two one-sided tests: shown only where the whole interval lies inside the margin.

The margin is named before the data are seen. A wide interval is never equivalence, and a margin on the difference is
weak at low rates: 12 of 600 against 13 of 600 lies within two points and within a ratio of 0.56 to 2.08.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from facegap.estimate.assumed import ratio_of
from facegap.estimate.two_groups import Bounds, Rate, newcombe

LARGEST_GROWTH = 1e12
"""Beyond so many times the sample an answer is none that a study could use."""


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """Interval at level 1 - 2 alpha (what the two one-sided tests at alpha come to), margin, and whether it holds.

    `refuting`: the interval that must lie outside for the claim to be refuted; None where it is the same.
    """

    scale: str
    low: float | None
    high: float | None
    margin: tuple[float, float]
    equivalent: bool
    refuting: Bounds | None = None

    @property
    def outside(self) -> bool:
        """Whether the whole interval lies on one side of the margin: the claim of equivalence is refuted."""
        low, high = self.margin
        from_, to = self.refuting or (self.low, self.high)
        return (from_ is not None and from_ > high) or (to is not None and to < low)

    @property
    def decided(self) -> bool:
        """Whether the interval lies wholly inside or wholly outside the margin."""
        return self.equivalent or self.outside


def equivalent_ratio(a: Rate, b: Rate, margin: float, alpha: float = 0.05) -> Equivalence:
    """Whether a / b lies inside (1 / margin, margin); `margin` > 1."""
    low, high = ratio_of(a, b, 1 - 2 * alpha)
    inside = low is not None and high is not None and 1 / margin < low and high < margin
    return Equivalence(scale="ratio", low=low, high=high, margin=(1 / margin, margin), equivalent=inside)


def at_most_times(a: Rate, b: Rate, limit: float, alpha: float = 0.05) -> Equivalence:
    """Whether a / b is at most `limit`; without a lower margin, so that nothing is too low."""
    low, high = ratio_of(a, b, 1 - 2 * alpha)
    return Equivalence(
        scale="ratio", low=low, high=high, margin=(0.0, limit), equivalent=high is not None and high < limit
    )


def equivalent_difference(a: Rate, b: Rate, margin: float, alpha: float = 0.05) -> Equivalence:
    """Whether a - b lies inside (-margin, margin), as a share (20 per 10,000 is 0.002)."""
    low, high = newcombe(a, b, 1 - 2 * alpha)
    return Equivalence(
        scale="difference", low=low, high=high, margin=(-margin, margin), equivalent=-margin < low and high < margin
    )


def spanning(lower: Equivalence, higher: Equivalence) -> Equivalence:
    """From the lower end of one to the upper end of the other."""
    low, high = lower.low, higher.high
    inside = low is not None and high is not None and lower.margin[0] < low and high < lower.margin[1]
    return replace(lower, low=low, high=high, equivalent=inside)


def growth_to_decide(at: Callable[[float], Equivalence]) -> float | None:
    """The smallest growth of the sample, 1 or more, at which two rates that stay as observed are decided.

    Args:
        at: the equivalence at a sample so many times as large. Its interval must shrink as the sample grows, as those
            of `equivalent_ratio` and `equivalent_difference` do at fixed rates, so that what is decided stays decided.

    Returns:
        The growth, by bisection on the log scale to 1 in 10^9; None where none up to 10^12 decides, as with a value
        observed at the margin, or where neither side has errors and a ratio is asked for.
    """
    low = high = 1.0
    while not at(high).decided:
        low, high = high, 2 * high
        if high > LARGEST_GROWTH:
            return None
    while high / low > 1 + 1e-9:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if at(middle).decided else (middle, high)
    return high
