"""Who is turned away after so many attempts, at which stage, and how alike a person's attempts are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.count.groups import codes, one_way, uncounted
from facegap.records import NOT_LIVE, Attempts, ErrorCounts, Mask, Rows, Samples, Strings, matches

STAGES = (
    "unreadable",
    "no_face",
    "several_faces",
    "too_small",
    "below_quality",
    "not_live",
    "no_template",
    "no_reference",
    "no_match",
    "passed",
)
"""How far an attempt got, from nowhere to a match."""

REFUSED = "turned away"

_JUDGED = (NOT_LIVE, "no_template", "no_reference", "ok")
"""What an attempt can end in that was judged for liveness."""


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


def attempt_bpcer_counts(
    attempts: Attempts, samples: Samples, columns: tuple[str, ...], attempt: int
) -> tuple[ErrorCounts, ...]:
    """Of the attempts of that number, from 1, that a net of liveness judged, those that it did not take as live.

    By group of the probe, clustered by subject; attempts that ended before are `failed`, and in no denominator.
    """
    groups = codes(samples, columns)
    mine = slice(attempt - 1, None, attempts.per_transaction)
    outcome, probe = attempts.outcome[mine], attempts.probe[mine]
    base = uncounted("BPCER", attempts.model, attempts.condition, groups, None)
    before = ~np.isin(outcome, _JUDGED)
    return one_way(base, groups, probe, outcome == NOT_LIVE, before, "excluded", failure_is_error=False)


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


class PersonTimes(NamedTuple):
    """Transactions of one group by person.

    Attributes:
        people: (k,) who made one, numbered as in `Samples.people`.
        transactions, accepted: (k,) how many each made, and how many of them passed.
        seconds: (k,) time of all of them; NaN where that of an attempt is not known.
    """

    group: str
    people: Rows
    transactions: Rows
    accepted: Rows
    seconds: npt.NDArray[np.float64]


def times_by_person(
    attempts: Attempts, samples: Samples, columns: tuple[str, ...], threshold: float, after: int
) -> tuple[PersonTimes, ...]:
    """Time up to the first attempt that passes, or of the first `after` where none does; of groups that have any."""
    groups = codes(samples, columns)
    shape = -1, attempts.per_transaction
    passed = matches(attempts.score, threshold).reshape(shape)[:, :after]
    seconds = attempts.seconds.astype(np.float64).reshape(shape)[:, :after]
    accepted: Mask = np.asarray(passed.any(axis=1))
    last = np.where(accepted, passed.argmax(axis=1), after - 1)
    made = np.arange(after) <= last[:, None]
    took = np.where(made, seconds, 0.0).sum(axis=1)
    probe = attempts.probe[:: attempts.per_transaction]
    found = []
    for d, name in enumerate(groups.names):
        mine = groups.group[probe] == d
        people, place = np.unique(groups.subject[probe[mine]], return_inverse=True)
        size = len(people)
        found.append(
            PersonTimes(
                group=name,
                people=people,
                transactions=np.bincount(place, minlength=size),
                accepted=np.bincount(place[accepted[mine]], minlength=size),
                seconds=np.bincount(place, took[mine], size).astype(np.float64),
            )
        )
    return tuple(one for one in found if len(one.people))
