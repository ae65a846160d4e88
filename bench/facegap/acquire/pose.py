"""Angles of the head from five landmarks: rough, and stated as such.

In the plane of the eyes and the mouth the nose tip stands out by about `NOSE` inter-eye distances. Turned by a yaw the
nose moves sideways by NOSE sin(yaw) while the eyes come together by cos(yaw), so its tangent is a ratio of lengths in
the picture; pitch likewise, along the line from the eyes to the mouth.

On 319 rendered faces of known pose (yaw spread 7 degrees, MTCNN's landmarks) yaw was off by 2.7 degrees (root mean
square, correlation 0.92). Pitch had a correlation of 0.15 with the truth: below some 10 degrees it shows how a face is
built, not how it is held.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NOSE = 0.54
"""How far the nose tip stands out of the plane of eyes and mouth, in inter-eye distances: from those faces."""

LEVEL = 0.52
"""Where the nose tip is seen, on the way from the eyes (0) to the mouth (1): median of frontal photographs of LFW."""


def head_angles(landmarks: npt.NDArray[np.float32]) -> tuple[float, float, float]:
    """Yaw (positive: turned to the picture's right), pitch (positive: down) and roll (positive: the picture's right eye
    is lower) in degrees, NaN where the landmarks are.

    Args:
        landmarks: (5, 2) x, y in pixels: eyes, nose tip, mouth corners, image left first.
    """
    eye, other_eye, nose, mouth, other_mouth = landmarks.astype(np.float64)
    across = other_eye - eye
    roll = float(np.degrees(np.arctan2(across[1], across[0])))
    upper, lower = (eye + other_eye) / 2, (mouth + other_mouth) / 2
    down = lower - upper
    length, width = float(np.hypot(*down)), float(np.hypot(*across))
    if not length or not width:
        return float("nan"), float("nan"), roll
    place = float((nose - upper) @ down) / length**2
    aside = float((nose - upper - place * down) @ across) / width**2
    yaw = np.degrees(np.arctan(aside / NOSE))
    pitch = np.degrees(np.arctan((place - LEVEL) * length / width / NOSE))
    return float(yaw), float(pitch), roll
