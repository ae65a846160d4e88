"""Candidate lists of 1:n searches, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from facegap.cards.outside import ScoresCard
from facegap.outside.ids import Ids
from facegap.records import Finding, Floats, Mask, Rows
from facegap.trials import SearchTrials


@dataclass(frozen=True, eq=False, kw_only=True)
class CandidateScores:
    """What candidate lists, each cut at some length, say of (k,) searches.

    Attributes:
        completed: (k,) True where the search has a list, if an empty one.
        length: (k,) candidates listed.
        cut: (k,) True where the gallery has more subjects than the list: somebody is left out of it.
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
        findings: notes, and what cannot be known from these lists.
    """

    completed: Mask
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
    findings: tuple[Finding, ...] = ()


def read_candidates(files: Sequence[Path], card: ScoresCard, ids: Ids, searches: SearchTrials) -> CandidateScores:
    """The candidate lists `search,rank,gallery,score` of every search.

    Raises:
        InputError: as `read_listed`; ranks with a gap, or scores that rise with the rank.
        MissingError: Parquet without pyarrow.
    """
    raise NotImplementedError
