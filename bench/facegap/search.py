"""1:n: every probe against the whole gallery, exactly; only what FNIR, FPIR and CMC need is kept.

A tile of float32 products finds the candidates; whatever decides a rank or a highest score is then scored exactly, by
the function that scores 1:1 comparisons. So equal templates tie, and a threshold that was set on 1:1 scores means the
same in a search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from facegap.records import Floats, Mask, Rows, Searches, Templates

BLOCK = 256
"""Probes a tile; memory is BLOCK x gallery scores."""

SLACK = 1e-4
"""More than float32 products of unit rows can be off; times the rows' squared lengths where they are not unit."""

Exact = Callable[[Floats, Floats, Rows, Rows, Literal["cosine", "negative-l2"]], Floats]
"""`exact(a, b, i, j, similarity)`: (k,) float32 scores of the pairs (a[i], b[j])."""


def search(
    protocol: Literal["closed", "open"],
    gallery_rows: Rows,
    probe_rows: Rows,
    mate: Rows,
    gallery: Templates,
    probe: Templates,
    exact: Exact,
    threads: int = 1,
) -> Searches:
    """Search every probe in the gallery.

    Args:
        protocol: name of the protocol.
        gallery_rows: (g,) rows of `Samples`, one a subject.
        probe_rows: (k,) rows of `Samples` that search.
        mate: (k,) position in `gallery_rows` of the probe's subject, -1 if not enrolled.
        gallery, probe: templates of either side, as far as they exist.
        exact: scores pairs as the 1:1 comparisons do, see `Exact`.
        threads: threads of the matrix product.
    """
    enrolled, gallery_at = _find(gallery, gallery_rows)
    completed, probe_at = _find(probe, probe_rows)
    vectors = gallery.vectors[gallery_at[enrolled]]

    def tile(rows: Rows) -> _Tile:
        return _Tile(vectors, probe.vectors[probe_at[rows]], gallery.similarity, exact)

    with threadpool_limits(threads, "blas"):
        return _searched(
            SearchSides(gallery_rows, probe_rows, mate, enrolled, completed),
            tile,
            protocol=protocol,
            model=probe.model,
            condition=probe.condition if probe.condition != "clean" else gallery.condition,
        )


@dataclass(frozen=True, eq=False)
class SearchSides:
    """The two sides of searches.

    Attributes:
        gallery, probe: (g,) and (k,) rows of `Samples`.
        mate: (k,) position in `gallery` of the probe's subject, -1 if not enrolled.
        enrolled, completed: (g,) and (k,) True where the sample did not fail.
    """

    gallery: Rows
    probe: Rows
    mate: Rows
    enrolled: Mask
    completed: Mask


def search_scores(
    sides: SearchSides,
    scores: Callable[[Rows, Rows], Floats],
    *,
    protocol: Literal["closed", "open"],
    model: str,
    condition: str,
) -> Searches:
    """Search every probe in the gallery by scores that are there already.

    Args:
        scores: `scores(gallery, probe)`: (g, p) scores of rows of `Samples`, none of them NaN.
    """
    gallery = sides.gallery[sides.enrolled]

    def tile(rows: Rows) -> _ScoreTile:
        return _ScoreTile(scores(gallery, sides.probe[rows]).T)

    return _searched(sides, tile, protocol=protocol, model=model, condition=condition)


class _Tiled(Protocol):
    """Some probes against the gallery."""

    def take_out(self, rows: Rows, columns: Rows) -> Floats: ...

    def ranks(self, rows: Rows, own: Floats) -> tuple[Rows, Rows]: ...

    def highest(self) -> Floats: ...


def _searched(
    sides: SearchSides,
    tile_of: Callable[[Rows], _Tiled],
    *,
    protocol: Literal["closed", "open"],
    model: str,
    condition: str,
) -> Searches:
    column = np.full(len(sides.gallery) + 1, -1)  # the last entry serves mate == -1
    column[:-1][sides.enrolled] = np.arange(int(sides.enrolled.sum()))
    mate_column = column[sides.mate]
    k = len(sides.probe)
    mate_score = np.full(k, np.nan, dtype=np.float32)
    top = np.full(k, np.nan, dtype=np.float32)
    rank, rank_optimistic = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    searched = np.flatnonzero(sides.completed)
    for start in range(0, len(searched), BLOCK):
        rows = searched[start : start + BLOCK]
        tile = tile_of(rows)
        mated = np.flatnonzero(mate_column[rows] >= 0)
        mate_score[rows[mated]] = tile.take_out(mated, mate_column[rows[mated]])
        rank[rows[mated]], rank_optimistic[rows[mated]] = tile.ranks(mated, mate_score[rows[mated]])
        top[rows] = tile.highest()
    return Searches(
        model=model,
        condition=condition,
        protocol=protocol,
        probe=sides.probe,
        mated=sides.mate >= 0,
        completed=sides.completed,
        mate_score=mate_score,
        mate_rank=rank,
        mate_rank_optimistic=rank_optimistic,
        top_nonmate=top,
        gallery_size=len(sides.gallery),
        gallery_failed=int((~sides.enrolled).sum()),
    )


