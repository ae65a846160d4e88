"""Lines and fields of a text file, block by block: what cannot be read as text is refused with its line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from facegap.errors import InputError
from facegap.outside.faults import field
from facegap.words import did_you_mean

BLOCK = 1 << 20
"""Bytes that are read at once."""

MOST = 1 << 16
"""Bytes of the longest line: ids and a number need a thousandth of it."""

MARKS = {",": "commas", ";": "semicolons", "\t": "tabs"}

_FOREIGN = (
    (b"\xff\xfe", "UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16; save it as UTF-8"),
    (b"PK\x03\x04", "a spreadsheet or an archive; save it as CSV, or unpack it"),
    (b"\x1f\x8b", "packed with gzip; unpack it first"),
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "packed with xz; unpack it first"),
    (b"(\xb5/\xfd", "packed with zstd; unpack it first"),
    (b"\x93NUMPY", "a NumPy array, which belongs to trials by rule, with its two lists of ids"),
    (b"%PDF", "a PDF; a text file of scores is needed"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet of an old kind; save it as CSV"),
)

ALIASES = {"enrol": "reference", "enroll": "reference", "enrolment": "reference", "enrollment": "reference"}
"""Other names of columns."""

BARE = {
    3: ("reference", "probe", "score"),
    4: ("claimed", "real", "probe", "score"),
    5: ("claimed", "model", "real", "probe", "score"),
}
"""Columns of text without a header, by their number: as NIST's and bob's tools write them."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """How the lines of a file are to be read.

    Attributes:
        mark: what separates fields; " " for any white space.
        columns: our names of the columns in their order; names that are not ours are as they stand there.
        start: lines before the first row.
    """

    mark: str
    columns: tuple[str, ...]
    start: int


def text_blocks(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The number of the first line of each block, and the block's lines without their ends.

    LF, CR LF and CR end a line; a byte order mark of UTF-8 is dropped.

    Raises:
        InputError: it cannot be read, is empty or no text in UTF-8, has a NUL or a gigantic line.
    """
    try:
        with path.open("rb") as file:
            yield from _blocks(path, file)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {why}; expected a file of scores") from None


def _blocks(path: Path, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    number, rest, begun = 1, b"", False
    while data := file.read(BLOCK):
        data = rest + data
        if not begun:
            _refuse_foreign(path, data)
            data, begun = data.removeprefix(b"\xef\xbb\xbf"), True
        end = _whole_lines(data)
        lines = _lines(path, number, data[:end])
        rest = data[end:]
        if len(rest) > MOST:
            raise _gigantic(path, number + len(lines))
        yield number, lines
        number += len(lines)
    if not begun:
        raise InputError(f"{path}: empty; expected scores")
    if rest:
        yield number, _lines(path, number, rest)


def ends_in_a_line(path: Path) -> bool:
    """Whether the file ends with the end of a line."""
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) in b"\r\n"


def _whole_lines(data: bytes) -> int:
    """How many bytes are whole lines."""
    end = data.rfind(b"\n") + 1
    # A last CR may be half of CR LF.
    return end or data.rfind(b"\r", 0, -1) + 1


def _lines(path: Path, number: int, data: bytes) -> list[str]:
    if not data:
        return []
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if (at := data.find(b"\0")) >= 0:
        line = number + data.count(b"\n", 0, at)
        raise InputError(f"{path}: line {line}: a NUL character: no text in UTF-8; save it as CSV in UTF-8")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = number + data.count(b"\n", 0, error.start)
        raise InputError(f"{path}: line {line}: not UTF-8 (byte {data[error.start]:#04x}); save it as UTF-8") from None
    lines = text.removesuffix("\n").split("\n")
    if max(map(len, lines)) > MOST:
        raise _gigantic(path, number + next(k for k, line in enumerate(lines) if len(line) > MOST))
    return lines


def _gigantic(path: Path, line: int) -> InputError:
    return InputError(f"{path}: line {line}: more than {MOST:,} characters in a line; expected one score a line")


def _refuse_foreign(path: Path, head: bytes) -> None:
    for start, what in _FOREIGN:
        if head.startswith(start):
            raise InputError(f"{path}: {what}")


def ours(name: str, columns: Mapping[str, str]) -> str:
    """Our name of a column, by a card's `columns` (ours -> its own) or the usual other names."""
    plain = name.strip().casefold()
    own = {theirs.casefold(): mine for mine, theirs in columns.items()}
    if plain in own:
        return own[plain]
    # A column that goes by our name is another one where the card says which ours is.
    return f"{plain} (not read)" if plain in columns else ALIASES.get(plain, plain)


