"""All models in one figure or table: who is turned away and who passes as someone else, each model at its threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from facegap.report import dots, rates, style, views, words
from facegap.report.dots import Key, Series
from facegap.report.marks import Rated, as_people
from facegap.report.rates import Panel
from facegap.report.style import Picture, Table
from facegap.report.worst_first import Contrast, contrast, groupings, ranked
from facegap.schema import RateRow, ThresholdRow
from facegap.store import Tables

MOST_LINES = 16
"""Groups of a figure beyond which it shows those with the highest rates; the table beneath has all of them."""

MOST_MODELS = 7
"""Models that marks tell apart."""


@dataclass(frozen=True, kw_only=True)
class _Error:
    """How one of the two errors is drawn and spoken of."""

    metric: str
    name: str
    what: str
    axis: str
    how: str
    scale: dots.Scale
    people: bool
    say: Callable[..., str]


_TURNED_AWAY = _Error(
    metric="FNMR",
    name="turned-away",
    what="turned away",
    axis="turned away of 1,000 genuine people",
    how="Genuine people who are turned away, each person counted once, grey: no usable face",
    scale="linear",
    people=True,
    say=style.per_1000,
)
_PASSES = _Error(
    metric="FMR",
    name="impostors",
    what="taken for someone else",
    axis="FMR, impostors of the same group, log scale",
    how="Pairs of different people of one group taken for one person; the top line is over all impostors",
    scale="log",
    people=False,
    say=style.plain_percent,
)


def turned_away(tables: Tables) -> Picture | None:
    """FNMR by group in the baseline condition: a panel at the vendors' own thresholds, one at the target."""
    return _picture(tables, _TURNED_AWAY)


def passes(tables: Tables) -> Picture | None:
    """Likewise the FMR within each group."""
    return _picture(tables, _PASSES)


@views.once_per_run
def worst(tables: Tables, metric: str) -> Contrast | None:
    """Of all models at the thresholds that they are read at first, the contrast that leads: the largest tested one."""
    lead = next(iter(ranked(_contrasts(tables, metric))), None)
    # Where nobody errs in the groups that are tested, those come first in which somebody does, or might most.
    return highest(tables, metric) or lead if lead is None or not lead.rows or not lead.worst.errors else lead


def highest(tables: Tables, metric: str) -> Contrast | None:
    """The contrast of the group with the highest rate of all models and groupings, whatever its test says."""
    known = [one for one in _contrasts(tables, metric) if one is not None and one.rows]
    return max(known, key=lambda one: views.height(one.worst), default=None)


def _contrasts(tables: Tables, metric: str) -> Iterator[Contrast | None]:
    for model in views.models(tables):
        for point in views.leading_thresholds(tables, model)[:1]:
            for by in _spoken(tables):
                yield contrast(tables, _rows(tables, model, metric, point, by))


def _spoken(tables: Tables) -> list[str]:
    """Groupings of people; of shapes of a generator no finding is made."""
    return [by for by in views.groupings(tables) if not views.of_generator(tables, by)]


def _rows(tables: Tables, model: str, metric: str, point: ThresholdRow, by: str) -> list[RateRow]:
    condition = views.baseline(tables)
    return views.rates(tables, model, metric, threshold_name=point.name, condition=condition, grouping=by)


def _picture(tables: Tables, error: _Error) -> Picture | None:
    panels = [panel for panel in _panels(tables, error) if panel.known]
    if not panels:
        return None
    lead = worst(tables, error.metric)
    title = f"{lead.worst.model}: {rates.in_short(lead, error.what)}" if lead and lead.rows else f"Who is {error.what}"
    every = [(panel, one, row) for panel in panels for one in panel.series for row in one.rows.values()]
    least = views.min_subjects(tables)
    keys = _shown(panels)
    lines = dots.lines_of(keys, dots.few_people([one for panel in panels for one in panel.series]))
    shown = [_only(panel, keys) for panel in panels]
    alt = f"Dot plot, {error.axis}. " + ". ".join(_alt(panel, error) for panel in shown) + "."
    size = (4.5, dots.height(lines, max(len(panel.series) for panel in shown)))
    name = style.slug("all", error.name)
    parts = style.panels(name, title, alt, size, lambda figure, one: rates._paint(figure, one, lines, least), shown)
    table = Table(
        ("Model", "At", "Group", *rates.HEAD),
        [(one.name, _at(row), rates._group(row), *rates.cells(row, least)) for _, one, row in every],
    )
    return Picture(
        name=name, title=title, caption=_caption(tables, error, keys, panels), alt=alt, panels=parts, table=table,
        sources=("rates.csv",),
    )  # fmt: skip


