"""Summary measures of groups: their tables, what chance alone gives, and one test over all groups."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.estimate.measures import COMBINED, MEASURES
from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import (
    AtTargetSummaryRow,
    CommonMarginRow,
    DifferentialRow,
    HomogeneityRow,
    TargetMeasureRow,
    ThresholdRow,
)
from facegap.store import Tables


def measure_tables(tables: Tables) -> list[tuple[str, Table]]:
    """Summary measures at the operating points the findings read at: every grouping, baseline condition."""
    found = []
    for model, point in _points(tables):
        main = views.main_threshold(tables, model)
        wanted = {"model": model, "condition": views.baseline(tables), "threshold_name": point.name}
        rows = [row for row in views.select(tables[DifferentialRow], **wanted) if _said(row)]
        if rows:
            where = words.at(point.name, point.threshold)
            again = views.select(tables[AtTargetSummaryRow], **wanted)
            targets = [
                row
                for row in views.select(tables[TargetMeasureRow], model=model, condition=views.baseline(tables))
                if (row.threshold_name == point.name or (not row.threshold_name and point == main))
                and row.value is not None
            ]
            title = f"{model}: how unequal the groups' rates are {where}"
            found.append((title, _measures(rows, again, targets)))
    return found


_TWINS = ("STD sample", "gini corrected", "STD accuracy, sample")
"""Measures that say once more, on another scale, what the one before them says."""


def _said(row: DifferentialRow) -> bool:
    """Whether the page gives it: it has a value, is of the rates as they were seen, and no twin of another one."""
    return row.value is not None and "(smoothed)" not in row.measure and row.measure not in _TWINS


def left_out(tables: Tables) -> str:
    """What `measure_tables` leaves to the file, in words; "" for nothing."""
    rows = tables[DifferentialRow]
    kinds = (
        ("undefined values", any(row.value is None for row in rows)),
        ("smoothed values", any("(smoothed)" in row.measure for row in rows)),
        (
            words.listed(name for name in _TWINS if any(row.measure == name for row in rows)),
            any(row.measure in _TWINS for row in rows),
        ),
    )
    return words.listed(name for name, there in kinds if there)


def _points(tables: Tables) -> list[tuple[str, ThresholdRow]]:
    return [(model, point) for model in views.models(tables) for point in views.leading_thresholds(tables, model)]


def _ends(row: DifferentialRow) -> tuple[str, str]:
    """The groups with the highest and the lowest rate; neither where the rates are equal."""
    if row.worst == row.best:
        return words.DASH, words.DASH
    return row.worst or words.DASH, row.best or words.DASH


def _measures(
    rows: Sequence[DifferentialRow], again: Sequence[AtTargetSummaryRow], targets: Sequence[TargetMeasureRow]
) -> Table:
    head = (
        "By", "Rate", "Measure", "Value", "Interval", "Interval, threshold set again", "By chance alone", "Highest",
        "Lowest", "Groups, left out, notes",
    )  # fmt: skip
    set_again = {(row.grouping, row.metric, row.measure): words.reach(row.low, row.high) for row in again}
    body = [
        (
            row.grouping, row.metric, row.measure, words.number(row.value), words.reach(row.low, row.high),
            set_again.get((row.grouping, row.metric, row.measure), words.DASH),
            words.reach(row.null_low, row.null_high), *_ends(row),
            _notes(row.groups, row.left_out, words.noted(row)),
        )
        for row in rows
    ]  # fmt: skip
    body += [
        (
            row.grouping, row.metric, row.measure, words.number(row.value), words.reach(row.low, row.high), words.DASH,
            words.reach(row.null_low, row.null_high), words.DASH, words.DASH,
            _notes(row.groups, row.left_out, words.noted(row)),
        )
        for row in targets
    ]  # fmt: skip
    return Table(head, body).without_empty_columns()


def _notes(groups: int | None, left_out: str, note: str) -> str:
    return "; ".join(part for part in (f"{words.count(groups)} groups", left_out, note) if part)


def homogeneity_table(tables: Tables) -> Table:
    """One test over all groups of each grouping, at the operating points the findings read at."""
    head = (
        "Model", "Metric", "At", "By", "Groups", "People", "p, chi-square", "p, labels permuted over people",
        "p, people drawn again", "Margin of all groups at once", "Left out, notes",
    )  # fmt: skip
    rows: list[Sequence[str]] = []
    again = {(r.model, r.metric, r.threshold_name, r.grouping): r for r in _margins(tables)}
    for model, point in _points(tables):
        wanted = {"model": model, "condition": views.baseline(tables), "threshold_name": point.name}
        rows += [
            (
                row.model, row.metric, row.threshold_name, row.grouping,
                words.count(row.groups), words.count(row.people),
                words.number(row.p_chi_square, 2), words.number(row.p_permutation, 2),
                *_drawn_again(again.get((row.model, row.metric, row.threshold_name, row.grouping))),
                "; ".join(part for part in (row.left_out, words.noted(row)) if part),
            )
            for row in views.select(tables[HomogeneityRow], **wanted)
        ]  # fmt: skip
    return Table(head, rows)


def _margins(tables: Tables) -> list[CommonMarginRow]:
    return views.select(tables[CommonMarginRow], condition=views.baseline(tables))


def _drawn_again(row: CommonMarginRow | None) -> tuple[str, str]:
    """The p-value, and "+- 0.4 %": by so much every group's rate may be off, all of them at once; dashes where none."""
    if row is None:
        return words.DASH, words.DASH
    margin = words.DASH if row.margin is None else f"±{words.SPACE}{words.percent(row.margin)}"
    return words.number(row.p, 2), margin


def hidden_table(tables: Tables) -> Table:
    """What each measure that the run has hides."""
    there = {row.measure for row in tables[DifferentialRow]}
    rows = [(m.name, words.number(m.at_equality), m.hides) for m in (*MEASURES, *COMBINED) if m.name in there]
    return Table(("Measure", "Where all rates are equal", "What it hides"), rows)
