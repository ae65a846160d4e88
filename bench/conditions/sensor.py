"""The sensor and its colour filter: photons to electrons to numbers behind a Bayer mosaic, and back to colours."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
import numpy.typing as npt

from bench.conditions import colour, noise
from bench.conditions.compiled import compiled
from bench.conditions.parameters import Range
from bench.conditions.stages import Developed, Exposed, Linear, Raw

Electrons = Annotated[float, Range("e-", 0, 200)]

SKEW_LIMIT = 0.3
"""Largest skewness of a pixel's noise that the fast generator takes; above it the Poisson number is drawn exactly.

Below it, noise of the right mean and variance with its skewness to second order differs from the exact sum of a Poisson
and a normal number by less than 0.006 in the distribution function (a test measures it).
"""

_FIXED_PATTERN_SEED = 0x5EED0F7E5E750121


def sensor(
    exposed: Exposed,
    rng: np.random.Generator,
    *,
    read_noise: Electrons,
    dark_current: Annotated[float, Range("e-/s", 0, 10_000)],
    prnu: Annotated[float, Range("", 0, 0.2)],
    row_noise: Electrons,
    adc_bits: Annotated[int, Range("bits", 8, 14)],
    black_level: Annotated[float, Range("", 0, 0.2)],
) -> Raw:
    """Photons to numbers, after the model of EMVA 1288 (linear camera, release 4.0).

    Per simulated pixel, through an RGGB filter: Poisson of the collected and dark electrons, a fixed photo-response
    pattern of relative size `prnu`, normal read noise, one normal offset per row, the full well, gain, and an ADC whose
    codes start at `black_level` of its range. Noise parameters are per real pixel; binning sums charge, so read noise,
    dark current and the ADC's step grow with the root of the number of pixels summed, and a row's shared offset with
    its power 3/4. The mean of the dark current is taken off with the black level.
    """
    camera, exposure = exposed.camera, exposed.exposure
    height, width = exposed.pixels.shape[:2]
    white = min(65_535.0, round((2**adc_bits - 1) * math.sqrt(camera.binned)))
    black = black_level * white
    electrons = camera.full_well / exposure.gain / (white - black)
    scale = exposed.light.lux * camera.rate * exposure.time_s
    matrix = np.array(colour.CHANNELS)[:, None] * colour.rgb_to_camera() * scale
    dark = dark_current * exposure.time_s * camera.binned
    read = read_noise * math.sqrt(camera.binned)
    rows = row_noise * camera.binned**0.75
    seed = np.uint64(rng.integers(1 << 63))
    pattern = _fixed_pattern(height, width)
    mosaic = _expose(
        exposed.pixels, matrix, pattern, prnu / math.sqrt(camera.binned), dark, read, rows, camera.full_well,
        electrons, black, white, seed
    )  # fmt: skip
    return Raw(mosaic, black, white, electrons, math.sqrt(read**2 + dark + rows**2), exposure)


def demosaic(raw: Raw, *, method: Literal["bilinear", "edge-aware"]) -> Developed:
    """Three colours per pixel, then black level, white balance and the colour matrix; 1 is full scale.

    A channel that clips stays clipped after white balance, so blown highlights are white.
    """
    code = cv2.COLOR_BayerRGGB2RGB if method == "bilinear" else cv2.COLOR_BayerRGGB2RGB_EA
    rgb = np.asarray(cv2.cvtColor(raw.mosaic, code))
    neutral = colour.camera_neutral(raw.exposure.neutral)
    gains = neutral.max() / neutral
    matrix = colour.camera_to_rgb()
    pixels = _balanced(rgb, raw.black, raw.white - raw.black, gains, matrix)
    return Developed(pixels, _noise_model(raw, neutral, gains, matrix))


def _noise_model(
    raw: Raw, neutral: npt.NDArray[np.float64], gains: npt.NDArray[np.float64], matrix: npt.NDArray[np.float64]
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Noise variance of Y, R - Y and B - Y of a neutral surface: (per unit of luminance, in the dark).

    A demosaiced value is its own raw value or a mean of 2 or 4 neighbours; the mean of those variances is 5/8 of the
    raw one for green and 9/16 for red and blue (bilinear). Full scale in electrons is electrons * (white - black).
    """
    full = raw.electrons * (raw.white - raw.black)
    luminance = np.array(colour.LUMINANCE)
    rows = np.stack([luminance, np.array([1.0, 0, 0]) - luminance, np.array([0, 0, 1.0]) - luminance]) @ matrix * gains
    parts = rows**2 * np.array([9 / 16, 5 / 8, 9 / 16])
    shot = parts @ (neutral / neutral.max()) / full
    floor = parts.sum(axis=1) * (raw.floor / full) ** 2
    return (shot[0], floor[0]), (shot[1], floor[1]), (shot[2], floor[2])


