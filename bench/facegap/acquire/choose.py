"""Which of the faces found is the sample's, or why none is."""

from __future__ import annotations

import numpy as np

from facegap.acquire.faces import Faces
from facegap.cards.study import Acquire


def choose(faces: Faces, rules: Acquire, width: int, height: int) -> tuple[int | None, str, str]:
    """Index of the chosen face (None where there is none), outcome and reason.

    "central" takes the face whose box centre is nearest to the image centre (as LFW's protocol has it), "largest" the
    one of the largest area, "only" refuses an image with several. The eyes of the chosen face must be
    `rules.min_inter_eye` pixels apart at least.

    Args:
        faces: of an image of `width` x `height` pixels.
    """
    if len(faces) == 0:
        return None, "no_face", "no face found"
    if rules.face == "only" and len(faces) > 1:
        return None, "several_faces", f"{len(faces)} faces found, one expected"
    index = _largest(faces) if rules.face == "largest" else _central(faces, width, height)
    distance = inter_eye(faces.landmarks[index])
    if distance < rules.min_inter_eye:
        return index, "too_small", f"eyes {distance:.1f} pixels apart, at least {rules.min_inter_eye:g} expected"
    return index, "ok", ""


def inter_eye(landmarks: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> float:
    """Distance in pixels of the eyes, the first two x, y of (5, 2) `landmarks`; NaN where they are."""
    return float(np.hypot(*(landmarks[1] - landmarks[0])))


def _central(faces: Faces, width: int, height: int) -> int:
    centres = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    return int(np.argmin(np.hypot(centres[:, 0] - width / 2, centres[:, 1] - height / 2)))


def _largest(faces: Faces) -> int:
    return int(np.argmax(np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)))
