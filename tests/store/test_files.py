"""Digests, atomic writes, the private cache folder and the key of opaque ids."""

from __future__ import annotations

import errno
import hashlib
import hmac
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
    path = tmp_path / "cache" / "id-secret"
    assert path.stat().st_mode & 0o777 == 0o600 and names_in(path.parent) == ["id-secret"]
    assert store.read_secret(path) == secret
    # What another process made in the meantime is kept.
    store.create_once(path, b"mine", mode=0o600)
    assert store.local_secret() == secret


def test_a_damaged_secret_is_said_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bit of it: other ids would be given to the same people."""
    monkeypatch.delenv("FACEGAP_SECRET")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    store.local_secret()
    path = tmp_path / "cache" / "id-secret"
    whole = path.read_bytes()
    for place in range(8 * len(whole)):
        path.write_bytes(bytes(b ^ (1 << place % 8 if k == place // 8 else 0) for k, b in enumerate(whole)))
        with pytest.raises(StoreError, match="id-secret: the secret is damaged; restore it from a copy"):
            store.local_secret()
    for cut in (b"", whole[:5], whole[:31]):
        path.write_bytes(cut)
        with pytest.raises(StoreError, match=r"id-secret: (expected hexadecimal|a weak secret)"):
            store.local_secret()


def test_a_given_secret_is_hexadecimal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_SECRET", "00112233445566778899aabbccddeeff")
    assert store.local_secret() == bytes.fromhex("00112233445566778899aabbccddeeff")
    monkeypatch.setenv("FACEGAP_SECRET", "secret")
    with pytest.raises(StoreError, match="FACEGAP_SECRET: expected hexadecimal digits"):
        store.local_secret()


@pytest.mark.parametrize("weak", ["", "00", "00" * 32, "0a" * 16, "deadbeef" * 8, "00112233445566778899aabbccddee"])
def test_a_weak_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("FACEGAP_SECRET", weak)
    with pytest.raises(StoreError, match="FACEGAP_SECRET: a weak secret: expected 16 bytes or more, drawn by chance"):
        store.local_secret()
    store.write_atomic(tmp_path / "key", weak.encode(), mode=0o600)
    with pytest.raises(StoreError, match="key: a weak secret"):
        store.read_secret(tmp_path / "key")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_secret_that_lies_open_or_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    store.write_atomic(path, b"00112233445566778899aabbccddeeff\n", mode=0o600)
    assert store.read_secret(path) == bytes.fromhex("00112233445566778899aabbccddeeff")
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(StoreError, match=rf"others can read or change this secret \(mode {mode:o}\); chmod 600"):
            store.read_secret(path)
    for other in (tmp_path / "none", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(StoreError, match="the secret cannot be read"):
            store.read_secret(other)


def test_a_keyed_digest_is_hmac_sha256() -> None:
    # RFC 4231, test case 1: the key is 20 bytes of 0x0b, the data "Hi There".
    known = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert hmac.new(b"\x0b" * 20, b"Hi There", "sha256").hexdigest() == known
    assert store.keyed(b"\x0b" * 20, "Hi There", "x") == hmac.new(b"\x0b" * 20, b"Hi There:x", "sha256").hexdigest()
    assert len({store.keyed(b"k", kind, "a") for kind in ("image", "sample", "subject")}) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
@pytest.mark.parametrize("umask", [0o077, 0o027, 0o022])
def test_the_umask_is_kept(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store.write_atomic(tmp_path / "deep" / "file", b"x")
        with store.new_run(tmp_path / "results", "run") as (folder, final):
            store.write_atomic(folder / "tables" / "t.csv", b"x")
    finally:
        os.umask(before)
    for path in (tmp_path / "deep" / "file", final / "tables" / "t.csv", final / store.SUMS):
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask, path
    for path in (tmp_path / "deep", tmp_path / "results", final, final / "tables"):
        assert path.stat().st_mode & 0o777 == 0o777 & ~umask, path


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    store.write_atomic(path, b"x", mode=0o640)
    store.write_atomic(path, b"y")
    assert path.read_bytes() == b"y" and path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_cache_that_everybody_can_write_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("FACEGAP_CACHE", str(folder))
    with pytest.raises(StoreError, match=r"every user of this machine can write to the cache folder.*chmod 700"):
        store.cache_dir()
    with pytest.raises(StoreError, match="every user of this machine can write"):
        store.RowCache("templates", "p")


def test_without_a_home_the_cache_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user has no entry in the system's list."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("FACEGAP_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(StoreError, match="no home folder, so no cache: set FACEGAP_CACHE to a private folder"):
        store.cache_dir()


def test_places_stay_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    store.remember("../run", {"root": "/somewhere"})
    assert store.remembered("../run") == {"root": "/somewhere"} and store.remembered("other") == {}
    (file,) = (tmp_path / "cache" / "places").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("[")
    assert store.remembered("../run") == {}
    assert store.purge() == [file.parent] and not file.exists()
