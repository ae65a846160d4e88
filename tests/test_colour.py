"""Colours against the numbers of IEC 61966-2-1, published Lab values, and OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap import colour

EVERY_BYTE = np.arange(256, dtype=np.uint8)
PRIMARIES = np.array([(0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.2, 0.5, 0.7), (0.46, 0.27, 0.19)])


def test_the_transfer_function_has_the_standards_values() -> None:
    """0.04045 / 12.92 = 0.0031308 is where its halves meet; sRGB 0.5 is linear 0.21404114."""
    assert colour.decode(np.array([0, 0.5, 1])) == pytest.approx([0, 0.21404114, 1], abs=5e-9)
    assert colour.encode(np.array([0, 0.21404114, 1])) == pytest.approx([0, 0.5, 1], abs=1e-8)
    edges = np.array([0.04045 - 1e-9, 0.04045 + 1e-9])
    assert colour.decode(edges) == pytest.approx([0.0031308, 0.0031308], abs=5e-8)


def test_bytes_of_light() -> None:
    """18 % grey is 118, half the light is 188; the ends stay and what is beyond them is clipped."""
    light = np.array([-1.0, 0.0, 0.18, 0.5, 1.0, 2.0], np.float32)
    assert colour.to_bytes(light).tolist() == [0, 0, 118, 188, 255, 255]
    assert colour.to_bytes(light).dtype == np.uint8


def test_every_byte_survives_linear_light() -> None:
    assert colour.LINEAR_OF_BYTE.shape == (256,) and colour.LINEAR_OF_BYTE.dtype == np.float64
    assert np.array_equal(colour.to_bytes(colour.LINEAR_OF_BYTE), EVERY_BYTE)
    assert np.array_equal(colour.to_bytes(colour.LINEAR_OF_BYTE.astype(np.float32)), EVERY_BYTE)


@given(st.floats(0, 1))
def test_encoding_undoes_decoding(value: float) -> None:
    """To what the standard's own digits leave: the two halves meet 3e-8 apart."""
    assert colour.encode(colour.decode(np.array(value))) == pytest.approx(value, abs=5e-7)
    assert colour.decode(colour.encode(np.array(value))) == pytest.approx(value, abs=5e-8)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_light_is_never_a_smaller_value(a: float, b: float) -> None:
    low, high = colour.encode(np.sort([a, b]))
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_stays_as_it_is(dtype: type[np.floating[Any]]) -> None:
    picture = np.full((2, 3, 3), 0.25, dtype)
    for found in (colour.decode(picture), colour.encode(picture)):
        assert found.dtype == dtype and found.shape == picture.shape


def test_white_is_d65_and_luminance_is_its_row() -> None:
    """CIE 015: x = 0.3127, y = 0.3290."""
    assert pytest.approx([0.9505, 1, 1.089]) == colour.WHITE
    assert colour.WHITE[:2] / colour.WHITE.sum() == pytest.approx([0.3127, 0.3290], abs=5e-5)
    assert colour.XYZ_OF_RGB[1].tolist() == list(colour.LUMINANCE)
    assert sum(colour.LUMINANCE) == pytest.approx(1)


def test_the_matrices_undo_each_other_and_are_opencvs() -> None:
    product = colour.RGB_OF_XYZ @ colour.XYZ_OF_RGB
    assert product == pytest.approx(np.eye(3), abs=2e-4)
    theirs = cv2.cvtColor(PRIMARIES[None].astype(np.float32), cv2.COLOR_RGB2XYZ)[0]
    ours = PRIMARIES @ colour.XYZ_OF_RGB.T
    assert ours == pytest.approx(theirs, abs=3e-4)


def test_lab_is_opencvs() -> None:
    theirs = cv2.cvtColor(PRIMARIES[None].astype(np.float32), cv2.COLOR_RGB2Lab)[0]
    assert colour.lab(colour.decode(PRIMARIES) @ colour.XYZ_OF_RGB.T) == pytest.approx(theirs, abs=0.2)


def test_lab_of_greys() -> None:
    """L* of 18 % is 49.496 (CIE 015), of white 100; below 0.8856 % it is a straight line, 903.3 Y."""
    greys = np.array([1, 0.18, 0.008, 0])[:, None] * colour.WHITE
    assert colour.lab(greys)[:, 0] == pytest.approx([100, 49.496, 0.008 * 24389 / 27, 0], abs=5e-4)
    assert colour.lab(greys)[:, 1:] == pytest.approx(0, abs=1e-12)
    other = np.array([0.9, 1, 0.4])
    assert colour.lab(0.18 * other, other) == pytest.approx([49.496, 0, 0], abs=5e-4)


def test_typology_angle() -> None:
    """45 degrees where L* - 50 = b*; 90 above grey; the angle of a measured mean face."""
    found = colour.typology_angle(np.array([[65, 10, 15], [60, 0, 0], [39.9, 10.3, 14.5]]))
    assert found == pytest.approx([45, 90, -34.86], abs=0.01)
