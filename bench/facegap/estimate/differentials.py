"""How unequal the rates of groups are: every measure of the tables in `measures`, with the rules that keep them honest.

A ratio with a rate of zero in it is neither infinite nor the ratio of the other groups: it is None with the groups
named, and a row of its own, marked as smoothed, gives the figure at rates (x + 0.5) / (n + 1): "at least `low`", with
no upper bound, because a rate of zero is possible.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from facegap.estimate.bands import Pattern, band, patterns
from facegap.estimate.equal_groups import Equal
from facegap.estimate.measures import COMBINED, MEASURES, Combined, Measure, Rates
from facegap.records import Differential, ErrorCounts, has_label

DRAWS = 1000
"""Samples at each step of a band; its ends then move by some hundredths of their distance from seed to seed."""

_SMOOTHED = "rates taken as (errors + 0.5) / (trials + 1), because some are zero"

LeftOut = tuple[tuple[str, str], ...]
Pairs = Sequence[tuple[ErrorCounts, ErrorCounts]]
EqualRates = Callable[[Sequence[ErrorCounts]], Equal]
"""What people dealt anew to the groups of these counts show; the counts are of one metric at one threshold."""


class _Drawn(NamedTuple):
    """What summaries are compared with: patterns of true rates of each metric, and its rates of equal groups."""

    sides: tuple[Sequence[Pattern], ...]
    equal: tuple[Equal, ...] | None


class Draws:
    """Patterns of the groups of one threshold, which single and combined measures share; it goes with the threshold."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], tuple[Sequence[Pattern], np.random.Generator]] = {}

    def first(
        self, counts: Sequence[ErrorCounts], level: float, seed: int
    ) -> tuple[Sequence[Pattern], np.random.Generator]:
        """The patterns that a generator of this seed draws first, and the generator as it then is."""
        key = tuple(counts), level, seed
        if key not in self._made:
            rng = np.random.default_rng(seed)
            self._made[key] = patterns(counts, level, DRAWS, rng), rng
        found, rng = self._made[key]
        return found, copy.deepcopy(rng)


def differentials(
    counts: Sequence[ErrorCounts],
    min_subjects: int = 10,
    level: float = 0.95,
    seed: int = 0,
    equal: EqualRates | None = None,
    draws: Draws | None = None,
) -> tuple[Differential, ...]:
    """Every measure of `MEASURES` over the groups of one metric at one threshold, with intervals and null bands.

    Groups without trials, with fewer than `min_subjects` people or without a label are left out, with the reason.
    Without `equal` null bands are of independent comparisons, as many as are effective: too narrow where people take
    part unevenly. `draws` holds what was drawn of the same counts.
    """
    if not counts:
        return ()
    kept, left_out = enter(counts, min_subjects)
    drawn = _drawn([kept], level, seed, equal, draws or Draws()) if len(kept) > 1 else None
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
    draws: Draws | None = None,
) -> tuple[Differential, ...]:
    """Every measure of `COMBINED` over the groups that enter for both metrics; `alpha` is the weight of the FMR.

    `equal` and `draws` as for `differentials`.
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
    drawn = _drawn([list(side) for side in zip(*kept, strict=True)], level, seed, equal, draws or Draws())
    found = []
    for measure in COMBINED:
        row = replace(base, measure=measure.name, note=f"alpha {alpha:g}")
        found.extend(_combined(row, measure, kept, drawn, alpha, level))
    return tuple(found)


def _drawn(
    sides: Sequence[Sequence[ErrorCounts]], level: float, seed: int, equal: EqualRates | None, draws: Draws
) -> _Drawn:
    found, rng = draws.first(sides[0], level, seed)
    others = (patterns(side, level, DRAWS, rng) for side in sides[1:])
    return _Drawn((found, *others), None if equal is None else tuple(equal(side) for side in sides))


def enter(counts: Sequence[ErrorCounts], min_subjects: int) -> tuple[list[ErrorCounts], LeftOut]:
    """The groups that enter a summary, and (group, reason) of those that do not."""
    reasons = [(c, _reason_to_leave_out(c, min_subjects)) for c in counts]
    kept = [c for c, reason in reasons if reason is None]
    return kept, tuple((c.group, reason) for c, reason in reasons if reason is not None)


def rates_of(counts: Sequence[ErrorCounts]) -> Rates:
    """(groups,) errors over trials; every group must have trials."""
    return np.array([c.errors / c.trials for c in counts])


def smoothed_rates(counts: Sequence[ErrorCounts]) -> Rates:
    """(groups,) rates (x + 0.5) / (n + 1): never zero."""
    return np.array([(c.errors + 0.5) / (c.trials + 1) for c in counts])


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
    row: Differential, measure: Measure, kept: Sequence[ErrorCounts], drawn: _Drawn | None, level: float
) -> Differential:
    if drawn is None:
        return replace(row, note="fewer than two groups")
    if measure.positive and _some_zero(kept):
        return replace(row, note=_undefined(kept))
    rates = rates_of(kept)
    if not rates.any():
        value = None if measure.name == "max/mean" else float(measure.function(rates))
        return replace(row, value=value, note="no errors in any group")
    return _with_band(row, measure, rates, kept, drawn, level)


def _smoothed(
    row: Differential, measure: Measure, kept: Sequence[ErrorCounts], drawn: _Drawn, level: float
) -> Differential:
    row = replace(row, measure=f"{row.measure} (smoothed)", note=_SMOOTHED)
    return replace(_with_band(row, measure, smoothed_rates(kept), kept, drawn, level), high=None)


def _with_band(
    row: Differential, measure: Measure, rates: Rates, kept: Sequence[ErrorCounts], drawn: _Drawn, level: float
) -> Differential:
    value = float(measure.function(rates))
    found = band(value, measure.function, drawn.sides, measure.at_equality, level, measure.positive, drawn.equal)
    worst, best = kept[int(rates.argmax())].group, kept[int(rates.argmin())].group
    return replace(row, value=value, worst=worst, best=best, **found._asdict())


def _combined(
    row: Differential, measure: Combined, kept: Pairs, drawn: _Drawn, alpha: float, level: float
) -> list[Differential]:
    """The row, and a smoothed one after it where a zero leaves the measure undefined."""

    def function(fmr: Rates, fnmr: Rates) -> Rates:
        return measure.function(fmr, fnmr, alpha)

    def filled(row: Differential, fmr: Rates, fnmr: Rates) -> Differential:
        value = float(function(fmr, fnmr))
        found = band(value, function, drawn.sides, measure.at_equality, level, measure.positive, drawn.equal)
        return replace(row, value=value, **found._asdict())

    fmr, fnmr = zip(*kept, strict=True)
    if not (measure.positive and _some_zero((*fmr, *fnmr))):
        return [filled(row, rates_of(fmr), rates_of(fnmr))]
    smoothed = replace(row, measure=f"{row.measure} (smoothed)", note=f"{row.note}; {_SMOOTHED}")
    return [
        replace(row, note=_undefined((*fmr, *fnmr))),
        replace(filled(smoothed, smoothed_rates(fmr), smoothed_rates(fnmr)), high=None),
    ]


def _undefined(counts: Sequence[ErrorCounts]) -> str:
    zero = [f"{c.metric} of {c.group}: 0 of {c.trials}" for c in counts if c.errors == 0]
    return f"undefined: {'; '.join(zero)}"
