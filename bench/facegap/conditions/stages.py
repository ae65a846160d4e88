"""What travels through the steps, from the face's light to the file that arrives.

    Photo -> unprocess -> Scene -> (light) Lit -> (camera) View -> (meter) Exposed -> (sensor) Raw
          -> (demosaic) Developed -> (isp) Photo -> resize, codec, network -> Photo

A step's first argument and its return say which of these it takes and gives, so a card whose steps do not fit together
is refused before a pixel is touched. Linear light is float32 with sRGB primaries, and 1 is diffuse white in the main
light; nothing is 8 bit before the ISP.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Linear = npt.NDArray[np.float32]
Bytes8 = npt.NDArray[np.uint8]
Image = Bytes8 | Linear
Box = tuple[float, float, float, float]
Triple = tuple[float, float, float]


class Unreadable(Exception):
    """The image never reached the matcher in a readable form: the sample's outcome is "unreadable".

    Not an error of the program: it is counted as a failure to acquire, with `reason` as its reason.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Light:
    """The main light: illuminance in lux on the face, and linear RGB of a neutral surface in it, luminance 1."""

    lux: float
    white: Triple


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Optics and sensor, for one simulated pixel.

    Attributes:
        rate: electrons per second, per lux, at scene value 1 in the green filter.
        full_well: electrons at which the simulated pixel clips.
        binning: real pixels of the camera along one axis in one simulated pixel, >= 1.
        binned: real pixels whose charge one simulated pixel sums: binning squared times the share read out.
        f_number, pitch_um: of the lens, and of a real pixel in micrometres.
    """

    rate: float
    full_well: float
    binning: float
    binned: float
    f_number: float
    pitch_um: float


@dataclass(frozen=True)
class Exposure:
    """What exposure control and white balance chose.

    Attributes:
        time_s: exposure time, seconds.
        gain: 1 is base sensitivity, at which the full well is full scale.
        neutral: raw red, green and blue of what white balance takes for neutral, of luminance 1.
    """

    time_s: float
    gain: float
    neutral: Triple


@dataclass(frozen=True, eq=False)
class Scene:
    """(h, w, 3) linear light in `pixels`; `face_box` is left, top, right, bottom in pixels, None where not known."""

    pixels: Linear
    face_box: Box | None = None


@dataclass(frozen=True, eq=False)
class Lit:
    """A scene, (h, w, 3) `pixels` with its `face_box`, in a light of known illuminance and colour."""

    pixels: Linear
    face_box: Box | None
    light: Light


@dataclass(frozen=True, eq=False)
class View:
    """A lit scene on the pixels of a camera: (h, w, 3) `pixels`, of which each is one simulated pixel."""

    pixels: Linear
    face_box: Box | None
    light: Light
    camera: Camera


@dataclass(frozen=True, eq=False)
class Exposed:
    """A view, (h, w, 3) `pixels`, with the exposure that the camera chose for it."""

    pixels: Linear
    light: Light
    camera: Camera
    exposure: Exposure


@dataclass(frozen=True, eq=False, kw_only=True)
class Raw:
    """What the sensor read, behind an RGGB filter.

    Attributes:
        values: uint16, (h, w) one colour per simulated pixel, or (h, w, 3) where a simulated pixel holds whole 2 x 2
            blocks of the filter.
        black, white: the values of no light and of full scale.
        electrons: electrons per unit of the values.
        floor: noise in the dark, electrons.
        binning: real pixels along one axis in one simulated pixel.
    """

    values: npt.NDArray[np.uint16]
    black: float
    white: float
    electrons: float
    floor: float
    binning: float
    exposure: Exposure


@dataclass(frozen=True, eq=False, kw_only=True)
class Developed:
    """Linear light after demosaicing, white balance and colour matrix, 1 = full scale, as three planes.

    Attributes:
        luma, red, blue: (h, w) float32 luminance Y, R - Y and B - Y.
        noise: for each of the three the noise variance as (per unit of luminance, in the dark).
        binning: real pixels along one axis in one simulated pixel.
    """

    luma: Linear
    red: Linear
    blue: Linear
    noise: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    binning: float


@dataclass(frozen=True, eq=False)
class Photo:
    """A finished picture, and the file that it came from where one was just encoded.

    Attributes:
        pixels: (h, w, 3) uint8 sRGB.
        file: what was decoded again: of the picture itself, or of one up to four times as fine (`codec.coded`).
        seconds: that the phone's file took to send, where the network says.
        size: bytes of the phone's own file, of the phone's own number of pixels.
        scale: pixels of the phone's picture along an axis in one of these, >= 1: a data set's small picture stands for
            the large one that the phone makes.
    """

    pixels: Bytes8
    file: bytes | None = field(default=None, repr=False)
    seconds: float | None = None
    size: int | None = None
    scale: float = 1.0


Stage = Scene | Lit | View | Exposed | Raw | Developed | Photo
