"""Figures of error rates by group: people turned away, FNMR and FMR, and the rates of 1:n searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.patches import Patch

from facegap.report import dots, style, versus_rest, views, words
from facegap.report.dots import Key, Series
from facegap.report.marks import Rated, as_people, weighting
from facegap.report.style import Picture, Table
from facegap.report.worst_first import DIFFERS, contrasts
from facegap.schema import CrossRow, IdentificationRow, RateRow, ThresholdRow
from facegap.store import Tables

BY_COMPARISONS = "Every comparison counts once (by comparisons); the table also has the rates by people."

HEAD = ("Errors", "Trials", "Failed", "People", "Rate (interval)", "By people", "Read with care")


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One half of a figure: a metric, its axis label, how to read it, and one series per mark.

    `people`: it is drawn by people, each counted once, and its table holds both weightings as every table does.
    """

    metric: str
    heading: str
    how: str
    series: list[Series[Rated]]
    scale: dots.Scale = "linear"
    bars: bool = False
    people: bool = False

    @property
    def drawn(self) -> list[Series[Rated]]:
        """The series as they are drawn: by people where the panel speaks of people, else by comparisons."""
        if not self.people:
            return self.series
        return [Series(one.name, {k: as_people(row) for k, row in one.rows.items()}, one.target) for one in self.series]

    @property
    def known(self) -> bool:
        """Whether any rate of it is estimated."""
        return any(row.rate is not None for row in _all_rows(self.series))


def turned_away(tables: Tables, model: str) -> Picture | None:
    """FTA and FNMR per group of the first grouping and per condition, at the operating point the page reads at."""
    point = views.main_threshold(tables, model)
    if point is None:
        return None
    grouping = views.first_grouping(tables)
    at = words.at(point.name, point.threshold)
    fta = Panel(
        metric="FTA",
        heading="No usable face (FTA)",
        how="failure to acquire (FTA), the share of images in which no usable face was found.",
        series=_by_condition(tables, model, "FTA", grouping, None),
        people=True,
    )
    fnmr = Panel(
        metric="FNMR",
        heading="Turned away (FNMR)",
        how=f"genuine comparisons that end without a match (FNMR), {at}, one attempt, failed captures counted as "
        "turned away; the grey bar is the part in which no face was acquired at all.",
        series=_by_condition(tables, model, "FNMR", grouping, point.name),
        bars=True,
        people=True,
    )
    title, alt = _turned_away_words(tables, model, fnmr if fnmr.known else fta)
    return _picture(tables, style.slug("turned-away", model), (title, "", alt), (fta, fnmr), "Condition", "rates.csv")


def fnmr_and_fmr(tables: Tables, model: str) -> Picture | None:
    """FNMR and FMR of every group of every grouping at every operating point, in the baseline condition."""
    points = views.thresholds(tables, model)
    condition = views.baseline(tables)
    if not points:
        return None
    fnmr = Panel(
        metric="FNMR",
        heading="Genuine people turned away (FNMR)",
        how="share of genuine comparisons that do not match (FNMR).",
        series=by_thresholds(tables, model, "FNMR"),
    )
    fmr = Panel(
        metric="FMR",
        heading="Impostors let through (FMR)",
        how="on a log axis, share of impostor comparisons within the group that match (FMR); the top line holds every "
        "impostor pair, of whatever groups. Dashed lines mark the FMR that each threshold was set to.",
        series=by_thresholds(tables, model, "FMR"),
        scale="log",
    )
    title, alt = _spread_words(tables, model, condition, points)
    lead = f"Condition: {condition}. One colour and mark is one threshold, the same for everybody. "
    return _picture(tables, style.slug("rates", model), (title, lead, alt), (fnmr, fmr), "Threshold", "rates.csv")


def searches(tables: Tables, model: str) -> Picture | None:
    """FNIR and FPIR of the open-set searches by group, at every operating point, in the baseline condition."""
    rows = views.open_searches(tables, model)
    if not rows:
        return None
    names = views.once(row.threshold_name for row in rows)

    def series(metric: str) -> list[Series[Rated]]:
        return [_series(name, views.select(rows, metric=metric, threshold_name=name)) for name in names]

    fnir = Panel(
        metric="FNIR",
        heading="Searched for, not found (FNIR)",
        how="people in the gallery whom the search does not return above the threshold (FNIR).",
        series=series("FNIR"),
    )
    fpir = Panel(
        metric="FPIR",
        heading="Not enrolled, yet flagged (FPIR)",
        how="people who are not in the gallery and for whom the search returns someone else (FPIR); a larger gallery "
        "raises it.",
        series=series("FPIR"),
    )
    title, alt = _search_words(tables, rows, names[0])
    sizes = words.listed(views.once(words.count(row.gallery_size) for row in rows))
    lead = f"Condition: {views.baseline(tables)}; open set, {sizes} people enrolled. "
    name = style.slug("searches", model)
    return _picture(tables, name, (title, lead, alt), (fnir, fpir), "Threshold", "identification.csv")


