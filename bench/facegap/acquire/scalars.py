"""Native quality values on the scale 0 (worst) to 100 (best).

As in OFIQ (release 1.0.3), where its native value is the one that we measure, on another face region:
    InterEyeDistance 100 s(x; 70, 20); HeadPose* 100 cos^2 x; LuminanceMean 100 s(x; .2, .05) (1 - s(x; .8, .05));
    LuminanceVariance 100 sin(pi 60 x / (60 x + 1)); UnderExposurePrevention 120 (.832 - s(x; .92, .05));
    OverExposurePrevention 1 / (x + .01); DynamicRange 12.5 x; IlluminationUniformity 100 x^.3;
    NaturalColour 200 (1 - s(x; 0, 10)); SingleFacePresent 100 (1 - x);
    with s(x; m, w) = 1 / (1 + exp((m - x) / w)).

Ours, and so under names of our own; OFIQ's Sharpness and CompressionArtifacts come from trained models:
    LaplacianSharpness 100 x / (x + 20); JpegBlockScore 10 x.

Rounded as OFIQ rounds and cut to 0 to 100. The typology angles say nothing about quality and have no scalar.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

SHAPE_OF_A_FACE = ("HeadPosePitch",)
"""What five points read off a face's shape as much as off its pose: no group is compared by it, no frame chosen."""

FORMER_NAMES = {"Sharpness": "LaplacianSharpness", "CompressionArtifacts": "JpegBlockScore"}
"""What runs before 0.2.0 called two values whose scale is not OFIQ's. Their tables are read, and computed again, so."""

STANDARD, SCALAR = "OFIQ.", ".scalar"
"""How a value that OFIQ itself measured is told from ours of the same name, its own 0 to 100 from its native one."""

Values = npt.NDArray[np.float64]


def _s(x: Values, middle: float, width: float) -> Values:
    return np.asarray(1 / (1 + np.exp(np.clip((middle - x) / width, -700, 700))))


def _angle(x: Values) -> Values:
    return np.asarray(100 * np.cos(np.radians(x)) ** 2)


_FORMULAS: dict[str, Callable[[Values], Values]] = {
    "InterEyeDistance": lambda x: 100 * _s(x, 70, 20),
    "HeadPoseYaw": _angle,
    "HeadPosePitch": _angle,
    "HeadPoseRoll": _angle,
    "LuminanceMean": lambda x: 100 * _s(x, 0.2, 0.05) * (1 - _s(x, 0.8, 0.05)),
    "LuminanceVariance": lambda x: 100 * np.sin(np.pi * 60 * x / (60 * x + 1)),
    "UnderExposurePrevention": lambda x: 120 * (0.832 - _s(x, 0.92, 0.05)),
    "OverExposurePrevention": lambda x: 1 / (x + 0.01),
    "DynamicRange": lambda x: 12.5 * x,
    "IlluminationUniformity": lambda x: 100 * x**0.3,
    "LaplacianSharpness": lambda x: 100 * x / (x + 20),
    "JpegBlockScore": lambda x: 10 * x,
    "NaturalColour": lambda x: 200 * (1 - _s(x, 0, 10)),
    "SingleFacePresent": lambda x: 100 * (1 - x),
}


def scalar(name: str, native: npt.ArrayLike) -> Values | None:
    """Scalars 0 to 100 of (...,) native values, float64 of their shape, whole numbers; NaN for NaN.

    None where the name has no such scale.
    """
    name = FORMER_NAMES.get(name, name)
    if name not in _FORMULAS:
        return None
    return np.asarray(np.clip(np.rint(_FORMULAS[name](np.asarray(native, dtype=np.float64))), 0, 100))
