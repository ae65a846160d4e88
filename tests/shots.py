"""Small builders that the tests of the conditions share."""

from __future__ import annotations

from typing import Any

import numpy as np

from facegap.cards import ConditionCard
from facegap.conditions import camera, colour, light
from facegap.conditions.stages import Exposed, Exposure, Lit, Scene, View

OPTICS = {"pitch_um": 1.4, "f_number": 2.0, "transmission": 0.9, "qe": 0.6, "full_well": 6000.0, "read_share": 1.0}
SENSOR: dict[str, Any] = {
    "read_noise": 3.0,
    "dark_current": 0.0,
    "prnu": 0.0,
    "row_noise": 0.0,
    "adc_bits": 14,
    "black_level": 0.0625,
}
PLAIN_ISP = {"denoise": 0.0, "chroma_denoise": 0.0, "sharpen": 0.0, "halo": 0.0, "saturation": 1.0, "tone": 0.0}
PERFECT_LENS = {"blur_px": 0.0, "defocus_px": 0.0, "vignetting": 0.0, "half_field_degrees": 35.0, "glare": 0.0}
METER: dict[str, Any] = {
    "mode": "frame",
    "target": 0.18,
    "hand_time_s": 0.02,
    "max_time_s": 0.1,
    "max_gain": 8.0,
    "white_balance": 1.0,
}


def card_of(*steps: dict[str, object], name: str = "under-test") -> ConditionCard:
    return ConditionCard.model_validate({"name": name, "title": "t", "source": "s", "steps": steps})


def flat(height: int, width: int, value: float | tuple[float, float, float]) -> np.ndarray:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float32), (height, width, 3)))


def lit(pixels: np.ndarray, lux: float = 500.0, kelvin: float = 6504.0, locus: Any = "daylight", box=None) -> Lit:
    return light.illumination(Scene(pixels, box), lux=lux, kelvin=kelvin, locus=locus)


def viewed(pixels: np.ndarray, short_px: int | None = None, lux: float = 500.0, box=None, **optics: float) -> View:
    given: dict[str, Any] = {**OPTICS, "short_px": short_px or min(pixels.shape[:2]), **optics}
    return camera.camera(lit(pixels, lux, box=box), **given)


def exposed(pixels: np.ndarray, electrons: float, gain: float = 1.0, short_px: int | None = None, **optics) -> Exposed:
    """A view exposed so that scene value 1 gives `electrons` per real pixel in the green filter."""
    view = viewed(pixels, short_px, **optics)
    time_s = electrons * view.camera.binned / (view.camera.rate * view.light.lux)
    red, green, blue = colour.camera_neutral(view.light.white).tolist()
    return Exposed(view.pixels, view.light, view.camera, Exposure(time_s, gain, (red, green, blue)))