def _find(templates: Templates, rows: Rows) -> tuple[Mask, Rows]:
    """(k,) whether each row has a template, and its position where it has."""
    at = np.searchsorted(templates.rows, rows)
    at = np.minimum(at, max(len(templates.rows) - 1, 0))
    there = templates.rows[at] == rows if len(templates.rows) else np.zeros(len(rows), dtype=bool)
    return np.asarray(there), at


class _Tile:
    """Some probes against the gallery: approximate likeness, and exact scores where they decide.

    Likeness is the product of unit rows, or minus the squared distance, whose rounding error does not depend on it.
    """

    def __init__(
        self, gallery: Floats, probes: Floats, similarity: Literal["cosine", "negative-l2"], exact: Exact
    ) -> None:
        self._gallery, self._probes, self._similarity, self._exact = gallery, probes, similarity, exact
        self._like, self._slack = _likeness(gallery, probes, similarity)

    def take_out(self, rows: Rows, columns: Rows) -> Floats:
        """(k,) exact scores of these pairs, which take no part in ranks and highest scores from here on."""
        self._like[rows, columns] = -np.inf
        return self._exact(self._probes, self._gallery, rows, columns, self._similarity)

    def ranks(self, rows: Rows, own: Floats) -> tuple[Rows, Rows]:
        """Ranks of the exact scores `own` of `rows`, with ties against it and for it."""
        like, level = self._like[rows], (own if self._similarity == "cosine" else -(own**2))[:, None]
        above = 1 + (like > level + self._slack).sum(axis=1)
        row, column = np.nonzero(np.abs(like - level) <= self._slack)
        near = self._exact(self._probes, self._gallery, rows[row], column, self._similarity)
        ties_against, ties_for = (
            np.bincount(row[decided], minlength=len(rows)) for decided in (near >= own[row], near > own[row])
        )
        return above + ties_against, above + ties_for

    def highest(self) -> Floats:
        """(probes,) exact highest scores, -inf where nothing is left."""
        best = self._like.max(axis=1, initial=-np.inf)[:, None]
        row, column = np.nonzero((self._like >= best - self._slack) & np.isfinite(self._like))
        out = np.full(len(self._probes), -np.inf, dtype=np.float32)
        np.maximum.at(out, row, self._exact(self._probes, self._gallery, row, column, self._similarity))
        return out


class _ScoreTile:
    """Some probes against the gallery, by (probes, gallery) exact scores."""

    def __init__(self, scores: Floats) -> None:
        self._scores = np.array(scores, dtype=np.float32)

    def take_out(self, rows: Rows, columns: Rows) -> Floats:
        """(k,) scores of these pairs, which take no part in ranks and highest scores from here on."""
        own = self._scores[rows, columns]
        self._scores[rows, columns] = -np.inf
        return own

    def ranks(self, rows: Rows, own: Floats) -> tuple[Rows, Rows]:
        """Ranks of the scores `own` of `rows`, with ties against it and for it."""
        others = self._scores[rows]
        return 1 + (others >= own[:, None]).sum(axis=1), 1 + (others > own[:, None]).sum(axis=1)

    def highest(self) -> Floats:
        """(probes,) highest scores, -inf where nothing is left."""
        return np.asarray(self._scores.max(axis=1, initial=-np.inf))


def _likeness(gallery: Floats, probes: Floats, similarity: str) -> tuple[Floats, np.float32]:
    """(probes, gallery) float32 likeness, and how far it may be off."""
    products = probes @ gallery.T
    if similarity == "cosine":
        return products, np.float32(SLACK)
    of_probes, of_gallery = ((side**2).sum(axis=1) for side in (probes, gallery))
    squares = of_probes[:, None] + of_gallery[None, :]
    return 2 * products - squares, np.float32(SLACK * squares.max(initial=0))
