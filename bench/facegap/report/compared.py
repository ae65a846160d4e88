"""The page of a comparison: runs and models against each other and against a policy, from the tables of its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.ticker import FuncFormatter

from facegap.report import style, words
from facegap.report.between_models import HEAD, cells
from facegap.report.dots import face
from facegap.report.page import environment
from facegap.report.requirements import limit_words, requirements_table
from facegap.report.style import COLOURS, MARKERS, Picture, Table
from facegap.schema import BetweenRow, FrontRow, RequiredGroupRow, RequirementRow, RunDifferenceRow, SharedRow
from facegap.store import read_rows, table_path

MOST_PAIRED = 60
"""Rows of paired differences on the page; the CSV file has all of them."""


def pictures(folder: Path) -> list[Picture]:
    """Accuracy against differential, of FNMR and of FMR, where two models or more can be placed."""
    rows = read_rows(folder, FrontRow)
    found = (_picture(metric, [row for row in rows if row.metric == metric]) for metric in ("FNMR", "FMR"))
    return [picture for picture in found if picture is not None]


def page(folder: Path, said: Mapping[str, Any], figures: Sequence[Picture]) -> str:
    """The page as HTML."""
    policy = table_path(folder, RequirementRow).exists()
    required = read_rows(folder, RequirementRow) if policy else []
    html = (
        environment()
        .get_template("compared.html")
        .render(
            said=said,
            differences=_difference_table(read_rows(folder, RunDifferenceRow)),
            shared=read_rows(folder, SharedRow),
            outcome=_outcome_table(said),
            requirements=requirements_table(required),
            details=[(name, _details(required, name)) for name in dict.fromkeys(row.requirement for row in required)],
            groups=_groups_table(read_rows(folder, RequiredGroupRow)) if policy else Table((), ()),
            checks=list(dict.fromkeys((row.requirement, row.check) for row in required if row.check)),
            figures=[(picture, Markup(picture.svg)) for picture in figures],
            paired=_paired_table(read_rows(folder, BetweenRow)),
            words=words,
            title=_title(said),
        )
    )
    return html + "\n"


def _title(said: Mapping[str, Any]) -> str:
    models = [model for run in said["runs"] for model in run["models"]]
    return (
        f"{words.listed(models)}: {said['policy']['title']}" if said["policy"] else f"{words.listed(models)} compared"
    )


def _difference_table(rows: Sequence[RunDifferenceRow]) -> Table:
    runs = list(dict.fromkeys(row.run for row in rows))
    cell = {(row.what, row.run): row.value for row in rows}
    body = [
        (about, what, *(cell.get((what, run), "") or words.DASH for run in runs))
        for about, what in dict.fromkeys((row.about, row.what) for row in rows)
    ]
    return Table(("About", "What", *runs), body)


def _outcome_table(said: Mapping[str, Any]) -> Table:
    outcomes = said["outcomes"]
    models = list(outcomes.get("threshold", ()))
    rows = [(model, outcomes["threshold"][model], outcomes["goal"][model]) for model in models]
    return Table(("Model", "Every threshold", "Every goal"), rows)


def _details(rows: Sequence[RequirementRow], name: str) -> Table:
    body = [
        (
            row.model, row.condition, row.level, limit_words(row.metric, row.limit), row.verdict,
            row.group or words.DASH, row.sentence, words.noted(row),
        )
        for row in rows
        if row.requirement == name
    ]  # fmt: skip
    head_ = ("Model", "Condition", "Level", "At most", "Verdict", "Worst group", "In people", "Note")
    return Table(head_, body).without_empty_columns()


def _groups_table(rows: Sequence[RequiredGroupRow]) -> Table:
    body = [
        (
            row.model, row.requirement, row.level, row.condition, row.grouping or "everyone", row.group, row.verdict,
            words.number(row.value), words.reach(row.low, row.high), words.count(row.errors), words.count(row.trials),
            words.count(row.subjects),
            "" if row.decided_people is None else f"{row.decided_as}: {words.count(row.decided_people)}",
            words.noted(row),
        )
        for row in rows
    ]  # fmt: skip
    head_ = (
        "Model", "Requirement", "Level", "Condition", "By", "Group", "Verdict", "Found", "Interval", "Errors",
        "Comparisons", "People", "People who would have decided", "Note",
    )  # fmt: skip
    return Table(head_, body).without_empty_columns()


def _paired_table(rows: Sequence[BetweenRow]) -> Table:
    """Differing ones first; with condition and operating point, which may be several here."""
    chosen = sorted(rows, key=lambda row: (row.verdict != "differs", row.grouping != ""))[:MOST_PAIRED]
    body = [(*cells(row)[:2], row.condition, row.threshold_name, *cells(row)[2:]) for row in chosen]
    return Table((*HEAD[:2], "Condition", "Threshold", *HEAD[2:]), body)


def _picture(metric: str, rows: Sequence[FrontRow]) -> Picture | None:
    """Every model at one condition, grouping and operating point that all of them have, as far as there is one."""
    shown = _shown(rows)
    if len({row.model for row in shown}) < 2:
        return None
    first = shown[0]
    front = [row.model for row in shown if row.front]
    people = "turned away" if metric == "FNMR" else "who pass as somebody else"
    title = (
        f"{words.listed(front)}: no other model here has both fewer people {people} and groups closer together"
        if len(front) < len(shown)
        else f"No model has both fewer people {people} and groups closer together than another"
    )
    alt = f"{metric} over everyone against its {first.measure} over the groups of {first.grouping}. " + "; ".join(
        f"{row.model}: {words.percent(row.rate)} ({words.interval(row.low, row.high)}), {words.number(row.value)} "
        f"({words.reach(row.value_low, row.value_high)})"
        for row in shown
    )
    caption = (
        f"Condition {first.condition}, operating point {words.point(first.threshold_name)}. Left and down is better: "
        f"fewer errors over everyone, and groups closer together ({first.measure} of {metric} by {first.grouping}; 1 "
        "where all are alike). Lines are intervals; where they overlap, the order of two models is not shown. Hollow: "
        "read with care."
    )
    name = style.slug("accuracy-differential", metric)
    svg = style.draw(name, title, alt, (7.2, 4.6), lambda figure: _paint(figure, metric, shown))
    return Picture(
        name=name, title=title, caption=caption, alt=f"{alt}.", svg=svg, table=front_table(shown),
        sources=("accuracy_differential.csv",),
    )  # fmt: skip


def _shown(rows: Sequence[FrontRow]) -> list[FrontRow]:
    """The place (condition, grouping, threshold name) with most models, the first among equals, the vendor's first."""
    known = [row for row in rows if row.rate is not None and row.value is not None]
    places: dict[tuple[str, ...], list[FrontRow]] = {}
    for row in sorted(known, key=lambda row: row.threshold_name != "vendor"):
        places.setdefault((row.condition, row.grouping, row.threshold_name), []).append(row)
    return max(places.values(), key=len, default=[])


