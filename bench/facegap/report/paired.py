"""What a condition changes: the same comparisons under clean and under it, by group, and against the other groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from facegap.report import dots, style, views, words
from facegap.report.dots import Series
from facegap.report.marks import Point
from facegap.report.style import Picture, Table
from facegap.schema import PairedRow, WithinPersonRow
from facegap.store import Tables

CHANGES = "changes otherwise"

_SAME_PEOPLE = (
    " The groups hold the same people under other labels, whom this test takes for other people; within_person.csv "
    "holds each against themselves."
)


def changes(tables: Tables, model: str) -> Picture | None:
    """Change of FNMR per group and condition, in percentage points, and the change less that of the other groups."""
    rows = _rows(tables, model)
    if not any(row.change is not None for row in rows):
        return None
    names = views.once(row.condition for row in rows)
    own = [_series(name, rows, False) for name in names]
    against = [_series(name, rows, True) for name in names]
    panels = [(own, "Change of FNMR, percentage points")]
    if any(row.against_others is not None for row in rows):
        panels.append((against, "... less the other groups’ change"))
    lines = dots.lines_of(views.once((row.grouping, row.group) for row in rows), dots.few_people(own))
    says, alt = _words(model, rows)
    title = _short(model, rows)
    name = style.slug("paired", model)
    size = (4.5, dots.height(lines, len(names)))
    least = views.min_subjects(tables)
    parts = style.panels(name, title, alt, size, lambda figure, one: _paint(figure, one, lines, least), panels)
    point = views.main_threshold(tables, model)
    pairs = [row.comparisons for row in rows if row.comparisons is not None and row.grouping]
    caption = (
        f"The same comparisons of the same people under clean and under each condition, "
        f"{words.at(point.name, point.threshold) if point else ''}. First: how many percentage points more are turned "
        "away (right of the line: more). Then: by how much that is more than in the other groups together; an "
        "interval across the line does not show that the condition acts otherwise on the group. Marks without a line "
        f"have no interval. † fewer than {views.FEW_PEOPLE} people. n per group: {words.span(pairs)} comparisons."
        f"{_SAME_PEOPLE if tables[WithinPersonRow] else ''}"
    )
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, panels=parts, table=_table(rows),
        sources=_sources(tables),
    )  # fmt: skip


def _sources(tables: Tables) -> tuple[str, ...]:
    return ("paired.csv", *(["within_person.csv"] if tables[WithinPersonRow] else []))


def row_of(tables: Tables, model: str, condition: str, group: str) -> PairedRow | None:
    """The paired change of `group` at the main operating point."""
    return next((r for r in _rows(tables, model) if r.condition == condition and r.group == group and r.grouping), None)


def said(row: PairedRow) -> str:
    """ "+48.3 points (39.3 to 57.4)" of the same comparisons."""
    if row.change is None:
        return "no change is known"
    if row.low is None or row.high is None:
        return f"{words.signed_points(row.change)} points (no interval)"
    low, high = words.signed_points(row.low), words.signed_points(row.high)
    return f"{words.signed_points(row.change)} points ({low} to {high})"


def _rows(tables: Tables, model: str) -> list[PairedRow]:
    """Everyone, then every grouping, that in which a condition is most clearly harder on one group first."""
    point = views.main_threshold(tables, model)
    name = point.name if point is not None else ""
    tried = views.ends(tables)
    found = views.select(tables[PairedRow], model=model, threshold_name=name)
    rows = [row for row in found if row.condition not in tried]
    every = views.once(row.grouping for row in rows if row.grouping != views.EVERYONE)
    order = (views.EVERYONE, *sorted(every, key=lambda by: _rank([row for row in rows if row.grouping == by])))
    return [row for by in order for row in rows if row.grouping == by]


def _rank(rows: Sequence[PairedRow]) -> tuple[bool, float]:
    """Groupings with a group that a condition is shown to harm more first, then by how much more."""
    tested = [row for row in rows if row.verdict]
    shown = [row for row in tested if row.verdict == CHANGES and (row.against_others or 0.0) > 0]
    return not shown, -max((row.against_others or 0.0 for row in shown or tested), default=-math.inf)


def _series(condition: str, rows: Sequence[PairedRow], against: bool) -> Series[Point]:
    return Series(
        condition,
        {(r.grouping, r.group): _against(r) if against else _own(r)
         for r in rows if r.condition == condition and not (against and r.against_others is None)},
    )  # fmt: skip


def _own(row: PairedRow) -> Point:
    return Point(rate=row.change, low=row.low, high=row.high, subjects=row.subjects, caution=row.caution)


def _against(row: PairedRow) -> Point:
    return Point(
        rate=row.against_others, low=row.against_others_low, high=row.against_others_high, subjects=row.subjects
    )


def _paint(figure: Any, panel: tuple[list[Series[Point]], str], lines: Sequence[dots.Line], least: int) -> None:
    ax, (series, heading) = figure.subplots(), panel
    dots.panel(ax, lines, series, "signed", True, least, style.signed_points)
    ax.set_xlabel(heading)
    dots.legend(figure, series, [])


def _words(model: str, rows: Sequence[PairedRow]) -> tuple[str, str]:
    alt = "Dot plot of the change of FNMR in percentage points. " + "; ".join(
        f"{row.group}, {row.condition}: {said(row)}" for row in rows
    )
    tested = [row for row in rows if row.verdict]
    shown = [row for row in tested if row.verdict == CHANGES]
    if shown:
        harmed = [row for row in shown if (row.against_others or 0.0) > 0] or shown
        worst = max(harmed, key=lambda row: abs(row.against_others or 0.0))
        more = "more" if (worst.against_others or 0.0) > 0 else "less"
        p = f"p = {worst.p_holm:.2g} after Holm’s adjustment" if worst.p_holm is not None else ""
        title = (
            f"{model}: {worst.condition} turns {worst.group} away {more} than the others: {said(worst)}, "
            f"{_interval(_against(worst))} points against the others’ change; {p}"
        )
        return title, f"{alt}."
    if tested:
        widest = max(tested, key=lambda row: (row.against_others_high or 0.0) - (row.against_others_low or 0.0))
        title = (
            f"{model}: no condition is shown to act otherwise on one group than on the others; the widest interval, of "
            f"{widest.group} under {widest.condition}, leaves room for {_interval(_against(widest))} points"
            f"{_would_have_seen(widest)}"
        )
        return title, f"{alt}."
    everyone = max(rows, key=lambda row: row.change if row.change is not None else -1.0)
    who = "of everyone" if everyone.grouping == views.EVERYONE else f"in {everyone.group}"
    changed = f"the share turned away {who} changes by {said(everyone)}"
    return f"{model}: under {everyone.condition} {changed}; groups are not tested against each other", f"{alt}."


def _short(model: str, rows: Sequence[PairedRow]) -> str:
    """The title: what is shown, in a few words."""
    tested = [row for row in rows if row.verdict]
    shown = [row for row in tested if row.verdict == CHANGES]
    harmed = [row for row in shown if (row.against_others or 0.0) > 0] or shown
    if harmed:
        worst = max(harmed, key=lambda row: abs(row.against_others or 0.0))
        more = "more" if (worst.against_others or 0.0) > 0 else "less"
        return f"{model}: {worst.condition} turns {style.short(worst.group)} away {more} than the others"
    if tested:
        return f"{model}: no condition is shown to act otherwise on one group"
    return f"{model}: what each condition changes; groups are not tested"


def _would_have_seen(row: PairedRow) -> str:
    """What stands beside a null result."""
    if row.visible_80 is None:
        return ""
    return f"; this test would have seen {_visible(row)} or more with 80 % power"


def _visible(row: PairedRow) -> str:
    return words.DASH if row.visible_80 is None else f"{100 * row.visible_80:.1f} points"


def _interval(point: Point) -> str:
    return words.points(point.rate, point.low, point.high)


def _table(rows: Sequence[PairedRow]) -> Table:
    head = (
        "Condition", "Group", "Comparisons", "People", "FNMR clean", "FNMR", "Change (interval)",
        "Less the others’ change (interval)", "p, Holm", "Verdict",
        "Would have seen with 80 % power", "Note",
    )  # fmt: skip
    body = [
        (
            row.condition, row.group, words.count(row.comparisons), words.count(row.subjects),
            words.percent(row.fnmr_clean), words.percent(row.fnmr), said(row) if row.change is not None else words.DASH,
            _interval(_against(row)), words.number(row.p_holm, 2), row.verdict,
            _visible(row), words.noted(row),
        )
        for row in rows
    ]  # fmt: skip
    return Table(head, body)
