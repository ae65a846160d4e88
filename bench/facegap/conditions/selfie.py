"""A video selfie: where the face has drifted to in a frame of an attempt, and the mean of the templates of frames."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from facegap.conditions.stages import Box, Image, Linear
from facegap.errors import InputError

PAUSE_FRAMES = 25
"""Between two attempts the hand wanders for some five seconds; assumed."""

FRAMES_PER_SECOND = 5.0
"""Of a video selfie; assumed, typical of what an app takes out of its video."""


@dataclass(frozen=True)
class Drift:
    """Standard deviation of one frame's step in a random walk: of the picture's short side, degrees, and of its size.

    The defaults are assumed, typical of a hand-held phone at about five frames a second.
    """

    shift: float = 0.01
    roll_degrees: float = 1.0
    scale: float = 0.01


def moment(
    image: Image,
    rng: np.random.Generator,
    attempt: int,
    frame: int,
    drift: Drift | None = None,
    face_box: Box | None = None,
) -> tuple[Image, Box | None]:
    """What is before the camera in `frame` (from 1) of `attempt` (from 1), and its face's box.

    The first attempt starts at the image itself, a later one where the hand has got to in `PAUSE_FRAMES`.

    Args:
        image: (h, w, 3) uint8 sRGB or float32 linear RGB, as is what comes back.
        rng: draws the attempt's path, whatever the frame.
        face_box: left, top, right, bottom in pixels, where known.
    """
    start = 0.0 if attempt == 1 else math.sqrt(PAUSE_FRAMES)
    shift_x, shift_y, roll, scale = _walk(rng, frame, drift if drift is not None else Drift(), start)[-1]
    return _moved(image, face_box, (shift_x, shift_y), roll, scale)


def mean_template(vectors: Linear) -> Linear:
    """(dim,) unit mean of the (n, dim) unit templates of the frames, for a net whose templates are compared by cosine.

    Raises:
        InputError: there is no template, or they cancel out.
    """
    mean = np.asarray(vectors, dtype=np.float64).mean(axis=0) if len(vectors) else np.zeros(1)
    length = float(np.linalg.norm(mean))
    if length == 0:
        raise InputError(f"video selfie: the mean of {len(vectors)} templates has no direction")
    return np.asarray(mean / length, dtype=np.float32)


def _walk(
    rng: np.random.Generator, count: int, drift: Drift, start: float = 0.0
) -> list[tuple[float, float, float, float]]:
    """Shift x and y (of the short side), roll (degrees) and size of every frame; the first is `start` steps away."""
    steps = rng.normal(0, [drift.shift, drift.shift, drift.roll_degrees, drift.scale], (count, 4))
    steps[0] *= start
    paths = np.cumsum(steps, axis=0)
    return [(float(x), float(y), float(roll), math.exp(size)) for x, y, roll, size in paths]


def _moved(
    image: Image, box: Box | None, shift: tuple[float, float], roll: float, scale: float
) -> tuple[Image, Box | None]:
    """The image shifted, rolled about its centre and scaled, mirrored in at the borders; and its face's box."""
    if shift == (0.0, 0.0) and roll == 0 and scale == 1:
        return image, box
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), roll, scale)
    turn[:, 2] += np.array(shift) * min(height, width)
    moved = cv2.warpAffine(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    if box is None:
        return moved, None
    left, top, right, bottom = box
    x, y = turn @ np.array([(left + right) / 2, (top + bottom) / 2, 1.0])
    half_width, half_height = scale * (right - left) / 2, scale * (bottom - top) / 2
    return moved, (float(x - half_width), float(y - half_height), float(x + half_width), float(y + half_height))
