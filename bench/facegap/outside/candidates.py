"""Candidate lists of 1:n searches, from files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from facegap.cards.outside import ScoresCard
from facegap.outside.faults import AFTER, Faults, counted, field
from facegap.outside.ids import Ids
from facegap.outside.notes import refuse_all_failed, refuse_constant
from facegap.outside.numbers import Numbers
from facegap.outside.sides import Sides
from facegap.outside.sources import Block, blocks
from facegap.records import Finding, Floats, Mask, Rows
from facegap.trials import SearchTrials

COLUMNS = ("search", "rank", "gallery", "score")


@dataclass(frozen=True, eq=False, kw_only=True)
class CandidateScores:
    """What candidate lists, each cut at some length, say of (k,) searches.

    Attributes:
        completed: (k,) True where the search has a list, if an empty one.
        enrolled: (g,) True where the reference did not fail.
        length: (k,) candidates listed.
        cut: (k,) True where more are enrolled than the list has: somebody is left out of it.
        mate_score: (k,) score of the subject's own reference, NaN where it is not listed, not enrolled, or failed.
        mate_rank, mate_rank_optimistic: (k,) as of `records.Searches` within the list; 0 where the mate is not listed:
            then its rank is beyond `length`.
        top_nonmate: (k,) highest listed score of another subject, NaN where none is listed.
        lowest: (k,) the last score of the list: whoever is not listed scores at most that; NaN without a list.
        floor: the highest `lowest` of cut lists without the mate, of searches with one: at thresholds above it every
            miss is known; at it and below, a mate that was cut off might have matched. -inf where nothing is unknown.
        nonmate_floor: likewise of the highest score of another subject: the highest `lowest` of cut lists that hold
            nobody but the mate. -inf where nothing is unknown.
        rank_limit: ranks up to this one are known of every search; the gallery's size where no list is cut.
        search, gallery, score: (m,) every candidate: places among searches and in the gallery, and the score.
        findings: notes, and what cannot be known from these lists.
    """

    completed: Mask
    enrolled: Mask
    length: Rows
    cut: Mask
    mate_score: Floats
    mate_rank: Rows
    mate_rank_optimistic: Rows
    top_nonmate: Floats
    lowest: Floats
    floor: float
    nonmate_floor: float
    rank_limit: int
    search: Rows
    gallery: Rows
    score: Floats
    findings: tuple[Finding, ...] = ()


def read_candidates(
    files: Sequence[Path], card: ScoresCard, ids: Ids, searches: SearchTrials, failed: Mask | None = None
) -> CandidateScores:
    """The candidate lists `search,rank,gallery,score` of every search.

    A search that failed has one line with neither rank nor candidate nor score. One that found nobody has one line of
    rank 0 without a candidate, whose score is the one that nobody reached. A reference that failed, and so is in no
    list, has one line with nothing but its id.

    Args:
        failed: (g,) references of which something else says that they failed; one that is listed did not.

    Raises:
        InputError: as `read_listed`; ranks with a gap, or scores that rise with the rank.
        MissingError: Parquet without pyarrow.
    """
    faults = Faults()
    reader = _Reader(card, ids, searches, faults)
    parts = [reader.rows(block) for block in blocks(files, (COLUMNS,), faults, bare=False, columns=card.columns)]
    faults.stop()
    table = _ordered(_joined(parts))
    enrolled = _enrolled(table, len(searches.gallery), reader.failed, failed)
    _check_lists(files, table, faults)
    _check_all_there(files, table, ids, searches, faults)
    faults.stop()
    return _settled(files, table, enrolled, searches, faults)


def _enrolled(table: _Table, size: int, said: Mask, failed: Mask | None) -> Mask:
    """(g,) True of references that are listed, or of which neither these files nor others say that they failed."""
    listed = np.zeros(size, dtype=bool)
    listed[table.gallery[table.rank >= 1]] = True
    return listed | ~(said if failed is None else said | failed)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Table:
    """Rows of candidate lists.

    Attributes:
        search: (m,) place among the searches.
        rank: (m,) from 1; 0 of a row that says that nobody was found, -1 of one that says that the search failed.
        gallery: (m,) place in the gallery, -1 without a candidate.
        score: (m,) float32.
        file, line: (m,) where the row stands.
    """

    search: Rows
    rank: Rows
    gallery: Rows
    score: Floats
    file: Rows
    line: Rows

    def take(self, rows: Rows | Mask) -> _Table:
        return _Table(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def __len__(self) -> int:
        return len(self.search)


class _Reader:
    """Turns blocks of a file into rows, and counts what is wrong with each by itself."""

    def __init__(self, card: ScoresCard, ids: Ids, searches: SearchTrials, faults: Faults) -> None:
        self._numbers, self._faults = Numbers(card, faults), faults
        self._sides = Sides(ids, searches.gallery, faults)
        self._search, self._gallery = (_places(len(ids), side) for side in (searches.probe, searches.gallery))
        self.failed: Mask = np.zeros(len(searches.gallery), dtype=bool)
        self._listed = np.zeros(len(searches.gallery), dtype=bool)

    def rows(self, block: Block) -> _Table:
        """The rows of a block that are usable."""
        alone = self._failed_references(block)
        if alone.any():
            block = block.take(~alone)
        scores = self._numbers.read(block)
        search = self._place(block, "search", self._search, "unknown-search", "no search")
        named = np.array([bool(name.strip()) for name in block.texts("gallery")], dtype=bool)
        gallery = np.full(len(block), -1, dtype=np.int64)
        if named.any():
            gallery[named] = self._place(block.take(named), "gallery", self._gallery, "not-enrolled", "not enrolled")
        rank, clear = self._ranks(block, named, np.isnan(scores.score) & scores.usable)
        good = scores.usable & clear & (search >= 0) & (~named | (gallery >= 0))
        self._tell_not_failed(block, gallery)
        file = np.full(len(block), block.file)
        return _Table(search=search, rank=rank, gallery=gallery, score=scores.score, file=file, line=block.lines).take(
            good
        )

    def _failed_references(self, block: Block) -> Mask:
        """(k,) True of rows that name a reference and nothing else: it failed."""
        empty = {
            name: np.array([not text.strip() for text in block.texts(name)]) for name in ("search", "rank", "gallery")
        }
        score = (
            block.empty if block.empty is not None else np.array([not text.strip() for text in block.texts("score")])
        )
        alone = np.asarray(empty["search"] & empty["rank"] & score & ~empty["gallery"], dtype=bool)
        if not alone.any():
            return alone
        some = block.take(alone)
        place = self._place(some, "gallery", self._gallery, "not-enrolled", "not enrolled")
        known = place >= 0
        _, first = np.unique(place, return_index=True)
        again = known.copy()
        again[first] = False
        again |= known & self.failed[place]
        names = some.texts("gallery")
        self._faults.where("reference-again", again, some, lambda k: f"{field(names[k])}: named before as failed")
        self.failed[place[known]] = True
        listed = known & self._listed[place]
        self._faults.where("not-failed", listed, some, lambda k: f"{field(names[k])}: failed, but listed before")
        return alone

    def _tell_not_failed(self, block: Block, gallery: Rows) -> None:
        """Count candidates of references that failed before in the files."""
        there = gallery >= 0
        names = block.texts("gallery")
        self._faults.where(
            "not-failed", there & self.failed[gallery], block, lambda k: f"{field(names[k])}: listed, but it failed"
        )
        self._listed[gallery[there]] = True

    def _place(self, block: Block, column: str, places: Rows, kind: str, what: str) -> Rows:
        rows = self._sides.named(block, column)
        found = np.where(rows >= 0, places[rows], -1)
        names = block.texts(column)
        self._faults.where(kind, (rows >= 0) & (found < 0), block, lambda k: f"{what}: {field(names[k])}")
        return found

    def _ranks(self, block: Block, named: Mask, failed: Mask) -> tuple[Rows, Mask]:
        """(k,) ranks, and whether rank, candidate and score of a row go together."""
        texts = [text.strip() for text in block.texts("rank")]
        number = np.array([int(text) if _is_rank(text) else -1 for text in texts], dtype=np.int64)
        nothing = np.array([not text for text in texts], dtype=bool)
        candidate = named & (number >= 1) & ~failed
        nobody = ~named & (number == 0) & ~failed
        none = ~named & nothing & failed
        clear = candidate | nobody | none
        self._faults.where(
            "row",
            ~clear,
            block,
            lambda k: (
                f"rank {field(texts[k])} {'with' if named[k] else 'without'} a candidate, "
                f"{'without' if failed[k] else 'with'} a score"
            ),
        )
        return np.where(none, -1, number), clear


def _is_rank(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _places(n: int, side: Rows) -> Rows:
    found = np.full(n, -1, dtype=np.int64)
    found[side] = np.arange(len(side))
    return found


def _joined(parts: Sequence[_Table]) -> _Table:
    return _Table(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Table)})


def _ordered(table: _Table) -> _Table:
    """The rows by search and rank; rows of the same as they stand in the files."""
    return table.take(np.lexsort((table.line, table.file, table.rank, table.search)))


def _check_lists(files: Sequence[Path], table: _Table, faults: Faults) -> None:
    """That the ranks of a search are 1, 2, 3 and so on, its scores fall, and nobody is in it twice."""

    def tell(kind: str, wrong: Mask, what: Callable[[int], str]) -> None:
        rows = np.flatnonzero(wrong)
        if len(rows):
            row = rows[np.lexsort((table.line[rows], table.file[rows]))[0]]
            file, line = int(table.file[row]), int(table.line[row])
            faults.add(kind, file, line, f"{files[file]}: line {line}: {what(int(row))}", len(rows))

    first = _first(table.search)
    place = np.arange(len(table)) - np.flatnonzero(first)[np.cumsum(first) - 1] + 1
    begins = table.rank[np.flatnonzero(first)][np.cumsum(first) - 1]
    mixed = (begins < 1) & ~first
    tell("half", mixed, lambda row: f"another row of a search that {_said(table.rank[row - 1])}")
    tell("rank", (begins >= 1) & (table.rank != place), lambda row: f"rank {table.rank[row]}, expected {place[row]}")
    rises = np.zeros(len(table), dtype=bool)
    rises[1:] = ~first[1:] & (table.score[1:] > table.score[:-1])
    tell("order", rises & ~mixed, lambda row: f"rank {table.rank[row]} is more alike than rank {table.rank[row - 1]}")
    order = np.lexsort((table.rank, table.gallery, table.search))
    same = np.zeros(len(table), dtype=bool)
    again = (np.diff(table.search[order]) == 0) & (np.diff(table.gallery[order]) == 0) & (table.gallery[order][1:] >= 0)
    same[order[1:]] = again
    tell("twice", same, lambda row: f"the candidate of rank {table.rank[row]} is listed before")


def _said(rank: int) -> str:
    return "failed" if rank < 0 else "found nobody" if rank == 0 else "is complete"


def _first(search: Rows) -> Mask:
    """(m,) True where a row is the first of its search."""
    found = np.ones(len(search), dtype=bool)
    found[1:] = search[1:] != search[:-1]
    return found


def _check_all_there(files: Sequence[Path], table: _Table, ids: Ids, searches: SearchTrials, faults: Faults) -> None:
    missing = np.setdiff1d(np.arange(len(searches.probe)), table.search)
    if len(missing):
        name = ids.exported[searches.probe[missing[0]]]
        message = f"{files[0]}: {len(missing):,} of {counted(len(searches.probe), 'search')} missing, the first {name}"
        faults.add("missing-search", len(files), AFTER, message.replace("searchs", "searches"), len(missing))


def _settled(
    files: Sequence[Path], table: _Table, enrolled: Mask, searches: SearchTrials, faults: Faults
) -> CandidateScores:
    k, size = len(searches.probe), int(enrolled.sum())
    listed = table.take(table.rank >= 1)
    if not len(listed):
        refuse_all_failed(files, k)
    refuse_constant(files, float(listed.score.min()), float(listed.score.max()), len(listed))
    completed = np.ones(k, dtype=bool)
    completed[table.search[table.rank < 0]] = False
    length = np.bincount(listed.search, minlength=k)
    lowest = _of_searches(k, table.take(table.rank >= 0), np.fmin)
    found = _Found(listed, searches)
    cut = completed & (length < size)
    unknown = _Unknown(
        lost=cut & (searches.mate >= 0) & enrolled[searches.mate] & np.isnan(found.mate),
        alone=cut & np.isnan(found.top),
        tied=cut & (found.mate == lowest),
        lowest=lowest,
        length=length,
    )
    unknown.note(faults, int(cut.sum()), size)
    rank, optimistic = found.ranks()
    return CandidateScores(
        completed=completed,
        enrolled=enrolled,
        length=length,
        cut=cut,
        mate_score=found.mate,
        mate_rank=rank,
        mate_rank_optimistic=optimistic,
        top_nonmate=found.top,
        lowest=lowest,
        floor=float(lowest[unknown.lost].max(initial=-np.inf)),
        nonmate_floor=float(lowest[unknown.alone].max(initial=-np.inf)),
        rank_limit=int(length[unknown.lost | unknown.tied].min(initial=size)),
        search=listed.search,
        gallery=listed.gallery,
        score=listed.score,
        findings=tuple(faults.notes),
    )


class _Found:
    """What lists say of the mates and of the others.

    Attributes:
        mate, top: (k,) score of the mate, and the highest of another subject; NaN where none is listed.
    """

    def __init__(self, listed: _Table, searches: SearchTrials) -> None:
        self._k = len(searches.probe)
        is_mate = listed.gallery == searches.mate[listed.search]
        self._others = listed.take(~is_mate)
        self.mate = _of_searches(self._k, listed.take(is_mate), np.fmax)
        self.top = _of_searches(self._k, self._others, np.fmax)

    def ranks(self) -> tuple[Rows, Rows]:
        """(k,) 1 + others that are at least as alike as the mate, and 1 + those that are more; 0 without a mate."""
        own, there = self.mate[self._others.search], ~np.isnan(self.mate)
        at_least, above = (self._count(better) for better in (self._others.score >= own, self._others.score > own))
        return np.where(there, 1 + at_least, 0), np.where(there, 1 + above, 0)

    def _count(self, rows: Mask) -> Rows:
        return np.bincount(self._others.search[rows], minlength=self._k)


def _of_searches(k: int, table: _Table, which: np.ufunc) -> Floats:
    """(k,) the least or greatest score of each search's rows, NaN where it has none."""
    found = np.full(k, np.nan, dtype=np.float32)
    which.at(found, table.search, table.score)
    return found


