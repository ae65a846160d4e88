"""Which face is the sample's."""

from __future__ import annotations

import numpy as np
import pytest

from facegap.acquire.choose import choose
from facegap.acquire.faces import Faces, no_faces
from facegap.cards.study import Acquire


def faces(*boxes: tuple[float, float, float, float]) -> Faces:
    """Faces with eyes at 30 % and 70 % of the width."""
    corners = np.array(boxes, dtype=np.float32)
    size = corners[:, 2:] - corners[:, :2]
    shares = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], dtype=np.float32)
    landmarks = corners[:, None, :2] + shares * size[:, None, :]
    return Faces(corners, landmarks, np.linspace(0.99, 0.9, len(boxes), dtype=np.float32))


SMALL_IN_THE_MIDDLE = (90.0, 90.0, 110.0, 110.0)
LARGE_IN_A_CORNER = (0.0, 0.0, 80.0, 80.0)


def test_no_face() -> None:
    assert choose(no_faces(), Acquire(), 200, 200) == (None, "no_face", "no face found")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(("rule", "chosen"), [("central", SMALL_IN_THE_MIDDLE), ("largest", LARGE_IN_A_CORNER)])
def test_central_or_largest_whatever_the_order(rule: str, chosen: tuple[float, ...], order: tuple[int, int]) -> None:
    boxes = [SMALL_IN_THE_MIDDLE, LARGE_IN_A_CORNER]
    found = faces(*[boxes[i] for i in order])
    index, outcome, reason = choose(found, Acquire.model_validate({"face": rule}), 200, 200)
    assert (outcome, reason) == ("ok", "")
    assert index is not None
    assert tuple(found.boxes[index]) == chosen


def test_only_refuses_several() -> None:
    rules = Acquire(face="only")
    assert choose(faces(SMALL_IN_THE_MIDDLE, LARGE_IN_A_CORNER), rules, 200, 200) == (
        None,
        "several_faces",
        "2 faces found, one expected",
    )
    assert choose(faces(SMALL_IN_THE_MIDDLE), rules, 200, 200)[1] == "ok"


def test_eyes_too_near_to_each_other() -> None:
    found = faces(SMALL_IN_THE_MIDDLE)
    expected = (0, "too_small", "eyes 8.0 pixels apart, at least 9 expected")
    assert choose(found, Acquire(min_inter_eye=9.0), 200, 200) == expected
    assert choose(found, Acquire(min_inter_eye=7.9), 200, 200)[1] == "ok"
