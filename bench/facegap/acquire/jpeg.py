"""Whether the coded data of a JPEG is all of one picture: libjpeg fills what is missing or damaged, and says nothing.

The data of every scan is walked through code by code, as a decoder does, without making pixels of it. What is found for
certain: data that ends early or is left over, restart markers out of order, bits that are no code, blocks with more
coefficients than they have, values that no picture of 8 bits reaches, bits that no scan brings. Damage that leaves as
many blocks of valid codes is no other than a sound file (benchmarks/damaged_jpeg.md says how much of it there is).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image

from facegap.acquire import huffman

_MISSING = "damaged image: part of the picture's data is missing"
_DAMAGED = "damaged image: part of the picture's data is damaged: "
_WORDS = {
    huffman.SHORT: _MISSING,
    huffman.SURPLUS: f"{_DAMAGED}some of it is left over",
    huffman.NO_CODE: f"{_DAMAGED}it holds bits that are no code",
    huffman.NO_BLOCK: f"{_DAMAGED}a block has more than 64 coefficients",
    huffman.NO_VALUE: f"{_DAMAGED}it holds values that no picture reaches",
}

_START, _END, _TABLES, _STEPS, _RESTART = 0xDA, 0xD9, 0xC4, 0xDB, 0xDD
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
"""Lossless, hierarchical and arithmetic coding."""

_NO_LENGTH = (0x01, *range(0xD0, 0xD9))
_NEXT_MARKER = re.compile(rb"\xff+([\x01-\xfe])")


class _Fault(Exception):
    """What is wrong, as `fault` says it."""


@dataclass(frozen=True, kw_only=True)
class _Component:
    """One component of a frame: how it is sampled, its quantisation table, and its blocks in whole MCUs."""

    code: int
    wide: int
    high: int
    table: int


@dataclass(eq=False)
class _Picture:
    """The headers so far."""

    width: int = 0
    height: int = 0
    components: tuple[_Component, ...] = ()
    progressive: bool = False
    restart: int = 0
    tables: list[huffman.Table] = field(default_factory=list)
    steps: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((4, 64), dtype=np.int64))
    seen: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    left: dict[int, set[int]] = field(default_factory=dict)
    """Of each component, the coefficients whose last bit no scan has brought."""

    def mcus(self) -> tuple[int, int]:
        """How many there are across and down where a scan holds all components."""
        widest, highest = max(c.wide for c in self.components), max(c.high for c in self.components)
        return ceil(self.width / (8 * widest)), ceil(self.height / (8 * highest))


def fault(data: bytes) -> str:
    """What is wrong with the coded data of the first picture in the JPEG `data`, which a decoder takes; "" for none."""
    try:
        picture = _Picture(tables=list(_standard()))
        for code, body, at in _segments(data):
            if code == _START:
                _scan(picture, body, data, at)
            else:
                _header(picture, code, body)
        if not picture.components or any(picture.left.values()):
            return _MISSING
    except _Fault as found:
        return str(found)
    except (IndexError, ValueError, ZeroDivisionError):
        return f"{_DAMAGED}its headers contradict each other"
    return ""


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, what its segment holds, and where that ends, up to the end of the first picture.

    The coded data after the header of a scan is passed over: in it 255 stands before 0 and restart markers only.
    """
    at = 2
    while (marker := _NEXT_MARKER.search(data, at)) is not None:
        code, at = marker[1][0], marker.end()
        if code == _END:
            return
        if code not in _NO_LENGTH:
            length = max(int.from_bytes(data[at : at + 2], "big"), 2)
            body, at = data[at + 2 : at + length], at + length
            yield code, body, at


def _header(picture: _Picture, code: int, body: bytes) -> None:
    if code in _OTHER_FRAMES:
        raise _Fault("JPEG with arithmetic coding, or lossless: damage in it cannot be told; save it as JPEG or PNG")
    if code in (*_SEQUENTIAL, _PROGRESSIVE):
        _frame(picture, code, body)
    elif code == _TABLES:
        _huffman_tables(picture, body)
    elif code == _STEPS:
        _quantisation(picture, body)
    elif code == _RESTART:
        picture.restart = int.from_bytes(body[:2], "big")


