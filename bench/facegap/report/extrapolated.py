"""Table of false match rates below what the comparisons resolve: extrapolated, and said to be."""

from __future__ import annotations

from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import ExtrapolatedRow
from facegap.store import Tables


def extrapolated_table(tables: Tables) -> Table:
    """Everyone and the first grouping under the baseline; no rows where the study did not ask."""
    head = (
        "Model", "Target FMR", "Group", "Comparisons", "Highest fitted", "Own threshold (interval)",
        "Everyone’s threshold", "FMR there", "At most", "Note",
    )  # fmt: skip
    rows = [
        (
            row.model, _rate(row.target), row.group, words.count(row.comparisons), words.count(row.tail),
            _own(row), words.score(row.shared_threshold), _rate(row.fmr), _rate(row.fmr_high), words.noted(row),
        )
        for row in views.select(tables[ExtrapolatedRow], condition=views.baseline(tables))
        if row.grouping in (views.EVERYONE, views.first_grouping(tables))
    ]  # fmt: skip
    return Table(head, rows)


def _own(row: ExtrapolatedRow) -> str:
    if row.own_threshold_low is None or row.own_threshold_high is None:
        return words.score(row.own_threshold)
    low, high = words.score(row.own_threshold_low), words.score(row.own_threshold_high)
    return f"{words.score(row.own_threshold)} ({low} to {high})"


def _rate(value: float | None) -> str:
    """These rates are far too low for percentages."""
    return words.DASH if value is None else f"{value:.1g}"