def _picture(
    tables: Tables, name: str, texts: tuple[str, str, str], both: Sequence[Panel], mark: str, source: str
) -> Picture | None:
    """The figure of the panels that have a rate; None where neither has. `texts`: title, start of caption, alt."""
    title, lead, alt = texts
    panels = [panel for panel in both if panel.known]
    if not panels:
        return None
    least = views.min_subjects(tables)
    rows = [(one.name, panel.metric, row) for panel in panels for one in panel.series for row in one.rows.values()]
    table = Table((mark, "Metric", "Group", *HEAD), [(*names, _group(row), *cells(row, least)) for *names, row in rows])
    svg = style.draw(name, title, alt, _size(panels), lambda figure: _paint(figure, panels, least))
    caption = f"{lead}{_how(panels)} {span_words([row for _, _, row in rows if row.grouping])}"
    return Picture(name=name, title=title, caption=caption, alt=alt, svg=svg, table=table, sources=(source,))


def _how(panels: Sequence[Panel]) -> str:
    """The caption's middle: how to read each panel, the marks and the lines."""
    sides = ("Left: ", "Right: ") if len(panels) == 2 else ("Shown: ",)
    said = " ".join(f"{side}{panel.how}" for side, panel in zip(sides, panels, strict=True))
    weighted = weighting(_all_rows(panels[0].drawn)) if panels[0].people else BY_COMPARISONS
    return (
        f"{said} {weighted} Marks are the measured rates, lines their intervals; an arrowhead: the line goes on; "
        f"hollow marks are to be read with care, the table says why. † fewer than {views.FEW_PEOPLE} people."
    )


def _lines(panels: Sequence[Panel]) -> list[dots.Line]:
    every = [one for panel in panels for one in panel.series]
    return dots.lines_of(views.once(key for one in every for key in one.rows), dots.few_people(every))


def _size(panels: Sequence[Panel]) -> tuple[float, float]:
    return 8.6, dots.height(_lines(panels), max(len(panel.series) for panel in panels))


def _paint(figure: Any, panels: Sequence[Panel], least: int) -> None:
    lines = _lines(panels)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    extra = []
    for k, (ax, panel) in enumerate(zip(axes, panels, strict=True)):
        if panel.bars and any(row.failed for row in _all_rows(panel.series)):
            _failed_bars(ax, lines, panel.drawn)
            extra = [(Patch(color="#c9cdd4"), "of these: no face acquired")]
        dots.panel(ax, lines, panel.drawn, panel.scale, names=k == 0, least=least)
        ax.set_xlabel(panel.heading)
    shown = [one for panel in panels for one in panel.series]
    dots.legend(figure, panels[-1].series, shown, extra)


def _failed_bars(ax: Any, lines: Sequence[dots.Line], series: Sequence[Series[Rated]]) -> None:
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


def _series(name: str, rows: Iterable[Rated], target: float | None = None) -> Series[Rated]:
    return Series(name, {_key(row): row for row in rows}, target)


def _key(row: Rated) -> Key:
    return (row.grouping, group_of(row))


def _by_condition(tables: Tables, model: str, metric: str, grouping: str, point: str | None) -> list[Series[Rated]]:
    wanted: dict[str, object] = {} if point is None else {"threshold_name": point}
    found = []
    for condition in views.conditions(tables):
        rows = views.rates(tables, model, metric, condition=condition, **wanted)
        found.append(_series(condition, [row for row in rows if row.grouping in (views.EVERYONE, grouping)]))
    return found


def by_thresholds(tables: Tables, model: str, metric: str) -> list[Series[Rated]]:
    """One series an operating point, in the baseline condition, failures counted."""
    condition, points = views.baseline(tables), views.thresholds(tables, model)
    return [_by_threshold(tables, model, metric, condition, point) for point in points]


def _by_threshold(tables: Tables, model: str, metric: str, condition: str, point: ThresholdRow) -> Series[Rated]:
    rows = views.rates(tables, model, metric, condition=condition, threshold_name=point.name)
    return _series(point.name, rows, point.target)


def _all_rows(series: Iterable[Series[Rated]]) -> list[Rated]:
    return [row for one in series for row in one.rows.values()]


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
        words.by_people(row),
        words.flags(row, min_subjects),
    )


def span_words(rows: Sequence[Rated], what: str = "group and mark") -> str:
    """How many comparisons of how many people lie behind each `what`; "" where nothing is known of that."""
    known = [row for row in rows if row.rate is not None]
    trials = [row.trials for row in known if row.trials is not None]
    people = [row.subjects for row in known if row.subjects is not None]
    if not trials or not people:
        return ""
    return f"n per {what}: {words.span(trials)} comparisons of {words.span(people)} people."


