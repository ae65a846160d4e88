"""Colours of lights and of a camera's filters, all in linear RGB with sRGB primaries."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from facegap.colour import LUMINANCE, RGB_OF_XYZ, XYZ_OF_RGB
from facegap.conditions.stages import Triple
from facegap.errors import InputError

Floats64 = npt.NDArray[np.float64]
Locus = Literal["daylight", "planck"]

DIFFERENCES = np.array([LUMINANCE, (1 - 0.2126, -0.7152, -0.0722), (-0.2126, -0.7152, 1 - 0.0722)])
"""(3, 3) linear sRGB -> luminance Y, R - Y, B - Y."""

_XYZ_TO_CAMERA = np.array([[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]])
"""A phone camera's colour matrix: the first of the four of the Darmstadt Noise Dataset that Brooks et al.,
"Unprocessing Images for Learned Raw Denoising" (CVPR 2019), list in their released recipe."""

CHANNELS: Triple = (1 / 2.15, 1.0, 1 / 1.7)
"""Raw red, green and blue of a D65 neutral, green = 1: the middle of the red gains 1.9-2.4 and blue gains 1.5-1.9 that
Brooks et al. (2019) draw from."""


def rgb_to_camera() -> Floats64:
    """(3, 3) linear sRGB -> camera RGB, rows summing to 1 so that D65 neutral stays neutral (Brooks et al. 2019)."""
    matrix = _XYZ_TO_CAMERA @ XYZ_OF_RGB
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


def camera_to_rgb() -> Floats64:
    """(3, 3) camera RGB, white-balanced -> linear sRGB: the colour matrix of the ISP."""
    return np.asarray(np.linalg.inv(rgb_to_camera()), dtype=np.float64)


def camera_neutral(neutral: Triple) -> Floats64:
    """(3,) raw RGB of a surface that is `neutral` in linear sRGB."""
    return np.asarray(CHANNELS * (rgb_to_camera() @ np.array(neutral)))


def chromaticity(kelvin: float, locus: Locus) -> tuple[float, float]:
    """CIE 1931 x, y of a light of that correlated colour temperature.

    "daylight" is the CIE D series (CIE 15:2004, 3.1), 4000 to 25 000 K; "planck" the black body in the cubic fit of Kim
    et al. (US patent 7 024 034, 2006), 1667 to 25 000 K.

    Raises:
        InputError: daylight below 4000 K.
    """
    if locus == "planck":
        return _planck(kelvin)
    if kelvin < 4000:
        raise InputError(f"kelvin: daylight begins at 4000 K, found {kelvin:g}; take locus = 'planck'")
    return _daylight(kelvin)


def _daylight(kelvin: float) -> tuple[float, float]:
    t = 1e3 / kelvin
    if kelvin <= 7000:
        x = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
    else:
        x = 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
    return x, -3.000 * x**2 + 2.870 * x - 0.275


def _planck(kelvin: float) -> tuple[float, float]:
    t = 1e3 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return x, y


def white(kelvin: float, locus: Locus) -> Triple:
    """Linear sRGB of a neutral surface in that light, luminance 1; (1, 1, 1) is D65."""
    x, y = chromaticity(kelvin, locus)
    return _of_luminance_one(RGB_OF_XYZ @ np.array([x / y, 1.0, (1 - x - y) / y]))


def adapted(light: Triple, share: float) -> Triple:
    """The raw red, green and blue that white balance takes for neutral when it does `share` (0-1) of its task.

    White balance multiplies the camera's raw channels, in linear light: that is where the share is defined. Of the
    stops by which a neutral surface in `light` (linear sRGB, luminance 1) differs from one in D65 in a raw channel, it
    corrects `share`; what remains there is the ratio to the power of 1 - share. Scaled so that what it makes neutral
    has luminance 1.
    """
    ratio = camera_neutral(light) / camera_neutral((1.0, 1.0, 1.0))
    raw = np.array(CHANNELS) * np.power(ratio, share)
    red, green, blue = (raw / float(np.dot(LUMINANCE, camera_to_rgb() @ (raw / CHANNELS)))).tolist()
    return red, green, blue


def _of_luminance_one(rgb: Floats64) -> Triple:
    red, green, blue = (rgb / float(np.dot(LUMINANCE, rgb))).tolist()
    return red, green, blue
