"""One score, exactly: float64 in a fixed order, so that a score is the same in every path and on every machine."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from facegap.compiled import compiled
from facegap.records import Floats, Rows

Similarity = Literal["cosine", "negative-l2"]


def exact_scores(a: Floats, b: Floats, i: Rows, j: Rows, similarity: Similarity) -> Floats:
    """(k,) float32 scores of the pairs (a[i], b[j]), summed in float64 one component after the other.

    Cosine is the product of rows that are unit already; "negative-l2" is minus the Euclidean distance.

    Args:
        a, b: (n, dim) and (m, dim) float32 templates.
        i, j: (k,) rows of `a` and of `b`.
    """
    kernel = _negative_distances if similarity == "negative-l2" else _products
    scores: Floats = kernel(a, b, i, j)
    return scores


# Four pairs at a time: each sum waits for its own last addition, and four of them wait together.
@compiled()
def _products(a: Any, b: Any, i: Any, j: Any) -> Any:  # pragma: no cover - compiled
    out = np.empty(len(i), dtype=np.float32)
    fours = len(i) // 4 * 4
    for k in range(0, fours, 4):
        a0, a1, a2, a3 = a[i[k]], a[i[k + 1]], a[i[k + 2]], a[i[k + 3]]
        b0, b1, b2, b3 = b[j[k]], b[j[k + 1]], b[j[k + 2]], b[j[k + 3]]
        t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
        for d in range(a.shape[1]):
            t0 += np.float64(a0[d]) * np.float64(b0[d])
            t1 += np.float64(a1[d]) * np.float64(b1[d])
            t2 += np.float64(a2[d]) * np.float64(b2[d])
            t3 += np.float64(a3[d]) * np.float64(b3[d])
        out[k], out[k + 1], out[k + 2], out[k + 3] = t0, t1, t2, t3
    for k in range(fours, len(i)):
        total = 0.0
        for d in range(a.shape[1]):
            total += np.float64(a[i[k], d]) * np.float64(b[j[k], d])
        out[k] = total
    return out


@compiled()
def _negative_distances(a: Any, b: Any, i: Any, j: Any) -> Any:  # pragma: no cover - compiled
    out = np.empty(len(i), dtype=np.float32)
    for k in range(len(i)):
        total = np.float64(0)
        for d in range(a.shape[1]):
            difference = np.float64(a[i[k], d]) - np.float64(b[j[k], d])
            total += difference * difference
        out[k] = -np.sqrt(total)
    return out
