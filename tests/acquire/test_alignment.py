"""Alignment against independent solutions: least squares written as a linear system, and scipy's Procrustes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes

from facegap import cards
from facegap.acquire import align, similarity
from facegap.acquire.alignment import warp
from facegap.cards import ALIGNMENTS, Preprocess
from facegap.embed import to_tensor
from facegap.errors import InputError

coordinates = st.floats(-500, 500)
points = st.lists(st.tuples(coordinates, coordinates), min_size=5, max_size=5).map(np.array)


def preprocess(**changes: object) -> Preprocess:
    fields: dict[str, object] = {
        "size": (112, 112),
        "colour": "RGB",
        "mean": (0.0, 0.0, 0.0),
        "std": (1.0, 1.0, 1.0),
        "layout": "NCHW",
        "template": "arcface-112",
    }
    return Preprocess.model_validate(fields | changes)


def spread(p: np.ndarray) -> float:
    return float(np.linalg.norm(p - p.mean(axis=0)))


@settings(max_examples=200)
@given(
    source=points, scale=st.floats(0.05, 20), angle=st.floats(-np.pi, np.pi), shift=st.tuples(coordinates, coordinates)
)
def test_recovers_a_known_similarity(
    source: np.ndarray, scale: float, angle: float, shift: tuple[float, float]
) -> None:
    if spread(source) < 1:
        return
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = similarity(source, source @ linear.T + shift)
    np.testing.assert_allclose(matrix[:, :2], linear, atol=1e-6 * scale)
    np.testing.assert_allclose(matrix[:, 2], shift, atol=1e-5 * max(1, scale) * 500)


@settings(max_examples=200)
@given(source=points, target=points)
def test_equals_the_linear_least_squares_solution(source: np.ndarray, target: np.ndarray) -> None:
    """x' = a x - b y + c, y' = b x + a y + d in the unknowns a, b, c, d."""
    if spread(source) < 1:
        return
    x, y = source.T
    one, zero = np.ones(5), np.zeros(5)
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    a, b, c, d = np.linalg.lstsq(system, np.concatenate([target[:, 0], target[:, 1]]), rcond=None)[0]
    if np.hypot(a, b) < 1e-3:
        return
    np.testing.assert_allclose(similarity(source, target), [[a, -b, c], [b, a, d]], atol=1e-6 * (1 + abs(c) + abs(d)))


def test_the_rotation_is_that_of_procrustes() -> None:
    rng = np.random.default_rng(0)
    source = rng.normal(size=(5, 2))
    target = source @ np.array([[0, 1], [-1, 0]]) + rng.normal(scale=0.05, size=(5, 2))
    matrix = similarity(source, target)
    rotation, _ = orthogonal_procrustes(source - source.mean(0), target - target.mean(0))
    assert np.linalg.det(rotation) > 0
    linear = matrix[:, :2]
    np.testing.assert_allclose(linear / np.sqrt(np.linalg.det(linear)), rotation.T, atol=1e-12)


def test_never_reflects() -> None:
    source = np.array(ALIGNMENTS["arcface-112"])
    mirrored = source * [-1, 1] + [20, 3]
    assert np.linalg.det(similarity(source, mirrored)[:, :2]) > 0


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.ones((5, 2)), "coincide"),
        (np.full((5, 2), np.nan), "finite"),
        (np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]) * [1.0, 1.0], "no likeness"),
    ],
)
def test_points_without_a_solution_are_refused(source: np.ndarray, message: str) -> None:
    target = np.array(ALIGNMENTS["arcface-112"]) if len(source) == 5 else source * [1.0, -1.0]
    with pytest.raises(ValueError, match=message):
        similarity(source, target)


@pytest.mark.parametrize("template", ALIGNMENTS)
@pytest.mark.parametrize(("scale", "angle"), [(0.7, 0.0), (1.0, 0.4), (1.6, -2.0), (2.7, 0.3), (6.0, 1.0)])
def test_landmarks_come_to_lie_on_the_template(template: str, scale: float, angle: float) -> None:
    """Bright discs painted at the landmarks have their centres at the template's points in the crop."""
    goal = np.array(ALIGNMENTS[template])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = (goal - goal.mean(axis=0)) @ turn.T + 600
    side = 112 if template == "arcface-112" else 150
    for index, (x, y) in enumerate(goal):
        image = np.zeros((1200, 1200, 3), dtype=np.uint8)
        centre = tuple(int(v) for v in np.round(landmarks[index] * 16))
        cv2.circle(image, centre, int(6 * scale * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)
        crop = warp(image, landmarks.astype(np.float32), template, (side, side)).astype(float)[:, :, 0]
        rows, columns = np.mgrid[0:side, 0:side]
        found = np.array([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
        np.testing.assert_allclose(found, (x, y), atol=0.15)


def test_detail_finer_than_the_crop_is_averaged() -> None:
    """A fine checkerboard is even grey in the crop of a large face, not false stripes."""
    board = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.stack([board] * 3, axis=2)
    landmarks = (np.array(ALIGNMENTS["arcface-112"]) * 10 + 200).astype(np.float32)
    crop = warp(image, landmarks, "arcface-112", (112, 112))[5:-5, 5:-5].astype(float)
    assert crop.std() < 2
    assert abs(crop.mean() - 127.5) < 2


def test_a_large_face_at_the_border_has_its_place() -> None:
    image = np.full((900, 700, 3), 200, dtype=np.uint8)
    landmarks = (np.array(ALIGNMENTS["arcface-112"]) * 7 + [-300, 400]).astype(np.float32)
    crop = warp(image, landmarks, "arcface-112", (112, 112))
    inside = np.zeros((112, 112), dtype=bool)
    inside[: int(500 / 7) - 1, int(300 / 7) + 2 :] = True
    assert (crop[inside] == 200).all()
    assert (crop[int(500 / 7) + 3 :] == 0).all()


def test_a_face_outside_the_image_is_black() -> None:
    image = np.full((50, 50, 3), 200, dtype=np.uint8)
    landmarks = (np.array(ALIGNMENTS["arcface-112"]) * 9 + 5000).astype(np.float32)
    assert not warp(image, landmarks, "arcface-112", (112, 112)).any()


def test_an_aligned_crop_is_taken_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    unknown = np.full((5, 2), np.nan, dtype=np.float32)
    np.testing.assert_array_equal(align(image, unknown, preprocess()), image)
    known = np.array(ALIGNMENTS["arcface-112"], dtype=np.float32) + 3
    np.testing.assert_array_equal(align(image, known, preprocess(template="none")), image)


def test_an_aligned_crop_of_another_size_is_refused() -> None:
    image = np.zeros((100, 112, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="crop of 112 x 112 pixels was expected, found 112 x 100; crop the data set"):
        align(image, np.full((5, 2), np.nan, dtype=np.float32), preprocess())


def test_a_crop_has_the_size_of_its_card() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    landmarks = np.array(ALIGNMENTS["dlib-150"], dtype=np.float32)
    crop = align(image, landmarks, cards.load_model("dlib-resnet29").preprocess)
    assert (crop.shape, crop.dtype) == ((150, 150, 3), np.uint8)
    np.testing.assert_array_equal(crop, image[:150, :150])


def test_tensors_follow_the_card() -> None:
    crops = np.zeros((2, 112, 112, 3), dtype=np.uint8)
    crops[1, 4, 9] = [10, 20, 30]
    rgb = to_tensor(crops, preprocess(mean=(1.0, 2.0, 3.0), std=(9.0, 6.0, 3.0)))
    assert (rgb.shape, rgb.dtype, rgb.flags.c_contiguous) == ((2, 3, 112, 112), np.float32, True)
    np.testing.assert_allclose(rgb[1, :, 4, 9], [1, 3, 9])
    bgr = to_tensor(crops, preprocess(mean=(1.0, 2.0, 3.0), std=(1.0, 1.0, 1.0), colour="BGR", layout="NHWC"))
    assert bgr.shape == (2, 112, 112, 3)
    np.testing.assert_allclose(bgr[1, 4, 9], [29, 18, 7])
