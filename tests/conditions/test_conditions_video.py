"""H.264 through PyAV: number, size, order, colour and rate of frames; a clear line without the extra."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest
from facegap.conditions import video
from facegap.errors import InputError, MissingError


def clip(count: int = 8, height: int = 96, width: int = 128) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    ground = cv2.resize(rng.integers(30, 220, (24, 32, 3)).astype(np.uint8), (width, height))
    frames = []
    for number in range(count):
        frame = np.roll(ground, number, axis=1)
        frame[:, : width // 4] = 25 * number
        frames.append(frame)
    return frames


def error(frames: list[np.ndarray], kbit_s: float) -> float:
    out = video.h264(frames, kbit_s, 10.0)
    return float(np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(frames, out, strict=True)]))


@pytest.mark.parametrize("size", [(96, 128), (97, 129)])
def test_as_many_frames_of_the_same_size_in_the_same_order(size):
    pytest.importorskip("av", reason="the video extra is not installed")
    frames = clip(6, *size)
    out = video.h264(frames, 2000.0, 10.0)
    assert [frame.shape for frame in out] == [frame.shape for frame in frames]
    brightness = [float(frame[:, :20].mean()) for frame in out]
    assert brightness == pytest.approx([25.0 * number for number in range(6)], abs=8)


def test_fewer_bits_are_more_error_and_the_stream_is_repeatable():
    pytest.importorskip("av", reason="the video extra is not installed")
    frames = clip()
    assert error(frames, 4000.0) < error(frames, 200.0) < error(frames, 30.0)
    one, two = (video.h264(frames, 200.0, 10.0) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_red_stays_red():
    pytest.importorskip("av", reason="the video extra is not installed")
    red = np.broadcast_to(np.array([200, 40, 40], np.uint8), (64, 64, 3)).copy()
    out = video.h264([red, red], 2000.0, 5.0)[1]
    assert out[32, 32].astype(int) == pytest.approx([200, 40, 40], abs=8)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingError, match="pip install 'facegap\\[video\\]'"):
        video.h264(clip(2), 500.0, 10.0)


@pytest.mark.parametrize(
    ("frames", "rates", "line"),
    [
        ([], (500.0, 10.0), "frames of one size, found \\[\\]"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8)], (500.0, 10.0), "frames of one size"),
        ([np.zeros((8, 8, 3), np.uint8)], (0.0, 10.0), "rates above 0"),
        ([np.zeros((8, 8, 3), np.uint8)], (500.0, -1.0), "rates above 0"),
    ],
)
def test_wrong_input_is_one_line(frames, rates, line):
    with pytest.raises(InputError, match=line):
        video.h264(frames, *rates)