def form_of(
    path: Path,
    lines: Sequence[str],
    needed: Sequence[tuple[str, ...]],
    bare: bool = True,
    columns: Mapping[str, str] | None = None,
) -> Form:
    """How a file is to be read, by its first line.

    Args:
        needed: sets of columns, one of which must be there.
        bare: whether text without a header may be one of the forms of `BARE`.
        columns: our names of columns -> the file's own, where they differ.

    Raises:
        InputError: no header, or one without the columns that are needed.
    """
    start = next((k for k, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines):
        raise InputError(f"{path}: only empty lines; expected scores")
    said = re.fullmatch(r"sep=(.)", lines[start].strip())
    if said:
        start += 1
    first = lines[start] if start < len(lines) else ""
    mark = said[1] if said else _mark(first)
    names = [ours(cell, columns or {}) for cell in split(path, first, mark, start)]
    if bare and mark in (" ", "\t") and not set(names) & _KNOWN:
        return Form(mark=mark, columns=_bare(path, start, names), start=start)
    check_header(path, start + 1, names, needed)
    return Form(mark=mark, columns=tuple(names), start=start + 1)


_KNOWN = {"pair", "reference", "probe", "score", "reason", "search", "rank", "gallery", "sample_a", "sample_b"}


def _mark(line: str) -> str:
    marks = Counter(re.sub(r'"[^"]*"', "", line))
    best = max(MARKS, key=lambda mark: (marks[mark], mark == ","))
    return best if marks[best] else " "


def split(path: Path, line: str, mark: str, before: int) -> list[str]:
    """The fields of one line.

    Raises:
        InputError: a quoted field does not end in it.
    """
    if mark == " ":
        return line.split()
    if '"' not in line:
        return line.split(mark)
    try:
        return next(csv.reader([line], strict=True, delimiter=mark, skipinitialspace=True))
    except csv.Error:
        raise InputError(
            f"{path}: line {before + 1}: a quoted field does not end in its line, or goes on behind its quote; "
            "correct the quotes, and write no line breaks into fields"
        ) from None


def rows_of(path: Path, lines: Sequence[str], mark: str, number: int) -> list[list[str]]:
    """The fields of every line, of which the first is line `number`; an empty list for an empty line.

    Raises:
        InputError: a quoted field does not end in its line.
    """
    if mark == " ":
        return [line.split() for line in lines]
    return [
        [] if not line.strip() else line.split(mark) if '"' not in line else split(path, line, mark, number + k - 1)
        for k, line in enumerate(lines)
    ]


def even_columns(lines: Sequence[str], mark: str, width: int) -> list[list[str]] | None:
    """The columns of lines that plainly have so many fields each; None where one of them needs a closer look.

    A list for every line would take most of the time that reading takes.
    """
    if not lines or any(line.count(mark) != width - 1 for line in lines):
        return None
    joined = mark.join(lines)
    fields = joined.split(mark)
    # A space is a mark only between words, and other white space is one too; a line of tabs is an empty one.
    if '"' in joined or (mark == " " and joined.split() != fields):
        return None
    if mark == "\t" and any(line.isspace() for line in lines):
        return None
    return [fields[k::width] for k in range(width)]


def _bare(path: Path, start: int, names: Sequence[str]) -> tuple[str, ...]:
    if len(names) not in BARE:
        raise InputError(
            f"{path}: line {start + 1}: {len(names)} fields and no header; expected a header such as "
            "pair,score or reference,probe,score, or text of 3, 4 or 5 columns"
        )
    return BARE[len(names)]


def check_header(path: Path, line: int, names: Sequence[str], needed: Sequence[tuple[str, ...]]) -> None:
    """That the columns hold one of the sets of those that are needed, each once.

    Raises:
        InputError: they do not; the message has a near name.
    """
    where = f"{path}: line {line}"
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{where}: column {field(twice[0])} stands twice in the header; rename one")
    if any(set(columns) <= set(names) for columns in needed):
        return
    if {"search", "gallery", "score"} <= set(names) and not any("search" in columns for columns in needed):
        raise InputError(
            f"{where}: candidate lists of searches, where scores of 1:1 comparisons are expected; give them with "
            "--closed or --open, or as `searches` in the study"
        )
    forms = " or ".join(",".join(columns) for columns in needed)
    nearest = min(needed, key=lambda columns: len(set(columns) - set(names)))
    missing = next(name for name in nearest if name not in names)
    others = [name for name in names if name not in nearest]
    there = ", ".join(field(name) for name in names)
    if not set(names) & _KNOWN and not did_you_mean(missing, others):
        raise InputError(f"{where}: no header: expected {forms}, found {there}; write the header as the first line")
    near = did_you_mean(missing, others).replace("did you mean", "is it", 1) if others else ""
    raise InputError(f"{where}: no column '{missing}'{near}; expected {forms}, found {there}")
