"""What becomes of 10,000 applicants: turned away, taken for somebody else, flagged by a watch list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from facegap import store
from facegap.cards import Population
from facegap.errors import InputError, StoreError
from facegap.estimate.combined import Cell, correlations, pairwise_correlation, weighted_sum
from facegap.estimate.transactions import rejected_after_correlated
from facegap.evidence import read_evidence
from facegap.population.cells import Place, Rated, once, person_sums, rated, shared, transaction
from facegap.records import Threshold, has_label
from facegap.schema import PopulationRow
from facegap.tables.gallery_model import Matrix, is_complete, matrix_with_threshold, modelled_cells, people_enrolled
from facegap.tables.workbench import Workbench
from facegap.words import did_you_mean

OF = 10_000
EVERYONE = "everyone"
ONCE, ACCEPTED, FLAGGED = "turned away once", "accepted as somebody else", "flagged by the watch list"


def applicants(run: Path, asked: Population, models: Sequence[str] = ()) -> tuple[PopulationRow, ...]:
    """Every outcome for every group of the mix and for everyone, per model of the finished `run`.

    Raises:
        InputError: the run has no such group, condition, label, model or operating point, or shows no rate of a cell.
        StoreError: the run is no finished run, or changed since it was sealed.
    """
    changed = store.sums_differences(run)
    if changed:
        raise StoreError(f"{run}: changed since it was sealed, so nothing is computed from it: {changed[0]}")
    tables = store.Tables(run)
    bench = Workbench(read_evidence(run, tables.manifest))
    places = list(_places(tables, bench, asked, models))
    return tuple(row for place in places for row in _of_place(place, asked))


def _places(tables: store.Tables, bench: Workbench, asked: Population, models: Sequence[str]) -> Iterator[Place]:
    evidence = bench.evidence
    known = [use.card for use in evidence.study.models]
    _known("model", models, known)
    columns = asked.grouping or evidence.study.groups[0]
    groupings = [", ".join(one) for one in evidence.study.groups]
    _known("grouping", [", ".join(columns)], groupings)
    there = [name for name in evidence.samples.coded(columns)[0] if has_label(name)]
    _known("group", [*asked.groups, *asked.enrolled], there)
    hidden = bench.hidden_of(", ".join(columns)).every
    for name in (*asked.groups, *asked.enrolled):
        if name in hidden:
            raise InputError(f"population: the run does not show the group '{name}': too few people stand behind it")
    named = [name for shares in (asked.conditions, *asked.conditions_of.values()) for name in shares]
    _known("condition", named, evidence.study.conditions)
    for model in models or known:
        yield Place(tables=tables, bench=bench, model=model, point=_point(bench, model, asked.at), columns=columns)


def _known(what: str, names: Sequence[str], there: Sequence[str]) -> None:
    unknown = next((name for name in names if name not in there), None)
    if unknown is not None:
        raise InputError(
            f"population: no {what} '{unknown}' in this run{did_you_mean(unknown, there)}; there: {'; '.join(there)}"
        )


def _point(bench: Workbench, model: str, at: str) -> Threshold:
    there = [point for point in bench.thresholds if point.model == model]
    _known(f"operating point of {model}", [at], [point.name for point in there])
    return next(point for point in there if point.name == at)


def _of_place(place: Place, asked: Population) -> Iterator[PopulationRow]:
    after = f"turned away after {asked.attempts} attempts"
    yield from _outcome(place, asked, ONCE, lambda group, name: rated(place, "FNMR", group, name), 1.0)
    if asked.attempts > 1:
        yield from _outcome(place, asked, after, lambda group, name: _retried(place, group, name, asked.attempts), 1.0)
    yield from _outcome(place, asked, ACCEPTED, lambda group, name: rated(place, "FMR", group, name), asked.impostors)
    if asked.watch_list is not None:
        yield from _flagged(place, asked, asked.watch_list.size)


def _outcome(
    place: Place, asked: Population, outcome: str, rate: Callable[[str, str], Rated], part: float | None
) -> Iterator[PopulationRow]:
    """Rows of one outcome; `part` of the applicants are those whom it can befall, None where that is not stated."""
    cells = [
        (share * within, group, rate(group, condition))
        for group, share in asked.groups.items()
        if share
        for condition, within in asked.of_group(group).items()
    ]
    found = [cell for _, _, cell in cells]
    together = correlations([cell.draws for cell in found], shared(place, found))
    for name in (*asked.groups, EVERYONE):
        mine = [k for k, (_, group, _) in enumerate(cells) if name in (group, EVERYONE)]
        share = sum(cells[k][0] for k in mine)
        if not mine or not share:
            continue
        some = [Cell(cells[k][0] / share, found[k].value, found[k].low, found[k].high) for k in mine]
        sum_, low, high = weighted_sum(some, together[np.ix_(mine, mine)])
        yield _row(place, asked, outcome, name, share, (sum_, low, min(high, 1.0)), part, [found[k] for k in mine])


def _row(
    place: Place,
    asked: Population,
    outcome: str,
    group: str,
    share: float,
    rate: tuple[float, float, float],
    part: float | None,
    cells: Sequence[Rated],
) -> PopulationRow:
    value, low, high = (OF * one for one in rate)
    day = None if asked.applicants_per_day is None or part is None else asked.applicants_per_day * share * part / OF
    named = [f"{cell.group} under {cell.condition}: {cell.caution}" for cell in cells if cell.caution]
    of = {ACCEPTED: "impostors", FLAGGED: "searches of people who are not on it"}.get(outcome, "genuine applicants")
    who = "" if group == EVERYONE else f" in {group}"
    return PopulationRow(
        run=place.tables.manifest.run_id,
        model=place.model,
        threshold_name=place.point.name,
        threshold=place.point.value,
        outcome=outcome,
        grouping="" if group == EVERYONE else ", ".join(place.columns),
        group=group,
        share=share,
        per_10000=value,
        low=low,
        high=high,
        per_day=None if day is None else value * day,
        per_day_low=None if day is None else low * day,
        per_day_high=None if day is None else high * day,
        subjects=min((cell.subjects for cell in cells), default=None) if group != EVERYONE else None,
        level=place.bench.evidence.study.statistics.level,
        method=once(cell.method for cell in cells),
        sentence=f"Of 10,000 {of}{who}, {value:,.3g} ({low:,.3g} to {high:,.3g}) are {outcome}.",
        caution="; ".join(dict.fromkeys(named)),
    )


def _retried(place: Place, group: str, condition: str, attempts: int) -> Rated:
    """Turned away in all of so many attempts.

    As measured where the run has such transactions; else as alike as the comparisons of one person are here
    (beta-binomial), from the least to the most that the interval of the rate and of that likeness make of it.
    """
    measured = transaction(place, group, condition, attempts)
    if measured is not None:
        return measured
    first = rated(place, "FNMR", group, condition)
    value, low, high = _likeness(place, group, condition)
    return replace(
        first,
        value=rejected_after_correlated(first.value, attempts, value),
        low=rejected_after_correlated(first.low, attempts, low),
        high=rejected_after_correlated(first.high, attempts, high),
        method="modelled: attempts as alike as a person's comparisons (beta-binomial)"
        if (low, high) != (0.0, 1.0)
        else "modelled: how alike a person's attempts are is not known here, from not at all to wholly",
    )


def _likeness(place: Place, group: str, condition: str) -> tuple[float, float, float]:
    """Correlation of two comparisons of one person, with its interval over draws of people; 1, from 0 to 1, unknown."""
    sums = person_sums(place, group, condition)
    once_each = np.ones((len(sums.people), 1))
    (value,) = pairwise_correlation(sums.errors, sums.comparisons, once_each)
    weights = place.bench.people_draws.weights[sums.people].astype(np.float64)
    drawn = pairwise_correlation(sums.errors, sums.comparisons, weights)
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(known) < 0.95 * len(drawn):
        return 1.0, 0.0, 1.0
    tail = (1 - place.bench.evidence.study.statistics.level) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(value), min(float(low), float(value)), max(float(high), float(value))


def _flagged(place: Place, asked: Population, size: int) -> Iterator[PopulationRow]:
    """False alarms of a watch list, by the model of `gallery_model.csv`: every candidate an independent comparison.

    All cells share the list's people, so that their errors are taken to go wholly together.
    """
    list_of = people_enrolled(size, asked.enrolled)
    by_condition = {name: _matrix(place, asked, name) for group in asked.groups for name in asked.of_group(group)}

    def rate(group: str, condition: str) -> Rated:
        cells, note = by_condition[condition]
        if not is_complete(cells[group], list_of):
            raise InputError(
                f"population: under {condition} {group} has no comparisons with every group of the watch list"
            )
        found = modelled_cells(cells[group], list_of)
        cautions = once(cautions_of for cell in cells[group].values() for cautions_of in cell.cautions)
        return Rated(
            group=group,
            condition=condition,
            value=found["fpir_model"],
            low=found["fpir_model_low"],
            high=found["fpir_model_high"],
            subjects=min(cell.counts.subjects for cell in cells[group].values()),
            draws=None,
            caution="; ".join(part for part in (cautions, note) if part),
            method=f"modelled from FMR between groups, watch list of {size:,}",
        )

    cells = [(s * w, g, rate(g, c)) for g, s in asked.groups.items() if s for c, w in asked.of_group(g).items()]
    for name in (*asked.groups, EVERYONE):
        mine = [(weight, cell) for weight, group, cell in cells if name in (group, EVERYONE)]
        share = sum(weight for weight, _ in mine)
        if share:
            ends = [sum(w * getattr(cell, end) for w, cell in mine) / share for end in ("value", "low", "high")]
            yield _row(place, asked, FLAGGED, name, share, (ends[0], ends[1], ends[2]), 1.0, [c for _, c in mine])


def _matrix(place: Place, asked: Population, condition: str) -> tuple[Matrix, str]:
    comparisons, evidence = place.comparisons(condition), place.bench.evidence
    if place.point.value < comparisons.floor:
        raise InputError(
            f"population: non-mated comparisons under {condition} are kept from a score of {comparisons.floor:.6g}, "
            f"above the threshold {place.point.name}, so that no watch list can be modelled"
        )
    here = {**dict.fromkeys(asked.groups, 1.0), **dict.fromkeys(asked.enrolled, 1.0)}
    searches = evidence.searches.get((place.model, condition, "open"))
    return matrix_with_threshold(place.bench, comparisons, searches, place.columns, place.point, here)
