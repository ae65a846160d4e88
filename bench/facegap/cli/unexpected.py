"""The last net: an error that nobody foresaw is one line too, and its report lies in the private cache."""

from __future__ import annotations

import datetime
import os
import tempfile
import traceback
from pathlib import Path

from facegap.errors import StoreError
from facegap.version import __version__

DEBUG = "FACEGAP_DEBUG"
"""Environment variable that shows the traceback on the terminal."""

UNEXPECTED = 70
"""Exit code, EX_SOFTWARE of sysexits.h: the error is facegap's, not the user's."""


def report(error: BaseException) -> str:
    """One line without a name from the data; where the traceback went, which may hold some."""
    if isinstance(error, MemoryError):
        return "out of memory; fewer backend.threads or a smaller backend.batch need less"
    where = _written(traceback.format_exception(error))
    return (
        f"unexpected error ({type(error).__name__}), a fault of facegap: its report is in {where}; --debug shows it "
        "here; it may hold names: read it before you send it"
    )


def _written(lines: list[str]) -> str:
    now = datetime.datetime.now(datetime.UTC)
    text = "".join([f"facegap {__version__}, {now.isoformat(timespec='seconds')}\n", *lines])
    try:
        handle, name = tempfile.mkstemp(prefix=f"{now:%Y%m%dT%H%M%S}-", suffix=".log", dir=_folder())
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as problem:
        return f"no file, since none can be written ({problem.strerror})"
    return name


def _folder() -> Path | None:
    """`log` in the private cache, None (the system's own folder for such files) where there is no cache."""
    from facegap.store.files import cache_dir

    try:
        folder = cache_dir() / "log"
        folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, StoreError):
        return None
    return folder
