"""A results folder may come from anybody: it holds plain files of limited size, or none of it is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from facegap.errors import StoreError

MOST_FILES = 20_000
MIB = 1024**2
LARGEST = {".csv": 4096 * MIB, ".npz": 4096 * MIB}
"""Bytes of a file by its ending; what a run holds of thousands of people is a hundredth of it."""
LARGEST_OTHER = 64 * MIB
LARGEST_UNPACKED = 8192 * MIB
"""Bytes of the arrays in a .npz, which says of itself how large it is unpacked."""

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def plain_files(folder: Path) -> dict[str, Path]:
    """Every file below `folder` by its name, sorted, with "/" between folders.

    Raises:
        StoreError: something there is no plain file or folder, is too large, or has a name that no run gives; or there
            are too many.
    """
    found: dict[str, Path] = {}
    for name, entry in _entries(folder, ""):
        if len(found) == MOST_FILES:
            raise StoreError(f"{folder}: more than {MOST_FILES:,} files; expected a results folder")
        _check(folder, name, entry.stat(follow_symlinks=False))
        found[name] = Path(entry.path)
    return dict(sorted(found.items()))


def _entries(folder: Path, above: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{above}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(Path(entry.path), f"{name}/")
                else:
                    yield name, entry
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read: {error.strerror}") from None


def _check(folder: Path, name: str, status: os.stat_result) -> None:
    if not name.isprintable() or "\\" in name:
        raise StoreError(f"{folder}: a file named {name!r}, which no run writes")
    require_plain(folder / name, status)


def require_plain(path: Path, status: os.stat_result | None = None) -> None:
    """Refuse what is no plain file, or too large; what is not there is left to whoever opens it.

    Raises:
        StoreError: it is a link, a pipe, a device, a socket or a folder; or larger than any that a run writes.
    """
    if status is None:
        try:
            status = path.lstat()
        except OSError:
            return
    kind = next((kind for is_it, kind in _KINDS if is_it(status.st_mode)), None)
    if kind is None and not stat.S_ISREG(status.st_mode):
        kind = "no file"
    if kind is not None:
        raise StoreError(f"{path}: {kind}; a results folder holds plain files, and nothing of this one is read")
    most = LARGEST.get(path.suffix, LARGEST_OTHER)
    if status.st_size > most:
        raise StoreError(f"{path}: {status.st_size / MIB:,.0f} MiB; a run writes at most {most / MIB:,.0f} MiB")
