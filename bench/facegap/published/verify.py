"""A judged folder verified: its tables and its page are made again from the counts that lie in it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from facegap import store
from facegap.audit import Check, Verified
from facegap.audit.verified import Unknown
from facegap.errors import FacegapError, StoreError
from facegap.published.asked import Asked
from facegap.published.counts_file import read_counts
from facegap.published.folder import ASKED, COUNTS, versions, write_judged
from facegap.published.judged import judge_counts
from facegap.version import __version__

SHOWN = 20
"""Differences of one file that are told one by one."""


def is_judged(folder: Path) -> bool:
    """Whether `facegap judge` made the folder."""
    return (folder / ASKED).is_file() and not (folder / store.MANIFEST).exists()


def verify_judged(folder: Path) -> Verified:
    """Hash what lies in the folder, and compute everything again from its counts and what was asked of them.

    Whether somebody printed these counts, and counted right, is taken on trust: nothing in the folder says it.

    Raises:
        StoreError: the folder was not made by `facegap judge`, or is too damaged to say what was asked.
    """
    said = _said(folder)
    checks = (
        _check("files", "every file is as it was sealed", store.sums_differences(folder)),
        _check("counts", "the counts are those that were judged", _counts(folder, said)),
        _check("tables", "tables and page follow from the counts", _again(folder, said)),
    )
    trusted = ("that these counts were printed so, and counted right: no recomputation finds that",)
    return Verified(run=folder.name, digest=store.run_digest(folder), checks=checks, trusted=trusted)


def _check(name: str, says: str, lines: Iterator[str] | list[str]) -> Check:
    found = list(lines)
    return Check(
        name=name,
        says=says,
        differences=tuple(line for line in found if not isinstance(line, Unknown)),
        unknown=tuple(line for line in found if isinstance(line, Unknown)),
    )


def _said(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / ASKED).read_text(encoding="utf-8"))
        wanted = {"facegap": str, "counts": dict, "asked": dict}
        if not isinstance(found, dict) or any(not isinstance(found.get(key), kind) for key, kind in wanted.items()):
            raise ValueError("it does not say what was asked of which counts")
        return found
    except (OSError, ValueError) as error:
        line = " ".join(str(error).split())[:200]
        raise StoreError(f"{folder / ASKED}: not a folder of `facegap judge`, or damaged: {line}") from None


def _counts(folder: Path, said: dict[str, Any]) -> Iterator[str]:
    path = folder / COUNTS
    if not path.is_file():
        yield f"{COUNTS}: missing"
    elif store.sha256_file(path) != said["counts"].get("sha256"):
        yield f"{COUNTS}: other counts than {ASKED} says were judged"


def _again(folder: Path, said: dict[str, Any]) -> Iterator[str]:
    """Every file of the folder that is not as it comes out again, and the name that its content gives."""
    if said["facegap"] != __version__:
        yield Unknown(f"made by version {said['facegap']}, this is {__version__}: verify it with that version")
        return
    if not (folder / COUNTS).is_file():
        return
    with TemporaryDirectory() as place:
        try:
            wanted = _written(folder, said, Path(place))
        except (FacegapError, TypeError, ValueError, AttributeError) as error:
            yield f"{ASKED}: what it asks cannot be asked of {COUNTS}: {' '.join(str(error).split())[:300]}"
            return
        if folder.name != wanted.name and not folder.name.startswith(f"{wanted.name}-"):
            yield f"the folder is called {folder.name}; its content gives {wanted.name}"
        other = _other_versions(said)
        yield from _files(folder, wanted, exact=not other)
        if other:
            yield Unknown(f"made with {', '.join(other)}: page and figures are compared under those versions alone")


def _other_versions(said: dict[str, Any]) -> list[str]:
    """What the folder says that it was made with, where it is something else here."""
    made = said.get("versions")
    made = made if isinstance(made, dict) else {}
    return [
        f"{name} {made.get(name, 'of no version that is said')}"
        for name, here in versions().items()
        if made.get(name) != here
    ]


def _written(folder: Path, said: dict[str, Any], place: Path) -> Path:
    """The folder once more, from the same bytes under the same name."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in said["asked"].items()
    }
    asked = Asked(**values)
    copy = place / "given" / (Path(str(said["counts"].get("name", ""))).name or COUNTS)
    copy.parent.mkdir()
    copy.write_bytes((folder / COUNTS).read_bytes())
    counts = read_counts(copy, asked.labels)
    return write_judged(counts, asked, judge_counts(counts, asked), place / "again")


def _files(folder: Path, wanted: Path, *, exact: bool) -> Iterator[str]:
    """Files that are missing, too many or other; where not `exact` tables but for their last digits, and no page."""
    names = [
        {path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file()} for one in (folder, wanted)
    ]
    yield from (f"{name}: missing" for name in sorted(names[1] - names[0]))
    yield from (f"{name}: not a file that `facegap judge` writes" for name in sorted(names[0] - names[1]))
    for name in sorted((names[0] & names[1]) - {store.SUMS}):
        mine, theirs = ((one / name).read_bytes() for one in (folder, wanted))
        if mine != theirs and (exact or _tells_more(name, mine, theirs)):
            yield f"{name}: {_first(mine, theirs)}"


def _tells_more(name: str, mine: bytes, theirs: bytes) -> bool:
    """Whether a file differs in more than other versions of what made it explain."""
    if name == store.PAGE or name.startswith("figures/"):
        return False
    if name == ASKED:
        said, wanted = ({**json.loads(text), "versions": None} for text in (mine, theirs))
        return said != wanted
    if not name.startswith("tables/") or not name.endswith(".csv"):
        return True
    tables = [[*csv.reader(io.StringIO(text.decode(errors="replace")))] for text in (mine, theirs)]
    if [len(row) for row in tables[0]] != [len(row) for row in tables[1]]:
        return True
    pairs = (pair for rows in zip(*tables, strict=True) for pair in zip(*rows, strict=True))
    return not all(one == other or _nearly(one, other) for one, other in pairs)


def _nearly(one: str, other: str) -> bool:
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9)
    except ValueError:
        return False


def _first(mine: bytes, theirs: bytes) -> str:
    """The first line that differs, and what comes out."""
    pairs = zip(mine.split(b"\n"), theirs.split(b"\n"), strict=False)
    number, (one, other) = next(
        ((k, pair) for k, pair in enumerate(pairs, start=1) if pair[0] != pair[1]), (0, (b"", b""))
    )
    said, wanted = (line.decode(errors="replace").strip()[:120] for line in (one, other))
    return f"line {number} says {said!r}, recomputed {wanted!r}" if number else "another number of lines"
