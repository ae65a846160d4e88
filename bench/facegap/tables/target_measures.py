"""Table of the summary measures that the rates at one threshold do not give: MAPE to a target, area under the FDR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap import count, estimate
from facegap.errors import InputError
from facegap.estimate.bootstrap import fmr_draws, summary_interval
from facegap.estimate.differentials import enter, of_people, rates_of
from facegap.estimate.equal_groups import Equal
from facegap.estimate.measures import Rates, fdr, fdr_area, mape
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts
from facegap.schema import TargetMeasureRow
from facegap.tables.at_target import FEW_ERRORS
from facegap.tables.equal_groups import equal_rates, pair_errors
from facegap.tables.shared_cells import caution_of, left_out_text
from facegap.tables.workbench import GroupCounts, Workbench

PER_DECADE = 10
HIGHEST, LOWEST = -1, -6
"""Decimal logarithms of the pooled FMR between which the area is taken, as far as the comparisons reach."""
ALPHA = 0.5
_FEW = "fewer than two groups"

Floats = npt.NDArray[np.float64]


class _Grid(NamedTuple):
    """(points,) decimal logarithms of the target FMRs, ascending, and the threshold set at each."""

    log_fmr: Floats
    thresholds: Floats


def rows(bench: Workbench) -> Iterator[TargetMeasureRow]:
    """MAPE at every threshold with a target FMR; the area under the FDR of every model, condition and grouping."""
    evidence = bench.evidence
    seen = set()
    for found in bench.group_counts:
        if not found.columns:
            continue
        key = found.comparisons.model, found.comparisons.condition, found.columns
        if evidence.identities and key not in seen:
            seen.add(key)
            yield TargetMeasureRow(**_key(found, "FMR+FNMR", ""), measure="area under FDR", **_area_cells(bench, found))
        target = found.threshold.target
        if target is not None:
            cells = _mape_cells(bench, found, target)
            yield TargetMeasureRow(**_key(found, "FMR", found.threshold.name), measure="MAPE", **cells)


def _key(found: GroupCounts, metric: str, threshold_name: str) -> dict[str, Any]:
    return {
        "model": found.comparisons.model,
        "condition": found.comparisons.condition,
        "metric": metric,
        "grouping": ", ".join(found.columns),
        "threshold_name": threshold_name,
    }


def _mape_cells(bench: Workbench, found: GroupCounts, target: float) -> dict[str, Any]:
    rule = bench.evidence.study.statistics
    kept, left_out = enter(found.by_metric["FMR"], rule.min_subjects)
    cells: dict[str, Any] = {
        "fmr_from": target,
        "fmr_to": target,
        "points": 1,
        "level": rule.level,
        "groups": len(kept),
        "left_out": left_out_text(left_out),
        "caution": caution_of(bench, kept),
    }
    if len(kept) < 2:
        return {**cells, "note": _FEW}

    rates = np.array([c.errors / c.trials for c in kept])
    value = float(mape(rates, target))
    ends = _interval(bench, found, kept, target)
    equal = equal_rates(bench, found.comparisons, found.columns, found.threshold.value, kept)
    null_low, null_high = _null_band(equal, target, rule.level)
    note = "" if ends else f"; no interval: fewer than {FEW_ERRORS} errors in a group"
    return {
        **cells,
        "value": value,
        "by_people": None if any(c.people is None for c in kept) else float(mape(rates_of(of_people(kept)), target)),
        "low": min(ends[0], value) if ends else None,
        "high": max(ends[1], value) if ends else None,
        "null_low": null_low,
        "null_high": null_high,
        "note": f"per cent of the target; FMR within groups{note}",
    }


def _interval(
    bench: Workbench, found: GroupCounts, kept: list[ErrorCounts], target: float
) -> tuple[float, float] | None:
    """Percentiles over people drawn again, the same for every group; None where a group has too few errors."""
    if min(min(c.errors, c.trials - c.errors) for c in kept) < FEW_ERRORS:
        return None
    sides = pair_errors(bench, found.comparisons, found.columns, found.threshold.value)
    by_group = {side.group: side for side in sides}
    draws = bench.people_draws
    drawn = [fmr_draws(draws, side.i, side.j, side.errors, side.compared) for side in (by_group[c.group] for c in kept)]
    return summary_interval(drawn, lambda rates: mape(rates, target), bench.evidence.study.statistics.level)


def _null_band(equal: Equal, target: float, level: float) -> tuple[float, float]:
    """What groups would show if all had their common rate, which need not be the target."""
    low, high = np.quantile(mape(equal.seen, target), ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


def _area_cells(bench: Workbench, found: GroupCounts) -> dict[str, Any]:
    evidence = bench.evidence
    least = evidence.study.statistics.min_subjects
    kept_fmr, left_fmr = enter(found.by_metric["FMR"], least)
    kept_fnmr, left_fnmr = enter(found.by_metric["FNMR"], least)
    names = sorted({c.group for c in kept_fmr} & {c.group for c in kept_fnmr})
    left_out = dict.fromkeys((*left_fmr, *left_fnmr))
    grid = reached(evidence, found.comparisons)
    cells: dict[str, Any] = {
        "fmr_from": float(10 ** grid.log_fmr[0]) if len(grid.log_fmr) else None,
        "fmr_to": float(10 ** grid.log_fmr[-1]) if len(grid.log_fmr) else None,
        "points": len(grid.log_fmr),
        "groups": len(names),
        "left_out": left_out_text(left_out),
        "caution": caution_of(bench, [c for c in (*kept_fmr, *kept_fnmr) if c.group in names]),
    }
    if len(names) < 2:
        return {**cells, "note": _FEW}
    if len(grid.log_fmr) < 2:
        return {**cells, "note": "the kept comparisons reach fewer than two points of the grid"}
    fmr, fnmr = rates_along(evidence, found.comparisons, found.columns, names, grid.thresholds)
    note = f"alpha {ALPHA:g}; {PER_DECADE} points a decade of the FMR over all that thresholds are set on; no interval"
    return {**cells, "value": float(fdr_area(grid.log_fmr, fdr(fmr, fnmr, ALPHA))), "note": note}


def reached(evidence: Evidence, comparisons: Comparisons) -> _Grid:
    """The part of the grid from 1e-6 to 1e-1 that these comparisons reach.

    From the lowest FMR that the comparisons of the thresholds' condition resolve (one false match) to the highest whose
    threshold is not below the kept scores, of that condition and of `comparisons`.
    """
    rule = evidence.study.thresholds
    asked = rule.condition if (comparisons.model, rule.condition) in evidence.comparisons else "clean"
    columns = evidence.study.groups[0]
    pooled = count.pooled_nonmated(
        evidence.comparisons[comparisons.model, asked], evidence.samples, rule.impostors, columns
    )
    steps = np.arange(LOWEST * PER_DECADE, HIGHEST * PER_DECADE + 1)
    logs, values = [], []
    for log_fmr in steps / PER_DECADE:
        if pooled.total * 10**log_fmr < 1:
            continue
        try:
            point = estimate.threshold_at_fmr(pooled.scores, pooled.total, float(10**log_fmr), pooled.floor)
        except InputError:
            break
        if point.threshold < comparisons.floor:
            break
        logs.append(float(log_fmr))
        values.append(point.threshold)
    return _Grid(np.array(logs), np.array(values))


def rates_along(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], names: list[str], thresholds: Floats
) -> tuple[Rates, Rates]:
    """(points, groups) FMR and FNMR at (points,) thresholds, failures counted.

    Each score is sorted once, not once a point. The thresholds must not lie below the kept scores; every group must
    have comparisons of both kinds.
    """
    impostors = count.nonmated_by_group(comparisons, evidence.samples, columns)
    mated = comparisons.mated
    group = evidence.samples.grouping(columns)[mated.probe]
    fmr, fnmr = np.empty((len(thresholds), len(names))), np.empty((len(thresholds), len(names)))
    for d, name in enumerate(names):
        others = np.sort(impostors[name].scores.astype(np.float64))
        own = mated.score[group == name].astype(np.float64)
        filled = np.sort(np.where(np.isnan(own), -np.inf, own))
        fmr[:, d] = (len(others) - np.searchsorted(others, thresholds)) / impostors[name].total
        fnmr[:, d] = np.searchsorted(filled, thresholds) / len(own)
    return fmr, fnmr
