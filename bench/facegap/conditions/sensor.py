"""The sensor and its colour filter: photons to electrons to numbers behind a Bayer mosaic, and back to colours."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
import numpy.typing as npt

from facegap.conditions import colour, noise
from facegap.conditions.compiled import compiled
from facegap.conditions.parameters import Range
from facegap.conditions.stages import Developed, Exposed, Linear, Raw

Codes = npt.NDArray[np.uint16]
Electrons = Annotated[float, Range("e-", 0, 200)]

SKEW_LIMIT = 0.3
"""Largest skewness of a pixel's noise that is made of a normal number; above it the Poisson number is drawn exactly.

Below it, noise of the right mean and variance, with its skewness to second order, has a distribution function within
0.01 of that of the exact sum of a Poisson and a normal number (a test measures it).
"""

_SPREAD = np.sqrt(np.array([4.0, 2.0, 4.0], dtype=np.float32))
"""Noise of red, green and blue where a simulated pixel holds a quarter, a half and a quarter of each filter."""

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

    From a binning of 2 on a simulated pixel holds all of the filter's colours, so all three are read, each with its
    share of the charge; below, one colour per pixel (which `demosaic` then interpolates).
    """
    camera, exposure = exposed.camera, exposed.exposure
    white = min(65_535.0, round((2**adc_bits - 1) * math.sqrt(camera.binned)))
    black = black_level * white
    electrons = camera.full_well / exposure.gain / (white - black)
    dark = dark_current * exposure.time_s * camera.binned
    read = read_noise * math.sqrt(camera.binned)
    rows = row_noise * camera.binned**0.75
    height, width = exposed.pixels.shape[:2]
    colours = 3 if camera.binning >= 2 else 1
    values = _expose(
        exposed.pixels,
        _responses(exposed, width, colours),
        _fixed_pattern(height, colours * width),
        prnu / math.sqrt(camera.binned),
        (dark, read, rows),
        (camera.full_well, electrons, black, white),
        np.uint64(rng.integers(1 << 63)),
    )
    shaped = values.reshape(height, width, 3) if colours == 3 else values
    return Raw(
        values=shaped,
        black=black,
        white=white,
        electrons=electrons,
        floor=math.sqrt(read**2 + dark + rows**2),
        binning=camera.binning,
        exposure=exposure,
    )


def demosaic(raw: Raw, *, method: Literal["bilinear", "edge-aware"]) -> Developed:
    """Three colours per pixel, then black level, white balance and the colour matrix; 1 is full scale.

    A channel that clips stays clipped after white balance, so blown highlights are white.
    """
    red, green, blue = cv2.split(raw.values if raw.values.ndim == 3 else _interpolated(raw.values, method))
    neutral = np.array(raw.exposure.neutral)
    gains = neutral.max() / neutral
    matrix = colour.DIFFERENCES @ colour.camera_to_rgb()
    scale = (gains / (raw.white - raw.black)).astype(np.float32)
    planes = _balanced(red, green, blue, raw.black, scale, matrix.astype(np.float32))
    return Developed(
        luma=planes[0],
        red=planes[1],
        blue=planes[2],
        noise=_noise_model(raw, neutral, matrix * gains),
        binning=raw.binning,
    )


def _interpolated(mosaic: Codes, method: Literal["bilinear", "edge-aware"]) -> Codes:
    code = cv2.COLOR_BayerRGGB2RGB if method == "bilinear" else cv2.COLOR_BayerRGGB2RGB_EA
    return np.asarray(cv2.cvtColor(mosaic, code), dtype=np.uint16)


