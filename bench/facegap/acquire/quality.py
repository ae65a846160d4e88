"""Quality values of an acquired face, under the names of ISO/IEC 29794-5 and its reference implementation OFIQ.

Native values; `scalars` puts them on 0 to 100. The standard measures inside a face mask of 98 landmarks; here the face
region is an ellipse in the five-point aligned 112 x 112 crop, so values are comparable within facegap, not with OFIQ's.
Pixels of the crop that lie outside the image do not count. Without landmarks the image itself is the region, and what
needs landmarks is NaN.

InterEyeDistance: distance of the eye centres in pixels (the standard divides by the cosine of the yaw).
HeadPoseYaw, HeadPosePitch, HeadPoseRoll: degrees, from five landmarks only: rough (`pose`).
LuminanceMean, LuminanceVariance: of linear Rec. 709 luminance, black 0, white 1.
UnderExposurePrevention, OverExposurePrevention: shares of pixels with luminance 0 to 25 and 247 to 255 of 255; the
    native values grow with the fault, as in OFIQ.
DynamicRange: entropy of the luminance histogram of 256 bins, bits.
IlluminationUniformity: what the luminance histograms of the two cheeks have in common, 0 to 1; 256 bins, in OFIQ's
    frame and on its squares: 0.3 inter-eye distances, outwards from the eye and down from half way to the mouth.
LaplacianSharpness: mean absolute Laplacian (3 x 3) of the grey crop after a 3 x 3 Gaussian, grey values. Not the
    standard's Sharpness, of whose classifier it is one feature.
JpegBlockScore: Wang's score of JPEG blocks in the picture around the face, about 1 to 10 (`compression`); the
    standard's is a neural net's. It needs the picture's own pixels: one that was scaled after coding scores high.
NaturalColour: distance of the cheeks' mean a*, b* from natural ones (`skin`); 0 of a grey picture.
SingleFacePresent: ratio of the second largest face's area to the largest one's, 0 for a single face.
ITACheeks, ITAForehead: individual typology angle, degrees. Not of the standard, and confounded: exposure, light and
    white balance move it as much as skin does, and on the forehead hair may lie. Never a label of a person. NaN of a
    grey picture.

Elsewhere cheeks are squares of 0.3 inter-eye distances below either eye, half way to the mouth; the forehead is one
above the middle of the eyes, half as far up as the mouth is down.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facegap.acquire.alignment import Pixels, similarity, warp, warp_onto
from facegap.acquire.choose import inter_eye
from facegap.acquire.compression import jpeg_score
from facegap.acquire.pose import head_angles
from facegap.acquire.skin import mean_lab, typology_angle, unnaturalness
from facegap.cards import ALIGNMENTS
from facegap.colour import LINEAR_OF_BYTE, LUMINANCE
from facegap.records import Mask

QUALITY_NAMES = (
    "InterEyeDistance",
    "HeadPoseYaw",
    "HeadPosePitch",
    "HeadPoseRoll",
    "LuminanceMean",
    "LuminanceVariance",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "DynamicRange",
    "IlluminationUniformity",
    "LaplacianSharpness",
    "JpegBlockScore",
    "NaturalColour",
    "SingleFacePresent",
    "ITACheeks",
    "ITAForehead",
)


_TEMPLATE, _SIDE = "arcface-112", 112
_CENTRE, _SEMI_AXES = (56.0, 60.0), (42.0, 52.0)
_DARK, _LIGHT = 25, 247

_ZONE = 5
_ZONES = {"left": (38, 72), "right": (74, 72), "forehead": (56, 31)}
"""Centres (x, y) of the cheeks and the forehead in the aligned crop; each reaches `_ZONE` pixels to either side."""

_OFIQ_FRAME = np.array([(251, 272), (364, 272), (308, 336), (262, 402), (355, 402)], dtype=np.float64)
"""Where eyes, nose and mouth corners lie in OFIQ's aligned picture of 616 x 616 pixels (utils.cpp, release 1.0.3): the
overlap of two histograms of 256 bins hangs on how many pixels they have."""

_BLOCK = 8

_BYTE = np.arange(256) / 255


def no_quality() -> dict[str, float]:
    """Every value NaN: there is no face."""
    return dict.fromkeys(QUALITY_NAMES, float("nan"))


def quality_values(
    image: Pixels, landmarks: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32] | None = None
) -> dict[str, float]:
    """Name -> native value; without landmarks (NaN) the image itself is the region and the geometry is NaN.

    Args:
        image: (h, w, 3) uint8 RGB.
        landmarks: (5, 2) x, y in pixels.
        boxes: (k, 4) left, top, right, bottom of every face found; None where only this one was looked for.
    """
    values = no_quality() | _geometry(landmarks) | {"SingleFacePresent": _second_face(boxes)}
    if np.isnan(landmarks).any():
        region, mask = image, np.ones(image.shape[:2], dtype=bool)
        around = image
    else:
        region = warp(image, landmarks, _TEMPLATE, (_SIDE, _SIDE))
        ellipse, inside = _face_region(landmarks, image.shape[1], image.shape[0])
        mask = ellipse & inside
        around = _whole_blocks(image, landmarks)
        values |= _zones(region, inside)
        values["IlluminationUniformity"] = _uniformity(image, landmarks)
    values["JpegBlockScore"] = jpeg_score(_grey(around).astype(np.float32))
    if not mask.any():
        return values
    return values | _exposure(luminance(region)[mask]) | {"LaplacianSharpness": _sharpness(region, mask)}


def _geometry(landmarks: npt.NDArray[np.float32]) -> dict[str, float]:
    yaw, pitch, roll = head_angles(landmarks)
    return {
        "InterEyeDistance": inter_eye(landmarks),
        "HeadPoseYaw": yaw,
        "HeadPosePitch": pitch,
        "HeadPoseRoll": roll,
    }


def _second_face(boxes: npt.NDArray[np.float32] | None) -> float:
    if boxes is None or len(boxes) < 2:
        return 0.0
    second, first = np.sort(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, dtype=np.float64))[-2:]
    return float(second / first)


def _zones(region: Pixels, inside: Mask) -> dict[str, float]:
    """What is measured on cheeks and forehead; NaN where part of one is outside the image."""
    pixels = {}
    for name, (x, y) in _ZONES.items():
        window = np.s_[y - _ZONE : y + _ZONE + 1, x - _ZONE : x + _ZONE + 1]
        pixels[name] = region[window].reshape(-1, 3) if inside[window].all() else region[:0, 0]
    left, right = pixels["left"], pixels["right"]
    whole = len(left) == len(right) > 0
    cheeks = mean_lab(np.concatenate([left, right]) if whole else left[:0])
    return {
        "NaturalColour": unnaturalness(cheeks),
        "ITACheeks": typology_angle(cheeks),
        "ITAForehead": typology_angle(mean_lab(pixels["forehead"])),
    }


def _uniformity(image: Pixels, landmarks: npt.NDArray[np.float32]) -> float:
    """What the luminance of either cheek has in common, in OFIQ's frame and squares; NaN where one is not all there."""
    matrix = similarity(landmarks, _OFIQ_FRAME)
    seen = np.asarray(landmarks, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]
    eyes, mouth = np.rint(seen[:2]), seen[3:].mean(axis=0)
    size = int(0.3 * np.hypot(*(eyes[1] - eyes[0])))
    down = int(np.hypot(*(mouth - eyes.mean(axis=0))) / 2)
    shares = []
    for eye, outwards in ((eyes[0], -size), (eyes[1], 0)):
        corner = eye + np.array([outwards, down])
        if size < 1 or not _all_there(corner, size, matrix, image):
            return float("nan")
        window = warp_onto(image, landmarks, _OFIQ_FRAME - corner, (size, size))
        shares.append(np.bincount(luminance(window).ravel(), minlength=256) / size**2)
    return float(np.minimum(*shares).sum())


