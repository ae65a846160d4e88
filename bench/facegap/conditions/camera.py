"""The camera before its sensor: pixels and light budget, metering and exposure, lens, hand tremor."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
import numpy.typing as npt

from facegap.conditions import colour
from facegap.conditions.compiled import compiled
from facegap.conditions.light import Share
from facegap.conditions.parameters import Range
from facegap.conditions.stages import Box, Camera, Exposed, Exposure, Linear, Lit, View

PHOTONS = 4.09e3
"""Photons per lux, second and square micrometre at 555 nm: 1 / (683 lm/W * h c / 555 nm)."""

FACE_SHARE = 0.6
"""Of a face box's width and height, what "face" metering reads: skin. The rim of a box shows hair and background, and a
window there would take the exposure. Assumed."""

Metering = Literal["face", "centre", "frame"]
Seconds = Annotated[float, Range("s", 1e-5, 2)]
RealPx = Annotated[float, Range("px", 0, 50)]


def camera(
    lit: Lit,
    *,
    short_px: Annotated[int, Range("px", 64, 8000)],
    pitch_um: Annotated[float, Range("um", 0.5, 10)],
    f_number: Annotated[float, Range("f/", 1, 8)],
    transmission: Share,
    qe: Share,
    full_well: Annotated[float, Range("e-", 100, 200_000)],
    read_share: Annotated[float, Range("", 0.01, 1)],
) -> View:
    """The scene on the camera's pixels, and how light becomes electrons in one of them.

    A picture finer than `short_px` is shrunk to it. A coarser one is taken as the camera's whole frame scaled down: one
    simulated pixel gathers the charge of `binning` x `binning` real ones, of which `read_share` is read out (line
    skipping in video modes loses the rest).

    electrons = lux * value * transmission / (4 N^2) * time * photons * pitch^2 * QE, with the image-plane illuminance
    of a distant Lambertian surface, pi L T / (4 N^2). The green filter is taken as V(lambda) in shape, so `PHOTONS`
    counts its photons; red and blue follow from `colour.CHANNELS`.
    """
    pixels, face_box = lit.pixels, lit.face_box
    if min(pixels.shape[:2]) > short_px:
        pixels, face_box = _shrunk(pixels, face_box, short_px)
    binning = max(1.0, short_px / min(pixels.shape[:2]))
    binned = max(1.0, binning**2 * read_share)
    rate = transmission / (4 * f_number**2) * PHOTONS * pitch_um**2 * qe * binned
    sensor = Camera(
        rate=rate, full_well=full_well * binned, binning=binning, binned=binned, f_number=f_number, pitch_um=pitch_um
    )
    return View(pixels, face_box, lit.light, sensor)


def meter(
    view: View,
    *,
    mode: Metering,
    target: Annotated[float, Range("", 0.01, 1)],
    hand_time_s: Seconds,
    max_time_s: Seconds,
    max_gain: Annotated[float, Range("", 1, 512)],
    white_balance: Share,
) -> Exposed:
    """Automatic exposure and white balance.

    The metered mean luminance is brought to `target` of full scale (0.18 is mid grey): first with time up to
    `hand_time_s`, then gain up to `max_gain`, then time up to `max_time_s`; beyond that the picture stays dark. "face"
    averages the middle of the face box, "centre" a Gaussian of a quarter of each side, "frame" everything: the mode
    that turns a face before a bright window black. A camera that is not told of a face meters the centre instead.

    White balance multiplies the raw channels, in linear light, and does `white_balance` of what the light's colour
    asks of each, in stops (`colour.adapted`).
    """
    rows, columns = _weights(view, mode)
    metered = _weighted_luminance(view.pixels, rows, columns)
    neutral = colour.adapted(view.light.white, white_balance)
    per_second = metered * view.light.lux * view.camera.rate * max(neutral)
    wanted = target * view.camera.full_well / max(per_second, 1e-12)
    time_s, gain = _programme(wanted, hand_time_s, max(max_time_s, hand_time_s), max_gain)
    return Exposed(view.pixels, view.light, view.camera, Exposure(time_s, gain, neutral))


def lens(
    view: View,
    *,
    blur_px: RealPx,
    defocus_px: RealPx,
    vignetting: Share,
    half_field_degrees: Annotated[float, Range("degrees", 1, 60)],
    glare: Share,
) -> View:
    """What the lens does, in this order: veiling glare, vignetting, blur.

    Glare adds `glare` of the picture's mean to every pixel (ISO 9358's veiling glare as an even veil). Vignetting is
    `vignetting` of the way to cos^4 of the field angle, `half_field_degrees` in the corner. Blur is a Gaussian of
    `blur_px` and of the diffraction at the lens's f-number (sigma 0.42 lambda N, lambda 550 nm), in quadrature, and a
    disk of radius `defocus_px`; both in real pixels, divided by the binning.
    """
    pixels = _veiled(
        view.pixels, glare, _mean(view.pixels), _vignette(*view.pixels.shape[:2], vignetting, half_field_degrees)
    )
    diffraction = 0.42 * 0.55 * view.camera.f_number / view.camera.pitch_um
    pixels = gaussian(pixels, math.hypot(blur_px, diffraction) / view.camera.binning)
    pixels = convolve(pixels, disk(defocus_px / view.camera.binning))
    return View(pixels, view.face_box, view.light, view.camera)


def tremor(
    exposed: Exposed,
    rng: np.random.Generator,
    *,
    px_per_s: Annotated[float, Range("px/s", 0, 5000)],
    path: Literal["line", "walk"],
) -> Exposed:
    """Hand tremor: the picture travels `px_per_s` (real pixels) times the exposure time, so darker scenes blur more.

    No path is longer than the picture's short side. "line" is a straight path in a random direction; "walk" turns by a
    normal angle of 30 degrees per twentieth of it.
    """
    length = px_per_s * exposed.exposure.time_s / exposed.camera.binning
    length = min(length, float(min(exposed.pixels.shape[:2])))
    start = rng.uniform(0, 2 * math.pi)
    turns = rng.normal(0, math.radians(30), 20) if path == "walk" else np.zeros(20)
    kernel = path_kernel(length, start + np.cumsum(turns))
    return Exposed(convolve(exposed.pixels, kernel), exposed.light, exposed.camera, exposed.exposure)


def gaussian(pixels: Linear, sigma: float) -> Linear:
    """(h, w, 3) with a Gaussian blur of `sigma` pixels out to 4 sigma, mirrored at the borders.

    Below a fifth of a pixel nothing is done.
    """
    if sigma < 0.2:
        return pixels
    size = 2 * math.ceil(4 * sigma) + 1
    blurred = cv2.GaussianBlur(pixels, (size, size), sigma, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(blurred, dtype=np.float32)


@lru_cache(maxsize=64)
def disk(radius: float) -> Linear:
    """(k, k) kernel, k odd, of a disk of `radius` pixels, each pixel weighted by the share of it that the disk covers.

    Sums to 1; [[1]] where the disk covers nothing.
    """
    reach = max(0, math.ceil(radius - 0.5))
    fine = (np.arange(16 * (2 * reach + 1)) + 0.5) / 16 - reach - 0.5
    inside = (fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2).astype(np.float64)
    kernel = inside.reshape(2 * reach + 1, 16, 2 * reach + 1, 16).sum(axis=(1, 3))
    total = kernel.sum()
    return np.asarray(kernel / total if total > 0 else np.ones((1, 1)), dtype=np.float32)


def path_kernel(length: float, angles: npt.NDArray[np.float64]) -> Linear:
    """(k, k) kernel, k odd, of a path of `length` pixels whose equal pieces run in (n,) `angles`.

    Sums to 1; [[1]] below a tenth of a pixel. Angles are radians, from the right of the picture towards its bottom. The
    kernel's second moment about its centre, x and y together, is the path's: length^2 / 12 of a straight one.
    """
    if length < 0.1:
        return np.ones((1, 1), dtype=np.float32)
    per_piece = max(1, math.ceil(8 * length / len(angles)))
    steps = np.repeat(np.stack([np.cos(angles), np.sin(angles)], axis=1), per_piece, axis=0)
    points = (np.cumsum(steps, axis=0) - steps / 2) * (length / len(steps))
    points -= points.mean(axis=0)
    points *= _as_wide(points)
    reach = math.ceil(float(np.abs(points).max()))
    kernel = np.zeros((2 * reach + 3, 2 * reach + 3))
    base = np.floor(points).astype(np.int64)
    part = points - base
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            np.add.at(kernel, (base[:, 1] + dy + reach + 1, base[:, 0] + dx + reach + 1), weight)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _as_wide(points: npt.NDArray[np.float64]) -> float:
    """The factor on (n, 2) points about 0 after which they are as wide on the grid as they are before it.

    Sharing a point between its neighbours adds f (1 - f) to the second moment along an axis, f its place between them:
    up to a quarter of a pixel squared, much for a short path. It grows with the factor, so a bisection finds it.
    """
    stated, low, high = float((points**2).sum()), 0.0, 1.0
    for _ in range(20):
        factor = (low + high) / 2
        part = factor * points - np.floor(factor * points)
        wide = factor**2 * stated + float((part * (1 - part)).sum())
        low, high = (factor, high) if wide < stated else (low, factor)
    return (low + high) / 2


def convolve(pixels: Linear, kernel: Linear) -> Linear:
    """(h, w, 3) convolved with a small (k, k) kernel, k odd, mirrored at the borders.

    A path's kernel is mostly zeros, so beyond 9 x 9 only its taps are summed; OpenCV's filter would turn to a Fourier
    transform there.
    """
    if kernel.size == 1:
        return pixels
    if max(kernel.shape) <= 9:
        # filter2D correlates; a convolution turns the kernel round.
        blurred = cv2.filter2D(pixels, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
        return np.asarray(blurred, dtype=np.float32)
    reach = kernel.shape[0] // 2
    padded = cv2.copyMakeBorder(pixels, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    rows, columns = np.nonzero(kernel)
    return _sum_of_taps(np.asarray(padded), pixels.shape[0], pixels.shape[1], rows, columns, kernel[rows, columns])


def _programme(wanted: float, hand_time_s: float, max_time_s: float, max_gain: float) -> tuple[float, float]:
    """Time and gain whose product is `wanted` seconds at gain 1, as far as the limits allow."""
    time_s = min(wanted, hand_time_s)
    gain = min(max(wanted / time_s, 1.0), max_gain)
    return min(max(time_s, wanted / gain), max_time_s), gain


def _shrunk(pixels: Linear, box: Box | None, short_px: int) -> tuple[Linear, Box | None]:
    height, width = pixels.shape[:2]
    scale = short_px / min(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    return small, None if box is None else (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _weights(view: View, mode: Metering) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights of rows and of columns; their product is a pixel's weight."""
    height, width = view.pixels.shape[:2]
    if mode == "frame":
        return np.ones(height), np.ones(width)
    if mode == "face" and view.face_box is not None:
        left, top, right, bottom = view.face_box
        rows, columns = _middle(height, top, bottom), _middle(width, left, right)
        if rows.any() and columns.any():
            return rows, columns
    return _bell(height), _bell(width)


