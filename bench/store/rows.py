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

from bench.errors import StoreError
from bench.store.files import cache_dir


class RowCache:
    """Bytes by key, in one file named by the digest of whatever made them. A damaged file is set aside and refilled."""

    def __init__(self, kind: str, pipeline: str) -> None:
        folder = cache_dir() / kind
        folder.mkdir(mode=0o700, exist_ok=True)
        self.path = folder / f"{pipeline}.sqlite"
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"{self.path}: the cache cannot be opened: {error}") from None
            self.path.replace(self.path.with_suffix(".damaged"))
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
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
        """The values of those keys that are there."""
        found: dict[str, bytes] = {}
        for chunk in _chunks(list(keys), 500):
            marks = ",".join("?" * len(chunk))
            found.update(self._connection.execute(f"SELECT key, value FROM rows WHERE key IN ({marks})", chunk))
        return found

    def put_many(self, rows: Mapping[str, bytes]) -> None:
        """Store rows in one transaction.

        Raises:
            StoreError: the disk is full or the file cannot be written; nothing stored before is lost.
        """
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", rows.items())
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path}: the cache cannot be written: {error}; free some space or set FACEGAP_CACHE"
            ) from None

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


def purge(kinds: Iterable[str] = ("acquisitions", "templates")) -> list[Path]:
    """Delete cached acquisitions and templates; returns the folders that were removed."""
    removed = []
    for kind in kinds:
        folder = cache_dir() / kind
        if folder.is_dir():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
            removed.append(folder)
    return removed
