"""Walks through the Huffman-coded data of a JPEG scan, block by block, without making a picture of it.

ITU-T T.81, annexes F.2 (sequential) and G.2 (progressive). A decoder fills in what it cannot read; these loops stop
there and say why.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.compiled import compiled

Ints = npt.NDArray[np.int64]
Table = npt.NDArray[np.uint16]

WHOLE, SHORT, SURPLUS, NO_CODE, NO_BLOCK, NO_VALUE = range(6)
"""What a walk finds: all is there; data ends early; some is left over; bits that are no code; more coefficients than a
block has; a value that no picture of 8 bits reaches."""

SPARE = 16
"""Bytes after the last coded block that some cameras leave there, and that are no damage unless they are blocks."""

LONGEST = 1024
"""Bytes of zeros after the data, so that the block that runs over its end can be read: 64 codes and values at most."""

BRIGHTEST, STEEPEST = 1040, 1280
"""The first coefficient of a block, and the others, times their quantisation steps: pixels of 8 bits reach 1024, and a
step more where they are rounded. Encoders that overshoot white by 31 on both sides (mozjpeg) keep the mean."""


class Scan(NamedTuple):
    """One scan, as its headers say.

    blocks: (b, 6) of each block of an MCU its component, DC table, AC table, quantisation table, and place in the MCU
        (across, down).
    grids: (c, 4) of each component of the frame its first block in `seen`, blocks a row there, and blocks across and
        down that an MCU of this scan covers.
    across, down: MCUs.
    first, last, high, low: coefficients and bits of a progressive scan (Ss, Se, Ah, Al).
    restart: MCUs between restart markers, 0 for none.
    """

    blocks: Ints
    grids: Ints
    across: int
    down: int
    first: int
    last: int
    high: int
    low: int
    restart: int


@lru_cache(64)
def look_up(counts: bytes, symbols: bytes) -> Table:
    """(65536,) for each 16 bits the length of the code that they begin with times 256, plus its symbol; 0 for none.

    Raises:
        ValueError: more codes than their lengths allow, or fewer symbols than codes.
    """
    table = np.zeros(1 << 16, dtype=np.uint16)
    lengths = np.repeat(np.arange(1, 17), np.frombuffer(counts, np.uint8))
    spans = 1 << (16 - lengths)
    if len(lengths) > len(symbols) or spans.sum() > len(table):
        raise ValueError("no Huffman table")
    entries = lengths * 256 + np.frombuffer(symbols[: len(lengths)], np.uint8)
    table[: spans.sum()] = np.repeat(entries, spans)
    return table


@compiled()
def unstuffed(data: Any, start: int) -> Any:
    """The coded bytes of the scan at `start` without stuffing, `LONGEST` zeros after them; where in them each part
    between restart markers ends; the number of the marker that ends it (-1: another marker, or the end of the file);
    and where in `data` the scan ends."""
    out = np.zeros(len(data) - start + LONGEST, dtype=np.uint8)
    ends, marks = [0], [0]
    n, at, size = 0, start, len(data)
    while at < size:
        byte = data[at]
        if byte != 0xFF:
            out[n] = byte
            n += 1
            at += 1
            continue
        after = at + 1
        while after < size and data[after] == 0xFF:
            after += 1
        code = data[after] if after < size else 0xD9
        if code == 0 and after == at + 1:
            out[n] = 0xFF
            n += 1
            at += 2
        elif 0xD0 <= code <= 0xD7:
            ends.append(n)
            marks.append(code - 0xD0)
            at = after + 1
        else:
            break
    ends.append(n)
    marks.append(-1)
    return out, np.array(ends[1:]), np.array(marks[1:]), at


@compiled()
def _peek(data: Any, at: int) -> Any:
    """The 16 bits from bit `at` on."""
    byte = at >> 3
    word = (np.int64(data[byte]) << 16) | (np.int64(data[byte + 1]) << 8) | np.int64(data[byte + 2])
    return (word >> (8 - (at & 7))) & 0xFFFF


@compiled()
def _value(data: Any, at: int, size: int) -> Any:
    """The signed value of `size` bits from bit `at` on (T.81, F.2.2.1: EXTEND)."""
    bits = _peek(data, at) >> (16 - size)
    return bits if bits >> (size - 1) else bits - (1 << size) + 1


@compiled()
def _too_high(data: Any, at: int, size: int, step: int) -> Any:
    """Whether the value of `size` bits from bit `at` on is one that no picture reaches."""
    return abs(_value(data, at, size)) * step > STEEPEST + step


@compiled()
def _dc(data: Any, at: int, table: Any, level: Any, step: int, low: int) -> Any:
    """What is found of one difference, the bit after it, and the level then."""
    entry = table[_peek(data, at)]
    size = entry & 255
    at += entry >> 8
    if entry == 0 or size > 11:
        return NO_CODE, at, level
    if size:
        level += _value(data, at, size)
        at += size
    return (NO_VALUE if abs(level << low) * step > BRIGHTEST + (step << low) else WHOLE), at, level


@compiled()
def _ac(data: Any, at: int, table: Any, steps: Any) -> Any:
    """What is found of the other 63 coefficients of a sequential block, and the bit after them."""
    k = 1
    while k < 64:
        entry = table[_peek(data, at)]
        if entry == 0:
            return NO_CODE, at
        at += entry >> 8
        size, zeros = entry & 15, (entry & 255) >> 4
        if size == 0:
            if zeros == 0:
                break
            if zeros != 15:
                return NO_CODE, at
            k += 16
            if k > 64:
                return NO_BLOCK, at
            continue
        k += zeros
        if k > 63:
            return NO_BLOCK, at
        if size > 10 or (steps[k] << size > STEEPEST and _too_high(data, at, size, steps[k])):
            return NO_VALUE, at
        at += size
        k += 1
    return WHOLE, at


@compiled()
def _rest(data: Any, at: int, end: int) -> Any:
    """What is found of the bits left of a part: fewer than eight of one value."""
    left = 8 * end - at
    if left >= 8:
        return SURPLUS
    bits = _peek(data, at) >> (16 - left)
    return WHOLE if bits == 0 or bits == (1 << left) - 1 else SURPLUS


@compiled()
def _sequential_rest(data: Any, at: int, end: int, scan: Any, tables: Any, steps: Any) -> Any:
    """The same, where up to `SPARE` bytes more may lie there that are not further blocks."""
    if 8 * end - at < 8 or 8 * end - at >= 8 * (SPARE + 1):
        return _rest(data, at, end)
    for phase in range(len(scan.blocks)):
        to, k = at, phase
        while to < 8 * end - 7:
            block = scan.blocks[k % len(scan.blocks)]
            found, to, _ = _dc(data, to, tables[block[1]], np.int64(0), 0, 0)
            if found == 0:
                found, to = _ac(data, to, tables[block[2]], steps[block[3]])
            if found:
                break
            k += 1
        if to <= 8 * end and 8 * end - to < 8 and _peek(data, to) >> (16 - (8 * end - to)) == (1 << (8 * end - to)) - 1:
            return SURPLUS
    return WHOLE


@compiled()
def sequential(data: Any, ends: Any, marks: Any, scan: Any, tables: Any, steps: Any) -> Any:
    """What is found of a sequential scan.

    Args:
        data, ends, marks: of `unstuffed`.
        tables: eight of `look_up`; steps: (4, 64) quantisation steps in zigzag order.
    """
    levels = np.zeros(len(scan.grids), dtype=np.int64)
    part, at, mcus = 0, 0, scan.across * scan.down
    for mcu in range(mcus):
        if scan.restart and mcu and mcu % scan.restart == 0:
            found = _sequential_rest(data, at, ends[part], scan, tables, steps)
            if found == WHOLE and marks[part] != part % 8:
                found = SHORT
            if found:
                return found
            at = 8 * ends[part]
            part += 1
            levels[:] = 0
        for block in scan.blocks:
            own = steps[block[3]]
            found, at, levels[block[0]] = _dc(data, at, tables[block[1]], levels[block[0]], own[0], 0)
            if found == WHOLE:
                found, at = _ac(data, at, tables[block[2]], own)
            if at > 8 * ends[part]:
                return SHORT
            if found:
                return found
    found = _sequential_rest(data, at, ends[part], scan, tables, steps)
    return SURPLUS if found == WHOLE and ends[-1] > ends[part] else found


@compiled()
def progressive(data: Any, ends: Any, marks: Any, scan: Any, tables: Any, steps: Any, seen: Any) -> Any:
    """What is found of a progressive scan.

    Args:
        seen: (n,) of every block of the frame which coefficients are not zero so far, a bit each; changed.
    """
    levels = np.zeros(len(scan.grids), dtype=np.int64)
    part, at, run, mcus = 0, 0, 0, scan.across * scan.down
    for mcu in range(mcus):
        if scan.restart and mcu and mcu % scan.restart == 0:
            found = _rest(data, at, ends[part])
            if found == WHOLE and run:
                found = NO_BLOCK
            if found == WHOLE and marks[part] != part % 8:
                found = SHORT
            if found:
                return found
            at = 8 * ends[part]
            part += 1
            levels[:] = 0
        for block in scan.blocks:
            found = WHOLE
            if scan.first == 0:
                if scan.high:
                    at += 1
                else:
                    step = steps[block[3]][0]
                    found, at, levels[block[0]] = _dc(data, at, tables[block[1]], levels[block[0]], step, scan.low)
            else:
                grid = scan.grids[block[0]]
                across = (mcu % scan.across) * grid[2] + block[4]
                down = (mcu // scan.across) * grid[3] + block[5]
                place = grid[0] + down * grid[1] + across
                mask, table, own = seen[place], tables[block[2]], steps[block[3]]
                if scan.high:
                    found, at, run, seen[place] = _refined_block(data, at, run, mask, scan, table)
                else:
                    found, at, run, seen[place] = _first_block(data, at, run, mask, scan, table, own)
            if at > 8 * ends[part]:
                return SHORT
            if found:
                return found
    if run:
        return NO_BLOCK
    found = _rest(data, at, ends[part])
    return SURPLUS if found == WHOLE and ends[-1] > ends[part] else found


@compiled()
def _run(data: Any, at: int, bits: int) -> Any:
    """Blocks that end here, this one among them, and the bit after that number."""
    return (1 << bits) + (_peek(data, at) >> (16 - bits) if bits else 0), at + bits


@compiled()
def _first_block(data: Any, at: int, run: Any, mask: Any, scan: Any, table: Any, steps: Any) -> Any:
    """A block's coefficients in the first scan that brings them (T.81, G.1.2.2)."""
    if run:
        return WHOLE, at, run - 1, mask
    k = scan.first
    while k <= scan.last:
        entry = table[_peek(data, at)]
        if entry == 0:
            return NO_CODE, at, run, mask
        at += entry >> 8
        size, zeros = entry & 15, (entry & 255) >> 4
        if size == 0 and zeros < 15:
            run, at = _run(data, at, zeros)
            return WHOLE, at, run - 1, mask
        k += zeros
        if k > scan.last:
            return NO_BLOCK, at, run, mask
        if size:
            step = steps[k] << scan.low
            if size > 10 or (step << size > STEEPEST and _too_high(data, at, size, step)):
                return NO_VALUE, at, run, mask
            at += size
            mask |= np.uint64(1) << np.uint64(k)
        k += 1
    return WHOLE, at, run, mask


@compiled()
def _refined_block(data: Any, at: int, run: Any, mask: Any, scan: Any, table: Any) -> Any:
    """One bit more of a block's coefficients (T.81, G.1.2.3): of those that are known, and new ones between them."""
    k, added = scan.first, mask
    while run == 0 and k <= scan.last:
        entry = table[_peek(data, at)]
        if entry == 0:
            return NO_CODE, at, run, mask
        at += entry >> 8
        size, zeros = entry & 15, (entry & 255) >> 4
        if size > 1:
            return NO_VALUE, at, run, mask
        if size == 0 and zeros < 15:
            run, at = _run(data, at, zeros)
            break
        at += size
        while k <= scan.last:
            if mask >> np.uint64(k) & np.uint64(1):
                at += 1
            elif zeros == 0:
                break
            else:
                zeros -= 1
            k += 1
        if k > scan.last:
            return NO_BLOCK, at, run, mask
        if size:
            added |= np.uint64(1) << np.uint64(k)
        k += 1
    if run:
        while k <= scan.last:
            if mask >> np.uint64(k) & np.uint64(1):
                at += 1
            k += 1
        run -= 1
    return WHOLE, at, run, added
