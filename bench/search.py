"""1:n: every probe against the whole gallery, exactly; only what FNIR, FPIR and CMC need is kept."""

from __future__ import annotations

from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits

from bench.records import Floats, Mask, Rows, Searches, Templates

BLOCK = 256
"""Probes a tile; memory is BLOCK x gallery scores."""


def search(
    protocol: Literal["closed", "open"],
    gallery_rows: Rows,
    probe_rows: Rows,
    mate: Rows,
    gallery: Templates,
    probe: Templates,
    threads: int = 1,
) -> Searches:
    """Search every probe in the gallery.

    Args:
        protocol: name of the protocol.
        gallery_rows: (g,) rows of `Samples`, one a subject.
        probe_rows: (k,) rows of `Samples` that search.
        mate: (k,) position in `gallery_rows` of the probe's subject, -1 if not enrolled.
        gallery, probe: templates of either side, as far as they exist.
        threads: threads of the matrix product.
    """
    enrolled, gallery_at = _find(gallery, gallery_rows)
    completed, probe_at = _find(probe, probe_rows)
    vectors = gallery.vectors[gallery_at[enrolled]]
    column = np.full(len(gallery_rows) + 1, -1)  # the last entry serves mate == -1
    column[:-1][enrolled] = np.arange(int(enrolled.sum()))
    mate_column = column[mate]
    k = len(probe_rows)
    mate_score = np.full(k, np.nan, dtype=np.float32)
    top = np.full(k, np.nan, dtype=np.float32)
    rank, rank_optimistic = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    searched = np.flatnonzero(completed)
    with threadpool_limits(threads, "blas"):
        for start in range(0, len(searched), BLOCK):
            rows = searched[start : start + BLOCK]
            scores = _scores(vectors, probe.vectors[probe_at[rows]], gallery.similarity)
            mated = np.flatnonzero(mate_column[rows] >= 0)
            own = scores[mated, mate_column[rows[mated]]]
            scores[mated, mate_column[rows[mated]]] = -np.inf
            mate_score[rows[mated]] = own
            rank[rows[mated]] = 1 + (scores[mated] >= own[:, None]).sum(axis=1)
            rank_optimistic[rows[mated]] = 1 + (scores[mated] > own[:, None]).sum(axis=1)
            best = scores.max(axis=1, initial=-np.inf)
            top[rows] = best
    return Searches(
        model=probe.model,
        condition=probe.condition if probe.condition != "clean" else gallery.condition,
        protocol=protocol,
        probe=probe_rows,
        mated=mate >= 0,
        completed=completed,
        mate_score=mate_score,
        mate_rank=rank,
        mate_rank_optimistic=rank_optimistic,
        top_nonmate=top,
        gallery_size=len(gallery_rows),
        gallery_failed=int((~enrolled).sum()),
    )


def _find(templates: Templates, rows: Rows) -> tuple[Mask, Rows]:
    """(k,) whether each row has a template, and its position where it has."""
    at = np.searchsorted(templates.rows, rows)
    at = np.minimum(at, max(len(templates.rows) - 1, 0))
    there = templates.rows[at] == rows if len(templates.rows) else np.zeros(len(rows), dtype=bool)
    return np.asarray(there), at


def _scores(gallery: Floats, probes: Floats, similarity: str) -> Floats:
    """(probes, gallery) float32 scores."""
    products = probes @ gallery.T
    if similarity == "cosine":
        return products
    squares = (probes**2).sum(axis=1)[:, None] + (gallery**2).sum(axis=1)[None, :]
    return np.asarray(-np.sqrt(np.maximum(squares - 2 * products, 0)), dtype=np.float32)
