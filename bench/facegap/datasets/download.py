"""Fetches one file over HTTP, on from where an earlier try stopped."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from facegap.cards.pull import PullFile
from facegap.errors import DatasetMissing, DiskFull
from facegap.store.files import not_written
from facegap.version import __version__
from facegap.words import one_line

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

PART = ".part"
_TAG = ".tag"
"""Ending of the note beside a part: which version of the file, at which address, it is a part of."""

_PIECE = 1 << 20
_TIMEOUT = 60.0
_MOST = 64 << 30
"""Bytes of a file of which nobody says how large it is."""

_AGAIN = "; the same command goes on from there"


def download(source: PullFile, folder: Path, progress: Progress) -> Path:
    """The file in `folder`, whole as far as its server says; its digest is for the caller to check.

    What was fetched before it stops, for whatever reason, stays in NAME.part and is not fetched again, unless the
    server says that the file has changed since.

    Raises:
        DatasetMissing: it cannot be had, or was cut.
        DiskFull, StoreError: it cannot be written.
    """
    whole, part = folder / source.name, folder / f"{source.name}{PART}"
    if whole.is_file() and _noted(source, part) is not None:
        return whole
    try:
        with _response(source, part) as (response, start):
            if response is not None:
                _take(source, response, part, start, progress)
    except (OSError, http.client.HTTPException) as error:
        raise DatasetMissing(_stopped(source, part, error)) from None
    return part.replace(whole)


def _take(source: PullFile, response: Any, part: Path, start: int, progress: Progress) -> None:
    """Write what comes to the part, which is whole then."""
    total = _total(source, response, start)
    _require_room(part, (total or 0) - start)
    with progress(f"fetch {source.name}, MB", max(1, (total or 0) // _PIECE)) as advance:
        advance(start // _PIECE)
        got = _write(response, part, start, total or _MOST, advance)
    if total is not None and got != total:
        raise DatasetMissing(f"{source.url}: cut after {got} of {total} bytes{_AGAIN}")


@contextlib.contextmanager
def _response(source: PullFile, part: Path) -> Iterator[tuple[Any, int]]:
    """The server's answer, and at which byte it starts; no answer where all bytes are here already."""
    start, validator = _known_part(source, part)
    try:
        response = _opened(source, start, validator)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not start:
            raise
        if error.headers.get("Content-Range") == f"bytes */{start}":
            yield None, start
            return
        # It has fewer bytes than we have, so that ours are of another version.
        start, response = 0, _opened(source, 0, "")
    with response:
        if response.status == 206 and not _continues(response, start):
            raise OSError("the server sent another part than was asked for")
        if response.status != 206:
            start = 0
        part.parent.mkdir(parents=True, exist_ok=True)
        note = {"url": source.url, "validator": _validator(response)}
        try:
            _tag(part).write_text(json.dumps(note), encoding="utf-8")
        except OSError as error:
            raise not_written(part, error) from None
        yield response, start


def _opened(source: PullFile, start: int, validator: str) -> Any:
    headers = {"User-Agent": f"facegap/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator:
            headers["If-Range"] = validator
    request = urllib.request.Request(source.url, headers=headers)
    return urllib.request.build_opener(_Redirects(source)).open(request, timeout=_TIMEOUT)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows an address to another host only where a digest tells the file, or the card names that host."""

    max_redirections = 5

    def __init__(self, source: PullFile) -> None:
        self._source = source

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        there, source = urlsplit(newurl), self._source
        if there.scheme != urlsplit(source.url).scheme and there.scheme != "https":
            raise OSError(f"it leads on to an address that is not https, {there.scheme}://{there.hostname}")
        told = source.sha256 or source.md5 or there.hostname in (source.host, *source.hosts)
        if not told:
            raise OSError(
                f"it leads on to another host, {there.hostname}, and the card has no digest that would tell the file; "
                "name the host in the card (pull.hosts) if it is the maker's"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _known_part(source: PullFile, part: Path) -> tuple[int, str]:
    """How many bytes are here already, and the version they are of; none where nothing would tell a mixture."""
    validator = _noted(source, part)
    size = part.stat().st_size if part.is_file() else 0
    if validator is None or not (validator or source.sha256 or source.md5):
        return 0, ""
    return size, validator


def _noted(source: PullFile, part: Path) -> str | None:
    """The version that the note beside a part says, "" where its server named none; None: nothing of this address."""
    try:
        note = json.loads(_tag(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(note, dict) and note.get("url") == source.url
    return str(note.get("validator") or "") if ours else None


def _validator(response: Any) -> str:
    tag = response.headers.get("ETag") or ""
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified") or ""


def _continues(response: Any, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range") or "")
    return found is not None and int(found[1]) == start


def _total(source: PullFile, response: Any, start: int) -> int | None:
    """Bytes of the whole file, as its server or the card says."""
    length = response.headers.get("Content-Length")
    total = start + int(length) if length and length.isdecimal() else source.size
    if source.size is not None and total != source.size:
        raise DatasetMissing(
            f"{source.url}: expected {source.size} bytes, the server has {total}: it is another file than the card's"
        )
    return total


def _require_room(part: Path, size: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if size > free:
        raise DiskFull(f"{part}: no room: {size} bytes are to come, {free} are free; free some space")


def _write(response: Any, part: Path, start: int, most: int, advance: Callable[[int], None]) -> int:
    """Bytes of the part after all that came was written to it."""
    got = start
    with _file(part, start) as file:
        while piece := response.read(_PIECE):
            got += len(piece)
            if got > most:
                raise OSError(f"more came than the {most} bytes that were announced")
            try:
                file.write(piece)
                file.flush()
            except OSError as error:
                raise not_written(part, error) from None
            advance(got // _PIECE - (got - len(piece)) // _PIECE)
    return got


def _file(part: Path, start: int) -> IO[bytes]:
    try:
        file = part.open("r+b" if start else "wb")
        file.truncate(start)
        file.seek(start)
    except OSError as error:
        raise not_written(part, error) from None
    return file


def _stopped(source: PullFile, part: Path, error: Exception) -> str:
    """One line on why nothing more came."""
    if isinstance(error, urllib.error.HTTPError):
        return f"{source.url}: the server answered {error.code} {error.reason}; look where {source.name} is now"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    why = one_line(str(cause)) or type(error).__name__
    got = part.stat().st_size if part.is_file() else 0
    kept = f" after {got} bytes{_AGAIN}" if got else "; check the network, or give --from FOLDER"
    return f"{source.url}: not fetched: {why}{kept}"


def _tag(part: Path) -> Path:
    return part.with_name(f"{part.name}{_TAG}")


def digest_of(file: Path) -> tuple[str, str]:
    """Hex SHA-256 and MD5 of the file's content, read once in pieces."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            sha256.update(piece)
            md5.update(piece)
    return sha256.hexdigest(), md5.hexdigest()


def forget(file: Path) -> None:
    """Remove a fetched file that is not what it should be, so that the next try begins anew."""
    with contextlib.suppress(OSError):
        file.unlink()
