"""Digests, atomic writes and the private cache folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import sys
import tempfile
from pathlib import Path

from facegap.errors import DiskFull, StoreError

NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""A full disk, a limit on a file's size, a used-up quota."""


def sha256_bytes(data: bytes) -> str:
    """Hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of the file's content, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(value: object) -> str:
    """Hex SHA-256 of a JSON-like value in canonical form (sorted keys, no spaces), equal on every machine."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return sha256_bytes(text.encode())


def cache_dir() -> Path:
    """The private cache folder: $FACEGAP_CACHE, or `facegap` in the user's own cache folder; mode 0700.

    Raises:
        StoreError: it cannot be made or is not writable.
    """
    given = os.environ.get("FACEGAP_CACHE")
    folder = Path(given) if given else _user_cache() / "facegap"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"{folder}: cannot make the cache folder: {error.strerror}; set FACEGAP_CACHE") from None
    if not os.access(folder, os.W_OK):
        raise StoreError(f"{folder}: the cache folder is not writable; set FACEGAP_CACHE to one that is")
    return folder


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))


def weights_path(sha256: str) -> Path:
    """Where the ONNX file of that digest lies in the cache, whether or not it is there."""
    return cache_dir() / "weights" / f"{sha256}.onnx"


def write_atomic(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write `data` so that `path` holds the old content or the new, never a part.

    Raises:
        DiskFull: there is no room for it.
        StoreError: the folder is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(mode if mode is not None else 0o644)
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        raise not_written(path, error) from None


def not_written(path: Path, error: OSError) -> StoreError:
    """The one line on what could not be written."""
    if error.errno in NO_ROOM:
        return DiskFull(f"{path}: cannot be written: {error.strerror}; free some space")
    return StoreError(f"{path}: cannot be written: {error.strerror}")


def local_secret() -> bytes:
    """The key that turns sample and subject names into opaque ids; made once, mode 0600, never leaves the machine.

    $FACEGAP_SECRET (hex) overrides it, so that two machines can make ids that agree.

    Raises:
        StoreError: $FACEGAP_SECRET is not hexadecimal, or the key cannot be written or read.
    """
    given = os.environ.get("FACEGAP_SECRET")
    if given:
        try:
            return bytes.fromhex(given)
        except ValueError:
            raise StoreError("FACEGAP_SECRET: expected hexadecimal digits") from None
    path = cache_dir() / "id-secret"
    if not path.exists():
        write_atomic(path, secrets.token_bytes(32), mode=0o600)
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}; set FACEGAP_CACHE or FACEGAP_SECRET") from None
