"""Table of rates shrunken towards each other, beside the raw ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facegap.estimate.differentials import enter, of_people
from facegap.estimate.interval import effective_sample
from facegap.estimate.shrinkage import shrink
from facegap.records import ErrorCounts
from facegap.schema import ShrunkenRow
from facegap.tables.shared_cells import caution_of, key_cells
from facegap.tables.workbench import Workbench

LEAST_WEIGHT = 0.05

NO_SPREAD = (
    "the groups were not seen to differ beyond chance, so that this is nearly their common rate; its interval would "
    "leave out how well that rate and the spread are known, and is not given; "
)


def rows(bench: Workbench) -> Iterator[ShrunkenRow]:
    """Rates of the groups shrunken towards each other, beside the raw ones; every group with a label and trials."""
    evidence = bench.evidence
    level = evidence.study.statistics.level
    for found in bench.group_counts:
        for metric, counts in found.by_metric.items() if found.columns else ():
            kept, _ = enter(counts, 1)
            if len(kept) < 2:
                continue
            sizes = [effective_sample(c, level) for c in kept]
            errors = [c.errors / c.trials * n for c, n in zip(kept, sizes, strict=True)]
            by_people, caution = _by_people(kept, level), caution_of(bench, kept)
            estimates = bench.estimates(found.comparisons, found.columns, found.threshold.value)[metric]
            for c, n, one in zip(kept, sizes, shrink(errors, sizes, level), strict=True):
                known = one.own_weight >= LEAST_WEIGHT
                yield ShrunkenRow(
                    **key_cells(found, metric),
                    group=c.group,
                    errors=c.errors,
                    trials=c.trials,
                    subjects=c.subjects,
                    n_eff=n,
                    rate=c.errors / c.trials,
                    shrunken=one.value,
                    low=one.low if known else None,
                    high=one.high if known else None,
                    level=level,
                    own_weight=one.own_weight,
                    by_people=estimates[c.group].people.value,
                    shrunken_by_people=by_people.get(c.group),
                    caution=caution,
                    note=("" if known else NO_SPREAD)
                    + "takes the groups for exchangeable; stands beside the raw rate, not in its place",
                )


def _by_people(kept: Sequence[ErrorCounts], level: float) -> dict[str, float]:
    """Group -> the rate by people shrunken towards the others' rates by people."""
    if any(c.people is None for c in kept):
        return {}
    people = of_people(kept)
    sizes = [effective_sample(c, level) for c in people]
    errors = [c.errors / c.trials * n for c, n in zip(people, sizes, strict=True)]
    return {c.group: one.value for c, one in zip(kept, shrink(errors, sizes, level), strict=True)}