def _frame(picture: _Picture, code: int, body: bytes) -> None:
    picture.height, picture.width = (int.from_bytes(body[at : at + 2], "big") for at in (1, 3))
    picture.components = tuple(
        _Component(code=body[at], wide=body[at + 1] >> 4, high=body[at + 1] & 15, table=body[at + 2])
        for at in range(6, 6 + 3 * body[5], 3)
    )
    picture.progressive = code == _PROGRESSIVE
    picture.left = {component.code: set(range(64)) for component in picture.components}
    across, down = picture.mcus()
    blocks = sum(component.wide * component.high for component in picture.components)
    picture.seen = np.zeros(across * down * blocks if picture.progressive else 0, dtype=np.uint64)


def _huffman_tables(picture: _Picture, body: bytes) -> None:
    at = 0
    while at < len(body):
        counts = body[at + 1 : at + 17]
        kind, number = body[at] >> 4, body[at] & 15
        picture.tables[_place(kind, number)] = huffman.look_up(counts, body[at + 17 : at + 17 + sum(counts)])
        at += 17 + sum(counts)


def _place(kind: int, number: int) -> int:
    """Where a table stands: those of the first coefficient, then those of the others."""
    if kind > 1 or number > 3:
        raise ValueError("no such table")
    return 4 * kind + number


def _quantisation(picture: _Picture, body: bytes) -> None:
    at = 0
    while at < len(body):
        kind = ">u2" if body[at] >> 4 else "u1"
        steps = np.frombuffer(body, kind, count=64, offset=at + 1)
        picture.steps[body[at] & 15] = steps
        at += 1 + steps.nbytes


def _scan(picture: _Picture, body: bytes, data: bytes, start: int) -> None:
    """Walk through the scan whose header is `body`, and whose data begins at `start`.

    Raises:
        _Fault: it is not all of a scan, or more.
    """
    count = body[0]
    chosen = {body[at]: body[at + 1] for at in range(1, 1 + 2 * count, 2)}
    parts = [component for component in picture.components if component.code in chosen]
    if len(parts) != count:
        raise ValueError("a scan of components that the frame has not")
    first, last, bits = body[1 + 2 * count : 4 + 2 * count] if picture.progressive else (0, 63, 0)
    scan = _laid_out(picture, parts, chosen, (first, last, bits >> 4, bits & 15))
    coded, ends, marks, _ = huffman.unstuffed(np.frombuffer(data, np.uint8), start)
    tables = tuple(picture.tables)
    if picture.progressive:
        found = huffman.progressive(coded, ends, marks, scan, tables, picture.steps, picture.seen)
    else:
        found = huffman.sequential(coded, ends, marks, scan, tables, picture.steps)
    if found != huffman.WHOLE:
        raise _Fault(_WORDS[found])
    if bits & 15 == 0:
        for component in parts:
            picture.left[component.code].difference_update(range(first, last + 1))


def _laid_out(
    picture: _Picture, parts: list[_Component], chosen: dict[int, int], spectrum: tuple[int, int, int, int]
) -> huffman.Scan:
    """The scan's blocks: one component's by itself as far as the picture reaches, several in whole MCUs."""
    across, down = picture.mcus()
    grids, begins = [], 0
    for component in picture.components:
        grids.append((begins, across * component.wide, component.wide, component.high))
        begins += across * down * component.wide * component.high
    if len(parts) == 1:
        only = parts[0]
        across = ceil(picture.width * only.wide / max(c.wide for c in picture.components))
        down = ceil(picture.height * only.high / max(c.high for c in picture.components))
        across, down = ceil(across / 8), ceil(down / 8)
        grids = [(*grid[:2], 1, 1) for grid in grids]
    blocks = []
    for component in parts:
        tables = _place(0, chosen[component.code] >> 4), _place(1, chosen[component.code] & 15)
        wide, high = (1, 1) if len(parts) == 1 else (component.wide, component.high)
        mine = picture.components.index(component), *tables, component.table
        blocks += [(*mine, x, y) for y in range(high) for x in range(wide)]
    return huffman.Scan(
        np.array(blocks, dtype=np.int64), np.array(grids, dtype=np.int64), across, down, *spectrum, picture.restart
    )


@lru_cache
def _standard() -> tuple[huffman.Table, ...]:
    """The tables that a decoder takes where a file brings none, of annex K.3."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    picture = _Picture(tables=[huffman.look_up(bytes(16), b"")] * 8)
    for code, body, _ in _segments(buffer.getvalue()):
        if code == _TABLES:
            _huffman_tables(picture, body)
    return tuple(picture.tables)
