"""Tables of intersectional cells: one label's share in their differences, shrunken rates of small ones, homogeneity."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from facegap import count
from facegap.estimate.bootstrap import Floats, fmr_draws, pair_trials
from facegap.estimate.differentials import enter
from facegap.estimate.marginals import broad_homogeneity, marginal_differentials
from facegap.evidence import Evidence
from facegap.records import Differential
from facegap.schema import MarginalRow
from facegap.tables.equal_groups import equal_rates
from facegap.tables.shared_cells import caution_of, key_cells, left_out_text
from facegap.tables.workbench import GroupCounts, Workbench


def rows(bench: Workbench) -> Iterator[MarginalRow]:
    """Broad homogeneity of every grouping, and the marginal ratio of every label of a grouping of several columns."""
    evidence = bench.evidence
    everyone: dict[tuple[str, str, str], GroupCounts] = {}
    rule = evidence.study.statistics
    for found in bench.group_counts:
        key = (found.comparisons.model, found.comparisons.condition, found.threshold.name)
        if not found.columns:
            everyone[key] = found
            continue
        kept, _ = enter(found.by_metric["FMR"], rule.min_subjects)
        if kept:
            drawn = _drawn(bench, found, {c.group for c in kept})
            row = broad_homogeneity(kept, everyone[key].by_metric["FMR"][0], drawn, rule.level)
            caution = caution_of(bench, [*kept, everyone[key].by_metric["FMR"][0]])
            yield MarginalRow(**key_cells(found, "FMR"), **_marginal_cells(row), caution=caution)
        for metric, counts in found.by_metric.items():
            for column in found.columns if len(found.columns) > 1 else ():
                reference = largest(evidence, column)
                equal = partial(equal_rates, bench, found.comparisons, found.columns, found.threshold.value)
                rows = marginal_differentials(
                    counts, column, reference, rule.min_subjects, rule.level, evidence.study.seed, equal
                )
                caution = caution_of(bench, enter(counts, rule.min_subjects)[0])
                yield from (
                    MarginalRow(**key_cells(found, metric), **_marginal_cells(row), caution=caution) for row in rows
                )


def _drawn(bench: Workbench, found: GroupCounts, kept: set[str]) -> tuple[Floats, Floats]:
    """(draws,) FMR inside the groups that enter and FMR of everyone, of the same people drawn."""
    evidence, draws = bench.evidence, bench.people_draws

    def drawn(columns: tuple[str, ...], names: set[str]) -> Floats:
        sides = count.pair_errors(found.comparisons, evidence.samples, columns, found.threshold.value)
        mine = [side for side in sides if side.group in names]
        trials = [pair_trials(draws, side.compared) for side in mine]
        rates = [fmr_draws(draws, side.i, side.j, side.errors, side.compared) for side in mine]
        matches = np.sum([np.nan_to_num(r) * n for r, n in zip(rates, trials, strict=True)], axis=0)
        total = np.sum(trials, axis=0)
        return np.asarray(np.divide(matches, total, out=np.full(len(total), np.nan), where=total > 0))

    return drawn(found.columns, kept), drawn((), {"everyone"})


def largest(evidence: Evidence, column: str) -> str:
    """The value of `column` with most people, the first by name among equals: what the others are compared with."""
    pairs = np.unique(np.stack([evidence.samples.groups[column], evidence.samples.subjects]), axis=1)
    values, people = np.unique(pairs[0], return_counts=True)
    return str(values[int(people.argmax())])


def _marginal_cells(row: Differential) -> dict[str, Any]:
    return {
        "measure": row.measure,
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "null_low": row.null_low,
        "null_high": row.null_high,
        "groups": row.groups,
        "left_out": left_out_text(row.left_out),
        "note": row.note,
    }
