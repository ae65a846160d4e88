"""The cells of a population: a rate of the run for every group under every condition, and how their errors go together.

Rates are by people and from the run's tables, at a target FMR with the threshold's own uncertainty; correlations are
those over draws of people, who are the same in every cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap import count, store
from facegap.errors import InputError
from facegap.estimate.at_target import fmr_at_draws
from facegap.estimate.bootstrap import fmr_draws, fnmr_at_draws, fnmr_draws
from facegap.estimate.cautions import FEW_ERRORS
from facegap.records import Comparisons, Threshold
from facegap.schema import AtTargetRow, RateRow, TransactionRow
from facegap.tables.workbench import Workbench, trials_of_draws

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rated:
    """The rate of one group under one condition.

    Attributes:
        draws: (draws,) of the same rate by comparisons, for its correlation with others; None where there are too few
            errors for draws to say anything.
        method: how the number was made.
    """

    group: str
    condition: str
    value: float
    low: float
    high: float
    subjects: int
    draws: Floats | None
    caution: str
    method: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Place:
    """Where rates are taken: a run's tables and evidence, one model, one operating point, one grouping."""

    tables: store.Tables
    bench: Workbench
    model: str
    point: Threshold
    columns: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether the run set the threshold itself, so that all cells share its uncertainty."""
        return self.point.target is not None and self.point not in self.bench.evidence.given

    def comparisons(self, condition: str) -> Comparisons:
        """Of the model under a condition."""
        return self.bench.evidence.comparisons[self.model, condition]


def rated(place: Place, metric: str, group: str, condition: str) -> Rated:
    """FNMR or FMR (of two people of the group), failures counted, each person (each pair of people) counted once.

    Raises:
        InputError: the run shows no such rate, with the reason.
    """
    row = _row(place, metric, group, condition)
    value, low, high = (row.by_people, row.by_people_low, row.by_people_high) if row is not None else (None, None, None)
    if row is None or value is None or low is None or high is None:
        why = (row.note if row is not None else "") or "no comparisons"
        raise InputError(f"population: the run has no {metric} of {group} under {condition}: {why}")
    errors, trials = row.errors or 0, row.trials or 0
    few = min(errors, trials - errors) < FEW_ERRORS
    return Rated(
        group=group,
        condition=condition,
        value=value,
        low=low,
        high=high,
        subjects=row.subjects or 0,
        draws=None if few else _draws(place, metric, group, condition),
        caution=row.caution,
        method="measured",
    )


def _row(place: Place, metric: str, group: str, condition: str) -> RateRow | AtTargetRow | None:
    wanted = (place.model, condition, metric, ", ".join(place.columns), group, place.point.name)
    rows: Sequence[Any] = place.tables[AtTargetRow] if place.own else place.tables[RateRow]
    for row in rows:
        here = (row.model, row.condition, row.metric, row.grouping, row.group, row.threshold_name)
        if here == wanted and getattr(row, "failures", "counted") == "counted":
            return row  # type: ignore[no-any-return]
    return None


def transaction(place: Place, group: str, condition: str, attempts: int) -> Rated | None:
    """Turned away after so many attempts as the run's own transactions measured it; None where it made none."""
    for row in place.tables[TransactionRow]:
        here = (row.model, row.condition, row.grouping, row.group, row.threshold_name, row.attempts, row.stage)
        if here == (
            place.model,
            condition,
            ", ".join(place.columns),
            group,
            place.point.name,
            attempts,
            count.REFUSED,
        ) and not (row.by_people is None or row.by_people_low is None or row.by_people_high is None):
            return Rated(
                group=group,
                condition=condition,
                value=row.by_people,
                low=row.by_people_low,
                high=row.by_people_high,
                subjects=row.subjects or 0,
                draws=None,
                caution=row.caution,
                method="measured transactions",
            )
    return None


def person_sums(place: Place, group: str, condition: str) -> count.PersonErrors:
    """False non-matches and mated comparisons of every person of the group."""
    comparisons, samples = place.comparisons(condition), place.bench.evidence.samples
    found = count.person_errors(comparisons, samples, place.columns, place.point.value)
    return next(one for one in found if one.group == group)


def _draws(place: Place, metric: str, group: str, condition: str) -> Floats:
    bench, comparisons = place.bench, place.comparisons(condition)
    samples, people = bench.evidence.samples, bench.people_draws
    subject = samples.people()
    thresholds = bench.drawn(place.model, place.point.target).thresholds if place.own else None  # type: ignore[arg-type]
    here = samples.grouping(place.columns) == group
    if metric == "FNMR":
        if thresholds is not None:
            mine = here[comparisons.mated.probe]
            return fnmr_at_draws(
                people, subject[comparisons.mated.probe[mine]], comparisons.mated.score[mine], thresholds
            )
        one = person_sums(place, group, condition)
        return fnmr_draws(people, one.people, one.errors, one.comparisons)
    level = np.inf if thresholds is not None else place.point.value
    side = next(one for one in count.pair_errors(comparisons, samples, place.columns, level) if one.group == group)
    if thresholds is None:
        return fmr_draws(people, side.i, side.j, side.errors, side.compared)
    tail = comparisons.tail
    mine = here[tail.reference] & here[tail.probe]
    i, j = subject[tail.reference[mine]], subject[tail.probe[mine]]
    trials = trials_of_draws(people, side)
    return fmr_at_draws(people, i, j, tail.score[mine], trials, thresholds, comparisons.floor)


def shared(place: Place, cells: Sequence[Rated]) -> npt.NDArray[np.bool_]:
    """(k, k) True where two cells share people, or all of them a threshold that the run set."""
    if place.own:
        return np.ones((len(cells), len(cells)), dtype=bool)
    people = _people(place, {cell.group for cell in cells})
    return np.array([[bool(people[a.group] & people[b.group]) for b in cells] for a in cells])


def _people(place: Place, groups: set[str]) -> Mapping[str, set[int]]:
    samples = place.bench.evidence.samples
    group, person = samples.grouping(place.columns), samples.people()
    return {name: set(person[group == name].tolist()) for name in groups}


def once(texts: Iterator[str]) -> str:
    """Distinct texts that are not empty, in one line."""
    return "; ".join(dict.fromkeys(text for text in texts if text))
