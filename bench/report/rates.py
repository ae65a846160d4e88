"""Figures of error rates by group: people turned away, FNMR and FMR, and the rates of 1:n searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.patches import Patch

from bench.report import dots, style, views, words
from bench.report.dots import Key, Series
from bench.report.style import Picture, Table
from bench.report.tables import CrossRow, IdentificationRow, Rated, Tables, ThresholdRow

HEAD = ("Errors", "Trials", "Failed", "People", "Rate (interval)", "Read with care")


def turned_away(tables: Tables, model: str) -> Picture | None:
    """FTA and FNMR per group of the first grouping and per condition, at the operating point the page reads at."""
    point = views.main_threshold(tables, model)
    if point is None:
        return None
    grouping = views.first_grouping(tables)
    fta = _by_condition(tables, model, "FTA", grouping, None)
    fnmr = _by_condition(tables, model, "FNMR", grouping, point.name)
    rows = _all_rows(fnmr)
    if not any(row.rate is not None for row in rows):
        return None
    title, alt = _turned_away_words(tables, model, point, grouping)
    caption = (
        f"Left: failure to acquire (FTA), the share of images in which no usable face was found. Right: genuine "
        f"comparisons that end without a match (FNMR), {words.at(point.name, point.threshold)}, one attempt, failed "
        "captures counted as turned away; the grey bar is the part in which no face was acquired at all. Marks are the "
        "measured rates, lines their intervals. † fewer than 50 people; an arrowhead: the line goes on. "
        f"{span_words(rows)}"
    )
    return _two_panels(
        style.slug("turned-away", model),
        (title, caption, alt),
        (("No usable face (FTA)", fta), ("Turned away (FNMR)", fnmr)),
        (
            _table(("Condition", "Metric"), _labelled(fta, "FTA") + _labelled(fnmr, "FNMR")),
            ("rates.csv", "acquisition.csv"),
        ),
        bars=True,
    )


def fnmr_and_fmr(tables: Tables, model: str) -> Picture | None:
    """FNMR and FMR of every group of every grouping at every operating point, in the baseline condition."""
    points = views.thresholds(tables, model)
    condition = views.baseline(tables)
    if not points:
        return None
    fnmr = [_by_threshold(tables, model, "FNMR", condition, point) for point in points]
    fmr = [_by_threshold(tables, model, "FMR", condition, point) for point in points]
    title, alt = _spread_words(tables, model, condition, points)
    caption = (
        f"Condition: {condition}. Left: share of genuine comparisons that do not match (FNMR). Right, on a log axis: "
        "share "
        "of impostor comparisons within the group that match (FMR); the top line holds every impostor pair, of "
        "whatever groups. Dashed lines mark the FMR that each threshold was set to. One colour and mark is one "
        "threshold, the same for everybody. † fewer than 50 people; an arrowhead: the line goes on. "
        f"{span_words(_all_rows(fmr))}"
    )
    shown = [one for one in fnmr if any(row.rate is not None for row in one.rows.values())]
    panels = (("Genuine people turned away (FNMR)", fnmr), ("Impostors let through (FMR)", fmr))
    return _two_panels(
        style.slug("rates", model),
        (title, caption, alt),
        panels if shown else panels[1:],
        (_table(("Threshold", "Metric"), _labelled(fnmr, "FNMR") + _labelled(fmr, "FMR")), ("rates.csv",)),
        log=(False, True) if shown else (True,),
    )


def searches(tables: Tables, model: str) -> Picture | None:
    """FNIR and FPIR of the open-set searches by group, at every operating point, in the baseline condition."""
    condition = views.baseline(tables)
    rows = views.open_searches(tables, model)
    if not rows:
        return None
    names = views.once(row.threshold_name for row in rows)
    panels = []
    for heading, metric in (("Searched for, not found (FNIR)", "FNIR"), ("Not enrolled, yet flagged (FPIR)", "FPIR")):
        panels.append(
            (heading, [_series(name, views.select(rows, metric=metric, threshold_name=name)) for name in names])
        )
    title, alt = _search_words(tables, rows, names[0])
    sizes = views.once(words.count(row.gallery_size) for row in rows)
    caption = (
        f"Condition: {condition}; open set, {words.listed(sizes)} people enrolled. Left: people in the gallery whom "
        "the "
        "search does not return above the threshold (FNIR). Right: people who are not in the gallery and for whom the "
        "search returns someone else (FPIR). A larger gallery raises FPIR. † fewer than 50 people; an arrowhead: the "
        "line goes on. "
        f"{span_words(rows)}"
    )
    table = _table(
        ("Threshold", "Metric"), [p for h, s in panels for p in _labelled(s, "FNIR" if "FNIR" in h else "FPIR")]
    )
    return _two_panels(style.slug("searches", model), (title, caption, alt), panels, (table, ("identification.csv",)))


def _two_panels(
    name: str,
    texts: tuple[str, str, str],
    panels: Sequence[tuple[str, list[Series]]],
    source: tuple[Table, tuple[str, ...]],
    log: Sequence[bool] = (False, False),
    bars: bool = False,
) -> Picture:
    title, caption, alt = texts
    keys = views.once(key for _, series in panels for one in series for key in one.rows)
    every = [one for _, series in panels for one in series]
    lines = dots.lines_of(keys, dots.few_people(every))
    size = (8.6, dots.height(lines, max(len(series) for _, series in panels)))

    def paint(figure: Any) -> None:
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for k, (ax, (heading, series), is_log) in enumerate(zip(axes, panels, log, strict=False)):
            if bars and k == len(panels) - 1:
                _failed_bars(ax, lines, series)
            dots.panel(ax, lines, series, is_log, names=k == 0)
            ax.set_xlabel(heading)
        extra = [(Patch(color="#c9cdd4"), "of these: no face acquired")] if bars else []
        dots.legend(figure, panels[-1][1], extra)

    svg = style.draw(name, title, alt, size, paint)
    return Picture(name, title, caption, alt, svg, *source)


def _failed_bars(ax: Any, lines: Sequence[dots.Line], series: Sequence[Series]) -> None:
    """The share of the trials that failed before any comparison, drawn under each mark."""
    for k, one in enumerate(series):
        for line in lines:
            row = one.rows.get((line.grouping, line.group or ""))
            if line.group is not None and row is not None and row.failed and row.trials:
                ax.barh(
                    line.y + dots.shift(k, len(series)),
                    row.failed / row.trials,
                    height=0.62 / (len(series) + 1),
                    color="#c9cdd4",
                    zorder=2,
                )


def _series(name: str, rows: Iterable[Rated], target: float | None = None) -> Series:
    return Series(name, {_key(row): row for row in rows}, target)


def _key(row: Rated) -> Key:
    return (row.grouping, group_of(row))


def _by_condition(tables: Tables, model: str, metric: str, grouping: str, point: str | None) -> list[Series]:
    wanted: dict[str, object] = {} if point is None else {"threshold_name": point}
    found = []
    for condition in views.conditions(tables):
        rows = views.rates(tables, model, metric, condition=condition, **wanted)
        found.append(_series(condition, [row for row in rows if row.grouping in (views.EVERYONE, grouping)]))
    return found


def _by_threshold(tables: Tables, model: str, metric: str, condition: str, point: ThresholdRow) -> Series:
    rows = views.rates(tables, model, metric, condition=condition, threshold_name=point.name)
    return _series(point.name, rows, point.target)


def _all_rows(series: Iterable[Series]) -> list[Rated]:
    return [row for one in series for row in one.rows.values()]


def _labelled(series: Iterable[Series], metric: str) -> list[tuple[tuple[str, str], Rated]]:
    return [((one.name, metric), row) for one in series for row in one.rows.values()]


def _table(first: tuple[str, str], rows: Sequence[tuple[tuple[str, str], Rated]]) -> Table:
    return Table((*first, "Group", *HEAD), [(*names, _group(row), *cells(row)) for names, row in rows])


def _group(row: Rated) -> str:
    return f"{row.grouping}: {group_of(row)}" if row.grouping else group_of(row)


def group_of(row: Rated) -> str:
    """The group's name; reference against probe in a cross-group cell."""
    return f"{row.reference_group} against {row.probe_group}" if isinstance(row, CrossRow) else row.group


