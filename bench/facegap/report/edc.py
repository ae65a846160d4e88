"""Error against discard by quality: what refusing the worst images buys each group, and whose images are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.ticker import FuncFormatter, MaxNLocator

from facegap.report import dots, style, views, words
from facegap.report.style import Picture, Table
from facegap.schema import EdcRow, SplitRow
from facegap.store import Tables

SHARE = 0.2
"""Share discarded at which the qualities are set beside each other."""

FEWEST = 10
"""Comparisons left below which an FNMR is not drawn."""


def against_error(tables: Tables, model: str) -> Picture | None:
    """FNMR and each group's discarded share against the share discarded, under the condition with most errors left.

    None where there is no error, or where so many faces failed that no quality decides what is discarded.
    """
    condition, quality = _where(tables, model)
    if quality is None:
        return None
    rows = _rows(tables, model, condition)
    shown = [row for row in rows if row.quality == quality and row.grouping == views.first_grouping(tables)]
    shown = [row for row in shown if row.group in views.solid_groups(tables, model)]
    groups = views.once(row.group for row in shown)
    if not groups:
        return None
    at = [row for row in shown if row.discard == SHARE]
    says, alt = _words(model, condition, quality, shown, at)
    title = f"{model}, {condition}: what refusing the worst images by {quality} costs each group"
    kept = [row.kept for row in shown if row.discard == 0 and row.kept is not None]
    among = len(views.once(row.quality for row in rows))
    caption = (
        f"Condition: {condition}. Across: the share of all genuine comparisons that is refused for its {quality}, "
        "worst first, those without a face before all others. Above: FNMR of what is kept, by group; below: the share "
        "of each group’s comparisons that is refused; on the dotted line a group loses as much as everybody. A "
        "line that falls at the cost of one group moves the burden from errors to refusals. Points have no interval, "
        f"and none is drawn where fewer than {FEWEST} comparisons are left; hollow ones are to be read with care: few "
        "people, or few errors left (caution in edc.csv). "
        f"{quality} is shown because it lowers FNMR most of {among} qualities; picked afterwards, it flatters itself. "
        f"n per group before discarding: {words.span(kept)} comparisons."
    )
    name = style.slug("discard", model, condition)
    size = style.tall((4.5, 6.0), [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, lambda figure: _paint(figure, shown, groups))
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=_table(rows, tables),
        sources=("edc.csv",),
    )  # fmt: skip


def gap_table(tables: Tables, model: str) -> tuple[str, Table] | None:
    """Each group's gap to the others, split by each quality, under the condition that turns most away."""
    condition = views.worst_condition(tables, model)
    point = views.main_threshold(tables, model)
    name = point.name if point is not None else ""
    rows = views.select(tables[SplitRow], model=model, condition=condition, threshold_name=name)
    rows = [row for row in rows if row.grouping == views.first_grouping(tables)]
    if not rows:
        return None
    head = (
        "Quality", "Group", "FNMR less the others’, points", "Of it with this quality", "Left at the same quality",
        "Note",
    )  # fmt: skip
    body = [(row.quality, row.group, *_gap_cells(row), words.noted(row)) for row in rows]
    where = words.at(name, point.threshold) if point is not None else ""
    return f"{model}, {condition}: gaps of FNMR {where}, split by quality", Table(head, body)


def _gap_cells(row: SplitRow) -> tuple[str, str, str]:
    return (
        words.points(row.gap, row.gap_low, row.gap_high),
        words.points(row.by_quality, row.by_quality_low, row.by_quality_high),
        words.points(row.at_same_quality, row.at_same_quality_low, row.at_same_quality_high),
    )


def _rows(tables: Tables, model: str, condition: str) -> list[EdcRow]:
    point = views.main_threshold(tables, model)
    name = point.name if point is not None else ""
    return views.select(tables[EdcRow], model=model, condition=condition, threshold_name=name)


def _where(tables: Tables, model: str) -> tuple[str, str | None]:
    """The condition with the highest FNMR among those where a quality decides, and the quality that lowers it most."""
    known = []
    for condition in views.conditions(tables):
        rows = _rows(tables, model, condition)
        quality = _most_useful(rows)
        before = [r.fnmr for r in rows if r.quality == quality and r.grouping == views.EVERYONE and r.discard == 0]
        known += [(value, condition, quality) for value in before if value]
    _, condition, quality = max(known, key=lambda one: one[0], default=(0.0, "", None))
    return condition, quality


