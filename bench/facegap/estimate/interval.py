"""One estimate from one count: the default interval by what the counts carry, and what a reader must know of it."""

from __future__ import annotations

from facegap.estimate.binomial import exact_low, wilson
from facegap.estimate.clustered import (
    adjusted_size,
    balanced_people,
    largest_share,
    one_comparison_each,
    pairs_of_people,
    people_behind,
    rate,
    with_room,
    worst_size,
)
from facegap.records import ErrorCounts, Estimate

FEW_SUBJECTS = 50
FEW_ERRORS = 10
LARGEST_SHARE = 0.05
"""Of the comparisons, above which one person is said to make them uneven."""

FEW_BEHIND, MANY_EACH = 15, 4
"""With fewer people behind false matches, each with more of them than this, a few match many, and the next sample may
hold more such people or none. Fewer people behind as many errors are only what few errors look like, and a note on
them would stand beside the low estimates and leave the high ones without (`benchmarks/claims_coverage.md`)."""

NEAR_FEW = 2 * FEW_ERRORS
"""Ten errors may be seen where three are expected, and no note then stands beside: below so many the lower end spends a
fifth of the error."""

_NARROW = "the interval may be too narrow"
_SEARCHED = {"FTA": "samples", "FTE": "people", "FNIR": "mated searches", "FPIR": "non-mated searches"}


def estimate(counts: ErrorCounts, level: float = 0.95) -> Estimate:
    """The rate with Wilson's interval at confidence `level`, on the effective sample.

    `n_eff` is the number that the interval rests on: Wilson's formula at value, n_eff and level gives the lower end,
    but with fewer than `NEAR_FEW` errors Clopper and Pearson's at a fifth of the error, if that is lower. The upper end
    leaves room for one more person like the one with most errors (`clustered.with_room`). Where every person makes one
    comparison both are Wilson's.
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
    if counts.by_subject is not None and 0 < counts.errors < counts.trials and not one_comparison_each(counts):
        if counts.errors < NEAR_FEW:
            low = min(low, exact_low(value * n_eff, n_eff, 1 - (1 - level) / 5))
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
        return float(counts.trials), "Wilson"
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
        notes.append(f"fewer than {FEW_SUBJECTS} people: {_NARROW}")
    elif counts.by_subject is not None:
        notes += _uneven(counts)
    if counts.errors < FEW_ERRORS:
        notes.append(f"fewer than {FEW_ERRORS} errors")
    elif counts.by_pair is not None and counts.errors < counts.trials and _few_match_many(counts):
        notes.append(f"errors as if {people_behind(counts):.0f} made them all: {_NARROW}")
    return "; ".join(notes)


def _uneven(counts: ErrorCounts) -> list[str]:
    """Known from the numbers of comparisons alone, so that no estimate is noted for being high or low."""
    if balanced_people(counts) < FEW_SUBJECTS - 0.5:
        return [f"people take part unevenly, as if {balanced_people(counts):.0f} took part alike: {_NARROW}"]
    if largest_share(counts) > LARGEST_SHARE:
        return [f"people take part unevenly, {100 * largest_share(counts):.0f} % by one person: {_NARROW}"]
    return []


def _few_match_many(counts: ErrorCounts) -> bool:
    behind = people_behind(counts)
    return behind < FEW_BEHIND and 2 * counts.errors > MANY_EACH * behind
