"""What a detector gives, and the overlap of boxes that detectors share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of one image, best score first.

    Attributes:
        boxes: (k, 4) left, top, right, bottom in pixels.
        landmarks: (k, 5, 2) x, y of the eyes, nose tip and mouth corners, image left first.
        scores: (k,) confidences, 0 to 1.
    """

    boxes: Floats
    landmarks: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)


class Detector(Protocol):
    """Finds faces; opened once, used by several threads."""

    def detect(self, image: Pixels) -> Faces:
        """Faces of an (h, w, 3) uint8 RGB image."""


def no_faces() -> Faces:
    """The result where there is none."""
    return Faces(
        np.zeros((0, 4), dtype=np.float32), np.zeros((0, 5, 2), dtype=np.float32), np.zeros(0, dtype=np.float32)
    )


def overlap(a: Floats, b: Floats, of_smaller: bool = False) -> Floats:
    """(n, k) intersections of the boxes `a` (n, 4) with `b` (k, 4), as shares of their union or of the smaller area.

    Boxes are left, top, right, bottom in pixels.
    """
    sides = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    np.maximum(sides, 0, out=sides)
    shared = sides[..., 0] * sides[..., 1]
    area_a, area_b = _areas(a)[:, None], _areas(b)
    whole = np.minimum(area_a, area_b) if of_smaller else area_a + area_b - shared
    return np.asarray(shared / np.maximum(whole, np.finfo(np.float32).tiny))


def _areas(boxes: Floats) -> Floats:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
