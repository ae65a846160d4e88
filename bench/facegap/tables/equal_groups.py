"""People dealt anew to the groups of a grouping: what null bands are made from, with the counts person by person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from facegap import count
from facegap.estimate.clusters import NO_FAMILIES, Together, together
from facegap.estimate.differentials import of_people
from facegap.estimate.equal_groups import Deals, Equal, dealt, of_mated, of_nonmated
from facegap.records import Comparisons, Counted, ErrorCounts, PairsOfPeople, PeopleCompared, Rows
from facegap.tables.workbench import Workbench

DEALS = 999


class _Places(NamedTuple):
    """Everyone of a label among the groups, once for each label they carry, group by group, and the deals of them.

    Attributes:
        of_group: by group name, (all people,) place in a deal, -1 where not of the group.
    """

    of_group: dict[str, Rows]
    people: int
    deals: Deals


def equal_rates(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: float,
    counts: Sequence[ErrorCounts],
    by_people: bool = False,
) -> Equal:
    """What people dealt anew to the groups of these counts, of FMR or FNMR, show; `by_people`: everyone counted once.

    Someone who carries several labels is dealt once for each, with the comparisons under it. Their parts may then meet
    in one group, which the labels as they are keep apart: the band is the wider for it.
    """
    metric, names = counts[0].metric, tuple(c.group for c in counts)
    key = "equal rates", comparisons.model, comparisons.condition, columns, threshold, metric, names, by_people
    make = _nonmated if metric == "FMR" else _mated
    places = _places(bench, columns, names)
    return bench.once(key, lambda: make(bench, comparisons, columns, threshold, counts, places, by_people))


def pair_errors(
    bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
) -> tuple[count.PairErrors, ...]:
    """`count.pair_errors`, made once."""
    key = "pair errors", comparisons.model, comparisons.condition, columns, threshold
    return bench.once(key, lambda: count.pair_errors(comparisons, bench.evidence.samples, columns, threshold))


def _places(bench: Workbench, columns: tuple[str, ...], names: tuple[str, ...]) -> _Places:
    # Both metrics, every model, condition and threshold of a grouping take the same deals.
    return bench.once(("deals", columns, names), lambda: _dealt(bench, columns, names))


def _dealt(bench: Workbench, columns: tuple[str, ...], names: tuple[str, ...]) -> _Places:
    evidence = bench.evidence
    person, (known, code) = evidence.samples.people(), evidence.samples.coded(columns)
    everyone = int(person.max(initial=-1)) + 1
    of_group: dict[str, Rows] = {}
    sizes: list[int] = []
    for name in names:
        own = np.unique(person[code == known.index(name)])
        of_group[name] = np.full(everyone, -1, dtype=np.int64)
        of_group[name][own] = sum(sizes) + np.arange(len(own))
        sizes.append(len(own))
    rng = np.random.default_rng([evidence.study.seed, 0xDEA1])
    return _Places(of_group, sum(sizes), dealt(sizes, DEALS, rng))


def _mated(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: float,
    counts: Sequence[ErrorCounts],
    places: _Places,
    by_people: bool,
) -> Equal:
    errors, trials = np.zeros(places.people), np.zeros(places.people, np.int64)
    for side in count.person_errors(comparisons, bench.evidence.samples, columns, threshold):
        if side.group in places.of_group:
            at = places.of_group[side.group][side.people]
            once = side.comparisons if by_people else 1
            errors[at], trials[at] = side.errors / once, side.comparisons // once
    weighted: Sequence[Counted] = of_people(counts) if by_people else counts
    return of_mated(places.deals, errors, trials, float(np.mean([c.errors / c.trials for c in weighted])))


def _nonmated(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: float,
    counts: Sequence[ErrorCounts],
    places: _Places,
    by_people: bool,
) -> Equal:
    errors, trials = np.zeros(places.people), np.zeros(places.people, np.int64)
    rate = {c.group: c.errors / c.trials for c in counts}
    families = NO_FAMILIES
    for side in pair_errors(bench, comparisons, columns, threshold):
        if side.group in rate:
            compared = count.compared_often(side)
            values = side.errors / (compared if by_people else 1)
            found = together(side.i, side.j, side.errors, compared, rate[side.group], values)
            families = Together(families.lots + found.lots, families.shared + found.shared)
        if side.group in places.of_group and by_people:
            people, rates, partners = count.each_pair_once(side)
            at = places.of_group[side.group][people]
            errors[at], trials[at] = rates, partners
        elif side.group in places.of_group:
            at = places.of_group[side.group]
            own = np.flatnonzero(at >= 0)
            trials[at[own]] = _comparisons(side.compared, len(at))[own]
            np.add.at(errors, at[np.concatenate([side.i, side.j])], np.concatenate([side.errors, side.errors]))
    rng = np.random.default_rng([bench.evidence.study.seed, 0xDEA2])
    return of_nonmated(places.deals, of_people(counts) if by_people else counts, errors, trials, rng, families)


def _comparisons(compared: PeopleCompared, everyone: int) -> Rows:
    """(everyone,) non-mated comparisons of each person."""
    if isinstance(compared, PairsOfPeople):
        found = np.zeros(everyone, np.int64)
        np.add.at(found, np.concatenate([compared.i, compared.j]), np.tile(compared.comparisons, 2))
        return found
    references, probes = compared.references, compared.probes
    found = references * (probes.sum() - probes)
    return np.asarray(found if compared.once else found + probes * (references.sum() - references))
