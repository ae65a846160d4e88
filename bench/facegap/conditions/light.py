"""Light: un-processing a photo into linear light, then the illuminance, colour and direction of the lights on it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated

import cv2
import numpy as np

from facegap.colour import LUMINANCE, Floating, decode
from facegap.conditions import colour, silhouette
from facegap.conditions.compiled import compiled
from facegap.conditions.parameters import Range
from facegap.conditions.stages import Box, Light, Linear, Lit, Photo, Scene, Triple

Share = Annotated[float, Range("", 0, 1)]
Kelvin = Annotated[float, Range("K", 2000, 25_000)]
Degrees = Annotated[float, Range("degrees", -180, 180)]


def tone_curve(value: Floating, strength: float) -> Floating:
    """The ISP's contrast curve on (...,) sRGB values 0-1: `strength` of smoothstep 3 v^2 - 2 v^3, the rest identity.

    Smoothstep is the tone curve of Brooks et al., "Unprocessing Images for Learned Raw Denoising" (CVPR 2019), 3.1.
    """
    return (1 - strength) * value + strength * value * value * (3 - 2 * value)


@lru_cache(maxsize=16)
def _unprocess_table(strength: float) -> Linear:
    """(256,) linear light of each sRGB byte: the inverse tone curve, then the inverse of sRGB's transfer function."""
    grid = np.linspace(0, 1, 65_537)
    value = np.interp(np.arange(256) / 255, tone_curve(grid, strength), grid)
    return decode(value).astype(np.float32)


def unprocess(photo: Photo, *, tone: Share) -> Scene:
    """Approximate linear light of a photo: inverse tone curve of strength `tone`, then inverse gamma.

    The recipe of Brooks et al. (2019), with sRGB's own transfer function (IEC 61966-2-1) where they take a power of
    2.2. The photo's light counts as D65 and its white as diffuse white; its own noise and blur stay in it. Skipped
    where the image is linear light already.
    """
    return Scene(np.asarray(cv2.LUT(photo.pixels, _unprocess_table(tone)), dtype=np.float32))


def illumination(
    scene: Scene, *, lux: Annotated[float, Range("lx", 0.01, 200_000)], kelvin: Kelvin, locus: colour.Locus
) -> Lit:
    """The main light: its illuminance on the face and its colour, by the CIE daylight or the black-body locus.

    A neutral surface of reflectance r has linear value r * white(kelvin), luminance r; lux becomes electrons in `meter`
    and `sensor`. Colours change channel by channel (von Kries in sRGB primaries, an approximation).
    """
    light = Light(lux, colour.white(kelvin, locus))
    return Lit(_scaled(scene.pixels, light.white), scene.face_box, light)


def direction(lit: Lit, *, ratio: Annotated[float, Range("key:fill", 1, 64)], angle: Degrees, softness: Share) -> Lit:
    """One-sided fall-off over a photo: 1 on the key side, 1/ratio on the far side, a smooth step between them.

    The light comes from `angle` (0 = image left, 90 = above, 180 = right). The step is centred on the face, or on the
    picture where no face is known, and `softness` of the picture's extent wide. A shading of a flat picture, not of a
    head: skipped where the image is linear light already, whose lights were chosen when it was rendered.
    """
    axis, centre, width = _axis(lit, angle, softness)
    return Lit(_fall_off(lit.pixels, axis, centre, width, _ones(), _each(1 / ratio)), lit.face_box, lit.light)


def second_light(lit: Lit, *, kelvin: Kelvin, locus: colour.Locus, share: Share, angle: Degrees) -> Lit:
    """Mixed light: from `angle`, up to `share` of the main light is replaced by one of another colour, equally bright.

    Skipped, as `direction` is, where the image is linear light already.
    """
    other = np.array(colour.white(kelvin, locus)) / np.array(lit.light.white)
    red, green, blue = (1 - share + share * other).tolist()
    axis, centre, width = _axis(lit, angle, 1.0)
    return Lit(_fall_off(lit.pixels, axis, centre, width, (red, green, blue), _ones()), lit.face_box, lit.light)


def backlight(
    lit: Lit, *, ratio: Annotated[float, Range("background:face", 1, 1000)], flat: Share, share: Share = 1.0
) -> Lit:
    """A bright window behind the person: background that is `ratio` times as bright as white in the main light.

    The window reaches down to the chest, is as wide as makes `share` of the picture (1: all of the background), and
    shows `flat` of an even white and the photo's own background for the rest. The person in front of it (`silhouette`,
    around the central 45 % where no face is known) keeps the main light, hair and shoulders as the face. What the
    window does to the face is left to `lens` (veiling glare) and `meter`: it lights nothing else. A background that is
    brighter than diffuse white on average is a window already (a head rendered before one) and stays as it is; no
    photo's is.
    """
    height, width = lit.pixels.shape[:2]
    box = lit.face_box if lit.face_box is not None else central_box(height, width)
    outside = 1 - silhouette.matte(lit.pixels, box)
    if _mean_light(lit.pixels, outside) > 1:
        return lit
    opening = outside if share == 1 else outside * _pane(outside, box, share)
    return Lit(_window(lit.pixels, opening, ratio, flat, lit.light.white), lit.face_box, lit.light)


