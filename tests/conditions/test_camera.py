"""The camera before its sensor: light budget, metering, lens and tremor against closed forms and slow references."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import constants, ndimage

from facegap.conditions import camera, colour
from facegap.conditions.stages import Exposed, Exposure
from shots import METER, OPTICS, PERFECT_LENS, flat, lit, viewed


def two_tone(bright: float, dark: float) -> np.ndarray:
    pixels = flat(60, 80, bright).copy()
    pixels[:, 40:] = dark
    return pixels


def test_photons_per_lux_follow_from_the_definition_of_the_lumen():
    energy = constants.h * constants.c / 555e-9
    assert pytest.approx(1 / (683 * energy) * 1e-12, rel=2e-3) == camera.PHOTONS


def test_the_light_budget_is_that_of_the_camera_equation():
    view = viewed(flat(48, 64, 0.5), lux=200.0)
    image_plane = 200 * 0.18 * 0.9 / (4 * 2.0**2)  # pi L T / (4 N^2), L = rho E / pi
    electrons = image_plane * 0.01 * camera.PHOTONS * 1.4**2 * 0.6
    assert 0.18 * 200 * view.camera.rate * 0.01 == pytest.approx(electrons)


def test_a_small_picture_gathers_the_light_of_the_pixels_that_it_stands_for():
    one, four = viewed(flat(48, 64, 0.5)).camera, viewed(flat(48, 64, 0.5), short_px=192).camera
    assert (four.binning, four.binned) == (4.0, 16.0)
    assert four.rate == pytest.approx(16 * one.rate)
    assert four.full_well == pytest.approx(16 * one.full_well)
    assert viewed(flat(48, 64, 0.5), short_px=192, read_share=0.25).camera.binned == 4.0


def test_a_large_picture_is_shrunk_to_the_camera_s_pixels_with_its_face_box():
    view = viewed(flat(200, 400, 0.5), short_px=100, box=(40.0, 20.0, 80.0, 60.0))
    assert view.pixels.shape == (100, 200, 3)
    assert view.face_box == pytest.approx((20, 10, 40, 30))
    assert view.camera.binning == 1.0


@pytest.mark.parametrize("kelvin", [2700, 6504])
@pytest.mark.parametrize(("mode", "metered"), [("frame", 0.275), ("face", 0.05)])
def test_exposure_of_a_two_tone_target_is_the_closed_form(mode, metered, kelvin):
    scene = lit(two_tone(0.5, 0.05), lux=300.0, kelvin=kelvin, locus="planck", box=(45.0, 10.0, 75.0, 50.0))
    view = camera.camera(scene, short_px=60, **OPTICS)
    out = camera.meter(view, **{**METER, "mode": mode, "max_gain": 512.0}).exposure
    neutral = float(np.max(colour.camera_neutral(scene.light.white)))
    wanted = 0.18 * 6000 / (metered * 300 * view.camera.rate * neutral)
    assert out.time_s * out.gain == pytest.approx(wanted, rel=2e-3)


def test_face_metering_does_not_read_the_rim_of_the_box():
    """A window that shows in the outer fifth of the box on every side changes nothing."""
    inner, outer = flat(60, 80, 20.0), flat(60, 80, 0.3)
    inner[22:38, 26:44] = 0.3  # the box's middle three fifths: rows 22-38 of 16-44, columns 26-44 of 20-50
    face = {**METER, "mode": "face", "max_gain": 512.0}
    box = (20.0, 16.0, 50.0, 44.0)
    assert (
        camera.meter(viewed(inner, box=box), **face).exposure == camera.meter(viewed(outer, box=box), **face).exposure
    )


def test_centre_weighting_is_the_weighted_mean_written_out():
    rng = np.random.default_rng(0)
    view = viewed(rng.random((30, 40, 3), dtype=np.float32))
    y, x = (np.arange(30) + 0.5) / 30 - 0.5, (np.arange(40) + 0.5) / 40 - 0.5
    weights = np.exp(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2) / 0.25**2)
    metered = float((weights * (view.pixels @ np.array(colour.LUMINANCE))).sum() / weights.sum())
    out = camera.meter(view, **{**METER, "mode": "centre", "max_gain": 512.0}).exposure
    neutral = float(np.max(colour.camera_neutral(view.light.white)))
    assert out.time_s * out.gain == pytest.approx(0.18 * 6000 / (metered * 500 * view.camera.rate * neutral), rel=1e-5)


def test_face_metering_without_a_face_meters_the_centre():
    view = viewed(two_tone(0.5, 0.05))
    assert (
        camera.meter(view, **{**METER, "mode": "face"}).exposure
        == camera.meter(view, **{**METER, "mode": "centre"}).exposure
    )


@pytest.mark.parametrize(
    ("wanted", "time_s", "gain"), [(0.01, 0.01, 1), (0.08, 0.02, 4), (0.16, 0.02, 8), (0.4, 0.05, 8), (4, 0.1, 8)]
)
def test_the_programme_spends_time_then_gain_then_time_then_gives_up(wanted, time_s, gain):
    assert camera._programme(wanted, 0.02, 0.1, 8.0) == pytest.approx((time_s, gain))


def test_whole_frame_metering_before_a_window_darkens_the_face():
    pixels = two_tone(10.0, 0.05)
    faces = {}
    for mode in ("frame", "face"):
        view = viewed(pixels, lux=200.0, box=(50.0, 20.0, 70.0, 50.0))
        out = camera.meter(view, **{**METER, "mode": mode})
        faces[mode] = 0.05 * 200 * view.camera.rate * out.exposure.time_s * out.exposure.gain / view.camera.full_well
    assert faces["face"] == pytest.approx(0.18, rel=0.01)
    assert faces["frame"] < 0.18 / 50


def test_vignetting_is_cos_to_the_fourth_at_its_full_share():
    out = camera.lens(viewed(flat(101, 101, 1.0)), **{**PERFECT_LENS, "vignetting": 1.0, "half_field_degrees": 40.0})
    corner = math.hypot(50.5, 50.5)
    for row, column in [(50, 50), (50, 0), (0, 0)]:
        angle = math.atan(math.hypot(row - 50, column - 50) / corner * math.tan(math.radians(40)))
        relative = out.pixels[row, column, 1] / out.pixels[50, 50, 1]
        assert relative == pytest.approx(math.cos(angle) ** 4, abs=4e-3)


def test_veiling_glare_lifts_black_by_its_share_of_the_mean():
    pixels = two_tone(1.0, 0.0)
    out = camera.lens(viewed(pixels), **{**PERFECT_LENS, "glare": 0.05}).pixels
    assert out[30, 79, 1] == pytest.approx(0.05 * 0.5, rel=0.01)
    assert out.mean() == pytest.approx(viewed(pixels).pixels.mean(), rel=1e-4)


def mtf50(edge: np.ndarray, slope: float) -> float:
    """Spatial frequency (cycles per pixel) at which a slanted edge's contrast is one half: the method of ISO 12233."""
    rows, columns = np.mgrid[0 : edge.shape[0], 0 : edge.shape[1]]
    distance = (columns - edge.shape[1] / 2 - slope * (rows - edge.shape[0] / 2)) / math.hypot(1, slope)
    bins = np.round(distance * 4).astype(int)
    kept = np.abs(bins) <= 64
    profile = np.bincount(bins[kept] + 64, edge[kept]) / np.bincount(bins[kept] + 64)
    spread = np.diff(profile) * np.hanning(len(profile) - 1)
    spectrum = np.abs(np.fft.rfft(spread, 4096))
    frequency = np.fft.rfftfreq(4096, 0.25)
    # The difference of neighbouring bins has the transfer function of a quarter-pixel box.
    spectrum = spectrum / spectrum[0] / np.maximum(np.abs(np.sinc(frequency / 4)), 1e-6)
    below = int(np.argmax(spectrum < 0.5))
    return float(np.interp(0.5, spectrum[below - 1 : below + 1][::-1], frequency[below - 1 : below + 1][::-1]))


