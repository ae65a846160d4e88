"""Colour of the skin in a picture: naturalness after ISO/IEC 29794-5, and the individual typology angle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap import colour

Pixels = npt.NDArray[np.uint8]
Lab = tuple[float, float, float]


def mean_lab(pixels: Pixels) -> Lab:
    """Mean CIELAB (D65) of (n, 3) uint8 sRGB pixels, averaged pixel by pixel; NaN where there are none."""
    if not len(pixels):
        return float("nan"), float("nan"), float("nan")
    lightness, a, b = colour.lab(colour.LINEAR_OF_BYTE[pixels] @ colour.XYZ_OF_RGB.T).T
    return float(lightness.mean()), float(a.mean()), float(b.mean())


def unnaturalness(lab: Lab) -> float:
    """Distance of mean a*, b* from the box 5 <= a* <= 25, 5 <= b* <= 35; 100 where one of them is negative.

    The native value of NaturalColour in ISO/IEC 29794-5, as OFIQ computes it; 0 is natural.
    """
    _, a, b = lab
    if np.isnan(a):
        return float("nan")
    if a < 0 or b < 0:
        return 100.0
    return float(np.hypot(max(5 - a, a - 25, 0.0), max(5 - b, b - 35, 0.0)))


def typology_angle(lab: Lab) -> float:
    """Individual typology angle in degrees, `colour.typology_angle`.

    Of a photograph it measures skin, light, exposure and white balance together; it is no measure of a person's skin.
    """
    return float(colour.typology_angle(lab))
