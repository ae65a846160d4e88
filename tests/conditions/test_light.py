"""Lights: chromaticities of the CIE, un-processing, directions and windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from facegap.colour import decode
from facegap.conditions import colour, isp, light
from facegap.conditions.stages import Developed, Photo
from facegap.errors import InputError
from shots import flat, lit

LUMINANCE = np.array(colour.LUMINANCE)


@pytest.mark.parametrize(
    ("kelvin", "locus", "x", "y"),
    [
        # CIE 15:2004, table T.1 and the D series: illuminants D50, D55, D65, D75 at their own temperatures, and A.
        (5003, "daylight", 0.34567, 0.35850),
        (5503, "daylight", 0.33242, 0.34743),
        (6504, "daylight", 0.31272, 0.32903),
        (7504, "daylight", 0.29902, 0.31485),
        (2856, "planck", 0.44758, 0.40745),
    ],
)
def test_chromaticities_of_the_cie_illuminants(kelvin, locus, x, y):
    assert colour.chromaticity(kelvin, locus) == pytest.approx((x, y), abs=6e-4)


@pytest.mark.parametrize("kelvin", [2000, 2222, 2700, 4000, 6500, 12000])
def test_planck_against_planck_s_law(kelvin):
    """The cubic fit against the black body integrated over the CIE 1931 observer (Wyman, Sloan and Shirley's fit)."""
    nm = np.arange(380, 781, 1.0)

    def lobe(middle, low, high):
        return np.exp(-0.5 * ((nm - middle) * np.where(nm < middle, low, high)) ** 2)

    xbar = 0.362 * lobe(442, 0.0624, 0.0374) + 1.056 * lobe(599.8, 0.0264, 0.0323) - 0.065 * lobe(501.1, 0.0490, 0.0382)
    ybar = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    zbar = 1.217 * lobe(437, 0.0845, 0.0278) + 0.681 * lobe(459, 0.0385, 0.0725)
    radiance = nm**-5.0 / np.expm1(1.4388e7 / (nm * kelvin))
    X, Y, Z = (float((radiance * bar).sum()) for bar in (xbar, ybar, zbar))
    assert colour.chromaticity(kelvin, "planck") == pytest.approx((X / (X + Y + Z), Y / (X + Y + Z)), abs=4e-3)


def test_daylight_below_its_range_is_refused():
    with pytest.raises(InputError, match="daylight begins at 4000 K, found 2700"):
        colour.chromaticity(2700, "daylight")


def test_d65_is_neutral_and_every_light_has_luminance_one():
    assert colour.white(6504, "daylight") == pytest.approx((1, 1, 1), abs=0.005)
    for kelvin in (2000, 2700, 4000, 6500):
        assert float(np.dot(LUMINANCE, colour.white(kelvin, "planck"))) == pytest.approx(1)


@given(st.floats(2000, 12000), st.floats(0, 1))
def test_white_balance_corrects_its_share_of_the_stops_in_every_raw_channel(kelvin, share):
    """What a grey card keeps of the light's colour, channel by channel: the ratio to the power of the rest."""
    whole = colour.white(kelvin, "planck")
    raw, daylight = colour.camera_neutral(whole), colour.camera_neutral((1.0, 1.0, 1.0))
    balanced = raw / np.array(colour.adapted(whole, share)) / (daylight / np.array(colour.CHANNELS))
    expected = (raw / daylight) ** (1 - share)
    assert balanced / balanced[1] == pytest.approx(expected / expected[1], rel=1e-6)


def test_white_balance_of_nothing_is_that_of_daylight_and_of_all_the_light_s():
    warm = colour.white(2700, "planck")
    assert colour.adapted(warm, 0.0) == pytest.approx(colour.CHANNELS, rel=1e-3)
    assert colour.adapted(warm, 1.0) == pytest.approx(tuple(colour.camera_neutral(warm)), rel=1e-3)


def test_smoothstep_inverse_is_the_published_closed_form():
    value = np.arange(256) / 255
    published = decode(0.5 - np.sin(np.arcsin(1 - 2 * value) / 3))  # Brooks et al. 2019, supplement
    grey = np.stack([np.arange(256, dtype=np.uint8)[None, :]] * 3, axis=2)
    assert light.unprocess(Photo(grey), tone=1.0).pixels[0, :, 1] == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize("tone", [0.0, 0.5, 1.0])
def test_the_tone_curve_of_the_isp_undoes_unprocessing(tone):
    grey = np.stack([np.arange(256, dtype=np.uint8).reshape(16, 16)] * 3, axis=2)
    linear = light.unprocess(Photo(grey), tone=tone).pixels[:, :, 1]
    none = np.zeros_like(linear)
    planes = Developed(luma=linear, red=none, blue=none, noise=((0, 0), (0, 0), (0, 0)), binning=1.0)
    out = isp.isp(planes, denoise=0, chroma_denoise=0, sharpen=0, halo=0, saturation=1, tone=tone).pixels
    assert np.abs(out.astype(int) - grey).max() <= 1


def test_a_grey_card_takes_the_light_s_colour_and_keeps_its_reflectance():
    card = lit(flat(4, 4, 0.18), kelvin=2700, locus="planck")
    assert float(card.pixels[0, 0] @ LUMINANCE) == pytest.approx(0.18, rel=3e-3)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ card.pixels[0, 0]
    assert (xyz[0] / xyz.sum(), xyz[1] / xyz.sum()) == pytest.approx(colour.chromaticity(2700, "planck"), abs=1e-3)


@pytest.mark.parametrize(
    ("angle", "near", "far"), [(0, (32, 0), (32, 63)), (180, (32, 63), (32, 0)), (90, (0, 32), (63, 32))]
)
def test_the_far_side_has_one_part_in_ratio_of_the_key_side(angle, near, far):
    out = light.direction(lit(flat(64, 64, 0.5)), ratio=8.0, angle=angle, softness=0.5).pixels[:, :, 1]
    assert out[near] / out[far] == pytest.approx(8.0, rel=1e-5)
    assert np.all(np.diff(out if angle == 90 else out.T, axis=0) <= 1e-7) or angle == 180


def test_the_step_is_centred_on_the_face():
    out = light.direction(lit(flat(32, 64, 1.0), box=(8.0, 8.0, 24.0, 24.0)), ratio=3.0, angle=0.0, softness=0.2).pixels
    middle = out[16, 15:17, 1].mean() / out[16, 0, 1]
    assert middle == pytest.approx((1 + 1 / 3) / 2, abs=0.01)


def test_a_second_light_colours_one_side_only_and_keeps_luminance():
    first = lit(flat(16, 64, 0.5), kelvin=2200, locus="planck")
    out = light.second_light(first, kelvin=5000, locus="planck", share=0.5, angle=0.0).pixels
    assert out[:, -1] == pytest.approx(first.pixels[:, -1], rel=2e-3)
    assert out[0, 0, 2] / out[0, 0, 0] > 2 * first.pixels[0, 0, 2] / first.pixels[0, 0, 0]
    assert out @ LUMINANCE == pytest.approx(first.pixels @ LUMINANCE, rel=0.01)


def test_a_window_that_is_there_stays_as_it_is():
    bright, dim = flat(100, 100, 3.0).copy(), flat(100, 100, 0.9).copy()
    for pixels in (bright, dim):
        pixels[20:, 20:80] = 0.1
    box = (35.0, 25.0, 65.0, 60.0)
    there = light.backlight(lit(bright, box=box), ratio=20.0, flat=1.0).pixels
    assert np.array_equal(there, lit(bright).pixels)
    put = light.backlight(lit(dim, box=box), ratio=20.0, flat=1.0).pixels
    assert put[3, 3, 1] == pytest.approx(20, rel=0.01)


def hairy(height=120, width=120):
    """A face, dark hair about it and shoulders before a background; and where all but the background is."""
    y, x = np.mgrid[:height, :width] + 0.5
    hair = ((x - 60) / 27) ** 2 + ((y - 45) / 34) ** 2 <= 1
    body = (y > 80) & (np.abs(x - 60) < 18 + 2 * (y - 80))
    pixels = flat(height, width, 0.5).copy()
    pixels[body] = (0.05, 0.08, 0.3)
    pixels[hair] = 0.03
    pixels[((x - 60) / 18) ** 2 + ((y - 50) / 24) ** 2 <= 1] = (0.4, 0.25, 0.18)
    return pixels, hair | body, (42.0, 28.0, 78.0, 74.0)


def test_hair_and_shoulders_before_a_window_keep_the_light_of_the_face():
    """No oval: the person stays as it is, to its edge, and what is not becomes the window, to the same edge."""
    pixels, person, box = hairy()
    out = light.backlight(lit(pixels, box=box), ratio=20.0, flat=1.0).pixels
    inner = ndimage.binary_erosion(person, iterations=5, border_value=1)
    outer = ~ndimage.binary_dilation(person, iterations=5)
    assert np.abs(out - lit(pixels).pixels)[inner].max() < 0.05
    assert (out @ LUMINANCE)[outer].min() > 19
    # The edge is soft: neither all of the person nor all of the window, but for a few pixels.
    edge = (out @ LUMINANCE)[~inner & ~outer]
    assert 0.1 < np.mean((edge > 1) & (edge < 19)) < 0.9


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_a_window_takes_the_share_of_the_picture_that_it_is_given(share):
    pixels, _, box = hairy()
    out = light.backlight(lit(pixels, box=box), ratio=20.0, flat=1.0, share=share).pixels
    bright = out @ LUMINANCE > 10
    assert bright.mean() == pytest.approx(share, abs=0.03)
    # Upright, about the face, from the top on.
    assert bright[0].any()
    assert np.flatnonzero(bright[2]).mean() == pytest.approx(59.5, abs=1)


def test_a_window_finds_no_background_where_the_face_fills_the_picture():
    scene = lit(flat(40, 40, 0.2), box=(-60.0, -60.0, 100.0, 100.0))
    assert np.array_equal(light.backlight(scene, ratio=20.0, flat=1.0, share=0.3).pixels, scene.pixels)


def test_a_window_is_behind_the_person_only():
    scene = lit(flat(100, 100, 0.2), box=(35.0, 25.0, 65.0, 60.0))
    out = light.backlight(scene, ratio=20.0, flat=1.0).pixels
    assert out[42, 50] == pytest.approx(scene.pixels[42, 50])
    assert out[95, 50] == pytest.approx(scene.pixels[95, 50])
    assert float(out[5, 5] @ LUMINANCE) == pytest.approx(20.0, rel=3e-3)
    own = light.backlight(scene, ratio=20.0, flat=0.0).pixels
    assert own[5, 5] == pytest.approx(20 * scene.pixels[5, 5], rel=1e-5)
