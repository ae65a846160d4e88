"""Traces of JPEG's 8 x 8 blocks, without a reference.

Z. Wang, H. R. Sheikh, A. C. Bovik: "No-reference perceptual quality assessment of JPEG compressed images", ICIP 2002,
with the constants of the authors' published program.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]

_BLOCK = 8
_SMALLEST = 3 * _BLOCK
_ALPHA, _BETA = -245.8909, 261.9373
_EDGES, _ACTIVITY, _CROSSINGS = -0.02398886, 0.01601664, 0.00642859


def jpeg_score(grey: Grey) -> float:
    """Wang's score of (h, w) grey values 0-255 whose top left pixel begins a block: about 1 (blocks) to 10 (none).

    0 where the formula would give less, as for nothing but blocks; NaN where a side is below 24 pixels, and where
    nothing changes at the blocks' edges, so that there is nothing to judge.
    """
    if min(grey.shape) < _SMALLEST:
        return float("nan")
    along = [_features(side) for side in (grey, grey.T)]
    edges, activity, crossings = np.mean(along, axis=0)
    if edges <= 0:
        return float("nan")
    if min(activity, crossings) <= 0:
        return 0.0
    score = float(_ALPHA + _BETA * edges**_EDGES * activity**_ACTIVITY * crossings**_CROSSINGS)
    return max(score, 0.0)


def _features(grey: Grey) -> tuple[float, float, float]:
    """Mean step across block edges, mean step elsewhere, share of steps that change sign; along the rows."""
    step = np.diff(grey, axis=1)
    size = np.abs(step)
    last = _BLOCK * (grey.shape[1] // _BLOCK - 1)
    edges = float(size[:, _BLOCK - 1 : last : _BLOCK].mean())
    activity = (_BLOCK * float(size.mean()) - edges) / (_BLOCK - 1)
    crossings = float((step[:, :-1] * step[:, 1:] < 0).mean())
    return edges, activity, crossings
