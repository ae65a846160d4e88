"""The quality values that came after the first ones, and the scale 0 to 100, against figures from elsewhere."""

from __future__ import annotations

import time
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.acquire import FORMER_NAMES, QUALITY_NAMES, quality_values, scalar
from facegap.acquire.compression import jpeg_score
from facegap.acquire.pose import NOSE, head_angles
from facegap.acquire.skin import mean_lab, typology_angle, unnaturalness
from facegap.cards import ALIGNMENTS

FACE = np.array(ALIGNMENTS["arcface-112"], dtype=np.float32)
SKIN = (188, 143, 120)


def picture(side: int = 160) -> np.ndarray:
    """Smooth skin with grain."""
    rng = np.random.default_rng(1)
    smooth = cv2.GaussianBlur(rng.normal(0, 60, (side, side, 1)), (0, 0), 3)[..., None]
    return np.clip(np.array(SKIN) + smooth + rng.normal(0, 8, (side, side, 3)), 0, 255).astype(np.uint8)


def coded(image: np.ndarray, quality: int) -> np.ndarray:
    _, file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # D65, 2 degrees, as published colour calculators give them
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_lab_of_a_colour(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    found = mean_lab(np.array([rgb, rgb], dtype=np.uint8))
    assert found == pytest.approx(lab, abs=0.06)


def test_typology_angle() -> None:
    """ITA = 45 degrees where L* - 50 = b*; below 0 where L* < 50; none of grey, where it would be 90."""
    assert typology_angle((65, 10, 15)) == pytest.approx(45)
    assert np.isnan(typology_angle((60, 0, 0)))
    assert typology_angle((39.9, 10.3, 14.5)) == pytest.approx(-34.86, abs=0.01)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [(5, 35, 0), (25, 5, 0), (15, 20, 0), (30, 20, 5), (2, 1, 5), (28, 39, 5), (-0.1, 20, 100), (10, -3, 100)],
)
def test_natural_colour_is_a_box(a: float, b: float, distance: float) -> None:
    assert unnaturalness((60, a, b)) == pytest.approx(distance)


@pytest.mark.parametrize("yaw", [-30, -10, 0, 10, 30])
def test_yaw_of_the_model_head(yaw: float) -> None:
    """The head of the docstring, projected by hand: eyes and mouth in a plane, the nose NOSE before it."""
    points = np.array([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.52, NOSE), (-0.4, 1, 0), (0.4, 1, 0)])
    turn = np.radians(yaw)
    seen = np.stack([points[:, 0] * np.cos(turn) + points[:, 2] * np.sin(turn), points[:, 1]], axis=1)
    for roll in (-20, 0, 35):
        angle = np.radians(roll)
        rolled = seen @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        found = head_angles((40 * rolled + 100).astype(np.float32))
        assert found[0] == pytest.approx(yaw, abs=0.01)
        assert found[2] == pytest.approx(roll, abs=0.01)


def test_pitch_has_the_sign_of_the_nose() -> None:
    lower, higher = FACE.copy(), FACE.copy()
    lower[2, 1] += 5
    higher[2, 1] -= 5
    assert head_angles(lower)[1] > head_angles(FACE)[1] > head_angles(higher)[1]


def test_landmarks_on_one_point_have_no_angles() -> None:
    assert np.isnan(head_angles(np.full((5, 2), 7, dtype=np.float32))[:2]).all()
    assert np.isnan(head_angles(np.full((5, 2), np.nan, dtype=np.float32))).all()


def test_jpeg_score_falls_with_quality() -> None:
    scores = [jpeg_score(coded(picture(), q)[..., 1].astype(np.float32)) for q in (95, 50, 20, 5)]
    assert all(better > worse for better, worse in pairwise(scores)), scores
    assert scores[0] > 9 and scores[-1] < 2


def test_jpeg_score_of_a_pattern_by_hand() -> None:
    """Rows 0 1 0 1 ...: every step is 1, every step turns; edges = activity = crossings = 1."""
    grey = np.indices((32, 32)).sum(axis=0).astype(np.float32) % 2
    assert jpeg_score(grey) == pytest.approx(-245.8909 + 261.9373)


def test_jpeg_score_where_there_is_nothing_to_judge() -> None:
    assert np.isnan(jpeg_score(np.zeros((64, 64), np.float32)))
    assert np.isnan(jpeg_score(np.zeros((0, 5), np.float32)))


def test_blocks_are_looked_for_on_the_pictures_own_grid() -> None:
    """The same coded pixels, moved by 8 pixels with the face, score alike; moved by 3 they are off the grid."""
    image = coded(picture(240), 15)
    here = FACE + 60
    base = quality_values(image, here)["JpegBlockScore"]
    eight = quality_values(np.roll(image, (8, 8), (0, 1)), here + 8)["JpegBlockScore"]
    off = quality_values(np.roll(image, (3, 3), (0, 1)), here + 3)["JpegBlockScore"]
    assert eight == pytest.approx(base, abs=0.1)
    assert off > base + 1


