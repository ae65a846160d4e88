"""The size of the picture that is sent."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from facegap.conditions.parameters import Range
from facegap.conditions.stages import Photo


def resize(photo: Photo, *, short_px: Annotated[int, Range("px", 8, 8000)]) -> Photo:
    """Shrink to `short_px` on the short side by area averaging; a smaller picture stays as it is.

    Where the picture stands for a finer one of the phone's, that one is shrunk; these pixels only as far as they are
    more than `short_px` themselves.
    """
    height, width = photo.pixels.shape[:2]
    short = min(height, width)
    if short * photo.scale <= short_px:
        return Photo(photo.pixels, scale=photo.scale)
    if short <= short_px:
        return Photo(photo.pixels, scale=short_px / short)
    factor = short_px / short
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return Photo(np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def crop(photo: Photo, *, share: Annotated[float, Range("", 0.1, 1)]) -> Photo:
    """Keep the central `share` of width and height."""
    height, width = photo.pixels.shape[:2]
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    top, left = (height - rows) // 2, (width - columns) // 2
    return Photo(np.ascontiguousarray(photo.pixels[top : top + rows, left : left + columns]), scale=photo.scale)
