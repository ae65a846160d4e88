"""False alarms of searches in galleries of other sizes and mixes: by the cross-group FMR model, beside the measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facegap.report import style, views, words
from facegap.report.marks import Point
from facegap.report.style import Picture, Table
from facegap.schema import GalleryRow
from facegap.store import Tables

AS_HERE = "as in this run"
EVERYONE = "everyone"


def false_alarms(tables: Tables, model: str) -> Picture | None:
    """FPIR against gallery size, modelled by group, with the measured ones as marks."""
    rows = _rows(tables, model)
    if not _enough(tables, model):
        return None
    here = [row for row in rows if row.mix == AS_HERE and row.fpir_model is not None and row.gallery_size]
    groups = views.once(row.group for row in here)
    if not groups:
        return None
    says, alt = _words(model, here)
    title = f"{model}: false alarms that the model expects in larger galleries"
    point = rows[0].threshold_name
    daily = next((row.searches_per_day for row in rows if row.searches_per_day), None)
    caption = (
        f"Condition: {views.baseline(tables)}, {words.at(point, rows[0].threshold)}, failed searches left out. Across: "
        "people in the gallery, mixed as the people of this run; up: share of searches for people who are not "
        "enrolled that flag somebody (FPIR). Lines: computed from the cross-group FMR, every comparison taken for "
        "independent of the others, bands from the ends of all its intervals at once. Marks: measured at this run’s "
        "gallery, with their intervals; where they lie off the line, the model does not hold. The table has the other "
        f"mixes and the false alarms expected of {words.count(daily)} searches a day."
    )
    name = style.slug("gallery", model)
    size = style.tall(style.SIZE, [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, lambda figure: _paint(figure, here, groups))
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=_table(rows),
        sources=("gallery_model.csv",),
    )  # fmt: skip


def _enough(tables: Tables, model: str) -> bool:
    """Whether as many false matches stand behind a threshold that it is read at as such a curve can rest on."""
    at = {row.threshold for row in _rows(tables, model)}
    wanted = {"condition": views.baseline(tables), "grouping": views.EVERYONE}
    rows = [row for row in views.rates(tables, model, "FMR", **wanted) if row.threshold in at]
    return not rows or any((row.errors or 0) >= views.RULE_OF_30 for row in rows)


def _rows(tables: Tables, model: str) -> list[GalleryRow]:
    """Rows under the baseline at the strictest operating point that shows something.

    In a gallery every looser one flags more; at a stricter one, without a false match anywhere, the model is zero.
    """
    rows = views.select(tables[GalleryRow], model=model, condition=views.baseline(tables))
    known = [(row.threshold, row.fpir_model) for row in rows if row.threshold is not None]
    strictest = max([at for at, fpir in known if fpir] or [at for at, _ in known], default=None)
    return [row for row in rows if row.threshold == strictest]


def _modelled(row: GalleryRow) -> str:
    return _rate(Point(rate=row.fpir_model, low=row.fpir_model_low, high=row.fpir_model_high))


def _measured(row: GalleryRow) -> str:
    return _rate(Point(rate=row.fpir_measured, low=row.fpir_measured_low, high=row.fpir_measured_high))


def _rate(point: Point) -> str:
    if point.rate is None:
        return words.DASH
    return f"{words.percent(point.rate)} ({words.interval(point.low, point.high)})"


def _words(model: str, rows: Sequence[GalleryRow]) -> tuple[str, str]:
    parts = [
        f"{row.group}, {words.count(row.gallery_size)} enrolled: modelled {_modelled(row)}, measured {_measured(row)}"
        for row in rows
    ]
    alt = "FPIR against gallery size by group. " + "; ".join(parts) + "."
    largest = max(rows, key=lambda row: (row.gallery_size or 0, row.group == EVERYONE))
    title = (
        f"{model}: with {words.count(largest.gallery_size)} people enrolled, the model expects "
        f"{words.number(largest.false_alarms_per_day)} false alarms in {words.count(largest.searches_per_day)} searches"
    )
    checked = [row for row in rows if row.fpir_measured is not None]
    check = next((row for row in checked if row.group == EVERYONE), next(iter(checked), None))
    if check is not None:
        title += (
            f"; with {words.count(check.gallery_size)} it says {_modelled(check)} where {_measured(check)} was measured"
        )
    return title, alt


def _paint(figure: Any, rows: Sequence[GalleryRow], groups: Sequence[str]) -> None:
    ax = figure.subplots()
    floor = min((v for r in rows for v in (r.fpir_model, r.fpir_measured) if v), default=1e-4) / 3
    for k, group in enumerate(groups):
        mine = sorted((row for row in rows if row.group == group), key=lambda row: row.gallery_size or 0)
        sizes = [row.gallery_size for row in mine]
        look = style.look(k)
        ax.plot(sizes, [row.fpir_model or floor for row in mine], label=style.label(group), **look)
        low, high = [row.fpir_model_low or floor for row in mine], [row.fpir_model_high or floor for row in mine]
        ax.fill_between(sizes, low, high, color=look["color"], alpha=0.08, linewidth=0)
        for row in mine:
            if row.fpir_measured is not None and row.gallery_size:
                _measured_mark(ax, row, k, len(groups), floor)
    ax.set(xscale="log", yscale="log", ylim=(floor, 1.3))
    style.log_axis(ax.xaxis, lambda value, _: f"{value:,.0f}" if value >= 1 else "")
    style.log_axis(ax.yaxis, style.plain_percent)
    style.grid(ax)
    ax.set_xlabel("people enrolled")
    ax.set_ylabel("searches that flag somebody (FPIR)")
    style.legend(figure, [style.label(group) for group in groups], "group searched")


def _measured_mark(ax: Any, row: GalleryRow, k: int, groups: int, floor: float) -> None:
    """A measured rate, moved a little sideways so that the groups' intervals stand beside each other."""
    x = (row.gallery_size or 1) * 1.06 ** (k - (groups - 1) / 2)
    colour, marker = style.COLOURS[k % len(style.COLOURS)], style.MARKERS[k % len(style.MARKERS)]
    low = max(row.fpir_measured_low or floor, floor)
    high = row.fpir_measured_high if row.fpir_measured_high is not None else row.fpir_measured
    ax.plot([x, x], [low, high], color=colour, linewidth=1.4)
    seen = row.fpir_measured or 0.0
    face = colour if seen else "white"
    ax.plot([x], [seen or high], marker if seen else "v", color=colour, markerfacecolor=face, markersize=5.5)


def _table(rows: Sequence[GalleryRow]) -> Table:
    head = (
        "Enrolled", "Mix of the gallery", "Group searched", "FPIR, model", "FPIR, measured", "Share of searches",
        "False alarms a day, model", "Note",
    )  # fmt: skip
    body = [
        (
            words.count(row.gallery_size), row.mix, row.group, _modelled(row), _measured(row),
            words.percent(row.share_of_searches), words.number(row.false_alarms_per_day), words.noted(row),
        )
        for row in rows
    ]  # fmt: skip
    return Table(head, body)
