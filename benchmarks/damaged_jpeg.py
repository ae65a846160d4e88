"""How much damage in the coded data of a JPEG is found, beside what the decoders say, and how long it takes.

    python benchmarks/damaged_jpeg.py FOLDER [FOLDER ...] > benchmarks/damaged_jpeg.md

Pictures of the folders are written anew in each layout and damaged there; as they are, they must all be read. Where
simplejpeg is installed (it makes errors of libjpeg's warnings), what those find stands beside.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from facegap.acquire import Unreadable, decode
from facegap.acquire.jpeg import fault

try:
    simplejpeg: Any = import_module("simplejpeg")
except ImportError:
    simplejpeg = None

EACH = 60
"""Damages of a kind in a layout."""

LAYOUTS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "baseline, own tables": {"optimize": True},
    "restart markers": {"restart_marker_rows": 1},
    "progressive": {"progressive": True},
}
OPTIONS: tuple[dict[str, Any], ...] = tuple(
    {"quality": quality, "subsampling": sampling, **layout}
    for quality in (10, 60, 95)
    for sampling in (0, 1, 2)
    for layout in (*LAYOUTS.values(), {"restart_marker_blocks": 3}, {"progressive": True, "restart_marker_rows": 2})
)


def flipped(data: bytearray, at: int, _: random.Random) -> bytearray:
    data[at] ^= 1 << _.randrange(8)
    return data


def zeroed(data: bytearray, at: int, rng: random.Random) -> bytearray:
    size = rng.randrange(4, 200)
    data[at : at + size] = bytes(len(data[at : at + size]))
    return data


def random_run(data: bytearray, at: int, rng: random.Random) -> bytearray:
    size = rng.randrange(4, 200)
    data[at : at + size] = rng.randbytes(len(data[at : at + size]))
    return data


def pasted(data: bytearray, at: int, rng: random.Random) -> bytearray:
    """A run of the same file over another, of the same length: a block of a disk in the wrong place."""
    size = rng.randrange(4, 200)
    other = rng.randrange(len(data) - size)
    data[at : at + size] = data[other : other + size][: len(data[at : at + size])]
    return data


def removed(data: bytearray, at: int, rng: random.Random) -> bytearray:
    del data[at : at + rng.randrange(1, 200)]
    return data


DAMAGES: dict[str, Callable[[bytearray, int, random.Random], bytearray]] = {
    "one bit flipped": flipped,
    "a run of zeros": zeroed,
    "a run of random bytes": random_run,
    "a run from elsewhere in the file": pasted,
    "a run cut out": removed,
}


def written(image: Image.Image, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **({"quality": 90} | options))
    return buffer.getvalue()


def hurt(data: bytes, rng: random.Random, how: Callable[[bytearray, int, random.Random], bytearray]) -> bytes:
    """`data` with one damage in its coded data: behind the header of its first scan, before its end."""
    start = data.index(b"\xff\xda") + 14
    return bytes(how(bytearray(data[:-2]), rng.randrange(start, len(data) - 210), rng)) + data[-2:]


def by_pillow(data: bytes) -> np.ndarray | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return None


def warned(data: bytes) -> bool:
    """Whether libjpeg has anything to say."""
    try:
        simplejpeg.decode_jpeg(data)
    except ValueError:
        return True
    return False


def refused(data: bytes) -> bool:
    try:
        decode(data)
    except Unreadable:
        return True
    return False


def damages(pictures: list[Image.Image], layout: str, how: str) -> tuple[list[int], list[float]]:
    """Tried, refused by Pillow, by libjpeg's warnings, here; decoding as before; missed; and what the missed changed:
    the share of pixels that differ."""
    rng = random.Random(f"{layout} {how}")
    tried = pillow = warnings = here = same = 0
    missed: list[float] = []
    for k in range(EACH):
        sound = written(pictures[k % len(pictures)], LAYOUTS[layout])
        bad = hurt(sound, rng, DAMAGES[how])
        tried += 1
        before, after = by_pillow(sound), by_pillow(bad)
        pillow += after is None
        warnings += simplejpeg is not None and warned(bad)
        found = refused(bad)
        here += found
        equal = after is not None and before is not None and np.array_equal(before, after)
        same += equal and not found
        if not found and not equal and before is not None and after is not None:
            missed.append(float((before != after).any(axis=2).mean()) if before.shape == after.shape else 1.0)
    return [tried, pillow, warnings, here, same, len(missed)], missed


def sound(paths: list[Path], pictures: list[Image.Image]) -> Iterator[tuple[str, list[bytes]]]:
    yield "as they are", [path.read_bytes() for path in paths]
    some = pictures[:12]
    yield "written by Pillow", [written(picture, options) for picture in some for options in OPTIONS]
    yield "grey, by Pillow", [written(picture.convert("L"), options) for picture in some for options in OPTIONS]
    yield "CMYK, by Pillow", [written(picture.convert("CMYK"), options) for picture in some for options in OPTIONS]
    yield "written by OpenCV", [by_opencv(picture, k) for picture in some for k in range(12)]
    tables = [written(picture, {}) for picture in pictures[:60]]
    yield "without Huffman tables, as of cameras that stream", [without_tables(data) for data in tables]


def by_opencv(picture: Image.Image, k: int) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, 20 + 6 * k, cv2.IMWRITE_JPEG_PROGRESSIVE, k % 2]
    options += [cv2.IMWRITE_JPEG_OPTIMIZE, k % 3 // 2, cv2.IMWRITE_JPEG_RST_INTERVAL, k % 5]
    return cv2.imencode(".jpg", np.asarray(picture)[..., ::-1], options)[1].tobytes()


def without_tables(data: bytes) -> bytes:
    while (at := data.find(b"\xff\xc4")) >= 0:
        data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    return data


def ratio(files: list[bytes]) -> float:
    """Time of the walk over that of decoding, in turn."""
    walk = plain = 0.0
    for data in files:
        begun = time.perf_counter()
        fault(data)
        middle = time.perf_counter()
        by_pillow(data)
        walk, plain = walk + middle - begun, plain + time.perf_counter() - middle
    return walk / plain


def main() -> None:
    paths = sorted(path for name in sys.argv[1:] for path in Path(name).rglob("*.jp*g"))
    chosen = paths[:: max(1, len(paths) // 40)][:40]
    pictures = [Image.open(path).convert("RGB") for path in chosen]
    print("# Damage in the middle of JPEGs\n\nWritten by `python benchmarks/damaged_jpeg.py FOLDER ...` of real faces.")
    print("Missed: read, and another picture. `changed`: the median share of pixels that then differ.\n")
    print("| layout | damage | tried | Pillow | libjpeg's warnings | found | decodes as before | missed | changed |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    sums = np.zeros(6, dtype=int)
    for layout in LAYOUTS:
        for how in DAMAGES:
            counts, missed = damages(pictures, layout, how)
            sums += counts
            changed = f"{np.median(missed):.0%}" if missed else ""
            shown = [str(count) if k != 2 or simplejpeg else "" for k, count in enumerate(counts)]
            print(f"| {layout} | {how} | {' | '.join(shown)} | {changed} |", flush=True)
    print(f"| all | | {' | '.join(map(str, sums))} | |")
    print("\nSound pictures, all of which must be read:\n\n| pictures | tried | refused | walk / decoding |")
    print("|---|---:|---:|---:|")
    for name, files in sound(paths, pictures):
        print(f"| {name} | {len(files):,} | {sum(map(refused, files))} | {ratio(files):.2f} |", flush=True)


if __name__ == "__main__":
    main()
