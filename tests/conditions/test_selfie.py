"""Video selfies: a face that drifts from frame to frame, and the mean template; and the sheet of all conditions."""

from __future__ import annotations

import numpy as np
import pytest

from facegap import conditions
from facegap.conditions import selfie
from facegap.errors import InputError


def spot(size: int = 81) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    value = 220 * np.exp(-0.5 * ((rows - 50) ** 2 + (columns - 30) ** 2) / 16.0)
    return np.repeat(value[:, :, None], 3, axis=2).astype(np.uint8)


def centre(picture: np.ndarray) -> np.ndarray:
    weights = picture[:, :, 1].astype(float)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    return np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()


def moment(frame: int, drift: selfie.Drift | None = None, seed: int = 0) -> np.ndarray:
    """What is before the camera in a frame of the first attempt; its path is the seed's, whatever the frame."""
    return selfie.moment(spot(), np.random.default_rng(seed), 1, frame, drift)[0]


def test_the_first_frame_is_the_picture_itself_and_the_others_drift():
    out = [moment(frame) for frame in range(1, 6)]
    assert np.array_equal(out[0], spot())
    assert all(not np.array_equal(out[0], other) for other in out[1:])


def test_without_drift_every_frame_is_the_picture():
    still = selfie.Drift(0.0, 0.0, 0.0)
    assert all(np.array_equal(moment(frame, still), spot()) for frame in range(1, 5))


def test_steps_of_the_walk_have_the_stated_size():
    places = np.array([centre(moment(frame, selfie.Drift(0.004, 0.0, 0.0), seed=2)) for frame in range(1, 61)])
    steps = np.diff(places, axis=0)
    assert steps.std() == pytest.approx(0.004 * 81, rel=0.2)


def test_the_face_box_moves_with_the_face():
    image, box = selfie._moved(spot(), (20.0, 40.0, 40.0, 60.0), (0.1, -0.05), 20.0, 1.1)
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    assert middle == pytest.approx(centre(image), abs=0.5)
    assert box[2] - box[0] == pytest.approx(22)


def test_the_mean_template_is_the_unit_mean():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5, 16))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    mean = selfie.mean_template(rows.astype(np.float32))
    assert np.linalg.norm(mean) == pytest.approx(1, abs=1e-6)
    assert mean == pytest.approx(rows.mean(0) / np.linalg.norm(rows.mean(0)), abs=1e-6)
    assert selfie.mean_template(rows[:1].astype(np.float32)) == pytest.approx(rows[0], abs=1e-6)


@pytest.mark.parametrize("vectors", [np.zeros((0, 4), np.float32), np.array([[1, 0], [-1, 0]], np.float32)])
def test_templates_without_a_mean_direction_are_refused(vectors):
    with pytest.raises(InputError, match="no direction"):
        selfie.mean_template(vectors)


def test_the_sheet_shows_every_condition_and_marks_the_unreadable(tmp_path):
    path = tmp_path / "gone.toml"
    path.write_text(
        'name = "gone"\ntitle = "t"\nsource = "s"\n[[steps]]\nstep = "lose"\nprobability = 1.0\n', encoding="utf-8"
    )
    names = ["clean", "low-res-jpeg", "webcam-vga+office+wifi", str(path)]
    sheet = conditions.grid(spot(), names, columns=3, tile_px=80)
    assert sheet.dtype == np.uint8 and sheet.shape[1] == 240
    assert np.array_equal(sheet, conditions.grid(spot(), names, columns=3, tile_px=80))
    assert conditions.grid(spot(), tile_px=40, columns=20).shape[1] == 800


def test_a_moment_is_a_point_on_the_attempt_s_path():
    """The path does not depend on how many frames of it are asked for, and attempts differ."""
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    first, box = selfie.moment(image, np.random.default_rng(5), 1, 1, face_box=(10.0, 10.0, 30.0, 30.0))
    assert first is image and box == (10.0, 10.0, 30.0, 30.0)
    third = [selfie.moment(image, np.random.default_rng(5), 1, 3)[0] for _ in range(2)]
    np.testing.assert_array_equal(third[0], third[1])
    assert (third[0] != image).any()
    later = selfie.moment(image, np.random.default_rng(5), 2, 1)[0]
    assert (later != image).any() and (later != third[0]).any()


def test_the_hand_wanders_between_attempts():
    """Position at the start of a later attempt: the root of PAUSE_FRAMES steps, from many draws."""
    box, places = (10.0, 10.0, 30.0, 30.0), []
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    for seed in range(400):
        moved = selfie.moment(image, np.random.default_rng(seed), 2, 1, selfie.Drift(0.01, 0, 0), box)[1]
        assert moved is not None
        places.append(moved[0] - box[0])
    assert np.std(places) == pytest.approx(0.01 * 100 * selfie.PAUSE_FRAMES**0.5, rel=0.12)
