"""Loops compiled by numba; the machine code is kept in the user's cache, never in the package.

The folder is $NUMBA_CACHE_DIR, or `compiled` in facegap's own cache. Without a folder that can be written, nothing is
kept and every process compiles for itself.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

from facegap.errors import StoreError
from facegap.store import cache_dir

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Function = TypeVar("Function", bound=Callable[..., Any])

LOG = logging.getLogger("facegap")

_SETTING = threading.Lock()

_FORMAT = b"checked"
"""Part of the folder's name, so that files of versions that wrote no digests are not read."""


def compiled(*, error_model: str = "python", fastmath: bool = False) -> Callable[[Function], Function]:
    """A decorator: the function as machine code from its first call on, run without the global lock.

    Args:
        error_model: "python" raises on a division by zero, "numpy" gives infinity or NaN.
        fastmath: floating-point sums may be reordered, and neither NaN nor infinity may occur.
    """

    def compile_later(function: Function) -> Function:
        jitted: Any = numba.njit(nogil=True, error_model=error_model, fastmath=fastmath)(function)
        folder = _folder(Path(function.__code__.co_filename).parent)
        if folder is not None:
            # numba asks for the folder when a function's cache is made, and writes beside the source where it has none.
            with _SETTING:
                others, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder)
                try:
                    jitted._cache = _Cache(function)
                finally:
                    numba.config.CACHE_DIR = others
        return jitted  # type: ignore[no-any-return]

    return compile_later


class _Damaged(Exception):
    """A file is not what was written to it."""


class _CheckedFile(IndexDataCacheFile):  # type: ignore[misc]
    """Numba's files with a digest in front: one flipped bit of machine code computes something else, or crashes."""

    def _load_index(self) -> Any:
        try:
            stamp, overloads = pickle.loads(_checked(Path(self._index_path)))
        except FileNotFoundError:
            return {}
        return overloads if stamp == self._source_stamp else {}

    def _save_index(self, overloads: Any) -> None:
        self._write(self._index_path, (self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        return pickle.loads(_checked(Path(self._data_path(name))))

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _write(self, path: str, value: Any) -> None:
        data = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(data).digest() + data)


def _checked(path: Path) -> bytes:
    data = path.read_bytes()
    digest, content = data[:32], data[32:]
    if hashlib.sha256(content).digest() != digest:
        raise _Damaged
    return content


class _Cache(FunctionCache):  # type: ignore[misc]
    """numba's cache of one function, written by one process at a time: two at once could mix up two signatures."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    # A cache that cannot be read or written costs the time to compile, no more.
    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(OSError):
            try:
                return super().load_overload(sig, target_context)
            except _Damaged:
                LOG.warning("cache: a damaged file of compiled code is made anew")
                self.flush()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError), _alone(Path(self.cache_path)):
            super().save_overload(sig, data)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process is in here with the same folder; where the system has no such locks, nothing is promised."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@lru_cache
def _folder(sources: Path) -> Path | None:
    """Where code from the folder `sources` is kept: one for each state of its files and each release of numba.

    numba notices a change of the file that holds a function, not of files whose functions it calls or whose constants
    it names; and two releases would take turns in overwriting each other's code.
    """
    texts = [path.read_bytes() for path in sorted(sources.glob("*.py"))]
    state = hashlib.sha256(b"".join([_FORMAT, numba.__version__.encode(), *texts])).hexdigest()[:16]
    try:
        given = os.environ.get("NUMBA_CACHE_DIR")
        folder = (Path(given) if given else cache_dir() / "compiled") / f"{sources.name}-{state}"
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, StoreError):
        return None
    return folder
