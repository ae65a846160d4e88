"""Which changes of a results folder `facegap verify` finds: flipped bytes, and forgeries whose sums are set right.

    python benchmarks/forgeries.py > benchmarks/forgeries.md

Two runs of the tests' tiny study (one with a sealed protocol, a banner and a second condition) are copied and changed,
one change at a time; tests/forged.py says how. What is not found is named, with what would find it: docs/verify.md.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import forged
import tiny
from facegap import report, store
from facegap.audit import Verified, examine
from facegap.errors import FacegapError
from finished import SECRET

FLIPS = 4
"""Flipped bytes a file, one in each quarter."""

BANNER = "only patterns: nobody is shown"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FACEGAP_CACHE": f"{folder}/cache", "FACEGAP_SECRET": SECRET}
        runs = {name: _run(Path(folder) / name, full) for name, full in (("plain", False), ("full", True))}
        forged.remember(lambda name, new: setattr(*name, new))
        flips = list(flipped(runs["full"], Path(folder) / "flipped"))
        rows = [(one, *forgery(one, runs, Path(folder) / "forged")) for one in forged.FORGERIES]
    print("\n".join(lines(flips, rows)))
    as_said = all(found for _, found in flips) and all(one.found == bool(how) for one, how, _ in rows)
    sys.exit(0 if as_said else 1)


def lines(flips: list[tuple[str, bool]], rows: list[tuple[forged.Forgery, str, str]]) -> Iterator[str]:
    """The page."""
    kinds = len({Path(name).suffix for name, _ in flips})
    found = [row for row in rows if row[1]]
    yield "# What verify finds\n"
    yield "`python benchmarks/forgeries.py` prints this page; [docs/verify.md](../docs/verify.md) says what it means.\n"
    yield (
        f"**Bytes.** {len(flips)} bytes were flipped, {FLIPS} in each file of a run ({kinds} kinds of files): "
        f"{sum(there for _, there in flips)} of {len(flips)} found by the sums.\n"
    )
    yield (
        f"**Forgeries.** {len(rows)} changes, each with `SHA256SUMS` set right: {len(found)} found; "
        f"{len(rows) - len(found)} that no recomputation can find, with what would.\n"
    )
    yield "| forged | found by | the first line that verify prints, or what would find it |\n|---|---|---|"
    for one, how, line in rows:
        yield f"| {one.name} | {how or 'nothing'} | {line.replace('|', '/') if how else one.by} |"


def _run(place: Path, full: bool) -> Path:
    """The results folder of the tiny study, without and with all that can be forged."""
    tiny.make_place(place)
    if full:
        card, study = place / "datasets" / "patterns.toml", place / "tiny.toml"
        card.write_text(card.read_text().replace('status = "open"', f'status = "open"\nbanner = "{BANNER}"'))
        study.write_text(study.read_text().replace('["clean"]', '["clean", "low-res-jpeg"]'))
        own = study.read_text()
        study.write_text(own.replace("seed = 7", "seed = 8"))
        code, _, error = tiny.facegap(place, "seal", "tiny.toml")
        assert code == 0, error
        study.write_text(own)
    code, _, error = tiny.facegap(place, "run", "tiny.toml")
    assert code == 0, error
    return next((place / "results").glob("tiny-*"))


def flipped(run: Path, place: Path) -> Iterator[tuple[str, bool]]:
    """(file, whether it was found) for every flipped byte."""
    shutil.copytree(run, place)
    rng = np.random.default_rng(1)
    for name, path in store.plain_files(place).items():
        data = path.read_bytes()
        for quarter in range(FLIPS):
            changed = bytearray(data)
            low, high = quarter * len(data) // FLIPS, (quarter + 1) * len(data) // FLIPS
            changed[int(rng.integers(low, max(high, low + 1)))] ^= 1 << int(rng.integers(8))
            path.write_bytes(changed)
            yield name, _differs(place)
        path.write_bytes(data)


def _differs(run: Path) -> bool:
    try:
        return bool(store.sums_differences(run))
    except FacegapError:
        return True


def forgery(one: forged.Forgery, runs: dict[str, Path], place: Path) -> tuple[str, str]:
    """The check that finds it ("" where none does), and its first line."""
    run = runs["full" if one.needs in ("seal", "banner", "condition") else "plain"]
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(run.parents[1], place)
    os.chdir(place)
    copy = place / "results" / run.name
    one.change(copy)
    return verdict(copy, lambda: examine(copy, place / "data", True, report.drawn))


def verdict(run: Path, check: Callable[[], Verified]) -> tuple[str, str]:
    """The name of the first check that a run does not pass, and its first line."""
    try:
        found = check()
    except FacegapError as error:
        return "refused", str(error).replace(str(run), "RUN")
    for checked in found.checks:
        if checked.differences or checked.unknown:
            how = checked.name if checked.differences else f"{checked.name} (could not be checked)"
            return how, (*checked.differences, *checked.unknown)[0].replace(str(run), "RUN")
    return "", ""


if __name__ == "__main__":
    main()