def slanted(size: int, slope: float) -> np.ndarray:
    fine = 8
    rows, columns = np.mgrid[0 : size * fine, 0 : size * fine]
    edge = ((columns + 0.5) / fine - size / 2 - 0.5 > slope * ((rows + 0.5) / fine - size / 2 - 0.5)).astype(np.float32)
    edge = edge.reshape(size, fine, size, fine).mean(axis=(1, 3))
    return np.repeat(edge[:, :, None], 3, axis=2).astype(np.float32)


def pixel_and(transfer) -> float:
    """MTF50 of `transfer` together with the pixel's own square aperture."""
    frequency = np.linspace(1e-4, 0.5, 20_000)
    together = np.abs(transfer(frequency)) * np.sinc(frequency)
    return float(frequency[int(np.argmax(together < 0.5))])


def test_mtf50_of_a_slanted_edge_is_that_of_the_gaussian():
    out = camera.lens(viewed(slanted(128, 0.1), f_number=1.0, pitch_um=10.0), **{**PERFECT_LENS, "blur_px": 1.5})
    expected = pixel_and(lambda f: np.exp(-2 * (math.pi * 1.5 * f) ** 2))
    assert mtf50(out.pixels[:, :, 1], 0.1) == pytest.approx(expected, rel=0.03)


def test_mtf50_of_a_slanted_edge_is_that_of_the_defocus_disk():
    from scipy.special import j1

    out = camera.lens(viewed(slanted(128, 0.1), f_number=1.0, pitch_um=10.0), **{**PERFECT_LENS, "defocus_px": 3.0})
    expected = pixel_and(lambda f: 2 * j1(2 * math.pi * 3 * f) / (2 * math.pi * 3 * f))
    assert mtf50(out.pixels[:, :, 1], 0.1) == pytest.approx(expected, rel=0.03)


def test_diffraction_blurs_as_the_f_number_says():
    sigma = 0.42 * 0.55 * 8.0 / 1.0
    out = camera.lens(viewed(slanted(128, 0.1), f_number=8.0, pitch_um=1.0), **PERFECT_LENS)
    expected = pixel_and(lambda f: np.exp(-2 * (math.pi * sigma * f) ** 2))
    assert mtf50(out.pixels[:, :, 1], 0.1) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("length", [2.0, 5.0, 12.0, 30.0])
