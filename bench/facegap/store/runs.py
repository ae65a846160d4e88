"""Run folders: written once in a hidden folder, sealed with SHA256SUMS, renamed into place, never written again."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from facegap.errors import StoreError
from facegap.store import unfinished
from facegap.store.files import not_written, sha256_bytes, sha256_file, write_atomic
from facegap.store.plain import LARGEST_UNPACKED, plain_files, require_plain

SUMS = "SHA256SUMS"


PAGE, NO_PAGE = "report.html", "report-failed.txt"
"""The page of a run, and why it has none, where it could not be drawn."""

DRAWN = (PAGE, NO_PAGE)
"""With figures/, what is drawn from the rest of a run; it may cite the run's digest, which therefore leaves it out."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~@=,-]{0,199}")


def check_name(name: str, where: str) -> None:
    """Refuse what is no name of one folder or file on every system; `where` begins the message.

    Raises:
        StoreError: it has a slash, a space or another odd character, or is too long.
    """
    if _NAME.fullmatch(name) is None or ".." in name:
        raise StoreError(f"{where}: expected letters, digits and . _ + ~ @ = , -, 200 at most, found {name[:80]!r}")


def require_writable(results: Path) -> None:
    """Find out before anything is computed that results can be written; leaves nothing behind.

    Raises:
        DiskFull: there is no room.
        StoreError: the folder cannot be made or written.
    """
    made = [folder for folder in (results, *results.parents) if not folder.exists()]
    try:
        results.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(dir=results, prefix=".", suffix=unfinished.ENDING)).rmdir()
    except OSError as error:
        raise not_written(results, error) from None
    finally:
        with contextlib.suppress(OSError):
            for folder in made:
                folder.rmdir()


@contextlib.contextmanager
def new_run(results: Path, name: str, another: bool = False) -> Iterator[tuple[Path, Path]]:
    """A hidden folder to fill and the folder that it becomes once it is sealed and the block ends without an error.

    What stopped runs left in `results` is cleared away. With `another` a run of that name that is there already, or is
    just being written, gives this one a number: name.2, name.3 and so on.

    Raises:
        DiskFull: there is no room.
        StoreError: `results` cannot be written, or a run of that name is there already.
    """
    check_name(name, "the run's name")
    try:
        results.mkdir(parents=True, exist_ok=True)
        unfinished.clear(results)
        hidden, final, lock = _reserved(results, name, another)
    except OSError as error:
        raise not_written(results, error) from None
    try:
        yield hidden, final
        seal(hidden)
        # Closed to others while it is made; in the end it is as open as the user's umask has it.
        hidden.chmod(_new_mode(hidden))
        hidden.rename(final)
    except OSError as error:
        raise not_written(final, error) from None
    finally:
        if hidden.exists():
            shutil.rmtree(hidden, ignore_errors=True)
        os.close(lock)


def _new_mode(folder: Path) -> int:
    """The mode of a new folder, as the user's umask has it."""
    probe = folder / ".mode"
    probe.mkdir()
    mode = stat.S_IMODE(probe.stat().st_mode)
    probe.rmdir()
    return mode


def _reserved(results: Path, name: str, another: bool) -> tuple[Path, Path, int]:
    """A hidden folder that nobody else has, the free name that it becomes, and the lock that holds it."""
    for number in itertools.count(1):
        final = results / (name if number == 1 else f"{name}.{number}")
        hidden = unfinished.hidden_folder(results, final.name)
        lock = None if final.exists() else unfinished.reserve(hidden)
        if lock is not None and not final.exists():
            return hidden, final, lock
        if lock is not None:
            hidden.rmdir()
            os.close(lock)
        if not another:
            break
    raise StoreError(f"{results / name}: this run exists already; a run is never written twice")


def seal(folder: Path) -> None:
    """Write SHA256SUMS over every other file, in the format of sha256sum."""
    write_atomic(folder / SUMS, _sums(folder).encode())


def _sums(folder: Path) -> str:
    return "".join(f"{sha256_file(path)}  {name}\n" for name, path in plain_files(folder).items() if name != SUMS)


def run_digest(folder: Path) -> str:
    """The one number to quote a run by: SHA-256 of the lines of SHA256SUMS but those of the page and the figures.

    Those are drawn from the rest, and cite it. Of a folder in preparation, the digest that it will have.

    Raises:
        StoreError: something in the folder is no plain file, or SHA256SUMS cannot be read.
    """
    text = _said(folder) if (folder / SUMS).exists() else _sums(folder)
    kept = [f"{line}\n" for line in text.split("\n") if line and not is_drawn(line.partition("  ")[2])]
    return sha256_bytes("".join(kept).encode())


def is_drawn(name: str) -> bool:
    """Whether the file of a run is drawn from the others."""
    return name in DRAWN or name.startswith("figures/")


def _said(folder: Path) -> str:
    sums = folder / SUMS
    require_plain(sums)
    try:
        return sums.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"{sums}: missing or unreadable; expected a finished run folder") from None


def copy_files(folder: Path, pattern: str, out: Path) -> None:
    """Copy the files below `folder` that match into `out`; whatever a link leads to is no file of the folder.

    Raises:
        StoreError: one is a link or no plain file, cannot be read, or cannot be written.
    """
    for name, path in plain_files(folder).items():
        if fnmatchcase(name, pattern) and name.count("/") == pattern.count("/"):
            try:
                data = path.read_bytes()
            except OSError as error:
                raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
            write_atomic(out / name, data)


def sums_differences(folder: Path) -> list[str]:
    """One line per file that changed, is missing or was added since the folder was sealed.

    Raises:
        StoreError: the folder is no run folder, or holds something else than plain files.
    """
    text = _said(folder)
    # Not splitlines, to which other bytes than a line feed end a line too.
    said = {name: value for value, _, name in (line.partition("  ") for line in text.removesuffix("\n").split("\n"))}
    there = {name: path for name, path in plain_files(folder).items() if name != SUMS}
    different = [f"{name}: missing" for name in said if name not in there]
    different += [f"{name}: not in {SUMS}" for name in there if name not in said]
    found = {name: _content(path) for name, path in there.items() if name in said}
    different += [f"{name}: content differs from {SUMS}" for name, value in found.items() if value != said[name]]
    if not different and text != "".join(f"{value}  {name}\n" for name, value in found.items()):
        different.append(f"{SUMS}: not as a run writes it: one line a file, sorted by name")
    return sorted(different)


def _content(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from None


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
    write_atomic(path, cells_text([_cell(value) for value in line] for line in (header, *lines)).encode())


def cells_text(lines: Iterable[Sequence[str]]) -> str:
    """The text of such a file, of cells as they stand in it."""
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines)


def _quoted(text: str) -> str:
    # csv.writer leaves a lone carriage return bare, which csv.reader then takes for the end of a row.
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
"""How a cell begins that a spreadsheet takes for a formula, or that `guarded` has made of one."""


def guarded(text: str) -> str:
    """Text that no spreadsheet computes: one apostrophe before what looks like a formula; `unguarded` takes it off."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """A cell's text as it was before `guarded`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return guarded(value) if isinstance(value, str) else str(value)


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
        StoreError: it is missing, no .npz of plain arrays, or too large unpacked.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > LARGEST_UNPACKED:
            raise ValueError(f"{size:,} bytes unpacked; a run holds at most {LARGEST_UNPACKED:,}")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged archive raises many kinds (zipfile, zlib, ValueError, EOFError)
        raise StoreError(f"{path}: cannot be read as arrays: {error}") from None
