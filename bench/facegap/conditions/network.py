"""The way to the server: an upload cap, the time that it takes, uploads that break off, frames that never arrive."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from facegap.conditions import codec
from facegap.conditions.light import Share
from facegap.conditions.parameters import Range
from facegap.conditions.stages import Photo, Unreadable

_FIRST_QUALITY = 95
_LAST_QUALITY = 10


def upload_cap(photo: Photo, *, max_bytes: Annotated[int, Range("bytes", 2000, 100_000_000)]) -> Photo:
    """Encode again until the file fits: the best JPEG quality from 95 to 10 that does, else a picture 3/4 as large.

    The file is the phone's (`Photo.size`). One that fits as it is goes as it is.
    """
    if photo.size is not None and photo.size <= max_bytes:
        return photo
    while True:
        quality = _best_fit(photo, max_bytes)
        if quality is not None:
            return codec.jpeg(photo, quality=quality)
        photo = codec.smaller(photo)


def uplink(photo: Photo, *, kbit_per_s: Annotated[float, Range("kbit/s", 1, 1_000_000)]) -> Photo:
    """The time that sending takes: the bytes of the phone's file by the rate. The picture stays as it is."""
    size = photo.size if photo.size is not None else codec.size_of(_file(photo), photo.scale)
    return replace(photo, seconds=size * 8 / (1000 * kbit_per_s))


def truncate(photo: Photo, rng: np.random.Generator, *, probability: Share) -> Photo:
    """With `probability` the upload breaks off at a point that is evenly spread over the file.

    Raises:
        Unreadable: it broke off; a server that asks for a whole file refuses the rest.
    """
    breaks, where = rng.uniform(size=2)
    if breaks >= probability:
        return photo
    file = _file(photo)
    part = file[: int(where * len(file))]
    return replace(photo, pixels=codec.decode(part), file=part)


def _file(photo: Photo) -> bytes:
    """The photo's file; the one that would be sent where none was encoded."""
    return photo.file if photo.file is not None else codec.encode_jpeg(photo.pixels, _FIRST_QUALITY)


def lose(photo: Photo, rng: np.random.Generator, *, probability: Share) -> Photo:
    """With `probability` the picture, or the frame of a video selfie, never arrives.

    Raises:
        Unreadable: it was lost.
    """
    if rng.uniform() < probability:
        raise Unreadable("lost on the way: nothing was received")
    return photo


def _best_fit(photo: Photo, max_bytes: int) -> int | None:
    """The highest JPEG quality whose file fits, None where even the lowest does not; a bisection."""

    def fits(quality: int) -> bool:
        return codec.size_of(codec.encode_jpeg(photo.pixels, quality), photo.scale) <= max_bytes

    if not fits(_LAST_QUALITY):
        return None
    low, high = _LAST_QUALITY, _FIRST_QUALITY + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
