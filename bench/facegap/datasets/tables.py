"""Tables that a data set brings: CSV as spreadsheets write it, and JSON; both become a header and rows of text."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from facegap.cards.dataset import TableForm
from facegap.datasets.files import decode, lines_of, read_bytes
from facegap.errors import DatasetError
from facegap.words import did_you_mean

MARKS = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""What may stand between columns: commas, or what a spreadsheet writes where the comma belongs to numbers."""

_SEP = re.compile(r"sep=(.)\r?\n?")
_FOLDER, _STEM = "folder", "stem"
"""Columns of a table of one JSON file each: the folder that a file lies in, and its name without its ending."""

# One cell of FHIBE's manifest has 168,126 characters; the whole file is in memory already.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table as text.

    Attributes:
        path: its file, for messages.
        header: names of the columns; nested ones of JSON with "/" between them.
        rows: where each row stands ("line 3"), and its fields.
    """

    path: Path
    header: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]

    def place(self, column: str, hint: str = "") -> int:
        """Where `column` stands in the header.

        Raises:
            DatasetError: it does not; the message lists what does, and a near name.
        """
        if column in self.header:
            return self.header.index(column)
        if len(self.header) == 1 and "|" in self.header[0]:
            raise DatasetError(
                f"{self.path}: line 1: one column found, '{self.header[0]}'; separate the columns with commas"
            )
        there = f"there are: {', '.join(self.header)}{did_you_mean(column, self.header)}"
        raise DatasetError(f"{self.path}: line 1: no column '{column}'; {there}{hint}")


def read_sheet(path: Path, data: bytes, form: TableForm | None = None) -> Sheet:
    """The table in `data`, by what it is: JSON (a list of objects, or objects by id, or one a line), else CSV.

    CSV: spaces around fields are dropped, empty lines skipped; LF, CR LF and CR all end a line; the columns are
    separated by what the header has most of: commas, semicolons or tabs. `form` says what the card says of a table
    that is not of that kind: lines before it, no header, spaces between columns.

    Raises:
        DatasetError: it is empty, neither, not text, or its header names a column twice.
    """
    text = decode(path, data)
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        return _json_sheet(path, _parsed(path, text))
    return _csv_sheet(path, text, form or TableForm())


def open_sheet(
    path: Path, data: bytes, form: TableForm | None = None
) -> tuple[Sheet, Iterator[tuple[str, Sequence[str]]]]:
    """As `read_sheet`, without rows, which come one at a time: of a million rows the texts take most of the memory.

    Raises:
        DatasetError: as `read_sheet`; what is wrong with a row is raised where it comes.
    """
    text = decode(path, data)
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        sheet = _json_sheet(path, _parsed(path, text))
        return sheet, iter(sheet.rows)
    return _opened(path, text, form or TableForm())


def read_sheets(root: Path, pattern: str, files: Sequence[str], form: TableForm | None = None) -> Sheet:
    """The rows of every file whose path matches `pattern`, with the columns "folder" and "stem" of its name.

    A JSON file is one row; with `form.separator = "="` so is a file of lines `key=value`; any other is a table.

    Raises:
        DatasetError: no file matches, or one cannot be read so.
    """
    found = sorted(path for path in files if fnmatchcase(path, pattern))
    if not found:
        inner = sorted({path.partition("/")[0] for path in files if fnmatchcase(path.partition("/")[2], pattern)})
        hint = f"some in {root / inner[0]} do: give that folder, or " if inner else ""
        raise DatasetError(f"{root}: files.labels: no file matches '{pattern}'; {hint}correct the pattern in the card")
    entries = [entry for name in found for entry in _entries(root, name, form or TableForm())]
    return _of_entries(root / pattern, entries)


def _entries(root: Path, name: str, form: TableForm) -> Iterator[tuple[str, dict[str, str]]]:
    """Where each row of one of several files stands, and its cells."""
    parts = PurePosixPath(name)
    own = {_FOLDER: parts.parent.name, _STEM: parts.stem}
    text = decode(root / name, read_bytes(root / name))
    if form.separator == "=":
        yield name, {**own, **dict(_key_values(root / name, text))}
    elif parts.suffix.lower() == ".json":
        entry = _parsed(root / name, text)
        if not isinstance(entry, dict):
            raise DatasetError(f"{root / name}: expected a JSON object of labels, found {_kind(entry)}")
        yield name, {**own, **_flat(entry)}
    else:
        sheet = _csv_sheet(root / name, text, form)
        for where, fields in sheet.rows:
            if len(fields) != len(sheet.header):
                raise DatasetError(
                    f"{root / name}: {where}: {len(fields)} fields where the header has {len(sheet.header)}; correct it"
                )
            yield f"{name} {where}", {**own, **dict(zip(sheet.header, fields, strict=True))}


def _key_values(path: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        key, mark, value = line.partition("=")
        if mark:
            yield key.strip(), value.strip()
        elif line.strip():
            raise DatasetError(f"{path}: line {number}: expected key=value, found '{line.strip()}'")


def _csv_sheet(path: Path, text: str, form: TableForm) -> Sheet:
    sheet, lines = _opened(path, text, form)
    return replace(sheet, rows=list(lines))


def _opened(path: Path, text: str, form: TableForm) -> tuple[Sheet, Iterator[tuple[str, Sequence[str]]]]:
    """The header, and the rows one at a time."""
    lines = _words(text, form.skip) if form.separator == "spaces" else _fields(path, text, form.skip)
    header = list(form.header)
    if not header:
        _, header = next(lines, ("", []))
        header = header[1:] if header[:1] == ["#"] else header
    if not header:
        raise DatasetError(f"{path}: empty; expected a header of column names in its first line")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise DatasetError(f"{path}: line 1: column '{twice[0]}' stands twice in the header; rename one")
    return Sheet(path=path, header=header, rows=()), lines


def _words(text: str, skip: int) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(text.splitlines()[skip:], start=skip + 1):
        if words := line.split():
            yield f"line {number}", words


def _fields(path: Path, text: str, skip: int) -> Iterator[tuple[str, list[str]]]:
    text = "".join(text.splitlines(keepends=True)[skip:]) if skip else text
    said = _SEP.match(text)
    text = text[said.end() :] if said else text
    skipped = skip + (1 if said else 0)
    mark = said[1] if said else separator_of(text)
    reader = csv.reader(lines_of(text), strict=True, delimiter=mark, skipinitialspace=True)
    try:
        for fields in reader:
            stripped = [field.strip() for field in fields]
            if any(stripped):
                yield f"line {reader.line_num + skipped}", stripped
    except csv.Error as error:
        where = reader.line_num + skipped
        raise DatasetError(f"{path}: line {where}: not CSV: {error}; check the quotes") from None


def separator_of(text: str) -> str:
    """What separates the columns: what the header has most of outside quotes, commas where it has none."""
    header = next((line for line in lines_of(text) if line.strip()), "")
    marks = Counter(re.sub(r'"[^"]*"', "", header))
    return max(MARKS, key=lambda mark: (marks[mark], mark == ","))


def _parsed(path: Path, text: str) -> Any:
    """JSON with every number as it is written, so that 0001, 1 and 1.0 stay what they are."""
    options: Any = {"parse_int": str, "parse_float": str, "parse_constant": str}
    try:
        return json.loads(text, **options)
    except RecursionError:
        raise DatasetError(f"{path}: JSON nested too deeply") from None
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].lstrip().startswith("{"):
            try:
                return [json.loads(line, **options) for line in lines]
            except (ValueError, RecursionError):
                pass
        message = getattr(error, "msg", str(error))
        raise DatasetError(f"{path}: line {getattr(error, 'lineno', 1)}: not JSON: {message}") from None


def _json_sheet(path: Path, content: Any) -> Sheet:
    if isinstance(content, dict) and content and all(isinstance(entry, dict) for entry in content.values()):
        entries = [(f"entry '{name}'", {"id": name, **_flat(entry)}) for name, entry in content.items()]
    elif isinstance(content, list) and content and all(isinstance(entry, dict) for entry in content):
        entries = [(f"entry {number}", _flat(entry)) for number, entry in enumerate(content, start=1)]
    else:
        raise DatasetError(
            f"{path}: expected a list of JSON objects, or objects by id, found {_kind(content)}; write one object per "
            "sample or subject"
        )
    return _of_entries(path, entries)


def _of_entries(path: Path, entries: Sequence[tuple[str, Mapping[str, str]]]) -> Sheet:
    header = list(dict.fromkeys(key for _, entry in entries for key in entry))
    rows = [(where, [entry.get(key, "").strip() for key in header]) for where, entry in entries]
    return Sheet(path=path, header=header, rows=rows)


def _flat(entry: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Text by key; keys of objects inside are joined by "/"."""
    found: dict[str, str] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{above}{key}/"))
        else:
            found[f"{above}{key}"] = _text(value)
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(content: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return "an empty one" if content in ({}, []) else names.get(type(content), "a number")
