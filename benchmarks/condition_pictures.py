"""The pictures of docs/conditions.md: heads as they arrive under every rung of the ladder and before a window.

    python benchmarks/condition_pictures.py [OUT]

writes OUT (docs/conditions.jpg): two heads of the generator in true linear light, a dark and a light one, the first of
the set that are below and above the middle of its skin tones; nobody chose them. Needs the detector that a study uses
(`facegap models pull mtcnn`): cameras that meter the face are told of it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from facegap import acquire, conditions, pipeline, synth, weights
from facegap.cards import card_path, load_detector
from facegap.cards.study import Acquire
from facegap.cli.progress import progress
from facegap.cli.sheet import HEADS

WINDOW = tuple(f"{phone}+backlit-window+wifi" for phone in ("flagship-2024", "budget-2019", "old-2015"))
FILM = ("budget-2019-video+office+2g",)
COLUMNS, TILE_PX, MOST_BYTES = 5, 128, 150_000


def heads() -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Name, picture and linear light of a dark and of a light head."""
    root = pipeline.rendered(HEADS, None, progress)
    found = []
    for path, linear in sorted(synth.linear_files(root).items()):
        _, picture = acquire.read_image(root / path)
        found.append((path, picture, synth.read_linear(root / linear)))
    brightness = [float(picture[100:220, 110:210].mean()) for _, picture, _ in found]
    middle = float(np.median(brightness))
    dark = next(k for k, value in enumerate(brightness) if value < middle)
    light = next(k for k, value in enumerate(brightness) if value > middle)
    return [found[dark], found[light]]


def sheet() -> np.ndarray:
    """(h, w, 3) sRGB."""
    card = load_detector("mtcnn")
    detector = acquire.open_detector(card, dict(weights.find_detector(card, card_path("models", "mtcnn"))), "cpu", 1)
    names = [*conditions.ladder(), *WINDOW, *FILM]
    parts = []
    for name, picture, linear in heads():
        found = acquire.acquire_one(picture, detector, Acquire())
        box = tuple(found.box.tolist()) if found.outcome == "ok" else None
        whole = conditions.grid(picture, ["clean"], columns=1, tile_px=TILE_PX, sample_id=name)
        tiles = [
            conditions.grid(linear, [one], columns=1, tile_px=TILE_PX, sample_id=name, face_box=box) for one in names
        ]
        parts.append([whole, *tiles])
    height = max(len(tile) for tile in parts[0])
    cells = [
        np.hstack([np.pad(tile, ((0, height - len(tile)), (0, 2), (0, 0)), constant_values=255) for tile in both])
        for both in zip(*parts, strict=True)
    ]
    # The second head's label says the same again.
    for cell in cells:
        cell[TILE_PX:, TILE_PX + 2 :] = 255
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % COLUMNS)
    return np.vstack([np.hstack(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)])


if __name__ == "__main__":
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/conditions.jpg")
    pixels = sheet()
    for quality in range(85, 20, -5):
        ok, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if ok and len(data) < MOST_BYTES:
            break
    out.write_bytes(data.tobytes())
    print(f"{out}: {pixels.shape[1]} x {pixels.shape[0]}, {len(data):,} bytes, JPEG {quality}")
