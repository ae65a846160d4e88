"""Table of false match rates below what the comparisons resolve, where a study asks for it.

An extrapolation, never a measurement: no other table, claim or policy reads it, and each row says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from facegap import count, estimate
from facegap.errors import InputError
from facegap.estimate import cautions, extreme
from facegap.estimate.bootstrap import Floats, interval_around, pair_trials
from facegap.evidence import Evidence
from facegap.records import Comparisons, Rows
from facegap.schema import ExtrapolatedRow
from facegap.tables.workbench import Workbench

LABEL = "extrapolation, not a measurement"

FURTHEST = 100
"""How far below the lowest rate that N comparisons resolve, 1 / N, anything is said: as far as it was tried."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Group:
    """The non-mated comparisons inside one group: people and score of every kept one, numbers of all."""

    comparisons: Comparisons
    grouping: str
    name: str
    i: Rows
    j: Rows
    scores: Floats
    total: int
    trials: Floats
    subjects: int
    caution: str


class _Seen(NamedTuple):
    """A tail as it was seen: its fit, its ascending excesses, the people in it."""

    tail: extreme.Tail
    excess: Floats
    people: int


class _Fit(NamedTuple):
    """A group's tail, its draws of people, and its row as far as it depends on no target."""

    seen: extreme.Tail
    drawn: extreme.Tail
    cells: dict[str, Any]


def rows(bench: Workbench) -> Iterator[ExtrapolatedRow]:
    """Of every group, for every target and tail: the threshold, and the group's FMR at everyone's threshold."""
    evidence = bench.evidence
    targets = evidence.study.statistics.extrapolate
    if not targets:
        return
    for comparisons in evidence.comparisons.values():
        for columns in evidence.groupings:
            for group in _groups(bench, comparisons, columns):
                fits = {tail: _fit(bench, group, tail) for tail in extreme.TAILS}
                for target in targets:
                    refused = _out_of_reach(group.total, target)
                    if refused:
                        yield ExtrapolatedRow(**_key(evidence, group, target), note=refused)
                    else:
                        yield from (_row(evidence, group, target, tail, fit) for tail, fit in fits.items())


def _groups(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...]) -> Iterator[_Group]:
    samples, tail, draws = bench.evidence.samples, comparisons.tail, bench.people_draws
    subject, group = samples.people(), samples.grouping(columns)
    same = group[tail.reference] == group[tail.probe]
    inside = count.nonmated_by_group(comparisons, samples, columns)
    by_group = {c.group: c for c in count.fmr_counts(comparisons, samples, columns, np.inf)}
    for side in count.pair_errors(comparisons, samples, columns, np.inf):
        mine = same & (group[tail.reference] == side.group)
        yield _Group(
            comparisons=comparisons,
            grouping=", ".join(columns),
            name=side.group,
            i=subject[tail.reference[mine]],
            j=subject[tail.probe[mine]],
            scores=tail.score[mine].astype(np.float64),
            total=inside[side.group].total,
            trials=pair_trials(draws, side.compared),
            subjects=count.people_compared(side.compared),
            caution=cautions.as_text(cautions.of_people(by_group[side.group])),
        )


def _fit(bench: Workbench, group: _Group, tail: int) -> _Fit | str:
    """The tail of the `tail` highest comparisons, or why it is not fitted."""
    found = _seen(group.i, group.j, group.scores, group.total, tail)
    if isinstance(found, str):
        return found
    seen, excess, people = found
    drawn = extreme.drawn_tail(bench.people_draws, group.i, group.j, group.scores, group.trials, seen.start)
    shape, scale = float(seen.shape[0]), float(seen.scale[0])
    end = float(extreme.end_point(seen)[0])
    cells = {
        "exceedances": len(excess),
        "tail_subjects": people,
        "start": seen.start,
        "shape": shape,
        "scale": scale,
        "end_point": end if np.isfinite(end) else None,
        "anderson_darling": extreme.anderson_darling(excess, shape, scale),
    }
    return _Fit(seen, drawn, cells)


def _seen(i: Rows, j: Rows, scores: Floats, total: int, tail: int) -> _Seen | str:
    """The tail of the `tail` highest of `total` comparisons, or why it is not to be used."""
    refused = extreme.refusal(tail, len(scores), total)
    if refused:
        return refused
    start, excess = extreme.excesses(scores, tail)
    above = scores > start
    people = len(np.unique(np.concatenate([i[above], j[above]])))
    seen = extreme.observed_tail(start, excess, total)
    return extreme.misfit(seen, excess, people) or _Seen(seen, excess, people)


