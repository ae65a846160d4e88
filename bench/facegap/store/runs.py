"""Run folders: written once in a hidden folder, sealed with SHA256SUMS, renamed into place, never written again."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facegap.errors import StoreError
from facegap.store.files import sha256_file, write_atomic

SUMS = "SHA256SUMS"


@contextlib.contextmanager
def new_run(results: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """A hidden folder to fill and the folder that it becomes once it is sealed and the block ends without an error.

    Raises:
        StoreError: `results` cannot be written, or a run of that name is there already.
    """
    final = results / name
    if final.exists():
        raise StoreError(f"{final}: this run exists already; a run is never written twice")
    try:
        results.mkdir(parents=True, exist_ok=True)
        hidden = results / f".{name}.{secrets.token_hex(4)}"
        hidden.mkdir()
        # Closed to others while it is made; in the end it is as open as the user's umask has it.
        mode = stat.S_IMODE(hidden.stat().st_mode)
        hidden.chmod(0o700)
    except OSError as error:
        raise StoreError(f"{results}: cannot be written: {error.strerror}") from None
    try:
        yield hidden, final
        seal(hidden)
        hidden.chmod(mode)
        hidden.rename(final)
    except OSError as error:
        raise StoreError(f"{final}: cannot be written: {error.strerror}") from None
    finally:
        if hidden.exists():
            shutil.rmtree(hidden, ignore_errors=True)


def seal(folder: Path) -> None:
    """Write SHA256SUMS over every other file, in the format of sha256sum."""
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}" for path in _files(folder)]
    write_atomic(folder / SUMS, ("\n".join(lines) + "\n").encode())


def _files(folder: Path) -> list[Path]:
    """Everything below `folder` but folders and the sums themselves; a link to a folder counts as a file."""
    found = [Path(base) / name for base, folders, names in os.walk(folder) for name in [*folders, *names]]
    return sorted(path for path in found if path != folder / SUMS and (path.is_symlink() or not path.is_dir()))


def copy_files(folder: Path, pattern: str, out: Path) -> None:
    """Copy the files below `folder` that match into `out`; whatever a link leads to is no file of the folder.

    Raises:
        StoreError: one is a link or no regular file, cannot be read, or cannot be written.
    """
    for path in sorted(folder.glob(pattern)):
        if path.is_symlink() or not path.is_file() or path.parent.is_symlink():
            raise StoreError(f"{path}: a link or no regular file, which no run holds; nothing is copied from there")
        try:
            write_atomic(out / path.relative_to(folder), path.read_bytes())
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}") from None


def sums_differences(folder: Path) -> list[str]:
    """One line per file that changed, is missing or was added since the folder was sealed.

    Raises:
        StoreError: the folder is no run folder.
    """
    sums = folder / SUMS
    try:
        # Not splitlines, to which other bytes than a line feed end a line too.
        lines = sums.read_bytes().decode().removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"{sums}: missing or unreadable; expected a finished run folder") from None
    said = {name: value for value, _, name in (line.partition("  ") for line in lines)}
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    different = [f"{name}: missing" for name in said if name not in there]
    different += [f"{name}: not in {SUMS}" for name in there if name not in said]
    different += [line for name, path in there.items() if name in said for line in _content(name, path, said[name])]
    return sorted(different)


def _content(name: str, path: Path, said: str) -> Iterator[str]:
    try:
        if sha256_file(path) != said:
            yield f"{name}: content differs from {SUMS}"
    except OSError as error:
        yield f"{name}: cannot be read: {error.strerror}"


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A CSV table whose columns depend on a data set or a detector, as `write_cells` writes it.

    Raises:
        StoreError: it cannot be written.
        ValueError: a row has a column that the table has not.
    """
    unknown = {column for row in rows for column in row} - set(columns)
    if unknown:
        raise ValueError(f"{path}: no column '{min(unknown)}'")
    write_cells(path, columns, ([row.get(column) for column in columns] for row in rows))


def write_cells(path: Path, header: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """A CSV file, UTF-8, LF; None is an empty cell and a float is written so that it reads back exactly.

    Text that a spreadsheet would take for a formula (=, +, -, @, a tab or an end of line first) gets an apostrophe in
    front, and so does text that begins with apostrophes and then that; readers take one off.

    Raises:
        StoreError: it cannot be written.
    """
    write_atomic(path, "".join(",".join(map(_cell, line)) + "\n" for line in (header, *lines)).encode())


_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
"""How a cell begins that a spreadsheet takes for a formula, or that `_guarded` has made of one."""


def _guarded(text: str) -> str:
    """Text that no spreadsheet computes: one apostrophe before what looks like a formula; `unguarded` takes it off."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """A cell's text as it was before `_guarded`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    text = _guarded(value) if isinstance(value, str) else str(value)
    # csv.writer leaves a lone carriage return bare, which csv.reader then takes for the end of a row.
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV table as text by column.

    Raises:
        StoreError: it is missing or not UTF-8 CSV.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {name: unguarded(text) if isinstance(text, str) else text for name, text in row.items()}
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: cannot be read as a table: {error}") from None


def write_json(path: Path, value: object) -> None:
    """Sorted, indented JSON, UTF-8."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_atomic(path, (text + "\n").encode())


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        StoreError: it is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read as JSON: {error}") from None


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """A compressed .npz of plain arrays (no objects), each of its own shape, (...,).

    Raises:
        StoreError: it cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_atomic(path, buffer.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a .npz, each of its own shape, (...,); never unpickles.

    Raises:
        StoreError: it is missing or no .npz of plain arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged archive raises many kinds (zipfile, zlib, ValueError, EOFError)
        raise StoreError(f"{path}: cannot be read as arrays: {error}") from None
