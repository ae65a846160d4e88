"""Errors of 1:n searches, clustered by the person who searched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.count.groups import codes, one_way, uncounted
from facegap.errors import InputError
from facegap.records import ErrorCounts, Failures, Floats, Mask, Rows, Samples, Searches, matches


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


def unknown(searches: Searches, metric: str, rank: int | None, threshold: float | None) -> str:
    """Why candidate lists that were cut short do not hold a rate, as one line; "" where it is known.

    A mate who is left out has a rank behind the list and at most its last score. So FNIR is known at ranks that every
    such list reaches, and at thresholds above all their last scores; FPIR at thresholds above the last scores of lists
    without anybody else.

    Args:
        metric: "FNIR" or "FPIR".
        rank, threshold: as `fnir_counts`.
    """
    if searches.listed is None or searches.listed_to is None:
        return ""
    if metric == "FPIR":
        end = alarms_told_above(searches)
        if threshold is None or threshold > end:
            return ""
        return f"not known: candidate lists without a candidate end at scores up to {end:.6g}, where others may match"
    end = float(searches.listed_to[searches.left_out].max(initial=-np.inf))
    if threshold is not None and threshold > end and (rank is None or rank <= _sure_rank(searches, _tied(searches))):
        return ""
    sure = rank_limit(searches)
    if rank is not None and rank <= sure:
        return ""
    if rank is None:
        return f"not known: candidate lists without the mate end at scores up to {end:.6g}, where it may match"
    return f"not known: candidate lists are cut, the shortest that matters after {sure}; ranks behind that are not told"


def alarms_told_above(searches: Searches) -> float:
    """The score above which candidate lists tell every alarm of non-mated searches; -inf where all are told."""
    if searches.listed_to is None:
        return -np.inf
    return float(searches.listed_to[searches.nobody_listed & ~searches.mated].max(initial=-np.inf))


def rank_limit(searches: Searches) -> int:
    """The largest rank of which every search tells whether the mate has it; the gallery's size without cut lists."""
    return _sure_rank(searches, searches.left_out | _tied(searches))


def _tied(searches: Searches) -> Mask:
    """(k,) True where the mate is as alike as the last candidate of a cut list: those cut off may be as alike."""
    if searches.listed_to is None:
        return np.zeros(len(searches.probe), dtype=bool)
    return np.asarray(np.isfinite(searches.listed_to) & (searches.mate_score == searches.listed_to))


def _sure_rank(searches: Searches, unsure: Mask) -> int:
    listed = searches.listed
    return searches.gallery_size if listed is None else int(listed[unsure].min(initial=searches.gallery_size))


def _refuse_unknown(searches: Searches, metric: str, rank: int | None, threshold: float | None) -> None:
    why = unknown(searches, metric, rank, threshold)
    if why:
        raise InputError(f"{searches.model}, {searches.condition}, {searches.protocol}: {metric} {why}")


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

    Raises:
        InputError: candidate lists that were cut short do not hold it, see `unknown`.
    """
    _refuse_unknown(searches, "FNIR", rank, threshold)
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

    Raises:
        InputError: candidate lists that were cut short do not hold it, see `unknown`.
    """
    _refuse_unknown(searches, "FPIR", None, threshold)
    groups = codes(samples, columns)
    nonmated = ~searches.mated
    failed = ~searches.completed[nonmated]
    alarm = ~failed & matches(searches.top_nonmate[nonmated], threshold)
    base = uncounted("FPIR", searches.model, searches.condition, groups, threshold)
    watchlist = searches.protocol == "open"
    return one_way(base, groups, searches.probe[nonmated], alarm, failed, failures, failure_is_error=watchlist)


def searched(
    searches: Searches, samples: Samples, columns: tuple[str, ...], metric: str, failures: Failures = "counted"
) -> tuple[ErrorCounts, ...]:
    """The mated searches ("FNIR") or the others ("FPIR") of every group, without any error: a rate that is unknown."""
    groups = codes(samples, columns)
    kind = searches.mated if metric == "FNIR" else ~searches.mated
    failed = np.isnan(searches.mate_score) if metric == "FNIR" else ~searches.completed
    base = uncounted("FNIR" if metric == "FNIR" else "FPIR", searches.model, searches.condition, groups, None)
    none = np.zeros(int(kind.sum()), dtype=bool)
    return one_way(base, groups, searches.probe[kind], none, failed[kind], failures, failure_is_error=False)


def mate_scores(
    searches: Searches, rank: int | None, failures: Failures = "counted", at_most: bool = False
) -> tuple[Rows, Floats]:
    """(k,) rows of `Samples` and scores of the mated searches of `fnir_counts`: below a threshold they miss.

    NaN for a miss at any threshold. A mate whom a cut list leaves out has -inf, or with `at_most` what it has at most.
    """
    tried = searches.mated if failures == "counted" else searches.mated & ~np.isnan(searches.mate_score)
    score = searches.mate_score
    if rank is not None:
        score = np.where(searches.mate_rank <= rank, score, np.float32(np.nan))
    if at_most and searches.listed_to is not None:
        score = np.where(searches.left_out, searches.listed_to, score)
    return searches.probe[tried], score[tried]


def alarm_scores(searches: Searches, failures: Failures = "counted", at_most: bool = False) -> tuple[Rows, Floats]:
    """(k,) rows of `Samples` and scores of the non-mated searches of `fpir_counts`: from a threshold on they alarm.

    +inf for an alarm, and -inf for none, at any threshold. Where a cut list names nobody else the score is -inf, or
    with `at_most` what others have at most.
    """
    tried = ~searches.mated if failures == "counted" else ~searches.mated & searches.completed
    always = np.float32(np.inf if searches.protocol == "open" else -np.inf)
    score = np.where(searches.completed, searches.top_nonmate, always)
    if at_most and searches.listed_to is not None:
        score = np.where(searches.nobody_listed, searches.listed_to, score)
    return searches.probe[tried], score[tried]


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
