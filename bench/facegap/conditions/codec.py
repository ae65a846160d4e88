"""Encoding: JPEG and WebP as the phone's library writes them (libjpeg-turbo and libwebp through OpenCV)."""

from __future__ import annotations

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


def jpeg(photo: Photo, *, quality: Annotated[int, Range("", 1, 100)], subsampling: Subsampling = "4:2:0") -> Photo:
    """Through a JPEG file."""
    file = encode_jpeg(photo.pixels, quality, subsampling)
    return Photo(decode(file), file)


def webp(photo: Photo, *, quality: Annotated[int, Range("", 1, 100)]) -> Photo:
    """Through a lossy WebP file."""
    _, buffer = cv2.imencode(
        ".webp", cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality]
    )
    file = bytes(buffer)
    return Photo(decode(file), file)
