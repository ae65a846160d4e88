"""How unequal the rates of groups are: every measure of the tables in `measures`, with the rules that keep them honest.

A ratio with a rate of zero in it is neither infinite nor the ratio of the other groups: it is None with the groups
named, and a row of its own, marked as smoothed, gives the figure at rates (x + 0.5) / (n + 1): "at least `low`", with
no upper bound, because a rate of zero is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from facegap.estimate.bands import Band, Pattern, band, patterns
from facegap.estimate.equal_groups import Equal
from facegap.estimate.measures import COMBINED, MEASURES, Combined, Measure, Rates
from facegap.records import Counted, Differential, ErrorCounts, PeopleCounts, has_label

DRAWS = 1000
"""Samples at each step of a band; its ends then move by some hundredths of their distance from seed to seed."""

DRAWS_BY_PEOPLE = 250
"""The same of the rates by people, whose band has no null band beside it."""

_SMOOTHED = "rates taken as (errors + 0.5) / (trials + 1), because some are zero"

LeftOut = tuple[tuple[str, str], ...]
Pairs = Sequence[tuple[ErrorCounts, ErrorCounts]]
EqualRates = Callable[[Sequence[ErrorCounts], bool], Equal]
"""What people dealt anew to the groups of these counts show, by comparisons or (True) with every person counted once;
the counts are of one metric at one threshold."""

Kept = dict[tuple[str, bool, tuple[str, ...]], tuple[Pattern, ...]]
"""Patterns of a metric at one threshold, by comparisons or by people, of these groups: for whoever asks again."""


class _Drawn(NamedTuple):
    """What summaries are compared with: patterns of true rates of each metric, and its rates of equal groups."""

    sides: tuple[Sequence[Pattern], ...]
    equal: tuple[Equal, ...] | None


class _Both(NamedTuple):
    """What summaries are compared with by comparisons, and by people where these are known."""

    drawn: _Drawn
    by_people: _Drawn | None


def differentials(
    counts: Sequence[ErrorCounts],
    min_subjects: int = 10,
    level: float = 0.95,
    seed: int = 0,
    equal: EqualRates | None = None,
    made: Kept | None = None,
) -> tuple[Differential, ...]:
    """Every measure of `MEASURES` over the groups of one metric at one threshold, with intervals and null bands.

    Groups without trials, with fewer than `min_subjects` people or without a label are left out, with the reason.
    Without `equal` null bands are of independent comparisons, as many as are effective: too narrow where people take
    part unevenly. `made` keeps what was drawn for `combined_differentials` of the same counts.
    """
    if not counts:
        return ()
    kept, left_out = enter(counts, min_subjects)
    drawn = _drawn([kept], level, seed, equal, made) if len(kept) > 1 else None
    found = []
    for measure in MEASURES:
        row = replace(_row(counts[0], measure.name), groups=len(kept), left_out=left_out)
        found.append(_filled(row, measure, kept, drawn, level))
        if drawn and measure.positive and _some_zero(kept):
            found.append(_smoothed(row, measure, kept, drawn, level))
    return tuple(found)


def combined_differentials(
    fmr: Sequence[ErrorCounts],
    fnmr: Sequence[ErrorCounts],
    min_subjects: int = 10,
    alpha: float = 0.5,
    level: float = 0.95,
    seed: int = 0,
    equal: EqualRates | None = None,
    made: Kept | None = None,
) -> tuple[Differential, ...]:
    """Every measure of `COMBINED` over the groups that enter for both metrics; `alpha` is the weight of the FMR.

    `equal` and `made` as for `differentials`.
    """
    if not fmr:
        return ()
    kept_fmr, left_fmr = enter(fmr, min_subjects)
    kept_fnmr, left_fnmr = enter(fnmr, min_subjects)
    of_fnmr = {c.group: c for c in kept_fnmr}
    kept = [(c, of_fnmr[c.group]) for c in kept_fmr if c.group in of_fnmr]
    left_out = tuple(dict.fromkeys((*_tagged("FMR", left_fmr), *_tagged("FNMR", left_fnmr))))
    base = replace(_row(fmr[0], ""), metric="FMR+FNMR", groups=len(kept), left_out=left_out)
    if len(kept) < 2:
        return tuple(replace(base, measure=m.name, note="fewer than two groups") for m in COMBINED)
    drawn = _drawn([list(side) for side in zip(*kept, strict=True)], level, seed, equal, made)
    found = []
    for measure in COMBINED:
        row = replace(base, measure=measure.name, note=f"alpha {alpha:g}")
        found.extend(_combined(row, measure, kept, drawn, alpha, level))
    return tuple(found)


def _drawn(
    sides: Sequence[Sequence[ErrorCounts]], level: float, seed: int, equal: EqualRates | None, made: Kept | None
) -> _Both:
    made = {} if made is None else made
    comparisons = _Drawn(
        tuple(_patterns(side, level, seed, made, by_people=False) for side in sides),
        None if equal is None else tuple(equal(side, False) for side in sides),
    )
    if any(c.people is None for side in sides for c in side):
        return _Both(comparisons, None)
    people = _Drawn(
        tuple(_patterns(side, level, seed, made, by_people=True) for side in sides),
        None if equal is None else tuple(equal(side, True) for side in sides),
    )
    return _Both(comparisons, people)


def _patterns(side: Sequence[ErrorCounts], level: float, seed: int, made: Kept, by_people: bool) -> tuple[Pattern, ...]:
    metric = side[0].metric
    key = metric, by_people, tuple(c.group for c in side)
    if key not in made:
        # Each metric draws by itself: together they are then independent, as far as their summaries ask.
        rng = np.random.default_rng([seed, *metric.encode()])
        counts: Sequence[Counted] = of_people(side) if by_people else side
        made[key] = patterns(counts, level, DRAWS_BY_PEOPLE if by_people else DRAWS, rng)
    return made[key]


def of_people(counts: Sequence[ErrorCounts]) -> list[PeopleCounts]:
    """The counts by people, which must be known."""
    found = [c.people for c in counts if c.people is not None]
    assert len(found) == len(counts)
    return found


def enter(counts: Sequence[ErrorCounts], min_subjects: int) -> tuple[list[ErrorCounts], LeftOut]:
    """The groups that enter a summary, and (group, reason) of those that do not."""
    reasons = [(c, _reason_to_leave_out(c, min_subjects)) for c in counts]
    kept = [c for c, reason in reasons if reason is None]
    return kept, tuple((c.group, reason) for c, reason in reasons if reason is not None)


def rates_of(counts: Sequence[Counted]) -> Rates:
    """(groups,) errors over trials; every group must have trials."""
    return np.array([c.errors / c.trials for c in counts])


def smoothed_rates(counts: Sequence[Counted]) -> Rates:
    """(groups,) rates (x + 0.5) / (n + 1), n independent comparisons: never zero."""
    return np.array([(c.errors * (c.independent / c.trials) + 0.5) / (c.independent + 1) for c in counts])


def _reason_to_leave_out(counts: ErrorCounts, min_subjects: int) -> str | None:
    if not has_label(counts.group):
        return "no label"
    if counts.trials == 0:
        return "no trials"
    if counts.subjects < min_subjects:
        return f"{counts.subjects} people, fewer than {min_subjects}"
    return None


def _tagged(metric: str, left_out: LeftOut) -> list[tuple[str, str]]:
    return [(group, reason if reason == "no label" else f"{metric}: {reason}") for group, reason in left_out]


def _row(like: ErrorCounts, measure: str) -> Differential:
    return Differential(
        metric=like.metric,
        measure=measure,
        model=like.model,
        condition=like.condition,
        grouping=like.grouping,
        threshold=like.threshold,
        value=None,
    )


def _some_zero(counts: Sequence[ErrorCounts]) -> bool:
    return any(c.errors == 0 for c in counts)


def _filled(
    row: Differential, measure: Measure, kept: Sequence[ErrorCounts], drawn: _Both | None, level: float
) -> Differential:
    if drawn is None:
        return replace(row, note="fewer than two groups")
    if measure.positive and _some_zero(kept):
        return replace(row, note=_undefined(kept))
    rates = rates_of(kept)
    if not rates.any():
        value = None if measure.name == "max/mean" else float(measure.function(rates))
        return replace(row, value=value, note="no errors in any group")
    return _with_bands(row, measure, kept, drawn, level, rates_of)


def _smoothed(
    row: Differential, measure: Measure, kept: Sequence[ErrorCounts], drawn: _Both, level: float
) -> Differential:
    row = replace(row, measure=f"{row.measure} (smoothed)", note=_SMOOTHED)
    return replace(_with_bands(row, measure, kept, drawn, level, smoothed_rates), high=None, by_people_high=None)


def _with_bands(
    row: Differential,
    measure: Measure,
    kept: Sequence[ErrorCounts],
    drawn: _Both,
    level: float,
    rates_of: Callable[[Sequence[Counted]], Rates],
) -> Differential:
    rates = rates_of(kept)
    worst, best = kept[int(rates.argmax())].group, kept[int(rates.argmin())].group
    row = replace(row, worst=worst, best=best)
    by_people = () if drawn.by_people is None else (rates_of(of_people(kept)),)
    return _banded(row, measure, measure.function, drawn, level, (rates,), by_people)


def _banded(
    row: Differential,
    measure: Measure | Combined,
    function: Callable[..., Rates],
    drawn: _Both,
    level: float,
    rates: tuple[Rates, ...],
    by_people: tuple[Rates, ...],
) -> Differential:
    """The row with the summary of (groups,) rates of each metric and its bands, by comparisons and by people."""

    def found(drawn: _Drawn, rates: tuple[Rates, ...]) -> tuple[float, Band]:
        value = float(function(*rates))
        return value, band(value, function, drawn.sides, measure.at_equality, level, measure.positive, drawn.equal)

    value, ends = found(drawn.drawn, rates)
    row = replace(row, value=value, **ends._asdict())
    if drawn.by_people is None:
        return row
    value, ends = found(drawn.by_people, by_people)
    return replace(row, by_people=value, by_people_low=ends.low, by_people_high=ends.high)


def _combined(
    row: Differential, measure: Combined, kept: Pairs, drawn: _Both, alpha: float, level: float
) -> list[Differential]:
    """The row, and a smoothed one after it where a zero leaves the measure undefined."""

    def function(fmr: Rates, fnmr: Rates) -> Rates:
        return measure.function(fmr, fnmr, alpha)

    fmr, fnmr = zip(*kept, strict=True)

    def filled(row: Differential, rates_of: Callable[[Sequence[Counted]], Rates]) -> Differential:
        sides = (rates_of(fmr), rates_of(fnmr))
        by_people = () if drawn.by_people is None else (rates_of(of_people(fmr)), rates_of(of_people(fnmr)))
        return _banded(row, measure, function, drawn, level, sides, by_people)

    if not (measure.positive and _some_zero((*fmr, *fnmr))):
        return [filled(row, rates_of)]
    smoothed = replace(row, measure=f"{row.measure} (smoothed)", note=f"{row.note}; {_SMOOTHED}")
    return [
        replace(row, note=_undefined((*fmr, *fnmr))),
        replace(filled(smoothed, smoothed_rates), high=None, by_people_high=None),
    ]


def _undefined(counts: Sequence[ErrorCounts]) -> str:
    zero = [f"{c.metric} of {c.group}: 0 of {c.trials}" for c in counts if c.errors == 0]
    return f"undefined: {'; '.join(zero)}"