def cells(row: Rated, min_subjects: int = 0) -> tuple[str, ...]:
    """The cells of `HEAD` for a row."""
    return (
        words.count(row.errors),
        words.count(row.trials),
        words.count(row.failed),
        words.count(row.subjects),
        words.rate(row),
        words.flags(row, min_subjects),
    )


def span_words(rows: Sequence[Rated], what: str = "group and mark") -> str:
    known = [row for row in rows if row.rate is not None and row.grouping]
    trials = [row.trials for row in known if row.trials is not None]
    people = [row.subjects for row in known if row.subjects is not None]
    if not trials or not people:
        return ""
    return f"n per {what}: {span(trials)} comparisons of {span(people)} people."


def span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return words.count(low) if low == high else f"{words.count(low)} to {words.count(high)}"


def _turned_away_words(tables: Tables, model: str, point: ThresholdRow, grouping: str) -> tuple[str, str]:
    rows = [row for row in views.rates(tables, model, "FNMR", threshold_name=point.name) if row.grouping == grouping]
    ends = views.extremes(rows, views.min_subjects(tables))
    if ends is None:
        return f"{model}: genuine people turned away", "One group only; see the table."
    worst, best = ends
    scale = words.people_scale(rows)
    title = (
        f"{model}: turned away most often: {worst.group} under {worst.condition}, {words.people(worst, scale)} of "
        f"{words.count(scale)}; least often: {best.group} under {best.condition}, {words.people(best, scale)}"
    )
    parts = [f"{row.group}, {row.condition}: {words.people(row, scale)}" for row in rows]
    return title, f"Dot plot of genuine people turned away of {words.count(scale)}. " + "; ".join(parts) + "."


