"""The page of published counts: what they show and what they cannot, from the tables of `facegap judge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from facegap.report import dots, style, words
from facegap.report.dots import Series
from facegap.report.marks import Point
from facegap.report.page import environment
from facegap.report.style import Picture, Table
from facegap.report.worst_first import judged_sentences
from facegap.schema import JudgedClaimRow, JudgedRateRow, JudgedRatioRow, JudgedSummaryRow, Row
from facegap.store import read_rows, table_path
from facegap.words import plural

_MEASURES = ("max/min", "max/min (smoothed)", "max/geomean", "max/geomean (smoothed)", "max-min", "gini")


def pictures(folder: Path) -> list[Picture]:
    """One figure a rate: every group of every grouping, a mark for each system, condition and threshold."""
    rates = read_rows(folder, JudgedRateRow)
    return [_picture(metric, [row for row in rates if row.metric == metric]) for metric in _once(rates, "metric")]


def page(folder: Path, said: Mapping[str, Any], figures: Sequence[Picture]) -> str:
    """The page as HTML."""
    rates, ratios = read_rows(folder, JudgedRateRow), read_rows(folder, JudgedRatioRow)
    claims = read_rows(folder, JudgedClaimRow) if table_path(folder, JudgedClaimRow).exists() else []
    html = (
        environment()
        .get_template("judged.html")
        .render(
            said=said,
            findings=judged_sentences(ratios),
            untested=_untested(rates, ratios),
            claims=[
                (text, verdict, _claim_table([r for r in claims if r.claim == text]))
                for text, verdict in said["claims"].items()
            ],
            figures=[(picture, Markup(picture.svg)) for picture in figures],
            rates=_rates_table(rates),
            ratios=_ratio_table(ratios),
            summaries=_summary_table(read_rows(folder, JudgedSummaryRow)),
            words=words,
            most_rows=10_000,
        )
    )
    return html + "\n"


def _once(rows: Sequence[Row], column: str) -> list[str]:
    return list(dict.fromkeys(getattr(row, column) for row in rows))


def _system(row: JudgedRateRow | JudgedRatioRow | JudgedSummaryRow | JudgedClaimRow) -> str:
    """What tells one published table from another: system, condition, operating point."""
    at = f"at {row.threshold}" if row.threshold else ""
    return ", ".join(part for part in (row.model, row.condition, at) if part) or "as published"


def _picture(metric: str, rates: Sequence[JudgedRateRow]) -> Picture:
    systems = list(dict.fromkeys(map(_system, rates)))
    series = [
        Series(
            name,
            {
                (row.grouping, row.group): Point(
                    rate=row.rate, low=row.low, high=row.high, errors=row.errors, subjects=row.people
                )
                for row in rates
                if _system(row) == name
            },
        )
        for name in systems
    ]
    keys = list(dict.fromkeys((row.grouping, row.group) for row in rates))
    lines = dots.lines_of(keys, dots.few_people(series))
    highest = max(rates, key=lambda row: row.rate or 0.0)
    title = f"{metric}: highest for {highest.group}, {words.percent(highest.rate)}"
    many = plural(len(systems), "published table")
    alt = f"{metric} by group with intervals, {many}; the table beneath has every number."
    name = style.slug("judged", metric)

    def paint(figure: Any) -> None:
        ax = figure.subplots()
        dots.panel(ax, lines, series, _scale(rates), True, 0)
        ax.set_xlabel(f"{metric}, as published, with intervals")
        dots.legend(figure, series, series)

    svg = style.draw(name, title, alt, (8.2, dots.height(lines, len(series))), paint)
    return Picture(
        name=name,
        title=title,
        caption="A line is the interval at the assumed design effect; it would be wider if trials share people.",
        alt=alt,
        svg=svg,
        table=_rates_table(rates),
        sources=("judged_rates.csv",),
    )


def _scale(rates: Sequence[JudgedRateRow]) -> dots.Scale:
    """Powers of ten where the rates span more than two of them."""
    values = [row.rate for row in rates if row.rate]
    return "log" if values and max(values) > 100 * min(values) else "linear"


def _untested(rates: Sequence[JudgedRateRow], ratios: Sequence[JudgedRatioRow]) -> list[str]:
    """What could not be seen, in sentences."""
    found = [f"{_system(row)}, {row.group}: {row.note}" for row in ratios if not row.verdict and row.note]
    blind = [row for row in ratios if row.verdict == "not shown to differ" and row.visible is None]
    if blind:
        names = words.listed(dict.fromkeys(row.group for row in blind))
        found.append(f"The errors are so few that no ratio, however large, could have been shown for {names}.")
    if any(row.people is None and row.trials for row in rates):
        found.append(
            "How many people are behind the trials was not published for every group: if the same people come again, "
            "intervals are wider than shown, and each test says from which design effect it would turn."
        )
    return found


def _rates_table(rates: Sequence[JudgedRateRow]) -> Table:
    rows = [
        (
            _system(row), row.metric, row.grouping, row.group, words.count(row.errors), words.count(row.trials),
            words.count(row.people), words.percent(row.rate), words.interval(row.low, row.high),
            words.interval(row.low_alike, row.high_alike), words.noted(row),
        )
        for row in rates
    ]  # fmt: skip
    head = (
        "Table", "Rate of", "By", "Group", "Errors", "Trials", "People", "Rate", "Interval",
        "If all trials of a person agreed", "Note",
    )  # fmt: skip
    return Table(head, rows).without_empty_columns()


def _ratio_table(ratios: Sequence[JudgedRatioRow]) -> Table:
    rows = [
        (
            _system(row), row.metric, row.grouping, row.group, row.against, words.number(row.ratio),
            words.reach(row.low, row.high), "" if row.p_holm is None else f"{row.p_holm:.2g}", row.verdict or row.note,
            words.number(row.visible) if row.visible is not None else "none" if row.verdict else "",
            words.number(row.turns_at), words.number(row.possible), row.method, row.caution,
        )
        for row in ratios
    ]  # fmt: skip
    head = (
        "Table", "Rate of", "By", "Group", "Against", "Ratio", "Interval", "p (Holm)", "Test says",
        "Sees ratios from", "Turns at design effect", "Possible by people", "Test", "Read with care",
    )  # fmt: skip
    return Table(head, rows).without_empty_columns()


def _summary_table(summaries: Sequence[JudgedSummaryRow]) -> Table:
    rows = [
        (
            _system(row), row.metric, row.grouping, row.measure, words.number(row.value),
            words.reach(row.low, row.high), words.number(row.null_high), row.worst, row.best, words.noted(row),
        )
        for row in summaries
        if row.measure in _MEASURES
    ]  # fmt: skip
    head = ("Table", "Rate of", "By", "Measure", "Value", "Interval", "By chance up to", "Highest", "Lowest", "Note")
    return Table(head, rows).without_empty_columns()


def _claim_table(claims: Sequence[JudgedClaimRow]) -> Table:
    rows = [
        (
            _system(row), row.grouping or "everyone", row.group, row.verdict, words.number(row.value),
            words.reach(row.low, row.high), "" if row.p is None else f"{row.p:.2g}", words.number(row.turns_at),
            words.noted(row),
        )
        for row in claims
    ]  # fmt: skip
    head = ("Table", "By", "Group", "Verdict", "Found", "Interval", "p", "Turns at design effect", "Note")
    return Table(head, rows).without_empty_columns()
