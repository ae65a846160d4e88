"""Pose of the head and a pinhole camera at the distance of a photo booth or of an outstretched arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.synth import raster
from facegap.synth.assets import Floats

PIVOT = np.array([0.0, -0.95, -1.15], dtype=np.float32)
"""Where the head turns on the neck, relative to the midpoint between the eyes (dm, adult)."""
INTER_EYE = 0.235
"""Distance between the eye centres as a share of the picture's width."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture's geometry: angles in degrees, distance from the eyes in dm, shifts as shares of the width."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = 12.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 1.0


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """(3, 3) for column vectors: roll after pitch after yaw, degrees; positive yaw turns to picture right."""
    y, p, r = np.radians([yaw, pitch, roll])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    out: Floats = (rz @ rx @ ry).astype(np.float32)
    return out


def turn(points: Floats, share: Floats, view: View, scale: float) -> Floats:
    """(n, 3) `points`, dm, turned about the neck.

    `share` (n,) is 1 on the head, 0 on the shoulders, between on the neck. The midpoint between the eyes, the origin,
    stays where it is: the camera follows the face.
    """
    pivot = PIVOT * scale
    turned = (points - pivot) @ rotation(view.yaw, view.pitch, view.roll).T + pivot
    moved = points + share[:, None] * (turned - points)
    eyes = (-pivot) @ rotation(view.yaw, view.pitch, view.roll).T + pivot
    return np.ascontiguousarray(moved - eyes, dtype=np.float32)


def to_pixels(points: Floats, view: View, inter_eye: float, size: int) -> Floats:
    """(n, 3) float32 x, y in pixels and inverse depth, 1/dm, of (n, 3) world points; `inter_eye` sets the focal length.

    Points and `inter_eye` are in dm, `size` is the picture's width in pixels.
    """
    focal = INTER_EYE * view.zoom * size * view.distance / inter_eye
    seen = points.copy()
    seen[:, 2] -= view.distance
    out = np.empty_like(seen)
    raster.project(seen, focal, size * (0.5 + view.shift_x), size * (0.45 + view.shift_y), out)
    return out
