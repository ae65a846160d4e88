"""Colour of the skin in a picture: naturalness after ISO/IEC 29794-5, and the individual typology angle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap import colour

Pixels = npt.NDArray[np.uint8]
Lab = tuple[float, float, float]


JUST_VISIBLE = 2.0
"""A mean that is nearer to the grey axis is grey, and the angle of its rounding errors means nothing. An observer just
sees a difference of 2.3 (Mahy, Van Eycken, Oosterlinck, Color Res. Appl. 1994)."""


def mean_lab(pixels: Pixels) -> Lab:
    """Mean CIELAB (D65) of (n, 3) uint8 sRGB pixels, averaged pixel by pixel; NaN where there are none."""
    if not len(pixels):
        return float("nan"), float("nan"), float("nan")
    lightness, a, b = colour.lab(colour.LINEAR_OF_BYTE[pixels] @ colour.XYZ_OF_RGB.T).T
    return float(lightness.mean()), float(a.mean()), float(b.mean())


def is_grey(lab: Lab) -> bool:
    """Whether a mean colour cannot be told from grey."""
    return bool(np.hypot(lab[1], lab[2]) < JUST_VISIBLE)


def unnaturalness(lab: Lab) -> float:
    """Distance of mean a*, b* from the box 5 <= a* <= 25, 5 <= b* <= 35; 100 where one of them is negative.

    The native value of NaturalColour in ISO/IEC 29794-5, as OFIQ computes it; 0 is natural, and so is a picture without
    colours: OFIQ asks for equal channels, here `is_grey` does, since scans and codecs leave a trace of colour.
    """
    _, a, b = lab
    if np.isnan(a):
        return float("nan")
    if is_grey(lab):
        return 0.0
    if a < 0 or b < 0:
        return 100.0
    return float(np.hypot(max(5 - a, a - 25, 0.0), max(5 - b, b - 35, 0.0)))


def typology_angle(lab: Lab) -> float:
    """Individual typology angle in degrees, `colour.typology_angle`; NaN of a grey picture (it would be 90).

    Of a photograph it measures skin, light, exposure and white balance together; it is no measure of a person's skin.
    """
    return float("nan") if is_grey(lab) else float(colour.typology_angle(lab))
