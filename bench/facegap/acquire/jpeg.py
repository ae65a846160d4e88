"""Whether a JPEG holds all of its picture: libjpeg fills what is missing with grey and says nothing.

A decoder that has all it needs never looks at bytes beyond the end of a scan, so that bytes added there change no
pixel; one that has run out takes them for the picture. And where the last bytes of the picture's data can be replaced
without a change, the decoder was done before it came to them: it lost its place in damaged data.
"""

from __future__ import annotations

import io
import re

import numpy as np
import numpy.typing as npt
from PIL import Image

SPARE = 16
"""Bytes after the last coded block that some cameras leave there, and that are no damage."""

_MORE = 96
_SCAN, _END = 0xDA, 0xD9
_NO_LENGTH = (0x01, *range(0xD0, 0xD9))
_SHAPES_PIXELS = (0xDB, 0xC4, 0xCC, 0xDD, 0xDA, 0xE0, 0xEE, *range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC))
"""Markers that a decoder needs: tables, frames, scans, restart interval, JFIF and Adobe. Others are left away."""

_PROGRESSIVE = (0xC2, 0xC6, 0xCA)
_NEXT_MARKER = re.compile(rb"\xff+([\x01-\xfe])")


def missing_part(data: bytes) -> str:
    """What is wrong with the coded data of the JPEG in `data`, which a decoder takes; "" where all of it is there."""
    segments, scans, progressive = _parsed(data)
    if not scans:
        return ""

    def same(changed: list[bytes], small: bool) -> bool:
        try:
            return np.array_equal(_pixels(segments, scans, small), _pixels(segments, changed, small))
        except Exception:  # what a decoder cannot take at all is not the same picture
            return False

    filler = bytes(np.random.default_rng(0).integers(0, 255, _MORE, dtype=np.uint8))  # 255 would start a marker
    longer = [scan + filler for scan in scans]
    longer[-1] += _next_restart(segments, scans[-1]) + filler
    if (progressive and not _refined(segments)) or not same(longer, small=not progressive):
        return "part of the picture's data is missing"
    replaced = [*scans[:-1], scans[-1][:-SPARE] + filler[:SPARE]]
    if len(scans[-1]) > 2 * SPARE and same(replaced, small=True) and same(replaced, small=False):
        return "part of the picture's data is damaged: some of it is left over"
    return ""


def _parsed(data: bytes) -> tuple[list[bytes], list[bytes], bool]:
    """Segments that shape pixels with the place of each scan's data (an empty entry), that data, and whether it is
    progressive. Of a file with several pictures only the first is looked at."""
    segments: list[bytes] = [b"\xff\xd8"]
    scans: list[bytes] = []
    progressive, at = False, 2
    while (marker := _NEXT_MARKER.search(data, at)) is not None:
        code, at = marker[1][0], marker.end()
        if code == _END:
            break
        if code in _NO_LENGTH:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        progressive |= code in _PROGRESSIVE
        if code in _SHAPES_PIXELS:
            segments.append(b"\xff" + bytes([code]) + data[at : at + length])
        at += max(length, 2)
        if code == _SCAN:
            for part, end in _coded(data, at):
                scans.append(part)
                segments.append(b"")
                at = end
    return segments, scans, progressive


def _next_restart(segments: list[bytes], part: bytes) -> bytes:
    """The restart marker that would follow a part, which opens with its own but for the first; "" without restarts."""
    if not any(segment[1:2] == b"\xdd" and segment[4:6] != b"\0\0" for segment in segments):
        return b""
    opens = part[:1] == b"\xff" and 0xD0 <= part[1] <= 0xD7
    return bytes([0xFF, 0xD0 + (part[1] - 0xD0 + 1) % 8 if opens else 0xD0])


def _refined(segments: list[bytes]) -> bool:
    """Whether the scans of a progressive picture bring every coefficient of every component to its last bit."""
    left: dict[int, set[int]] = {}
    for segment in segments:
        if segment[1:2] and segment[1] in _PROGRESSIVE:
            left = {segment[at]: set(range(64)) for at in range(10, min(len(segment), 10 + 3 * segment[9]), 3)}
        elif segment[1:2] == b"\xda" and len(segment) >= 8 + 2 * segment[4]:
            count = segment[4]
            first, last, bits = segment[5 + 2 * count : 8 + 2 * count]
            for component in segment[5 : 5 + 2 * count : 2]:
                if bits & 15 == 0:
                    left.get(component, set()).difference_update(range(first, last + 1))
    return not any(left.values())


def _coded(data: bytes, start: int) -> list[tuple[bytes, int]]:
    """The coded data of one scan, cut at its restart markers (each opens its part), with where each part ends."""
    parts, begin = [], start
    for marker in _NEXT_MARKER.finditer(data, start):
        parts.append((data[begin : marker.start()], marker.start()))
        begin = marker.start()
        if not 0xD0 <= marker[1][0] <= 0xD7:
            return parts
    return [*parts, (data[begin:], len(data))]


def _pixels(segments: list[bytes], scans: list[bytes], small: bool) -> npt.NDArray[np.uint8]:
    """The decoded picture, or at an eighth of its size, which reads as much data and is faster."""
    waiting = iter(scans)
    data = b"".join(segment or next(waiting) for segment in segments) + b"\xff\xd9"
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        if small:
            image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        return np.asarray(image)
