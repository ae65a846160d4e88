"""Encoding: JPEG and WebP as the phone's library writes them (libjpeg-turbo and libwebp through OpenCV)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import cv2
import numpy as np

from facegap.conditions.parameters import Range
from facegap.conditions.stages import Bytes8, Photo, Unreadable

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
_FACTORS = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}


def encode_jpeg(pixels: Bytes8, quality: int, subsampling: Subsampling = "4:2:0") -> bytes:
    """The JPEG file of (h, w, 3) uint8 sRGB; baseline, standard tables scaled to `quality` (1-100) as libjpeg does."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _FACTORS[subsampling]]
    _, file = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    return bytes(file)


def encode_webp(pixels: Bytes8, quality: int) -> bytes:
    """The lossy WebP file of (h, w, 3) uint8 sRGB at `quality` (1-100)."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, file = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return bytes(file)


def decode(file: bytes) -> Bytes8:
    """(h, w, 3) uint8 sRGB of a file.

    Raises:
        Unreadable: it is not whole (decoders fill the rest of a cut JPEG with grey), or no decoder reads it.
    """
    if not _whole(file):
        raise Unreadable(f"the received file of {len(file)} bytes is cut short")
    bgr = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) if file else None
    if bgr is None:
        raise Unreadable(f"the received file of {len(file)} bytes does not decode")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _whole(file: bytes) -> bool:
    """Whether a JPEG has its end-of-image marker, and a WebP the length that its RIFF header says."""
    if file[:2] == b"\xff\xd8":
        return file.endswith(b"\xff\xd9")
    if file[:4] == b"RIFF":
        return len(file) >= 8 and len(file) >= 8 + int.from_bytes(file[4:8], "little")
    return True


GROWTH = 0.87
"""A picture of the same scene with k times as many pixels has a JPEG of k^0.87 times the data: measured, with how far a
file's estimate is off, in benchmarks/file_size.md."""

_FINEST = 4
"""A phone's picture is coded at most so many times as fine as the simulated one: with more, what coding does to it is
averaged away."""


def size_of(file: bytes, scale: float) -> int:
    """Bytes of the file of a picture `scale` times as fine along an axis: its data by `GROWTH`, its head not."""
    head = min(file.find(b"\xff\xda") + 14 if file[:2] == b"\xff\xd8" else 30, len(file))
    return round(head + (len(file) - head) * float(scale ** (2 * GROWTH)))


def coded(photo: Photo, encode: Callable[[Bytes8], bytes]) -> Photo:
    """The photo through the file that `encode` makes of (h, w, 3) uint8 sRGB.

    Where its pixels stand for finer ones (`Photo.scale`), a picture up to `_FINEST` times as fine is coded, and the
    mean of the coding errors in each pixel is added to it: blocks are as large as they are on the phone.
    """
    size = size_of(encode(photo.pixels), photo.scale)
    sent = fine(photo)
    file = encode(sent)
    return Photo(with_errors(photo.pixels, sent, decode(file)), file, size=size, scale=photo.scale)


def fine(photo: Photo) -> Bytes8:
    """The photo's (h, w, 3) pixels as many times as fine as it is coded, by cubic interpolation."""
    times = min(_FINEST, max(1, round(photo.scale)))
    if times == 1:
        return photo.pixels
    height, width = photo.pixels.shape[:2]
    size = (width * times, height * times)
    return np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def with_errors(pixels: Bytes8, sent: Bytes8, received: Bytes8) -> Bytes8:
    """(h, w, 3) pixels, with the mean over each of what coding changed in the finer picture that stands for it."""
    if sent.shape == pixels.shape:
        return received
    height, width = pixels.shape[:2]
    error = cv2.resize(cv2.subtract(received, sent, dtype=cv2.CV_16S), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.add(pixels, error, dtype=cv2.CV_8U), dtype=np.uint8)


def smaller(photo: Photo) -> Photo:
    """The phone's picture 3/4 as large along an axis, one pixel at least; its file is gone."""
    height, width = photo.pixels.shape[:2]
    if 0.75 * photo.scale >= 1:
        return Photo(photo.pixels, scale=0.75 * photo.scale)
    size = (max(1, width * 3 // 4), max(1, height * 3 // 4))
    return Photo(np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def jpeg(photo: Photo, *, quality: Annotated[int, Range("", 1, 100)], subsampling: Subsampling = "4:2:0") -> Photo:
    """Through a JPEG file."""
    return coded(photo, lambda pixels: encode_jpeg(pixels, quality, subsampling))


def webp(photo: Photo, *, quality: Annotated[int, Range("", 1, 100)]) -> Photo:
    """Through a lossy WebP file."""
    return coded(photo, lambda pixels: encode_webp(pixels, quality))