def _middle(size: int, low: float, high: float) -> npt.NDArray[np.float64]:
    """1 in the middle `FACE_SHARE` between `low` and `high`, 0 elsewhere."""
    places, margin = np.arange(size) + 0.5, (1 - FACE_SHARE) / 2 * (high - low)
    return ((places >= low + margin) & (places <= high - margin)).astype(np.float64)


def _bell(size: int) -> npt.NDArray[np.float64]:
    places = (np.arange(size) + 0.5) / size - 0.5
    return np.asarray(np.exp(-0.5 * (places / 0.25) ** 2))


@lru_cache(maxsize=32)
def _vignette(height: int, width: int, share: float, half_field_degrees: float) -> Linear:
    """(h, w) 1 - share * (1 - cos^4 of the field angle)."""
    y, x = np.arange(height) + 0.5 - height / 2, np.arange(width) + 0.5 - width / 2
    corner = math.hypot(height / 2, width / 2)
    tangent = np.hypot(y[:, None], x[None, :]) / corner * math.tan(math.radians(half_field_degrees))
    return np.asarray(1 - share * (1 - 1 / (1 + tangent**2) ** 2), dtype=np.float32)


@compiled
def _weighted_luminance(pixels: Linear, rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> float:
    width = pixels.shape[1]
    down = np.zeros(width, dtype=np.float64)
    for row in range(pixels.shape[0]):
        weight = rows[row]
        if weight == 0.0:
            continue
        for column in range(width):
            red, green, blue = pixels[row, column, 0], pixels[row, column, 1], pixels[row, column, 2]
            down[column] += weight * (0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return float((down * columns).sum() / (rows.sum() * columns.sum()))


@compiled
def _mean(pixels: Linear) -> tuple[float, float, float]:
    width = 3 * pixels.shape[1]
    flat = pixels.reshape(pixels.shape[0], width)
    down = np.zeros(width, dtype=np.float64)
    for row in range(flat.shape[0]):
        for place in range(width):
            down[place] += flat[row, place]
    count = pixels.shape[0] * pixels.shape[1]
    return down[0::3].sum() / count, down[1::3].sum() / count, down[2::3].sum() / count


@compiled
def _veiled(pixels: Linear, glare: float, mean: tuple[float, float, float], vignette: Linear) -> Linear:
    out = np.empty_like(pixels)
    keep = np.float32(1.0 - glare)
    red, green, blue = np.float32(glare * mean[0]), np.float32(glare * mean[1]), np.float32(glare * mean[2])
    for row in range(pixels.shape[0]):
        for column in range(pixels.shape[1]):
            factor = vignette[row, column]
            out[row, column, 0] = (pixels[row, column, 0] * keep + red) * factor
            out[row, column, 1] = (pixels[row, column, 1] * keep + green) * factor
            out[row, column, 2] = (pixels[row, column, 2] * keep + blue) * factor
    return out


@compiled
def _sum_of_taps(
    padded: Linear, height: int, width: int, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], taps: Linear
) -> Linear:
    edge = padded.shape[0] - height
    out = np.zeros((height, width * 3), dtype=np.float32)
    flat = padded.reshape(padded.shape[0], padded.shape[1] * 3)
    for row in range(height):
        for tap in range(len(taps)):
            weight = taps[tap]
            source = flat[row + edge - rows[tap], 3 * (edge - columns[tap]) : 3 * (edge - columns[tap] + width)]
            for place in range(3 * width):
                out[row, place] += weight * source[place]
    return out.reshape(height, width, 3)
