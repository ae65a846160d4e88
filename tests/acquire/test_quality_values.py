"""Quality values against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facegap.acquire import QUALITY_NAMES, quality_values
from facegap.acquire.quality import luminance
from facegap.cards import ALIGNMENTS

FACE = np.array(ALIGNMENTS["arcface-112"], dtype=np.float32)
NOT_KNOWN = np.full((5, 2), np.nan, dtype=np.float32)


def flat(value: int, side: int = 112) -> np.ndarray:
    return np.full((side, side, 3), value, dtype=np.uint8)


def test_every_name_is_there() -> None:
    assert tuple(quality_values(flat(100), FACE)) == QUALITY_NAMES


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), 0),
        ((255, 255, 255), 255),
        ((255, 0, 0), 54),  # 0.2126 * 255 = 54.2
        ((0, 255, 0), 182),  # 0.7152 * 255 = 182.4
        ((0, 0, 255), 18),  # 0.0722 * 255 = 18.4
        ((188, 188, 188), 128),  # sRGB 188 is 0.503 in linear light
        ((10, 10, 10), 1),  # 10 / 255 / 12.92 * 255 = 0.77
    ],
)
def test_luminance_is_linear_light(rgb: tuple[int, int, int], expected: int) -> None:
    assert luminance(np.array([[rgb]], dtype=np.uint8))[0, 0] == expected


def test_a_flat_picture() -> None:
    values = quality_values(flat(188), FACE)
    assert values["LuminanceMean"] == pytest.approx(128 / 255)
    for name in (
        "LuminanceVariance",
        "UnderExposurePrevention",
        "OverExposurePrevention",
        "DynamicRange",
        "LaplacianSharpness",
    ):
        assert values[name] == 0


@pytest.mark.parametrize(("value", "under", "over"), [(0, 1, 0), (88, 1, 0), (91, 0, 0), (250, 0, 0), (252, 0, 1)])
def test_exposure_counts_the_ends_of_the_scale(value: int, under: float, over: float) -> None:
    """sRGB 88 has luminance 25 of 255, 91 has 27; 250 has 244, 252 has 248."""
    values = quality_values(flat(value), FACE)
    assert (values["UnderExposurePrevention"], values["OverExposurePrevention"]) == (under, over)


def test_half_black_half_white() -> None:
    image = flat(0, 100)
    image[:50] = 255
    values = quality_values(image, NOT_KNOWN)
    assert values["LuminanceMean"] == pytest.approx(0.5)
    assert values["LuminanceVariance"] == pytest.approx(0.25)
    assert values["DynamicRange"] == pytest.approx(1.0)
    assert values["UnderExposurePrevention"] == pytest.approx(0.5)
    assert np.isnan(values["InterEyeDistance"])
    assert np.isnan(values["HeadPoseRoll"])


def test_geometry_of_the_eyes() -> None:
    landmarks = FACE.copy()
    landmarks[0], landmarks[1] = (10, 20), (40, 60)
    values = quality_values(flat(100), landmarks)
    assert values["InterEyeDistance"] == pytest.approx(50)
    assert values["HeadPoseRoll"] == pytest.approx(53.130102)


def test_sharpness_falls_with_blur() -> None:
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (112, 112, 3), dtype=np.uint8)
    soft = sharp.reshape(28, 4, 28, 4, 3).mean(axis=(1, 3)).repeat(4, axis=0).repeat(4, axis=1).astype(np.uint8)
    assert quality_values(sharp, FACE)["LaplacianSharpness"] > 2 * quality_values(soft, FACE)["LaplacianSharpness"] > 0


def test_what_lies_outside_the_image_does_not_count() -> None:
    whole, cut = flat(188, 300), flat(188, 300)[:, :150]
    landmarks = FACE + np.array([94, 60], dtype=np.float32)
    assert quality_values(whole, landmarks)["UnderExposurePrevention"] == 0
    assert quality_values(cut, landmarks)["UnderExposurePrevention"] == 0
    assert quality_values(cut, landmarks)["LuminanceMean"] == pytest.approx(128 / 255)


def test_a_face_outside_the_image_has_no_light() -> None:
    values = quality_values(flat(188), FACE + 1000)
    assert np.isnan(values["LuminanceMean"])
    assert values["InterEyeDistance"] > 0
