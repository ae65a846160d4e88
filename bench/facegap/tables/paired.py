"""Table of paired changes: the same comparisons under clean and under another condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap.estimate import cautions
from facegap.estimate.multiplicity import holm
from facegap.estimate.paired import Turned, against, against_p, turned, turned_interval, visible
from facegap.records import Comparisons, Rows, matches
from facegap.schema import PairedRow
from facegap.tables.mated import Flags, Floats, Mated, each, entering, key_of, mated_at
from facegap.tables.workbench import Workbench

FEW_CHANGED = 5
"""People whose errors changed, in the group and the others together, below whom there is no verdict."""

FEW_BALANCED = 20
"""People, as if all took part alike, below whom on either side there is no verdict: where few make many comparisons
each and agree with themselves, equal changes are found to differ too often (`benchmarks/paired_coverage.md`)."""


def rows(bench: Workbench) -> Iterator[PairedRow]:
    """The same mated comparisons under clean and under another condition: change of the FNMR by group."""
    evidence = bench.evidence
    for comparisons, columns, threshold in each(bench):
        clean = evidence.comparisons.get((comparisons.model, "clean"))
        if clean is None or comparisons.condition == "clean":
            continue
        here = mated_at(evidence, comparisons, columns, threshold.value)
        before, paired = under_clean(clean, comparisons, threshold.value)
        difference = here.error.astype(np.float64) - before
        found: dict[str, Turned | None] = {}
        rows: dict[str, dict[str, Any]] = {}
        for name in np.unique(here.group):
            mine = paired & (here.group == name)
            found[str(name)] = turned(here.person[mine], difference[mine])
            rows[str(name)] = {
                **key_of(comparisons, columns, threshold, str(name)),
                **_change_cells(found[str(name)], evidence.study.statistics.level),
                "fnmr_clean": float(before[mine].mean()) if mine.any() else None,
                "fnmr": float(here.error[mine].mean()) if mine.any() else None,
            }
        others = _against_others(bench, columns, here, difference, paired, found) if columns else {}
        for name, row in rows.items():
            cells = others.get(name, {})
            note = "; ".join(part for part in (row["note"], cells.get("note", "")) if part)
            both = [
                (one.condition, bench.fnmr(one, columns, threshold.value)[name].cautions)
                for one in (clean, comparisons)
            ]
            yield PairedRow(**{**row, **cells, "note": note}, caution=cautions.by_name(both))


def under_clean(clean: Comparisons, here: Comparisons, threshold: float) -> tuple[Floats, Flags]:
    """(n,) errors under clean of the n mated comparisons that are made here, and (n,) which of them are there."""

    def keys(comparisons: Comparisons) -> Rows:
        a, b = comparisons.mated.reference, comparisons.mated.probe
        low, high = (np.minimum(a, b), np.maximum(a, b)) if clean.trials.symmetric else (a, b)
        return np.asarray(low * (int(max(a.max(initial=0), b.max(initial=0))) + 1 + 2**20) + high)

    there, wanted = keys(clean), keys(here)
    order = np.argsort(there)
    place = np.minimum(np.searchsorted(there[order], wanted), len(there) - 1)
    paired = there[order][place] == wanted
    error = ~matches(clean.mated.score, threshold)
    return error[order][place].astype(np.float64), np.asarray(paired)


def _change_cells(found: Turned | None, level: float) -> dict[str, Any]:
    if found is None:
        return {"level": level, "note": "fewer than two people"}
    low, high = turned_interval(found, level)
    notes = (
        ["no comparison changed: only how large a change may be was learned"] if found.worse + found.better == 0 else []
    )
    notes += filter(None, [uneven(found)])
    return {
        "comparisons": found.comparisons,
        "subjects": found.people,
        "change": found.mean,
        "low": low,
        "high": high,
        "level": level,
        "note": "; ".join(notes),
    }


def uneven(found: Turned) -> str:
    """Said where many people take part as if few did."""
    if found.balanced < FEW_BALANCED <= found.people:
        return f"people take part unevenly, as if {found.balanced:.0f} took part alike"
    return ""


def _against_others(
    bench: Workbench,
    columns: tuple[str, ...],
    here: Mated,
    difference: Floats,
    paired: Flags,
    found: dict[str, Turned | None],
) -> dict[str, dict[str, Any]]:
    """Whether the condition harms a group more than the others, adjusted over the groups by Holm."""
    names = [name for name in entering(bench, columns, here) if found[name] is not None]
    sides: dict[str, tuple[Turned, Turned]] = {}
    for name in names if len(names) > 1 else ():
        rest = paired & np.isin(here.group, [other for other in names if other != name])
        mine, others = found[name], turned(here.person[rest], difference[rest])
        if mine is not None and others is not None:
            sides[name] = mine, others
    level = bench.evidence.study.statistics.level
    reasons = {name: _no_verdict(*pair) for name, pair in sides.items()}
    verdicts = _verdicts({name: pair for name, pair in sides.items() if not reasons[name]}, level)
    return {
        name: {**_difference(*pair, level), **verdicts.get(name, {}), "note": reasons[name]}
        for name, pair in sides.items()
    }


def _no_verdict(mine: Turned, others: Turned) -> str:
    """Why a group is not tested against the others; empty where it is."""
    changed, balanced = mine.changed + others.changed, min(mine.balanced, others.balanced)
    if changed < FEW_CHANGED:
        return f"no verdict: {changed} people changed in this group and the others, fewer than {FEW_CHANGED}"
    if balanced < FEW_BALANCED:
        side = "this group" if mine.balanced == balanced else "the others"
        return f"no verdict: {side} as if {balanced:.0f} people took part alike, fewer than {FEW_BALANCED}"
    return ""


def _difference(mine: Turned, others: Turned, level: float) -> dict[str, Any]:
    low, high = against(mine, others, level)
    return {
        "against_others": mine.mean - others.mean,
        "against_others_low": low,
        "against_others_high": high,
    }


def _verdicts(sides: dict[str, tuple[Turned, Turned]], level: float) -> dict[str, dict[str, Any]]:
    """Tests of the groups that are tested, which Holm's adjustment is over; two groups are one test."""
    p_values = [against_p(*pair) for pair in sides.values()]
    adjusted = p_values if len(p_values) == 2 else holm(p_values)
    tests = 1 if len(p_values) == 2 else max(len(p_values), 1)
    return {
        name: {
            "p": p,
            "p_holm": p_holm,
            "visible_80": visible(*pair, 0.8, (1 - level) / tests),
            "verdict": "changes otherwise" if p_holm < 1 - level else "not shown to change otherwise",
        }
        for (name, pair), p, p_holm in zip(sides.items(), p_values, adjusted, strict=True)
    }
