"""The ISP's last stretch: denoise, sharpen, saturation, tone curve, and for the first time 8 bit."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import cv2
import numpy as np

from facegap.colour import encode
from facegap.conditions.compiled import compiled
from facegap.conditions.light import Share, tone_curve
from facegap.conditions.parameters import Range
from facegap.conditions.stages import Bytes8, Developed, Linear, Photo

Strength = Annotated[float, Range("", 0, 20)]
_TABLE = 16_384


def isp(
    developed: Developed,
    *,
    denoise: Strength,
    chroma_denoise: Strength,
    sharpen: Annotated[float, Range("", 0, 5)],
    halo: Share,
    saturation: Annotated[float, Range("", 0, 3)],
    tone: Share,
) -> Photo:
    """Linear RGB to sRGB bytes.

    Denoising is a local Wiener filter (Lee 1980) on luminance over 5 x 5 pixels, and on R - Y and B - Y at half
    resolution; a strength multiplies the noise variance that the sensor's model predicts, so it grows with gain by
    itself (1 is Wiener's own, above it smears). Sharpening adds `sharpen` times the difference from a Gaussian of 1
    real pixel (nothing is left of it where a simulated pixel holds more than four), that difference bounded to `halo`
    of the local luminance. `tone` is the strength of `light.tone_curve`.
    """
    base = _box(developed.luma, 5)
    luma = wiener(developed.luma, base, base, developed.noise[0], denoise, 5)
    red, blue = developed.red, developed.blue
    if chroma_denoise > 0:
        small = _halved(base)
        red = _chroma(red, small, developed.noise[1], chroma_denoise)
        blue = _chroma(blue, small, developed.noise[2], chroma_denoise)
    sigma = 1 / developed.binning
    blurred = luma if sigma < 0.25 else cv2.GaussianBlur(luma, (5, 5), sigma, borderType=cv2.BORDER_REFLECT_101)
    strengths = np.float32(sharpen), np.float32(halo), np.float32(saturation)
    pixels = _finished(luma, np.asarray(blurred), red, blue, *strengths, _tone_table(tone))
    return Photo(pixels, scale=developed.binning)


def wiener(
    plane: Linear, mean: Linear, luminance: Linear, noise: tuple[float, float], strength: float, size: int
) -> Linear:
    """(h, w) plane with the variance that its noise explains taken out, in `size` x `size` windows.

    Args:
        plane: (h, w) values, with (h, w) `mean` over the window.
        luminance: (h, w) what the noise variance noise[0] * luminance + noise[1] is taken of.
        strength: factor on that variance; 0 leaves the plane as it is.
    """
    if strength == 0:
        return plane
    squares = cv2.sqrBoxFilter(plane, cv2.CV_32F, (size, size), borderType=cv2.BORDER_REFLECT_101)
    shot, floor = np.float32(strength * noise[0]), np.float32(strength * noise[1])
    return _shrink(plane, mean, np.asarray(squares), luminance, shot, floor)


def _box(plane: Linear, size: int) -> Linear:
    return np.asarray(cv2.blur(plane, (size, size), borderType=cv2.BORDER_REFLECT_101), dtype=np.float32)


def _halved(plane: Linear) -> Linear:
    height, width = plane.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _chroma(plane: Linear, luminance: Linear, noise: tuple[float, float], strength: float) -> Linear:
    """A colour difference denoised at half resolution, where the mean of four pixels has at most half the variance."""
    small = _halved(plane)
    halved = (noise[0] / 2, noise[1] / 2)
    clean = wiener(small, _box(small, 7), luminance, halved, strength, 7)
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.resize(clean, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


@lru_cache(maxsize=16)
def _tone_table(strength: float) -> Bytes8:
    """(16384,) sRGB byte of linear light."""
    value = tone_curve(encode(np.linspace(0, 1, _TABLE)), strength)
    return np.asarray(np.rint(value * 255), dtype=np.uint8)


@compiled
def _shrink(
    plane: Linear, mean: Linear, squares: Linear, luminance: Linear, shot: np.float32, floor: np.float32
) -> Linear:
    out = np.empty_like(plane)
    zero, tiny = np.float32(0.0), np.float32(1e-20)
    for row in range(plane.shape[0]):
        for column in range(plane.shape[1]):
            middle = mean[row, column]
            spread = squares[row, column] - middle * middle
            explained = shot * max(luminance[row, column], zero) + floor
            keep = max(spread - explained, zero) / max(max(spread, explained), tiny)
            out[row, column] = middle + keep * (plane[row, column] - middle)
    return out


@compiled
def _finished(
    luma: Linear,
    blurred: Linear,
    red: Linear,
    blue: Linear,
    sharpen: np.float32,
    halo: np.float32,
    saturation: np.float32,
    table: Bytes8,
) -> Bytes8:
    """Sharpened and saturated planes through the tone table; a row at a time, so that the arithmetic vectorises."""
    height, width = luma.shape
    out = np.empty((height, width, 3), dtype=np.uint8)
    top, half, zero = np.float32(len(table) - 1), np.float32(0.5), np.float32(0.0)
    # G - Y follows from R - Y and B - Y, since Y is their weighted sum.
    from_red, from_blue = np.float32(-0.2126 / 0.7152), np.float32(-0.0722 / 0.7152)
    places = np.empty((3, width), dtype=np.int32)
    for row in range(height):
        for column in range(width):
            bound = halo * abs(blurred[row, column])
            detail = min(max(luma[row, column] - blurred[row, column], -bound), bound)
            y = luma[row, column] + sharpen * detail
            r, b = saturation * red[row, column], saturation * blue[row, column]
            g = from_red * r + from_blue * b
            places[0, column] = np.int32(min(max((y + r) * top + half, zero), top))
            places[1, column] = np.int32(min(max((y + g) * top + half, zero), top))
            places[2, column] = np.int32(min(max((y + b) * top + half, zero), top))
        for column in range(width):
            out[row, column, 0] = table[places[0, column]]
            out[row, column, 1] = table[places[1, column]]
            out[row, column, 2] = table[places[2, column]]
    return out