@dataclass(frozen=True, eq=False, kw_only=True)
class _Unknown:
    """What cut lists leave unknown, one entry a search.

    Attributes:
        lost: (k,) the mate is not listed.
        alone: (k,) nobody but the mate is, or nobody at all.
        tied: (k,) the mate is as alike as the last candidate.
        lowest, length: (k,) the last score, and how many are listed.
    """

    lost: Mask
    alone: Mask
    tied: Mask
    lowest: Floats
    length: Rows

    def note(self, faults: Faults, cut: int, size: int) -> None:
        """Say it, of so many `cut` lists of a gallery of that `size`."""
        for rows, says in ((self.lost, self._of_lost), (self.alone, self._of_alone), (self.tied, self._of_tied)):
            if rows.any():
                faults.note("scores-unknown", f"{int(rows.sum()):,} {says(cut, size)}", int(rows.sum()))

    def _of_lost(self, cut: int, size: int) -> str:
        return (
            f"of {cut:,} searches whose lists are cut, the shortest of them after "
            f"{int(self.length[self.lost].min()):,} of {size:,} candidates, do not list the mate: its rank is beyond "
            f"the list, and at thresholds up to {self._highest(self.lost)} nobody knows whether it would have been "
            "missed"
        )

    def _of_alone(self, _cut: int, _size: int) -> str:
        return (
            f"searches list nobody but the mate, or nobody: at thresholds up to {self._highest(self.alone)} nobody "
            "knows whether another would have matched (FPIR)"
        )

    def _of_tied(self, _cut: int, _size: int) -> str:
        return (
            "searches have a mate as alike as the last candidate of a cut list: others that were cut off may be as "
            "alike, and its pessimistic rank is not known"
        )

    def _highest(self, rows: Mask) -> str:
        return f"{float(self.lowest[rows].max()):.9g}"
