"""Digests, atomic writes, the private cache folder and the key of opaque ids."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facegap import store
from facegap.errors import StoreError
from made import names_in


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_digests_are_sha256_and_canonical(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert store.sha256_file(file) == store.sha256_bytes(b"abc") == known
    assert store.digest({"b": [1, 2.5], "a": "é"}) == store.digest({"a": "é", "b": [1, 2.5]})
    assert store.digest({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()
    with pytest.raises(ValueError):
        store.digest({"a": float("nan")})


def test_a_write_replaces_the_whole_content_and_sets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    store.write_atomic(path, b"old")
    store.write_atomic(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names_in(path.parent) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "fdopen", "replace"])
def test_a_full_disk_leaves_the_old_content_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "file"
    store.write_atomic(path, b"old")
    monkeypatch.setattr(os, call, full_disk)
    with pytest.raises(StoreError, match="file: cannot be written: No space left on device"):
        store.write_atomic(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


def test_ctrl_c_in_a_write_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write_atomic(tmp_path / "file", b"new")
    assert names_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_write_that_the_system_cuts_short_leaves_no_part(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from facegap import store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "store.write_atomic(Path(sys.argv[1]), bytes(100_000))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "file")], capture_output=True, text=True)
    assert "DiskFull" in done.stderr and "File too large" in done.stderr
    assert names_in(tmp_path) == []


def test_the_cache_folder_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "deep" / "cache"))
    assert store.cache_dir().stat().st_mode & 0o777 == 0o700
    assert store.weights_path("ab") == tmp_path / "deep" / "cache" / "weights" / "ab.onnx"


def test_a_cache_folder_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(StoreError, match="cannot make the cache folder: Not a directory; set FACEGAP_CACHE"):
        store.cache_dir()
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "closed"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="closed: the cache folder is not writable; set FACEGAP_CACHE"):
        store.cache_dir()


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_wish_the_cache_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.delenv("FACEGAP_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    where = {"linux": ".cache", "darwin": "Library/Caches", "win32": "AppData/Local"}[platform]
    assert store.cache_dir() == tmp_path / where / "facegap"


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEGAP_SECRET")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    secret = store.local_secret()
    assert len(secret) == 32 and secret == store.local_secret()
    assert (tmp_path / "cache" / "id-secret").stat().st_mode & 0o777 == 0o600


def test_a_given_secret_is_hexadecimal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_SECRET", "0a" * 16)
    assert store.local_secret() == b"\n" * 16
    monkeypatch.setenv("FACEGAP_SECRET", "secret")
    with pytest.raises(StoreError, match="FACEGAP_SECRET: expected hexadecimal digits"):
        store.local_secret()
