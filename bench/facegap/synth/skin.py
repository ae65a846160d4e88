"""Skin colour from melanin and blood: a two-layer reflectance model, its table in linear RGB, and tone labels.

R(l) = re + (1 - rs - re) (1 - ri) T / (1 - ri T), with
  T    = exp(-2 d (fm mel(l) + (1 - fm) base(l))) * KM(2 (fb blood(l) + (1 - fb) base(l)) / (0.75 mus(l)))
  KM(x) = 1 + x - sqrt(x^2 + 2 x), the Kubelka-Munk reflectance of an infinitely thick dermis.

Sources: base(l) after S. L. Jacques, Skin Optics, Oregon Medical Laser Center, 1998; blood from S. Prahl's table of
molar extinction there, at 150 g/l haemoglobin and 75 % saturation; mus(l) after S. L. Jacques, Phys. Med. Biol. 58
(2013) R37; melanin with Jacques's magnitude at 500 nm and the wavelength exponent -2.2, which was fitted to measured
face spectra of the International Skin Spectra Archive (Lu et al., Scientific Data 2025; Jacques's -3.33 makes dark
skin too yellow). CIE 1931 2-degree colour matching functions and D65 at 10 nm: CIE 015.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap import colour

Floats = npt.NDArray[np.float64]

WAVELENGTHS: Floats = np.arange(400.0, 701.0, 10.0)
# fmt: off
CMF: Floats = np.array([
    [.01431, .04351, .13438, .2839, .34828, .3362, .2908, .19536, .09564, .03201, .0049, .0093, .06327, .1655, .2904,
     .43345, .5945, .7621, .9163, 1.0263, 1.0622, 1.0026, .85445, .6424, .4479, .2835, .1649, .0874, .04677, .0227,
     .011359],
    [.000396, .00121, .004, .0116, .023, .038, .06, .09098, .13902, .20802, .323, .503, .71, .862, .954, .99495, .995,
     .952, .87, .757, .631, .503, .381, .265, .175, .107, .061, .032, .017, .00821, .004102],
    [.06785, .2074, .6456, 1.3856, 1.74706, 1.77211, 1.6692, 1.28764, .81295, .46518, .272, .1582, .07825, .04216,
     .0203, .00875, .0039, .0021, .00165, .0011, .0008, .00034, .00019, .00005, .00002, 0, 0, 0, 0, 0, 0],
])
D65: Floats = np.array([
    82.7549, 91.486, 93.4318, 86.6823, 104.865, 117.008, 117.812, 114.861, 115.923, 108.811, 109.354, 107.802, 104.79,
    107.689, 104.405, 104.046, 100.0, 96.3342, 95.788, 88.6856, 90.0062, 89.5991, 87.6987, 83.2886, 83.6992, 80.0268,
    80.2146, 82.2778, 78.2842, 69.7213, 71.6091])
OXYHAEMOGLOBIN: Floats = np.array([  # molar extinction, 1/(cm M)
    266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209.2, 26629.2, 23684.4, 20932.8, 20035.2, 24202.4, 39956.8,
    53236, 43016, 32613.2, 44496, 50104, 14400.8, 3200, 1506, 942, 610, 442, 368, 319.6, 294, 277.6, 276, 290.])
HAEMOGLOBIN: Floats = np.array([
    223296, 303956, 407560, 528600, 413280, 103292, 23388.8, 16156.4, 14550, 16684, 20862, 25773.6, 31589.6, 39036.4,
    46592, 53412, 53788, 45072, 37020, 28324.4, 14677.2, 9443.6, 6509.6, 5148.8, 4345.2, 3750.12, 3226.56, 2795.12,
    2407.92, 2051.96, 1794.28])
# fmt: on
XYZ_TO_RGB: Floats = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
"""XYZ (white: Y = 1) to linear RGB with the primaries of sRGB, in more digits than `colour.RGB_OF_XYZ`: every byte of
the published pictures follows from them."""

EPIDERMIS_CM = 0.006
INTERNAL, SURFACE, ESCAPED = 0.5, 0.03, 0.017
SPECULAR_INCLUDED = 0.03
"""What a spectrophotometer with its gloss port closed adds: the surface reflection, free of colour."""

LOWEST_MELANIN, HIGHEST_MELANIN = 0.002, 0.60
LOWEST_BLOOD, HIGHEST_BLOOD = 0.004, 0.12
MELANIN_STEPS, BLOOD_STEPS = 72, 32

TONES = ("very light", "light", "intermediate", "tan", "brown", "dark")
_TONE_LIMITS = (55.0, 41.0, 28.0, 10.0, -30.0)
FITZPATRICK = ("I", "II", "III", "IV", "V", "VI")
MONK = ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420")
"""Swatches of the Monk Skin Tone scale, sRGB."""


class Tissue(NamedTuple):
    """What lies over and in the dermis: thickness of the pigmented layer, and the share of blood that is oxygenated."""

    epidermis_cm: float
    saturation: float


FACE = Tissue(EPIDERMIS_CM, 0.75)
LIPS = Tissue(0.0048, 0.60)
"""The vermilion: a thinner pigmented epithelium over blood that is more venous, hence less yellow. Both values by eye,
within what leaves lips no lighter than the skin around them (on the darkest skin, by 2 L* at most)."""


def reflectance(melanin: npt.ArrayLike, blood: npt.ArrayLike, tissue: Tissue = FACE) -> Floats:
    """(..., 31) diffuse reflectance at `WAVELENGTHS` for (...,) volume fractions of melanosomes and of blood."""
    fm = np.asarray(melanin, dtype=np.float64)[..., None]
    fb = np.asarray(blood, dtype=np.float64)[..., None]
    base = 0.244 + 85.3 * np.exp(-(WAVELENGTHS - 154.0) / 66.2)
    scattering = 46.0 * (WAVELENGTHS / 500.0) ** -1.421
    mixed = tissue.saturation * OXYHAEMOGLOBIN + (1.0 - tissue.saturation) * HAEMOGLOBIN
    absorbing = 2.303 * mixed * 150.0 / 64500.0
    melanosome = 6.6e11 * 500.0**-3.33 * (WAVELENGTHS / 500.0) ** -2.2
    epidermis = np.exp(-2.0 * tissue.epidermis_cm * (fm * melanosome + (1.0 - fm) * base))
    ratio = 2.0 * (fb * absorbing + (1.0 - fb) * base) / (0.75 * scattering)
    through = epidermis * (1.0 + ratio - np.sqrt(ratio**2 + 2.0 * ratio))
    out: Floats = ESCAPED + (1 - SURFACE - ESCAPED) * (1 - INTERNAL) * through / (1 - INTERNAL * through)
    return out


def xyz(spectrum: npt.ArrayLike) -> Floats:
    """(..., 3) XYZ of (..., 31) reflectances under D65, white at Y = 1."""
    weights = CMF * D65 / float((CMF[1] * D65).sum())
    out: Floats = np.asarray(spectrum, dtype=np.float64) @ weights.T
    return out


def lab(value: npt.ArrayLike) -> Floats:
    """(..., 3) CIE L*a*b* of (..., 3) XYZ against D65 as `xyz` sums it (CIE 015)."""
    return colour.lab(np.asarray(value, dtype=np.float64), xyz(np.ones(len(WAVELENGTHS))))


def skin_lab(melanin: npt.ArrayLike, blood: npt.ArrayLike, tissue: Tissue = FACE) -> Floats:
    """(..., 3) L*a*b* of (...,) fractions, as a spectrophotometer with specular component included would measure it."""
    return lab(xyz(reflectance(melanin, blood, tissue) + SPECULAR_INCLUDED))


def tone(ita: float) -> str:
    """Class of the typology angle (Del Bino & Bernerd 2013): very light > 55 > light > 41 > ... > -30 > dark."""
    return TONES[sum(ita <= limit for limit in _TONE_LIMITS)]


def fitzpatrick(ita: float) -> str:
    """Fitzpatrick type as a bin of the typology angle: derived, since the type itself is a questionnaire's answer."""
    return FITZPATRICK[sum(ita <= limit for limit in _TONE_LIMITS)]


