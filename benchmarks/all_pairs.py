"""All pairs: ours beside the limit (the matrix product alone, same tiles) and the usual way (A @ A.T, np.histogram).

    python benchmarks/all_pairs.py [N ...]

Prints millions of unordered pairs per CPU-second, one thread, best of five, and the ratio to the limit within this run.
The usual way holds N x N scores, ours a tile and the tail: peak memory is printed for the largest N, measured in a
process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from facegap.compare import TailRule, compare
from facegap.compare.engine import BLOCK_COLUMNS, BLOCK_ROWS
from facegap.records import RuledTrials, Samples, Templates

GROUPS, PER_SUBJECT = 8, 4


def make(n: int, dim: int) -> tuple[Samples, Templates]:
    """Random unit templates of n samples in eight groups."""
    rng = np.random.default_rng(0)
    subject = np.arange(n) // PER_SUBJECT
    blank = np.full(n, "")
    names = subject.astype(np.str_)
    groups = {"group": (subject % GROUPS).astype(np.str_)}
    samples = Samples(
        ids=np.arange(n).astype(np.str_),
        subjects=names,
        paths=blank,
        sessions=blank,
        roles=blank,
        groups=groups,
        root=Path(),
    )
    vectors = rng.standard_normal((n, dim), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return samples, Templates(
        rows=np.arange(n), vectors=vectors, model="random", condition="clean", similarity="cosine"
    )


def ours(samples: Samples, templates: Templates) -> None:
    """The engine: exact tail at FMR 1e-3, histogram per pair of groups."""
    rows = np.arange(len(samples))
    compare(samples, RuledTrials(rows, rows, True), templates, templates, ("group",), TailRule(1e-3))


def limit(templates: Templates) -> None:
    """The matrix product alone, upper half, on the engine's tiles."""
    a = templates.vectors
    out = np.empty((BLOCK_ROWS, BLOCK_COLUMNS), dtype=np.float32)
    for i in range(0, len(a), BLOCK_ROWS):
        for j in range((i // BLOCK_COLUMNS) * BLOCK_COLUMNS, len(a), BLOCK_COLUMNS):
            rows, columns = a[i : i + BLOCK_ROWS], a[j : j + BLOCK_COLUMNS]
            np.matmul(rows, columns.T, out=out[: len(rows), : len(columns)])


def usual(samples: Samples, templates: Templates) -> None:
    """A @ A.T, then np.histogram for every pair of groups."""
    scores = templates.vectors @ templates.vectors.T
    group = samples.groups["group"]
    for one in np.unique(group):
        for other in np.unique(group):
            np.histogram(scores[np.ix_(group == one, group == other)], 4096, (-1, 1))


def rate(work: Callable[[], None], pairs: float, times: int = 5) -> float:
    """Millions of pairs per CPU-second, best of `times`."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return pairs / best / 1e6


def peak_of(n: int) -> float:
    """Peak memory above the templates, MB, of our path in a process of its own."""
    code = (
        "import resource, sys; sys.path.insert(0, 'benchmarks'); import all_pairs as b;"
        f"s, t = b.make({n}, 512); b.ours(*b.make(2000, 512));"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; b.ours(s, t);"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [4000, 8000, 16000]
    print(f"numpy {np.__version__}, Python {sys.version.split()[0]}, one thread, {GROUPS} groups")
    print("| N | dim | limit | ours | ours / limit | usual way | ours / usual |\n|---|---|---|---|---|---|---|")
    with threadpool_limits(1):
        for n in sizes:
            for dim in (128, 512):
                samples, templates = make(n, dim)
                pairs = n * (n - 1) / 2
                ours(samples, templates)
                best = rate(lambda t=templates: limit(t), pairs)  # type: ignore[misc]
                mine = rate(lambda s=samples, t=templates: ours(s, t), pairs)  # type: ignore[misc]
                slow = rate(lambda s=samples, t=templates: usual(s, t), pairs, 1)  # type: ignore[misc]
                print(f"| {n} | {dim} | {best:.0f} | {mine:.0f} | {mine / best:.2f} | {slow:.1f} | {mine / slow:.1f} |")
    if sys.platform != "win32":
        print(f"peak above the templates at N = {sizes[-1]}, dim 512: {peak_of(sizes[-1]):.0f} MB")


if __name__ == "__main__":
    main()
