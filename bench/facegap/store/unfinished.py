"""Hidden folders in which runs are prepared: one a name, held by a lock, cleared away when whoever made it is gone.

And hidden files in which single files are written (`files.write_atomic`), that a killed process leaves.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ENDING = ".facegap-part"
_PART = re.compile(r"\..+\.[0-9a-f]{8}")
"""Name of a file that is being written."""

WRITTEN = 3600.0
"""Seconds after which such a file is nobody's: one is written in seconds."""

OLD = 24 * 3600.0
"""Seconds after which a folder is given up where locks do not exist: writing takes minutes."""


def hidden_folder(results: Path, name: str) -> Path:
    """Where the run `name` is prepared."""
    return results / f".{name}{ENDING}"


def reserve(path: Path) -> int | None:
    """Make the folder and hold it; the lock, or None where somebody else holds it.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return None
        lock = hold(path)
        # Whoever clears away may have taken it in between.
        if lock is not None and (not _locks() or _is(path, lock)):
            return lock
        if lock is not None:
            os.close(lock)


def given_up(results: Path) -> Iterator[Path]:
    """Folders in `results` whose maker was stopped before they became runs; each is held while it is handed out."""
    for path in sorted(results.glob(f".*{ENDING}")):
        if path.is_symlink() or not path.is_dir():
            continue
        lock = hold(path)
        if lock is None:
            continue
        try:
            if _locks() or time.time() - path.stat().st_mtime > OLD:
                yield path
        finally:
            os.close(lock)


def clear(results: Path) -> list[Path]:
    """Remove what stopped runs left in `results`; what was removed."""
    removed = []
    with contextlib.suppress(OSError):
        for path in given_up(results):
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path)
    return removed


def half_written(folder: Path) -> list[Path]:
    """Hidden files at or below `folder` that a stopped process left of one it was writing; no link is followed."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.endswith(ENDING)]
        parts = (Path(place) / name for name in names if _PART.fullmatch(name))
        found += [path for path in parts if _is_old(path)]
    return sorted(found)


def _is_old(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode) and time.time() - path.lstat().st_mtime > WRITTEN
    except OSError:  # another process was faster
        return False


def _is(path: Path, handle: int) -> bool:
    return path.exists() and path.stat().st_ino == os.fstat(handle).st_ino


def _locks() -> bool:
    return sys.platform != "win32"


def hold(path: Path) -> int | None:
    """A handle that holds the folder until it is closed or its process ends; None where another has it."""
    if sys.platform == "win32":
        return os.open(os.devnull, os.O_RDONLY)
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
