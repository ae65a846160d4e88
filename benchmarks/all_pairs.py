"""All pairs: ours beside the limit (the matrix product alone) and peers, and what groups and sizes cost.

    OMP_NUM_THREADS=1 python benchmarks/all_pairs.py [rounds] [N ...]

CPU seconds of one process and one thread; of each path the least of some rounds that take turns. The limit is the
matrix product alone over the upper half, on the better of two shapes of tile: a ratio of 1 means that binning,
filtering and exact scoring cost nothing. Peers: faiss's range search (both halves), torch's histc of tiles, and
numpy's histogram of all N x N scores for every pair of groups. Peak memory is of processes of their own.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from facegap.compare import LocalEngine, TailRule, compare
from facegap.compare.engine import BINS, BLOCK_COLUMNS, BLOCK_ROWS
from facegap.compare.groups import meets_of
from facegap.compare.pairs import Passes, side_of, with_vectors
from facegap.compare.scores import exact_scores
from facegap.compare.templates import score_range
from facegap.records import RuledTrials, Samples, Templates

PER_SUBJECT = 4
SHARE = 1e-3
LIMITS = ((256, 1024), (512, 512))
GROUPS = (2, 8, 30, 120, 400, 2000)
COLUMNS = ("both", "tail", "faiss", "torch", "usual")


def make(n: int, dim: int, groups: int = 8) -> tuple[Samples, Templates]:
    """Random unit templates of n samples in some groups."""
    rng = np.random.default_rng(0)
    subject = np.arange(n) // PER_SUBJECT
    blank = np.full(n, "")
    samples = Samples(
        ids=np.arange(n).astype(np.str_),
        subjects=subject.astype(np.str_),
        paths=blank,
        sessions=blank,
        roles=blank,
        groups={"group": (subject % groups).astype(np.str_)},
        root=Path(),
    )
    vectors = rng.standard_normal((n, dim), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return samples, Templates(
        rows=np.arange(n), vectors=vectors, model="random", condition="clean", similarity="cosine"
    )


def ours(samples: Samples, templates: Templates) -> Any:
    """The engine: exact tail at FMR 1e-3, histogram by the labels that two samples share."""
    rows = np.arange(len(samples))
    return compare(samples, RuledTrials(rows, rows, True), templates, templates, ("group",), TailRule(SHARE))


def tail_only(samples: Samples, templates: Templates, floor: float) -> Any:
    """The engine without a histogram, above a floor that is known."""
    rows = np.arange(len(samples))
    cells = samples.coded(("group",))[1]
    side = with_vectors(side_of(samples, rows, templates.rows, cells), templates)
    passes = Passes(
        a=side,
        b=side,
        symmetric=True,
        distance=False,
        range=score_range((side.squares, side.squares), "cosine"),
        cells=cells,
        meets=meets_of(samples, ("group",)),
        tail=TailRule(SHARE),
        engine=LocalEngine(),
        exact=lambda i, j: exact_scores(side.vectors, side.vectors, i, j, "cosine"),
        lowered=lambda value: value - 1e-4,
    )
    return passes.tail_above(floor)


def limit(templates: Templates, shape: tuple[int, int] = (BLOCK_ROWS, BLOCK_COLUMNS)) -> None:
    """The matrix product alone, upper half."""
    a, (rows, columns) = templates.vectors, shape
    out = np.empty(rows * columns, dtype=np.float32)
    for i in range(0, len(a), rows):
        for j in range((i // columns) * columns, len(a), columns):
            one, other = a[i : i + rows], a[j : j + columns]
            np.matmul(one, other.T, out=out[: len(one) * len(other)].reshape(len(one), len(other)))


def usual(samples: Samples, templates: Templates) -> None:
    """A @ A.T, then np.histogram for every pair of groups."""
    scores = templates.vectors @ templates.vectors.T
    group = samples.groups["group"]
    for one in np.unique(group):
        for other in np.unique(group):
            np.histogram(scores[np.ix_(group == one, group == other)], BINS, (-1, 1))


def by_faiss(templates: Templates, floor: float) -> None:
    """Every pair above a floor, both halves; no histogram."""
    import faiss  # type: ignore[import-not-found,unused-ignore]

    index = faiss.IndexFlatIP(templates.vectors.shape[1])
    index.add(templates.vectors)
    for start in range(0, len(templates.vectors), 1024):
        index.range_search(templates.vectors[start : start + 1024], floor)


def by_torch(templates: Templates) -> None:
    """One histogram of the upper half in tiles; no tail, no groups."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    a = torch.from_numpy(templates.vectors)
    total = torch.zeros(BINS)
    with torch.inference_mode():
        for i in range(0, len(a), BLOCK_ROWS):
            for j in range(i // BLOCK_COLUMNS * BLOCK_COLUMNS, len(a), BLOCK_COLUMNS):
                total += torch.histc(a[i : i + BLOCK_ROWS] @ a[j : j + BLOCK_COLUMNS].T, BINS, -1, 1)


def least(paths: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """CPU seconds of each path, the least of the rounds."""
    best = dict.fromkeys(paths, float("inf"))
    for _ in range(rounds):
        for name, work in paths.items():
            start = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - start)
    return best


def peers(templates: Templates, floor: float) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {}
    for name, work in (("faiss", lambda: by_faiss(templates, floor)), ("torch", lambda: by_torch(templates))):
        try:
            __import__(name)
        except ImportError:
            continue
        found[name] = work
    return found


def row(n: int, dim: int, groups: int, rounds: int, beside: bool = True) -> str:
    samples, templates = make(n, dim, groups)
    floor = ours(samples, templates).floor
    paths: dict[str, Callable[[], Any]] = {
        **{f"limit {k}": partial(limit, templates, shape) for k, shape in enumerate(LIMITS)},
        "both": lambda: ours(samples, templates),
        "tail": lambda: tail_only(samples, templates, floor),
        **(peers(templates, floor) if beside else {}),
        **({"usual": lambda: usual(samples, templates)} if beside and n <= 8000 else {}),
    }
    took = least(paths, rounds)
    best = min(took[f"limit {k}"] for k in range(len(LIMITS)))
    pairs = n * (n - 1) / 2
    cells = [f"{n}", f"{dim}", f"{groups}", f"{pairs / best / 1e6:.0f}"]
    cells += [f"{best / took[name]:.2f}" if name in took else "-" for name in COLUMNS]
    return "| " + " | ".join(cells) + " |"


def peak_of(n: int, groups: int) -> float:
    """Peak memory above the templates, MB, of our path in a process of its own."""
    code = (
        "import sys; sys.path.insert(0, 'benchmarks'); import all_pairs as b;"
        f"b.ours(*b.make(2000, 512, {groups})); s, t = b.make({n}, 512, {groups});"
        "before = b.resident(True); b.ours(s, t); print(b.resident() - before)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def resident(now: bool = False) -> float:
    """Memory of this process, MB: `now`, from where on the peak is counted, or the peak since then (Linux)."""
    if now:
        Path("/proc/self/clear_refs").write_text("5")
    word = "VmRSS:" if now else "VmHWM:"
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(word)) / 1024


def versions() -> str:
    found = []
    for name in ("numpy", "numba", "faiss-cpu", "torch"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return f"{', '.join(found)}, Python {sys.version.split()[0]}, one thread"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    sizes = [int(word) for word in sys.argv[2:]] or [8000, 20000]
    print(versions())
    print(
        "| N | dim | groups | limit, M pairs/s | tail + histogram | tail only | faiss range | torch histc | usual way |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with threadpool_limits(1):
        for n in sizes:
            for dim in (128, 512):
                print(row(n, dim, 8, rounds), flush=True)
        for groups in GROUPS:
            print(row(sizes[0], 512, groups, rounds, beside=False), flush=True)
    if sys.platform == "linux":
        for n, groups in ((sizes[-1], 30), (sizes[0], 400)):
            print(
                f"peak above the templates, N = {n}, d = 512, {groups} groups: {peak_of(n, groups):.0f} MB", flush=True
            )


if __name__ == "__main__":
    main()
