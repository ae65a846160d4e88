"""Frames of a video selfie through one H.264 stream, by PyAV where the `video` extra is installed."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from facegap.conditions.stages import Bytes8
from facegap.errors import InputError, MissingError

_OPTIONS = {"preset": "veryfast", "tune": "zerolatency", "threads": "1"}
"""A phone's encoder does not wait for later frames: no B-frames. One thread, so that the stream is repeatable."""


def h264(pictures: Sequence[Bytes8], kbit_s: float, frames_per_s: float) -> list[Bytes8]:
    """The frames as they come out of an H.264 stream (4:2:0) of that rate, in order and in number as they went in.

    For frames that no codec has seen: a card whose last step is `isp` or `resize`.

    Raises:
        MissingError: PyAV is not installed.
        InputError: no frames, frames of different sizes, or a rate that is not above 0.
    """
    if not pictures or len({picture.shape for picture in pictures}) > 1:
        raise InputError(f"h264: expected frames of one size, found {sorted({p.shape for p in pictures})}")
    if kbit_s <= 0 or frames_per_s <= 0:
        raise InputError(f"h264: expected rates above 0, found {kbit_s:g} kbit/s and {frames_per_s:g} frames/s")
    try:
        av = importlib.import_module("av")
    except ImportError:
        raise MissingError("h264: PyAV is not installed; pip install 'facegap[video]'") from None
    height, width = pictures[0].shape[:2]
    stream = _encoded(av, pictures, kbit_s, frames_per_s)
    with av.open(stream) as file:
        decoded = [frame.to_ndarray(format="rgb24")[:height, :width] for frame in file.decode(video=0)]
    return [np.ascontiguousarray(picture) for picture in decoded]


def _encoded(av: Any, pictures: Sequence[Bytes8], kbit_s: float, frames_per_s: float) -> io.BytesIO:
    """One MP4 file; 4:2:0 needs even sizes, so an odd one grows by a copy of its last row or column."""
    height, width = pictures[0].shape[:2]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=Fraction(frames_per_s).limit_denominator(1000), options=_OPTIONS)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt, stream.bit_rate = "yuv420p", round(1000 * kbit_s)
        for picture in pictures:
            even = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")))
        file.mux(stream.encode(None))
    buffer.seek(0)
    return buffer
