"""Colour as IEC 61966-2-1 (sRGB) and ISO/CIE 11664-4 (CIELAB) define it: the one place for their numbers.

All functions work elementwise on arrays of any shape and leave the precision as it is (float32 stays float32), except
where they say otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floating = npt.NDArray[np.floating[Any]]

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of linear red, green and blue in luminance (IEC 61966-2-1, ITU-R BT.709)."""

XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""(3, 3) linear sRGB -> CIE XYZ, white at Y = 1, as IEC 61966-2-1 prints it."""

RGB_OF_XYZ = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
"""(3, 3) CIE XYZ -> linear sRGB, as IEC 61966-2-1 prints it: the inverse of the other to its four places."""

WHITE = XYZ_OF_RGB.sum(axis=1)
"""(3,) XYZ of D65, as the primaries of sRGB add up to it: 0.9505, 1, 1.089."""


def decode(value: Floating) -> Floating:
    """(...,) linear light 0-1 of sRGB values 0-1; the inverse of `encode`."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def encode(linear: Floating) -> Floating:
    """(...,) sRGB values 0-1 of linear light 0-1."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


LINEAR_OF_BYTE = decode(np.arange(256) / 255)
"""(256,) float64 linear light of every sRGB byte."""


def to_bytes(linear: Floating) -> npt.NDArray[np.uint8]:
    """(...,) uint8 sRGB of linear light; what lies outside 0-1 is clipped."""
    return np.asarray(np.rint(encode(np.clip(linear, 0, 1)) * 255), dtype=np.uint8)


def lab(xyz: Floating, white: Floating = WHITE) -> npt.NDArray[np.float64]:
    """(..., 3) CIE L*, a*, b* of (..., 3) XYZ beside that of its white."""
    share = np.asarray(xyz, dtype=np.float64) / white
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def typology_angle(measured: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """(...,) individual typology angle of (..., 3) L*, a*, b*, degrees: atan2(L* - 50, b*).

    Chardon, Cretois, Hourseau, Int. J. Cosmet. Sci. 1991.
    """
    values = np.asarray(measured, dtype=np.float64)
    return np.asarray(np.degrees(np.arctan2(values[..., 0] - 50.0, values[..., 2])))
