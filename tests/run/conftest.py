"""Runs of the tiny study in this process, and copies of the finished one to change."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from facegap.run import resolve, run_study


@contextmanager
def _silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


@pytest.fixture
def place(finished: Path, cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of where the tiny study was run, results and cached templates too, as the working directory."""
    origin, place = finished.parents[1], tmp_path / "place"
    shutil.copytree(origin, place)
    for kind in ("acquisitions", "templates"):
        shutil.copytree(cache_folder / kind, place / "cache" / kind)
    monkeypatch.setenv("FACEGAP_CACHE", str(place / "cache"))
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def run_here() -> Callable[..., Path]:
    """Runs a study of the working directory in this process, without figures and page; its results folder."""

    def run(study: str = "tiny.toml", results: str = "again", root: Path | None = None) -> Path:
        return run_study(resolve(study, root, _silent), Path(results), lambda _: None, _silent)

    return run
