"""A table in the shape of NIST's demographics page: a line an algorithm, how far its groups' false match rates lie
apart, and which groups have the highest and the lowest.

Columns are those of the page (max/min, max/mean, max/geomean, Gini, the extreme groups with their rates); groups,
threshold and data are this run's, so that lines here and there cannot be ranked together.
"""

from __future__ import annotations

from collections.abc import Iterator

from facegap.schema import DifferentialRow, RateRow
from facegap.store import Tables

_MEASURES = ("max/min", "max/mean", "max/geomean", "gini")
NIST_HEADER = (
    "algorithm", "condition", "threshold", "groups", "FMR overall", "FMR max", "max group", "FMR min", "min group",
    *(f"FMR {measure}" for measure in _MEASURES), "FNMR overall", "FNMR max", "FNMR max group",
    *(f"FNMR {measure}" for measure in _MEASURES),
)  # fmt: skip

Line = tuple[str | float | None, ...]


def nist_lines(tables: Tables) -> Iterator[Line]:
    """One line a model, condition, grouping and operating point."""
    rates = [row for row in tables[RateRow] if row.failures == "counted" and row.threshold is not None]
    keys = dict.fromkeys((row.model, row.condition, row.grouping, row.threshold_name) for row in rates if row.grouping)
    for model, condition, grouping, name in keys:
        here = [
            row
            for row in rates
            if (row.model, row.condition, row.threshold_name) == (model, condition, name)
            and row.grouping in ("", grouping)
        ]
        yield (
            model,
            condition,
            name,
            grouping,
            *_of(tables, here, grouping, "FMR"),
            *_of(tables, here, grouping, "FNMR"),
        )


def _of(tables: Tables, rows: list[RateRow], grouping: str, metric: str) -> Line:
    mine = [row for row in rows if row.metric == metric]
    overall = next((row.rate for row in mine if row.grouping == ""), None)
    groups = [row for row in mine if row.grouping == grouping and row.rate is not None]
    high = max(groups, key=lambda row: row.rate or 0.0, default=None)
    low = min(groups, key=lambda row: row.rate or 0.0, default=None)
    values = _measures(tables, mine, grouping, metric)
    extremes: Line = (overall, high.rate if high else None, high.group if high else "")
    if metric == "FMR":
        extremes = (*extremes, low.rate if low else None, low.group if low else "")
    return (*extremes, *values)


def _measures(tables: Tables, rows: list[RateRow], grouping: str, metric: str) -> Line:
    if not rows:
        return (None,) * len(_MEASURES)
    one = rows[0]
    found = {
        row.measure: row.value
        for row in tables[DifferentialRow]
        if (row.model, row.condition, row.grouping, row.metric, row.threshold_name)
        == (one.model, one.condition, grouping, metric, one.threshold_name)
    }
    return tuple(found.get(measure) for measure in _MEASURES)
