"""Where the template of a sample lies, and the scores that templates can have."""

from __future__ import annotations

import numpy as np

from facegap.records import Floats, Mask, Rows, Templates


def positions(templates: Templates, n: int) -> Rows:
    """(n samples,) position of each sample's template, -1 where it has none."""
    position = np.full(n, -1, dtype=np.int64)
    position[templates.rows] = np.arange(len(templates.rows))
    return position


def present(templates: Templates, n: int) -> Mask:
    """(n samples,) True where a sample has a template."""
    return positions(templates, n) >= 0


def score_range(templates: tuple[Floats, ...], similarity: str) -> tuple[float, float]:
    """Scores lie in [-1, 1] (cosine), or between minus the largest possible distance and 0.

    Args:
        templates: (m,) squared lengths of the rows of each side.
    """
    if similarity == "cosine":
        return -1.0, 1.0 + 1e-6
    longest = sum(float(np.sqrt(squares.max(initial=1.0))) for squares in templates)
    return -longest - 1e-6, 1e-6