def test_uniformity_of_the_cheeks() -> None:
    image = np.full((112, 112, 3), 120, dtype=np.uint8)
    assert quality_values(image, FACE)["IlluminationUniformity"] == 1
    image[:, 56:] = 200
    assert quality_values(image, FACE)["IlluminationUniformity"] == 0
    # OFIQ's square begins 0.5 eye-mouth distances below the eye, at row 72, and is 0.3 inter-eye distances high, 10.6.
    image[70:78, 56:] = 120
    assert quality_values(image, FACE)["IlluminationUniformity"] == pytest.approx((78 - 72.1) / 10.6, abs=0.05)
    # It lies outwards from the eye: what is nearer to the nose than the eye is no part of it.
    image[70:90, :] = 120
    image[70:90, 40:72] = 250
    assert quality_values(image, FACE)["IlluminationUniformity"] == 1


def test_cheeks_outside_the_picture_have_no_colour() -> None:
    image = np.full((112, 112, 3), SKIN, dtype=np.uint8)
    values = quality_values(image, FACE + np.array([-45, 0], dtype=np.float32))
    for name in ("IlluminationUniformity", "NaturalColour", "ITACheeks"):
        assert np.isnan(values[name])
    assert np.isfinite(values["LuminanceMean"])


def test_a_second_face() -> None:
    image = picture()
    one = np.array([[0, 0, 100, 100]], dtype=np.float32)
    two = np.array([[0, 0, 50, 50], [0, 0, 100, 100], [0, 0, 10, 10]], dtype=np.float32)
    assert quality_values(image, FACE, one)["SingleFacePresent"] == 0
    assert quality_values(image, FACE, two)["SingleFacePresent"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("name", "native", "expected"),
    [  # worked out by hand from the formulas
        ("InterEyeDistance", 70, 50),
        ("HeadPoseYaw", 30, 75),
        ("HeadPosePitch", -60, 25),
        ("LuminanceMean", 0.2, 50),
        ("LuminanceVariance", 1 / 60, 100),
        ("UnderExposurePrevention", 0, 100),
        ("UnderExposurePrevention", 0.92, 40),
        ("OverExposurePrevention", 0, 100),
        ("OverExposurePrevention", 0.09, 10),
        ("DynamicRange", 8, 100),
        ("IlluminationUniformity", 0.1, 50),
        ("NaturalColour", 0, 100),
        ("NaturalColour", 10, 54),
        ("SingleFacePresent", 0.25, 75),
        ("LaplacianSharpness", 20, 50),
        ("JpegBlockScore", 12, 100),
    ],
)
def test_scalars(name: str, native: float, expected: float) -> None:
    found = scalar(name, native)
    assert found is not None and found == expected


@given(st.sampled_from(QUALITY_NAMES), st.floats(0, 1e4))
def test_scalars_stay_on_their_scale(name: str, native: float) -> None:
    found = scalar(name, [native, np.nan])
    assert (found is None) == name.startswith("ITA")
    if found is not None:
        assert 0 <= found[0] <= 100 and np.isnan(found[1])


def test_no_picture_breaks_it() -> None:
    rng = np.random.default_rng(3)
    for _ in range(60):
        image = rng.integers(0, 256, (*rng.integers(8, 90, 2), 3), dtype=np.uint8)
        landmarks = (FACE + rng.normal(0, 6, (5, 2))) * rng.uniform(0.1, 3) + rng.uniform(-150, 150, 2)
        values = quality_values(image, landmarks.astype(np.float32))
        assert tuple(values) == QUALITY_NAMES


@pytest.mark.slow
def test_speed() -> None:
    """Milliseconds a face; generous, since other work may run beside it."""
    image = picture(480)
    best = min(_spent(image) for _ in range(30))
    assert best < 4e-3


def _spent(image: np.ndarray) -> float:
    start = time.perf_counter()
    quality_values(image, FACE * 2 + 100)
    return time.perf_counter() - start


@pytest.mark.parametrize("trace", [(0, 0, 0), (1, 0, -1), (2, 0, -1), (-1, 1, 0)])
@pytest.mark.parametrize("level", [30, 128, 220])
def test_a_grey_picture_is_natural_and_has_no_typology_angle(trace: tuple[int, int, int], level: int) -> None:
    """OFIQ 1.1 gives NaturalColour 0, scalar 100, where all channels are equal; a trace of colour is grey too."""
    grey = np.clip(np.random.default_rng(1).integers(level - 9, level + 9, (200, 1)) + np.array(trace), 0, 255)
    lab = mean_lab(grey.astype(np.uint8))
    assert unnaturalness(lab) == 0
    assert scalar("NaturalColour", unnaturalness(lab)) == 100
    assert np.isnan(typology_angle(lab))


def test_former_names_are_read_in_old_runs_and_measured_no_more() -> None:
    for old, new in FORMER_NAMES.items():
        assert old not in QUALITY_NAMES and new in QUALITY_NAMES
        np.testing.assert_array_equal(scalar(old, [3.0, 9.0]), scalar(new, [3.0, 9.0]))
