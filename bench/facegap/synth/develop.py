"""Linear light to 8-bit sRGB: exposure gain, a tone curve that can be undone, the sRGB encoding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.synth.assets import Floats

WHITE = 0.85
"""Display light of a white card that faces the camera under incident metering."""
SHOULDER = 0.7
"""Where the tone curve leaves the straight line, in linear light."""
MIDDLE_GREY = 0.18
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Luminance of linear RGB with the primaries of sRGB."""


def tone_curve(linear: Floats) -> Floats:
    """Linear light to display light 0..1: straight to `SHOULDER`, then an exponential shoulder; strictly rising."""
    room = 1 - SHOULDER
    over = SHOULDER + room * (1 - np.exp(-(np.maximum(linear, SHOULDER) - SHOULDER) / room))
    return np.where(linear <= SHOULDER, np.maximum(linear, 0), over).astype(np.float32)


def encode(display: Floats) -> npt.NDArray[np.uint8]:
    """Display light 0..1 to 8-bit sRGB (IEC 61966-2-1)."""
    curved = np.where(display <= 0.0031308, 12.92 * display, 1.055 * np.maximum(display, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(np.clip(curved, 0, 1) * 255).astype(np.uint8)


def develop(linear: Floats, gain: float) -> npt.NDArray[np.uint8]:
    """8-bit sRGB of a linear picture (h, w, 3) at an exposure gain."""
    return encode(tone_curve(linear * np.float32(gain)))


def exposure_gain(linear: Floats, exposure: str) -> float:
    """Factor on linear light (white card = 1) for an exposure of `designs.Spec.exposures`."""
    if exposure == "incident":
        return WHITE
    if exposure.startswith("ev"):
        return float(WHITE * 2.0 ** float(exposure[2:]))
    luminance = linear @ LUMINANCE
    if exposure == "face":
        high, wide = luminance.shape
        luminance = luminance[int(0.35 * high) : int(0.75 * high), int(0.34 * wide) : int(0.66 * wide)]
    return float(np.clip(MIDDLE_GREY / max(float(luminance.mean()), 1e-6), 1 / 16, 16))
