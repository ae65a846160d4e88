"""Table of each group's gap, split into what goes with quality and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from facegap.estimate.binomial import z_value
from facegap.estimate.bootstrap import percentiles
from facegap.estimate.quality_split import Term, by_person, logistic, split, strata
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Rows
from facegap.schema import SplitRow
from facegap.tables.mated import Flags, Floats, Mated, each, entering, key_of, mated_at, qualities
from facegap.tables.shared_cells import caution_against
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[SplitRow]:
    """Each group's FNMR less the others', split by quality, and the logistic model of the same comparisons."""
    evidence = bench.evidence
    for comparisons, columns, threshold in each(bench):
        mated = mated_at(evidence, comparisons, columns, threshold.value)
        names = [str(name) for name in entering(bench, columns, mated)] if columns else []
        for quality, values in qualities(evidence, comparisons).items() if len(names) > 1 else ():
            stratum = strata(values)
            labelled = np.isin(mated.group, names)
            counts = [one.counts for one in bench.fnmr(comparisons, columns, threshold.value).values()]
            for name in names:
                mine = mated.group == name
                yield SplitRow(
                    **key_of(comparisons, columns, threshold, name),
                    quality=quality,
                    **_split_cells(bench, mated, stratum, mine, labelled & ~mine),
                    **_logistic_cells(evidence, mated, values, mine, labelled),
                    caution=_caution(bench, counts, names, name),
                )


def _caution(bench: Workbench, counts: Sequence[ErrorCounts], names: Sequence[str], name: str) -> str:
    by_group = {c.group: c for c in counts}
    return caution_against(bench, by_group[name], [by_group[other] for other in names if other != name])


def _split_cells(bench: Workbench, mated: Mated, stratum: Rows, mine: Flags, others: Flags) -> dict[str, Any]:
    weights = bench.people_draws.weights.astype(np.float64)
    level = bench.evidence.study.statistics.level
    sums = [
        by_person(mated.person[side], stratum[side], values[side].astype(np.float64), mated.people)
        for side in (mine, others)
        for values in (mated.error, np.ones(len(mine)))
    ]
    value = split(*(side.sum(axis=1) for side in sums))
    drawn = split(*(side @ weights for side in sums))
    cells: dict[str, Any] = {"level": level}
    for name, one, draws in zip(("gap", "by_quality", "at_same_quality"), value, drawn, strict=True):
        low, high = percentiles(draws, level) or (None, None)
        cells |= {name: float(one), f"{name}_low": low, f"{name}_high": high}
    return cells


def _logistic_cells(evidence: Evidence, mated: Mated, values: Floats, mine: Flags, labelled: Flags) -> dict[str, Any]:
    """Odds of an error in the group against the others at mean quality, and whether quality acts otherwise on it."""
    used = labelled & mated.completed & np.isfinite(values)
    z = values[used] - values[used].mean() if used.any() else values[used]
    spread = float(z.std()) if used.any() else 0.0
    note = "no logistic model: too few errors or people, or separated groups"
    if spread == 0 or min(int(mated.error[used & side].sum()) for side in (mine, ~mine)) < 5:
        return {"note": note}
    member = mine[used].astype(np.float64)
    design = np.column_stack([member, z / spread, member * z / spread])
    terms = logistic(design, ["group", "quality", "group x quality"], mated.error[used], mated.person[used])
    if terms is None:
        return {"note": note}
    by_name = {term.name: term for term in terms}
    low, high = _odds(by_name["group"], evidence.study.statistics.level)
    return {
        "odds_ratio": float(np.exp(by_name["group"].value)),
        "odds_ratio_low": low,
        "odds_ratio_high": high,
        "odds_p": by_name["group"].p,
        "quality_odds_ratio": float(np.exp(by_name["quality"].value)),
        "interaction_p": by_name["group x quality"].p,
    }


def _odds(term: Term, level: float) -> tuple[float, float]:
    half = z_value(level) * term.error
    return float(np.exp(term.value - half)), float(np.exp(term.value + half))
