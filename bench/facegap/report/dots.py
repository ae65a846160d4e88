"""Dot plots with intervals: rates by group, one mark per condition or operating point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from facegap.report import style, views
from facegap.report.marks import Mark
from facegap.report.style import COLOURS, INK, MARKERS, MUTED, STRIPE

Key = tuple[str, str]
"""Grouping and group."""

Scale = Literal["linear", "log", "signed"]
"""Of an axis: from zero, of powers of ten, or around zero."""

WITH_CARE = "hollow: read with care"
"""Beside a hollow mark in a legend; the table of the figure says why."""

MarkT_co = TypeVar("MarkT_co", bound=Mark, covariant=True)


@dataclass(frozen=True)
class Series(Generic[MarkT_co]):
    """One mark per group: its name, and the row behind each mark."""

    name: str
    rows: Mapping[Key, MarkT_co]
    target: float | None = None


@dataclass(frozen=True)
class Line:
    """One line of a dot plot: a group, or the heading of a grouping (`group` None)."""

    y: float
    grouping: str
    group: str | None
    text: str


def lines_of(keys: Sequence[Key], few: set[Key]) -> list[Line]:
    """Lines from top to bottom: a heading per grouping, then its groups; a dagger marks groups of few people."""
    lines: list[Line] = []
    y, current = 0.0, None
    for grouping, group in keys:
        if grouping != current and grouping != views.EVERYONE:
            lines.append(Line(y - 0.1, grouping, None, style.label(f"by {grouping}", 34)))
            y += 0.75
        current = grouping
        dagger = " †" if (grouping, group) in few else ""
        lines.append(Line(y, grouping, group, style.label(group) + dagger))
        y += 1.0
    return lines


def few_people(series: Sequence[Series[Mark]]) -> set[Key]:
    """Groups that rest on few people in any series."""
    return {
        key
        for one in series
        for key, row in one.rows.items()
        if row.subjects is not None and row.subjects < views.FEW_PEOPLE
    }


def height(lines: Sequence[Line], marks: int) -> float:
    """Inches that the lines need when each holds `marks` marks."""
    return 1.25 + (lines[-1].y + 1 if lines else 1) * max(0.27, 0.1 + 0.13 * marks)


def panel(
    ax: Any,
    lines: Sequence[Line],
    series: Sequence[Series[Mark]],
    scale: Scale,
    names: bool,
    least: int,
    say: Callable[..., str] = style.plain_percent,
) -> None:
    """Marks with intervals on `ax`, wide enough for groups of `least` people; `names` writes the groups' names."""
    limits = _scale(ax, series, scale, least, say)
    for k, one in enumerate(series):
        found = [(line.y, one.rows.get((line.grouping, line.group))) for line in lines if line.group is not None]
        _marks(ax, [(y + shift(k, len(series)), row) for y, row in found if row is not None], k, limits, scale)
        if one.target is not None and scale == "log":
            ax.axvline(one.target, color=COLOURS[k % len(COLOURS)], linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
    _names(ax, lines, names)


def shift(k: int, marks: int) -> float:
    """How far below its line's middle the k-th mark of `marks` lies."""
    return 0.0 if marks == 1 else 0.62 * (k / (marks - 1) - 0.5)


def _scale(
    ax: Any, series: Sequence[Series[Mark]], scale: Scale, least: int, say: Callable[..., str]
) -> tuple[float, float]:
    """Set the x scale and return its limits, wide enough for every group of at least `least` people.

    A handful of people has an interval from nothing to nearly everything, which would squeeze all others together.
    """
    rows = [row for one in series for row in one.rows.values() if row.rate is not None]
    many = [row for row in rows if row.subjects is None or row.subjects >= least]
    rows = many if many else rows
    if scale == "log":
        limits = _log_limits(rows, series)
        ax.set_xscale("log")
        style.log_axis(ax.xaxis, say)
        if limits[1] < 300 * limits[0]:
            ax.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if limits[1] < 30 * limits[0] else (1, 3)))
    else:
        limits = _linear_limits(rows) if scale == "linear" else _signed_limits(rows)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(FuncFormatter(say))
    if scale == "signed":
        ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
    ax.set_xlim(*limits)
    style.grid(ax, "x")
    return limits


def _linear_limits(rows: Sequence[Mark]) -> tuple[float, float]:
    top = max((row.high for row in rows if row.high), default=0.01)
    return 0.0, min(1.04, top * 1.06)


