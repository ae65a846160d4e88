"""What lies below a data set's root: one walk, no look at single files, and nothing outside the root."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from facegap import signatures
from facegap.cards import DatasetCard
from facegap.errors import DatasetError, DatasetMissing
from facegap.words import did_you_mean, plural

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
"""File names that count as images, whatever their case and content; other files are told by their first bytes."""


@dataclass(frozen=True)
class Tree:
    """Files below a root as POSIX paths.

    Attributes:
        files: regular files, and links to files inside the root.
        links: link -> what is wrong with it: it leads out of the root, to a folder, or nowhere.
        others: entries that are neither file, folder nor link, such as named pipes.
        root: the folder itself.
    """

    files: frozenset[str]
    links: dict[str, str]
    others: tuple[str, ...] = ()
    root: Path = Path()

    def sorted_out(self, folder: str, known: Collection[str]) -> Kinds:
        """What the files below `folder` are, but for the `known` ones and what lies beside the folder."""
        start = f"{folder}/" if folder else ""
        pictures, unread, rest = [], {}, []
        for path in sorted(path for path in self.files if path.startswith(start) and path not in known):
            if _is_hidden(path):
                rest.append(path)
                continue
            kind = "image" if is_image(path) else packed(path) or signatures.kind_of_file(self.root / path)
            if kind in signatures.PACKED.values() and _unpacked(path) in self.files:
                continue
            if kind in ("image", *signatures.READ, *signatures.ADVICE):
                pictures.append(path)
            elif kind and kind != "video":
                unread[path] = kind
            else:
                rest.append(path)
        return Kinds(pictures, unread, [*rest, *(path for path in self.others if path.startswith(start))])


class Kinds(NamedTuple):
    """Files by what they are: pictures, pictures of a kind that is not read (path -> kind), and no pictures."""

    pictures: list[str]
    unread: dict[str, str]
    rest: list[str]


def is_image(path: str) -> bool:
    """Whether a file is called like an image; hidden ones (such as macOS's `._x.jpg`) are not images."""
    return path.lower().endswith(IMAGE_SUFFIXES) and not _is_hidden(path)


def packed(path: str) -> str:
    """What an image file is packed with (`x.ppm.bz2`), by its name; "" for any other file."""
    return signatures.PACKED.get(PurePosixPath(path).suffix.lower(), "") if is_image(_unpacked(path)) else ""


def _unpacked(path: str) -> str:
    return path.removesuffix(PurePosixPath(path).suffix)


def archives(files: Collection[str]) -> str:
    """What to do where the pictures may be inside of archives; "" where there is none."""
    found = sorted(path for path in files if path.lower().endswith((".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar")))
    return f"; there is {found[0]}: unpack archives first" if found else ""


def _is_hidden(path: str) -> bool:
    return path[0] == "." or "/." in path


def walk(root: Path) -> Tree:
    """The tree below `root`. Linked folders are not entered.

    Raises:
        DatasetError: a folder cannot be read.
    """
    files: set[str] = set()
    links: list[str] = []
    others: list[str] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_symlink():
                        links.append(path)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        files.add(path)
                    else:
                        others.append(path)
        except OSError as error:
            raise DatasetError(f"{root / folder}: folder cannot be read: {error.strerror}") from None
    problems = {path: _link_problem(root, path) for path in links}
    files.update(path for path, problem in problems.items() if not problem)
    wrong = {path: problem for path, problem in problems.items() if problem}
    return Tree(frozenset(files), wrong, tuple(others), root)


def _link_problem(root: Path, path: str) -> str:
    """Why a symbolic link cannot be used, "" where it leads to a file inside the root."""
    home = root.resolve()
    try:
        target = (root / path).resolve(strict=True)
    except (OSError, RuntimeError):
        return "a symbolic link to nothing"
    if not target.is_relative_to(home):
        return "a symbolic link out of the root"
    return "a symbolic link to a folder" if target.is_dir() else ""


def existing_root(card: DatasetCard, root: Path) -> Path:
    """`root`, known to be a folder.

    Raises:
        DatasetMissing: it is not there.
    """
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise DatasetMissing(
            f"data set '{card.name}': expected its folder at {root}, found {found}; give the folder that holds it"
        )
    return root


def image_folder(card: DatasetCard, root: Path) -> str:
    """The folder of the images below the root as the card names it, "" for the root itself.

    Raises:
        DatasetError: it lies outside the root or is not there.
    """
    name = card.files.get("images", "")
    if leaves_root(name):
        raise DatasetError(f"data set '{card.name}': files.images: '{name}' leaves the root; name a folder below it")
    if not (root / name).is_dir():
        there = sorted(path.name for path in root.iterdir() if path.is_dir())
        raise DatasetError(
            f"data set '{card.name}': files.images: no folder '{name}' in {root}{did_you_mean(name, there)}; "
            f"{_where(root, name)}, or correct the card"
        )
    return "" if name in ("", ".") else str(PurePosixPath(name))


def below(folder: str, path: str) -> str:
    """`path` below `folder`; as it is where it is empty or absolute, so that the rules see it."""
    return f"{folder}/{path}" if folder and path and not path.startswith("/") else path


def card_file(card: DatasetCard, root: Path, key: str) -> str:
    """The file that the card names under `files.<key>`, as a POSIX path below the root.

    Raises:
        DatasetError: it lies outside the root or is not there.
    """
    name = card.files[key]
    if leaves_root(name):
        raise DatasetError(f"data set '{card.name}': files.{key}: '{name}' leaves the root; name a file below it")
    if not (root / name).is_file():
        folder = (root / name).parent
        there = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
        raise DatasetError(
            f"data set '{card.name}': files.{key}: no file '{name}' in {root}"
            f"{did_you_mean(PurePosixPath(name).name, there)}; {_where(root, name)}, or correct the card"
        )
    return str(PurePosixPath(name))


def _where(root: Path, name: str) -> str:
    """What to do where the root lacks `name`: the folder in it that has it, where one has."""
    inner = [path for path in sorted(root.iterdir()) if path.is_dir() and (path / name).exists()]
    return f"it is in {inner[0]}: give that folder" if inner else "give the folder that holds it"


def check_level(card: DatasetCard, folder: Path, paths: Collection[str], fits: Callable[[str], bool]) -> None:
    """That the root is not one folder too high: no picture lies where the card says, and those in a folder of it do.

    Args:
        paths: of all pictures, below `folder`.
        fits: whether a path is as the card says.

    Raises:
        DatasetError: it is; the message names the folder to give.
    """
    if any(fits(path) for path in paths):
        return
    cut = (path.partition("/") for path in paths)
    inner = sorted({top for top, mark, rest in cut if mark and fits(rest)})
    if inner:
        raise DatasetError(
            f"data set '{card.name}': not one of {plural(len(paths), 'image')} in {folder} lies where the card says, "
            f"but those in {folder / inner[0]} do; give {'one of these folders' if len(inner) > 1 else 'that folder'}"
        )


def read_text(path: Path) -> str:
    """The file's text; a byte order mark is dropped.

    Raises:
        DatasetError: it cannot be read or is not UTF-8.
    """
    return decode(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """The file's content.

    Raises:
        DatasetError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from None


_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks and what they say; the longer of two that begin alike comes first."""


def decode(path: Path, data: bytes) -> str:
    """`data` as text: UTF-8, or what its byte order mark says, which is dropped.

    Raises:
        DatasetError: it is neither; the message names the line.
    """
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(data[: error.start].splitlines()) or 1
        found = f"{encoding.upper()}" if encoding.startswith("utf-16") else "UTF-8"
        raise DatasetError(f"{path}: line {line}: not {found} text; save the file as UTF-8") from None


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text, each with its end (LF, CR LF or CR), one at a time: nothing is copied as a whole."""
    return (line for found in _LINE.finditer(text) if (line := found[0]))


def leaves_root(path: str) -> bool:
    """Whether a path is absolute, names a drive, or goes up."""
    return path.startswith("/") or path[1:2] == ":" or ".." in path.replace("\\", "/").split("/")
