"""Acquisition of one image: what came of it, and where the face is. Pure; made to be called by threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facegap import store
from facegap.acquire.alignment import similarity
from facegap.acquire.choose import choose
from facegap.acquire.faces import Detector, Faces
from facegap.acquire.load import Pixels, Unreadable, read_image
from facegap.acquire.quality import no_quality, quality_values
from facegap.cards import ALIGNMENTS
from facegap.cards.study import Acquire


@dataclass(frozen=True, eq=False, kw_only=True)
class Acquired:
    """One row of `records.Acquisitions`.

    Attributes:
        outcome, reason: one of `records.OUTCOMES`, and one line where it is not "ok".
        box: (4,) left, top, right, bottom in pixels, NaN where no face was chosen.
        landmarks: (5, 2) x, y in pixels, NaN likewise, and where the sample is an aligned crop already.
        quality: name of ISO/IEC 29794-5 -> native value, NaN where not measured.
    """

    outcome: str
    reason: str
    box: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]
    quality: dict[str, float]


def open_image(path: Path) -> tuple[str, Pixels | Unreadable]:
    """The file's SHA-256 in hex, and its (h, w, 3) uint8 RGB pixels; "" and the reason where it cannot be read."""
    try:
        data, image = read_image(path)
    except Unreadable as problem:
        return "", problem
    return store.sha256_bytes(data), image


def acquire_one(image: Pixels | Unreadable, detector: Detector, rules: Acquire) -> Acquired:
    """Detect, choose, and measure one image.

    Args:
        image: (h, w, 3) uint8 RGB, or why it could not be read.
        detector: from `open_detector`.
        rules: which face, and how small it may be.
    """
    if isinstance(image, Unreadable):
        return _failed("unreadable", image.reason)
    faces = _that_can_be_aligned(detector.detect(image))
    height, width = image.shape[:2]
    index, outcome, reason = choose(faces, rules, width, height)
    if index is None:
        return _failed(outcome, reason)
    box, landmarks = faces.boxes[index], faces.landmarks[index]
    return Acquired(
        outcome=outcome,
        reason=reason,
        box=box,
        landmarks=landmarks,
        quality=quality_values(image, landmarks, faces.boxes),
    )


def _that_can_be_aligned(faces: Faces) -> Faces:
    """Without finds whose landmarks form no face: nothing could be done with them."""
    keep = np.array([_can_be_aligned(landmarks) for landmarks in faces.landmarks], dtype=bool)
    return Faces(faces.boxes[keep], faces.landmarks[keep], faces.scores[keep])


def _can_be_aligned(landmarks: npt.NDArray[np.float32]) -> bool:
    """False where no similarity brings the points to a template (or they are infinite); NaN means "not needed"."""
    if np.isnan(landmarks).all():
        return True
    try:
        similarity(landmarks, np.array(ALIGNMENTS["arcface-112"]))
    except ValueError:
        return False
    return True


def _failed(outcome: str, reason: str) -> Acquired:
    nan = np.full(4, np.nan, dtype=np.float32)
    return Acquired(
        outcome=outcome,
        reason=reason,
        box=nan,
        landmarks=np.full((5, 2), np.nan, dtype=np.float32),
        quality=no_quality(),
    )
