"""How unequal the rates of groups are: one table of measures, and the rules that keep them honest.

Sources: NIST FRTE demographics page (max/min, max/mean, max/geomean, vary geomean, Gini); de Freitas Pereira and Marcel
2021 (FDR); Grother, and Howard et al. 2022, arXiv 2203.05051 (IR, GARBE, corrected Gini).

A ratio with a rate of zero in it is neither infinite nor the ratio of the other groups: it is None with the groups
named, and a row of its own, marked as smoothed, gives the figure at rates (x + 0.5) / (n + 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.records import NO_LABEL, Differential, ErrorCounts

Rates = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One summary of the rates of at least two groups.

    Attributes:
        at_equality: its value where all rates are equal.
        hides: what a reader cannot see in it.
        positive: it needs every rate above zero.
    """

    name: str
    function: Callable[[Rates], float]
    at_equality: float
    hides: str
    positive: bool = False


@dataclass(frozen=True)
class Combined:
    """One summary of the FMR and the FNMR of the same groups; `alpha` is the weight of the FMR."""

    name: str
    function: Callable[[Rates, Rates, float], float]
    at_equality: float
    hides: str
    positive: bool = False


def max_min(rates: Rates) -> float:
    return float(rates.max() / rates.min())


def max_less_min(rates: Rates) -> float:
    return float(rates.max() - rates.min())


def max_mean(rates: Rates) -> float:
    return float(rates.max() / rates.mean())


def geometric_mean(rates: Rates) -> float:
    return float(np.exp(np.log(rates).mean()))


def max_geomean(rates: Rates) -> float:
    return float(rates.max()) / geometric_mean(rates)


def vary_geomean(rates: Rates) -> float:
    """Mean distance from the geometric mean, in decades."""
    logs = np.log10(rates)
    return float(np.abs(logs - logs.mean()).mean())


def gini(rates: Rates) -> float:
    """sum_ij |x_i - x_j| / (2 n^2 mean); 0 where all rates are 0. At most (n - 1) / n."""
    total = float(rates.sum())
    if total == 0:
        return 0.0
    return float(np.abs(rates[:, None] - rates[None, :]).sum()) / (2 * len(rates) * total)


def gini_corrected(rates: Rates) -> float:
    """Gini * n / (n - 1), at most 1."""
    return gini(rates) * len(rates) / (len(rates) - 1)


def fdr(fmr: Rates, fnmr: Rates, alpha: float) -> float:
    """Fairness discrepancy rate: 1 minus the weighted ranges."""
    return 1 - (alpha * max_less_min(fmr) + (1 - alpha) * max_less_min(fnmr))


def ir(fmr: Rates, fnmr: Rates, alpha: float) -> float:
    """Inequity rate: the weighted product of the ratios of extremes."""
    return float(max_min(fmr) ** alpha * max_min(fnmr) ** (1 - alpha))


def garbe(fmr: Rates, fnmr: Rates, alpha: float) -> float:
    """Gini aggregation rate for biometric equitability: the weighted corrected Gini coefficients."""
    return alpha * gini_corrected(fmr) + (1 - alpha) * gini_corrected(fnmr)


MEASURES = (
    Measure("max/min", max_min, 1.0, "how many groups lie in between; led by the smallest, noisiest groups", True),
    Measure("max-min", max_less_min, 0.0, "ratios: it vanishes at low rates whatever the ratio"),
    Measure("max/mean", max_mean, 1.0, "how good the best group is; at most the number of groups"),
    Measure("max/geomean", max_geomean, 1.0, "how good the best group is", True),
    Measure("vary geomean", vary_geomean, 0.0, "which groups differ and in which direction", True),
    Measure("gini", gini, 0.0, "which groups differ; its largest value depends on the number of groups"),
    Measure("gini corrected", gini_corrected, 0.0, "which groups differ, and the size of the rates"),
)
"""Summaries of one rate over groups."""

COMBINED = (
    Combined("FDR", fdr, 1.0, "ratios: near 1 at low FMR, whatever the ratio"),
    Combined("IR", ir, 1.0, "whether FMR or FNMR differs, and the size of the rates", True),
    Combined("GARBE", garbe, 0.0, "whether FMR or FNMR differs, and the size of the rates"),
)
"""Summaries of FMR and FNMR together."""


def differentials(counts: Sequence[ErrorCounts], min_subjects: int = 10) -> tuple[Differential, ...]:
    """Every measure of `MEASURES` over the groups of one metric at one threshold.

    Groups without trials, with fewer than `min_subjects` people or without a label are left out, with the reason.
    """
    if not counts:
        return ()
    kept, left_out = enter(counts, min_subjects)
    found = []
    for measure in MEASURES:
        row = replace(_row(counts[0], measure.name), groups=len(kept), left_out=left_out)
        found.append(_filled(row, measure, kept))
        if _needs_smoothing(measure, kept):
            found.append(_smoothed(row, measure, kept))
    return tuple(found)


