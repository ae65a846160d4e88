"""First quality values of an acquired face, under the names of ISO/IEC 29794-5 and its reference implementation OFIQ.

Native values, not the 0-100 scale. The standard measures inside a face mask of 98 landmarks; here the face region is
an ellipse in the five-point aligned 112 x 112 crop, so values are comparable within facegap, not with OFIQ's. Pixels of
the crop that lie outside the image do not count.

InterEyeDistance: distance of the eye centres in pixels (the standard divides by the cosine of the yaw, unknown here).
HeadPoseRoll: angle of the line through the eyes in degrees, positive where the image's right eye is lower.
LuminanceMean, LuminanceVariance: of linear Rec. 709 luminance, black 0, white 1.
UnderExposurePrevention, OverExposurePrevention: shares of pixels with luminance 0 to 25 and 247 to 255 of 255; the
    native values grow with the fault, as in OFIQ.
DynamicRange: entropy of the luminance histogram of 256 bins, bits.
Sharpness: mean absolute Laplacian (3 x 3) of the grey crop after a 3 x 3 Gaussian, grey values; one of the features of
    the standard's classifier, not its result.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bench.acquire.alignment import Pixels, similarity, warp
from bench.acquire.choose import inter_eye
from bench.cards import ALIGNMENTS

QUALITY_NAMES = (
    "InterEyeDistance",
    "HeadPoseRoll",
    "LuminanceMean",
    "LuminanceVariance",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "DynamicRange",
    "Sharpness",
)

_TEMPLATE, _SIDE = "arcface-112", 112
_CENTRE, _SEMI_AXES = (56.0, 60.0), (42.0, 52.0)
_DARK, _LIGHT = 25, 247

_BYTE = np.arange(256) / 255
_LINEAR = np.where(_BYTE <= 0.04045, _BYTE / 12.92, ((_BYTE + 0.055) / 1.055) ** 2.4)
"""sRGB value -> linear light, IEC 61966-2-1."""


def no_quality() -> dict[str, float]:
    """Every value NaN: there is no face."""
    return dict.fromkeys(QUALITY_NAMES, float("nan"))


def quality_values(image: Pixels, landmarks: npt.NDArray[np.float32]) -> dict[str, float]:
    """Name -> native value; without landmarks (NaN) the image itself is the region and the geometry is NaN.

    Args:
        image: (h, w, 3) uint8 RGB.
        landmarks: (5, 2) x, y in pixels.
    """
    across = landmarks[1] - landmarks[0]
    values = {
        "InterEyeDistance": inter_eye(landmarks),
        "HeadPoseRoll": float(np.degrees(np.arctan2(across[1], across[0]))),
    }
    if np.isnan(landmarks).any():
        region, mask = image, np.ones(image.shape[:2], dtype=bool)
    else:
        region = warp(image, landmarks, _TEMPLATE, (_SIDE, _SIDE))
        mask = _face_region(landmarks, image.shape[1], image.shape[0])
    if not mask.any():
        return no_quality() | values
    return values | _exposure(luminance(region)[mask]) | {"Sharpness": _sharpness(region, mask)}


def luminance(image: Pixels) -> Pixels:
    """(h, w) uint8 linear luminance of an (h, w, 3) uint8 RGB image, Rec. 709 weights."""
    linear = 0.2126 * _LINEAR[image[..., 0]] + 0.7152 * _LINEAR[image[..., 1]] + 0.0722 * _LINEAR[image[..., 2]]
    return np.floor(linear * 255 + 0.5).astype(np.uint8)


def _exposure(light: npt.NDArray[np.uint8]) -> dict[str, float]:
    share = np.bincount(light, minlength=256) / len(light)
    mean = float(share @ _BYTE)
    some = share[share > 0]
    return {
        "LuminanceMean": mean,
        "LuminanceVariance": float(share @ (_BYTE - mean) ** 2),
        "UnderExposurePrevention": float(share[: _DARK + 1].sum()),
        "OverExposurePrevention": float(share[_LIGHT:].sum()),
        "DynamicRange": abs(float(some @ np.log2(some))),
    }


def _sharpness(region: Pixels, mask: npt.NDArray[np.bool_]) -> float:
    grey = cv2.GaussianBlur(cv2.cvtColor(region, cv2.COLOR_RGB2GRAY), (3, 3), 0)
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_64F, ksize=3))[mask].mean())


def _face_region(landmarks: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.bool_]:
    """(112, 112) True inside the ellipse and inside the image."""
    x, y = np.meshgrid(np.arange(_SIDE, dtype=np.float64), np.arange(_SIDE, dtype=np.float64))
    ellipse = ((x - _CENTRE[0]) / _SEMI_AXES[0]) ** 2 + ((y - _CENTRE[1]) / _SEMI_AXES[1]) ** 2 <= 1
    matrix = similarity(landmarks, np.array(ALIGNMENTS[_TEMPLATE]))
    back = np.linalg.inv(matrix[:, :2])
    shifted = np.stack([x - matrix[0, 2], y - matrix[1, 2]])
    there = np.einsum("ij,jyx->iyx", back, shifted)
    inside = (there[0] >= 0) & (there[0] <= width - 1) & (there[1] >= 0) & (there[1] <= height - 1)
    return np.asarray(ellipse & inside)
