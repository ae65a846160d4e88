"""True linear light beside the rendered pictures: which file belongs to which picture, and its pixels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from facegap.errors import DatasetError
from facegap.synth.assets import Floats
from facegap.synth.generate import MANIFEST


def linear_files(root: Path) -> dict[str, str]:
    """Path of a picture -> path of its linear light, both below `root`; pictures without one are left out.

    Raises:
        DatasetError: the manifest cannot be read.
    """
    try:
        with (root / MANIFEST).open(encoding="utf-8", newline="") as file:
            rows = [(row["path"], row.get("linear_path") or "") for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(f"{root / MANIFEST}: cannot be read: {error}; delete the folder to render it anew") from None
    return {path: linear for path, linear in rows if linear}


def read_linear(path: Path) -> Floats:
    """(h, w, 3) float32 linear RGB with sRGB primaries; 1 = a white surface that faces the camera.

    Raises:
        DatasetError: the file is missing or no such array.
    """
    try:
        pixels = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}; delete it to have it rendered anew") from None
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.float16 or not np.isfinite(pixels).all():
        raise DatasetError(f"{path}: expected finite (h, w, 3) float16, found {pixels.shape} {pixels.dtype}")
    return np.asarray(pixels, dtype=np.float32)
