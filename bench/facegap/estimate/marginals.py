"""One label's share in the differences of intersectional groups, and what comparing within groups does to the FMR.

A marginal ratio compares two values of one label with the other labels held alike: the geometric mean of the rates of
the cells with one value over that of the matching cells with the other (NIST FRTE demographics page, columns 11 to 15).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facegap.estimate.bands import percentile_band
from facegap.estimate.bootstrap import Floats, log_ratio_interval
from facegap.estimate.cautions import FEW_ERRORS
from facegap.estimate.clustered import pooled
from facegap.estimate.differentials import DRAWS, EqualRates, LeftOut, enter, rates_of, smoothed_rates
from facegap.estimate.interval import effective_sample
from facegap.estimate.measures import Rates
from facegap.estimate.two_groups import Rate, koopman
from facegap.records import Differential, ErrorCounts


def marginal_differentials(
    counts: Sequence[ErrorCounts],
    column: str,
    reference: str,
    min_subjects: int = 10,
    level: float = 0.95,
    seed: int = 0,
    equal: EqualRates | None = None,
) -> tuple[Differential, ...]:
    """The marginal ratio of every value of `column` to its value `reference`, furthest from 1 first.

    `column` is one of the columns of the counts' grouping, such as "gender" of "ethnicity, gender". Rates are smoothed,
    (x + 0.5) / (n + 1), where a cell has no errors; the row's note says so. `equal` as for `differentials`.
    """
    kept, left_out = enter(counts, min_subjects)
    if not counts:
        return ()
    place = counts[0].grouping.split(", ").index(column)
    cells = {tuple(c.group.split(", ")): c for c in kept}
    values = dict.fromkeys(name[place] for name in cells if name[place] != reference)
    found = []
    for value in values:
        pairs = [(c, cells[_swapped(name, place, reference)]) for name, c in cells.items()
                 if name[place] == value and _swapped(name, place, reference) in cells]  # fmt: skip
        found.append(_marginal(counts[0], f"{column}: {value} / {reference}", pairs, left_out, level, seed, equal))
    return tuple(sorted(found, key=lambda row: 0.0 if row.value is None else -abs(np.log(row.value))))


def broad_homogeneity(
    within: Sequence[ErrorCounts],
    everyone: ErrorCounts,
    drawn: tuple[Floats, Floats] | None = None,
    level: float = 0.95,
) -> Differential:
    """FMR of comparisons inside a group over the FMR of all comparisons: what a claim on all comparisons hides.

    Args:
        drawn: (draws,) both rates with the same people drawn, as they share people; None, or draws without false
            matches, take the two rates for independent, which gives a wider interval.
    """
    same = pooled(within)
    row = Differential(
        metric="FMR",
        measure="same group / anyone",
        model=same.model,
        condition=same.condition,
        grouping=same.grouping,
        threshold=same.threshold,
        value=None,
    )
    row = replace(row, groups=len(within))
    if same.trials == 0 or everyone.trials == 0:
        return replace(row, note="no comparisons")
    a, b = (Rate(c.errors / c.trials * n, n) for c in (same, everyone) for n in (effective_sample(c, level),))
    if everyone.errors == 0:
        low, high = koopman(a, b, level)
        return replace(row, low=low, high=high, note="undefined: no false matches")
    value = a.value / b.value
    interval = None if drawn is None or same.errors < FEW_ERRORS else log_ratio_interval(*drawn, level)
    if interval is not None:
        return replace(row, value=value, low=min(interval[0], value), high=max(interval[1], value))
    low, high = koopman(a, b, level)
    return replace(row, value=value, low=low, high=high, note="the interval takes the two rates for independent")


def _swapped(name: tuple[str, ...], place: int, value: str) -> tuple[str, ...]:
    return (*name[:place], value, *name[place + 1 :])


def _marginal(
    like: ErrorCounts,
    measure: str,
    pairs: list[tuple[ErrorCounts, ErrorCounts]],
    left_out: LeftOut,
    level: float,
    seed: int,
    equal: EqualRates | None,
) -> Differential:
    row = Differential(
        metric=like.metric,
        measure=measure,
        model=like.model,
        condition=like.condition,
        grouping=like.grouping,
        threshold=like.threshold,
        value=None,
    )
    row = replace(row, groups=2 * len(pairs), left_out=left_out)
    if not pairs:
        return replace(row, note="no pair of groups that differ in this label alone")
    flat = [c for pair in pairs for c in pair]
    zero = any(c.errors == 0 for c in flat)
    rates = smoothed_rates(flat) if zero else rates_of(flat)
    value = float(_ratio_of_geomeans(rates))
    null = None if equal is None else equal(flat, False)
    found = percentile_band(value, _ratio_of_geomeans, flat, level, DRAWS, np.random.default_rng(seed), null)
    note = f"{len(pairs)} matched pairs of groups" + ("; smoothed, because some rates are zero" if zero else "")
    return replace(row, value=value, note=note, **found._asdict())


def _ratio_of_geomeans(rates: Rates) -> Rates:
    """Geometric mean of the even columns over that of the odd ones."""
    logs = np.log(rates)
    return np.asarray(np.exp(logs[..., 0::2].mean(-1) - logs[..., 1::2].mean(-1)))
