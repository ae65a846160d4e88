"""Reads image files into pixels, or says in one line why not. Nothing here trusts a file.

Pillow decodes, because it reports damaged files; OpenCV returns grey pixels for the missing part. What Pillow does not
report of a JPEG, `jpeg` finds. The pixel limit is checked on the header, before anything is decoded, and only formats
of photographs are opened.
"""

from __future__ import annotations

import io
import stat
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError, features

from facegap import signatures
from facegap.acquire import depth
from facegap.acquire.jpeg import fault
from facegap.acquire.profiles import ProfileError, to_srgb

Pixels = npt.NDArray[np.uint8]

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000

Image.init()
with suppress(ImportError):  # the extra "heif"
    import_module("pillow_heif").register_heif_opener()
_PHOTOGRAPHS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "PPM", "GIF", "JPEG2000", "HEIF", "AVIF")
_FORMATS = tuple(name for name in _PHOTOGRAPHS if name in Image.OPEN and (name != "AVIF" or features.check("avif")))
"""MPO is what phones write for a JPEG with a second picture. Formats that start other programs are not among them."""

# Pillow only warns of a bomb up to twice its own limit.
warnings.simplefilter("error", Image.DecompressionBombWarning)

_ORIENTATION = 0x0112

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes the picture upright."""


class Unreadable(Exception):
    """One sample's image cannot be read; `reason` is one line. An outcome of acquisition, not an error of the run."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_image(path: Path) -> tuple[bytes, Pixels]:
    """The file's bytes, and its (h, w, 3) uint8 RGB pixels as `decode` gives them.

    Raises:
        Unreadable: there is no such regular file, it is empty, too large, or cannot be decoded.
    """
    data = _read(path)
    return data, decode(data)


def decode(data: bytes) -> Pixels:
    """(h, w, 3) uint8 RGB, upright by the file's EXIF orientation.

    Grey images get three equal channels, 16-bit grey keeps the upper byte of the range that its file states, colours
    are brought from the file's colour profile to sRGB, transparent pixels are laid over white, the first picture of
    several is taken.

    Raises:
        Unreadable: `data` is no image of a known format, is damaged or holds a part of its picture only, has more than
            `MAX_PIXELS` pixels, or its values or colours cannot be told.
    """
    if not data:
        raise Unreadable("empty file")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _bounded(image)
            image.load()
            _whole(image, data)
            return np.ascontiguousarray(_rgb(image, data))
    except Unreadable:
        raise
    except (depth.DepthError, ProfileError) as error:
        raise Unreadable(str(error)) from None
    except UnidentifiedImageError:
        raise Unreadable(_unknown(data)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable(f"more than {MAX_PIXELS} pixels") from None
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        raise Unreadable(f"damaged image: {_damage(error)}") from None


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("not a regular file")
        if found.st_size > MAX_BYTES:
            raise Unreadable(f"file of {found.st_size} bytes; at most {MAX_BYTES} are read")
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable("no such file") from None
    except (OSError, ValueError) as error:
        # Its text would name the file.
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise Unreadable(f"cannot be read: {why}") from None


def _bounded(image: Image.Image) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise Unreadable(f"image of {width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise Unreadable(f"{width} x {height} pixels; at most {MAX_PIXELS} are decoded")


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF does not make the pixels unreadable
        return None


def _turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _whole(image: Image.Image, data: bytes) -> None:
    if image.format in ("JPEG", "MPO"):
        found = fault(data)
        if found:
            raise Unreadable(found)


def _unknown(data: bytes) -> str:
    """What the data is where it is no picture that this installation opens."""
    kind = signatures.kind_of(data[: signatures.HEAD])
    if kind in signatures.READ:
        return f"damaged image: {kind} that cannot be opened"
    return signatures.unread(kind) if kind else "not an image of a known format"


def _rgb(image: Image.Image, data: bytes) -> npt.NDArray[Any]:
    """(h, w, 3) sRGB, upright."""
    if depth.is_deep_grey(image):
        info = image.info
        image, stored = Image.fromarray(depth.grey8(image, data)), image
        image.info.update({key: info[key] for key in ("icc_profile", "exif") if key in info})
        return np.asarray(_turned(to_srgb(image), _orientation(stored)))
    if image.mode in ("I", "F"):
        raise Unreadable(f"pixels of 32 bits, or of numbers below 0 (mode {image.mode}); save it with 8 bits a channel")
    depth.check_colour(image, data)
    turn = _orientation(image)
    if not image.has_transparency_data:
        return np.asarray(_turned(to_srgb(image), turn))
    rgba = image.convert("RGBA")
    opaque = rgba.convert("RGB")
    opaque.info.update(image.info)
    coloured = to_srgb(opaque).convert("RGBA")
    coloured.putalpha(rgba.getchannel("A"))
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return np.asarray(_turned(Image.alpha_composite(white, coloured).convert("RGB"), turn))


def _damage(error: Exception) -> str:
    """What a decoder found, in words of ours: its own may quote what the file holds."""
    return "truncated" if "truncated" in str(error).lower() else type(error).__name__
