"""The cache of what was computed for each image: one SQLite file a pipeline, so that kill -9 loses one batch at most.

Templates are biometric data: the files are mode 0600 in a 0700 folder, never enter a run folder, and `purge` removes
them.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from facegap.errors import DiskFull, StoreError
from facegap.store.files import cache_dir


class RowCache:
    """Bytes by key, in one file named by the digest of whatever made them. A damaged file is set aside and refilled."""

    def __init__(self, kind: str, pipeline: str) -> None:
        self.path = cache_dir() / kind / f"{pipeline}.sqlite"
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(f"{self.path}: the cache cannot be opened: {error}; set FACEGAP_CACHE") from None
        except sqlite3.DatabaseError:
            return self._connect_anew()

    def _connect_anew(self) -> sqlite3.Connection:
        """An empty file in place of the damaged one, whose log must not be played into it."""
        self.path.replace(self.path.with_suffix(".damaged"))
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        return self._connect()

    def _refill(self) -> None:
        self._connection.close()
        self._connection = self._connect_anew()

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self.path.touch(mode=0o600)
        connection = sqlite3.connect(self.path, timeout=60)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that are there; none where the file turns out to be damaged.

        Raises:
            StoreError: the file cannot be read.
        """
        try:
            return self._get_many(keys)
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path}: the cache cannot be read: {error}") from None
        except sqlite3.DatabaseError:
            self._refill()
            return {}

    def _get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for chunk in _chunks(list(keys), 500):
            marks = ",".join("?" * len(chunk))
            found.update(self._connection.execute(f"SELECT key, value FROM rows WHERE key IN ({marks})", chunk))
        return found

    def put_many(self, rows: Mapping[str, bytes]) -> None:
        """Store rows in one transaction.

        Raises:
            DiskFull: there is no room; nothing stored before is lost.
            StoreError: the file cannot be written; likewise.
        """
        try:
            self._put_many(rows)
        except sqlite3.OperationalError as error:
            full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            raise (DiskFull if full else StoreError)(
                f"{self.path}: the cache cannot be written: {error}; free some space or set FACEGAP_CACHE"
            ) from None
        except sqlite3.DatabaseError:
            self._refill()
            self._put_many(rows)

    def _put_many(self, rows: Mapping[str, bytes]) -> None:
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", rows.items())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> RowCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def purge(kinds: Iterable[str] = ("acquisitions", "looks", "templates")) -> list[Path]:
    """Delete cached acquisitions, templates and digests of pictures; returns the folders that were removed."""
    removed = []
    for kind in kinds:
        folder = cache_dir() / kind
        if folder.is_dir():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
            removed.append(folder)
    return removed
