"""Memory and time of a matrix of scores that is never in memory: `python benchmarks/score_matrix.py [SIDE] [FOLDER]`.

A generated float16 matrix of SIDE references and as many probes goes through what a run does with one: the reader with
all its checks, the 1:1 comparisons, and the 1:n searches of a tenth of the probes. Each is a part of one process whose
own memory is looked at fifty times a second; pages of the files that the system happens to hold are left out, since it
takes them back when something needs them. `one pass` is numpy's maximum over the same file: nobody can read it faster.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from facegap.cards.outside import ScoresCard
from facegap.compare import ScoreMatrix, TailRule, compare_matrix
from facegap.outside import Ids, read_matrix
from facegap.records import RuledTrials, Samples
from facegap.search import SearchSides, search_scores

ROWS = 500
"""Rows of the matrix that are made at once."""


def world(side: int) -> tuple[Samples, Ids, RuledTrials]:
    """One reference and one probe for each of `side` people."""
    n = 2 * side
    people = np.tile(np.array([f"p{k:06}" for k in range(side)]), 2)
    blank = np.full(n, "")
    samples = Samples(
        ids=np.array([f"{k:07}" for k in range(n)]),
        subjects=people,
        paths=blank,
        sessions=blank,
        roles=np.repeat(["photo", "selfie"], side),
        groups={"group": np.where(np.arange(n) % 2 == 0, "A", "B")},
        root=Path(),
    )
    ids = Ids(exported=samples.ids, own=samples.ids, subjects=people, secret=bytes(32))
    return samples, ids, RuledTrials(np.arange(side), np.arange(side, n), symmetric=False)


def generate(folder: Path, side: int, ids: Ids) -> list[Path]:
    """The matrix with its two lists of ids; mated scores lie four standard deviations higher."""
    matrix = folder / "scores.npy"
    made = np.lib.format.open_memmap(matrix, mode="w+", dtype=np.float16, shape=(side, side))
    rng = np.random.default_rng(1)
    for start in range(0, side, ROWS):
        part = rng.standard_normal((min(ROWS, side - start), side), dtype=np.float32)
        part[np.arange(len(part)), np.arange(start, start + len(part))] += 8
        made[start : start + len(part)] = part
    made.flush()
    for name, rows in (("reference", slice(0, side)), ("probe", slice(side, None))):
        (folder / f"{name}.csv").write_text("\n".join([name, *ids.own[rows].tolist()]) + "\n", encoding="utf-8")
    return [matrix, folder / "reference.csv", folder / "probe.csv"]


def status(name: str) -> int:
    """A number of /proc/self/status, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@contextmanager
def measured(what: str, side: int, single: list[float]) -> Iterator[None]:
    """Print seconds relative to the first part's, and by how much the process's own memory grew at most."""
    peak, before, done = [0], status("RssAnon"), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], status("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    single.append(seconds)
    grown = max(0, peak[0] - before) / 1024
    print(f"| {what} | {side:,} x {side:,} | {seconds / single[0]:.1f} | {grown:,.0f} |", flush=True)


def main() -> None:
    """One pass, the reader, the comparisons and the searches."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    print("| part | matrix | time, of one pass | MB of own memory |\n" + "|---" * 4 + "|", flush=True)
    text = {"kind": "scores", "name": "v", "version": "1", "title": "t", "licence": "l", "source": "s"}
    card = ScoresCard.model_validate({**text, "direction": "similarity", "range": (-10, 20)})
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as place:
        samples, ids, trials = world(side)
        files, single = generate(Path(place), side, ids), list[float]()
        with measured("one pass", side, single):
            raw = np.load(files[0], mmap_mode="r")
            assert max(raw[k : k + ROWS].max() for k in range(0, side, ROWS)) > 0
        with measured("read_matrix", side, single):
            found = read_matrix(files, card, ids, trials, Path(place) / "map")
        ok = ~found.reference_failed, ~found.probe_failed
        matrix = ScoreMatrix(found.score, trials.reference, trials.probe, *ok)
        rule = TailRule(1e-4, np.inf, None)
        with measured("compare_matrix, tail of 1 in 10,000", side, single):
            compared = compare_matrix(
                samples, trials, matrix, ("group",), rule, model="v", condition="clean", score_range=(-10, 20)
            )
        assert compared.histogram.sum() == side * side - side
        some = trials.probe[: side // 10]
        sides = SearchSides(trials.reference, some, np.arange(len(some)), ok[0], ok[1][: len(some)])
        with measured("searches of a tenth of the probes", side, single):
            search_scores(sides, matrix, protocol="closed", model="v", condition="clean")


if __name__ == "__main__":
    main()
