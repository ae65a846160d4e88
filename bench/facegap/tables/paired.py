"""Table of paired changes: the same comparisons under clean and under another condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap.estimate.multiplicity import holm
from facegap.estimate.paired import Change, change, change_interval, interaction
from facegap.estimate.power import visible_difference
from facegap.evidence import Evidence
from facegap.records import Comparisons, Rows, matches
from facegap.schema import PairedRow
from facegap.tables.mated import Flags, Floats, Mated, each, entering, key_of, mated_at
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[PairedRow]:
    """The same mated comparisons under clean and under another condition: change of the FNMR by group."""
    evidence = bench.evidence
    for comparisons, columns, threshold in each(bench):
        clean = evidence.comparisons.get((comparisons.model, "clean"))
        if clean is None or comparisons.condition == "clean":
            continue
        here = mated_at(evidence, comparisons, columns, threshold.value)
        before, paired = _before(clean, comparisons, threshold.value)
        difference = here.error.astype(np.float64) - before
        found: dict[str, Change | None] = {}
        rows: dict[str, dict[str, Any]] = {}
        for name in np.unique(here.group):
            mine = paired & (here.group == name)
            found[str(name)] = change(here.person[mine], difference[mine])
            rows[str(name)] = {
                **key_of(comparisons, columns, threshold, str(name)),
                **_change_cells(found[str(name)], evidence.study.statistics.level),
                "fnmr_clean": float(before[mine].mean()) if mine.any() else None,
                "fnmr": float(here.error[mine].mean()) if mine.any() else None,
            }
        others = _against_others(evidence, here, difference, paired, found) if columns else {}
        yield from (PairedRow(**row, **others.get(name, {})) for name, row in rows.items())


def _before(clean: Comparisons, here: Comparisons, threshold: float) -> tuple[Floats, Flags]:
    """Errors of the same comparisons under clean, and which of them are there."""

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


def _change_cells(found: Change | None, level: float) -> dict[str, Any]:
    if found is None:
        return {"level": level, "note": "fewer than two people"}
    low, high = (min(max(end, -1.0), 1.0) for end in change_interval(found, level))
    note = "no comparison changed: the interval says nothing" if found.variance == 0 else ""
    return {
        "comparisons": found.comparisons,
        "subjects": found.people,
        "change": found.mean,
        "low": low if found.variance else None,
        "high": high if found.variance else None,
        "level": level,
        "note": note,
    }


def _against_others(
    evidence: Evidence, here: Mated, difference: Floats, paired: Flags, found: dict[str, Change | None]
) -> dict[str, dict[str, Any]]:
    """Whether the condition harms a group more than the others, adjusted over the groups by Holm."""
    level = evidence.study.statistics.level
    names = [name for name in entering(evidence, here) if found[name] is not None]
    tested = {}
    for name in names if len(names) > 1 else ():
        rest = paired & np.isin(here.group, [other for other in names if other != name])
        mine, others = found[name], change(here.person[rest], difference[rest])
        one = interaction(mine, others, level) if mine is not None and others is not None else None
        if one is not None:
            tested[name] = one
    p_values = [one.p for one in tested.values()]
    adjusted = p_values if len(p_values) == 2 else holm(p_values)
    tests = 1 if len(p_values) == 2 else max(len(p_values), 1)
    return {
        name: {
            "against_others": one.value,
            "against_others_low": one.low,
            "against_others_high": one.high,
            "p": one.p,
            "p_holm": p,
            "visible_80": visible_difference(one.error, one.freedom, 0.8, (1 - level) / tests),
            "verdict": "changes otherwise" if p < 1 - level else "not shown to change otherwise",
        }
        for (name, one), p in zip(tested.items(), adjusted, strict=True)
    }
