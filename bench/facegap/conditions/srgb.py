"""The transfer function of sRGB (IEC 61966-2-1) as tables."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facegap.conditions.stages import Bytes8, Linear

Floating = npt.NDArray[np.floating[Any]]


def encode(linear: Floating) -> Floating:
    """sRGB value 0-1 of linear light 0-1, elementwise (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def decode(value: Floating) -> Floating:
    """Linear light 0-1 of sRGB values 0-1, elementwise; the inverse of `encode`."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=1)
def _decode_table() -> Linear:
    return decode(np.arange(256) / 255).astype(np.float32)


def to_linear(pixels: Bytes8) -> Linear:
    """(h, w, 3) float32 linear light of uint8 sRGB."""
    return np.asarray(cv2.LUT(pixels, _decode_table()), dtype=np.float32)


def to_bytes(linear: Linear) -> Bytes8:
    """(h, w, 3) uint8 sRGB of linear light; values outside 0-1 are clipped."""
    return np.asarray(np.rint(encode(np.clip(linear, 0, 1)) * 255), dtype=np.uint8)
