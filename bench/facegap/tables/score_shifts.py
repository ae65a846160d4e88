"""Table of score shifts: what groups' scores say before any threshold is set.

A mean says little about errors: the tails cross the threshold. So the mated scores of each group are held against those
of the other groups, and the tail of its non-mated scores against everyone's.

Intervals come from people drawn again, drawn out by Student's t for the few people who are behind them. Rules and
limits below were chosen by measured coverage, side by side (`benchmarks/score_shift_coverage.md`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from facegap import count, estimate
from facegap.errors import InputError
from facegap.estimate import cautions
from facegap.estimate.bootstrap import pair_trials, percentiles, threshold_draws
from facegap.estimate.cautions import FEW_FOR_MEANS
from facegap.estimate.scores import Drawn, drawn_out, people_alike, shift, shift_draws
from facegap.estimate.thresholds import OperatingPoint
from facegap.records import Comparisons, Floats, Mask, PairsOfPeople, PeopleCompared, Rows, has_label
from facegap.schema import ScoreShiftRow
from facegap.tables.workbench import Workbench, sides_of_groups

FEW_PEOPLE = 10
"""People of a group, or of the others, below whom no interval is given."""

FEW_ALIKE = 5
"""The same for mated scores where a few people have most of them: people that they are worth (`people_alike`)."""

FEW_MATCHES = 10
"""Comparisons of a group at or above a tail's score below which no interval is given."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Strangers:
    """The non-mated comparisons inside a group, or everyone's.

    Attributes:
        i, j, scores: (k,) people and score of every kept one, those down to `floor`.
        total: all of them, failed ones included.
        compared: how many comparisons people have.
    """

    group: str
    i: Rows
    j: Rows
    scores: Floats
    floor: float
    total: int
    compared: PeopleCompared


class _Tail(NamedTuple):
    """The threshold that gives some comparisons the target FMR, again in every draw, and the people behind it."""

    point: OperatingPoint
    draws: Drawn
    behind: float


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
    taken_part = [np.bincount(person[side]) for side in (mine, others)]
    cells = {
        **key,
        "caution": _caution(dict(zip((str(key["group"]), "the others"), taken_part, strict=True))),
        "level": level,
        "scores": int(mine.sum()),
        "subjects": int(np.count_nonzero(taken_part[0])),
        "others": int(others.sum()),
    }
    found = shift(score[others], score[mine])
    if found is None:
        yield ScoreShiftRow(**cells, measure="mated scores", note="fewer than two scores on a side, or all alike")
        return
    drawn = shift_draws(bench.people_draws, (score[others], person[others]), (score[mine], person[mine]))
    refused = _too_few(taken_part)
    alike = min(people_alike(m) for m in taken_part)
    for measure, value, draws, limits in (
        ("mean of mated scores", found.mean, drawn.mean, (-np.inf, np.inf)),
        ("d' of mated scores", found.cohen_d, drawn.cohen_d, (-np.inf, np.inf)),
        ("AUC of mated scores", found.auc, drawn.auc, (0.0, 1.0)),
    ):
        ends, note = percentiles(draws, level), refused
        if ends is None and not note:
            note = "no interval: the scores that are left in too many draws of people are all alike"
        if ends is None or note:
            yield ScoreShiftRow(**cells, measure=measure, value=value, note=note)
            continue
        low, high = np.clip(drawn_out(value, ends, level, alike), *limits)
        yield ScoreShiftRow(**cells, measure=measure, value=value, low=float(low), high=float(high))


def _caution(taken_part: Mapping[str, Rows]) -> str:
    """What to know of scores of (people,) comparisons, by side."""
    return cautions.by_name(
        (name, cautions.of_participation(int(np.count_nonzero(m)), people_alike(m)) if m.any() else [])
        for name, m in taken_part.items()
    )


def _too_few(taken_part: list[Rows]) -> str:
    """Why two sides with (people,) comparisons each give no interval, or nothing."""
    if min(np.count_nonzero(m) for m in taken_part) < FEW_PEOPLE:
        return f"no interval: fewer than {FEW_PEOPLE} people on a side"
    if min(people_alike(m) for m in taken_part) < FEW_ALIKE:
        return f"no interval: a few people have most scores of a side, as if fewer than {FEW_ALIKE} took part alike"
    return ""


def _tail_rows(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...]) -> Iterator[ScoreShiftRow]:
    """The score that a target share of the group's non-mated comparisons reach, less the one that everyone's reach."""
    groups = _strangers(bench, comparisons, columns)
    (everyone,) = _strangers(bench, comparisons, ())
    sides = {everyone.group: _comparisons_of_people(everyone.compared)}
    for target in bench.evidence.study.thresholds.fmr:
        for own in groups:
            if has_label(own.group):
                cells = {
                    **_key(comparisons, columns, own.group),
                    "measure": "tail of non-mated scores",
                    "target": target,
                    "level": bench.evidence.study.statistics.level,
                    "scores": own.total,
                    "subjects": count.people_compared(own.compared),
                    "others": everyone.total,
                    "caution": _caution(sides | {own.group: _comparisons_of_people(own.compared)}),
                }
                yield ScoreShiftRow(**cells, **_tail_cells(bench, comparisons, own, everyone, target))


