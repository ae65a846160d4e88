"""One estimate from one count: the default interval by what the counts carry, and what a reader must know of it."""

from __future__ import annotations

from facegap.estimate.binomial import wilson
from facegap.estimate.clustered import (
    adjusted_size,
    balanced_people,
    pairs_of_people,
    people_behind,
    rate,
    with_room,
    worst_size,
)
from facegap.records import ErrorCounts, Estimate

FEW_SUBJECTS = 50
FEW_ERRORS = 10
FEW_BEHIND, FEW_BEHIND_PAIRS = 10, 20
"""With fewer people behind the errors the next ones may make many more, or none; twice as many where an error has two
people, either of whom may be why (`benchmarks/interval_coverage.md`)."""

_SEARCHED = {"FTA": "samples", "FTE": "people", "FNIR": "mated searches", "FPIR": "non-mated searches"}


def estimate(counts: ErrorCounts, level: float = 0.95) -> Estimate:
    """The rate with Wilson's interval at confidence `level`, on the effective sample.

    `n_eff` is the number that the interval rests on: Wilson's formula at value, n_eff and level gives the lower end.
    The upper end leaves room for one more person like the one with most errors (`clustered.with_room`).
    """
    if counts.trials == 0:
        return Estimate(
            counts=counts,
            value=None,
            low=None,
            high=None,
            method="none",
            level=level,
            n_eff=None,
            note=_no_trials(counts),
        )
    n_eff, method = _sample(counts, level)
    if counts.metric in ("FNIR", "FPIR"):
        method += "; given this gallery"
    value = rate(counts)
    low, high = wilson(value * n_eff, n_eff, level)
    if counts.by_subject is not None and 0 < counts.errors < counts.trials:
        # One more person like the one who errs most, but for the one error that Wilson's interval allows anyway.
        high = max(high, wilson(with_room(counts, 1, beyond=1) * n_eff, n_eff, level)[1])
    return Estimate(
        counts=counts,
        value=value,
        low=low,
        high=high,
        method=method,
        level=level,
        n_eff=n_eff,
        note=_note(counts),
    )


def effective_sample(counts: ErrorCounts, level: float | None = None) -> float:
    """Independent comparisons whose rate would scatter as much, or, at a `level`, leave an interval as wide.

    The second is smaller: how much the rate scatters is itself uncertain where few people make the errors. There must
    be trials.
    """
    return _sample(counts, level)[0]


def _sample(counts: ErrorCounts, level: float | None) -> tuple[float, str]:
    """The effective sample size and the method's name, by what the counts carry."""
    if counts.by_subject is None:
        return counts.trials / counts.design_effect, "Wilson"
    two_sided = counts.by_pair is not None
    if counts.subjects < (3 if two_sided else 2):
        return 1.0, "Wilson, n = 1: one pair of people" if two_sided else "Wilson, n = 1: one person"
    if 0 < counts.errors < counts.trials:
        return adjusted_size(counts, level), "Wilson at n_eff: clustered by person, Student's t"
    if two_sided:
        return pairs_of_people(counts), "Wilson, n = pairs of people, balanced"
    return worst_size(counts), "Wilson, n = people, balanced"


def _no_trials(counts: ErrorCounts) -> str:
    noun = _SEARCHED.get(counts.metric, "comparisons")
    if counts.failed:
        return f"no {noun} completed; {counts.failed} failed"
    return f"no {noun} in this group"


def _note(counts: ErrorCounts) -> str:
    notes = []
    if counts.errors == 0 and counts.by_pair is not None:
        notes.append("no errors: the upper bound takes pairs that share a person for independent")
    elif counts.errors == 0:
        notes.append("no errors: only the upper bound was learned")
    if counts.subjects < FEW_SUBJECTS:
        notes.append(f"fewer than {FEW_SUBJECTS} people: the interval may be too narrow")
    elif counts.by_subject is not None and balanced_people(counts) < FEW_SUBJECTS - 0.5:
        notes.append(
            f"people take part unevenly, as if {balanced_people(counts):.0f} took part alike: "
            "the interval may be too narrow"
        )
    if counts.errors < FEW_ERRORS:
        notes.append(f"fewer than {FEW_ERRORS} errors")
    elif counts.by_subject is not None and counts.errors < counts.trials and _few_behind(counts):
        notes.append(f"errors as if {people_behind(counts):.0f} made them all: the interval may be too narrow")
    return "; ".join(notes)


def _few_behind(counts: ErrorCounts) -> bool:
    return people_behind(counts) < (FEW_BEHIND if counts.by_pair is None else FEW_BEHIND_PAIRS)
