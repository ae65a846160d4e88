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
    varied = prnu / math.sqrt(camera.binned)
    light = exposed.pixels, matrix.astype(np.float32), pattern, varied
    levels = camera.full_well, electrons, black, white
    mosaic = _expose(*light, dark, read, rows, *levels, seed)
    return Raw(mosaic, black, white, electrons, math.sqrt(read**2 + dark + rows**2), exposure)


def demosaic(raw: Raw, *, method: Literal["bilinear", "edge-aware"]) -> Developed:
    """Three colours per pixel, then black level, white balance and the colour matrix; 1 is full scale.

    A channel that clips stays clipped after white balance, so blown highlights are white.
    """
    code = cv2.COLOR_BayerRGGB2RGB if method == "bilinear" else cv2.COLOR_BayerRGGB2RGB_EA
    red, green, blue = cv2.split(cv2.cvtColor(raw.mosaic, code))
    neutral = colour.camera_neutral(raw.exposure.neutral)
    gains = neutral.max() / neutral
    matrix = colour.DIFFERENCES @ colour.camera_to_rgb()
    scale = (gains / (raw.white - raw.black)).astype(np.float32)
    luma, from_red, from_blue = _balanced(red, green, blue, raw.black, scale, matrix.astype(np.float32))
    return Developed(luma, from_red, from_blue, _noise_model(raw, neutral, matrix * gains))


def _noise_model(
    raw: Raw, neutral: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Noise variance of Y, R - Y and B - Y of a neutral surface: (per unit of luminance, in the dark).

    `weights` are those of the raw channels in the three. A demosaiced value is its own raw value or a mean of 2 or 4
    neighbours; the mean of those variances is 5/8 of the raw one for green and 9/16 for red and blue (bilinear).
    """
    full = raw.electrons * (raw.white - raw.black)
    parts = weights**2 * np.array([9 / 16, 5 / 8, 9 / 16])
    shot = (parts @ (neutral / neutral.max()) / full).tolist()
    floor = (parts.sum(axis=1) * (raw.floor / full) ** 2).tolist()
    return (shot[0], floor[0]), (shot[1], floor[1]), (shot[2], floor[2])


@lru_cache(maxsize=8)
def _fixed_pattern(height: int, width: int) -> Linear:
    """(h, w) normal numbers: the pixels' own sensitivities, the same in every picture."""
    return noise.normals(_FIXED_PATTERN_SEED, height, width)


@compiled
def read_out(light: Linear, normals: Linear, dark: float, read: float, seed: np.uint64, out: Linear) -> None:
    """Electrons read for (n,) expected ones: Poisson(light + dark) - dark + normal(0, read), in place of `out`.

    Cornish and Fisher's first term makes them of normal numbers, scaled so that the variance stays exact; where the
    skewness is above `SKEW_LIMIT`, the Poisson number is drawn instead, from the stream of `seed`.
    """
    extra, floor = np.float32(dark), np.float32(read * read)
    limit, small = np.float32(SKEW_LIMIT), np.float32(1e-12)
    one, sixth, eighteenth = np.float32(1.0), np.float32(1.0 / 6.0), np.float32(1.0 / 18.0)
    rare = 0
    for place in range(len(light)):
        mean = light[place] + extra
        variance = mean + floor
        deviation = np.sqrt(variance)
        skew = mean / (variance * deviation + small)
        rare += skew > limit
        z = normals[place]
        bent = z * np.sqrt(one - min(skew, one) ** 2 * eighteenth) + skew * sixth * (z * z - one)
        out[place] = light[place] + deviation * bent
    if rare == 0:
        return
    for place in range(len(light)):
        mean = light[place] + extra
        variance = mean + floor
        if mean > limit * variance * np.sqrt(variance):
            seed, count = noise.poisson(seed, np.float64(mean))
            out[place] = np.float32(count - dark + read * normals[place])


@compiled
def _expose(
    pixels: Linear,
    matrix: Linear,
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
    light, normals, read_off = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    # RGGB: red and green columns in even rows, green and blue in odd ones.
    red, green, blue = (
        np.empty((2, width), np.float32),
        np.empty((2, width), np.float32),
        np.empty((2, width), np.float32),
    )
    for column in range(width):
        for parity in range(2):
            channel = parity + (column & 1)
            red[parity, column], green[parity, column] = matrix[channel, 0], matrix[channel, 1]
            blue[parity, column] = matrix[channel, 2]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    varied, full, top = np.float32(prnu), np.float32(full_well), np.float32(white)
    scale, base = np.float32(1.0 / electrons), np.float32(black + 0.5)
    for row in range(height):
        state = noise.row_state(seed, row)
        state, offset = noise.normal(state)
        for column in range(width):
            state, normals[column] = noise.normal(state)
        r, g, b = red[row & 1], green[row & 1], blue[row & 1]
        for column in range(width):
            value = r[column] * pixels[row, column, 0] + g[column] * pixels[row, column, 1]
            value += b[column] * pixels[row, column, 2]
            light[column] = max(value * (one + varied * pattern[row, column]), zero)
        read_out(light, normals, dark, read, state, read_off)
        shift = np.float32(rows * offset)
        for column in range(width):
            code = min(read_off[column] + shift, full) * scale + base
            out[row, column] = np.uint16(min(max(code, half), top + half))
    return out


@compiled
def _balanced(
    red: npt.NDArray[np.uint16],
    green: npt.NDArray[np.uint16],
    blue: npt.NDArray[np.uint16],
    black: float,
    gains: Linear,
    matrix: Linear,
) -> tuple[Linear, Linear, Linear]:
    """Planes Y, R - Y, B - Y of three raw planes; `gains` take a code to full scale, `matrix` gives the planes."""
    planes = np.empty((3, red.shape[0], red.shape[1]), dtype=np.float32)
    low, one = np.float32(black), np.float32(1.0)
    for row in range(red.shape[0]):
        for column in range(red.shape[1]):
            r = min((np.float32(red[row, column]) - low) * gains[0], one)
            g = min((np.float32(green[row, column]) - low) * gains[1], one)
            b = min((np.float32(blue[row, column]) - low) * gains[2], one)
            planes[0, row, column] = matrix[0, 0] * r + matrix[0, 1] * g + matrix[0, 2] * b
            planes[1, row, column] = matrix[1, 0] * r + matrix[1, 1] * g + matrix[1, 2] * b
            planes[2, row, column] = matrix[2, 0] * r + matrix[2, 1] * g + matrix[2, 2] * b
    return planes[0], planes[1], planes[2]
