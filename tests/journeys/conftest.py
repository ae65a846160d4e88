"""A wheel, built once and unpacked, and empty folders in which it is the only facegap."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from finished import SECRET

ROOT = Path(__file__).resolve().parents[2]
Facegap = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the built wheel is installed, without its dependencies, which are here already."""
    made, there = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    built = subprocess.run([*pip, "wheel", "--no-deps", "-w", made, ROOT], capture_output=True, text=True, check=False)
    if built.returncode and "hatchling" in built.stderr:
        pytest.skip("no wheel: hatchling, which builds it, is neither here nor to be fetched")
    assert built.returncode == 0, built.stderr
    (file,) = made.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", there, file], check=True)
    return there


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user brings: a net with its card, a data set with its card and pictures; nothing of the checkout."""
    pytest.importorskip("onnx", reason="the tiny net is written with the onnx package")
    place = tiny.make_place(tmp_path_factory.mktemp("brought") / "place")
    (place / "tiny.toml").unlink()
    return place


@pytest.fixture
def facegap(wheel: Path, cards: Path, tmp_path: Path) -> Facegap:
    """`facegap WORDS` of the wheel, in a folder that holds what a user brings: exit code, output, errors."""
    for name in ("models", "datasets", "data"):
        (tmp_path / name).symlink_to(cards / name)
    environment = {
        **os.environ,
        "PYTHONPATH": str(wheel),
        "FACEGAP_CACHE": str(tmp_path / "cache"),
        "FACEGAP_SECRET": SECRET,
        "OMP_NUM_THREADS": "1",
    }

    def call(*words: str) -> tuple[int, str, str]:
        code = "import facegap, sys; assert facegap.__file__.startswith(sys.argv.pop(1)); import runpy; "
        code += "runpy.run_module('facegap', run_name='__main__', alter_sys=True)"
        done = subprocess.run(
            [sys.executable, "-c", code, str(wheel), *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return call
