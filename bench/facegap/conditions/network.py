"""The way to the server: an upload cap, the time that it takes, uploads that break off, frames that never arrive."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from facegap.conditions import codec
from facegap.conditions.light import Share
from facegap.conditions.parameters import Range
from facegap.conditions.stages import Bytes8, Photo, Unreadable

_FIRST_QUALITY = 95
_LAST_QUALITY = 10


def upload_cap(photo: Photo, *, max_bytes: Annotated[int, Range("bytes", 2000, 100_000_000)]) -> Photo:
    """Encode again until the file fits: the best JPEG quality from 95 to 10 that does, else a picture 3/4 as large.

    A file that fits as it is goes as it is.
    """
    if photo.file is not None and len(photo.file) <= max_bytes:
        return photo
    pixels = photo.pixels
    while True:
        file = _best_fit(pixels, max_bytes)
        if file is not None:
            return Photo(codec.decode(file), file)
        size = (max(1, pixels.shape[1] * 3 // 4), max(1, pixels.shape[0] * 3 // 4))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def uplink(photo: Photo, *, kbit_per_s: Annotated[float, Range("kbit/s", 1, 1_000_000)]) -> Photo:
    """The time that sending takes: the file's bytes by the rate of the uplink. The picture stays as it is."""
    file = photo.file if photo.file is not None else codec.encode_jpeg(photo.pixels, _FIRST_QUALITY)
    return Photo(photo.pixels, photo.file, len(file) * 8 / (1000 * kbit_per_s))


def truncate(photo: Photo, rng: np.random.Generator, *, probability: Share) -> Photo:
    """With `probability` the upload breaks off at a point that is evenly spread over the file.

    Raises:
        Unreadable: it broke off; a server that asks for a whole file refuses the rest.
    """
    breaks, where = rng.uniform(size=2)
    if breaks >= probability:
        return photo
    file = photo.file if photo.file is not None else codec.encode_jpeg(photo.pixels, _FIRST_QUALITY)
    part = file[: int(where * len(file))]
    return Photo(codec.decode(part), part)


def lose(photo: Photo, rng: np.random.Generator, *, probability: Share) -> Photo:
    """With `probability` the picture, or the frame of a video selfie, never arrives.

    Raises:
        Unreadable: it was lost.
    """
    if rng.uniform() < probability:
        raise Unreadable("lost on the way: nothing was received")
    return photo


def _best_fit(pixels: Bytes8, max_bytes: int) -> bytes | None:
    """The JPEG file of the highest quality that fits, None where even the lowest does not; a bisection."""
    file = codec.encode_jpeg(pixels, _LAST_QUALITY)
    if len(file) > max_bytes:
        return None
    low, high = _LAST_QUALITY, _FIRST_QUALITY + 1
    while high - low > 1:
        middle = (low + high) // 2
        tried = codec.encode_jpeg(pixels, middle)
        if len(tried) <= max_bytes:
            low, file = middle, tried
        else:
            high = middle
    return file