def _noise_model(
    raw: Raw, neutral: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Noise variance of Y, R - Y and B - Y of a neutral surface: (per unit of luminance, in the dark).

    `weights` are those of the raw channels in the three. A demosaiced value is its own raw value or a mean of 2 or 4
    neighbours; the mean of those variances is 5/8 of the raw one for green and 9/16 for red and blue (bilinear).
    """
    full = raw.electrons * (raw.white - raw.black)
    spread = _SPREAD.astype(np.float64) ** 2 if raw.values.ndim == 3 else np.array([9 / 16, 5 / 8, 9 / 16])
    parts = weights**2 * spread
    shot = (parts @ (neutral / neutral.max()) / full).tolist()
    floor = (parts.sum(axis=1) * (raw.floor / full) ** 2).tolist()
    return (shot[0], floor[0]), (shot[1], floor[1]), (shot[2], floor[2])


def _responses(exposed: Exposed, width: int, colours: int) -> tuple[npt.NDArray[np.float32], Linear]:
    """Electrons per unit of linear R, G, B for every place of an even and of an odd row, and the noise's spread there.

    Returns:
        (2, 3, places) and (places,) float32, where a row has `colours` places per pixel.
    """
    camera, exposure = exposed.camera, exposed.exposure
    scale = exposed.light.lux * camera.rate * exposure.time_s
    matrix = np.array(colour.CHANNELS)[:, None] * colour.rgb_to_camera() * scale
    if colours == 3:
        channels = np.tile(np.arange(3), (2, width))
        spread = np.tile(_SPREAD, width)
    else:
        channels = np.arange(2)[:, None] + np.arange(width)[None, :] % 2
        spread = np.ones(width, dtype=np.float32)
    return np.ascontiguousarray(matrix[channels].transpose(0, 2, 1), dtype=np.float32), spread


@lru_cache(maxsize=8)
def _fixed_pattern(height: int, places: int) -> Linear:
    """(h, places) normal numbers: the pixels' own sensitivities, the same in every picture."""
    return noise.normals(_FIXED_PATTERN_SEED, height, places)


@compiled
def read_out(
    light: Linear, normals: Linear, spread: Linear, dark: float, read: float, seed: np.uint64, out: Linear
) -> None:
    """Electrons read for (n,) expected ones: Poisson(light + dark) - dark + normal(0, read), into (n,) float32 `out`.

    Cornish and Fisher's first term makes them of normal numbers, scaled so that the variance stays exact; where the
    skewness is above `SKEW_LIMIT`, the Poisson number is drawn instead.

    Args:
        light, normals: (n,) float32 expected electrons, and normal numbers of variance 1.
        spread: (n,) float32 s, for values that are the mean of only 1/s^2 of the charge: their noise is s times as
            large.
        dark, read: expected electrons of the dark, and the standard deviation of reading, electrons.
    """
    extra, floor = np.float32(dark), np.float32(read * read)
    tiny, one = np.float32(1e-9), np.float32(1.0)
    sixth, part = np.float32(1 / 6), np.float32(1 / 36)
    most = np.float32(SKEW_LIMIT**2)
    rare = 0
    for place in range(len(light)):
        mean, z = light[place] + extra, normals[place]
        inverse = one / (mean + floor + tiny)
        bend = spread[place] * spread[place] * mean * inverse  # skewness times standard deviation
        skewness2 = bend * mean * inverse * inverse
        rare += skewness2 > most
        deviation = spread[place] * np.sqrt(mean + floor)
        # 1 - s/36 is the root of 1 - s/18 to within 4e-6 at the limit.
        out[place] = light[place] + deviation * z * (one - skewness2 * part) + sixth * bend * (z * z - one)
    if rare == 0:
        return
    for place in range(len(light)):
        mean = light[place] + extra
        inverse = one / (mean + floor + tiny)
        parts = spread[place] * spread[place]
        if parts * mean * mean * inverse * inverse * inverse > most:
            count = noise.poisson(noise.bits(seed ^ np.uint64(place)), np.float64(mean / parts)) * parts
            out[place] = np.float32(count - dark + read * spread[place] * normals[place])


@compiled
def _expose(
    pixels: Linear,
    responses: tuple[npt.NDArray[np.float32], Linear],
    pattern: Linear,
    prnu: float,
    noises: tuple[float, float, float],
    levels: tuple[float, float, float, float],
    seed: np.uint64,
) -> Codes:
    """(h, places) codes; `noises` are dark electrons, read noise and row noise, `levels` as in `sensor`."""
    weights, spread = responses
    dark, read, rows = noises
    full_well, electrons, black, white = levels
    height, places = pixels.shape[0], weights.shape[2]
    out = np.empty((height, places), dtype=np.uint16)
    light, electrons_read = np.empty(places, np.float32), np.empty(places, np.float32)
    normals = np.empty(places + 1, np.float32)
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    varied, full, top = np.float32(prnu), np.float32(full_well), np.float32(white)
    scale, base = np.float32(1.0 / electrons), np.float32(black + 0.5)
    for row in range(height):
        start = noise.row_seed(seed, row)
        noise.fill_normal(normals, start)
        _collect(pixels[row], weights[row & 1], light)
        for place in range(places):
            light[place] = max(light[place] * (one + varied * spread[place] * pattern[row, place]), zero)
        read_out(light, normals, spread, dark, read, start, electrons_read)
        shift = np.float32(rows * normals[places])
        for place in range(places):
            code = min(electrons_read[place] + shift, full) * scale + base
            out[row, place] = np.uint16(min(max(code, half), top + half))
    return out


@compiled
def _collect(pixels: Linear, weights: Linear, light: Linear) -> None:
    """Expected electrons of one row: its (w, 3) pixels through (3, places) weights, one or three places a pixel."""
    width = pixels.shape[0]
    if len(light) == width:
        for place in range(width):
            red, green, blue = pixels[place, 0], pixels[place, 1], pixels[place, 2]
            light[place] = weights[0, place] * red + weights[1, place] * green + weights[2, place] * blue
        return
    for place in range(width):
        red, green, blue = pixels[place, 0], pixels[place, 1], pixels[place, 2]
        light[3 * place] = weights[0, 0] * red + weights[1, 0] * green + weights[2, 0] * blue
        light[3 * place + 1] = weights[0, 1] * red + weights[1, 1] * green + weights[2, 1] * blue
        light[3 * place + 2] = weights[0, 2] * red + weights[1, 2] * green + weights[2, 2] * blue


@compiled
def _balanced(
    red: Codes,
    green: Codes,
    blue: Codes,
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
