"""Rasteriser, lights and development against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.synth import designs, develop, head, lights, raster, render, shade
from facegap.synth.lights import Key, Rig


def test_two_triangles_fill_a_square_once_and_without_a_gap():
    corners = np.array([[2.2, 2.2, 1], [13.7, 2.2, 1], [13.7, 13.7, 1], [2.2, 13.7, 1]], dtype=np.float32)
    triangles = np.array([[0, 2, 1], [0, 3, 2]], dtype=np.int32)
    near, ids = np.zeros((16, 16), np.float32), np.full((16, 16), -1, np.int32)
    raster.rasterise(corners, triangles, 0, near, ids, np.zeros((16, 16, 2), np.float32))
    centres = np.arange(16) + 0.5
    inside = (centres > 2.2) & (centres < 13.7)
    assert np.array_equal(ids >= 0, inside[:, None] & inside[None])


def test_triangles_that_face_away_are_not_drawn():
    corners = np.array([[2, 2, 1], [13, 2, 1], [13, 13, 1]], dtype=np.float32)
    near, ids = np.zeros((16, 16), np.float32), np.full((16, 16), -1, np.int32)
    raster.rasterise(corners, np.array([[0, 1, 2]], np.int32), 0, near, ids, np.zeros((16, 16, 2), np.float32))
    assert (ids == -1).all()


def test_interpolation_is_perspective_correct():
    points = np.array([[-1, 0, -2], [3, 0, -6], [-1, 1, -2]], dtype=np.float32)
    pixels = np.empty_like(points)
    raster.project(points, 10.0, 8.0, 8.0, pixels)
    triangle = np.array([[0, 1, 2]], dtype=np.int32)
    near, ids = np.zeros((16, 16), np.float32), np.full((16, 16), -1, np.int32)
    bary = np.zeros((16, 16, 2), np.float32)
    raster.rasterise(pixels, triangle, 0, near, ids, bary)
    for row, col in np.argwhere(ids >= 0):
        at = np.array(raster.mean3(points, triangle[0], *bary[row, col]))
        # The point seen through a pixel's centre projects back onto that centre.
        again = np.empty((1, 3), np.float32)
        raster.project(at[None].astype(np.float32), 10.0, 8.0, 8.0, again)
        assert again[0, :2] == pytest.approx([col + 0.5, row + 0.5], abs=1e-3)
    assert (ids >= 0).sum() > 5


def test_an_even_sky_lights_an_open_surface_with_its_own_radiance():
    rig = Rig(name="even", above=(0.7, 0.7, 0.7), level=(0.7, 0.7, 0.7), below=(0.7, 0.7, 0.7), keys=(), background=1.0)
    assert lights.incident(rig) == pytest.approx([0.7] * 3, rel=0.01)


@given(st.floats(-80, 80), st.floats(-60, 60))
def test_a_key_light_obeys_lamberts_cosine_law(azimuth, elevation):
    dark = (0.0, 0.0, 0.0)
    rig = Rig(
        name="key",
        above=dark,
        level=dark,
        below=dark,
        keys=(Key(azimuth, elevation, (2.0, 2.0, 2.0), 0.1),),
        background=1.0,
    )
    expected = 2 * np.cos(np.radians(azimuth)) * np.cos(np.radians(elevation))
    assert lights.incident(rig)[0] == pytest.approx(expected, rel=1e-4)


def test_a_disc_casts_its_shadow_and_nothing_else_does():
    square = np.array([[-0.5, -0.5, 1], [0.5, -0.5, 1], [0.5, 0.5, 1], [-0.5, 0.5, 1]], dtype=np.float32)
    depth, frame = head.depth_from(
        np.array([0, 0, 1], np.float32), square + head.CENTRE, np.array([[0, 1, 2], [0, 2, 3]], np.int32), 128
    )
    lamps = shade.Lamps(
        np.array([[0, 0, 1]], np.float32), np.ones((1, 3), np.float32), np.array([0.1], np.float32), depth[None],
        frame[None], head.HALF, np.zeros(3, np.float32), np.array([0, 0, 12], np.float32),
    )  # fmt: skip
    up = (0.0, 0.0, 1.0)
    assert shade.shadow(lamps, 0, 0.05, 0.03, (0.0, 0.0, 0.0), up) == 0.0
    assert shade.shadow(lamps, 0, 0.05, 0.03, (0.9, 0.0, 0.0), up) == 1.0
    assert 0.2 < shade.shadow(lamps, 0, 0.1, 0.03, (0.5, 0.0, 0.0), up) < 0.8
    assert shade.shadow(lamps, 0, 0.05, 0.03, (0.0, 0.0, 1.0), up) == 1.0


def test_the_tone_curve_rises_and_is_straight_below_its_shoulder():
    light = np.linspace(0, 3, 2000, dtype=np.float32)
    shown = develop.tone_curve(light)
    assert (np.diff(shown) > 0).all()
    assert shown[-1] < 1
    below = light <= develop.SHOULDER
    assert np.array_equal(shown[below], light[below])


@pytest.mark.parametrize("exposure, luminance", [("frame", 0.18), ("face", 0.18)])
def test_metering_brings_the_mean_to_middle_grey(exposure, luminance):
    linear = np.full((40, 40, 3), 0.05, np.float32)
    assert develop.exposure_gain(linear, exposure) * 0.05 == pytest.approx(luminance, rel=1e-5)


def test_stops_double_the_light():
    linear = np.ones((4, 4, 3), np.float32)
    assert develop.exposure_gain(linear, "ev+1") == 2 * develop.exposure_gain(linear, "incident")
    assert develop.exposure_gain(linear, "ev-1.5") == pytest.approx(develop.WHITE / 2**1.5)


def test_the_cheek_of_a_rendered_face_has_the_skins_own_colour():
    """Under even light the linear picture shows albedo: the ratio of channels is that of the skin model."""
    from facegap.synth import camera, skin

    spec = designs.Spec(identities=1, ages=(25, 30))
    person = designs.identity(spec, 4)
    plain = person.paint._replace(patch=0.0, freckles=0.0, cheek_blood=0.0, under_eye=0.0, stubble=0.0, wrinkles=0.0)
    bare = type(person)(**{**person.__dict__, "paint": plain, "moles": np.zeros((0, 4), np.float32)})
    bare = bare.__class__(**{**bare.__dict__, "hair": bare.hair._replace(style="bald", beard=0.0)})
    even = (0.9, 0.9, 0.9)
    rig = Rig(
        name="even", above=even, level=even, below=even, keys=(Key(0, 0, (0.02, 0.02, 0.02), 0.3),), background=1.0
    )
    background = np.zeros((2, 2, 3), np.float32)
    linear = render.render(head.head(bare), rig, camera.View(), (), background, 128, 1)
    cheek = linear[70:76, 46:52].reshape(-1, 3).mean(axis=0)
    expected = skin.xyz(skin.reflectance(plain.melanin, plain.blood)) @ skin.XYZ_TO_RGB.T
    # Gloss adds a few per cent of white; occlusion takes some light away.
    assert cheek / cheek[1] == pytest.approx(expected / expected[1], rel=0.12)
    assert 0.7 < cheek[1] / expected[1] < 1.25
