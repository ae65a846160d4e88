"""One estimate from one count: the default interval by what the counts carry, and what a reader must know of it."""

from __future__ import annotations

from dataclasses import replace

from facegap.estimate import cautions
from facegap.estimate.binomial import exact_low, wilson
from facegap.estimate.clustered import adjusted_size, pairs_of_people, people_behind, rate, with_room, worst_size
from facegap.records import ByPeople, Counted, ErrorCounts, Estimate

NEAR_FEW = 2 * cautions.FEW_ERRORS
"""Ten errors may be seen where three are expected, and no caution then stands beside: below so many the lower end
spends a fifth of the error."""

FEW_BEHIND, MANY_EACH = 15, 4
"""With fewer people behind false matches, each with more of them than this, a few match many."""

NOTHING = 1e-4
"""A lower end below so much of the rate is written as 0."""

_SEARCHED = {
    "FTA": "samples",
    "FTE": "people",
    "BPCER": "judged faces",
    "FNIR": "mated searches",
    "FPIR": "non-mated searches",
}


def estimate(counts: ErrorCounts, level: float = 0.95) -> Estimate:
    """The rate with Wilson's interval at confidence `level`, on the effective sample, and the same by people.

    `n_eff` is the number that the interval rests on: Wilson's formula at value, n_eff and level gives the lower end,
    but with fewer than `NEAR_FEW` errors Clopper and Pearson's at a fifth of the error, if that is lower. The upper end
    leaves room for one more person like the one with most errors, and where a comparison has two people for two
    (`clustered.with_room`). Where every person makes one comparison both are Wilson's.
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
    low, high = _ends(counts, n_eff, level, counts.errors)
    found = Estimate(
        counts=counts,
        value=rate(counts),
        low=low,
        high=high,
        method=method,
        level=level,
        n_eff=n_eff,
        note=_note(counts),
        people=_by_people(counts, level),
    )
    return replace(found, cautions=cautions.of_estimate(found))


def _by_people(counts: ErrorCounts, level: float) -> ByPeople:
    """The mean of people's (of pairs of people's) own rates, by the rules of the rate itself."""
    people = counts.people
    if people is None or people.trials == 0:
        return ByPeople()
    n_eff, _ = _sample(people, level)
    low, high = _ends(people, n_eff, level, counts.errors)
    return ByPeople(rate(people), low, high, n_eff, people.largest, people.half)


def _ends(counts: Counted, n_eff: float, level: float, errors: int) -> tuple[float, float]:
    """Of the interval; `errors` were seen, however they are counted."""
    value = rate(counts)
    low, high = wilson(value * n_eff, n_eff, level)
    if counts.by_subject is not None and 0 < counts.errors < counts.trials and not counts.single:
        if errors < NEAR_FEW:
            low = min(low, exact_low(value * n_eff, n_eff, 1 - (1 - level) / 5))
            # Of less than one effective error the exact end is some 1e-9, which nobody should read as a rate.
            low = low if low >= NOTHING * value else 0.0
        # More people like those who err most, as many as a comparison has, but for the one error that Wilson's interval
        # allows anyway.
        room = with_room(counts, 1 if counts.by_pair is None else 2, beyond=1)
        high = max(high, wilson(room * n_eff, n_eff, level)[1])
    return low, high


def effective_sample(counts: Counted, level: float | None = None) -> float:
    """Independent comparisons whose rate would scatter as much, or, at a `level`, leave an interval as wide.

    The second is smaller: how much the rate scatters is itself uncertain where few people make the errors. There must
    be trials.
    """
    return _sample(counts, level)[0]


def _sample(counts: Counted, level: float | None) -> tuple[float, str]:
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
    if counts.errors == 0 and counts.by_pair is not None:
        return "no errors: the upper bound takes pairs that share a person for independent"
    if counts.errors == 0:
        return "no errors: only the upper bound was learned"
    return f"errors as if {people_behind(counts):.0f} people made them all" if _few_match_many(counts) else ""


def _few_match_many(counts: ErrorCounts) -> bool:
    """Said in a note and in no caution: the interval holds there as elsewhere (`benchmarks/claims_coverage.md`)."""
    if counts.by_pair is None or counts.errors in (0, counts.trials):
        return False
    behind = people_behind(counts)
    return behind < FEW_BEHIND and 2 * counts.errors > MANY_EACH * behind
