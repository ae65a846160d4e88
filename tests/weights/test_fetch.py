"""Fetching from a package index: a folder of tiny packages made here stands for it, and pip is the real one."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from facegap.cards import Source
from facegap.errors import ModelMissing
from facegap.weights.fetch import fetch_members

CONTENT = b"weights" * 100
MEMBER = "tinyweights/net.bin"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(folder: Path) -> Path:
    path = folder / "tinyweights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(MEMBER, CONTENT)
        file.writestr("tinyweights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinyweights\nVersion: 1.0\n")
        file.writestr(
            "tinyweights-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr("tinyweights-1.0.dist-info/RECORD", "")
    return path


def tar(folder: Path, info: tarfile.TarInfo, content: bytes = CONTENT) -> Path:
    path = folder / "tinyweights-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


def source(archive: Path, **changes: object) -> Source:
    fields: dict[str, object] = {
        "package": "tinyweights",
        "version": "1.0",
        "kind": "wheel" if archive.suffix == ".whl" else "sdist",
        "sha256": sha(archive.read_bytes()),
        "members": {MEMBER: sha(CONTENT)},
        "converter": "dlib",
    }
    return Source.model_validate(fields | changes)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pip_fetches_a_pinned_package_once(index: Path) -> None:
    wanted = source(wheel(index))
    assert fetch_members(wanted) == {MEMBER: CONTENT}
    (index / "tinyweights-1.0-py3-none-any.whl").unlink()
    assert fetch_members(wanted) == {MEMBER: CONTENT}, "the second time it lies in the cache"


def test_another_file_at_the_index_is_refused(index: Path) -> None:
    archive = wheel(index)
    message = f"tinyweights 1.0: expected sha256 {'0' * 64}, found {sha(archive.read_bytes())}; nothing was used"
    with pytest.raises(ModelMissing, match=message):
        fetch_members(source(archive, sha256="0" * 64))


def test_no_such_package_names_the_way_out(index: Path, tmp_path: Path) -> None:
    archive = wheel(tmp_path)
    with pytest.raises(ModelMissing, match=r"tinyweights 1.0 with pip failed: .*check the network") as caught:
        fetch_members(source(archive))
    assert "\n" not in str(caught.value)
    assert "://" not in str(caught.value)


def test_an_archive_that_the_user_has_needs_no_network(tmp_path: Path) -> None:
    assert fetch_members(source(archive := wheel(tmp_path)), archive) == {MEMBER: CONTENT}


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    archive = wheel(tmp_path)
    wanted = source(archive)
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(ModelMissing, match=f"expected sha256 {wanted.sha256}, found"):
        fetch_members(wanted, archive)


def test_no_archive_is_said(tmp_path: Path) -> None:
    wanted = source(wheel(tmp_path))
    with pytest.raises(ModelMissing, match=r"no such file; expected the wheel of tinyweights 1.0"):
        fetch_members(wanted, tmp_path / "other.whl")


def test_a_member_of_another_digest_is_refused(tmp_path: Path) -> None:
    archive = wheel(tmp_path)
    with pytest.raises(ModelMissing, match=f"net.bin in tinyweights 1.0: expected sha256 {'1' * 64}"):
        fetch_members(source(archive, members={MEMBER: "1" * 64}), archive)


def test_a_member_that_is_not_there_is_said(tmp_path: Path) -> None:
    archive = wheel(tmp_path)
    with pytest.raises(ModelMissing, match=r"tinyweights 1.0: .*other.bin"):
        fetch_members(source(archive, members={"other.bin": "1" * 64}), archive)


def test_a_damaged_cache_is_not_used(tmp_path: Path) -> None:
    archive = wheel(tmp_path)
    wanted = source(archive)
    fetch_members(wanted, archive)
    (tmp_path / "cache" / "sources" / sha(CONTENT)).write_bytes(b"other")
    assert fetch_members(wanted, archive) == {MEMBER: CONTENT}


def test_a_regular_member_of_a_tar_is_taken(tmp_path: Path) -> None:
    info = tarfile.TarInfo(MEMBER)
    info.size = len(CONTENT)
    archive = tar(tmp_path, info)
    assert fetch_members(source(archive), archive) == {MEMBER: CONTENT}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_other_members_of_a_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo(MEMBER)
    info.type, info.linkname = kind, "/etc/passwd"
    archive = tar(tmp_path, info)
    with pytest.raises(ModelMissing, match=r"expected a regular file of at most .* found a link or a folder"):
        fetch_members(source(archive), archive)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_of_a_tar_is_not_read_without_bound(kind: bytes, tmp_path: Path) -> None:
    """40 MB in 40 kB: tarfile reads a long name or extended attributes at once, before their member is known."""
    path = tmp_path / "tinyweights-1.0.tar.gz"
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, 40_000_000
    with gzip.open(path, "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(info.size) + bytes(1024))
    tracemalloc.start()
    with pytest.raises(ModelMissing, match="cannot be read: a header of 40000000 bytes; at most 1048576 are read"):
        fetch_members(source(path), path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_sparse_files_and_endless_lists_of_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tarfile.TarInfo(MEMBER)
    info.type = tarfile.GNUTYPE_SPARSE
    archive = tar(tmp_path, info)
    with pytest.raises(ModelMissing, match="cannot be read: a sparse file"):
        fetch_members(source(archive), archive)
    with tarfile.open(archive, "w:gz") as file:
        for k in range(12):
            file.addfile(tarfile.TarInfo(f"{k}"))
    monkeypatch.setattr("facegap.weights.fetch._MAX_COUNT", 10)
    with pytest.raises(ModelMissing, match="its sdist: holds more than 10 members"):
        fetch_members(source(archive), archive)


@pytest.mark.parametrize("count", [12, 1])
def test_a_long_list_of_members_of_a_zip_is_not_read(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegap.weights.fetch._MAX_COUNT", 10)
    monkeypatch.setattr("facegap.weights.fetch._MAX_DIRECTORY", 1000)
    archive = tmp_path / "tinyweights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(archive, "w") as file:
        for k in range(count):
            info = zipfile.ZipInfo(f"{k}" + "x" * 40)
            info.comment = b"c" * (2000 if count == 1 else 0)
            file.writestr(info, b"")
    with pytest.raises(ModelMissing, match="its wheel: lists more than 10 members, or more than 1000 bytes of them"):
        fetch_members(source(archive), archive)


def test_a_member_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facegap.weights.fetch._MAX_MEMBER", 10)
    archive = wheel(tmp_path)
    with pytest.raises(ModelMissing, match="expected a regular file of at most 10 bytes, found 700 bytes"):
        fetch_members(source(archive), archive)