def _pane(outside: Linear, box: Box, share: float) -> Linear:
    """(h, w) 1 in the upright rectangle about the face in which (h, w) `outside` adds up to `share` of the picture.

    It begins at the top and ends at the chest, or at the bottom where even its whole width is too little.
    """
    height, width = outside.shape
    wanted = share * height * width
    chest = min(height, max(1, round(box[3] + 0.5 * (box[3] - box[1]))))
    rows = chest if float(outside[:chest].sum()) >= wanted else height
    away = np.abs(np.arange(width) + 0.5 - 0.5 * (box[0] + box[2]))
    columns = outside[:rows].sum(axis=0, dtype=np.float64)
    order = np.argsort(away, kind="stable")
    half = float(away[order[min(int(np.searchsorted(np.cumsum(columns[order]), wanted)), width - 1)]])
    pane = np.zeros((height, width), dtype=np.float32)
    pane[:rows] = (away <= half)[None, :]
    return pane


def central_box(height: int, width: int) -> Box:
    """Where a selfie's face is when nobody has looked: the central 45 % of the short side."""
    half = 0.225 * min(height, width)
    return width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half


def _ones() -> Triple:
    return 1.0, 1.0, 1.0


def _each(value: float) -> Triple:
    return value, value, value


def _axis(lit: Lit, angle: float, softness: float) -> tuple[tuple[float, float], float, float]:
    """Unit vector away from the light, and where on it (pixels) the step is centred and how wide it is."""
    height, width = lit.pixels.shape[:2]
    along = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    box = lit.face_box if lit.face_box is not None else (0.0, 0.0, float(width), float(height))
    centre = ((box[0] + box[2]) * along[0] + (box[1] + box[3]) * along[1]) / 2
    extent = abs(along[0]) * width + abs(along[1]) * height
    return along, centre, max(softness * extent, 1.0)


@compiled
def _scaled(pixels: Linear, factor: Triple) -> Linear:
    out = np.empty_like(pixels)
    red, green, blue = np.float32(factor[0]), np.float32(factor[1]), np.float32(factor[2])
    for row in range(pixels.shape[0]):
        for column in range(pixels.shape[1]):
            out[row, column, 0] = pixels[row, column, 0] * red
            out[row, column, 1] = pixels[row, column, 1] * green
            out[row, column, 2] = pixels[row, column, 2] * blue
    return out


@compiled
def _fall_off(
    pixels: Linear, axis: tuple[float, float], centre: float, width: float, near: Triple, far: Triple
) -> Linear:
    out = np.empty_like(pixels)
    columns = pixels.shape[1]
    shares = np.empty(columns, dtype=np.float32)
    step = np.float32(axis[0] / width)
    zero, one, two, three = np.float32(0.0), np.float32(1.0), np.float32(2.0), np.float32(3.0)
    red, green, blue = np.float32(near[0]), np.float32(near[1]), np.float32(near[2])
    to_red, to_green, to_blue = np.float32(far[0]) - red, np.float32(far[1]) - green, np.float32(far[2]) - blue
    for row in range(pixels.shape[0]):
        start = np.float32((0.5 * axis[0] + (row + 0.5) * axis[1] - centre) / width + 0.5)
        for column in range(columns):
            place = min(max(start + np.float32(column) * step, zero), one)
            shares[column] = place * place * (three - two * place)
        for column in range(columns):
            share = shares[column]
            out[row, column, 0] = pixels[row, column, 0] * (red + share * to_red)
            out[row, column, 1] = pixels[row, column, 1] * (green + share * to_green)
            out[row, column, 2] = pixels[row, column, 2] * (blue + share * to_blue)
    return out


def _mean_light(pixels: Linear, weights: Linear) -> float:
    """Mean luminance of (h, w, 3) pixels under (h, w) weights, 0 where those are 0."""
    total = float(weights.sum(dtype=np.float64))
    return float(np.einsum("yxc,yx,c->", pixels, weights, np.array(LUMINANCE, np.float32))) / max(total, 1e-9)


@compiled
def _window(pixels: Linear, opening: Linear, ratio: float, flat: float, white: Triple) -> Linear:
    out = np.empty_like(pixels)
    own, even = np.float32(ratio * (1.0 - flat)), ratio * flat
    red, green, blue = np.float32(even * white[0]), np.float32(even * white[1]), np.float32(even * white[2])
    for row in range(pixels.shape[0]):
        for column in range(pixels.shape[1]):
            share = opening[row, column]
            r, g, b = pixels[row, column, 0], pixels[row, column, 1], pixels[row, column, 2]
            out[row, column, 0] = r + share * (red + own * r - r)
            out[row, column, 1] = g + share * (green + own * g - g)
            out[row, column, 2] = b + share * (blue + own * b - b)
    return out
