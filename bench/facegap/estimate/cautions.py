"""Why a number must be read with care: decided here, from the evidence of a rate, for whatever rests on that rate.

Every table that holds such a number has its cautions in the column `caution`; sentences, figures and verdicts repeat
that column. A number that rests on the rates of several groups has the cautions of all, each with the groups it is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from facegap.estimate.clustered import balanced_people
from facegap.records import ErrorCounts, Estimate

FEW_SUBJECTS = 30
FEW_ALIKE = 12
"""People, as if all took part alike, (sum M)^2 / sum M^2."""

SHARE_ALIKE = 0.25
"""The same as a share of the people there are, below which the rates of pairs of people hang on a few of them."""

FEW_ERRORS = 10
FEW_FOR_MEANS = 50
"""People, however they take part, whom what is no error rate takes: its intervals were tried with no fewer."""

LARGE_SHARE = 0.1
"""Of the comparisons: from here on one person is spoken of, below it the people who make half of them."""

OBSERVED = "observed, not assigned: those pictured under one value are other people and scenes than those under another"

SAME_PEOPLE = "the same people, but perhaps on another day or in another place: observed, not assigned"

GENERATED = (
    "these groups are shapes of a generator: differences in false matches between them come from the generator and are "
    "no finding"
)

FALSE_MATCHES = ("FMR", "FPIR")
"""Rates of false matches."""

NARROW = "the interval may be too narrow"


def of_people(counts: ErrorCounts) -> list[str]:
    """Who took part: few people, or few who made most of the comparisons. Holds for any rate made from these.

    Known from the numbers of comparisons alone. A caution that rests on the errors stands beside the low estimates and
    leaves the high ones without, of which then too many lie above the truth.
    """
    if not counts.trials:
        return []
    alike = float(counts.subjects) if counts.by_subject is None else balanced_people(counts)
    if counts.subjects < FEW_SUBJECTS:
        return [few_people()]
    if alike < FEW_ALIKE - 0.5:
        return [_unevenly(alike)]
    if counts.by_pair is not None and alike < SHARE_ALIKE * counts.subjects:
        return [f"people take part unevenly, as if {alike:.0f} of {counts.subjects} took part alike: {NARROW}"]
    return []


def of_participation(people: int, balanced: float) -> list[str]:
    """As `of_people` of what is no error rate, of people who matter as `balanced` who all took part alike would."""
    if people < FEW_FOR_MEANS:
        return [few_people(FEW_FOR_MEANS)]
    return [_unevenly(balanced)] if balanced < FEW_FOR_MEANS - 0.5 else []


def _unevenly(alike: float) -> str:
    return f"people take part unevenly, as if {alike:.0f} took part alike: {NARROW}"


def of_errors(counts: ErrorCounts) -> list[str]:
    """What the rate rests on: few errors."""
    return of_number(counts.errors) if counts.trials else []


def few_people(least: int = FEW_SUBJECTS) -> str:
    """Said of whatever rests on fewer than `least` people."""
    return f"fewer than {least} people: {NARROW}"


def of_generator(grouping: str, shapes: Iterable[str]) -> list[str]:
    """Said of false matches by groups of a grouping ("family, sex") that has a column of a generator's shapes."""
    return [GENERATED] if set(grouping.split(", ")) & set(shapes) else []


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
