"""The sensor: photon transfer, read-noise floor, patterns, clipping, and its generator against exact distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from facegap.conditions import colour, noise, sensor
from facegap.conditions.stages import Raw
from shots import SENSOR, exposed, flat


def read(pixels, electrons, seed=0, gain=1.0, short_px=None, optics=None, **given) -> Raw:
    shot = exposed(pixels, electrons, gain, short_px, **(optics or {}))
    return sensor.sensor(shot, np.random.default_rng(seed), **{**SENSOR, **given})


def greens(raw: Raw) -> np.ndarray:
    """Values behind the green filter, black level taken off."""
    found = raw.values[:, :, 1] if raw.values.ndim == 3 else np.stack([raw.values[0::2, 1::2], raw.values[1::2, 0::2]])
    return found.astype(np.float64).ravel() - raw.black


def test_splitmix64_gives_its_published_numbers():
    # Of seed 0, from the reference implementation of Vigna (2015).
    golden = 0x9E3779B97F4A7C15
    states = [np.uint64(golden * k % 2**64) for k in (1, 2, 3)]
    assert [int(noise.bits(s)) % 2**64 for s in states] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_normal_numbers_are_as_normal_as_documented():
    x = noise.normals(11, 2000, 1000).ravel().astype(np.float64)
    assert abs(x.mean()) < 0.003
    assert x.var() == pytest.approx(1, abs=0.004)
    assert stats.skew(x) == pytest.approx(0, abs=0.006)
    assert stats.kurtosis(x) == pytest.approx(-0.04, abs=0.015)
    assert stats.kstest(x, "norm").statistic < 0.003  # 0.002 and the sampling error of 2 million


def test_the_documented_distance_from_the_normal_distribution():
    """Exactly: the distribution function of (binomial(52, 1/2) - 26 + uniform on one step) / sqrt(13 + 1/12)."""
    z = np.linspace(-6, 6, 4001)
    place = z * math.sqrt(13 + 1 / 12) + 26 + 0.5
    low = np.floor(place)
    ours = stats.binom.cdf(low - 1, 52, 0.5) + (place - low) * stats.binom.pmf(low, 52, 0.5)
    assert np.abs(ours - stats.norm.cdf(z)).max() < 0.002


def test_neighbouring_numbers_rows_and_seeds_are_uncorrelated():
    x = noise.normals(3, 1000, 1000).astype(np.float64)
    assert abs(np.corrcoef(x[:, 1:].ravel(), x[:, :-1].ravel())[0, 1]) < 0.004
    assert abs(np.corrcoef(x[1:].ravel(), x[:-1].ravel())[0, 1]) < 0.004
    assert abs(np.corrcoef(x.ravel(), noise.normals(4, 1000, 1000).ravel())[0, 1]) < 0.004


@pytest.mark.parametrize("mean", [0.1, 2.0, 15.0])
def test_poisson_numbers_have_their_distribution(mean):
    draws = np.array([noise.poisson(np.uint64(k * 0x9E3779B97F4A7C15 % 2**64), mean) for k in range(20_000)])
    assert draws.mean() == pytest.approx(mean, rel=0.03, abs=0.01)
    assert draws.var() == pytest.approx(mean, rel=0.04, abs=0.01)
    assert np.mean(draws == 0) == pytest.approx(math.exp(-mean), abs=0.01)


@pytest.mark.parametrize(
    ("light", "floor"), [(2.6, 1.3), (5.0, 1.3), (12.0, 0.5), (300.0, 2.0), (0.0, 2.0), (0.8, 0.2)]
)
def test_noise_has_the_distribution_of_poisson_and_normal_together(light, floor):
    """At the edge of the skewness limit, far from it, in the dark, and where the Poisson number is drawn exactly."""
    count = 400_000
    out = np.empty(count, np.float32)
    normals = noise.normals(5, 1, count)[0]
    sensor.read_out(
        np.full(count, light, np.float32), normals, np.ones(count, np.float32), 0.0, floor, np.uint64(9), out
    )
    grid = np.linspace(light - 4 * math.sqrt(light + floor**2), light + 5 * math.sqrt(light + floor**2), 400)
    counts = np.arange(0, int(light + 10 * math.sqrt(light + 1)) + 10)
    exact = (stats.poisson.pmf(counts, light)[:, None] * stats.norm.cdf((grid[None, :] - counts[:, None]) / floor)).sum(
        0
    )
    ours = np.searchsorted(np.sort(out), grid, side="right") / count
    assert np.abs(ours - exact).max() < 0.01
    assert out.mean() == pytest.approx(light, abs=5 * math.sqrt((light + floor**2) / count))
    assert out.var() == pytest.approx(light + floor**2, rel=0.012)


@pytest.mark.parametrize("gain", [1.0, 4.0])
@pytest.mark.parametrize("short_px", [200, 800])
def test_photon_transfer_has_slope_one_over_gain_and_the_stated_floor(gain, short_px):
    """Variance against mean of flat fields, green filter: slope = codes per electron, intercept = read noise."""
    levels = np.array([20, 100, 300, 600, 1000, 1400])
    means, variances = [], []
    for seed, level in enumerate(levels):
        raw = read(flat(200, 300, 1.0), float(level), seed, gain, short_px)
        values = greens(raw)
        means.append(values.mean())
        variances.append(values.var())
    slope, intercept = np.polyfit(means, variances, 1)
    dark = greens(read(flat(400, 400, 0.0), 1.0, 77, gain, 2 * short_px)).var()
    per_electron = 1 / raw.electrons
    # A simulated pixel with whole filter blocks has half of its charge behind green, so its mean is twice as noisy.
    spread = 2.0 if raw.values.ndim == 3 else 1.0
    assert slope == pytest.approx(spread * per_electron, rel=0.03)
    floor = spread * (3.0**2 * (short_px / 200) ** 2) * per_electron**2 + 1 / 12
    assert dark == pytest.approx(floor, rel=0.03)
    assert intercept == pytest.approx(floor, abs=0.03 * max(variances))


def test_the_mean_is_the_expected_number_of_electrons():
    raw = read(flat(200, 200, 0.5), 1000.0, 1)
    assert greens(raw).mean() * raw.electrons == pytest.approx(500, rel=0.01)
    red = (raw.values[0::2, 0::2].mean() - raw.black) * raw.electrons
    blue = (raw.values[1::2, 1::2].mean() - raw.black) * raw.electrons
    assert (red, blue) == pytest.approx((500 / 2.15, 500 / 1.7), rel=0.02)


def test_dark_current_adds_noise_and_no_signal():
    shot = exposed(flat(200, 200, 0.0), 3000.0)
    raw = sensor.sensor(shot, np.random.default_rng(0), **{**SENSOR, "dark_current": 5000.0})
    values = greens(raw)
    assert abs(values.mean()) < 5 * values.std() / math.sqrt(values.size)
    expected = (9 + 5000 * shot.exposure.time_s) / raw.electrons**2 + 1 / 12
    assert values.var() == pytest.approx(expected, rel=0.03)


def test_prnu_is_one_pattern_of_the_stated_size():
    frames = [greens(read(flat(100, 100, 1.0), 4000.0, seed, prnu=0.05)) for seed in range(30)]
    mean = np.mean(frames, axis=0)
    assert mean.std() / mean.mean() == pytest.approx(0.05, rel=0.05)
    assert np.corrcoef(frames[0], frames[1])[0, 1] > 0.8


def test_row_noise_is_shared_by_a_row():
    raw = read(flat(600, 400, 0.0), 1.0, 2, read_noise=0.5, row_noise=4.0)
    rows = raw.values.astype(np.float64).mean(axis=1) * raw.electrons
    assert rows.std() == pytest.approx(4.0, rel=0.1)


def test_a_full_well_is_full_scale_and_no_light_is_the_black_level():
    raw = read(flat(20, 20, 10.0), 6000.0)
    assert np.all(raw.values == raw.white)
    dark = read(flat(200, 200, 0.0), 1.0)
    assert dark.values.mean() == pytest.approx(dark.black + 0.0, abs=0.3)
    assert dark.black == pytest.approx(0.0625 * (2**14 - 1))


@pytest.mark.parametrize("short_px", [32, 320])
@pytest.mark.parametrize("method", ["bilinear", "edge-aware"])
def test_a_flat_field_stays_flat_and_keeps_its_colour(method, short_px):
    colourful = (0.5, 0.3, 0.2)
    raw = read(flat(32, 40, colourful), 5e3, read_noise=0.0, short_px=short_px, optics={"full_well": 2e5})
    level = float(np.median(greens(raw)))
    quiet = np.zeros_like(raw.values)
    for channel, rgb in enumerate(colour.CHANNELS * (colour.rgb_to_camera() @ np.array(colourful))):
        value = round(raw.black + rgb * 5e3 * (short_px / 32) ** 2 / raw.electrons)
        if quiet.ndim == 3:
            quiet[:, :, channel] = value
        else:
            rows, columns = np.indices(quiet.shape)
            quiet[(rows & 1) + (columns & 1) == channel] = value
    still = Raw(
        values=quiet,
        black=raw.black,
        white=raw.white,
        electrons=raw.electrons,
        floor=0.0,
        binning=raw.binning,
        exposure=raw.exposure,
    )
    out = sensor.demosaic(still, method=method)
    planes = np.stack([out.luma, out.red, out.blue])
    assert np.ptp(planes.reshape(3, -1), axis=1) == pytest.approx(0, abs=1e-6)
    scale = 5e3 / 2e5
    luminance = float(np.dot(colour.LUMINANCE, colourful))
    expected = scale * np.array([luminance, 0.5 - luminance, 0.2 - luminance])
    assert planes[:, 0, 0] == pytest.approx(expected, abs=3e-4)
    assert level > 0


def test_bilinear_demosaicing_equals_the_slow_reference():
    rng = np.random.default_rng(0)
    mosaic = rng.integers(0, 4000, (12, 14)).astype(np.uint16)
    out = sensor._interpolated(mosaic, "bilinear").astype(int)
    rows, columns = np.indices(mosaic.shape)
    channel = np.asarray((rows & 1) + (columns & 1))
    for y in range(1, 11):
        for x in range(1, 13):
            near = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
            for c in range(3):
                if channel[y, x] == c:
                    expected = float(mosaic[y, x])
                else:
                    same = [p for p in near if channel[p] == c and (c != 1 or abs(p[0] - y) + abs(p[1] - x) == 1)]
                    expected = float(np.mean([mosaic[p] for p in same]))
                assert abs(out[y, x, c] - expected) <= 1


def test_the_noise_model_of_the_isp_is_that_of_the_sensor():
    """Variance of Y, R - Y and B - Y of a grey field, as the denoiser will be told, against what is there."""
    for short_px in (300, 1200):
        raw = read(flat(300, 400, 0.4), 2000.0, 3, short_px=short_px)
        out = sensor.demosaic(raw, method="bilinear")
        for plane, (shot, floor) in zip((out.luma, out.red, out.blue), out.noise, strict=True):
            expected = shot * float(out.luma.mean()) + floor
            assert plane[2:-2, 2:-2].var() == pytest.approx(expected, rel=0.1)


def test_a_grey_card_under_a_coloured_light_is_neutral_after_full_white_balance():
    from facegap.conditions import camera
    from shots import METER, OPTICS, lit

    for share in (0.0, 0.5, 1.0):
        scene = lit(flat(16, 16, 0.18), kelvin=2700, locus="planck")
        shot = camera.meter(camera.camera(scene, short_px=16, **OPTICS), **{**METER, "white_balance": share})
        raw = sensor.sensor(shot, np.random.default_rng(0), **{**SENSOR, "read_noise": 0.0})
        out = sensor.demosaic(raw, method="bilinear")
        n, w = np.array(shot.exposure.neutral), colour.camera_neutral(scene.light.white)
        expected = colour.DIFFERENCES @ colour.camera_to_rgb() @ (0.18 * w / n)
        planes = np.array([out.luma.mean(), out.red.mean(), out.blue.mean()])
        assert planes == pytest.approx(expected, abs=0.006)
        if share == 1.0:
            assert expected == pytest.approx([0.18, 0, 0], abs=1e-9)
