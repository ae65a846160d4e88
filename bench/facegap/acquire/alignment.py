"""Aligned crops: five landmarks onto a template by a least-squares similarity, and crops to a net's input.

Umeyama: "Least-squares estimation of transformation parameters between two point patterns", IEEE TPAMI 1991.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facegap.cards import ALIGNMENTS, Preprocess
from facegap.errors import InputError

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

_SMALLEST_SCALE = 1e-4


def similarity(source: npt.ArrayLike, target: npt.ArrayLike) -> Matrix:
    """(2, 3) matrix of the rotation, uniform scale and shift that bring `source` nearest to `target`.

    Args:
        source, target: (k, 2) points, k >= 2; nearest in the sum of squared distances; never a reflection.

    Raises:
        ValueError: all source points are one point, no rotation is better than another, or a coordinate is not finite.
    """
    a = np.asarray(source, dtype=np.float64)
    b = np.asarray(target, dtype=np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("points must be finite")
    a_mean, b_mean = a.mean(axis=0), b.mean(axis=0)
    spread = float(((a - a_mean) ** 2).sum())
    if spread == 0:
        raise ValueError("all points coincide")
    # As a complex number z, rotation and scale are one factor, and the least-squares factor is <b, a> / <a, a>.
    za = np.ascontiguousarray(a - a_mean).view(np.complex128)[:, 0]
    zb = np.ascontiguousarray(b - b_mean).view(np.complex128)[:, 0]
    factor = np.vdot(za, zb) / spread
    if abs(factor) < _SMALLEST_SCALE:
        raise ValueError("the points have no likeness to the target")
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.hstack([linear, (b_mean - linear @ a_mean)[:, None]])


def align(image: Pixels, landmarks: npt.NDArray[np.float32], preprocess: Preprocess) -> Pixels:
    """(height, width, 3) uint8 RGB crop as the card asks for.

    Where the card's template is "none", or the landmarks are NaN (samples that are aligned crops already), the image
    itself is the crop and must have the card's size.

    Args:
        image: (h, w, 3) uint8 RGB.
        landmarks: (5, 2) x, y in pixels: eyes, nose tip, mouth corners, image left first.

    Raises:
        InputError: the image should be the crop and has another size.
    """
    width, height = preprocess.size
    if preprocess.template == "none" or np.isnan(landmarks).any():
        if image.shape[:2] != (height, width):
            found = f"{image.shape[1]} x {image.shape[0]}"
            raise InputError(
                f"an aligned crop of {width} x {height} pixels was expected, found {found}; "
                "crop the data set to that size, or name a detector that gives landmarks"
            )
        return image
    return warp(image, landmarks, preprocess.template, (width, height))


def warp(image: Pixels, landmarks: npt.NDArray[np.float32], template: str, size: tuple[int, int]) -> Pixels:
    """(height, width, 3) crop of `size` (width, height) with the landmarks on `template`; black outside the image.

    As `warp_onto`.
    """
    return warp_onto(image, landmarks, np.array(ALIGNMENTS[template]), size)


def warp_onto(image: Pixels, landmarks: npt.NDArray[np.float32], points: Matrix, size: tuple[int, int]) -> Pixels:
    """(height, width, 3) crop of `size` (width, height) with the landmarks on (5, 2) `points`; black outside the image.

    Bilinear. A face more than twice as large as its crop is first reduced by a whole number, area-averaged, so that
    detail finer than a pixel of the crop does not turn into false detail.

    Args:
        image: (h, w, 3) uint8 RGB.
        landmarks: (5, 2) x, y in pixels, as for `align`.

    Raises:
        ValueError: as `similarity`.
    """
    matrix = similarity(landmarks, points)
    shrink = int(1 / np.hypot(matrix[0, 0], matrix[1, 0]))
    if shrink > 1:
        image, matrix = _reduced(image, matrix, shrink, size)
    crop = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(crop, dtype=np.uint8)


def _reduced(image: Pixels, matrix: Matrix, by: int, size: tuple[int, int]) -> tuple[Pixels, Matrix]:
    """The part of the image under the crop, `by` times smaller, and the matrix from there to the crop."""
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], list(size)], dtype=np.float64)
    inverse = np.linalg.inv(matrix[:, :2])
    there = (corners - matrix[:, 2]) @ inverse.T
    low = np.clip(np.floor(there.min(axis=0)).astype(int) - 2 * by, 0, None)
    high = np.minimum(np.ceil(there.max(axis=0)).astype(int) + 2 * by, [image.shape[1], image.shape[0]])
    count = (high - low) // by
    if (count < 1).any():
        return image, matrix
    part = image[low[1] : low[1] + count[1] * by, low[0] : low[0] + count[0] * by]
    smaller = np.asarray(cv2.resize(part, (int(count[0]), int(count[1])), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # Pixel centres: x = low + by * (u + 0.5) - 0.5.
    shift = low + 0.5 * by - 0.5
    return smaller, np.hstack([matrix[:, :2] * by, (matrix[:, :2] @ shift + matrix[:, 2])[:, None]])
