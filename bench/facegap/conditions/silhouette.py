"""Who is in front of the background: a soft matte of head, hair and shoulders."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facegap.colour import to_bytes
from facegap.conditions.stages import Box, Bytes8, Linear

_SHORT_PX = 72
"""Of the picture in which the outline is looked for; its edge is refined at full size."""

_ROUNDS = 2
_REACH, _SMOOTH = 0.02, 1e-3
"""The guided filter's radius as a share of the short side, and the variance of grey (0-1) that counts as an edge."""

Floats = npt.NDArray[np.floating[Any]]


def matte(pixels: Linear, box: Box) -> Linear:
    """(h, w) share of each pixel of (h, w, 3) linear light that the person fills, 0 to 1.

    GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004; OpenCV's, with a fixed seed) on a small copy tells person from
    background by colour, starting from an average outline about the face `box`; a guided filter (He, Sun, Tang, ECCV
    2010) brings the edge to that of the picture, so that it is soft where hair is. The middle of face, neck and chest
    always count as the person, what is far from them never does: the two numbers of the outline are assumed.
    """
    height, width = pixels.shape[:2]
    picture = to_bytes(pixels)
    scale = min(1.0, _SHORT_PX / min(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    left, top, right, bottom = box
    across, down = size[0] / width, size[1] / height
    person = _person(small, (left * across, top * down, right * across, bottom * down))
    rough = cv2.resize(person, (width, height), interpolation=cv2.INTER_LINEAR)
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.float32) / np.float32(255)
    soft = _guided(grey, np.asarray(rough, dtype=np.float32), max(2, round(_REACH * min(height, width))))
    # The filter leaves a haze of a few percent far from any edge.
    return np.asarray(np.clip((soft - 0.1) / 0.8, 0, 1), dtype=np.float32)


def _person(picture: Bytes8, box: Box) -> Linear:
    """(h, w) 1 where the person is, 0 elsewhere."""
    height, width = picture.shape[:2]
    outline = _outline(height, width, box)
    for side, known in ((cv2.GC_BGD, cv2.GC_PR_BGD), (cv2.GC_FGD, cv2.GC_PR_FGD)):
        if not np.isin(outline, (side, known)).any():
            # Nothing to tell apart: the person fills the picture, or is not in it.
            return np.full(outline.shape, float(side == cv2.GC_BGD), dtype=np.float32)
    cv2.setRNGSeed(0)
    cv2.grabCut(picture, outline, None, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(outline, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


def _outline(height: int, width: int, box: Box) -> Bytes8:
    """(h, w) GrabCut's first labels; lengths are half widths and half heights of the face box from its centre."""
    wide, tall = max(0.5 * (box[2] - box[0]), 1e-3), max(0.5 * (box[3] - box[1]), 1e-3)
    x = np.abs((np.arange(width) + 0.5 - 0.5 * (box[0] + box[2])) / wide)[None, :]
    y = ((np.arange(height) + 0.5 - 0.5 * (box[1] + box[3])) / tall)[:, None]
    # Shoulders slope from the neck's side to an arm's width.
    likely = _ellipse(x, y + 0.25, 1.45, 1.65) | ((y > 1) & (x < np.minimum(1 + 1.2 * (y - 1.2), 3.4)))
    within = _ellipse(x, y + 0.2, 2.3, 2.4) | ((y > 1.3) & (x < 2.2 + 2 * (y - 1.3)))
    surely = _ellipse(x, y + 0.15, 0.92, 1.15) | ((y > 0.5) & (x < np.clip(0.55 + 1.8 * (y - 1.5), 0.55, 2.0)))
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    labels = np.where(within, labels, cv2.GC_BGD)
    return np.where(surely, cv2.GC_FGD, labels).astype(np.uint8)


def _ellipse(x: Floats, y: Floats, wide: float, tall: float) -> npt.NDArray[np.bool_]:
    return np.asarray((x / wide) ** 2 + (y / tall) ** 2 <= 1)


def _guided(guide: Linear, plane: Linear, radius: int) -> Linear:
    """(h, w) plane with the edges of (h, w) guide: the guided filter with windows of 2 radius + 1."""

    def mean(values: Linear) -> Linear:
        size = (2 * radius + 1, 2 * radius + 1)
        return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT_101), dtype=np.float32)

    of_guide, of_plane = mean(guide), mean(plane)
    slope = (mean(guide * plane) - of_guide * of_plane) / (mean(guide * guide) - of_guide**2 + np.float32(_SMOOTH))
    return np.asarray(mean(slope) * guide + mean(of_plane - slope * of_guide), dtype=np.float32)