def _all_there(corner: npt.NDArray[np.float64], size: int, matrix: npt.NDArray[np.float64], image: Pixels) -> bool:
    """Whether the square at `corner` of the frame that `matrix` leads to lies inside the image."""
    square = corner + (size - 1) * np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    there = (square - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    height, width = image.shape[:2]
    return bool((there >= 0).all() and (there <= (width - 1, height - 1)).all())


def _whole_blocks(image: Pixels, landmarks: npt.NDArray[np.float32]) -> Pixels:
    """The picture within an inter-eye distance of the landmarks, from the first whole JPEG block on; maybe empty."""
    reach = inter_eye(landmarks)
    low = np.clip((landmarks.min(axis=0) - reach) // _BLOCK * _BLOCK, 0, 1e6).astype(int)
    high = np.clip(landmarks.max(axis=0) + reach, 0, 1e6).astype(int)
    return image[low[1] : high[1], low[0] : high[0]]


def _grey(image: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)) if image.size else image[..., 0]


def luminance(image: Pixels) -> Pixels:
    """(h, w) uint8 linear luminance of an (h, w, 3) uint8 RGB image, Rec. 709 weights."""
    red, green, blue = LUMINANCE
    linear = red * LINEAR_OF_BYTE[image[..., 0]] + green * LINEAR_OF_BYTE[image[..., 1]]
    linear += blue * LINEAR_OF_BYTE[image[..., 2]]
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


def _sharpness(region: Pixels, mask: Mask) -> float:
    grey = cv2.GaussianBlur(_grey(region), (3, 3), 0)
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_64F, ksize=3))[mask].mean())


def _face_region(landmarks: npt.NDArray[np.float32], width: int, height: int) -> tuple[Mask, Mask]:
    """(112, 112) True inside the ellipse, and inside the image."""
    x, y = np.meshgrid(np.arange(_SIDE, dtype=np.float64), np.arange(_SIDE, dtype=np.float64))
    ellipse = ((x - _CENTRE[0]) / _SEMI_AXES[0]) ** 2 + ((y - _CENTRE[1]) / _SEMI_AXES[1]) ** 2 <= 1
    matrix = similarity(landmarks, np.array(ALIGNMENTS[_TEMPLATE]))
    back = np.linalg.inv(matrix[:, :2])
    shifted = np.stack([x - matrix[0, 2], y - matrix[1, 2]])
    there = np.einsum("ij,jyx->iyx", back, shifted)
    inside = (there[0] >= 0) & (there[0] <= width - 1) & (there[1] >= 0) & (there[1] <= height - 1)
    return np.asarray(ellipse), np.asarray(inside)