def _strangers(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...]) -> list[_Strangers]:
    samples, tail = bench.evidence.samples, comparisons.tail
    group = samples.grouping(columns)
    inside = count.nonmated_by_group(comparisons, samples, columns)
    found = []
    for side in sides_of_groups(bench.evidence, comparisons, columns):
        mine = (group[tail.reference] == side.group) & (group[tail.probe] == side.group)
        i, j = (samples.people()[rows[mine]] for rows in (tail.reference, tail.probe))
        total, floor = inside[side.group].total, comparisons.floor
        found.append(
            _Strangers(
                group=side.group, i=i, j=j, scores=tail.score[mine], floor=floor, total=total, compared=side.compared
            )
        )
    return found


def _tail_cells(
    bench: Workbench, comparisons: Comparisons, own: _Strangers, everyone: _Strangers, target: float
) -> dict[str, Any]:
    points = [_point(one, target) for one in (own, everyone)]
    if points[0] is None or points[1] is None:
        return {"note": f"the kept scores end above FMR {target:g}, or there are none"}
    if not points[0].false_matches:
        return {"note": f"{own.total} comparisons do not resolve FMR {target:g}"}
    value = points[0].threshold - points[1].threshold
    if count.people_compared(own.compared) < FEW_PEOPLE:
        return {"value": value, "note": f"no interval: fewer than {FEW_PEOPLE} people"}
    if points[0].false_matches < FEW_MATCHES:
        return {"value": value, "note": f"no interval: fewer than {FEW_MATCHES} comparisons in the group's tail"}
    mine = _tail(bench, own, points[0], target)
    key = ("tail of everyone", comparisons.model, comparisons.condition, target)
    point = points[1]
    all_of_them = bench.once(key, lambda: _tail(bench, everyone, point, target))
    ends = _tail_interval(value, mine, all_of_them, comparisons.floor, bench.evidence.study.statistics.level)
    if ends is None:
        return {"value": value, "note": "no interval: the kept scores end above the tail of too many draws"}
    note = ""
    if people_alike(_comparisons_of_people(own.compared)) < FEW_FOR_MEANS:
        note = f"worth fewer than {FEW_FOR_MEANS} people: where some match many others the interval may lie too low"
    return {"value": value, "low": ends[0], "high": ends[1], "note": note}


def _point(one: _Strangers, target: float) -> OperatingPoint | None:
    try:
        return estimate.threshold_at_fmr(one.scores, one.total, target, one.floor)
    except InputError:
        return None


def _tail(bench: Workbench, one: _Strangers, point: OperatingPoint, target: float) -> _Tail:
    draws = bench.people_draws
    drawn = threshold_draws(draws, one.i, one.j, one.scores, pair_trials(draws, one.compared), target)
    matching = one.scores >= point.threshold
    return _Tail(point, drawn, people_alike(np.bincount(np.concatenate([one.i[matching], one.j[matching]]))))


def _tail_interval(value: float, own: _Tail, everyone: _Tail, floor: float, level: float) -> tuple[float, float] | None:
    """As far on either side as percentiles reach on one, drawn out for the people who are behind the thinner tail.

    A sample that lacks the few people who match many others says so neither in its value nor in its draws, which then
    reach too little upwards: so the longer side counts for both. Draws that pass the kept scores enter as far out as
    they may lie, so that no interval depends on how many scores were kept; None where an end is one of them.
    """
    with np.errstate(invalid="ignore"):
        least = _filled(own.draws, -np.inf) - _filled(everyone.draws, floor)
        most = _filled(own.draws, floor) - _filled(everyone.draws, -np.inf)
    k = int((1 - level) / 2 * len(least))
    low, high = np.sort(_filled(least, -np.inf))[k], np.sort(_filled(most, np.inf))[len(most) - 1 - k]
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    reach = max(value - float(low), float(high) - value)
    return drawn_out(value, (value - reach, value + reach), level, min(own.behind, everyone.behind))


def _filled(values: Drawn, unknown: float) -> Drawn:
    return np.where(np.isnan(values), unknown, values)


def _comparisons_of_people(compared: PeopleCompared) -> Rows:
    """(people,) non-mated comparisons that each takes part in, counted twice where both sides are the same samples."""
    if isinstance(compared, PairsOfPeople):
        sums = [np.bincount(side, compared.comparisons, compared.people) for side in (compared.i, compared.j)]
        return np.asarray(np.rint(sums[0] + sums[1]), dtype=np.int64)
    a, b = compared.references, compared.probes
    return np.asarray(a * (b.sum() - b) + b * (a.sum() - a))


def _key(comparisons: Comparisons, columns: tuple[str, ...], group: str) -> dict[str, Any]:
    return {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "group": group,
    }