def _turned_away_words(tables: Tables, model: str, panel: Panel) -> tuple[str, str]:
    """Title and alt text of `panel`, which is FNMR's, or FTA's where there is no mated comparison."""
    rows = [row for row in _all_rows(panel.drawn) if row.grouping == views.first_grouping(tables)]
    what = "turned away" if panel.metric == "FNMR" else "without a usable face"
    scale = words.people_scale(rows)
    marks = [(one.name, row) for one in panel.drawn for row in one.rows.values()]
    parts = [f"{group_of(row)}, {name}: {words.people(row, scale)}" for name, row in marks]
    alt = f"Dot plot of people {what}, of {words.count(scale)}. " + "; ".join(parts) + "."
    shown = [row for row in rows if isinstance(row, RateRow)]
    return f"{model}: {_turned_away_title(tables, shown, what, scale)}", alt


def _turned_away_title(tables: Tables, rows: Sequence[RateRow], what: str, scale: int) -> str:
    """The highest rate; beside it the same group under the baseline, or under that the lowest group."""
    ends = views.extremes(rows, views.min_subjects(tables))
    if ends is None:
        return f"people {what}"
    worst = ends[0]
    if worst.errors == 0:
        return (
            f"no one {what} in any group; largest upper bound: {worst.group} under {worst.condition}, "
            f"{words.rate(worst)}"
        )
    title = f"{what} most often: {worst.group} under {worst.condition}, {words.people(worst, scale)} of "
    title += words.count(scale)
    base = views.baseline(tables)
    same = [row for row in rows if row.group == worst.group and row.condition == base]
    if worst.condition != base:
        return title + "".join(f"; the same group under {base}: {words.people(row, scale)}" for row in same)
    lowest = views.extremes([row for row in rows if row.condition == base], views.min_subjects(tables))
    if lowest is None or lowest[1].rate == worst.rate:
        return title
    return f"{title}; least often: {lowest[1].group}, {words.people(lowest[1], scale)}"


def _spread_words(tables: Tables, model: str, condition: str, points: Sequence[ThresholdRow]) -> tuple[str, str]:
    """Title and alt text at the leading threshold; the title is on the grouping with the largest difference of FMR."""
    point = next(iter(views.leading_thresholds(tables, model)), points[0])
    parts = []
    for metric in ("FMR", "FNMR"):
        rows = views.rates(tables, model, metric, condition=condition, threshold_name=point.name)
        parts += [f"{metric} {row.group} {words.rate(row)}" for row in rows if row.grouping != views.EVERYONE]
    alt = f"Dot plots of FNMR and FMR by group. At {point.name}: " + "; ".join(parts) + "."
    for one in contrasts(tables, model, point, condition):
        if one.metric == "FMR" and len(one.rows) > 1:
            what = "impostors of the same group pass"
            at = f"at {point.name}, by {one.grouping}, "
            return f"{model}: {at}{spread(tables, (one.worst, one.least), what)}", alt
    return f"{model}: error rates by group", alt


def spread(tables: Tables, ends: tuple[Rated, Rated], what: str) -> str:
    """Worst and best group in one clause; the test of the worst one alone says whether it differs from the others."""
    worst, best = ends
    if worst.errors == 0:
        return f"{what} in no trial of any group; largest upper bound: {group_of(worst)}, {words.rate(worst)}"
    test = versus_rest.of(tables, worst)
    verdict = "; not tested against the others"
    if test is not None and test.verdict == DIFFERS:
        verdict = f"; {test.group} differs from the others"
    elif test is not None:
        verdict = f"; {test.group} is not shown to differ from the others: {versus_rest.would_have_seen(tables, test)}"
    if worst.rate == best.rate:
        return f"{what} equally often in every group, {words.rate(worst)}{verdict}"
    return (
        f"{what} most often in {group_of(worst)}, {words.rate(worst)}, and least often in {group_of(best)}, "
        f"{words.rate(best)}{verdict}"
    )


def _search_words(tables: Tables, rows: Sequence[IdentificationRow], name: str) -> tuple[str, str]:
    shown = [row for row in rows if row.threshold_name == name and row.grouping == views.first_grouping(tables)]
    parts = [f"{row.metric} {row.group} {words.rate(row)}" for row in shown]
    alt = f"Dot plots of FNIR and FPIR by group. At {name}: " + "; ".join(parts) + "."
    ends = views.extremes([row for row in shown if row.metric == "FPIR"], views.min_subjects(tables))
    if ends is None:
        return f"{rows[0].model}: errors of searches by group", alt
    return f"{rows[0].model}: in searches at {name} {spread(tables, ends, 'people are wrongly flagged')}", alt
