"""Colours as sRGB, whatever colour profile a picture carries."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from facegap import colour

_R03 = "R03"
_INTEROPERABILITY, _INDEX = 0xA005, 0x0001

ADOBE_GAMMA = 563 / 256
ADOBE_TO_SRGB = np.array([[1.39836, -0.39836, 0.0], [0.0, 1.0, 0.0], [0.0, -0.04293, 1.04293]])
"""(3, 3) linear Adobe RGB (1998) -> linear sRGB; both have the white D65, and red and blue in common."""


class ProfileError(Exception):
    """A colour profile that cannot be applied."""


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB, mode RGB; one without a profile is taken as sRGB.

    A grey picture with a profile of colours is made RGB first. The DCF mark of Adobe RGB (EXIF "R03") counts where
    there is no profile.

    Raises:
        ProfileError: the profile is damaged or is of other channels than the picture.
    """
    profile = image.info.get("icc_profile")
    if not profile:
        rgb = image.convert("RGB")
        return _from_adobe(rgb) if _says_adobe(image) else rgb
    space = bytes(profile[16:20])
    if space == b"GRAY" and image.mode in ("1", "L", "LA"):
        return _applied(image.convert("L"), profile, "L")
    if space == b"CMYK" and image.mode == "CMYK":
        return _applied(image, profile, "CMYK")
    if space == b"RGB " and image.mode != "CMYK":
        return _applied(image.convert("RGB"), profile, "RGB")
    raise ProfileError(f"colour profile of {space.decode('ascii', 'replace').strip()!r} in a picture of {image.mode}")


def _applied(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    try:
        transform = _transform(profile, mode)
        if transform is None:
            return image.convert("RGB")
        found = ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileError(f"damaged colour profile: {' '.join(str(error).split())[:80]}") from None
    assert found is not None  # only a transform in place gives none
    return found


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile to sRGB; None where it is sRGB already, whose pixels stay as they are."""
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    srgb = ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(opened, srgb, mode, "RGB", intent)
    if mode == "CMYK":
        return transform
    probe = Image.fromarray(_ramp())
    moved = ImageCms.applyTransform(probe if mode == "RGB" else probe.convert("L"), transform)
    same = np.asarray(probe if mode == "RGB" else probe.convert("L").convert("RGB")).astype(int)
    return None if np.abs(np.asarray(moved).astype(int) - same).max() <= 2 else transform


def _ramp() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """(1, 343, 3) colours over the whole cube."""
    steps = np.linspace(0, 255, 7).astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)


def _says_adobe(image: Image.Image) -> bool:
    try:
        return str(image.getexif().get_ifd(_INTEROPERABILITY).get(_INDEX, "")).strip("\0 ") == _R03
    except Exception:  # damaged EXIF does not make the pixels unreadable
        return False


def _from_adobe(image: Image.Image) -> Image.Image:
    light = (np.arange(256) / 255) ** ADOBE_GAMMA
    linear = light[np.asarray(image)] @ ADOBE_TO_SRGB.T
    return Image.fromarray(colour.to_bytes(linear))
