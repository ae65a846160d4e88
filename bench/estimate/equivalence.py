"""Equivalence of two rates by two one-sided tests: shown only where the whole interval lies inside the margin.

The margin is named before the data are seen. A wide interval is never equivalence, and a margin on the difference is
weak at low rates: 12 of 600 against 13 of 600 lies within two points and within a ratio of 0.56 to 2.08.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.estimate.two_groups import Rate, koopman, newcombe


@dataclass(frozen=True)
class Equivalence:
    """Interval at level 1 - 2 alpha (what the two one-sided tests at alpha come to), margin, and whether it holds."""

    scale: str
    low: float | None
    high: float | None
    margin: tuple[float, float]
    equivalent: bool


def equivalent_ratio(a: Rate, b: Rate, margin: float, alpha: float = 0.05) -> Equivalence:
    """Whether a / b lies inside (1 / margin, margin); `margin` > 1."""
    low, high = koopman(a, b, 1 - 2 * alpha)
    inside = low is not None and high is not None and 1 / margin < low and high < margin
    return Equivalence("ratio", low, high, (1 / margin, margin), inside)


def equivalent_difference(a: Rate, b: Rate, margin: float, alpha: float = 0.05) -> Equivalence:
    """Whether a - b lies inside (-margin, margin), as a share (20 per 10,000 is 0.002)."""
    low, high = newcombe(a, b, 1 - 2 * alpha)
    return Equivalence("difference", low, high, (-margin, margin), -margin < low and high < margin)
