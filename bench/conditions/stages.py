"""What travels through the steps: a scene in linear light, the raw mosaic, the developed image, the finished photo.

A step's first argument and its return say which of these it takes and gives, so a card whose steps do not fit together
is refused before a pixel is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Linear = npt.NDArray[np.float32]
Bytes8 = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]


class Unreadable(Exception):
    """The image never reached the matcher in a readable form: the sample's outcome is "unreadable".

    Not an error of the program: it is counted as a failure to acquire, with `reason` as its reason.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Exposure:
    """What the camera chose, and how light becomes electrons.

    Attributes:
        time_s: exposure time, seconds.
        gain: analogue gain; 1 is base sensitivity, at which a full well is full scale.
        electrons: electrons at scene value 1 (diffuse white) in one simulated pixel, before the well clips.
        full_well: electrons of one simulated pixel.
        binning: real pixels of the camera along one axis in one simulated pixel, >= 1.
        binned: real pixels whose charge one simulated pixel sums.
    """

    time_s: float
    gain: float
    electrons: float
    full_well: float
    binning: float
    binned: float


@dataclass(frozen=True, eq=False)
class Scene:
    """Linear light, before the sensor.

    Attributes:
        pixels: (h, w, 3) float32 linear RGB with sRGB primaries; 1 is diffuse white in the main light.
        face_box: left, top, right, bottom in pixels, None where not known.
        lux: illuminance of the main light on the face, None until a light is chosen.
        white: linear RGB of a neutral surface in that light, green = 1.
        corrected: linear RGB that the camera's white balance takes for neutral, green = 1.
        exposure: None until metered.
    """

    pixels: Linear
    face_box: Box | None = None
    lux: float | None = None
    white: tuple[float, float, float] = (1.0, 1.0, 1.0)
    corrected: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: Exposure | None = None


@dataclass(frozen=True, eq=False)
class Raw:
    """What the sensor read: (h, w) float32 values through the RGGB filter, 0 = black and 1 = full scale of the ADC.

    Attributes:
        shot: noise variance per unit of signal, in full-scale units.
        floor: noise variance in the dark, in full-scale units squared.
    """

    mosaic: Linear
    exposure: Exposure
    corrected: tuple[float, float, float]
    shot: float
    floor: float


@dataclass(frozen=True, eq=False)
class Developed:
    """Demosaiced linear RGB, (h, w, 3) float32, 1 = full scale, with the noise model of its raw values."""

    pixels: Linear
    exposure: Exposure
    shot: float
    floor: float


@dataclass(frozen=True, eq=False)
class Photo:
    """A finished picture: (h, w, 3) uint8 sRGB, and the file that it came from where it was just encoded."""

    pixels: Bytes8
    file: bytes | None = field(default=None, repr=False)


Stage = Scene | Raw | Developed | Photo