@lru_cache(maxsize=8)
def _fixed_pattern(height: int, width: int) -> Linear:
    """(h, w) normal numbers: the pixels' own sensitivities, the same in every picture."""
    return noise.normals(_FIXED_PATTERN_SEED, height, width)


@compiled
def noisy(state: np.uint64, light: float, dark: float, read: float) -> tuple[np.uint64, float]:
    """The next state, and electrons read for `light` expected ones: Poisson(light + dark) - dark + normal(0, read)."""
    mean = light + dark
    variance = mean + read * read
    if variance <= 0.0:
        return state, 0.0
    deviation = math.sqrt(variance)
    skew = mean / (variance * deviation)
    if skew > 0.3:
        state, count = noise.poisson(state, mean)
        state, other = noise.normal(state)
        return state, count - dark + read * other
    # Cornish and Fisher's first term, scaled so that the variance stays exact.
    state, z = noise.normal(state)
    return state, light + deviation * (z * math.sqrt(1.0 - skew * skew / 18.0) + skew / 6.0 * (z * z - 1.0))


@compiled
def _expose(
    pixels: Linear,
    matrix: npt.NDArray[np.float64],
    pattern: Linear,
    prnu: float,
    dark: float,
    read: float,
    rows: float,
    full_well: float,
    electrons: float,
    black: float,
    white: float,
    seed: np.uint64,
) -> npt.NDArray[np.uint16]:
    height, width = pixels.shape[0], pixels.shape[1]
    out = np.empty((height, width), dtype=np.uint16)
    for row in range(height):
        state = noise.row_state(seed, row)
        state, offset = noise.normal(state)
        for column in range(width):
            channel = (row & 1) + (column & 1)  # RGGB: 0 red, 1 green, 2 blue
            light = (
                matrix[channel, 0] * pixels[row, column, 0]
                + matrix[channel, 1] * pixels[row, column, 1]
                + matrix[channel, 2] * pixels[row, column, 2]
            )
            light = max(light * (1.0 + prnu * pattern[row, column]), 0.0)
            state, value = noisy(state, light, dark, read)
            code = min(value + rows * offset, full_well) / electrons + black
            out[row, column] = np.uint16(min(max(code + 0.5, 0.0), white))
    return out


@compiled
def _balanced(
    rgb: npt.NDArray[np.uint16],
    black: float,
    span: float,
    gains: npt.NDArray[np.float64],
    matrix: npt.NDArray[np.float64],
) -> Linear:
    out = np.empty(rgb.shape, dtype=np.float32)
    m = matrix.astype(np.float32)
    low = np.float32(black)
    red_gain, green_gain, blue_gain = (gains / span).astype(np.float32)
    one = np.float32(1.0)
    for row in range(rgb.shape[0]):
        for column in range(rgb.shape[1]):
            red = min((np.float32(rgb[row, column, 0]) - low) * red_gain, one)
            green = min((np.float32(rgb[row, column, 1]) - low) * green_gain, one)
            blue = min((np.float32(rgb[row, column, 2]) - low) * blue_gain, one)
            out[row, column, 0] = m[0, 0] * red + m[0, 1] * green + m[0, 2] * blue
            out[row, column, 1] = m[1, 0] * red + m[1, 1] * green + m[1, 2] * blue
            out[row, column, 2] = m[2, 0] * red + m[2, 1] * green + m[2, 2] * blue
    return out
