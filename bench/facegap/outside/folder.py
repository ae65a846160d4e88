"""A new folder that is complete or does not exist."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from facegap.errors import InputError
from facegap.store import unfinished
from facegap.store.files import not_written

MOMENT = 946_684_800
"""2000-01-01 UTC, the time of every file: when a picture was written tells nothing of it."""


def refuse_existing(out: Path) -> None:
    """See that nothing is where a new folder is to be.

    Raises:
        InputError: something is.
    """
    if out.exists() or out.is_symlink():
        raise InputError(f"{out}: is there already; an export is never written into a folder that is: name another")


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A hidden folder to fill, which becomes `out` when the block ends without an error.

    Raises:
        InputError: there is such a file or folder already.
        DiskFull: there is no room.
        StoreError: it cannot be written.
    """
    refuse_existing(out)
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.clear(out.parent)
        hidden = unfinished.hidden_folder(out.parent, out.name)
        lock = unfinished.reserve(hidden)
    except (OSError, ValueError) as error:
        raise not_written(out, error) from None
    if lock is None:
        raise InputError(f"{out}: another export is being written there; wait for it, or name another folder")
    try:
        yield hidden
        _same_time(hidden)
        if out.exists():
            raise InputError(f"{out}: was made by somebody else meanwhile; name another folder")
        hidden.rename(out)
    except OSError as error:
        raise not_written(out, error) from None
    finally:
        if hidden.exists():
            shutil.rmtree(hidden, ignore_errors=True)
        os.close(lock)


def _same_time(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (MOMENT, MOMENT))
    os.utime(folder, (MOMENT, MOMENT))
