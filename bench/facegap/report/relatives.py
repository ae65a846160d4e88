"""Relatives: how often people of one family match, beside strangers; the interval of the ratio decides the sentence."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import RelativeRow
from facegap.store import Tables


def sentences(tables: Tables) -> list[str]:
    """One on everyone for each model, relation and operating point that the findings read at, baseline condition."""
    return [sentence(row) for row in _rows(tables) if row.grouping == views.EVERYONE and row.rate is not None]


def sentence(row: RelativeRow) -> str:
    """What is said of relatives; that they match more often only where the whole interval of the ratio lies above 1."""
    seen = f"{_seen(row.errors, row.trials)} against {_seen(row.stranger_errors, row.stranger_trials)} of strangers"
    where = f"{row.model}, {row.threshold_name}, relation “{row.relation}”"
    said = words.noted(row)
    care = f" Read with care: {said}." if said else ""
    if row.ratio_low is None or row.ratio_low <= 1:
        return f"{where}: relatives are not shown to match more often than strangers: {seen} match.{care}"
    span = f"{_times(row.ratio_low)}{words.DASH}{_times(row.ratio_high)}" if row.ratio_high is not None else ""
    ratio = (
        f"{_times(row.ratio)} times ({span})" if row.ratio is not None else f"at least {_times(row.ratio_low)} times"
    )
    return f"{where}: relatives match {ratio} as often as strangers: {seen} match.{care}"


def relatives_table(tables: Tables) -> Table:
    """Both rates with their intervals, everyone first."""
    head = (
        "Model", "At", "Relation", "By", "Group", "Families", "People", "FMR of relatives", "FMR of strangers",
        "Ratio (interval)", "Note",
    )  # fmt: skip
    rows: list[Sequence[str]] = [
        (
            row.model, row.threshold_name, row.relation, row.grouping or "everyone", row.group,
            words.count(row.families), words.count(row.people), _rate(row.rate, row.low, row.high),
            _rate(row.stranger_rate, row.stranger_low, row.stranger_high),
            f"{_times(row.ratio)} ({words.reach(row.ratio_low, row.ratio_high)})", row.note,
        )
        for row in _rows(tables)
    ]  # fmt: skip
    return Table(head, rows)


def _rows(tables: Tables) -> list[RelativeRow]:
    wanted = {"condition": views.baseline(tables)}
    return [
        row
        for model in views.models(tables)
        for point in views.leading_thresholds(tables, model)
        for row in views.select(tables[RelativeRow], model=model, threshold_name=point.name, **wanted)
    ]


def _rate(value: float | None, low: float | None, high: float | None) -> str:
    return words.DASH if value is None else f"{words.percent(value)} ({words.interval(low, high)})"


def _seen(errors: int | None, trials: int | None) -> str:
    return f"{words.count(errors)} of {words.count(trials)} comparisons"


def _times(value: float | None) -> str:
    return words.number(value, 2)
