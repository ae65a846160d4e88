"""1:n: ours beside the limit (the matrix product alone), faiss and numpy, and what memory a gallery costs.

    OMP_NUM_THREADS=1 python benchmarks/search_speed.py [rounds] [dim] [gallery ...]

Ours gives exact ranks of every mate, exact mate scores and the exact highest score of another; the peers the highest 50
of float32. Queries per CPU second of one process and one thread, of each path the least of some rounds that take turns,
as shares of the limit. Half of the probes have a mate. Memory is the peak above templates and inputs (Linux).
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from all_pairs import least, resident
from threadpoolctl import threadpool_limits

from facegap.compare import exact_scores
from facegap.records import Rows, Templates
from facegap.search import search

PROBES, TOP, ROWS = 1024, 50, 50_000
SHAPES = ((256, 1024), (512, 512))


def make(gallery: int, dim: int) -> tuple[Templates, Rows]:
    """Templates of a gallery and then of the probes, and each probe's place in the gallery, -1 for half of them."""
    rng = np.random.default_rng(0)
    vectors = np.empty((gallery + PROBES, dim), dtype=np.float32)
    for start in range(0, gallery, ROWS):
        stop = min(start + ROWS, gallery)
        vectors[start:stop] = rng.standard_normal((stop - start, dim), dtype=np.float32)
    mate = rng.integers(0, gallery, PROBES)
    vectors[gallery:] = vectors[mate] + 1.5 * rng.standard_normal((PROBES, dim), dtype=np.float32)
    for start in range(0, len(vectors), ROWS):
        vectors[start : start + ROWS] /= np.linalg.norm(vectors[start : start + ROWS], axis=1, keepdims=True)
    mate[PROBES // 2 :] = -1
    made = Templates(
        rows=np.arange(len(vectors)), vectors=vectors, model="random", condition="clean", similarity="cosine"
    )
    return made, mate


def ours(made: Templates, mate: Rows) -> Any:
    gallery = len(made.rows) - PROBES
    rows = np.arange(gallery), np.arange(gallery, gallery + PROBES)
    return search("open", *rows, mate, made, made, exact_scores)


def limit(made: Templates, shape: tuple[int, int]) -> None:
    gallery, probes = made.vectors[:-PROBES], made.vectors[-PROBES:]
    height, width = shape
    out = np.empty(height * width, dtype=np.float32)
    for j in range(0, len(gallery), width):
        for i in range(0, PROBES, height):
            a, b = probes[i : i + height], gallery[j : j + width]
            np.matmul(a, b.T, out=out[: len(a) * len(b)].reshape(len(a), len(b)))


def by_numpy(made: Templates) -> None:
    for start in range(len(made.rows) - PROBES, len(made.rows), 256):
        np.argpartition(made.vectors[start : start + 256] @ made.vectors[:-PROBES].T, -TOP, axis=1)


def by_faiss(made: Templates) -> Callable[[], Any]:
    import faiss  # type: ignore[import-not-found,unused-ignore]

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(made.vectors.shape[1])
    index.add(made.vectors[:-PROBES])
    probes = np.ascontiguousarray(made.vectors[-PROBES:])
    return lambda: index.search(probes, TOP)


def version(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {name}"


def row(gallery: int, dim: int, rounds: int) -> str:
    made, mate = make(gallery, dim)
    before = resident(True)
    ours(made, mate)
    memory = resident() - before
    paths: dict[str, Callable[[], Any]] = {
        "square": lambda: limit(made, SHAPES[1]),
        "long": lambda: limit(made, SHAPES[0]),
        "ours": lambda: ours(made, mate),
    }
    if gallery <= 100_000:
        paths["numpy"] = lambda: by_numpy(made)
        if not version("faiss-cpu").startswith("no"):
            paths["faiss"] = by_faiss(made)
    took = least(paths, rounds)
    best = min(took["square"], took["long"])
    cells = [f"{gallery:,}", f"{dim}", f"{PROBES / best:.0f}"]
    cells += [f"{best / took[name]:.2f}" if name in took else "-" for name in ("ours", "faiss", "numpy")]
    return "| " + " | ".join([*cells, f"{memory:.0f} MB"]) + " |"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    dim = int(sys.argv[2]) if len(sys.argv) > 2 else 512
    sizes = [int(word) for word in sys.argv[3:]] or [10_000, 100_000]
    versions = ", ".join(map(version, ("numpy", "numba", "faiss-cpu")))
    print(f"{versions}, Python {sys.version.split()[0]}, one thread; {PROBES} probes")
    print("| gallery | dim | limit, queries/s | ours | faiss top 50 | numpy top 50 | peak of ours |")
    print("|---|---|---|---|---|---|---|")
    with threadpool_limits(1):
        ours(*make(2000, dim))
        for gallery in sizes:
            print(row(gallery, dim, rounds), flush=True)


if __name__ == "__main__":
    main()
