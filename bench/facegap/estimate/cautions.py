"""Why a number must be read with care: decided here, from the evidence of a rate, for whatever rests on that rate.

Every table that holds such a number has its cautions in the column `caution`; sentences, figures and verdicts repeat
that column. A number that rests on the rates of several groups has the cautions of all, each with the groups it is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from facegap.estimate.clustered import balanced_people, largest_share, people_behind
from facegap.records import ErrorCounts, Estimate

FEW_SUBJECTS = 50
FEW_ERRORS = 10
LARGEST_SHARE = 0.05
"""Of the comparisons, above which one person is said to make them uneven."""

FEW_BEHIND, MANY_EACH = 15, 4
"""With fewer people behind false matches, each with more of them than this, a few match many, and the next sample may
hold more such people or none. Fewer people behind as many errors are only what few errors look like, and a caution on
them would stand beside the low estimates and leave the high ones without (`benchmarks/claims_coverage.md`)."""

LARGE_SHARE = 0.1
"""Of the comparisons: from here on one person is spoken of, below it the people who make half of them."""

OBSERVED = "observed, not assigned: those pictured under one value are other people and scenes than those under another"

SAME_PEOPLE = "the same people, but perhaps on another day or in another place: observed, not assigned"

NARROW = "the interval may be too narrow"


def of_people(counts: ErrorCounts) -> list[str]:
    """Who took part: few people, or few who made most of the comparisons. Holds for any number made from these."""
    if not counts.trials:
        return []
    if counts.by_subject is None:
        return of_participation(counts.subjects, None)
    return of_participation(counts.subjects, balanced_people(counts), largest_share(counts))


def of_participation(people: int, balanced: float | None, largest: float = 0.0) -> list[str]:
    """As `of_people`, of so many people, who matter as much as `balanced` people would who all took part alike.

    Known from the numbers of comparisons alone, so that no estimate is cautioned for being high or low. `largest` is
    the share of the comparisons that the busiest person takes part in.
    """
    if people < FEW_SUBJECTS:
        return [few_people()]
    if balanced is not None and balanced < FEW_SUBJECTS - 0.5:
        return [f"people take part unevenly, as if {balanced:.0f} took part alike: {NARROW}"]
    if largest > LARGEST_SHARE:
        return [f"people take part unevenly, {100 * largest:.0f} % by one person: {NARROW}"]
    return []


def of_errors(counts: ErrorCounts) -> list[str]:
    """What the rate rests on: few errors, or few people who made them."""
    if not counts.trials:
        return []
    if counts.errors < FEW_ERRORS:
        return of_number(counts.errors)
    if counts.by_pair is not None and counts.errors < counts.trials and _few_match_many(counts):
        return [f"errors as if {people_behind(counts):.0f} made them all: {NARROW}"]
    return []


def few_people() -> str:
    """Said of whatever rests on fewer than `FEW_SUBJECTS` people."""
    return f"fewer than {FEW_SUBJECTS} people: {NARROW}"


def of_observation() -> list[str]:
    """Said of whatever compares values that were observed: who was pictured under which, nobody decided by lot."""
    return [OBSERVED]


def of_same_people() -> list[str]:
    """Said of people who are held against themselves under two observed values."""
    return [SAME_PEOPLE]


def of_number(errors: int) -> list[str]:
    """Said of whatever rests on fewer than `FEW_ERRORS` errors."""
    return [f"fewer than {FEW_ERRORS} errors"] if errors < FEW_ERRORS else []


def of_estimate(found: Estimate) -> tuple[str, ...]:
    """The cautions of a rate with its interval."""
    return (*of_people(found.counts), *of_errors(found.counts), *_of_weightings(found))


def as_text(cautions: Iterable[str]) -> str:
    """Cautions as one cell, each once."""
    return "; ".join(dict.fromkeys(cautions))


def of_several(found: Iterable[Estimate]) -> str:
    """The cautions of a number that rests on several rates as one cell, with groups (and metrics)."""
    every = list(found)
    metrics = len({one.counts.metric for one in every}) > 1
    named = ((f"{one.counts.metric} of {one.counts.group}" if metrics else one.counts.group, one) for one in every)
    return by_name((name, one.cautions) for name, one in named)


def by_name(cautions: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Cautions with the names that they are of, such as groups, as one cell: each caution once."""
    names: dict[str, list[str]] = {}
    for name, said in cautions:
        for caution in said:
            names.setdefault(caution, []).append(name)
    return "; ".join(f"{caution} ({', '.join(of)})" for caution, of in names.items())


def _of_weightings(found: Estimate) -> Iterator[str]:
    """Where the rates by comparisons and by people lie outside each other's interval: who makes the difference."""
    people = found.people
    ends = (found.value, found.low, found.high, people.value, people.low, people.high)
    value, low, high, own, own_low, own_high = (end if end is not None else 0.0 for end in ends)
    if people.value is not None and not (low <= own <= high and own_low <= value <= own_high):
        yield f"by comparisons {100 * value:.2g} %, by people {100 * own:.2g} %: {who_makes_most(found)}"


def who_makes_most(found: Estimate) -> str:
    """Whose comparisons these are mostly, in words and without a name."""
    pairs, people = found.counts.by_pair is not None, found.people
    assert people.largest is not None
    if people.largest >= LARGE_SHARE:
        return f"one person {'is in' if pairs else 'makes'} {100 * people.largest:.0f} % of these comparisons"
    of = f"{people.half} of {found.counts.subjects} people"
    return f"{of} have half of all places in these comparisons" if pairs else f"{of} make half of these comparisons"


def _few_match_many(counts: ErrorCounts) -> bool:
    behind = people_behind(counts)
    return behind < FEW_BEHIND and 2 * counts.errors > MANY_EACH * behind
