"""Table of score shifts: what groups' scores say before any threshold is set.

A mean says little about errors: the tails cross the threshold. So the mated scores of each group are held against those
of the other groups, and the tail of its non-mated scores against everyone's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap import count, estimate
from facegap.errors import InputError
from facegap.estimate.bootstrap import interval_around, threshold_draws
from facegap.estimate.scores import shift, shift_draws
from facegap.records import Comparisons, Mask, has_label
from facegap.schema import ScoreShiftRow
from facegap.tables.workbench import Floats, Workbench, sides_of_groups, trials_of_draws

FEW_PEOPLE = 10
"""People of a group, or of the others, below whom no interval is given."""

FEW_MATCHES = 10
"""Comparisons of a group at or above a tail's score below which no interval is given."""


def rows(bench: Workbench) -> Iterator[ScoreShiftRow]:
    """Every group of every grouping: mated scores against the other groups', non-mated tail against everyone's."""
    for comparisons in bench.evidence.comparisons.values():
        for columns in bench.evidence.study.groups:
            if bench.evidence.identities:
                yield from _mated_rows(bench, comparisons, columns)
            yield from _tail_rows(bench, comparisons, columns)


def _mated_rows(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...]) -> Iterator[ScoreShiftRow]:
    samples, mated = bench.evidence.samples, comparisons.mated
    group = samples.grouping(columns)[mated.probe]
    completed = ~np.isnan(mated.score)
    labelled = np.array([has_label(str(name)) for name in np.unique(group)])
    known = completed & np.isin(group, np.unique(group)[labelled])
    for name in np.unique(group[known]):
        key = _key(comparisons, columns, str(name))
        yield from _against_others(bench, comparisons, key, known & (group == name), known & (group != name))


def _against_others(
    bench: Workbench, comparisons: Comparisons, key: dict[str, Any], mine: Mask, others: Mask
) -> Iterator[ScoreShiftRow]:
    person, score = bench.evidence.samples.people()[comparisons.mated.probe], comparisons.mated.score
    level = bench.evidence.study.statistics.level
    people = [len(np.unique(person[side])) for side in (mine, others)]
    cells = {
        **key,
        "level": level,
        "scores": int(mine.sum()),
        "subjects": people[0],
        "others": int(others.sum()),
    }
    found = shift(score[others], score[mine])
    if found is None:
        yield ScoreShiftRow(**cells, measure="mated scores", note="fewer than two scores on a side, or all alike")
        return
    drawn = shift_draws(bench.people_draws, (score[others], person[others]), (score[mine], person[mine]))
    enough = min(people) >= FEW_PEOPLE
    note = "" if enough else f"no interval: fewer than {FEW_PEOPLE} people on a side"
    for measure, value, draws in (
        ("mean of mated scores", found.mean, drawn.mean),
        ("d' of mated scores", found.cohen_d, drawn.cohen_d),
        ("AUC of mated scores", found.auc, drawn.auc),
    ):
        low, high = interval_around(value, draws, level) if enough else (None, None)
        yield ScoreShiftRow(**cells, measure=measure, value=value, low=low, high=high, note=note)


def _tail_rows(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...]) -> Iterator[ScoreShiftRow]:
    """The score that a target share of the group's non-mated comparisons reach, less the one that everyone's reach."""
    samples = bench.evidence.samples
    everyone = count.pooled_nonmated(comparisons, samples, "all")
    inside = count.nonmated_by_group(comparisons, samples, columns)
    for target in bench.evidence.study.thresholds.fmr:
        for side in sides_of_groups(bench.evidence, comparisons, columns):
            if has_label(side.group):
                cells = {
                    **_key(comparisons, columns, side.group),
                    "measure": "tail of non-mated scores",
                    "target": target,
                    "level": bench.evidence.study.statistics.level,
                    "scores": inside[side.group].total,
                    "subjects": count.people_compared(side.compared),
                    "others": everyone.total,
                }
                yield ScoreShiftRow(
                    **cells, **_tail_cells(bench, comparisons, columns, (inside[side.group], everyone), side, target)
                )


def _tail_cells(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    both: tuple[count.Impostors, count.Impostors],
    side: count.PairErrors,
    target: float,
) -> dict[str, Any]:
    own, everyone = both
    try:
        points = [estimate.threshold_at_fmr(one.scores, one.total, target, one.floor) for one in (own, everyone)]
    except InputError:
        return {"note": f"the kept scores end above FMR {target:g}, or there are none"}
    if not points[0].false_matches:
        return {"note": f"{own.total} comparisons do not resolve FMR {target:g}"}
    value = points[0].threshold - points[1].threshold
    if points[0].false_matches < FEW_MATCHES:
        return {"value": value, "note": f"no interval: fewer than {FEW_MATCHES} comparisons in the group's tail"}
    draws = _tail_draws(bench, comparisons, columns, side, target) - _everyones_draws(bench, comparisons, target)
    low, high = interval_around(value, draws, bench.evidence.study.statistics.level)
    note = "" if low is not None else "no interval: the kept scores end above the tail of too many draws"
    return {"value": value, "low": low, "high": high, "note": note}


def _tail_draws(
    bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], side: count.PairErrors, target: float
) -> Floats:
    samples, tail = bench.evidence.samples, comparisons.tail
    group = samples.grouping(columns)
    mine = (group[tail.reference] == side.group) & (group[tail.probe] == side.group)
    i, j = (samples.people()[rows[mine]] for rows in (tail.reference, tail.probe))
    draws = bench.people_draws
    return threshold_draws(draws, i, j, tail.score[mine], trials_of_draws(draws, side), target)


def _everyones_draws(bench: Workbench, comparisons: Comparisons, target: float) -> Floats:
    def make() -> Floats:
        samples, tail, draws = bench.evidence.samples, comparisons.tail, bench.people_draws
        (side,) = sides_of_groups(bench.evidence, comparisons, ())
        i, j = (samples.people()[rows] for rows in (tail.reference, tail.probe))
        return threshold_draws(draws, i, j, tail.score, trials_of_draws(draws, side), target)

    return bench.once(("tail of everyone", comparisons.model, comparisons.condition, target), make)


def _key(comparisons: Comparisons, columns: tuple[str, ...], group: str) -> dict[str, Any]:
    return {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "group": group,
    }