def monk(value: npt.ArrayLike) -> int:
    """Nearest swatch 1..10 of the Monk scale to (3,) L*a*b* by colour difference.

    Coarse: skin as a spectrophotometer measures it is darker than swatches 1-4, so that these are never nearest;
    `monk_of_ita` spans the scale.
    """
    codes = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in MONK]) / 255.0
    swatches = lab(colour.decode(codes) @ np.linalg.inv(XYZ_TO_RGB).T)
    return int(np.argmin(np.linalg.norm(swatches - np.asarray(value, dtype=np.float64), axis=-1))) + 1


MONK_ITA = (52.0, 46.0, 38.0, 30.0, 10.0, -10.0, -30.0, -50.0, -65.0)
"""Typology angles that part the ten Monk tones, lightest first. 30, -30 and -50 degrees part 1-4 from 5-7 from 8-10 and
the dark half of these in the FDA's draft guidance on pulse oximeters of January 2025, where both scales are taken of
the same people (limits from memory, not re-read); the others divide what lies between."""
MONK_ENDS = (56.0, -76.0)
"""Lightest and darkest typology angle that `designs` draws."""


def monk_of_ita(ita: float) -> int:
    """Monk tone 1..10 as a bin of the typology angle."""
    return 1 + sum(ita <= limit for limit in MONK_ITA)


def most_blood_at(ita: float) -> float:
    """The greatest blood fraction at which skin still reaches a typology angle, with as little melanin as there is.

    Raises:
        ValueError: no blood fraction of the table reaches it.
    """
    grid = np.geomspace(LOWEST_BLOOD, HIGHEST_BLOOD, 400)
    lightest = colour.typology_angle(skin_lab(np.full_like(grid, 2 * LOWEST_MELANIN), grid))
    if ita > lightest[0]:
        raise ValueError(f"ITA: expected at most {lightest[0]:.0f} degrees, found {ita:.0f}")
    return float(grid[np.nonzero(lightest >= ita)[0][-1]])


def melanin_at(ita: float, blood: float) -> float:
    """Melanin fraction at which the model's skin has the typology angle `ita` (falls as melanin rises).

    Raises:
        ValueError: the angle lies outside what the table spans.
    """
    grid = np.geomspace(LOWEST_MELANIN, HIGHEST_MELANIN, 600)
    angles = colour.typology_angle(skin_lab(grid, np.full_like(grid, blood)))
    if not angles[-1] <= ita <= angles[0]:
        raise ValueError(f"ITA: expected {angles[-1]:.0f} to {angles[0]:.0f} degrees, found {ita:.0f}")
    return float(np.interp(-ita, -angles, grid))


@lru_cache(maxsize=2)
def table(tissue: Tissue = FACE) -> npt.NDArray[np.float32]:
    """(MELANIN_STEPS, BLOOD_STEPS, 3) linear RGB reflectance under D65, log-spaced in both fractions."""
    fm = np.geomspace(LOWEST_MELANIN, HIGHEST_MELANIN, MELANIN_STEPS)
    fb = np.geomspace(LOWEST_BLOOD, HIGHEST_BLOOD, BLOOD_STEPS)
    rgb = xyz(reflectance(fm[:, None], fb[None, :], tissue)) @ XYZ_TO_RGB.T
    return np.maximum(rgb, 0.0).astype(np.float32)
