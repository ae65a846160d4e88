"""Doctor: can this machine run studies? Each line is ok, warn or fail, with what to do."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from facegap import backend, store, weights
from facegap.cards import card_path, load_detector, load_model
from facegap.errors import FacegapError

LEAST_FREE = 2 * 1024**3

CV2_PACKAGES = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
"""Distributions of one module, the one that this package asks for first; likewise below."""

ORT_PACKAGES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")


@dataclass(frozen=True)
class Line:
    """One thing that was examined."""

    level: Literal["ok", "warn", "fail"]
    text: str


def doctor() -> list[Line]:
    """Examine Python, packages that overwrite each other, backends, cache, disk, what stopped runs left in the cache
    and in `results` and `models` of this folder, and the default models."""
    return [
        _python(),
        *_one_of("cv2", CV2_PACKAGES),
        *_one_of("onnxruntime", ORT_PACKAGES),
        *_backends(),
        *_cache(),
        *_leftovers(),
        *_models(),
    ]


def _python() -> Line:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Line("ok" if sys.version_info >= (3, 11) else "fail", f"Python {found} (3.11 or later is needed)")


def _one_of(module: str, packages: tuple[str, ...]) -> Iterator[Line]:
    """Distributions that install the same module overwrite each other's files."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    if len(found) == 1:
        yield Line("ok", f"{module}: {found[0]}")
    elif found:
        yield Line("fail", f"{module}: {', '.join(found)} overwrite each other; uninstall all and install one again")
    else:
        yield Line("fail", f"{module}: not installed; pip install {packages[0]}")


def _backends() -> Iterator[Line]:
    here = [name for name, there in backend.available().items() if there]
    yield Line("ok", f"backends in this onnxruntime: {', '.join(here)}")


def _cache() -> Iterator[Line]:
    try:
        folder = store.cache_dir()
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except (FacegapError, OSError) as error:
        yield Line("fail", f"cache: {error}")
        return
    free = shutil.disk_usage(folder).free
    level: Literal["ok", "warn"] = "ok" if free >= LEAST_FREE else "warn"
    yield Line(level, f"cache: {folder} is writable, {free / 1024**3:.0f} GiB free")
    if os.name == "posix" and Path(folder).stat().st_mode & 0o077:
        yield Line("warn", f"cache: {folder} can be read by others; templates are biometric data: chmod 700 it")


def _leftovers() -> Iterator[Line]:
    """What a killed process left in the cache, and in `results` and `models` of the folder one is in."""
    with suppress(FacegapError, OSError):
        for path in store.half_written(store.cache_dir()):
            yield Line("warn", f"cache: {path} was left half written by a stopped process; facegap purge removes it")
    for name in ("results", "models"):
        for path in store.half_written(Path(name)):
            yield Line("warn", f"{name}: {path} was left half written by a stopped process; remove it")
    for path in store.given_up(Path("results")):
        yield Line("warn", f"results: {path} was left by a run that was stopped; the next run removes it, or you do")


def _models() -> Iterator[Line]:
    for name, kind in (("dlib-resnet29", "recogniser"), ("mtcnn", "detector")):
        try:
            if kind == "recogniser":
                weights.find_model(load_model(name), card_path("models", name))
            else:
                weights.find_detector(load_detector(name), card_path("models", name))
            yield Line("ok", f"default {kind} {name}: here")
        except FacegapError:
            yield Line("warn", f"default {kind} {name}: not here yet; facegap models pull {name}")
