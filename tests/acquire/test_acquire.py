"""What becomes of one image, with detectors that say what the test wants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facegap.acquire import QUALITY_NAMES, Faces, Unreadable, acquire_one, open_image
from facegap.acquire.faces import no_faces
from facegap.cards import ALIGNMENTS
from facegap.cards.study import Acquire
from facegap.records import OUTCOMES

IMAGE = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
FACE = np.array(ALIGNMENTS["arcface-112"], dtype=np.float32)


class Says:
    """A detector that finds what it was given."""

    def __init__(self, *landmarks: np.ndarray) -> None:
        self._landmarks = landmarks

    def detect(self, image: np.ndarray) -> Faces:
        assert image.shape == IMAGE.shape
        if not self._landmarks:
            return no_faces()
        points = np.stack(self._landmarks).astype(np.float32)
        boxes = np.tile(np.array([0, 0, 112, 112], dtype=np.float32), (len(points), 1))
        return Faces(boxes, points, np.ones(len(points), dtype=np.float32))


def test_a_face() -> None:
    found = acquire_one(IMAGE, Says(FACE), Acquire())
    assert (found.outcome, found.reason) == ("ok", "")
    np.testing.assert_array_equal(found.landmarks, FACE)
    np.testing.assert_array_equal(found.box, [0, 0, 112, 112])
    assert not np.isnan(list(found.quality.values())).any()


@pytest.mark.parametrize(
    ("image", "detector", "rules", "outcome", "reason"),
    [
        (Unreadable("empty file"), Says(FACE), Acquire(), "unreadable", "empty file"),
        (IMAGE, Says(), Acquire(), "no_face", "no face found"),
        (IMAGE, Says(FACE, FACE), Acquire(face="only"), "several_faces", "2 faces found, one expected"),
        (IMAGE, Says(FACE * 0), Acquire(), "no_face", "no face found"),
        (IMAGE, Says(FACE * np.inf), Acquire(), "no_face", "no face found"),
    ],
)
def test_failures_have_no_face(
    image: np.ndarray | Unreadable, detector: Says, rules: Acquire, outcome: str, reason: str
) -> None:
    found = acquire_one(image, detector, rules)
    assert (found.outcome, found.reason) == (outcome, reason)
    assert found.outcome in OUTCOMES
    assert np.isnan(found.box).all()
    assert np.isnan(found.landmarks).all()
    assert tuple(found.quality) == QUALITY_NAMES
    assert np.isnan(list(found.quality.values())).all()


def test_a_face_that_is_too_small_is_still_shown() -> None:
    found = acquire_one(IMAGE, Says(FACE), Acquire(min_inter_eye=36.0))
    assert (found.outcome, found.reason) == ("too_small", "eyes 35.2 pixels apart, at least 36 expected")
    np.testing.assert_array_equal(found.landmarks, FACE)
    assert found.quality["InterEyeDistance"] == pytest.approx(35.2378, abs=1e-3)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    digest, problem = open_image(tmp_path / "a.jpg")
    found = acquire_one(problem, Says(FACE), Acquire())
    assert (digest, found.outcome, found.reason) == ("", "unreadable", "no such file")