def _signed_limits(rows: Sequence[Mark]) -> tuple[float, float]:
    values = [v for row in rows for v in (row.rate, row.low, row.high) if v is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.06 * (high - low) or 0.01
    return low - room, high + room


def _log_limits(rows: Sequence[Mark], series: Sequence[Series[Mark]]) -> tuple[float, float]:
    values = [v for row in rows for v in (row.rate, row.low, row.high) if v]
    values += [one.target for one in series if one.target]
    return min(values, default=1e-4) / 1.6, min(1.3, max(values, default=1e-1) * 1.6)


def _marks(ax: Any, rows: Sequence[tuple[float, Mark]], k: int, limits: tuple[float, float], scale: Scale) -> None:
    """The marks of one series, those that look alike in one go: each call of the drawing library costs."""
    colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
    known = [(y, row, row.rate) for y, row in rows if row.rate is not None]
    for y, row in rows:
        if row.rate is None:
            _say(ax, y, "not estimated")
    spans = [(y, *_span(row, rate, limits)) for y, row, rate in known]
    lines = [[(low, y), (min(high, limits[1]), y)] for y, low, high in spans]
    ax.add_collection(LineCollection(lines, colors=colour, linewidths=1.6, capstyle="butt", zorder=3), autolim=False)
    beyond = [y for y, _, high in spans if high > limits[1]]
    _plot(ax, [limits[1]] * len(beyond), beyond, ">", colour, markersize=5, markeredgewidth=0, clip_on=False)
    unseen = [scale != "signed" and (row.errors == 0 or rate <= 0) for _, row, rate in known]
    # No error seen: only the upper end of the interval is known, so the mark is open and points down to zero.
    open_ = [span for span, none in zip(spans, unseen, strict=True) if none]
    _plot(ax, [high for *_, high in open_], [y for y, *_ in open_], "<", colour, markerfacecolor="white", markersize=6)
    seen = [one for one, none in zip(known, unseen, strict=True) if not none]
    for caution in ("", "read with care"):
        mine = [(rate, y) for y, row, rate in seen if bool(row.caution) == bool(caution)]
        _plot(ax, [rate for rate, _ in mine], [y for _, y in mine], marker, colour, **face(caution, colour))


def _span(row: Mark, rate: float, limits: tuple[float, float]) -> tuple[float, float]:
    """Where the line of a mark begins and ends; the rate itself where there is no interval."""
    low = row.low if row.low is not None else rate
    return max(low, limits[0]), row.high if row.high is not None else rate


def _plot(ax: Any, xs: Sequence[float], ys: Sequence[float], marker: str, colour: str, **look: Any) -> None:
    if xs:
        ax.plot(xs, ys, marker=marker, color=colour, linestyle="", zorder=4, **look)


def face(caution: str, colour: str) -> dict[str, Any]:
    """How a mark is filled: hollow where its number has a caution, and is to be read with care."""
    if caution:
        return {"markersize": 5.5, "markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 1.2}
    return {"markersize": 5.5, "markeredgewidth": 0}


def _say(ax: Any, y: float, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    where = {"xycoords": ("axes fraction", "data"), "va": "center"}
    ax.annotate(text, (0.01, y), fontsize=8, color=MUTED, bbox=box, zorder=5, **where)


def _names(ax: Any, lines: Sequence[Line], names: bool) -> None:
    ax.set_ylim((lines[-1].y if lines else 0) + 0.75, -0.75)
    ax.set_yticks([line.y for line in lines if line.group is not None])
    ax.set_yticklabels([line.text for line in lines if line.group is not None] if names else [])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    for line in lines:
        if line.group is None and names:
            _heading(ax, line)
    ys = [line.y for line in lines if line.group is not None][::2]
    bands = [[(x, y + dy) for x, dy in ((0, -0.5), (1, -0.5), (1, 0.5), (0, 0.5))] for y in ys]
    where = ax.get_yaxis_transform()
    stripes = PolyCollection(bands, transform=where, facecolors=STRIPE, linewidths=0, zorder=0)
    ax.add_collection(stripes, autolim=False)


def _heading(ax: Any, line: Line) -> None:
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    look = {"ha": "right", "va": "center", "fontsize": 9, "fontweight": "bold", "color": INK}
    ax.annotate(line.text, (0, line.y), (-4, 0), **where, **look)


def legend(
    figure: Any, series: Sequence[Series[Mark]], shown: Sequence[Series[Mark]], extra: Sequence[tuple[Any, str]] = ()
) -> None:
    """A legend of `series` above the panels, with the mark of zero errors where one is among `shown`."""
    handles, names = handles_of(series, shown)
    for handle, name in extra:
        handles.append(handle)
        names.append(name)
    figure.legend(handles, names, loc="outside upper left", ncols=_columns(names), columnspacing=1.2)


def handles_of(series: Sequence[Series[Mark]], shown: Sequence[Series[Mark]]) -> tuple[list[Any], list[str]]:
    """Legend handles of `series` and their names, and of the mark of zero errors where one is among `shown`."""
    handles = [
        Line2D([], [], color=COLOURS[k % len(COLOURS)], marker=MARKERS[k % len(MARKERS)], markersize=5.5, linewidth=1.6)
        for k in range(len(series))
    ]
    names = [style.label(one.name, 40) for one in series]
    if any(row.errors == 0 and row.rate is not None for one in shown for row in one.rows.values()):
        handles.append(Line2D([], [], color=MUTED, marker="<", markerfacecolor="white", markersize=6, linewidth=1.6))
        names.append("no error seen: up to")
    if any(row.caution and row.errors != 0 and row.rate is not None for one in shown for row in one.rows.values()):
        handles.append(Line2D([], [], color=MUTED, marker="o", markerfacecolor="white", markersize=5.5, linewidth=0))
        names.append(WITH_CARE)
    return handles, names


def _columns(names: Sequence[str]) -> int:
    """Columns of a legend that fit the figure's width; a column is as wide as its longest name."""
    return max(1, min(len(names), 58 // (max(map(len, names), default=0) + 8)))
