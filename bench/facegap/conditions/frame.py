"""The size of the picture that is sent."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from facegap.conditions.parameters import Range
from facegap.conditions.stages import Photo


def resize(photo: Photo, *, short_px: Annotated[int, Range("px", 8, 8000)]) -> Photo:
    """Shrink to `short_px` on the short side by area averaging; a smaller picture stays as it is."""
    height, width = photo.pixels.shape[:2]
    scale = short_px / min(height, width)
    if scale >= 1:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Photo(np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def crop(photo: Photo, *, share: Annotated[float, Range("", 0.1, 1)]) -> Photo:
    """Keep the central `share` of width and height."""
    height, width = photo.pixels.shape[:2]
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    top, left = (height - rows) // 2, (width - columns) // 2
    return Photo(np.ascontiguousarray(photo.pixels[top : top + rows, left : left + columns]))
