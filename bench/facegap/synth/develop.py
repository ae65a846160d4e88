"""Linear light to 8-bit sRGB: exposure gain, a tone curve that can be undone, the sRGB encoding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.colour import LUMINANCE, to_bytes
from facegap.synth.assets import Floats

WHITE = 0.85
"""Display light of a white card that faces the camera under incident metering."""
SHOULDER = 0.7
"""Where the tone curve leaves the straight line, in linear light."""
MIDDLE_GREY = 0.18


def tone_curve(linear: Floats) -> Floats:
    """(...,) display light 0..1 of linear light: straight to `SHOULDER`, then an exponential shoulder; ever rising."""
    room = 1 - SHOULDER
    over = SHOULDER + room * (1 - np.exp(-(np.maximum(linear, SHOULDER) - SHOULDER) / room))
    return np.where(linear <= SHOULDER, np.maximum(linear, 0), over).astype(np.float32)


def develop(linear: Floats, gain: float) -> npt.NDArray[np.uint8]:
    """(h, w, 3) uint8 sRGB of an (h, w, 3) linear picture at an exposure gain."""
    return to_bytes(tone_curve(linear * np.float32(gain)))


def exposure_gain(linear: Floats, exposure: str) -> float:
    """Factor on (h, w, 3) linear light (white card = 1) for an exposure of `designs.Spec.exposures`."""
    if exposure == "incident":
        return WHITE
    if exposure.startswith("ev"):
        return float(WHITE * 2.0 ** float(exposure[2:]))
    luminance = linear @ np.array(LUMINANCE, dtype=np.float32)
    if exposure == "face":
        high, wide = luminance.shape
        luminance = luminance[int(0.35 * high) : int(0.75 * high), int(0.34 * wide) : int(0.66 * wide)]
    return float(np.clip(MIDDLE_GREY / max(float(luminance.mean()), 1e-6), 1 / 16, 16))