def _most_useful(rows: Sequence[EdcRow]) -> str | None:
    """The quality that lowers the FNMR of everyone most; None where there is no error to lower."""
    everyone = [row for row in rows if row.grouping == views.EVERYONE]
    before = {row.quality: row.fnmr for row in everyone if row.discard == 0 and row.fnmr}
    left = [row for row in everyone if row.discard == SHARE and row.discarded_share]
    after = {row.quality: row.fnmr for row in left if row.fnmr is not None}
    both = [quality for quality in before if quality in after]
    return min(both, key=lambda quality: after[quality]) if both else None


def _words(model: str, condition: str, quality: str, rows: Sequence[EdcRow], at: Sequence[EdcRow]) -> tuple[str, str]:
    parts = [
        f"{row.group}, {words.exact_percent(row.discard)} refused of all: FNMR {words.percent(row.fnmr)}, "
        f"{words.percent(row.discarded_share)} of the group refused"
        for row in rows
        if row.discard in (0.0, SHARE, 0.5)
    ]
    alt = f"FNMR and share refused against the share refused of everyone, by {quality}. " + "; ".join(parts) + "."
    known = sorted((row for row in at if row.discarded_share is not None), key=lambda row: row.discarded_share or 0.0)
    if len(known) < 2:
        return f"{model}, {condition}: error against discard by {quality}", alt
    least, most = known[0], known[-1]
    title = (
        f"{model}, {condition}: to refuse the worst {words.exact_percent(SHARE)} by {quality} refuses "
        f"{words.percent(most.discarded_share)} of {most.group} and {words.percent(least.discarded_share)} of "
        f"{least.group}"
    )
    return title, alt


def _paint(figure: Any, rows: Sequence[EdcRow], groups: Sequence[str]) -> None:
    left, right = figure.subplots(2, 1)
    for k, group in enumerate(groups):
        mine = [row for row in rows if row.group == group and row.discard is not None]
        look = style.look(k) | {"marker": style.MARKERS[k % len(style.MARKERS)], "markersize": 4}
        kept = [row for row in mine if row.fnmr is not None and (row.kept or 0) >= FEWEST]
        left.plot([row.discard for row in kept], [row.fnmr for row in kept], label=style.label(group), **look)
        for row in kept:
            if row.caution:
                hollow = dots.face(row.caution, look["color"]) | {"markersize": 4}
                left.plot([row.discard], [row.fnmr], look["marker"], color=look["color"], **hollow)
        right.plot([row.discard for row in mine], [row.discarded_share for row in mine], **look)
    right.plot([0, 0.5], [0, 0.5], color=style.MUTED, linestyle=(0, (1, 1)), linewidth=1)
    for ax, what in ((left, "FNMR of those kept"), (right, "refused of the group")):
        ax.set_ylim(0, None)
        ax.set_xlabel("refused of everyone")
        ax.set_ylabel(what)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(FuncFormatter(style.plain_percent))
        ax.yaxis.set_major_formatter(FuncFormatter(style.plain_percent))
        style.grid(ax)
    handles, labels = left.get_legend_handles_labels()
    style.legend(figure, labels, "group", handles)


def _table(rows: Sequence[EdcRow], tables: Tables) -> Table:
    """Before and after the share of `SHARE`, every quality and group."""
    head = (
        "Quality",
        "Group",
        "FNMR of all",
        "FNMR of those kept",
        "Kept",
        "Errors left",
        "Refused of the group",
        "Note",
    )
    wanted = [row for row in rows if row.grouping in (views.EVERYONE, views.first_grouping(tables))]
    before = {(row.quality, row.grouping, row.group): row.fnmr for row in wanted if row.discard == 0}
    body = [
        (
            row.quality, row.group, words.percent(before.get((row.quality, row.grouping, row.group))),
            words.percent(row.fnmr), words.count(row.kept), words.count(row.errors),
            words.percent(row.discarded_share), words.noted(row),
        )
        for row in wanted
        if row.discard == SHARE or row.note.startswith("suppressed")
    ]  # fmt: skip
    return Table(head, body)
