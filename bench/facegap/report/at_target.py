"""Tables of rates at target FMRs with the threshold's own uncertainty, and of what one label alone does."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import AtTargetRow, MarginalRow
from facegap.store import Tables


def at_target_table(tables: Tables) -> Table:
    """Rates under the baseline by every grouping and of everyone, every target."""
    head = (
        "Model", "Target FMR", "Score ≥ (interval)", "Metric", "By", "Group", "Errors", "Trials", "People",
        "Rate (interval)", "By people", "Interval method", "Note",
    )  # fmt: skip
    rows = [
        (
            row.model, words.exact_percent(row.target), _threshold(row), row.metric,
            row.grouping or "everyone", row.group, words.count(row.errors),
            words.count(row.trials), words.count(row.subjects), _rate(row), _by_people(row), row.method,
            words.noted(row),
        )
        for row in views.select(tables[AtTargetRow], condition=views.baseline(tables))
    ]  # fmt: skip
    return Table(head, rows)


def _threshold(row: AtTargetRow) -> str:
    if row.threshold_low is None or row.threshold_high is None:
        return words.score(row.threshold)
    return f"{words.score(row.threshold)} ({words.score(row.threshold_low)} to {words.score(row.threshold_high)})"


def _by_people(row: AtTargetRow) -> str:
    if row.by_people is None:
        return words.DASH
    return f"{words.percent(row.by_people)} ({words.interval(row.by_people_low, row.by_people_high)})"


def _rate(row: AtTargetRow) -> str:
    if row.rate is None:
        return words.DASH
    if row.errors == 0:
        return f"0 of {words.count(row.trials)}: up to {words.percent(row.high)}"
    return f"{words.percent(row.rate)} ({words.interval(row.low, row.high)})"


def marginal_table(tables: Tables) -> Table:
    """Ratios by one label alone, and of impostors of the same group to any, at the points that the page reads at."""
    head = ("Model", "Metric", "By", "Ratio", "Value", "Interval", "By chance alone", "Groups", "Left out, notes")
    rows: list[Sequence[str]] = []
    for model in views.models(tables):
        point = views.main_threshold(tables, model)
        wanted = {"model": model, "condition": views.baseline(tables), "threshold_name": point.name if point else ""}
        rows += [
            (
                row.model, row.metric, row.grouping, row.measure, words.number(row.value),
                words.reach(row.low, row.high), words.reach(row.null_low, row.null_high), words.count(row.groups),
                "; ".join(part for part in (row.left_out, words.noted(row)) if part),
            )
            for row in views.select(tables[MarginalRow], **wanted)
        ]  # fmt: skip
    return Table(head, rows)
