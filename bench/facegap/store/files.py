"""Digests, atomic writes and the private cache folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
import sys
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


def cache_dir(*, write: bool = True) -> Path:
    """The private cache folder: $FACEGAP_CACHE, or `facegap` in the user's own cache folder; mode 0700.

    Args:
        write: whether something is to be written; a complete cache can be read where nothing can.

    Raises:
        StoreError: it cannot be made, is not writable, or any user of the machine can change what lies in it.
    """
    given = os.environ.get("FACEGAP_CACHE")
    folder = Path(given) if given else _user_cache() / "facegap"
    try:
        if write or not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = folder.stat().st_mode
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreError(f"{folder}: cannot make the cache folder: {why}; set FACEGAP_CACHE") from None
    if os.name == "posix" and mode & stat.S_IWOTH:
        raise StoreError(
            f"{folder}: every user of this machine can write to the cache folder, which holds secrets and templates; "
            "chmod 700 it, or set FACEGAP_CACHE to one of your own"
        )
    if write and not os.access(folder, os.W_OK):
        raise StoreError(f"{folder}: the cache folder is not writable; set FACEGAP_CACHE to one that is")
    return folder


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # no HOME, and a user whom the system does not know, as in a container
        raise StoreError("this user has no home folder, so no cache: set FACEGAP_CACHE to a private folder") from None


def weights_path(sha256: str) -> Path:
    """Where the ONNX file of that digest lies in the cache, whether or not it is there."""
    return cache_dir(write=False) / "weights" / f"{sha256}.onnx"


def write_atomic(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write `data` so that `path` holds the old content or the new, never a part.

    Args:
        mode: of the file; None: that of the file in its place, or what the user's umask leaves of a new one.

    Raises:
        DiskFull: there is no room for it.
        StoreError: the folder is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _written(path, data, mode if mode is not None else _mode_of(path))
        try:
            part.replace(path)
        except BaseException:
            _forget(part)
            raise
    except (OSError, ValueError) as error:
        raise not_written(path, error) from None


def not_written(path: Path, error: OSError | ValueError) -> StoreError:
    """The one line on what could not be written."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return DiskFull(f"{path}: cannot be written: {_why(error)}; free some space")
    return StoreError(f"{path}: cannot be written: {_why(error)}")


def create_once(path: Path, data: bytes, mode: int) -> None:
    """As `write_atomic`, where there is no such file; one that is there, or that another process makes, is kept.

    Raises:
        StoreError: as `write_atomic`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _written(path, data, mode)
        try:
            os.link(part, path)
        finally:
            _forget(part)
    except FileExistsError:
        return
    except OSError as error:
        raise not_written(path, error) from None


def _written(path: Path, data: bytes, mode: int | None) -> Path:
    """A new hidden file beside `path` that holds `data`, on the disk."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # Not a temporary file of the library's, which is 0600 whatever the umask says.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode or 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            part.chmod(mode)
    except BaseException:
        _forget(part)
        raise
    return part


def _forget(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink()


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
