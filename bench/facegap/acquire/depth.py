"""Pictures of more than 8 bits a channel: how many bits their values fill, and the 8 upper ones of those."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Deep = npt.NDArray[np.uint16]

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
_PNG_BITS = 24
_PNM = re.compile(rb"P[2356](?:\s+|#[^\n]*\n)+\d+(?:\s+|#[^\n]*\n)+\d+(?:\s+|#[^\n]*\n)+(\d+)")
_QUARTER = 1 << 14


class DepthError(Exception):
    """Values of a picture whose range nobody states."""


def is_deep_grey(image: Image.Image) -> bool:
    """Whether the picture is grey of 16 bits; Pillow has those of PGM files as 32."""
    return image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM")


def grey8(image: Image.Image, data: bytes) -> npt.NDArray[np.uint8]:
    """(h, w) uint8: the upper byte of the range that the file in `data` states, 16 bits where it states none.

    Raises:
        DepthError: no value passes a quarter of 16 bits, as 12 bits in 16 do not.
    """
    values: Deep = np.asarray(image).astype(np.uint16)
    bits = _stated(image)
    if bits < 16:
        values = np.left_shift(values, 16 - bits, dtype=np.uint16)
    elif not _range_is_stated(data):
        _check_range(int(values.max(initial=0)), "grey")
    if _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        values = ~values
    return (values >> 8).astype(np.uint8)


def check_colour(image: Image.Image, data: bytes) -> None:
    """Check a picture of 16-bit colour, of which Pillow has kept the upper bytes already.

    Raises:
        DepthError: as for `grey8`.
    """
    if image.mode in ("RGB", "RGBA", "LA", "RGBX") and _deep_colour(image, data):
        colour = np.asarray(image)[..., : 3 if image.mode.startswith("RGB") else 1]
        _check_range(int(colour.max(initial=0)) << 8, "colour")


def _check_range(highest: int, what: str) -> None:
    if 0 < highest < _QUARTER:
        raise DepthError(
            f"16-bit {what} uses only values to {highest} of 65535, as fewer bits in 16 do; save it with 8 bits a "
            "channel, or scaled to all 16"
        )


def _stated(image: Image.Image) -> int:
    bits = _tag(image, _BITS_PER_SAMPLE)
    first = bits[0] if isinstance(bits, tuple) and bits else bits
    return first if isinstance(first, int) and 8 < first < 16 else 16


def _tag(image: Image.Image, tag: int) -> Any:
    return image.tag_v2.get(tag) if hasattr(image, "tag_v2") else None


def _range_is_stated(data: bytes) -> bool:
    """Whether it is a PNM file with a highest value of its own, which Pillow has scaled to 16 bits."""
    highest = _PNM.match(data[:1024])
    return highest is not None and int(highest[1]) != 65535


def _deep_colour(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return data[_PNG_BITS : _PNG_BITS + 1] == b"\x10"
    if image.format == "PPM":
        highest = _PNM.match(data[:1024])
        return highest is not None and int(highest[1]) == 65535
    bits = _tag(image, _BITS_PER_SAMPLE)
    return isinstance(bits, tuple) and bits[:1] == (16,)
