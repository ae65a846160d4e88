"""Table of the one test over all groups: chi-square on effective comparisons, and labels permuted over people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from facegap import count
from facegap.estimate.differentials import enter
from facegap.estimate.interval import effective_sample
from facegap.estimate.multiplicity import homogeneity_p
from facegap.estimate.permutation import (
    Labels,
    Orders,
    mated_orders,
    nonmated_orders,
    permutation_p,
    permuted,
    statistics,
)
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Mask, Rows
from facegap.schema import HomogeneityRow
from facegap.tables.shared_cells import caution_of, key_cells, left_out_text
from facegap.tables.workbench import GroupCounts, Workbench

PERMUTATIONS = 999
_FMR_NULL = (
    "where strangers of one label are more alike than others the permutation keeps its level nearly, not exactly"
)


class _People(NamedTuple):
    """People of exactly one label among those that enter, and their labels in many orders, the observed one first.

    Attributes:
        rows: (people,) their numbers as in `Samples.people`.
        place: (all people,) number in `rows`, -1 where left out.
        labels: (1 + permutations, people).
    """

    rows: Rows
    place: Rows
    labels: Labels


def rows(bench: Workbench) -> Iterator[HomogeneityRow]:
    """Both p-values for every metric of every grouping at every threshold, over the groups that enter a summary."""
    evidence = bench.evidence
    level, least = evidence.study.statistics.level, evidence.study.statistics.min_subjects
    # Both metrics, every model, condition and threshold of a grouping ask for the same orders.
    orders = lru_cache(partial(_people, evidence))
    for found in bench.group_counts:
        for metric, counts in found.by_metric.items() if found.columns else ():
            kept, left_out = enter(counts, least)
            cells: dict[str, Any] = {
                "groups": len(kept),
                "left_out": left_out_text(left_out),
                "caution": caution_of(bench, kept),
            }
            if len(kept) < 2:
                yield HomogeneityRow(**key_cells(found, metric), **cells, note="fewer than two groups")
                continue
            sizes = [effective_sample(c, level) for c in kept]
            p_chi = homogeneity_p([c.errors / c.trials * n for c, n in zip(kept, sizes, strict=True)], sizes)
            yield HomogeneityRow(
                **key_cells(found, metric),
                **cells,
                p_chi_square=p_chi,
                **_cells(evidence, found, metric, kept, orders(found.columns, tuple(c.group for c in kept))),
            )


def _cells(
    evidence: Evidence, found: GroupCounts, metric: str, kept: list[ErrorCounts], people: _People
) -> dict[str, Any]:
    """The test by permutation; counts are those of the people with one label, which may be fewer than of the groups."""
    cells: dict[str, Any] = {"people": len(people.rows), "people_left_out": len(people.place) - len(people.rows)}
    if len(np.unique(people.labels[0])) < 2:
        return {**cells, "note": "fewer than two groups of people with one label: nothing to permute"}
    orders = (_nonmated if metric == "FMR" else _mated)(evidence, found, people, len(kept))
    errors, trials = int(orders.errors[0].sum()), int(orders.trials[0].sum())
    cells |= {"errors": errors, "trials": trials}
    if not 0 < errors < trials:
        return {**cells, "note": "no errors" if errors == 0 else "nothing but errors"}
    note = _FMR_NULL if metric == "FMR" else ""
    return {**cells, "p_permutation": permutation_p(statistics(orders)), "permutations": PERMUTATIONS, "note": note}


def _people(evidence: Evidence, columns: tuple[str, ...], names: tuple[str, ...]) -> _People:
    samples = evidence.samples
    person, group = samples.people(), samples.grouping(columns)
    everyone = int(person.max(initial=-1)) + 1
    known, code = np.unique(group, return_inverse=True)
    lowest, highest = np.full(everyone, len(known)), np.full(everyone, -1)
    np.minimum.at(lowest, person, code)
    np.maximum.at(highest, person, code)
    new = np.array([names.index(str(name)) if str(name) in names else -1 for name in known], dtype=np.int16)
    one: Mask = (lowest == highest) & (new[np.minimum(lowest, len(known) - 1)] >= 0)
    chosen = np.flatnonzero(one)
    place = np.full(everyone, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    rng = np.random.default_rng([evidence.study.seed, 0x9E2A])
    return _People(chosen, place, permuted(new[lowest[chosen]], PERMUTATIONS, rng))


def _mated(evidence: Evidence, found: GroupCounts, people: _People, groups: int) -> Orders:
    (everyone,) = count.person_errors(found.comparisons, evidence.samples, (), found.threshold.value)
    errors, comparisons = np.zeros(len(people.place), np.int64), np.zeros(len(people.place), np.int64)
    errors[everyone.people], comparisons[everyone.people] = everyone.errors, everyone.comparisons
    return mated_orders(people.labels, groups, errors[people.rows], comparisons[people.rows])


def _nonmated(evidence: Evidence, found: GroupCounts, people: _People, groups: int) -> Orders:
    (everyone,) = count.pair_errors(found.comparisons, evidence.samples, (), found.threshold.value)
    i, j = people.place[everyone.i], people.place[everyone.j]
    both = (i >= 0) & (j >= 0)
    compared = count.among(everyone.compared, people.rows)
    return nonmated_orders(people.labels, groups, i[both], j[both], everyone.errors[both], compared)
