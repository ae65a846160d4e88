"""Broken, hostile and merely unusual input by the real code paths: pictures, tables, cards and studies.

A try fails where it ends in anything but a result or one of facegap's own errors (a traceback), where it takes more
than ten seconds (a hang), or where the result is silently another one than of the sound file. Run it from the root:

    python benchmarks/hostile_input.py > benchmarks/hostile_input.md
"""

from __future__ import annotations

import io
import json
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageCms

from facegap import datasets
from facegap.acquire import Unreadable, decode
from facegap.cards import load_dataset, load_study
from facegap.errors import FacegapError

SECONDS = 10
CLOSE = 3.0
"""Mean difference of 8-bit values up to which two pictures are the same but for coding."""

Made = tuple[bytes, Any]
"""A file, and the (h, w, 3) picture that it must give if it gives one; None where any will do."""


@dataclass
class Tally:
    """What became of the tries of one class."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    tracebacks: int = 0
    hangs: int = 0
    silent: int = 0
    examples: list[str] = field(default_factory=list)


class Hang(Exception):
    """A try took too long."""


def _late(*_: object) -> None:
    raise Hang


def attempt(tally: Tally, work: Callable[[], bool], refusals: tuple[type[Exception], ...]) -> None:
    """One try: `work` says whether the result is what it must be."""
    tally.tried += 1
    signal.alarm(SECONDS)
    try:
        right = work()
        tally.read += 1
        tally.silent += not right
    except Hang:
        tally.hangs += 1
    except refusals as error:
        tally.refused += 1
        if not str(error).strip():
            tally.tracebacks += 1
    except Exception as error:  # what this looks for
        tally.tracebacks += 1
        tally.examples.append(f"{type(error).__name__}: {error}"[:160])
    finally:
        signal.alarm(0)


def scene(seed: int = 1, height: int = 96, width: int = 128) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(128, 90, (height, width, 3))
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 8) * 6 - 640, 0, 255).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


SOUND = scene()
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": ("JPEG", {"quality": 92}),
    "progressive JPEG": ("JPEG", {"quality": 92, "progressive": True}),
    "JPEG with restarts": ("JPEG", {"quality": 92, "restart_marker_blocks": 4}),
    "PNG": ("PNG", {}),
    "WebP": ("WEBP", {"quality": 95}),
    "TIFF": ("TIFF", {}),
    "TIFF, LZW": ("TIFF", {"compression": "tiff_lzw"}),
    "BMP": ("BMP", {}),
    "PPM": ("PPM", {}),
    "JPEG 2000": ("JPEG2000", {}),
    **({"AVIF": ("AVIF", {"quality": 90})} if "AVIF" in Image.SAVE else {}),
}


def files() -> dict[str, bytes]:
    return {name: saved(Image.fromarray(SOUND), kind, **options) for name, (kind, options) in KINDS.items()}


def cut(rng: random.Random) -> Iterator[Made]:
    for data in files().values():
        for _ in range(6):
            yield data[: rng.randrange(1, len(data) - 2)], SOUND


def cut_and_closed(rng: random.Random) -> Iterator[Made]:
    """JPEGs cut within their coded data and closed with an end marker."""
    for name, data in files().items():
        if "JPEG" in name and "2000" not in name:
            start = data.index(b"\xff\xda") + 14
            for _ in range(25):
                yield data[: rng.randrange(start + 8, len(data) - 40)].rstrip(b"\xff") + b"\xff\xd9", SOUND


def header_only(_: random.Random) -> Iterator[Made]:
    for data in files().values():
        for size in (1, 2, 4, 8, 12, 16, 24, 40):
            yield data[:size], SOUND


def damaged(rng: random.Random) -> Iterator[Made]:
    """Bytes flipped, zeroed, dropped or put in anywhere: what comes out may differ, but must come out."""
    for data in files().values():
        for _ in range(4):
            at, more = rng.randrange(len(data)), bytearray(data)
            yield bytes(more[:at]) + bytes([more[at] ^ 1 << rng.randrange(8)]) + bytes(more[at + 1 :]), None
            yield bytes(more[:at]) + bytes(20) + bytes(more[at + 20 :]), None
            yield bytes(more[:at]) + bytes(more[at + rng.randrange(1, 30) :]), None
            yield bytes(more[:at]) + rng.randbytes(9) + bytes(more[at:]), None


def no_picture(rng: random.Random) -> Iterator[Made]:
    heads = (
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF....WEBP",
        b"II*\0",
        b"BM",
        b"P5\n",
        b"\0\0\0\x18ftypheic",
    )
    for head in (*heads, b"GIF89a", b"%PDF-1.7", b"<svg>", b"8BPS", b"\xff\x0a", b"\0\0\0\x0cjP  \r\n\x87\n"):
        for _ in range(4):
            yield head + rng.randbytes(rng.randrange(200)), None


def unusual(_: random.Random) -> Iterator[Made]:
    """Sound files that must give the picture: formats, modes, depths, orientation, profiles, bytes after the end."""
    image = Image.fromarray(SOUND)
    for data in files().values():
        yield data, SOUND
        yield data + bytes(300), SOUND
    grey = np.asarray(image.convert("L"))
    threefold = np.repeat(grey[..., None], 3, axis=2)
    for kind in ("PNG", "TIFF", "PPM", "BMP", "WEBP", "JPEG"):
        yield saved(image.convert("L"), kind), threefold
    deep = grey.astype(np.uint16) * 257
    yield saved(Image.fromarray(deep), "PNG"), threefold
    yield saved(Image.fromarray(deep), "TIFF"), threefold
    yield saved(Image.fromarray(~deep), "TIFF", tiffinfo={262: 0}), threefold
    for highest in (1023, 4095, 65535):
        scaled = (grey.astype(np.float64) * highest / 255).round().astype(">u2")
        yield b"P5\n128 96\n%d\n" % highest + scaled.tobytes(), threefold
    for turn in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = turn
        turned = saved(image, "PNG", exif=exif)
        yield turned, None if turn > 1 else SOUND
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        yield saved(image, kind, icc_profile=srgb), SOUND
        yield saved(image.convert("L"), kind, icc_profile=srgb) if kind != "WEBP" else saved(image, kind), None
    yield saved(image.convert("RGBA"), "PNG"), SOUND
    yield saved(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"), None
    yield saved(image, "GIF"), None


def not_to_be_guessed(rng: random.Random) -> Iterator[Made]:
    """Fewer bits in 16, damaged profiles, 32 bits: a picture that comes out of them is another one."""
    image, grey = Image.fromarray(SOUND), scene()[..., 0].astype(np.uint16)
    for bits in (9, 10, 11, 12, 13):
        for kind in ("PNG", "TIFF"):
            yield saved(Image.fromarray(grey << (bits - 8)), kind), SOUND
    for kind in ("PNG", "JPEG", "TIFF"):
        for size in (3, 60, 200, 700):
            yield saved(image, kind, icc_profile=rng.randbytes(size)), SOUND
    yield saved(Image.fromarray(grey.astype(np.float32)), "TIFF"), SOUND
    yield saved(Image.fromarray(grey.astype(np.int32)), "TIFF"), SOUND


PICTURES = (unusual, cut, cut_and_closed, header_only, damaged, no_picture, not_to_be_guessed)


def pictures(rng: random.Random) -> Iterator[tuple[str, Tally]]:
    for make in PICTURES:
        tally = Tally()
        for data, expected in make(rng):
            attempt(tally, partial(_decodes, data, expected), (Unreadable,))
        yield f"pictures: {make.__name__.replace('_', ' ')}", tally


def _decodes(data: bytes, expected: np.ndarray | None) -> bool:
    return _same(decode(data), expected)


def _same(found: np.ndarray, expected: np.ndarray | None) -> bool:
    if expected is None:
        return found.ndim == 3 and found.shape[2] == 3
    return found.shape == expected.shape and float(np.abs(found.astype(int) - expected).mean()) < CLOSE


CARD = """name = "x"
version = "1"
title = "X"
licence = "CC0-1.0"
terms = "none"
status = "open"
adapter = "csv"
citation = "none"
roles = { photo = ["*_a"], selfie = ["*_b"] }

