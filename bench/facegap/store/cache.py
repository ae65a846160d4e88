"""The cache of what was computed for each image: one SQLite file a pipeline, so that kill -9 loses one batch at most.

Templates are biometric data: the files are mode 0600 in a 0700 folder, never enter a run folder, and `purge` removes
them. Every row carries a digest of its place, key and value: what a disk or a cosmic ray changed is computed again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from facegap.errors import DiskFull, StoreError
from facegap.store import unfinished
from facegap.store.files import cache_dir
from facegap.store.places import PLACES
from facegap.words import plural

LOG = logging.getLogger("facegap")

DIGEST_BYTES = 16

_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_INTERRUPT,
    }
)
"""What the machine does to a file that is whole; every other error of SQLite says that the file is damaged."""


class RowCache:
    """Bytes by key, in one file named by the digest of whatever made them.

    A damaged row is left out, a damaged file is set aside; either is computed again by whoever asks, and logged. A file
    that cannot be written to can be read.
    """

    def __init__(self, kind: str, pipeline: str) -> None:
        self.path = cache_dir(write=False) / kind / f"{pipeline}.sqlite"
        self._place = f"{kind}/{pipeline}/".encode()
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.Error as error:
            if self._is_outside(error):
                raise StoreError(f"{self.path}: the cache cannot be opened: {error}; set FACEGAP_CACHE") from None
            return self._connect_anew()
        except OSError as error:
            raise StoreError(f"{self.path}: the cache cannot be opened: {error.strerror}; set FACEGAP_CACHE") from None

    def _is_outside(self, error: sqlite3.Error) -> bool:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # Python's own, on a value of a kind that was never written
            return False
        # A flipped version number makes a file "readonly" that is not.
        readonly = code & 0xFF == sqlite3.SQLITE_READONLY and not os.access(self.path, os.W_OK)
        return readonly or code & 0xFF in _OUTSIDE

    def _connect_anew(self) -> sqlite3.Connection:
        """An empty file in place of the damaged one, whose log must not be played into it."""
        LOG.warning("cache: a damaged file of %s was set aside; what it held is computed again", self.path.parent.name)
        try:
            self.path.replace(self.path.with_suffix(".damaged"))
            for ending in ("-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self.path}: damaged, and it cannot be replaced: {error}; set FACEGAP_CACHE") from None

    def _refill(self) -> None:
        self._connection.close()
        self._connection = self._connect_anew()

    def _connect(self) -> sqlite3.Connection:
        if self.path.is_file() and not _writable(self.path):
            return self._connect_to_read()
        if not self.path.parent.is_dir():
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self.path.touch(mode=0o600)
        connection = _opened(str(self.path))
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            self._drop_unchecked(connection)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS checked (key TEXT PRIMARY KEY, value BLOB, digest BLOB) WITHOUT ROWID"
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _drop_unchecked(self, connection: sqlite3.Connection) -> None:
        """Rows of versions that kept no digest cannot be trusted, and are computed again."""
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'rows'").fetchone() is None:
            return
        (count,) = connection.execute("SELECT count(*) FROM rows").fetchone()
        connection.execute("DROP TABLE rows")
        if count:
            LOG.warning(
                "cache: %s of %s without digests, of an earlier version, are computed again",
                plural(count, "row"),
                self.path.parent.name,
            )

    def _connect_to_read(self) -> sqlite3.Connection:
        """The file as it lies there: SQLite would write a log beside it, unless it is told that nobody does."""
        return _opened(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that are there and whole; none where the file turns out to be damaged.

        Raises:
            StoreError: the file cannot be read.
        """
        try:
            return self._whole(self._get_many(list(keys)))
        except sqlite3.Error as error:
            if self._is_outside(error):
                raise StoreError(f"{self.path}: the cache cannot be read: {error}") from None
        self._refill()
        return {}

    def _get_many(self, keys: list[str]) -> Iterator[tuple[Any, Any, Any]]:
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'checked'").fetchone() is None:
            return
        for chunk in _chunks(keys, 500):
            marks = ",".join("?" * len(chunk))
            yield from self._connection.execute(f"SELECT key, value, digest FROM checked WHERE key IN ({marks})", chunk)

    def _whole(self, rows: Iterable[tuple[Any, Any, Any]]) -> dict[str, bytes]:
        """The rows whose digest holds."""
        found: dict[str, bytes] = {}
        damaged = 0
        for key, value, digest in rows:
            if isinstance(value, bytes) and digest == self._digest(key, value):
                found[key] = value
            else:
                damaged += 1
        if damaged:
            LOG.warning("cache: %s of %s computed again", plural(damaged, "damaged row"), self.path.parent.name)
        return found

    def _digest(self, key: str, value: bytes) -> bytes:
        """Of the row's place and key too, so that no row is taken for another."""
        state = hashlib.blake2b(self._place, digest_size=DIGEST_BYTES)
        state.update(key.encode(errors="replace"))
        state.update(b"\0")
        state.update(value)
        return state.digest()

    def put_many(self, rows: Mapping[str, bytes]) -> None:
        """Store rows in one transaction.

        Raises:
            DiskFull: there is no room; nothing stored before is lost.
            StoreError: the file cannot be written; likewise.
        """
        try:
            self._put_many(rows)
        except sqlite3.Error as error:
            if self._is_outside(error):
                full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
                raise (DiskFull if full else StoreError)(
                    f"{self.path}: the cache cannot be written: {error}; free some space or set FACEGAP_CACHE"
                ) from None
        else:
            return
        self._refill()
        self._put_many(rows)

    def _put_many(self, rows: Mapping[str, bytes]) -> None:
        checked = ((key, value, self._digest(key, value)) for key, value in rows.items())
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO checked VALUES (?, ?, ?)", checked)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> RowCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opened(place: str, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=60, uri=uri)
    # A flipped bit can make text of bytes, in any encoding.
    connection.text_factory = lambda data: data.decode(errors="replace")
    return connection


def _writable(path: Path) -> bool:
    """Whether SQLite can write to the file, for which it needs its folder too."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def purge(kinds: Iterable[str] = ("acquisitions", "looks", "scores", "templates", PLACES)) -> list[Path]:
    """Delete cached acquisitions, templates, digests of pictures, where data of runs lay, scores that a killed run
    left, and what stopped processes left half written in the cache; what was removed.

    A link in a folder's place is removed, and what it leads to is left alone.

    Raises:
        StoreError: something cannot be removed.
    """
    removed = []
    for kind in kinds:
        folder = cache_dir() / kind
        try:
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
            elif folder.is_dir():
                shutil.rmtree(folder)
            else:
                continue
        except FileNotFoundError:  # another process was faster
            pass
        except OSError as error:
            raise StoreError(f"{folder}: cannot be removed: {error.strerror}") from None
        removed.append(folder)
    for path in unfinished.half_written(cache_dir()):
        path.unlink(missing_ok=True)
        removed.append(path)
    return removed
