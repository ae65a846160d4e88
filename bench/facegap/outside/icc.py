"""Colour profiles without what they say of a screen, a camera or whoever calibrated it."""

from __future__ import annotations

import struct

_HEADER = 128
_UNSAID = ((4, 8), (24, 36), (40, 44), (48, 56), (80, 128))
"""Of the header (ICC.1:2022, 7.2): module, date, platform, maker and model, creator, digest and what is reserved."""

_MATRIX = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"bkpt", b"chad")
_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2")
_COLOUR = frozenset((*_MATRIX, *_TABLES))
_NUMBERS = frozenset((b"XYZ ", b"curv", b"para", b"sf32", b"mft1", b"mft2", b"mAB ", b"mBA "))
"""Types of tags that hold numbers and no text."""


class NotPlain(Exception):
    """A file that is not taken apart here."""


def plain_profile(data: bytes) -> bytes:
    """The profile with the tags that colours depend on, and a description that says nothing.

    Raises:
        NotPlain: it is damaged, or a tag is of a kind that may hold text.
    """
    if len(data) < _HEADER + 4 or data[36:40] != b"acsp":
        raise NotPlain
    count = int.from_bytes(data[_HEADER : _HEADER + 4], "big")
    if count > 200 or len(data) < _HEADER + 4 + 12 * count:
        raise NotPlain
    entries = [struct.unpack_from(">4sII", data, _HEADER + 4 + 12 * k) for k in range(count)]
    tags = {name: data[at : at + size] for name, at, size in entries if name in _COLOUR}
    if any(tag[:4] not in _NUMBERS for tag in tags.values()):
        raise NotPlain
    header = bytearray(data[:_HEADER])
    for start, end in _UNSAID:
        header[start:end] = bytes(end - start)
    return _profile(header, {b"desc": _description(header[8]), b"cprt": _copyright(header[8]), **tags})


def _profile(header: bytearray, tags: dict[bytes, bytes]) -> bytes:
    at = _HEADER + 4 + 12 * len(tags)
    table, body = [struct.pack(">I", len(tags))], []
    for name, tag in tags.items():
        padded = tag + bytes(-len(tag) % 4)
        table.append(struct.pack(">4sII", name, at, len(tag)))
        body.append(padded)
        at += len(padded)
    header[:4] = struct.pack(">I", at)
    return bytes(header) + b"".join(table) + b"".join(body)


_MANY = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, 2, 28) + b"\0-"


def _description(version: int) -> bytes:
    return _MANY if version >= 4 else b"desc" + struct.pack(">II", 0, 2) + b"-\0" + bytes(8 + 3 + 67)


def _copyright(version: int) -> bytes:
    return _MANY if version >= 4 else b"text\0\0\0\0-\0"
