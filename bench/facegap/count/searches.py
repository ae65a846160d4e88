"""Errors of 1:n searches, clustered by the person who searched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.count.groups import codes, one_way, uncounted
from facegap.records import ErrorCounts, Failures, Floats, Rows, Samples, Searches, matches


@dataclass(frozen=True, eq=False, kw_only=True)
class Cmc:
    """Cumulative match characteristic of one group.

    Attributes:
        ranks: (ranks,) from 1 up.
        hits, hits_optimistic: (ranks,) mated searches whose mate ranks so or better, ties against the mate or for it.
        trials, failed: mated searches, and those among them that failed: misses.
    """

    group: str
    ranks: Rows
    hits: Rows
    hits_optimistic: Rows
    trials: int
    failed: int
    subjects: int


def fnir_counts(
    searches: Searches,
    samples: Samples,
    columns: tuple[str, ...],
    rank: int | None,
    threshold: float | None,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """Mated searches whose mate is not among the top `rank` with score >= `threshold`, by group of the probe.

    `rank` None asks for the threshold alone (R = N), `threshold` None for the rank alone. Ranks count ties against the
    mate. A search without a mate's score (either side failed) is failed, and an error where failures are counted.
    """
    groups = codes(samples, columns)
    mated = searches.mated
    score = searches.mate_score[mated]
    failed = np.isnan(score)
    hit = ~failed
    if rank is not None:
        hit &= searches.mate_rank[mated] <= rank
    if threshold is not None:
        hit &= matches(score, threshold)
    base = uncounted("FNIR", searches.model, searches.condition, groups, threshold)
    return one_way(base, groups, searches.probe[mated], ~hit & ~failed, failed, failures, failure_is_error=True)


def fpir_counts(
    searches: Searches,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """Non-mated searches that return someone with score >= `threshold`, by group of the probe.

    A watchlist (open) is a negative system: where failures are counted a failed search is an alarm (score +inf). In
    the closed protocol it returns no candidate.
    """
    groups = codes(samples, columns)
    nonmated = ~searches.mated
    failed = ~searches.completed[nonmated]
    alarm = ~failed & matches(searches.top_nonmate[nonmated], threshold)
    base = uncounted("FPIR", searches.model, searches.condition, groups, threshold)
    watchlist = searches.protocol == "open"
    return one_way(base, groups, searches.probe[nonmated], alarm, failed, failures, failure_is_error=watchlist)


def mate_scores(searches: Searches, rank: int | None, failures: Failures = "counted") -> tuple[Rows, Floats]:
    """(k,) rows of `Samples` and scores of the mated searches of `fnir_counts`: below a threshold they miss.

    NaN for a miss at any threshold.
    """
    tried = searches.mated if failures == "counted" else searches.mated & ~np.isnan(searches.mate_score)
    score = searches.mate_score[tried]
    if rank is not None:
        score = np.where(searches.mate_rank[tried] <= rank, score, np.float32(np.nan))
    return searches.probe[tried], score


def alarm_scores(searches: Searches, failures: Failures = "counted") -> tuple[Rows, Floats]:
    """(k,) rows of `Samples` and scores of the non-mated searches of `fpir_counts`: from a threshold on they alarm.

    +inf for an alarm, and -inf for none, at any threshold.
    """
    tried = ~searches.mated if failures == "counted" else ~searches.mated & searches.completed
    always = np.float32(np.inf if searches.protocol == "open" else -np.inf)
    return searches.probe[tried], np.where(searches.completed, searches.top_nonmate, always)[tried]


def cmc(searches: Searches, samples: Samples, columns: tuple[str, ...], ranks: int) -> tuple[Cmc, ...]:
    """Hits at rank 1 to `ranks` by group of the probe, mated searches only."""
    groups = codes(samples, columns)
    mated = searches.mated
    group = groups.group[searches.probe[mated]]
    subject = groups.subject[searches.probe[mated]]
    failed = np.isnan(searches.mate_score[mated])
    curves = []
    for d, name in enumerate(groups.names):
        at = group == d
        hits, optimistic = (
            _at_or_better(found[mated][at & ~failed], ranks)
            for found in (searches.mate_rank, searches.mate_rank_optimistic)
        )
        people = len(np.unique(subject[at]))
        curves.append(
            Cmc(
                group=name,
                ranks=np.arange(1, ranks + 1),
                hits=hits,
                hits_optimistic=optimistic,
                trials=int(at.sum()),
                failed=int((at & failed).sum()),
                subjects=people,
            )
        )
    return tuple(curves)


def _at_or_better(rank: Rows, ranks: int) -> Rows:
    return np.cumsum(np.bincount(rank[rank <= ranks], minlength=ranks + 1))[1:]
