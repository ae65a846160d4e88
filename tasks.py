#!/usr/bin/env python3
"""Two commands that need nothing but Python 3.11 or later:

    python3 tasks.py quickstart    environment, installation, models, and the first study
    python3 tasks.py test          environment and tests

Two more: `slow` runs the tests that take longer, `lint` runs ruff, mypy and import-linter.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
SCRIPTS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")


def call(*words: str | Path) -> None:
    """Run a command in the checkout; a failure ends this script with its exit code."""
    print("$", " ".join(str(word) for word in words), flush=True)
    code = subprocess.call([str(word) for word in words], cwd=HERE)
    if code:
        sys.exit(code)


def install(extra: str) -> None:
    """The environment with facegap and `extra`, unless exactly that is there already."""
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")))
    stamp = ENVIRONMENT / f"installed-{extra}"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    call(PYTHON, "-m", "pip", "install", "--quiet", "-c", "constraints.txt", "-e", f".[{extra}]")
    if extra == "dev":
        # A reference for the tests whose metadata still asks for numpy 1; its code runs on numpy 2.
        call(PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "cimat==0.1.2")
    stamp.write_text(wanted.hexdigest())


def fetch_models() -> None:
    """The default models, for the tests that need real ones; without a network those skip and say so."""
    words = [PYTHON, "-m", "facegap", "models", "pull", "dlib-resnet29", "mtcnn"]
    if subprocess.call([str(word) for word in words], cwd=HERE):
        print("no models here: the tests that need them will be skipped", flush=True)


def quickstart() -> None:
    """Install, fetch and convert the default models, and run the first study."""
    install("quickstart")
    call(PYTHON, "-m", "facegap", "doctor")
    call(PYTHON, "-m", "facegap", "models", "pull", "dlib-resnet29", "mtcnn")
    call(PYTHON, "-m", "facegap", "run", "configs/quickstart.toml")


def test() -> None:
    """Install with everything that the tests need, and run them."""
    install("dev")
    fetch_models()
    call(PYTHON, "-m", "pytest")


def slow() -> None:
    """The tests that take longer."""
    install("dev")
    call(PYTHON, "-m", "pytest", "-m", "slow")


def lint() -> None:
    """Style, types and layers."""
    install("dev")
    call(PYTHON, "-m", "ruff", "check", ".")
    call(PYTHON, "-m", "ruff", "format", "--check", ".")
    call(PYTHON, "-m", "mypy")
    call(SCRIPTS / "lint-imports")


TASKS = {"quickstart": quickstart, "test": test, "slow": slow, "lint": lint}

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(f"facegap needs Python 3.11 or later, this is {sys.version.split()[0]}")
    if len(sys.argv) != 2 or sys.argv[1] not in TASKS:
        sys.exit(__doc__)
    TASKS[sys.argv[1]]()
