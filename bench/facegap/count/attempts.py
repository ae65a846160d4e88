"""Who is turned away after so many attempts, at which stage, and how alike a person's attempts are."""

from __future__ import annotations

import numpy as np

from facegap.count.groups import codes, one_way, uncounted
from facegap.records import Attempts, ErrorCounts, Mask, Rows, Samples, Strings, matches

STAGES = (
    "unreadable",
    "no_face",
    "several_faces",
    "too_small",
    "below_quality",
    "no_template",
    "no_reference",
    "no_match",
    "passed",
)
"""How far an attempt got, from nowhere to a match."""

REFUSED = "turned away"


def reached(attempts: Attempts, threshold: float, after: int) -> tuple[Strings, Mask]:
    """(t,) furthest of `STAGES` in the first `after` attempts of each transaction, and (t,) whether one had a score."""
    stage = np.where(attempts.outcome == "ok", "no_match", attempts.outcome).astype("U16")
    stage[matches(attempts.score, threshold)] = "passed"
    rank = np.array([STAGES.index(str(name)) for name in stage], dtype=np.int64)
    rank = rank.reshape(-1, attempts.per_transaction)[:, :after]
    scored = ~np.isnan(attempts.score.reshape(-1, attempts.per_transaction)[:, :after])
    return np.array(STAGES)[rank.max(axis=1, initial=0)], np.asarray(scored.any(axis=1))


def refusal_counts(
    attempts: Attempts, samples: Samples, columns: tuple[str, ...], threshold: float, after: int, stage: str = REFUSED
) -> tuple[ErrorCounts, ...]:
    """Transactions turned away after `after` attempts by group of the probe, clustered by subject: the FRR of
    transactions, failures to acquire counted. With a `stage`, those whose furthest attempt ended there.
    """
    groups = codes(samples, columns)
    furthest, scored = reached(attempts, threshold, after)
    probe = attempts.probe[:: attempts.per_transaction]
    base = uncounted("FRR", attempts.model, attempts.condition, groups, threshold)
    error = furthest != "passed" if stage == REFUSED else furthest == stage
    failed = ~scored
    if stage != REFUSED:
        failed = np.zeros(len(probe), dtype=bool)
    return one_way(base, groups, probe, np.asarray(error), failed, "counted", failure_is_error=True)


def failures_by_transaction(
    attempts: Attempts, samples: Samples, columns: tuple[str, ...], threshold: float
) -> dict[str, Rows]:
    """Group -> (per_transaction + 1,) transactions by how many of all their attempts failed."""
    groups = codes(samples, columns)
    passed = matches(attempts.score, threshold).reshape(-1, attempts.per_transaction)
    failed = (~passed).sum(axis=1)
    group = groups.group[attempts.probe[:: attempts.per_transaction]]
    return {
        name: np.bincount(failed[group == d], minlength=attempts.per_transaction + 1)
        for d, name in enumerate(groups.names)
    }


def of_group(attempts: Attempts, samples: Samples, columns: tuple[str, ...], name: str) -> Mask:
    """(n,) attempts whose probe is in the group."""
    return np.asarray(samples.grouping(columns)[attempts.probe] == name)