def combined_differentials(
    fmr: Sequence[ErrorCounts], fnmr: Sequence[ErrorCounts], min_subjects: int = 10, alpha: float = 0.5
) -> tuple[Differential, ...]:
    """Every measure of `COMBINED` over the groups that enter for both metrics; `alpha` is the weight of the FMR."""
    if not fmr:
        return ()
    kept_fmr, left_fmr = enter(fmr, min_subjects)
    kept_fnmr, left_fnmr = enter(fnmr, min_subjects)
    of_fnmr = {c.group: c for c in kept_fnmr}
    kept = [(c, of_fnmr[c.group]) for c in kept_fmr if c.group in of_fnmr]
    left_out = tuple(dict.fromkeys((*_tagged("FMR", left_fmr), *_tagged("FNMR", left_fnmr))))
    found = []
    for measure in COMBINED:
        row = replace(_row(fmr[0], measure.name), metric="FMR+FNMR", groups=len(kept), left_out=left_out)
        found.append(_combined(row, measure, kept, alpha))
        if _needs_smoothing(measure, [c for pair in kept for c in pair]):
            found.append(_combined_smoothed(row, measure, kept, alpha))
    return tuple(found)


def enter(counts: Sequence[ErrorCounts], min_subjects: int) -> tuple[list[ErrorCounts], tuple[tuple[str, str], ...]]:
    """The groups that enter a summary, and (group, reason) of those that do not."""
    reasons = [(c, _reason_to_leave_out(c, min_subjects)) for c in counts]
    kept = [c for c, reason in reasons if reason is None]
    return kept, tuple((c.group, reason) for c, reason in reasons if reason is not None)


def rates_of(counts: Sequence[ErrorCounts]) -> Rates:
    return np.array([c.errors / c.trials for c in counts])


def smoothed_rates(counts: Sequence[ErrorCounts]) -> Rates:
    """(x + 0.5) / (n + 1): never zero."""
    return np.array([(c.errors + 0.5) / (c.trials + 1) for c in counts])


def _reason_to_leave_out(counts: ErrorCounts, min_subjects: int) -> str | None:
    if NO_LABEL in counts.group.split(", "):
        return "no label"
    if counts.trials == 0:
        return "no trials"
    if counts.subjects < min_subjects:
        return f"{counts.subjects} people, fewer than {min_subjects}"
    return None


def _tagged(metric: str, left_out: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(group, reason if reason == "no label" else f"{metric}: {reason}") for group, reason in left_out]


def _row(like: ErrorCounts, measure: str) -> Differential:
    return Differential(like.metric, measure, like.model, like.condition, like.grouping, like.threshold, None)


def _needs_smoothing(measure: Measure | Combined, kept: Sequence[ErrorCounts]) -> bool:
    groups = {c.group for c in kept}
    return measure.positive and len(groups) > 1 and any(c.errors == 0 for c in kept)


def _filled(row: Differential, measure: Measure, kept: Sequence[ErrorCounts]) -> Differential:
    if len(kept) < 2:
        return replace(row, note="fewer than two groups")
    if measure.positive and any(c.errors == 0 for c in kept):
        return replace(row, note=_undefined(kept))
    rates = rates_of(kept)
    if not rates.any():
        value = None if measure.name == "max/mean" else measure.function(rates)
        return replace(row, value=value, note="no errors in any group")
    return _with_extremes(replace(row, value=measure.function(rates)), rates, kept)


def _smoothed(row: Differential, measure: Measure, kept: Sequence[ErrorCounts]) -> Differential:
    rates = smoothed_rates(kept)
    row = replace(row, measure=f"{row.measure} (smoothed)", value=measure.function(rates), note=_SMOOTHED)
    return _with_extremes(row, rates, kept)


def _with_extremes(row: Differential, rates: Rates, kept: Sequence[ErrorCounts]) -> Differential:
    return replace(row, worst=kept[int(rates.argmax())].group, best=kept[int(rates.argmin())].group)


Pairs = Sequence[tuple[ErrorCounts, ErrorCounts]]


def _combined(row: Differential, measure: Combined, kept: Pairs, alpha: float) -> Differential:
    if len(kept) < 2:
        return replace(row, note="fewer than two groups")
    both = [c for pair in kept for c in pair]
    if measure.positive and any(c.errors == 0 for c in both):
        return replace(row, note=_undefined(both))
    fmr, fnmr = (rates_of(side) for side in zip(*kept, strict=True))
    return replace(row, value=measure.function(fmr, fnmr, alpha), note=f"alpha {alpha:g}")


def _combined_smoothed(row: Differential, measure: Combined, kept: Pairs, alpha: float) -> Differential:
    fmr, fnmr = (smoothed_rates(side) for side in zip(*kept, strict=True))
    name = f"{row.measure} (smoothed)"
    return replace(row, measure=name, value=measure.function(fmr, fnmr, alpha), note=f"alpha {alpha:g}; {_SMOOTHED}")


_SMOOTHED = "rates taken as (errors + 0.5) / (trials + 1), because some are zero"


def _undefined(counts: Sequence[ErrorCounts]) -> str:
    zero = [f"{c.metric} of {c.group}: 0 of {c.trials}" for c in counts if c.errors == 0]
    return f"undefined: {'; '.join(zero)}"