def _at(row: Rated) -> str:
    return words.at(row.threshold_name, row.threshold)


def _caption(tables: Tables, error: _Error, keys: Sequence[Key], panels: Sequence[Panel]) -> str:
    every = views.once(
        key for panel in panels for one in panel.drawn for key, row in one.rows.items() if row.rate is not None
    )
    few = f" Drawn: {len(keys) - 1} of {len(every) - 1} groups, all are in the table." if len(keys) < len(every) else ""
    named = {key for panel in panels for one in panel.series for key in one.rows} - set(every)
    if named:
        few += f" Not estimated: {words.listed(sorted(group for _, group in named))}."
    some = [row for panel in panels for one in panel.series for key, row in one.rows.items() if key in set(keys)]
    dagger = f" † fewer than {views.FEW_PEOPLE} people." if _any_few(some) else ""
    hollow = " Hollow: read with care, the table says why." if any(row.caution for row in some) else ""
    target = " Dashed: the FMR that the threshold was set to." if error.scale == "log" else ""
    more = len(views.models(tables)) - MOST_MODELS
    left = f" The first {MOST_MODELS} models; {more} more are in the table." if more > 0 else ""
    return (
        f"{error.how}; condition “{views.baseline(tables)}”. Marks: measured; lines: intervals.{target}{hollow}{dagger}"
        f"{few}{left}"
    )


def _any_few(rows: Sequence[Rated]) -> bool:
    return any(row.subjects is not None and row.subjects < views.FEW_PEOPLE for row in rows)


def _panels(tables: Tables, error: _Error) -> list[Panel]:
    """The vendors' own thresholds, then the targets, each with the models that have one."""
    own: list[ThresholdRow] = []
    target: list[ThresholdRow] = []
    for model in views.models(tables)[:MOST_MODELS]:
        for point in views.leading_thresholds(tables, model):
            (own if point.name == views.VENDOR else target).append(point)
    return [_panel(tables, error, points) for points in (own, target) if points]


def _panel(tables: Tables, error: _Error, points: Sequence[ThresholdRow]) -> Panel:
    names = views.once(point.name for point in points)
    many = len(names) > 1
    order = _order(tables, error, points[0])
    series = []
    for point in points:
        rows = [row for by in order for row in _rows(tables, point.model, error.metric, point, by)]
        rows = [row for row in rows if not row.grouping or row.subjects is None or row.subjects > 1]
        of = {(row.grouping, row.group): row for row in rows}
        name = f"{point.model}, {words.point(point.name)}" if many else point.model
        series.append(Series[Rated](name, dict(of), point.target if error.scale == "log" else None))
    at = words.point(names[0]) if not many else "the target FMR"
    return Panel(
        metric=error.metric, heading=f"{error.axis}\nat {at}", how="", series=series, scale=error.scale,
        bars="no face found" if error.people else "", people=error.people, say=error.say,
    )  # fmt: skip


def _order(tables: Tables, error: _Error, point: ThresholdRow) -> list[str]:
    lead = worst(tables, error.metric)
    first = [lead.grouping] if lead is not None else []
    return views.once([views.EVERYONE, *first, *groupings(tables, point.model, error.metric, point)])


