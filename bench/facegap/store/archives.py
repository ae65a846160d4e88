"""What zip and tar files hold, member by member and bounded: no name of an archive becomes a path here."""

from __future__ import annotations

import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from facegap.words import one_line

ArchiveKind = Literal["zip", "tar"]

_ENCRYPTED = 0x1
"""Flag of a member of a zip file."""

_PIECE = 1 << 20

_MAX_HEADER = 1024 * 1024
"""Of a long name or of extended attributes in a tar file, which are read at once."""

_READ_WHOLE = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)

_ZIP_END, _ZIP64_END, _ZIP64_PLACE = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_MAX_ZIP_END = 22 + 0xFFFF + 20
"""The end of a zip file with its longest comment, and the place of its larger end."""


class Unsound(Exception):
    """One line on what is wrong with an archive."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that an archive may hold: bytes of a member, bytes of all members, members, bytes of a zip's list."""

    member: int
    total: int
    count: int
    directory: int = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Member:
    """One entry: `kind` is "file", "folder" or "link" (anything else: a link, a device, a pipe)."""

    name: str
    size: int
    kind: Literal["file", "folder", "link"]
    encrypted: bool
    opened: Callable[[], IO[bytes]]


def members(path: Path, kind: ArchiveKind, bounds: Bounds) -> Iterator[Member]:
    """The members in their order; each is read, if at all, before the next is asked for.

    Raises:
        Unsound: the archive cannot be read, or unpacks to more than `bounds`.
    """
    total = count = 0
    try:
        for member, end in _zip_members(path, bounds) if kind == "zip" else _tar_members(path):
            count += 1
            total = max(total + member.size, end)
            if total > bounds.total:
                raise Unsound(f"unpacks to more than {bounds.total} bytes")
            if count > bounds.count:
                raise Unsound(f"holds more than {bounds.count} members")
            yield member
    except Unsound:
        raise
    except Exception as error:  # zipfile, tarfile and the decompressors raise whatever a damaged file leads them to
        raise Unsound(f"cannot be read: {_said(error)}") from None


def require_file(member: Member, bounds: Bounds) -> None:
    """Check that a member is a plain file of a bounded size.

    Raises:
        Unsound: it is not.
    """
    if member.encrypted:
        raise Unsound(f"{member.name}: expected a plain member, found an encrypted one")
    if member.kind != "file" or member.size > bounds.member:
        found = f"{member.size} bytes" if member.kind == "file" else "a link or a folder"
        raise Unsound(f"{member.name}: expected a regular file of at most {bounds.member} bytes, found {found}")


def pieces(member: Member) -> Iterator[bytes]:
    """A file's content, which is as long as the archive says.

    Raises:
        Unsound: it cannot be read, or is shorter or longer.
    """
    read = 0
    try:
        with member.opened() as file:
            while piece := file.read(_PIECE):
                read += len(piece)
                if read > member.size:
                    break
                yield piece
    except Unsound:
        raise
    except Exception as error:
        raise Unsound(f"{member.name}: cannot be read: {_said(error)}") from None
    if read != member.size:
        raise Unsound(f"{member.name}: expected {member.size} bytes, found {read}: the archive is cut")


def _said(error: Exception) -> str:
    return one_line(str(error)) or type(error).__name__


def _require_short_list(path: Path, bounds: Bounds) -> None:
    """`zipfile` reads the whole list of members, and makes an object of each, before anything is asked for."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _MAX_ZIP_END))
        tail = file.read(_MAX_ZIP_END)
        at = tail.rfind(_ZIP_END)
        if not 0 <= at <= len(tail) - 22:
            return  # no zip file, which zipfile says
        count, length = struct.unpack_from("<HI", tail, at + 10)
        if tail[max(0, at - 20) : at].startswith(_ZIP64_PLACE):
            file.seek(min(struct.unpack_from("<Q", tail, at - 12)[0], size))
            larger = file.read(56)
            if len(larger) == 56 and larger.startswith(_ZIP64_END):
                count, length = struct.unpack_from("<QQ", larger, 32)
    if count > bounds.count or length > bounds.directory:
        raise Unsound(f"lists more than {bounds.count} members, or more than {bounds.directory} bytes of them")


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


def _zip_members(path: Path, bounds: Bounds) -> Iterator[tuple[Member, int]]:
    _require_short_list(path, bounds)
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            mode = stat.S_IFMT(info.external_attr >> 16)
            kind: Literal["file", "folder", "link"] = "folder" if info.is_dir() else "file"
            if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
                kind = "link"
            yield (
                Member(
                    name=info.filename,
                    size=info.file_size,
                    kind=kind,
                    encrypted=bool(info.flag_bits & _ENCRYPTED),
                    opened=lambda info=info: file.open(info),  # type: ignore[misc]
                ),
                0,
            )


def _tar_members(path: Path) -> Iterator[tuple[Member, int]]:
    """In one pass, so that what a small file unpacks to is bounded; where each member ends counts too."""
    with tarfile.open(path, "r|*", tarinfo=_TarHeader) as file:
        for info in file:
            yield (
                Member(
                    name=info.name,
                    size=info.size,
                    kind="file" if info.isreg() else "folder" if info.isdir() else "link",
                    encrypted=False,
                    opened=lambda info=info: _extracted(file, info),  # type: ignore[misc]
                ),
                info.offset_data + info.size,
            )


def _extracted(file: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = file.extractfile(info)
    if content is None:
        raise Unsound(f"{info.name}: no file")
    return content
