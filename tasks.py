#!/usr/bin/env python3
"""Two commands that need nothing but Python 3.11 or later:

    python3 tasks.py quickstart    environment, installation, models, and the first study
    python3 tasks.py test          environment and tests

More, for those who change the code: `lint` runs ruff, mypy and import-linter; `coverage` runs the tests and says which
lines none reached; `slow` runs the tests that take longer; `oldest` runs the tests in an environment of its own with
the oldest versions that pyproject.toml allows.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAIN, OLDEST = ".venv", ".venv-oldest"
PYTEST = ("-m", "pytest", "-n", "auto", "--maxprocesses", "8", "--dist", "worksteal")
"""A process a core: more than eight would make the same fixtures once more each and gain nothing."""


def program(name: str, environment: str = MAIN) -> Path:
    """A program of an environment of this checkout."""
    folder, ending = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return HERE / environment / folder / f"{name}{ending}"


def call(*words: str | Path) -> None:
    """Run a command in the checkout; a failure ends this script with its exit code."""
    print("$", " ".join(str(word) for word in words), flush=True)
    code = subprocess.call([str(word) for word in words], cwd=HERE)
    if code:
        sys.exit(code)


def install(extra: str, environment: str = MAIN, constraints: str = "constraints.txt") -> None:
    """The environment with facegap and `extra`, unless exactly that is there already."""
    files = (HERE / name for name in ("pyproject.toml", constraints))
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp, python = HERE / environment / f"installed-{extra}", program("python", environment)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not python.exists():
        venv.create(HERE / environment, with_pip=True)
    call(python, "-m", "pip", "install", "--quiet", "-c", constraints, "-e", f".[{extra}]")
    if extra != "quickstart":
        # A reference for the tests whose metadata still asks for numpy 1; its code runs on numpy 2.
        call(python, "-m", "pip", "install", "--quiet", "--no-deps", "cimat==0.1.2")
    stamp.write_text(wanted)


def fetch_models() -> None:
    """The default models, for the tests that need real ones; without a network those skip and say so."""
    words = [program("python"), "-m", "facegap", "models", "pull", "dlib-resnet29", "mtcnn"]
    if subprocess.call([str(word) for word in words], cwd=HERE):
        print("no models here: the tests that need them will be skipped", flush=True)


def quickstart() -> None:
    """Install, fetch and convert the default models, and run the first study."""
    install("quickstart")
    facegap = (program("python"), "-m", "facegap")
    call(*facegap, "doctor")
    call(*facegap, "models", "pull", "dlib-resnet29", "mtcnn")
    call(*facegap, "run", "configs/quickstart.toml")


def test() -> None:
    """Install with everything that the tests need, and run them."""
    install("dev")
    fetch_models()
    call(program("python"), *PYTEST)


def coverage() -> None:
    """The same tests, and which lines of the package none of them reached."""
    install("dev")
    fetch_models()
    measure = (program("python"), "-m", "coverage")
    call(*measure, "erase")
    call(*measure, "run", *PYTEST)
    call(*measure, "combine", "--quiet")
    call(*measure, "report")


def slow() -> None:
    """The tests that take longer."""
    install("dev")
    fetch_models()
    call(program("python"), *PYTEST, "-m", "slow")


def oldest() -> None:
    """The tests with the oldest versions that pyproject.toml allows."""
    install("test", OLDEST, "constraints-oldest.txt")
    call(program("python", OLDEST), *PYTEST)


def lint() -> None:
    """Style, types and layers."""
    install("dev")
    call(program("ruff"), "check", ".")
    call(program("ruff"), "format", "--check", ".")
    call(program("python"), "-m", "mypy")
    call(program("python"), "-m", "mypy", "--config-file", "tests/mypy.ini")
    call(program("lint-imports"))


TASKS = {task.__name__: task for task in (quickstart, test, lint, coverage, slow, oldest)}

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(f"facegap needs Python 3.11 or later, this is {sys.version.split()[0]}")
    if len(sys.argv) != 2 or sys.argv[1] not in TASKS:
        sys.exit(__doc__)
    TASKS[sys.argv[1]]()
