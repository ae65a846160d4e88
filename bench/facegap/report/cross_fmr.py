"""The cross-group FMR heat map: who passes as whom, on a log scale, grey at the target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, Normalize
from matplotlib.patches import Rectangle

from facegap.estimate.cautions import GENERATED
from facegap.report import rates, style, views, words
from facegap.report.style import BAR, INK, MUTED, ON_PALE, ON_STRONG, PAPER, Picture, Table
from facegap.schema import CrossRow, ThresholdRow
from facegap.store import Tables

BLUE_GREY_ORANGE = LinearSegmentedColormap.from_list(
    "blue-grey-orange", ["#0b4f8a", "#5b9bd0", "#e4e4e4", "#f0a35c", "#b34700"]
)
MOST_NUMBERED = 24
"""Groups beyond which a cell is too small for its number; the table under the figure holds it."""


def cross_fmr(tables: Tables, model: str, point: ThresholdRow, grouping: str) -> Picture | None:
    """FMR of every reference group of `grouping` against every probe group at `point`, in the baseline condition."""
    condition = views.baseline(tables)
    rows = cells(tables, model, point, grouping)
    if not rows:
        return None
    groups = _groups(rows)
    centre, meaning = _centre(tables, point, condition)
    says, alt = _in_words(tables, rows, point)
    title = f"{model}: {_short(tables, rows, point)}"
    caption = (
        f"Groups by {grouping}. "
        "Rows: the enrolled; columns: the impostors who probe. Each cell: the share of "
        f"impostor comparisons that match {words.at(point.name, point.threshold)}, condition {condition}. "
        f"Grey: {meaning}; orange above, blue below, on a log scale. “≤”: no false match seen, the upper end of the "
        f"interval; hollow: read with care; † fewer than {views.FEW_PEOPLE} people; a dash: no comparisons. "
        f"{rates.span_words(rows, 'cell')}"
    )
    names = _names(tables, model, groups, grouping)
    name = style.slug("cross-fmr", model, point.name, *views.name_part(tables, grouping))
    size = (4.5, 1.9 + 2.6 * min(1.25, max(0.75, len(groups) / 8)))
    svg = style.draw(name, title, alt, size, lambda figure: _paint(figure.subplots(), rows, names, centre))
    head = ("Reference", "Probe", *rates.HEAD)
    table = Table(head, [(row.reference_group, row.probe_group, *rates.cells(row)) for row in rows])
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=table, sources=("cross_fmr.csv",)
    )


def cells(tables: Tables, model: str, point: ThresholdRow, grouping: str) -> list[CrossRow]:
    """Cells of `grouping` at `point` in the baseline condition; none of fewer than two groups or no rate."""
    wanted = {"model": model, "threshold_name": point.name, "condition": views.baseline(tables)}
    rows = views.select(tables[CrossRow], failures="counted", grouping=grouping, **wanted)
    return rows if len(_groups(rows)) > 1 and any(row.rate is not None for row in rows) else []


def paint(ax: Any, tables: Tables, model: str, point: ThresholdRow, rows: Sequence[CrossRow]) -> None:
    """The heat map of `cells` on matplotlib axes."""
    grouping = next(row.grouping for row in rows)
    _paint(ax, rows, _names(tables, model, _groups(rows), grouping), _centre(tables, point, views.baseline(tables))[0])


def _groups(rows: Sequence[CrossRow]) -> list[str]:
    return views.once(name for row in rows for name in (row.reference_group, row.probe_group))


def _names(tables: Tables, model: str, groups: Sequence[str], grouping: str) -> dict[str, str]:
    few = views.few_people(tables, model, grouping)
    return {group: style.label(group, 24) + (" †" if group in few else "") for group in groups}


def _centre(tables: Tables, point: ThresholdRow, condition: str) -> tuple[float | None, str]:
    """The FMR that is drawn grey, and what it is."""
    if point.target is not None:
        return point.target, f"the target, {words.exact_percent(point.target)}"
    rows = views.rates(
        tables, point.model, "FMR", condition=condition, threshold_name=point.name, grouping=views.EVERYONE
    )
    value = rows[0].rate if rows else None
    return (
        (value, f"the FMR over all impostors, {words.percent(value)}") if value else (None, "the middle of the scale")
    )


def _paint(ax: Any, rows: Sequence[CrossRow], names: dict[str, str], centre: float | None) -> None:
    groups = list(names)
    shown = [value for row in rows if (value := _value(row))]
    logs = [math.log10(value) for value in shown]
    middle = math.log10(centre) if centre else (max(logs, default=-3.0) + min(logs, default=-3.0)) / 2
    reach = max([abs(value - middle) for value in logs] + [1.0])
    norm = Normalize(middle - reach, middle + reach)
    if len(groups) > MOST_NUMBERED:
        _mesh(ax, rows, groups, norm)
    else:
        for row in rows:
            _cell(ax, row, groups.index(row.probe_group), groups.index(row.reference_group), norm, len(groups))
    _axes(ax, list(names.values()))
    _bar(ax.figure, ax, norm)


def _value(row: CrossRow) -> float | None:
    return row.high if row.errors == 0 else row.rate


def _mesh(ax: Any, rows: Sequence[CrossRow], groups: Sequence[str], norm: Any) -> None:
    """Many cells at once, without numbers; those without a false match or to be read with care are left hollow."""
    n = len(groups)
    values = np.full((n, n), np.nan)
    for row in rows:
        value = _value(row)
        if row.rate is not None and value and row.errors and not row.caution:
            values[groups.index(row.reference_group), groups.index(row.probe_group)] = math.log10(value)
    edges = np.arange(n + 1) - 0.5
    colours = ListedColormap(BLUE_GREY_ORANGE(np.linspace(0, 1, 45)))
    ax.pcolormesh(edges, edges, np.ma.masked_invalid(values), cmap=colours, norm=norm, edgecolors=BAR, linewidth=0.3)


def _cell(ax: Any, row: CrossRow, x: int, y: int, norm: Any, n: int) -> None:
    value = _value(row)
    if row.rate is None or not value:
        ax.text(x, y, words.DASH, ha="center", va="center", color=MUTED)
        return
    where = float(norm(math.log10(value)))
    unseen = row.errors == 0
    colour = BLUE_GREY_ORANGE(where)
    full = not unseen and not row.caution
    ax.add_patch(
        Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour if full else PAPER, edgecolor=_edge(unseen), linewidth=1)
    )
    if row.caution and not unseen:
        # Hollow, as the marks of other figures are: its colour is a frame alone.
        ax.add_patch(Rectangle((x - 0.42, y - 0.42), 0.84, 0.84, facecolor="none", edgecolor=colour, linewidth=4))
    ink = INK if not full else ON_PALE if 0.14 < where < 0.88 else ON_STRONG
    text = ("≤" if unseen else "") + words.percent(value).replace(words.SPACE, "")
    ax.text(x, y, text, ha="center", va="center", fontsize=9 if n <= 6 else 7 if n <= 9 else 4.5, color=ink)


def _edge(unseen: bool) -> str:
    return BAR if unseen else PAPER


def _axes(ax: Any, names: Sequence[str]) -> None:
    n = len(names)
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylim(n - 0.5, -0.5)
    small = {"fontsize": 9 if n <= 12 else 6}
    ax.set_xticks(range(n), names, rotation=40, ha="left", rotation_mode="anchor", **small)
    ax.set_yticks(range(n), names, **small)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("probe (impostor)", loc="left", color=MUTED)
    ax.set_ylabel("reference (enrolled)", loc="top", color=MUTED)


def _bar(figure: Any, ax: Any, norm: Any) -> None:
    bar = figure.colorbar(
        ScalarMappable(norm, BLUE_GREY_ORANGE.resampled(45)),
        ax=ax,
        orientation="horizontal",
        shrink=0.6,
        aspect=30,
        pad=0.03,
    )
    low, high = math.ceil(norm.vmin), math.floor(norm.vmax)
    ticks = list(range(low, high + 1)) or [norm.vmin, norm.vmax]
    bar.set_ticks(ticks, labels=[f"{style.plain_percent(10.0**k)}" for k in ticks])
    bar.set_label("FMR, log scale")
    bar.outline.set_visible(False)


def _in_words(tables: Tables, rows: Sequence[CrossRow], point: ThresholdRow) -> tuple[str, str]:
    known = [row for row in rows if row.rate is not None]
    cells = "; ".join(f"{row.reference_group} against {row.probe_group}: {words.rate(row)}" for row in known[:36])
    more = f"; and {len(known) - 36} more cells in the table" if len(known) > 36 else ""
    unseen = sum(row.errors == 0 for row in known)
    alt = f"Heat map of the cross-group FMR; {unseen} of {len(known)} cells without a false match. {cells}{more}."
    grouping = known[0].grouping
    solid = views.solid_groups(tables, point.model, grouping)
    worth = [row for row in known if {row.reference_group, row.probe_group} <= solid]
    if views.of_generator(tables, grouping):
        return f"{point.model}: {GENERATED}", alt
    by = views.by_words(tables, grouping)
    return f"{point.model}: {_highest(worth if worth else known, point, by)}", alt


def _short(tables: Tables, rows: Sequence[CrossRow], point: ThresholdRow) -> str:
    """The title: the cell with the highest FMR, where one is; pairs are not tested."""
    if views.of_generator(tables, rows[0].grouping):
        return "false matches between shapes of a generator: no finding"
    solid = views.solid_groups(tables, point.model, rows[0].grouping)
    known = [row for row in rows if row.rate is not None]
    worth = [row for row in known if {row.reference_group, row.probe_group} <= solid] or known
    worst = max(worth, key=lambda row: row.rate or 0.0)
    if not worst.errors:
        return "no false match between any two groups"
    if all(row.rate == worst.rate for row in worth):
        return "false matches are equally frequent between all groups"
    if worst.reference_group == worst.probe_group:
        return f"most false matches are within {style.short(worst.probe_group)}"
    return f"most false matches: {style.short(worst.probe_group)} taken for {style.short(worst.reference_group)}"


def _highest(rows: Sequence[CrossRow], point: ThresholdRow, by: str) -> str:
    """The title: the cell with the highest FMR, where one is."""
    worst = max(rows, key=lambda row: row.rate if row.rate is not None else 0.0)
    at = f"at {words.point(point.name)}{by or ','}"
    if worst.errors == 0:
        widest = max(rows, key=lambda row: row.high or 0.0)
        return (
            f"no false match seen in any of {len(rows)} cells {at.rstrip(',')}; largest upper bound: "
            f"{rates.group_of(widest)}, {words.rate(widest)}"
        )
    if len(rows) > 1 and all(row.rate == worst.rate for row in rows):
        return f"{at} FMR is the same in each of {len(rows)} cells: {words.percent(worst.rate)}"
    if worst.reference_group == worst.probe_group:
        return f"{at} FMR is highest within {worst.probe_group}: {words.rate(worst)}"
    where = f"{worst.probe_group} against references of {worst.reference_group}"
    return f"{at} FMR is highest for {where}: {words.rate(worst)}"
