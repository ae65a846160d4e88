"""The sheet of `conditions show`: faces down, conditions across."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facegap import acquire, conditions, store, synth, weights
from facegap.acquire import Detector
from facegap.cards import card_path, load_detector
from facegap.cards.study import Acquire, Synthetic
from facegap.datasets.files import is_image
from facegap.errors import InputError, MissingError
from facegap.pipeline import Progress, rendered

HEADS = Synthetic(identities=6, sessions=("overhead",), size=320, oversample=1, ages=(18.0, 70.0), linear=True)
"""Two heads of each blend-shape family, in true linear light."""

DETECTOR = "mtcnn"
MOST = 8
TILE_PX = 200

Face = tuple[str, conditions.Image, conditions.Image]
"""Name, the picture as it is, and what a camera starts from: the picture or its linear light."""


def write_sheet(
    names: Sequence[str], ladder: bool, folder: Path | None, out: Path, seed: int, progress: Progress
) -> list[str]:
    """Write the sheet to `out` (.png or .jpg) and return lines about it; the first column is the picture as it is.

    Raises:
        CardError, InputError: a condition, the folder or the file's ending is not one.
    """
    if bool(names) == ladder:
        raise InputError("conditions show: expected names of conditions, or --ladder")
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise InputError(f"{out}: expected a name that ends in .png or .jpg")
    columns = ["clean", *(name for name in (conditions.ladder() if ladder else names) if name != "clean")]
    for name in columns:
        conditions.load(name)
    detector, lines = _detector()
    found = _pictures(folder) if folder is not None else _heads(progress)
    rows = []
    for name, picture, start in found:
        box = _box(detector, picture)
        # A column of its own for the picture as it is: linear light has no exposure yet.
        sheets = [conditions.grid(picture, columns[:1], columns=1, tile_px=TILE_PX, seed=seed, sample_id=name)]
        if columns[1:]:
            across = len(columns) - 1
            sheets.append(
                conditions.grid(
                    start, columns[1:], columns=across, tile_px=TILE_PX, seed=seed, sample_id=name, face_box=box
                )
            )
        rows.append(_side_by_side(sheets))
    sheet = np.vstack(rows)
    ok, data = cv2.imencode(out.suffix, sheet[..., ::-1])
    assert ok, "OpenCV writes these endings"
    store.write_atomic(out, data.tobytes())
    return [*lines, f"{out}: {len(rows)} faces under {len(columns)} conditions, {sheet.shape[1]} x {sheet.shape[0]}"]


def _side_by_side(sheets: Sequence[np.ndarray]) -> np.ndarray:
    height = max(sheet.shape[0] for sheet in sheets)
    return np.hstack([np.pad(s, ((0, height - len(s)), (0, 0), (0, 0)), constant_values=255) for s in sheets])


def _detector() -> tuple[Detector | None, list[str]]:
    card = load_detector(DETECTOR)
    try:
        return acquire.open_detector(card, weights.find_detector(card, card_path("models", DETECTOR)), "cpu", 1), []
    except MissingError:
        return None, [f"no detector here, so cameras meter the centre; `facegap models pull {DETECTOR}` brings it"]


def _box(detector: Detector | None, picture: conditions.Image) -> conditions.Box | None:
    if detector is None:
        return None
    found = acquire.acquire_one(picture.astype(np.uint8), detector, Acquire())
    if found.outcome != "ok":
        return None
    left, top, right, bottom = found.box.tolist()
    return left, top, right, bottom


def _pictures(folder: Path) -> list[Face]:
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of pictures")
    faces: list[Face] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and is_image(path.name)):
        try:
            _, image = acquire.read_image(path)
        except acquire.Unreadable:
            continue
        faces.append((path.name, image, image))
        if len(faces) == MOST:
            break
    if not faces:
        raise InputError(f"{folder}: no readable picture in it")
    return faces


def _heads(progress: Progress) -> list[Face]:
    root = rendered(HEADS, None, progress)
    faces: list[Face] = []
    # Heads are dealt in pairs: every second one is of another family.
    for path, linear in sorted(synth.linear_files(root).items())[::2]:
        _, image = acquire.read_image(root / path)
        faces.append((path, image, synth.read_linear(root / linear)))
    return faces