def _key(evidence: Evidence, group: _Group, target: float) -> dict[str, Any]:
    return {
        "model": group.comparisons.model,
        "condition": group.comparisons.condition,
        "grouping": group.grouping,
        "group": group.name,
        "target": target,
        "comparisons": group.total,
        "subjects": group.subjects,
        "level": evidence.study.statistics.level,
        "label": LABEL,
        "caution": group.caution,
    }


def _row(evidence: Evidence, group: _Group, target: float, tail: int, fit: _Fit | str) -> ExtrapolatedRow:
    level = evidence.study.statistics.level
    row = {**_key(evidence, group, target), "tail": tail}
    if isinstance(fit, str):
        return ExtrapolatedRow(**row, note=fit)
    own = _own_cells(fit, target, level, float(group.comparisons.edges[-1]))
    shared = _shared_threshold(evidence, group.comparisons.model, target, tail)
    fmr = _fmr_cells(fit, shared, group.total, level)
    note = "; ".join(part for part in (own["note"], fmr["note"]) if part)
    cells = {**row, **fit.cells, **own, **fmr}
    return ExtrapolatedRow(**cells | {"shared_threshold": shared, "note": note})


def _own_cells(fit: _Fit, target: float, level: float, highest: float) -> dict[str, Any]:
    """The group's own threshold; a fitted tail may reach beyond `highest`, the score that nothing exceeds."""
    value = float(extreme.threshold_at(fit.seen, target)[0])
    low, high = interval_around(value, extreme.threshold_at(fit.drawn, target), level)
    within = value <= highest
    return {
        "own_threshold": value if within else None,
        "own_threshold_low": low if low is not None and low <= highest else None,
        "own_threshold_high": high if high is None else min(high, highest),
        "note": "" if within else f"the fitted tail reaches FMR {target:g} only above {highest:.4g}, the highest score",
    }


def _out_of_reach(total: int, target: float) -> str:
    if not total:
        return "no comparisons"
    if total * target >= 1:
        return f"{total} comparisons resolve FMR {target:g}: it is measured, see thresholds and at_target_fmr"
    if total * target * FURTHEST < 1:
        return f"FMR {target:g} is more than {FURTHEST} times below what {total} comparisons resolve"
    return ""


def _shared_threshold(evidence: Evidence, model: str, target: float, tail: int) -> float | None:
    """Where the study's rule sets the threshold for everyone: measured if those comparisons resolve the target.

    None where thresholds come from another run, the tail cannot be fitted, or no score is so high.
    """
    rule = evidence.study.thresholds
    if rule.from_run is not None:
        return None
    comparisons, samples = evidence.comparisons[model, rule.condition], evidence.samples
    columns = evidence.study.groups[0] if rule.impostors == "same-group" else ()
    impostors = count.pooled_nonmated(comparisons, samples, rule.impostors, columns)
    if impostors.total * target >= 1:
        try:
            return estimate.threshold_at_fmr(impostors.scores, impostors.total, target, impostors.floor).threshold
        except InputError:
            return None
    if _out_of_reach(impostors.total, target):
        return None
    subject, group = samples.people(), samples.grouping(columns)
    same = group[comparisons.tail.reference] == group[comparisons.tail.probe]
    i, j = (subject[side[same]] for side in (comparisons.tail.reference, comparisons.tail.probe))
    found = _seen(i, j, impostors.scores.astype(np.float64), impostors.total, tail)
    if isinstance(found, str):
        return None
    value = float(extreme.threshold_at(found.tail, target)[0])
    return value if value <= comparisons.edges[-1] else None


def _fmr_cells(fit: _Fit, threshold: float | None, total: int, level: float) -> dict[str, Any]:
    """FMR at everyone's threshold; the threshold is taken as it is, its own interval stands beside it."""
    if threshold is None:
        return {"note": "no threshold for everyone at this target and tail"}
    if threshold < fit.seen.start:
        return {"note": "everyone's threshold lies below this tail: the FMR there is measured, not extrapolated"}
    value = float(extreme.fmr_beyond(fit.seen, threshold)[0])
    low, high = interval_around(value, extreme.fmr_beyond(fit.drawn, threshold), level)
    # A bounded tail gives rates of 0, or of any smallness, which no test of this size supports.
    least = 1 / (FURTHEST * total)
    notes = []
    if value == 0:
        notes.append("everyone's threshold lies beyond the fitted end point: no rate, which is not a rate of 0")
    elif value < least:
        notes.append(f"the fitted rate is more than {FURTHEST} times below what {total} comparisons resolve: not given")
    if low is not None and low < least:
        low = None
        notes.append("the interval has no lower end within reach")
    return {
        "fmr": value if value >= least else None,
        "fmr_low": low,
        "fmr_high": high if high is not None and high >= least else None,
        "note": "; ".join(notes),
    }