def _shown(panels: Sequence[Panel]) -> list[Key]:
    """Everyone and as many whole groupings as there is room for; of a large first one the groups with most errors."""
    rows = [(key, row) for panel in panels for one in panel.drawn for key, row in one.rows.items()]
    keys = views.once(key for key, row in rows if row.rate is not None)
    kept: list[Key] = []
    for by in views.once(grouping for grouping, _ in keys):
        mine = [key for key in keys if key[0] == by]
        if len(kept) + len(mine) <= MOST_LINES + 1:
            kept += mine
        elif len(kept) <= 1:
            worst_of = {key: max(((row.rate or 0.0, row.high or 0.0) for k, row in rows if k == key)) for key in mine}
            most = set(sorted(mine, key=lambda key: worst_of[key], reverse=True)[:MOST_LINES])
            kept += [key for key in mine if key in most]
    return kept


def _only(panel: Panel, keys: Sequence[Key]) -> Panel:
    wanted = set(keys)
    series = [
        Series(one.name, {key: row for key, row in one.rows.items() if key in wanted}, one.target)
        for one in panel.series
    ]
    return Panel(
        metric=panel.metric, heading=panel.heading, how=panel.how, series=series, scale=panel.scale, bars=panel.bars,
        people=panel.people, say=panel.say,
    )  # fmt: skip


def _alt(panel: Panel, error: _Error) -> str:
    rows = [(one.name, row) for one in panel.drawn for row in one.rows.values()]
    scale = words.people_scale(row for _, row in rows)
    said = (
        f"{name}, {rates.group_of(row)}: {words.people(row, scale) if error.people else words.rate(row)}"
        for name, row in rows
    )
    of = f" of {words.count(scale)}" if error.people else ""
    return f"{panel.heading.splitlines()[-1]}{of}: {'; '.join(said)}"


_HEAD = (
    "Model", "Threshold", "Turned away of 1,000, rank", "Worst group turned away of 1,000, rank",
    "All impostors pass, rank", "Worst group of impostors passes, rank",
)  # fmt: skip


def models_table(tables: Tables) -> Table:
    """Models by measures with ranks, at each threshold that they are read at; no rows for a single model."""
    names = views.models(tables)
    if len(names) < 2:
        return Table(_HEAD, [])
    points = [point for model in names for point in views.leading_thresholds(tables, model)]
    measures = [_measures(tables, point) for point in points]
    kinds = [point.name == views.VENDOR for point in points]
    ranks = [_ranks([mine[k] for mine in measures], kinds) for k in range(4)]
    rows = [
        (point.model, words.point(point.name), *(_ranked(mine[k], ranks[k][i], k % 2 == 1) for k in range(4)))
        for i, (point, mine) in enumerate(zip(points, measures, strict=True))
    ]
    return Table(_HEAD, rows)


def _ranked(row: RateRow | None, rank: str, who: bool) -> str:
    """The rate, whose it is, and its rank; the number first, so that the column sorts by it."""
    if row is None or row.rate is None:
        return words.DASH
    value = words.people(row) if row.metric == "FNMR" else words.rate(row)
    return ", ".join(part for part in (value, row.group if who and row.errors else "", f"rank {rank}") if part)


def _measures(tables: Tables, point: ThresholdRow) -> list[RateRow | None]:
    found: list[RateRow | None] = []
    for metric in ("FNMR", "FMR"):
        rows = {by: _rows(tables, point.model, metric, point, by) for by in (views.EVERYONE, *_spoken(tables))}
        rows = {by: [as_people(r) if metric == "FNMR" else r for r in some] for by, some in rows.items()}
        grouped = [row for by, some in rows.items() if by != views.EVERYONE for row in some]
        entering = views.entering(grouped, views.min_subjects(tables))
        found += [next(iter(rows[views.EVERYONE]), None), max(entering, key=views.height, default=None)]
    return found


def _ranks(rows: Sequence[RateRow | None], kinds: Sequence[bool]) -> list[str]:
    """Rank of each among those at the same kind of threshold, the lowest rate first; equal rates share one."""
    found = []
    for row, kind in zip(rows, kinds, strict=True):
        peers = [
            one.rate for one, other in zip(rows, kinds, strict=True) if one and one.rate is not None and other == kind
        ]
        found.append("" if row is None or row.rate is None else str(1 + sum(rate < row.rate for rate in peers)))
    return found
