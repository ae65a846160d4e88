"""False matches: errors from the exact tail, denominators in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from facegap.count.closed_form import Block, Sides, ruled_sides
from facegap.count.groups import (
    Groups,
    codes,
    exact_dot,
    heaviest,
    heaviest_rates,
    largest_share,
    leverage_sums,
    people_of_half,
    rate_sums,
)
from facegap.count.listed import ListedBlock, ListedSides, listed_sides
from facegap.errors import InputError
from facegap.records import (
    ClusterSums,
    Comparisons,
    ErrorCounts,
    Failures,
    Floats,
    ListedTrials,
    PairsOfPeople,
    PeopleCompared,
    PeopleCounts,
    RateSums,
    Rows,
    Samples,
    SamplesOfPeople,
    matches,
)


@dataclass(frozen=True, eq=False)
class Impostors:
    """Non-mated comparisons that a threshold is set on.

    Attributes:
        scores: (k,) float32, every such score >= `floor`.
        total: comparisons, failed ones included: the denominator.
    """

    scores: Floats
    total: int
    floor: float


@dataclass(frozen=True, eq=False, kw_only=True)
class PairErrors:
    """False matches of one group by pair of people, and what their denominators come from: what a bootstrap needs.

    People are numbered as in `Samples.people`, alike in every group and at every threshold.

    Attributes:
        i, j, errors: (k,) pairs of people with a false match, each unordered pair once, and how many.
        compared: how many comparisons people have inside the group, with a false match or without.
    """

    group: str
    i: Rows
    j: Rows
    errors: Rows
    compared: PeopleCompared


def fmr_counts(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """False matches among the non-mated comparisons inside each group.

    Raises:
        InputError: the threshold lies below the floor of the exact tail, or the tail holds a mated pair.
    """
    groups = codes(samples, columns)
    tail = _false_matches(comparisons, groups, threshold)
    sides = sides_of(comparisons, groups)
    within = range(len(groups.names))
    return tuple(_cell(comparisons, groups, sides, tail, (d, d), threshold, failures) for d in within)


def cross_fmr_counts(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """False matches in every (reference group, probe group) cell, in that order; `probe_group` is always set.

    In symmetric trials the cells (d, e) and (e, d) are the same comparisons and are reported twice.

    Raises:
        InputError: as `fmr_counts`.
    """
    groups = codes(samples, columns)
    tail = _false_matches(comparisons, groups, threshold)
    sides = sides_of(comparisons, groups)
    cells: dict[tuple[int, int], ErrorCounts] = {}
    for d, e in np.ndindex(len(groups.names), len(groups.names)):
        mirror = cells.get((e, d)) if comparisons.trials.symmetric else None
        found = mirror if mirror is not None else _cell(comparisons, groups, sides, tail, (d, e), threshold, failures)
        cells[d, e] = replace(found, group=groups.names[d], probe_group=groups.names[e])
    return tuple(cells.values())


def pair_errors(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[PairErrors, ...]:
    """What `fmr_counts` sums, by pair of people.

    Raises:
        InputError: as `fmr_counts`.
    """
    groups = codes(samples, columns)
    tail = _false_matches(comparisons, groups, threshold)
    sides = sides_of(comparisons, groups)
    found = []
    for d, name in enumerate(groups.names):
        i, j, errors = _pairs(*tail.at(d, d), groups.subjects)
        found.append(PairErrors(group=name, i=i, j=j, errors=errors, compared=sides.within(d, failures)))
    return tuple(found)


def pooled_nonmated(
    comparisons: Comparisons,
    samples: Samples,
    impostors: Literal["all", "same-group"],
    columns: tuple[str, ...] = (),
) -> Impostors:
    """The non-mated comparisons that a threshold is set on: all of them, or those inside one group of `columns`."""
    groups = codes(samples, columns if impostors == "same-group" else ())
    tail = comparisons.tail
    same = groups.group[tail.reference] == groups.group[tail.probe]
    sides = sides_of(comparisons, groups)
    total = sum(sides.cell(d, d, "counted").trials for d in range(len(groups.names)))
    return Impostors(tail.score[same], total, comparisons.floor)


def nonmated_by_group(comparisons: Comparisons, samples: Samples, columns: tuple[str, ...]) -> dict[str, Impostors]:
    """The non-mated comparisons inside each group: what a threshold for one group's sake is set on."""
    groups = codes(samples, columns)
    tail = comparisons.tail
    of_tail = groups.group[tail.reference]
    same = of_tail == groups.group[tail.probe]
    sides = sides_of(comparisons, groups)
    return {
        name: Impostors(tail.score[same & (of_tail == d)], sides.cell(d, d, "counted").trials, comparisons.floor)
        for d, name in enumerate(groups.names)
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class _FalseMatches:
    """Subjects of reference and probe of every false match, sorted by cell so that each cell is a slice."""

    cell: Rows
    i: Rows
    j: Rows
    groups: int
    symmetric: bool

    def at(self, d: int, e: int) -> tuple[Rows, Rows]:
        if self.symmetric:
            d, e = min(d, e), max(d, e)
        key = d * self.groups + e
        found = slice(*np.searchsorted(self.cell, (key, key + 1)))
        return self.i[found], self.j[found]


@dataclass(frozen=True, eq=False, kw_only=True)
class _SortedTail:
    """The kept non-mated scores of a grouping, sorted by cell: what is above a threshold is then sorted as well."""

    group: Rows
    subject: Rows
    cell: Rows
    i: Rows
    j: Rows
    score: Floats


_SORTED: WeakKeyDictionary[Comparisons, _SortedTail] = WeakKeyDictionary()
"""Of the grouping that was asked for last: tables go through all thresholds of one before they come to the next."""


def _false_matches(comparisons: Comparisons, groups: Groups, threshold: float) -> _FalseMatches:
    if threshold < comparisons.floor:
        raise InputError(
            f"threshold {threshold:.6g} lies below the floor {comparisons.floor:.6g} of the kept non-mated scores "
            f"of {comparisons.model} under {comparisons.condition}; compare again with a lower floor"
        )
    tail = _sorted_tail(comparisons, groups)
    above = matches(tail.score, threshold)
    return _FalseMatches(
        cell=tail.cell[above],
        i=tail.i[above],
        j=tail.j[above],
        groups=len(groups.names),
        symmetric=comparisons.trials.symmetric,
    )


def _sorted_tail(comparisons: Comparisons, groups: Groups) -> _SortedTail:
    known = _SORTED.get(comparisons)
    if known is not None and known.group is groups.group and known.subject is groups.subject:
        return known
    tail = comparisons.tail
    i, j = groups.subject[tail.reference], groups.subject[tail.probe]
    if np.any(i == j):
        raise InputError(
            f"the non-mated scores of {comparisons.model} under {comparisons.condition} hold a pair of one subject "
            "with itself; mated pairs belong to the mated comparisons"
        )
    d, e = groups.group[tail.reference], groups.group[tail.probe]
    if comparisons.trials.symmetric:
        d, e = np.minimum(d, e), np.maximum(d, e)
    cell = d * len(groups.names) + e
    order = np.argsort(cell, kind="stable")
    found = _SortedTail(
        group=groups.group,
        subject=groups.subject,
        cell=cell[order],
        i=i[order],
        j=j[order],
        score=tail.score[order],
    )
    _SORTED[comparisons] = found
    return found


def _cell(
    comparisons: Comparisons,
    groups: Groups,
    sides: Sides | ListedSides,
    tail: _FalseMatches,
    at: tuple[int, int],
    threshold: float,
    failures: Failures,
) -> ErrorCounts:
    """False matches of references in group d and probes in group e."""
    block = sides.cell(*at, failures)
    completed = sides.cell(*at, "excluded").trials
    i, j = (np.searchsorted(block.subjects, side) for side in tail.at(*at))
    people = block.row_sums
    errors = np.bincount(i, minlength=len(people)) + np.bincount(j, minlength=len(people))
    lower, upper, repeats = _pairs(i, j, len(people))
    compared = block.pairs(lower, upper)
    return ErrorCounts(
        metric="FMR",
        model=comparisons.model,
        condition=comparisons.condition,
        grouping=groups.grouping,
        group=groups.names[at[0]],
        threshold=threshold,
        errors=len(i),
        completed=completed,
        failed=sides.cell(*at, "counted").trials - completed,
        subjects=int(np.count_nonzero(people)),
        by_subject=ClusterSums(exact_dot(errors, errors), exact_dot(errors, people), exact_dot(people, people)),
        leverage=leverage_sums(errors, people),
        heaviest=heaviest(errors, people),
        by_pair=ClusterSums(exact_dot(repeats, repeats), exact_dot(repeats, compared), block.pair_mm),
        failures=failures,
        people=pairs_once(block, (lower, upper), repeats / compared, errors),
    )


def pairs_once(
    block: Block | ListedBlock, pairs: tuple[Rows, Rows], rates: npt.NDArray[np.float64], errors: Rows
) -> PeopleCounts:
    """A cell with every pair of people counted once.

    Args:
        pairs, rates: (k,) places of the people of each pair with a false match, and the pair's rate.
        errors: (s,) false matches of each subject.
    """
    partners, row_sums = block.partners, block.row_sums
    total = _by_person(pairs, rates, len(partners))
    return PeopleCounts(
        errors=math.fsum(rates),
        trials=int(partners.sum()) // 2,
        subjects=int(np.count_nonzero(row_sums)),
        inverse=block.inverse,
        by_subject=rate_sums(total, partners),
        by_pair=RateSums(math.fsum(rates * rates), math.fsum(rates), int(partners.sum()) // 2),
        heaviest=heaviest_rates(total, partners, errors),
        largest=largest_share(row_sums, block.trials),
        half=people_of_half(row_sums),
    )


def people_compared(compared: PeopleCompared) -> int:
    """How many people have a sample to compare, or stand in a list."""
    if isinstance(compared, PairsOfPeople):
        return len(np.unique(np.concatenate([compared.i, compared.j])))
    return int(np.count_nonzero(compared.references + compared.probes))


def among(compared: PeopleCompared, people: Rows) -> PeopleCompared:
    """The comparisons of the (k,) ascending `people` with each other, numbered from 0 in that order."""
    if isinstance(compared, SamplesOfPeople):
        return SamplesOfPeople(compared.references[people], compared.probes[people], compared.once)
    place = np.full(compared.people, -1, dtype=np.int64)
    place[people] = np.arange(len(people))
    i, j = place[compared.i], place[compared.j]
    both = (i >= 0) & (j >= 0)
    return PairsOfPeople(i[both], j[both], compared.comparisons[both], len(people))


def compared_often(side: PairErrors) -> Rows:
    """(k,) comparisons of each pair of people of `side` with a false match."""
    people, block = _block_of(side.compared)
    i, j = (np.searchsorted(people, one) for one in (side.i, side.j))
    return np.asarray(block.pairs(i, j))


def each_pair_once(side: PairErrors) -> tuple[Rows, npt.NDArray[np.float64], Rows]:
    """Of a group's non-mated comparisons with every pair of people counted once: who has one, and of each the sum of
    the rates of their pairs, and how many people they are compared with; (k,) each.
    """
    people, block = _block_of(side.compared)
    i, j = (np.searchsorted(people, one) for one in (side.i, side.j))
    rates = side.errors / block.pairs(i, j)
    return people, _by_person((i, j), rates, len(people)), block.partners


def _by_person(pairs: tuple[Rows, Rows], rates: npt.NDArray[np.float64], people: int) -> npt.NDArray[np.float64]:
    """(people,) sums of the rates of each one's pairs, added in the order of the rates: alike in any order of pairs."""
    order = np.argsort(np.concatenate([rates, rates]))
    return np.asarray(np.bincount(np.concatenate(pairs)[order], np.concatenate([rates, rates])[order], people), float)


def _block_of(compared: PeopleCompared) -> tuple[Rows, Block | ListedBlock]:
    """Who has a comparison or a sample to compare, and the comparisons of these."""
    if isinstance(compared, PairsOfPeople):
        people = np.unique(np.concatenate([compared.i, compared.j]))
        i, j = (np.searchsorted(people, side) for side in (compared.i, compared.j))
        return people, ListedBlock(people, i, j, compared.comparisons)
    people = np.flatnonzero(compared.references + compared.probes)
    return people, Block(people, compared.references[people], compared.probes[people], compared.once)


def sides_of(comparisons: Comparisons, groups: Groups) -> Sides | ListedSides:
    """What denominators come from: samples of people where the trials are a rule, else the list itself."""
    trials = comparisons.trials
    if isinstance(trials, ListedTrials):
        return listed_sides(comparisons, trials, groups)
    return ruled_sides(comparisons, trials, groups)


def _pairs(i: Rows, j: Rows, subjects: int) -> tuple[Rows, Rows, Rows]:
    """Unordered pairs of subjects among (i, j), and how often each comes."""
    keys, repeats = np.unique(np.minimum(i, j) * subjects + np.maximum(i, j), return_counts=True)
    return keys // max(subjects, 1), keys % max(subjects, 1), repeats
