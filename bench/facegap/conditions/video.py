"""A selfie video through H.264: the frames of an attempt as a phone codes them and a server decodes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module, metadata
from importlib.util import find_spec
from types import ModuleType
from typing import Annotated

import cv2
import numpy as np

from facegap.cards import ConditionCard
from facegap.conditions import codec
from facegap.conditions.parameters import Range
from facegap.conditions.selfie import FRAMES_PER_SECOND
from facegap.conditions.stages import Bytes8, Photo
from facegap.errors import MissingError

_WORST = 51
"""The largest constant rate factor of H.264's eight bits: the smallest file."""

_SETTINGS = {
    "preset": "veryfast",
    "tune": "zerolatency",
    "x264-params": "threads=1:lookahead-threads=1:8x8dct=0",
}
"""One frame in, one frame out: no frame refers to a later one, as in a phone's own encoder. Without 8 x 8 transforms it
is H.264's main profile. One thread, so that the same version gives the same bytes everywhere."""


def require(card: ConditionCard) -> None:
    """That what the condition's steps need is installed.

    Raises:
        MissingError: a step codes H.264, and PyAV is not there.
    """
    if not installed(card):
        raise MissingError(f"condition '{card.name}': h264: needs PyAV, which is not installed; install facegap[video]")


def installed(card: ConditionCard) -> bool:
    """Whether what the condition's steps need is on this machine."""
    return not filmed_by(card) or find_spec("av") is not None


def filmed_by(card: ConditionCard) -> bool:
    """Whether the frames of a video selfie go through the condition as one video."""
    return any(step.step == "h264" for step in card.steps)


def version(card: ConditionCard) -> str:
    """The version of PyAV where the condition's pixels depend on it, else ""."""
    return metadata.version("av") if filmed_by(card) else ""


def h264(photo: Photo, *, crf: Annotated[int, Range("", 1, _WORST)]) -> Photo:
    """Through H.264 (x264, main profile, constant rate factor `crf`); the frames of a video selfie as one video.

    A picture that is sent alone is a video of one frame. Frames are those that the app takes out of its video, five a
    second, so the file has no others. An upload cap behind this step raises the rate factor until the video fits.
    """
    return filmed([photo], crf=crf)[0]


def filmed(photos: Sequence[Photo], *, crf: int, max_bytes: int | None = None) -> list[Photo]:
    """The frames of one video, in order, each decoded again; of one size, and each with its share of the video's bytes.

    Args:
        photos: the frames.
        crf: constant rate factor, 1 to 51; a larger one where `max_bytes` asks for it, and then smaller frames.
        max_bytes: of the phone's file.

    Raises:
        MissingError: PyAV is not installed.
    """
    while True:
        chosen = _fitting(photos, crf, max_bytes)
        if chosen is not None:
            return _received(photos, chosen)
        photos = [codec.smaller(photo) for photo in photos]


def _fitting(photos: Sequence[Photo], crf: int, max_bytes: int | None) -> int | None:
    """The least rate factor from `crf` on whose video fits, None where none does; a bisection."""
    if max_bytes is None or _size(photos, crf) <= max_bytes:
        return crf
    if _size(photos, _WORST) > max_bytes:
        return None
    low, high = crf, _WORST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _size(photos, middle) <= max_bytes else (middle, high)
    return high


def _size(photos: Sequence[Photo], crf: int) -> int:
    """Bytes of the phone's video, estimated as those of its pictures are (`codec.size_of`)."""
    file = b"".join(encode([photo.pixels for photo in photos], crf))
    return codec.size_of(file, photos[0].scale)


def _received(photos: Sequence[Photo], crf: int) -> list[Photo]:
    fine = [codec.fine(photo) for photo in photos]
    packets = encode(fine, crf)
    share, file = math.ceil(_size(photos, crf) / len(photos)), b"".join(packets)
    return [
        replace(photo, pixels=codec.with_errors(photo.pixels, sent, arrived), file=file, size=share)
        for photo, sent, arrived in zip(photos, fine, decode(packets, fine[0].shape[:2]), strict=True)
    ]


def encode(frames: Sequence[Bytes8], crf: int) -> list[bytes]:
    """A packet of H.264 for each of the (h, w, 3) uint8 sRGB frames.

    Raises:
        MissingError: PyAV is not installed.
    """
    av = _av()
    height, width = frames[0].shape[:2]
    writer = av.CodecContext.create("libx264", "w")
    # 4:2:0 halves both sides, and a macroblock is 16 pixels wide.
    writer.width, writer.height = max(16, width + width % 2), max(16, height + height % 2)
    writer.pix_fmt, writer.thread_count = "yuv420p", 1
    writer.framerate = Fraction(FRAMES_PER_SECOND)
    writer.time_base = 1 / writer.framerate
    writer.options = {**_SETTINGS, "crf": str(crf)}
    packets: list[bytes] = []
    for number, pixels in enumerate(frames):
        bordered = cv2.copyMakeBorder(pixels, 0, writer.height - height, 0, writer.width - width, cv2.BORDER_REPLICATE)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(bordered), format="rgb24")
        frame.pts = number
        packets += [bytes(packet) for packet in writer.encode(frame)]
    return packets + [bytes(packet) for packet in writer.encode(None)]


def decode(packets: Sequence[bytes], shape: tuple[int, int]) -> list[Bytes8]:
    """The (h, w, 3) uint8 sRGB frames of H.264 packets, cut to `shape`, h and w."""
    av = _av()
    reader = av.CodecContext.create("h264", "r")
    reader.thread_count = 1
    frames = [frame for packet in packets for frame in reader.decode(av.Packet(packet))]
    frames += reader.decode(None)
    pixels = (frame.to_ndarray(format="rgb24") for frame in frames)
    return [np.ascontiguousarray(one[: shape[0], : shape[1]], dtype=np.uint8) for one in pixels]


def _av() -> ModuleType:
    try:
        return import_module("av")
    except ImportError:
        raise MissingError("h264: needs PyAV, which is not installed; install facegap[video]") from None