[files]
manifest = "index.csv"
labels = "labels.csv"

[groups.sex]
values = ["female", "male"]
label_source = "generated"
lists = "first"
map = { F = "female" }

[groups.age]
values = ["young", "old"]
bands = [0, 40, 120]
label_source = "record"
"""
STUDY = """name = "s"
title = "S"
groups = [["sex"], ["sex", "age"]]
conditions = ["clean"]

[dataset]
card = "x"
root = "data"

[[models]]
card = "m"

[thresholds]
fmr = [0.01, 0.001]

[statistics]
level = 0.9
"""
INDEX = "subject_id,path\n" + "".join(f"{k:04d},{k:04d}_{side}.jpg\n" for k in range(6) for side in "ab")
LABELS = "subject_id,sex,age\n" + "".join(f"{k:04d},{'F' if k % 2 else 'male'},{20 + 9 * k}\n" for k in range(6))
ODD = (
    "\0",
    '"',
    "'",
    "\n",
    "\r",
    ";",
    "\t",
    ",",
    "\ufeff",
    "é",
    "e\u0301",
    "\u202e",
    "9" * 400,
    "nan",
    "inf",
    "[",
    "]",
    "{",
    "=",
)


def mutated(rng: random.Random, text: str) -> bytes:
    """`text` with one to four changes: bytes flipped, cut, doubled, moved, odd characters put in."""
    data = text.encode()
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        other = rng.randrange(len(data) + 1)
        low, high = sorted((at, other))
        how = rng.randrange(7)
        if how == 0 and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        elif how == 1:
            data = data[:at] + rng.choice(ODD).encode() + data[at:]
        elif how == 2:
            data = data[:low] + data[min(high, low + 30) :]
        elif how == 3:
            data = data[:high] + data[low : min(high, low + 60)] + data[high:]
        elif how == 4:
            lines = data.split(b"\n")
            rng.shuffle(lines)
            data = b"\n".join(lines)
        elif how == 5:
            data = data[:at]
        else:
            data = data[:at] + rng.randbytes(3) + data[at:]
    return data


def place(folder: Path, **contents: bytes) -> Path:
    root = folder / "data"
    root.mkdir(exist_ok=True)
    for k in range(6):
        for side in "ab":
            (root / f"{k:04d}_{side}.jpg").write_bytes(f"{k}{side}".encode())
    files = {"card.toml": CARD.encode(), "index.csv": INDEX.encode(), "labels.csv": LABELS.encode(), **contents}
    for name, data in files.items():
        (folder / name if name.endswith(".toml") else root / name).write_bytes(data)
    return root


def checked(folder: Path, **contents: bytes) -> datasets.Loaded:
    root = place(folder, **contents)
    card = load_dataset(str(folder / "card.toml"))
    "\n".join(datasets.check(card, root).lines()).encode()
    return datasets.load(card, root)


def mutations(rng: random.Random, folder: Path, name: str, text: str, count: int) -> Tally:
    tally = Tally()
    for _ in range(count):
        data = mutated(rng, text)

        def work(data: bytes = data) -> bool:
            found = checked(folder, **{name: data})
            return len(found.samples) + len(found.refused) > 0

        attempt(tally, work, (FacegapError,))
    place(folder)
    return tally


def spreadsheets(folder: Path) -> Tally:
    """The same tables with other separators, encodings, line ends and quotes: all must load as the sound ones."""
    tally, sound = Tally(), facts(checked(folder))
    for mark in ",;\t":
        for end in ("\n", "\r\n", "\r"):
            for encoding in ("utf-8", "utf-8-sig", "utf-16"):
                for quoted in (False, True):
                    contents = {
                        name: as_saved(text, mark, end, quoted).encode(encoding)
                        for name, text in (("index.csv", INDEX), ("labels.csv", LABELS))
                    }
                    attempt(tally, partial(_loads_as, folder, contents, sound), ())
    place(folder)
    return tally


def _loads_as(folder: Path, contents: dict[str, bytes], sound: Any) -> bool:
    return bool(facts(checked(folder, **contents)) == sound)


def _loads(folder: Path, contents: dict[str, bytes]) -> bool:
    return bool(checked(folder, **contents))


def as_saved(text: str, mark: str, end: str, quoted: bool) -> str:
    rows = [line.split(",") for line in text.splitlines()]
    return end.join(mark.join(f'"{cell}"' if quoted else cell for cell in row) for row in rows) + end


def facts(loaded: datasets.Loaded) -> Any:
    samples = loaded.samples
    groups = {name: values.tolist() for name, values in samples.groups.items()}
    return samples.ids.tolist(), samples.subjects.tolist(), samples.roles.tolist(), groups, dict(loaded.refused)


def changed_ids(folder: Path) -> Tally:
    """Ids as spreadsheets change them, in one table of two: no label may be joined, or an error says so."""
    tally = Tally()
    for form in ("{}", "{}.0", "{:02d}", "{:05d}", "{},0"):
        for some in range(1, 7):
            rows = [line.split(",") for line in LABELS.splitlines()]
            for row in rows[1 : some + 1]:
                row[0] = f'"{form.format(int(row[0]))}"'
            text = "\n".join(",".join(row) for row in rows)

            def work(text: str = text, some: int = some) -> bool:
                found = checked(folder, **{"labels.csv": text.encode()})
                right = {f"{k:04d}": "female" if k % 2 else "male" for k in range(some, 6)}
                labels = zip(found.samples.subjects.tolist(), found.samples.groups["sex"].tolist(), strict=True)
                return all(label in (right.get(subject), "unknown") for subject, label in labels)

            attempt(tally, work, (FacegapError,))
    place(folder)
    return tally


def studies(rng: random.Random, folder: Path, count: int) -> Tally:
    tally = Tally()
    for _ in range(count):
        data = mutated(rng, STUDY)

        def work(data: bytes = data) -> bool:
            (folder / "s.toml").write_bytes(data)
            load_study(str(folder / "s.toml"))
            return True

        attempt(tally, work, (FacegapError,))
    return tally


def manifests_in_json(rng: random.Random, folder: Path, count: int) -> Tally:
    tally = Tally()
    entries = [dict(zip(("subject_id", "path"), line.split(","), strict=True)) for line in INDEX.splitlines()[1:]]
    card = CARD.replace('"index.csv"', '"index.json"').encode()
    for _ in range(count):
        contents = {"card.toml": card, "index.json": mutated(rng, json.dumps(entries, indent=1))}
        attempt(tally, partial(_loads, folder, contents), (FacegapError,))
    place(folder)
    return tally


def tables(rng: random.Random) -> Iterator[tuple[str, Tally]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield "tables: as spreadsheets save them", spreadsheets(folder)
        yield "tables: ids as spreadsheets change them", changed_ids(folder)
        yield "tables: manifest, mutated", mutations(rng, folder, "index.csv", INDEX, 300)
        yield "tables: labels, mutated", mutations(rng, folder, "labels.csv", LABELS, 250)
        yield "tables: JSON manifest, mutated", manifests_in_json(rng, folder, 200)
        yield "cards: data set, mutated", mutations(rng, folder, "card.toml", CARD, 300)
        yield "cards: study, mutated", studies(rng, folder, 250)


def main() -> int:
    signal.signal(signal.SIGALRM, _late)
    print(
        "# Hostile and unusual input\n\nWritten by `benchmarks/hostile_input.py`, seed 1. A try fails by a traceback,"
    )
    print(f"a hang of more than {SECONDS} s, or a result that is silently another one than the sound file's. Of damage")
    print("in the middle of a file (class `damaged`) any result passes: see damaged_jpeg.md for how much is found.\n")
    print("| class | tried | read | refused in one line | tracebacks | hangs | silently other | failed |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    failed, seen = 0, []
    for make in (pictures, tables):
        for name, one in make(random.Random(1)):
            bad = one.tracebacks + one.hangs + one.silent
            failed += bad
            seen += one.examples
            cells = (one.tried, one.read, one.refused, one.tracebacks, one.hangs, one.silent, bad)
            print(f"| {name} | {' | '.join(map(str, cells))} |")
    for example in dict.fromkeys(seen):
        print(f"\n- {example}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
