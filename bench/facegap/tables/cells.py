"""Tables of intersectional cells: one label's share in their differences, shrunken rates of small ones, homogeneity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap import count
from facegap.estimate.bootstrap import Floats, fmr_draws, pair_trials
from facegap.estimate.differentials import enter
from facegap.estimate.interval import effective_sample
from facegap.estimate.marginals import broad_homogeneity, marginal_differentials
from facegap.estimate.shrinkage import shrink
from facegap.records import Differential, Threshold
from facegap.tables.at_target import people_draws
from facegap.tables.by_threshold import KEYS, GroupCounts, group_counts, key_cells
from facegap.tables.evidence import Evidence

MARGINAL_COLUMNS = (*KEYS, "measure", "value", "low", "high", "null_low", "null_high", "groups", "left_out", "note")
SHRUNKEN_COLUMNS = (
    *(*KEYS, "group", "errors", "trials", "subjects", "n_eff", "rate"),
    *("shrunken", "low", "high", "level", "own_weight", "note"),
)


def marginal_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Broad homogeneity of every grouping, and the marginal ratio of every label of a grouping of several columns."""
    everyone: dict[tuple[str, str, str], GroupCounts] = {}
    rule = evidence.study.statistics
    for found in group_counts(evidence, thresholds):
        key = (found.comparisons.model, found.comparisons.condition, found.threshold.name)
        if not found.columns:
            everyone[key] = found
            continue
        kept, _ = enter(found.by_metric["FMR"], rule.min_subjects)
        if kept:
            drawn = _drawn(evidence, found, {c.group for c in kept})
            row = broad_homogeneity(kept, everyone[key].by_metric["FMR"][0], drawn, rule.level)
            yield {**key_cells(found, "FMR"), **_marginal_cells(row)}
        for metric, counts in found.by_metric.items():
            for column in found.columns if len(found.columns) > 1 else ():
                reference = largest(evidence, column)
                rows = marginal_differentials(
                    counts, column, reference, rule.min_subjects, rule.level, evidence.study.seed
                )
                yield from ({**key_cells(found, metric), **_marginal_cells(row)} for row in rows)


def _drawn(evidence: Evidence, found: GroupCounts, kept: set[str]) -> tuple[Floats, Floats]:
    """(draws,) FMR inside the groups that enter and FMR of everyone, of the same people drawn."""
    draws = people_draws(evidence)

    def drawn(columns: tuple[str, ...], names: set[str]) -> Floats:
        sides = count.pair_errors(found.comparisons, evidence.samples, columns, found.threshold.value)
        mine = [side for side in sides if side.group in names]
        trials = [pair_trials(draws, side.references, side.probes, side.once) for side in mine]
        rates = [fmr_draws(draws, *side[1:]) for side in mine]
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
        "left_out": "; ".join(f"{name}: {why}" for name, why in row.left_out),
        "note": row.note,
    }


LEAST_WEIGHT = 0.05
NO_SPREAD = (
    "the groups were not seen to differ beyond chance, so that this is nearly their common rate; its interval would "
    "leave out how well that rate and the spread are known, and is not given; "
)


def shrunken_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Rates of the groups shrunken towards each other, beside the raw ones; every group with a label and trials."""
    level = evidence.study.statistics.level
    for found in group_counts(evidence, thresholds):
        for metric, counts in found.by_metric.items() if found.columns else ():
            kept, _ = enter(counts, 1)
            if len(kept) < 2:
                continue
            sizes = [effective_sample(c, level) for c in kept]
            errors = [c.errors / c.trials * n for c, n in zip(kept, sizes, strict=True)]
            for c, n, one in zip(kept, sizes, shrink(errors, sizes, level), strict=True):
                known = one.own_weight >= LEAST_WEIGHT
                yield {
                    **key_cells(found, metric),
                    "group": c.group,
                    "errors": c.errors,
                    "trials": c.trials,
                    "subjects": c.subjects,
                    "n_eff": n,
                    "rate": c.errors / c.trials,
                    "shrunken": one.value,
                    "low": one.low if known else None,
                    "high": one.high if known else None,
                    "level": level,
                    "own_weight": one.own_weight,
                    "note": ("" if known else NO_SPREAD)
                    + "takes the groups for exchangeable; stands beside the raw rate, not in its place",
                }