def _paint(figure: Any, metric: str, rows: Sequence[FrontRow]) -> None:
    ax = figure.subplots()
    for k, row in enumerate(rows):
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        x, y = row.rate or 0.0, row.value or 0.0
        if row.low is not None and row.high is not None:
            ax.plot([row.low, row.high], [y, y], color=colour, linewidth=1.4)
        if row.value_low is not None:
            top = row.value_high if row.value_high is not None else 1.5 * max(y, row.value_low)
            ax.plot([x, x], [row.value_low, top], color=colour, linewidth=1.4)
        name = style.label(row.model, 40)
        ax.plot([x], [y], marker=marker, linestyle="none", color=colour, label=name, **face(row.caution, colour))
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=min(1.0, *(row.value or 1.0 for row in rows)) * 0.98)
    ax.xaxis.set_major_formatter(FuncFormatter(style.plain_percent))
    ax.set_xlabel(f"{metric} over everyone: fewer errors to the left")
    ax.set_ylabel(f"{rows[0].measure}: groups closer together below")
    style.grid(ax)
    figure.legend(loc="outside upper left", ncols=2)


def front_table(rows: Sequence[FrontRow]) -> Table:
    """The numbers of the picture."""
    body = [
        (
            row.model, row.condition, row.threshold_name, words.percent(row.rate), words.interval(row.low, row.high),
            row.measure, words.number(row.value), words.reach(row.value_low, row.value_high), row.worst,
            "yes" if row.front else "no", words.noted(row),
        )
        for row in rows
    ]  # fmt: skip
    head_ = (
        "Model", "Condition", "Threshold", "Rate", "Interval", "Measure", "Value", "Interval of it", "Worst group",
        "Nothing better in both", "Note",
    )  # fmt: skip
    return Table(head_, body).without_empty_columns()