@pytest.mark.parametrize("angle", [0.0, 0.4, 1.5])
def test_a_straight_path_has_the_length_that_it_is_given(length, angle):
    kernel = camera.path_kernel(length, np.full(20, angle)).astype(np.float64)
    y, x = np.mgrid[: kernel.shape[0], : kernel.shape[1]] - kernel.shape[0] // 2
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    assert kernel.sum() == pytest.approx(1)
    # A line of length L has variance L^2 / 12; spreading a point over its neighbours adds at most 1/4 per axis.
    assert (kernel * along**2).sum() == pytest.approx(length**2 / 12, abs=0.25)
    assert (kernel * across**2).sum() <= 0.25


def second_moment(kernel):
    """About the centre of a (k, k) kernel, x and y together, pixels squared."""
    y, x = np.mgrid[: kernel.shape[0], : kernel.shape[1]] - kernel.shape[0] // 2
    weights = kernel.astype(np.float64) / kernel.sum(dtype=np.float64)
    assert abs(float((weights * x).sum())) < 1e-3
    assert abs(float((weights * y).sum())) < 1e-3
    return float((weights * (x**2 + y**2)).sum())


@pytest.mark.parametrize("length", [0.15, 0.4, 1.0, 1.7, 3.0, 6.5, 12.0, 41.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, math.pi / 4, 1.2, 2.6])
def test_a_straight_path_has_its_stated_second_moment(length, angle):
    kernel = camera.path_kernel(length, np.full(20, angle))
    assert second_moment(kernel) == pytest.approx(length**2 / 12, rel=0.02)
    assert kernel.min() >= 0


@pytest.mark.parametrize("length", [0.5, 2.0, 8.0, 25.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_walk_has_the_second_moment_of_its_path(length, seed):
    angles = np.cumsum(np.random.default_rng(seed).normal(0, math.radians(30), 20))
    fine = np.repeat(np.stack([np.cos(angles), np.sin(angles)], axis=1), 400, axis=0) * length / 8000
    points = np.cumsum(fine, axis=0)
    stated = float(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert second_moment(camera.path_kernel(length, angles)) == pytest.approx(stated, rel=0.02)


@pytest.mark.parametrize(("px_per_s", "time_s"), [(40.0, 0.05), (300.0, 0.02), (300.0, 0.1)])
def test_a_point_of_light_is_spread_as_wide_as_the_hand_moved(px_per_s, time_s):
    """Through the step itself, and both ways of convolving: small kernels and large ones."""
    point = np.zeros((101, 101, 3), np.float32)
    point[50, 50] = 1
    view = viewed(point, short_px=101)
    shot = Exposed(view.pixels, view.light, view.camera, Exposure(time_s, 1.0, (1.0, 1.0, 1.0)))
    out = camera.tremor(shot, np.random.default_rng(2), px_per_s=px_per_s, path="line").pixels[..., 1]
    assert out.sum() == pytest.approx(1, rel=1e-3)
    length = px_per_s * time_s / view.camera.binning
    assert second_moment(out) == pytest.approx(length**2 / 12, rel=0.02)


def test_no_motion_no_blur():
    assert camera.path_kernel(0.05, np.zeros(20)).tolist() == [[1.0]]


def test_a_darker_scene_blurs_more():
    blurs = []
    for lux in (20000.0, 2000.0, 500.0):
        view = viewed(slanted(64, 0.1) * 0.3, lux=lux)
        shot = camera.meter(view, **{**METER, "hand_time_s": 0.1})
        moved = camera.tremor(shot, np.random.default_rng(1), px_per_s=100.0, path="line")
        blurs.append(float(np.abs(np.diff(moved.pixels[:, :, 1], axis=1)).max()))
    assert blurs[0] > blurs[1] > blurs[2]


@pytest.mark.parametrize("length", [3.0, 20.0])
def test_convolution_equals_the_slow_reference(length):
    rng = np.random.default_rng(3)
    pixels = rng.random((40, 50, 3), dtype=np.float32)
    kernel = camera.path_kernel(length, np.cumsum(rng.normal(0, 0.5, 20)))
    slow = np.stack(
        [ndimage.convolve(pixels[:, :, c].astype(float), kernel.astype(float), mode="mirror") for c in range(3)], 2
    )
    assert camera.convolve(pixels, kernel) == pytest.approx(slow, abs=1e-5)


def test_tremor_moves_as_far_as_speed_and_time_say():
    view = viewed(flat(65, 65, 0.0))
    view.pixels[32, 32] = 1.0
    shot = Exposed(view.pixels, view.light, view.camera, Exposure(0.1, 1.0, (1.0, 1.0, 1.0)))
    spot = camera.tremor(shot, np.random.default_rng(5), px_per_s=120.0, path="line").pixels[:, :, 1].astype(float)
    y, x = np.mgrid[:65, :65] - 32
    total = (spot * x**2).sum() + (spot * y**2).sum()
    assert math.sqrt(12 * (total - 1 / 3)) == pytest.approx(12.0, rel=0.05)
