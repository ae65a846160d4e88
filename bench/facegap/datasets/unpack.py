"""Unpacks an archive below a folder: plain files at plain paths, bounded, none of them twice."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath

from facegap.cards.pull import PullFile
from facegap.datasets.files import leaves_root
from facegap.errors import DatasetMissing
from facegap.store import archives
from facegap.store.files import not_written

_MEMBER = 4 << 30
_COUNT = 5_000_000
_TIMES = 20
"""Pictures do not pack: an archive that holds so many times its own size is none of pictures."""

_AT_LEAST = 64 << 20


def unpack(source: PullFile, archive: Path, root: Path, taken: set[str]) -> int:
    """Write every file of the archive below `root`; how many there were.

    Args:
        taken: paths that are there already, as `plain` has them; those written are added.

    Raises:
        DatasetMissing: a path leaves the root or comes twice, a member is no plain file, or it is too much of them.
        DiskFull, StoreError: a file cannot be written.
    """
    assert source.unpack != "no"
    total = _TIMES * archive.stat().st_size + _AT_LEAST
    bounds = archives.Bounds(member=min(_MEMBER, total), total=total, count=_COUNT)
    count = 0
    try:
        for member in archives.members(archive, source.unpack, bounds):
            if member.kind == "folder":
                continue
            archives.require_file(member, bounds)
            path = _path(member.name)
            claim(path, taken)
            _write(root / path, member)
            count += 1
    except archives.Unsound as error:
        raise DatasetMissing(f"{archive}: {error}; nothing was unpacked") from None
    if not count:
        raise DatasetMissing(f"{archive}: holds no file; nothing was unpacked")
    return count


def claim(path: str, taken: set[str]) -> None:
    """Take a path that no other file has, also where case and the form of accents do not count.

    Raises:
        Unsound: it is taken.
    """
    key = unicodedata.normalize("NFC", path).casefold()
    if key in taken:
        raise archives.Unsound(f"{path}: there twice, or once more in other letters")
    taken.add(key)


def _path(name: str) -> str:
    """The path of a member below the root.

    Raises:
        Unsound: it is absolute, goes up, or is no plain path.
    """
    if leaves_root(name) or "\\" in name or ":" in name or not name.isprintable():
        raise archives.Unsound(f"{name!r}: a path that leaves the folder or is no plain one")
    return str(PurePosixPath(name))


def _write(path: Path, member: archives.Member) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for piece in archives.pieces(member):
                file.write(piece)
    except OSError as error:
        raise not_written(path, error) from None
