"""Accuracy against differential: each model's error over everyone beside how far its groups lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from facegap import store
from facegap.compared.runs import OneRun
from facegap.schema import DifferentialRow, FrontRow, RateRow

MEASURES = ("max/geomean", "max/geomean (smoothed)")
"""The summary, and the one that stands in where a group without errors leaves it undefined."""


def front_rows(runs: Sequence[OneRun]) -> tuple[FrontRow, ...]:
    """Every model of every run, from the runs' own tables; `front` among those of one condition and threshold name."""
    rows = [row for run in runs for row in _of_run(run)]
    return tuple(replace(row, front="yes" if _on_front(row, rows) else "") for row in rows)


def _of_run(run: OneRun) -> Iterator[FrontRow]:
    tables = store.Tables(run.folder)
    everyone: dict[tuple[str, ...], RateRow] = {
        (row.model, row.condition, row.metric, row.threshold_name): row
        for row in tables[RateRow]
        if row.grouping == "" and row.failures == "counted"
    }
    summaries: dict[tuple[str, ...], DifferentialRow] = {}
    for row in tables[DifferentialRow]:
        key: tuple[str, ...] = (row.model, row.condition, row.metric, row.threshold_name, row.grouping)
        if row.measure in MEASURES and (key not in summaries or summaries[key].value is None):
            summaries[key] = row
    for key, row in summaries.items():
        rate = everyone.get(key[:4])
        if rate is not None:
            yield _row(run, rate, row)


def _row(run: OneRun, rate: RateRow, row: DifferentialRow) -> FrontRow:
    cautions = [f"{name}: {text}" for name, text in (("rate", rate.caution), (row.measure, row.caution)) if text]
    return FrontRow(
        run=run.name,
        model=run.labels[row.model],
        condition=row.condition,
        metric=row.metric,
        grouping=row.grouping,
        threshold_name=row.threshold_name,
        threshold=row.threshold,
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
        subjects=rate.subjects,
        measure=row.measure,
        value=row.value,
        value_low=row.low,
        value_high=row.high,
        worst=row.worst,
        level=rate.level,
        caution="; ".join(cautions),
        note=row.note,
    )


def _place(row: FrontRow) -> tuple[str, ...]:
    return row.condition, row.metric, row.grouping, row.threshold_name


def _on_front(row: FrontRow, rows: Sequence[FrontRow]) -> bool:
    if row.rate is None or row.value is None:
        return False
    return not any(
        other.rate < row.rate and other.value < row.value
        for other in rows
        if _place(other) == _place(row) and other.rate is not None and other.value is not None
    )
