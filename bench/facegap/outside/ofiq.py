"""What OFIQ's own command wrote of pictures: one line a picture, native values and scalars of ISO/IEC 29794-5."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from facegap.acquire.scalars import SCALAR, STANDARD
from facegap.errors import InputError
from facegap.outside.text import text_blocks
from facegap.records import Finding, Floats, Strings
from facegap.words import did_you_mean, plural

_FILE, _TIME = "Filename", "assessment_time_in_ms"
_FAILED = -1
"""OFIQ's scalar of what could not be assessed."""

Line = tuple[int, list[str]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Standard:
    """OFIQ's values of a data set's pictures.

    Attributes:
        values: "OFIQ.<name>" and "OFIQ.<name>.scalar" -> (n,) values, NaN where OFIQ could not assess the picture or
            has no line of it.
        findings: how many pictures have no line, how many lines no picture.
    """

    values: Mapping[str, Floats]
    findings: tuple[Finding, ...]


def read_ofiq(path: Path, pictures: Strings) -> Standard:
    """OFIQ's values of (n,) `pictures`, paths below the data set's root, out of what `OFIQSampleApp -o` wrote.

    A line is a picture's where one of the two names ends with the other, folder by folder.

    Raises:
        InputError: it is no such file; a number is none; a name fits several pictures, or several lines one picture;
            or no line fits any.
    """
    lines = _lines(path)
    names = _header(path, lines[0])
    rows = _rows(path, len(names), lines[1:])
    at = _joined(path, [(number, fields[0]) for number, fields in rows], pictures)
    found = {name: np.full(len(pictures), np.nan, dtype=np.float32) for name in (*_both(names), *_both(names, SCALAR))}
    for number, fields in rows:
        if number not in at:
            continue
        values = {name: _number(path, number, name, text) for name, text in zip(names, fields, strict=True) if name}
        for name in _both(names):
            plain = name.removeprefix(STANDARD)
            scalar = values[plain + SCALAR]
            if scalar != _FAILED and not 0 <= scalar <= 100:
                raise InputError(f"{path}: line {number}: {plain}{SCALAR}: expected 0 to 100, or -1, found {scalar:g}")
            if scalar != _FAILED:
                found[name][at[number]], found[name + SCALAR][at[number]] = values[plain], scalar
    return Standard(values=found, findings=tuple(_findings(len(rows), len(at), len(pictures))))


def _lines(path: Path) -> list[Line]:
    """Number and fields of every line that is not blank."""
    texts = [(number + k, text) for number, block in text_blocks(path) for k, text in enumerate(block)]
    found = [(number, next(csv.reader([text], delimiter=";"))) for number, text in texts if text.strip()]
    if not found:
        raise InputError(f"{path}: empty; expected what OFIQ's command writes, beginning with {_FILE};")
    return found


def _header(path: Path, line: Line) -> list[str]:
    """Names of the columns in their order, "" for what is not read."""
    number, fields = line
    names = [name.strip() for name in fields]
    if names[0] != _FILE:
        mark = " (separated by commas: OFIQ writes semicolons)" if names[0].startswith(f"{_FILE},") else ""
        raise InputError(
            f"{path}: line {number}: expected OFIQ's header, {_FILE};UnifiedQualityScore;..., found "
            f"'{';'.join(fields)[:60]}'{mark}"
        )
    measured = [name for name in names[1:] if name and name != _TIME]
    twice = [name for name, count in Counter(measured).items() if count > 1]
    if twice:
        raise InputError(f"{path}: line {number}: column '{twice[0]}' is there twice")
    for name in measured:
        other = name.removesuffix(SCALAR) if name.endswith(SCALAR) else name + SCALAR
        if other not in measured:
            raise InputError(f"{path}: line {number}: '{name}' has no column '{other}'{did_you_mean(other, measured)}")
    if not measured:
        raise InputError(f"{path}: line {number}: no quality value; expected UnifiedQualityScore;... after {_FILE}")
    return ["", *(name if name in measured else "" for name in names[1:])]


def _both(names: Sequence[str], ending: str = "") -> list[str]:
    return [f"{STANDARD}{name}{ending}" for name in names if name and not name.endswith(SCALAR)]


def _rows(path: Path, width: int, lines: Sequence[Line]) -> list[Line]:
    """The lines with as many fields as the header: OFIQ ends its header with a semicolon, and no other line."""
    found = []
    for number, fields in lines:
        if fields[0] == _FILE:
            raise InputError(f"{path}: line {number}: a second header; give each file of OFIQ's by itself")
        if len(fields) not in (width, width - 1):
            raise InputError(f"{path}: line {number}: expected {width - 1} values, found {len(fields)}")
        if not fields[0].strip():
            raise InputError(f"{path}: line {number}: no file name")
        found.append((number, [*fields, ""][:width]))
    if not found:
        raise InputError(f"{path}: a header and no line of a picture")
    return found


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        comma = "; decimals are written with a point" if "," in text else ""
        raise InputError(f"{path}: line {line}: {name}: expected a number, found '{text[:40]}'{comma}") from None
    if not math.isfinite(value):
        raise InputError(f"{path}: line {line}: {name}: expected a finite number, found '{text[:40]}'")
    return value


def _joined(path: Path, named: Sequence[tuple[int, str]], pictures: Strings) -> dict[int, int]:
    """Number of a line -> the row of its picture, for the lines that have one."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for row, picture in enumerate(pictures.tolist()):
        by_name[PurePosixPath(picture).name].append(row)
    at: dict[int, int] = {}
    line_of: dict[int, int] = {}
    for number, text in named:
        parts = _parts(text)
        rows = [row for row in by_name.get(parts[-1], []) if _ends_alike(parts, _parts(str(pictures[row])))]
        if len(rows) > 1:
            raise InputError(
                f"{path}: line {number}: '{text}' may be {plural(len(rows), 'picture')} of the data set; run OFIQ on a "
                "folder above those that tell them apart"
            )
        if not rows:
            continue
        if rows[0] in line_of:
            raise InputError(f"{path}: lines {line_of[rows[0]]} and {number} are of one picture, '{text}'")
        at[number], line_of[rows[0]] = rows[0], number
    if not at:
        raise InputError(
            f"{path}: not one of {plural(len(named), 'line')} is of a picture of the data set; the first is of "
            f"'{named[0][1]}', the data set's first picture is '{pictures[0]}'"
        )
    return at


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.strip().replace("\\", "/").split("/") if part not in ("", "."))


def _ends_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    short = min(len(one), len(other))
    return one[-short:] == other[-short:]


def _findings(lines: int, joined: int, pictures: int) -> Iterator[Finding]:
    for rule, count, message in (
        ("ofiq-no-line", pictures - joined, "pictures have no line in OFIQ's file: its values of them are blank"),
        ("ofiq-no-picture", lines - joined, "lines of OFIQ's file are of no picture that is used"),
    ):
        if count:
            yield Finding(level="warning", rule=rule, message=f"{count} {message}", count=count)
