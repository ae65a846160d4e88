"""Colour of the skin in a picture: naturalness after ISO/IEC 29794-5, and the individual typology angle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Lab = tuple[float, float, float]

_BYTE = np.arange(256) / 255
LINEAR = np.where(_BYTE <= 0.04045, _BYTE / 12.92, ((_BYTE + 0.055) / 1.055) ** 2.4)
"""sRGB value -> linear light, IEC 61966-2-1."""

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ.sum(axis=1)
"""D65, as the primaries of sRGB add up to it."""


def mean_lab(pixels: Pixels) -> Lab:
    """Mean CIELAB (D65) of (n, 3) uint8 sRGB pixels, averaged pixel by pixel; NaN where there are none."""
    if not len(pixels):
        return float("nan"), float("nan"), float("nan")
    x, y, z = _root(LINEAR[pixels] @ (_TO_XYZ / _WHITE[:, None]).T).T
    return float(116 * y.mean() - 16), float(500 * (x - y).mean()), float(200 * (y - z).mean())


def _root(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The compression of CIELAB, ISO/CIE 11664-4."""
    return np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)


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
    """Individual typology angle in degrees, atan2(L* - 50, b*): Chardon, Cretois, Hourseau, Int. J. Cosmet. Sci. 1991.

    Of a photograph it measures skin, light, exposure and white balance together; it is no measure of a person's skin.
    """
    lightness, _, b = lab
    return float(np.degrees(np.arctan2(lightness - 50, b)))
