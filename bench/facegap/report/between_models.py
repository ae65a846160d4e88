"""Two models on the same comparisons: whose errors differ, for which group, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import BetweenRow
from facegap.store import Tables

HEAD = (
    "Models", "Metric", "Group", "Comparisons", "People", "Rates", "Difference per 10,000 (interval)",
    "Errs under one alone", "p by person, Holm", "Verdict", "Would have seen with 80 % power", "Note",
)  # fmt: skip


def between_table(tables: Tables) -> Table:
    """Every pair of models under the baseline, of everyone and by the first grouping, at the page's operating point."""
    rows: list[Sequence[str]] = []
    for model in views.models(tables):
        point = views.main_threshold(tables, model)
        wanted = {"model": model, "condition": views.baseline(tables), "threshold_name": point.name if point else ""}
        rows += [
            cells(row)
            for row in views.select(tables[BetweenRow], **wanted)
            if row.grouping in (views.EVERYONE, views.first_grouping(tables))
        ]
    return Table(HEAD, rows)


def cells(row: BetweenRow) -> tuple[str, ...]:
    """The cells of one row under `HEAD`."""
    return (
        f"{row.model} less {row.other_model}", row.metric, row.group, words.count(row.comparisons),
        words.count(row.subjects), f"{words.percent(row.rate)}, {words.percent(row.other_rate)}",
        _difference(row), f"{words.count(row.only_model)}, {words.count(row.only_other)}",
        words.number(row.p_holm, 2), row.verdict or words.DASH, _visible(row), words.noted(row),
    )  # fmt: skip


def _difference(row: BetweenRow) -> str:
    if row.difference is None:
        return words.DASH
    value = _signed(row.difference)
    return value if row.low is None or row.high is None else f"{value} ({_signed(row.low)} to {_signed(row.high)})"


def _visible(row: BetweenRow) -> str:
    return words.DASH if row.visible_80 is None else f"{words.number(1e4 * row.visible_80)} per 10,000"


def _signed(value: float) -> str:
    return f"+{words.number(1e4 * value)}" if value > 0 else words.number(1e4 * value)
