"""Brings a data set that anybody may fetch into a folder, from the place that its card names or from copies at hand.

Nothing is fetched whose terms were not acknowledged. Files are prepared in a hidden folder beside the root and become
the root by one rename, once all of them are whole, have their digests and are unpacked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from facegap.cards import DatasetCard
from facegap.cards.pull import PullFile
from facegap.datasets.download import Progress, digest_of, download, forget
from facegap.datasets.unpack import claim, unpack
from facegap.errors import DatasetMissing, InputError
from facegap.store import archives
from facegap.store.files import not_written
from facegap.store.unfinished import hold
from facegap.words import plural


def terms(card: DatasetCard) -> list[str]:
    """What whoever fetches the data set agrees to, and from where it comes.

    Raises:
        InputError: its card names nothing to fetch.
    """
    if not card.pull:
        where = f": ask its makers, {card.url}" if card.url else ": ask its makers"
        raise InputError(f"{card.name}: its card names no file that anybody may fetch{where}")
    lines = [
        f"{card.name}, version {card.version}: {card.title}",
        f"status: {card.status}; licence: {card.licence}",
        f"terms: {card.terms}" + (f"; they bar {', '.join(card.bars)}" if card.bars else ""),
        f"cite: {card.citation}",
    ]
    return [*lines, *(f"from: {file.url}{_size(file)}" for file in card.pull)]


def pull(
    card: DatasetCard, root: Path, acknowledged: bool, progress: Progress, copies: Path | None = None
) -> Iterator[str]:
    """Fetch, check and unpack the files of the card into `root`: one line a file, and what is to be added by hand.

    Args:
        root: a folder that is not there yet, or empty.
        acknowledged: whether the user said that the terms are known.
        copies: a folder that holds the files already, under the names in the card; nothing is fetched then.

    Raises:
        InputError: nothing to fetch, terms not acknowledged, or `root` holds something.
        DatasetMissing: a file cannot be had, has another size or digest, or is no sound archive.
        DiskFull, StoreError: there is no room, or the folder is not writable.
    """
    said = terms(card)[2]
    if not acknowledged:
        raise InputError(f"{card.name}: {said}; read them, then give --acknowledge-terms")
    _require_empty(root)
    with _prepared(root) as work:
        files = [_had(source, work, progress, copies) for source in card.pull]
        digests = [_checked(source, file, copies is None) for source, file in zip(card.pull, files, strict=True)]
        tree, taken = _emptied(work / "tree"), set[str]()
        for source, file, digest in zip(card.pull, files, digests, strict=True):
            yield f"{source.name}: {_placed(source, file, tree, taken)}; {_pinned(source, digest)}"
        _become(tree, root)
        shutil.rmtree(work, ignore_errors=True)
    yield from _missing(card, root)
    yield f"{root}: try it with `facegap datasets check {card.name} {root}`"


def _become(tree: Path, root: Path) -> None:
    try:
        if root.is_dir():
            root.rmdir()
        tree.replace(root)
    except OSError as error:
        raise not_written(root, error) from None


def _size(file: PullFile) -> str:
    return f" ({file.size / 1e6:,.1f} MB)" if file.size is not None else ""


def _require_empty(root: Path) -> None:
    empty = root.is_dir() and not root.is_symlink() and not any(root.iterdir())
    if (root.exists() or root.is_symlink()) and not empty:
        raise InputError(f"{root}: holds something already; name a folder that is not there yet")


@contextlib.contextmanager
def _prepared(root: Path) -> Iterator[Path]:
    """The hidden folder beside `root` where it is prepared, held against others; what is in it stays when stopped."""
    work = root.absolute().parent / f".{root.absolute().name}.pull"
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(work, error) from None
    lock = hold(work)
    if lock is None:
        raise InputError(f"{root}: another facegap is fetching it; wait for it to end")
    try:
        yield work
    finally:
        # Nothing came: nothing is left.
        with contextlib.suppress(OSError):
            work.rmdir()
        os.close(lock)


def _had(source: PullFile, work: Path, progress: Progress, copies: Path | None) -> Path:
    if copies is None:
        return download(source, work, progress)
    file = copies / source.name
    if not file.is_file():
        raise DatasetMissing(f"{file}: no such file; expected the file of {source.url} under this name")
    return file


def _checked(source: PullFile, file: Path, fetched: bool) -> str:
    """The file's SHA-256, once its size and digests are those of the card."""
    size = file.stat().st_size
    sha256, md5 = digest_of(file) if source.size in (None, size) else ("", "")
    for what, expected, found in (
        ("bytes", source.size, size),
        ("sha256", source.sha256, sha256),
        ("md5", source.md5, md5),
    ):
        if expected is not None and expected != found:
            if fetched:
                forget(file)
            raise DatasetMissing(
                f"{file}: expected {what} {expected}, found {found}; nothing was unpacked: the file was damaged or "
                "exchanged; fetch it again, and if it stays different do not use it"
            )
    return sha256


def _emptied(tree: Path) -> Path:
    """A new folder in place of what an earlier try left."""
    try:
        if tree.exists():
            shutil.rmtree(tree)
        tree.mkdir()
    except OSError as error:
        raise not_written(tree, error) from None
    return tree


def _placed(source: PullFile, file: Path, tree: Path, taken: set[str]) -> str:
    if source.unpack != "no":
        return f"{plural(unpack(source, file, tree, taken), 'file')} unpacked"
    try:
        claim(source.name, taken)
        shutil.copyfile(file, tree / source.name)
    except archives.Unsound as error:
        raise DatasetMissing(f"{file}: {error}; nothing was unpacked") from None
    except OSError as error:
        raise not_written(tree / source.name, error) from None
    return "put there"


def _pinned(source: PullFile, digest: str) -> str:
    if source.sha256 is not None:
        return f"sha256 {digest}, as the card says"
    told = "its md5 is the card's; " if source.md5 is not None else "its content was checked against nothing; "
    return f'{told}write sha256 = "{digest}" into the card to pin it'


def _missing(card: DatasetCard, root: Path) -> Iterator[str]:
    """Files that the card reads and that were not among those fetched."""
    named = [name for key, name in card.files.items() if key != "images"]
    named += [name for protocol in card.protocols.values() for name in protocol.files]
    absent = [name for name in dict.fromkeys(named) if "*" not in name and not (root / name).exists()]
    if absent:
        yield f"{root}: still to be added by hand: {', '.join(absent)}; the head of the card says what they are"
