"""The ISP: flat stays flat, noise goes down, halos are bounded, and the fused loops equal a plain formula."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from facegap.colour import decode, encode
from facegap.conditions import colour, isp, light
from facegap.conditions.stages import Developed
from shots import PLAIN_ISP

QUIET = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))


def developed(rgb: np.ndarray, noise=QUIET, binning: float = 1.0) -> Developed:
    planes = (rgb @ colour.DIFFERENCES.T).astype(np.float32)
    light, first, second = (np.ascontiguousarray(planes[:, :, c]) for c in range(3))
    return Developed(luma=light, red=first, blue=second, noise=noise, binning=binning)


def noisy_grey(sigma: float, level: float = 0.2, size: int = 96) -> Developed:
    rng = np.random.default_rng(0)
    rgb = level + rng.normal(0, sigma, (size, size, 3))
    variances = (colour.DIFFERENCES**2).sum(axis=1) * sigma**2
    return developed(rgb, tuple((0.0, float(v)) for v in variances))


def linear(photo) -> np.ndarray:
    return decode(photo.pixels / 255)


@pytest.mark.parametrize("strengths", [{}, {"denoise": 3.0, "chroma_denoise": 3.0, "sharpen": 2.0, "halo": 0.5}])
def test_a_flat_field_stays_flat(strengths):
    rgb = np.broadcast_to([0.3, 0.2, 0.1], (40, 50, 3))
    out = isp.isp(developed(rgb, ((1e-3, 1e-4),) * 3), **{**PLAIN_ISP, **strengths}).pixels
    assert np.ptp(out.reshape(-1, 3), axis=0).tolist() == [0, 0, 0]
    assert np.abs(decode(out[0, 0] / 255) - [0.3, 0.2, 0.1]).max() < 0.004


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.05])
def test_denoising_removes_noise_and_more_of_it_at_more_strength(sigma):
    shot = noisy_grey(sigma)
    left = [
        float(linear(isp.isp(shot, **{**PLAIN_ISP, "denoise": s, "chroma_denoise": s})).std()) for s in (0.0, 1.0, 3.0)
    ]
    assert left[0] > 1.8 * left[1] > 1.8 * left[2]


def test_denoising_grows_with_the_noise_that_gain_brings():
    """At one strength an edge survives where the sensor says there is little noise, and is smoothed where much."""
    rgb = np.full((40, 40, 3), 0.2)
    rgb[:, 20:] = 0.24
    contrast = []
    for floor in (1e-7, 1e-3):
        out = linear(isp.isp(developed(rgb, ((0.0, floor),) * 3), **{**PLAIN_ISP, "denoise": 1.0}))
        contrast.append(out[20, 20, 1] - out[20, 19, 1])
    assert contrast[0] > 0.035 > 0.015 > contrast[1]


@pytest.mark.parametrize("halo", [0.0, 0.1, 0.3])
def test_the_halo_of_an_edge_is_bounded(halo):
    rgb = np.full((40, 60, 3), 0.1)
    rgb[:, 30:] = 0.5
    out = linear(isp.isp(developed(rgb), **{**PLAIN_ISP, "sharpen": 1.5, "halo": halo}))
    assert out.max() <= 0.5 * (1 + 1.5 * halo) + 0.005
    assert out.min() >= 0.1 * (1 - 1.5 * min(halo * 5, 1)) - 0.005
    if halo == 0.3:
        assert out.max() > 0.52


def test_sharpening_acts_on_real_pixels_only():
    rgb = np.full((40, 60, 3), 0.1)
    rgb[:, 30:] = 0.5
    sharp = {**PLAIN_ISP, "sharpen": 1.5, "halo": 0.5}
    overshoot = [float(linear(isp.isp(developed(rgb, binning=b), **sharp)).max()) for b in (1.0, 3.0, 8.0)]
    assert overshoot[0] > overshoot[1] > overshoot[2] - 1e-9
    assert overshoot[2] == pytest.approx(0.5, abs=0.004)


@pytest.mark.parametrize("saturation", [0.0, 1.0, 1.5])
def test_saturation_scales_colour_and_keeps_luminance(saturation):
    rgb = np.broadcast_to([0.30, 0.22, 0.16], (8, 8, 3))
    out = linear(isp.isp(developed(rgb), **{**PLAIN_ISP, "saturation": saturation}))[0, 0]
    luminance = float(np.dot(colour.LUMINANCE, rgb[0, 0]))
    assert out == pytest.approx(luminance + saturation * (rgb[0, 0] - luminance), abs=0.003)


def test_the_fused_loops_equal_the_slow_reference():
    rng = np.random.default_rng(4)
    rgb = ndimage.gaussian_filter(rng.random((50, 62, 3)), (1.5, 1.5, 0)) * 1.4 - 0.2
    noise = ((2e-3, 1e-5),) * 3
    out = isp.isp(
        developed(rgb, noise), denoise=1.5, chroma_denoise=0.0, sharpen=0.8, halo=0.2, saturation=1.2, tone=0.6
    ).pixels

    planes = rgb @ colour.DIFFERENCES.T
    luma = planes[:, :, 0]
    mean = ndimage.uniform_filter(luma, 5, mode="mirror")
    spread = ndimage.uniform_filter(luma**2, 5, mode="mirror") - mean**2
    explained = 1.5 * (2e-3 * np.maximum(mean, 0) + 1e-5)
    smooth = mean + np.maximum(spread - explained, 0) / np.maximum(spread, explained) * (luma - mean)
    kernel = np.exp(-0.5 * np.arange(-2, 3) ** 2.0)
    blurred = ndimage.convolve1d(
        ndimage.convolve1d(smooth, kernel / kernel.sum(), 0, mode="mirror"), kernel / kernel.sum(), 1, mode="mirror"
    )
    bound = 0.2 * np.abs(blurred)
    y = smooth + 0.8 * np.clip(smooth - blurred, -bound, bound)
    r, b = 1.2 * planes[:, :, 1], 1.2 * planes[:, :, 2]
    g = (-0.2126 * r - 0.0722 * b) / 0.7152
    value = np.clip(np.stack([y + r, y + g, y + b], axis=2), 0, 1)
    slow = np.rint(light.tone_curve(encode(value), 0.6) * 255)
    assert np.abs(out - slow).max() <= 1


def test_chroma_noise_goes_down_where_there_is_no_edge():
    shot = noisy_grey(0.03)
    before, after = (linear(isp.isp(shot, **{**PLAIN_ISP, "denoise": 5.0, "chroma_denoise": s})) for s in (0.0, 3.0))
    assert (after[:, :, 0] - after[:, :, 2]).std() < 0.25 * (before[:, :, 0] - before[:, :, 2]).std()
