"""A first look at an ONNX file that a user brings, before any library opens it.

Reads the protobuf's skeleton alone: the file must be one self-contained model, because a digest that does not cover
every weight pins nothing, and because a path to external data could name any file of the machine. Field numbers are
those of `onnx.proto3`.

Two readers of one file may differ: protobuf keeps 32 bits of a tag and of an enumeration and drops the rest. What this
reader takes is therefore a subset of what protobuf takes: a number with bits that protobuf would drop is refused, not
interpreted. The net is opened from the bytes in memory besides, with no folder for side files (`backend.open_net`).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from facegap.backend import MAX_BYTES
from facegap.errors import ModelRefused

_MAX_DEPTH = 64

_NESTED: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Message kind -> field number -> kind of the message in it; other fields are skipped."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_OPERATION, _COMPILED = 4, b"EPContext"
"""Field of a node's operation, and the operation that stands for a net compiled for one accelerator, which may lie in
another file."""

_TAG_BITS = 32


def check_onnx(path: Path) -> None:
    """Accept a self-contained ONNX model.

    Raises:
        ModelRefused: `path` is no file, too large, not an ONNX model, or keeps weights outside itself.
    """
    if not path.is_file():
        raise ModelRefused(f"{path}: no such file")
    size = path.stat().st_size
    if size == 0 or size > MAX_BYTES:
        raise ModelRefused(f"{path}: expected an ONNX model of 1 to {MAX_BYTES} bytes, found {size} bytes")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            fields = set(_walk(data, 0, size, "model", 0))
        except _External:
            raise ModelRefused(
                f"{path}: keeps weights in other files; save it as one file, so that one digest covers all of it"
            ) from None
        except _Compiled:
            raise ModelRefused(
                f"{path}: holds or names a net compiled for one accelerator (EPContext); export the net itself"
            ) from None
        except (_Malformed, IndexError):
            fields = set()
    if not {1, 7} <= fields:
        raise ModelRefused(f"{path}: not an ONNX model (no IR version and graph in it); export the net to ONNX first")


class _Malformed(Exception):
    """The bytes are not a protobuf message."""


class _External(Exception):
    """A tensor's data lie outside the file."""


class _Compiled(Exception):
    """A node stands for a compiled net."""


def _walk(data: mmap.mmap, start: int, end: int, kind: str, depth: int) -> Iterator[int]:
    """Field numbers of the message in data[start:end]; goes into the messages that can hold tensors."""
    if depth > _MAX_DEPTH:
        raise _Malformed
    at = start
    while at < end:
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        if number == 0 or key >> _TAG_BITS:
            raise _Malformed
        value, body, at = _field(data, at, end, wire)
        # Whatever a location is but a plain 0, protobuf might read it as outside.
        if kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and (wire != 0 or value != 0))):
            raise _External
        if kind == "node" and number == _OPERATION and data[body:at] == _COMPILED:
            raise _Compiled
        nested = _NESTED[kind].get(number)
        if nested is not None:
            if wire != 2:
                raise _Malformed
            for _ in _walk(data, body, at, nested, depth + 1):
                pass
        yield number


def _field(data: mmap.mmap, at: int, end: int, wire: int) -> tuple[int, int, int]:
    """Value of a varint (else 0), start of the body, and the position behind the field."""
    value = 0
    if wire == 0:
        value, behind = _varint(data, at, end)
        body = at
    elif wire == 2:
        length, body = _varint(data, at, end)
        behind = body + length
    elif wire in (1, 5):
        body, behind = at, at + (8 if wire == 1 else 4)
    else:
        raise _Malformed
    if behind > end:
        raise _Malformed
    return value, body, behind


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    """A base-128 number of at most ten bytes, and the position behind it."""
    value = 0
    for count in range(10):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, at
    raise _Malformed
