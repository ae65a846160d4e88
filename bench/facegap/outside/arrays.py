"""A matrix of scores as `.npy`, with the two lists of ids that say what its rows and columns are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facegap.errors import InputError
from facegap.outside.faults import AFTER, Faults, Place, counted, field
from facegap.outside.ids import Ids
from facegap.outside.text import split, text_blocks
from facegap.records import Rows, RuledTrials

MAGIC = b"\x93NUMPY"

CELLS = 1 << 20
"""Cells that are read at once."""

_SIDES = {
    "reference": ("reference", "enrol", "enroll", "gallery"),
    "probe": ("probe", "search", "query"),
}
"""What the header of a list, or else its file's name, says of it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Cells(Place):
    """Rows of a matrix.

    Attributes:
        lines: (a * b,) the row of each cell, from 1.
        rows: (a,) places among the trials' references.
        columns: (b,) places among the trials' probes.
        values: (a, b) as they stand in the file.
    """

    rows: Rows
    columns: Rows
    values: npt.NDArray[np.float64]

    def at(self, row: int) -> str:
        """Where one of the cells stands in its file."""
        return f"row {self.lines[row]}, column {row % len(self.columns) + 1}"


def is_array(path: Path) -> bool:
    """Whether a file is a NumPy array."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # said by who reads it


def cells_of(files: Sequence[Path], ids: Ids, trials: RuledTrials, faults: Faults) -> Iterator[Cells]:
    """The cells of a matrix, a few rows at a time.

    Raises:
        InputError: it is no matrix of floating numbers, its lists are not there or do not fit it, or they do not name
            every sample once.
    """
    number, path = _only_array(files)
    array = _opened(path)
    named = {side: _named(files, side) for side in _SIDES}
    for side, length in zip(("reference", "probe"), array.shape, strict=True):
        _check_length(path, array, side, named, length)
    rows = _places(*named["reference"], ids, trials.reference, "reference", faults)
    columns = _places(*named["probe"], ids, trials.probe, "probe", faults)
    faults.stop()
    step = max(1, CELLS // max(len(columns), 1))
    for start in range(0, len(rows), step):
        values = np.asarray(array[start : start + step], dtype=np.float64)
        lines = np.repeat(np.arange(start + 1, start + len(values) + 1), len(columns))
        yield Cells(
            path=path, file=number, lines=lines, rows=rows[start : start + step], columns=columns, values=values
        )


def _only_array(files: Sequence[Path]) -> tuple[int, Path]:
    found = [(number, path) for number, path in enumerate(files) if is_array(path)]
    if len(found) > 1:
        raise InputError(f"{found[1][1]}: a second matrix; join them into one, with one list of ids a side")
    return found[0]


def _opened(path: Path) -> npt.NDArray[np.floating]:
    try:
        array: npt.NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: cannot be read as a NumPy array: {error}; is it whole?") from None
    if array.ndim != 2:
        raise InputError(f"{path}: {array.ndim} dimensions; expected references x probes")
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        raise InputError(f"{path}: numbers of the type {array.dtype}; expected float16, float32 or float64")
    return array


def _named(files: Sequence[Path], side: str) -> tuple[Path, list[str], Rows]:
    """The file of the list of a side, its ids, and their lines."""
    lists = [path for path in files if not is_array(path)]
    found = [(path, *_read_list(path)) for path in lists]
    own = [entry for entry in found if _side_of(entry[0], entry[1]) == side]
    if len(own) == 1:
        path, _, names, at = own[0]
        return path, names, at
    there = ", ".join(path.name for path in lists) or "none"
    word = "enrol" if side == "reference" else "probe"
    raise InputError(
        f"{files[0]}: {'no list' if not own else 'several lists'} of the {side} ids; a matrix comes with enrol.csv and "
        f"probe.csv, in the order of its rows and columns: give {word}.csv (lists given: {there})"
    )


def _read_list(path: Path) -> tuple[str, list[str], Rows]:
    """The header of a list, "" where it has none; its ids, and their lines."""
    lines = [(first + k, line) for first, block in text_blocks(path) for k, line in enumerate(block) if line.strip()]
    if not lines:
        raise InputError(f"{path}: only empty lines; expected ids")
    fields = [(number, split(path, line, ",", number - 1)) for number, line in lines]
    header = fields[0][1][0].strip().casefold()
    known = {name for names in _SIDES.values() for name in names} | {"id", "sample", "image"}
    has = header in known
    for number, row in fields:
        if len(row) != 1:
            raise InputError(f"{path}: line {number}: {len(row)} fields; expected one id a line")
    rest = fields[1:] if has else fields
    at = np.array([number for number, _ in rest], dtype=np.int64)
    return header if has else "", [row[0].strip() for _, row in rest], at


def _side_of(path: Path, header: str) -> str:
    for text in (header, path.stem.casefold()):
        found = [side for side, words in _SIDES.items() if any(word in text for word in words)]
        if len(found) == 1:
            return found[0]
    return ""


def _check_length(
    path: Path,
    array: npt.NDArray[np.floating],
    side: str,
    named: dict[str, tuple[Path, list[str], Rows]],
    length: int,
) -> None:
    lengths = tuple(len(named[one][1]) for one in ("reference", "probe"))
    if len(named[side][1]) != length:
        turned = "; is it turned round? Rows are references" if array.shape == lengths[::-1] else ""
        raise InputError(
            f"{path}: a matrix of {array.shape[0]:,} x {array.shape[1]:,}, but {named['reference'][0].name} names "
            f"{lengths[0]:,} references and {named['probe'][0].name} {lengths[1]:,} probes{turned}"
        )


def _places(path: Path, names: Sequence[str], lines: Rows, ids: Ids, side: Rows, word: str, faults: Faults) -> Rows:
    """(k,) place among the trials' samples of a side of each id of a list; every one of them once."""
    place = Place(path=path, file=0, lines=lines)
    rows = ids.find(names)
    faults.where("unknown", rows < 0, place, lambda k: f"no sample {field(names[k])}{ids.near.hint(names[k])}")
    of = np.full(len(ids), -1, dtype=np.int64)
    of[side] = np.arange(len(side))
    found = np.where(rows >= 0, of[rows], -1)
    faults.where("not-asked", (rows >= 0) & (found < 0), place, lambda k: f"{field(names[k])} is no {word} here")
    _, first = np.unique(rows, return_index=True)
    again = np.ones(len(rows), dtype=bool)
    again[first] = False
    faults.where("again", again & (found >= 0), place, lambda k: f"{field(names[k])} stands in the list already")
    missing = np.setdiff1d(side, rows)
    if len(missing):
        message = f"{path}: {len(missing):,} of {counted(len(side), word)} missing, the first"
        faults.add("missing", 1, AFTER, f"{message} {ids.exported[missing[0]]}", len(missing))
    return found
