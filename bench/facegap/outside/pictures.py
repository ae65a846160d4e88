"""Pictures as they may be handed over: the pixels as they are coded, and nothing that is said of them."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from facegap import acquire, signatures
from facegap.outside.icc import NotPlain, plain_profile

_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_SCAN, _END = 0xDA, 0xD9
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
"""Square pixels, no thumbnail."""

_ICC, _ICC_PART = b"ICC_PROFILE\0", 65_000

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP")
"""Chunks without which the pixels would be others."""

_WEBP_KEPT = (b"VP8 ", b"VP8L", b"ALPH", b"VP8X")
_WEBP_TOLD = 0x08 | 0x04 | 0x02
"""Flags of VP8X: EXIF, XMP, animation."""

_ORIENTATION = 0x0112


Pixels = npt.NDArray[np.uint8]


def plain_picture(data: bytes, pixels: Pixels) -> tuple[str, bytes]:
    """The ending of a picture's file by its content, and its bytes without metadata.

    JPEG, PNG and WebP keep their coded pixels, orientation, and the numbers of their colour profile; EXIF, XMP,
    comments, thumbnails, second pictures and whatever lies behind the picture go. Of other kinds, and where what is
    left would be decoded to other pixels, the decoded picture is kept, losslessly, as PNG.

    Args:
        data: the file.
        pixels: (h, w, 3) uint8 sRGB, what it is decoded to.
    """
    kind = signatures.kind_of(data[: signatures.HEAD])
    if kind in _STRIP:
        ending, strip = _STRIP[kind]
        try:
            plain = strip(data, _orientation(data))
            if np.array_equal(acquire.decode(plain), pixels):
                return ending, plain
        except (NotPlain, acquire.Unreadable):
            pass
    return "png", as_png(pixels)


def as_png(pixels: Pixels) -> bytes:
    """(h, w, 3) uint8 sRGB as the bytes of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _orientation(data: bytes) -> int:
    """How the picture is to be turned, by its EXIF; 1 where it says nothing that can be read."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF says nothing
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _exif(orientation: int) -> bytes:
    """EXIF that says how the picture is to be turned, and nothing else."""
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0) + b"\0\0\0\0"


def _jpeg(data: bytes, orientation: int) -> bytes:
    told = b"Exif\0\0" + _exif(orientation)
    head = [b"\xff\xd8", _segment(0xE1, told) if orientation != 1 else b""]
    body = []
    jfif, profile = False, b""
    for marker, segment, scan in _segments(data):
        if marker == 0xE0:
            jfif = jfif or segment.startswith(b"JFIF\0")
        elif marker == 0xE2 and segment.startswith(_ICC):
            # The parts of a long profile, in their order.
            profile += segment[len(_ICC) + 2 :]
        elif not 0xE0 <= marker <= 0xFE or marker == 0xF7 or (marker == 0xEE and segment.startswith(b"Adobe")):
            body += [_segment(marker, segment), scan]
    colours = _in_segments(plain_profile(profile)) if profile else b""
    return b"".join([head[0], _JFIF if jfif else b"", *head[1:], colours, *body, b"\xff\xd9"])


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def _in_segments(profile: bytes) -> bytes:
    parts = [profile[at : at + _ICC_PART] for at in range(0, len(profile), _ICC_PART)]
    numbered = (_ICC + bytes((k, len(parts))) + part for k, part in enumerate(parts, start=1))
    return b"".join(_segment(0xE2, content) for content in numbered)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, content, and coded pixels behind it, of each segment up to the end of the first picture."""
    at = 2
    while True:
        found = _JPEG_MARKER.match(data, at)
        if found is None:
            raise NotPlain
        marker, at = found[1][0], found.end()
        if marker == _END:
            return
        if marker == 0x01:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            raise NotPlain
        segment, at = data[at + 2 : at + length], at + length
        scan = b""
        if marker == _SCAN:
            following = _JPEG_MARKER.search(data, at)
            if following is None:
                raise NotPlain
            scan, at = data[at : following.start()], following.start()
        yield marker, segment, scan


def _png(data: bytes, orientation: int) -> bytes:
    parts = [_PNG_START]
    at = len(_PNG_START)
    while True:
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if len(kind) < 4 or end > len(data):
            raise NotPlain
        if kind in _PNG_KEPT:
            parts.append(data[at:end])
        if kind == b"iCCP":
            parts.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(plain_profile(_unpacked(data[at + 8 : end - 4])))))
        if kind == b"IHDR" and orientation != 1:
            parts.append(_chunk(b"eXIf", _exif(orientation)))
        if kind == b"IEND":
            return b"".join(parts)
        at = end


def _unpacked(content: bytes) -> bytes:
    """The profile in an iCCP chunk: a name, 0, the way it is packed, and it."""
    _, _, packed = content.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE)
    except zlib.error:
        raise NotPlain from None


_LARGEST_PROFILE = 1 << 24


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _webp(data: bytes, orientation: int) -> bytes:
    if orientation != 1:
        raise NotPlain
    parts, at = [], 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + length]
        if len(content) < length or kind == b"ANMF":
            raise NotPlain
        if kind == b"VP8X" and content:
            content = bytes((content[0] & ~_WEBP_TOLD & 0xFF,)) + content[1:]
        if kind == b"ICCP":
            content = plain_profile(content)
        if kind in (*_WEBP_KEPT, b"ICCP"):
            parts.append(kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))
        at += 8 + length + length % 2
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_STRIP = {"JPEG": ("jpg", _jpeg), "PNG": ("png", _png), "WebP": ("webp", _webp)}
