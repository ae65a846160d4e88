"""1:n: every probe against the whole gallery, exactly; only what FNIR, FPIR and CMC need is kept.

Tiles of float32 products are scanned once; whatever may decide a rank or a highest score is then scored exactly, by the
function that scores 1:1 comparisons. So equal templates tie, and a threshold that was set on 1:1 scores means the same
in a search. Memory is that of a tile and of a block of probes, whatever the gallery.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from facegap.compiled import compiled
from facegap.records import Floats, Mask, Rows, Searches, Templates

TILE = 512
"""Probes and gallery templates of a tile: 1 MB of scores, which a usual L2 cache holds."""

BLOCK = 8192
"""Probes for which a piece of the gallery is fetched once."""

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
        threads: workers, each over probes of its own.
    """
    enrolled, gallery_at = _find(gallery, gallery_rows)
    completed, probe_at = _find(probe, probe_rows)
    at = gallery_at[enrolled]
    squares = _squares(gallery.vectors, at) if gallery.similarity == "negative-l2" else np.empty(0, dtype=np.float32)

    def source(rows: Rows) -> _Templates:
        return _Templates(gallery, at, squares, probe, probe_at[rows], exact)

    with threadpool_limits(1, "blas"):
        return _searched(
            SearchSides(gallery_rows, probe_rows, mate, enrolled, completed),
            source,
            threads,
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


class Scored(Protocol):
    """Scores of references and probes, by rows of `Samples`."""

    def at(self, reference: Rows, probe: Rows) -> Floats:
        """(k,) scores of pairs."""

    def block(self, reference: Rows, probe: Rows) -> Floats:
        """(a, b) scores of all of these with all of those."""


def search_scores(
    sides: SearchSides,
    scores: Scored,
    *,
    protocol: Literal["closed", "open"],
    model: str,
    condition: str,
) -> Searches:
    """Search every probe in the gallery by scores that are there already.

    Args:
        scores: of rows of `Samples`, none of them NaN.
    """
    gallery = sides.gallery[sides.enrolled]

    def source(rows: Rows) -> _Scores:
        return _Scores(scores, gallery, sides.probe[rows])

    return _searched(sides, source, 1, protocol=protocol, model=model, condition=condition)


class _Source(Protocol):
    """Some probes against the gallery: their likeness, tile by tile, and exact scores where they decide.

    Attributes:
        slack: (probes,) float32, how far a likeness may be off.
    """

    slack: Floats

    def columns(self, columns: slice) -> None:
        """Fetch a piece of the gallery."""

    def fill(self, rows: slice, out: Floats) -> None:
        """The likeness of these probes and that piece."""

    def exact(self, rows: Rows, columns: Rows) -> Floats:
        """(k,) exact scores of pairs of a probe and a place in the gallery."""

    def level(self, score: Floats) -> Floats:
        """(k,) likeness that belongs to exact scores."""


def _searched(
    sides: SearchSides,
    source_of: Callable[[Rows], _Source],
    threads: int,
    *,
    protocol: Literal["closed", "open"],
    model: str,
    condition: str,
) -> Searches:
    enrolled = int(sides.enrolled.sum())
    column = np.full(len(sides.gallery) + 1, -1)  # the last entry serves mate == -1
    column[:-1][sides.enrolled] = np.arange(enrolled)
    mate_column = column[sides.mate]
    k = len(sides.probe)
    mate_score = np.full(k, np.nan, dtype=np.float32)
    top = np.full(k, np.nan, dtype=np.float32)
    rank, rank_optimistic = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    searched = np.flatnonzero(sides.completed)
    size = max(1, min(BLOCK, -(-len(searched) // threads)))

    def block(start: int) -> None:
        rows = searched[start : start + size]
        scan = _Scan(source_of(rows), mate_column[rows])
        scan.all_of(enrolled)
        mated = mate_column[rows] >= 0
        mate_score[rows[mated]] = scan.own[mated]
        rank[rows[mated]] = 1 + (scan.above + scan.reached)[mated]
        rank_optimistic[rows[mated]] = 1 + (scan.above + scan.passed)[mated]
        top[rows] = scan.top

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, range(0, len(searched), size)))
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


def _squares(vectors: Floats, at: Rows) -> Floats:
    """(k,) squared lengths of the vectors at these places."""
    found = np.empty(len(at), dtype=np.float32)
    for start in range(0, len(at), BLOCK):
        piece = vectors[at[start : start + BLOCK]]
        found[start : start + BLOCK] = np.einsum("ij,ij->i", piece, piece)
    return found


class _Templates:
    """Likeness: the product of unit rows, or minus the squared distance, whose rounding error does not hang on it."""

    def __init__(
        self, gallery: Templates, gallery_at: Rows, squares: Floats, probe: Templates, probe_at: Rows, exact: Exact
    ) -> None:
        self._gallery, self._gallery_at, self._squares = gallery, gallery_at, squares
        self._probe, self._probe_at, self._exact = probe, probe_at, exact
        self._probes = probe.vectors[probe_at]
        self._own = np.einsum("ij,ij->i", self._probes, self._probes)[:, None]
        self._distance = gallery.similarity == "negative-l2"
        reach = self._own[:, 0] + squares.max(initial=0) if self._distance else np.ones(len(probe_at))
        self.slack = (SLACK * reach).astype(np.float32)

    def columns(self, columns: slice) -> None:
        self._piece = self._gallery.vectors[self._gallery_at[columns]].T
        self._piece_squares = self._squares[columns]

    def fill(self, rows: slice, out: Floats) -> None:
        np.matmul(self._probes[rows], self._piece, out=out)
        if self._distance:
            np.multiply(out, 2, out=out)
            np.subtract(out, self._own[rows] + self._piece_squares, out=out)

    def exact(self, rows: Rows, columns: Rows) -> Floats:
        at = self._probe_at[rows], self._gallery_at[columns]
        return self._exact(self._probe.vectors, self._gallery.vectors, *at, self._gallery.similarity)

    def level(self, score: Floats) -> Floats:
        return -(score**2) if self._distance else score


class _Scores:
    """Likeness is the score itself."""

    def __init__(self, scores: Scored, gallery: Rows, probe: Rows) -> None:
        self._scores, self._gallery, self._probe = scores, gallery, probe
        self.slack = np.zeros(len(probe), dtype=np.float32)

    def columns(self, columns: slice) -> None:
        self._columns = columns

    def fill(self, rows: slice, out: Floats) -> None:
        out[...] = self._scores.block(self._gallery[self._columns], self._probe[rows]).T

    def exact(self, rows: Rows, columns: Rows) -> Floats:
        return self._scores.at(self._gallery[columns], self._probe[rows])

    def level(self, score: Floats) -> Floats:
        return score


class _Scan:
    """One pass over the gallery for some probes.

    Attributes:
        own: (probes,) exact score of the mate, NaN where there is none.
        above: (probes,) others that are above it for sure.
        reached, passed: (probes,) others near it whose exact score is at least as high, and higher.
        top: (probes,) exact highest score of another, -inf where there is none.
    """

    def __init__(self, source: _Source, mate: Rows) -> None:
        count = len(mate)
        self._source, self._mate = source, mate
        self.own = np.full(count, np.nan, dtype=np.float32)
        mated = np.flatnonzero(mate >= 0)
        self.own[mated] = source.exact(mated, mate[mated])
        self.above, self.reached, self.passed = np.zeros((3, count), dtype=np.int64)
        self.top = np.full(count, -np.inf, dtype=np.float32)
        self._best = np.full(count, -np.inf, dtype=np.float32)
        level = np.full(count, np.inf, dtype=np.float32)
        level[mated] = source.level(self.own[mated])
        self._band = level - source.slack, level + source.slack
        self._tile = np.empty(TILE * TILE, dtype=np.float32)
        self._near, self._leading = (np.empty(2 * TILE * TILE, dtype=np.int64) for _ in range(2))
        self._counts = np.zeros(2, dtype=np.int64)

    def all_of(self, gallery: int) -> None:
        """Take in the whole gallery."""
        for column in range(0, gallery, TILE):
            columns = slice(column, min(column + TILE, gallery))
            self._source.columns(columns)
            for row in range(0, len(self._mate), TILE):
                self._one_tile(slice(row, min(row + TILE, len(self._mate))), columns)
        self._decide(0)

    def _one_tile(self, rows: slice, columns: slice) -> None:
        height, width = rows.stop - rows.start, columns.stop - columns.start
        like = self._tile[: height * width].reshape(height, width)
        self._source.fill(rows, like)
        state = self._mate[rows], self._band[0][rows], self._band[1][rows], self._source.slack[rows]
        found = self.above[rows], self._best[rows], self._near, self._leading, self._counts
        _scan(like, rows.start, columns.start, *state, *found)
        self._decide(len(self._near) - TILE * TILE)

    def _decide(self, most: int) -> None:
        """Score exactly what may decide, as soon as it is more than `most` pairs."""
        if self._counts[0] > most:
            rows, columns = _pairs(self._near[: self._counts[0]])
            score = self._source.exact(rows, columns)
            self.reached += np.bincount(rows[score >= self.own[rows]], minlength=len(self.own))
            self.passed += np.bincount(rows[score > self.own[rows]], minlength=len(self.own))
            self._counts[0] = 0
        if self._counts[1] > most:
            rows, columns = _pairs(self._leading[: self._counts[1]])
            np.maximum.at(self.top, rows, self._source.exact(rows, columns))
            self._counts[1] = 0


def _pairs(packed: Rows) -> tuple[Rows, Rows]:
    return packed >> 32, packed & 0xFFFFFFFF


# Comparisons that are added up become vector instructions. The leading pairs are those that may have the highest exact
# score: within the slack of the highest likeness so far, which only rises.
@compiled()
def _scan(
    tile: Any,
    row: int,
    column: int,
    mate: Any,
    low: Any,
    high: Any,
    slack: Any,
    above: Any,
    best: Any,
    near: Any,
    leading: Any,
    counts: Any,
) -> None:  # pragma: no cover - compiled
    columns = tile.shape[1]
    for r in range(len(tile)):
        like = tile[r]
        own = mate[r] - column
        if 0 <= own < columns:
            like[own] = -np.inf
        over, within = _two_counts(like, high[r], low[r])
        above[r] += over
        pair = (np.int64(row + r) << 32) + column
        if within > over:
            for c in range(columns):
                if low[r] <= like[c] <= high[r]:
                    near[counts[0]] = pair + c
                    counts[0] += 1
        _, close = _two_counts(like, np.float32(np.inf), best[r] - slack[r])
        if close > 0:
            for c in range(columns):
                best[r] = like[c] if like[c] > best[r] else best[r]
            for c in range(columns):
                if like[c] >= best[r] - slack[r] and like[c] > -np.inf:
                    leading[counts[1]] = pair + c
                    counts[1] += 1


@compiled()
def _two_counts(like: Any, high: Any, low: Any) -> Any:  # pragma: no cover - compiled
    """How many are above `high`, and how many are at or above `low`."""
    over, within = np.int32(0), np.int32(0)
    for c in range(len(like)):
        over += np.int32(like[c] > high)
        within += np.int32(like[c] >= low)
    return over, within