def _spread_words(tables: Tables, model: str, condition: str, points: Sequence[ThresholdRow]) -> tuple[str, str]:
    point = views.main_threshold(tables, model) or points[0]
    grouping = views.first_grouping(tables)
    parts, title = [], f"{model}: error rates by group"
    for metric in ("FMR", "FNMR"):
        rows = views.rates(tables, model, metric, condition=condition, threshold_name=point.name, grouping=grouping)
        parts += [f"{metric} {row.group} {words.rate(row)}" for row in rows]
        ends = views.extremes(rows, views.min_subjects(tables))
        if ends is not None and metric == "FMR":
            title = f"{model}: at {point.name} {spread(ends, 'impostors of the same group pass')}"
    return title, f"Dot plots of FNMR and FMR by group. At {point.name}: " + "; ".join(parts) + "."


def spread(ends: tuple[Rated, Rated], what: str) -> str:
    """Worst and best group in one clause, saying where the intervals overlap."""
    worst, best = ends
    verdict = "; their intervals overlap: not shown to differ" if words.overlap(worst, best) else ""
    return (
        f"{what} most often in {group_of(worst)}, {words.rate(worst)}, and least often in {group_of(best)}, "
        f"{words.rate(best)}{verdict}"
    )


def _search_words(tables: Tables, rows: Sequence[IdentificationRow], name: str) -> tuple[str, str]:
    shown = [row for row in rows if row.threshold_name == name and row.grouping]
    parts = [f"{row.metric} {row.group} {words.rate(row)}" for row in shown]
    alt = f"Dot plots of FNIR and FPIR by group. At {name}: " + "; ".join(parts) + "."
    ends = views.extremes([row for row in shown if row.metric == "FPIR"], views.min_subjects(tables))
    if ends is None:
        return f"{rows[0].model}: errors of searches by group", alt
    return f"{rows[0].model}: in searches at {name} {spread(ends, 'people are wrongly flagged')}", alt
