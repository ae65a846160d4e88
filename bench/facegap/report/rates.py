"""Figures of error rates by group: people turned away, FNMR and FMR, and the rates of 1:n searches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.patches import Patch

from facegap.report import dots, style, versus_rest, views, words
from facegap.report.dots import Key, Series
from facegap.report.marks import Rated, as_people, weighting
from facegap.report.style import Picture, Table
from facegap.report.worst_first import DIFFERS, Contrast, contrast, contrasts, groupings, more_often, ranked
from facegap.schema import CrossRow, IdentificationRow, RateRow, ThresholdRow, VersusRow
from facegap.store import Tables

BY_COMPARISONS = "Every comparison counts once (by comparisons); the table also has the rates by people."

HEAD = ("Errors", "Trials", "Failed", "People", "Rate (interval)", "By people", "Read with care")


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One half of a figure: a metric, its axis label, how to read it, and one series per mark.

    `bars`: what is said of the part of a bar that is failures; "" draws none. `people`: it is drawn by people, each
    counted once, and its table holds both weightings as every table does.
    """

    metric: str
    heading: str
    how: str
    series: list[Series[Rated]]
    scale: dots.Scale = "linear"
    bars: str = ""
    people: bool = False
    say: Callable[..., str] = style.plain_percent

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


_FAILED = {
    False: (
        "failed captures counted as turned away; the grey bar is the part in which no face was acquired at all.",
        "of these: no face acquired",
    ),
    True: (
        "failures, as whoever ran it reported them, counted as turned away; the grey bar is their part.",
        "of these: failed, as reported",
    ),
}
"""Whether others ran a model -> what is said of its failures: how they are counted, and what a bar is."""


def turned_away(tables: Tables, model: str, point: ThresholdRow) -> Picture | None:
    """FTA and FNMR per group of every grouping, the largest difference of FNMR first, and per condition at `point`."""
    order = groupings(tables, model, "FNMR", point)
    at = words.at(point.name, point.threshold)
    failed, bar = _FAILED[views.from_elsewhere(tables, model)]
    fta = Panel(
        metric="FTA",
        heading="No usable face (FTA)",
        how="failure to acquire (FTA), the share of images in which no usable face was found.",
        series=_by_condition(tables, model, "FTA", order, None),
        people=True,
    )
    fnmr = Panel(
        metric="FNMR",
        heading="Turned away (FNMR)",
        how=f"genuine comparisons that end without a match (FNMR), {at}, one attempt, {failed}",
        series=_by_condition(tables, model, "FNMR", order, point.name),
        bars=bar,
        people=True,
    )
    says, alt = _turned_away_words(tables, model, fnmr if fnmr.known else fta, order, point)
    title = f"{model}: turned away under every condition, {words.point(point.name)}"
    main = views.main_threshold(tables, model)
    name = style.slug("turned-away", model, *([] if point == main else [point.name]))
    return _picture(tables, name, (title, "", alt, says), (fta, fnmr), "Condition", "rates.csv")


def fnmr_and_fmr(tables: Tables, model: str) -> Picture | None:
    """FNMR and FMR of every group of every grouping at every operating point, in the baseline condition."""
    points = views.thresholds(tables, model)
    condition, order = views.baseline(tables), groupings(tables, model, "FMR")
    if not points:
        return None
    fnmr = Panel(
        metric="FNMR",
        heading="Genuine people turned away (FNMR)",
        how="share of genuine comparisons that do not match (FNMR).",
        series=by_thresholds(tables, model, "FNMR", order),
    )
    fmr = Panel(
        metric="FMR",
        heading="Impostors let through (FMR)",
        how="on a log axis, share of impostor comparisons within the group that match (FMR); the top line holds every "
        "impostor pair, of whatever groups. Dashed lines mark the FMR that each threshold was set to.",
        series=by_thresholds(tables, model, "FMR", order),
        scale="log",
    )
    says, alt = _spread_words(tables, model, condition, points)
    title = f"{model}: both errors of every group at every threshold of the study"
    lead = f"Condition: {condition}. One colour and mark is one threshold, the same for everybody. "
    return _picture(tables, style.slug("rates", model), (title, lead, alt, says), (fnmr, fmr), "Threshold", "rates.csv")


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
    says, alt = _search_words(tables, rows, names[0])
    title = _search_title(tables, rows, names[0])
    sizes = words.listed(views.once(words.count(row.gallery_size) for row in rows))
    lead = f"Condition: {views.baseline(tables)}; open set, {sizes} people enrolled. "
    name = style.slug("searches", model)
    return _picture(tables, name, (title, lead, alt, says), (fnir, fpir), "Threshold", "identification.csv")


def _picture(
    tables: Tables, name: str, texts: tuple[str, str, str, str], both: Sequence[Panel], mark: str, source: str
) -> Picture | None:
    """The figure of the panels that have a rate; None where neither has.

    `texts`: title, start of the caption, alt, and the finding at length ("" where there is none).
    """
    title, lead, alt, says = texts
    panels = [panel for panel in both if panel.known]
    if not panels:
        return None
    least = views.min_subjects(tables)
    rows = [(one.name, panel.metric, row) for panel in panels for one in panel.series for row in one.rows.values()]
    table = Table((mark, "Metric", "Group", *HEAD), [(*names, _group(row), *cells(row, least)) for *names, row in rows])
    lines = _lines(panels)
    size = (4.5, dots.height(lines, max(len(panel.series) for panel in panels)))
    parts = style.panels(name, title, alt, size, lambda figure, one: _paint(figure, one, lines, least), panels)
    caption = f"{lead}{_how(panels)} {span_words([row for _, _, row in rows if row.grouping])}"
    return Picture(
        name=name, title=title, says=(says,) if says else (), caption=caption, alt=alt, panels=parts, table=table,
        sources=(source,),
    )  # fmt: skip


def _how(panels: Sequence[Panel]) -> str:
    """The caption's middle: how to read each panel, the marks and the lines."""
    sides = ("First: ", "Then: ") if len(panels) == 2 else ("Shown: ",)
    said = " ".join(f"{side}{panel.how}" for side, panel in zip(sides, panels, strict=True))
    weighted = weighting(_all_rows(panels[0].drawn)) if panels[0].people else BY_COMPARISONS
    return (
        f"{said} {weighted} Marks are the measured rates, lines their intervals; an arrowhead: the line goes on; "
        f"hollow marks are to be read with care, the table says why. † fewer than {views.FEW_PEOPLE} people."
    )


def _lines(panels: Sequence[Panel]) -> list[dots.Line]:
    every = [one for panel in panels for one in panel.series]
    return dots.lines_of(views.once(key for one in every for key in one.rows), dots.few_people(every))


def _paint(figure: Any, panel: Panel, lines: Sequence[dots.Line], least: int) -> None:
    ax, extra = figure.subplots(), []
    if panel.bars and any(row.failed for row in _all_rows(panel.series)):
        _failed_bars(ax, lines, panel.drawn)
        extra = [(Patch(color=style.BAR), panel.bars)]
    dots.panel(ax, lines, panel.drawn, panel.scale, names=True, least=least, say=panel.say)
    ax.set_xlabel(panel.heading)
    dots.legend(figure, panel.series, panel.series, extra)


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
                    color=style.BAR,
                    zorder=2,
                )


def _series(name: str, rows: Iterable[Rated], target: float | None = None) -> Series[Rated]:
    return Series(name, {_key(row): row for row in rows}, target)


def _key(row: Rated) -> Key:
    return (row.grouping, group_of(row))


def _by_condition(
    tables: Tables, model: str, metric: str, order: Sequence[str], point: str | None
) -> list[Series[Rated]]:
    """One series a condition, groupings in the given order, everyone first."""
    wanted: dict[str, object] = {} if point is None else {"threshold_name": point}
    found = []
    for condition in views.conditions(tables):
        rows = views.rates(tables, model, metric, condition=condition, **wanted)
        found.append(_series(condition, [row for by in (views.EVERYONE, *order) for row in rows if row.grouping == by]))
    return found


def by_thresholds(tables: Tables, model: str, metric: str, order: Sequence[str] = ()) -> list[Series[Rated]]:
    """One series an operating point, in the baseline condition, failures counted, everyone first.

    Groupings come in `order`, those that it does not name after it as the tables have them.
    """
    condition, by = views.baseline(tables), views.once([views.EVERYONE, *order, *views.groupings(tables)])
    return [_by_threshold(tables, metric, condition, point, by) for point in views.thresholds(tables, model)]


def _by_threshold(
    tables: Tables, metric: str, condition: str, point: ThresholdRow, order: Sequence[str]
) -> Series[Rated]:
    rows = views.rates(tables, point.model, metric, condition=condition, threshold_name=point.name)
    rows.sort(key=lambda row: order.index(row.grouping))
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


def _turned_away_words(
    tables: Tables, model: str, panel: Panel, order: Sequence[str], point: ThresholdRow
) -> tuple[str, str]:
    """Title and alt text of `panel`, which is FNMR's, or FTA's where there is no mated comparison.

    The title speaks of the first grouping in which a group may be called highest.
    """
    least = views.min_subjects(tables)
    every = [row for row in _all_rows(panel.series) if isinstance(row, RateRow)]
    by_grouping = [[row for row in every if row.grouping == by] for by in order]
    rows = next((some for some in by_grouping if views.extremes(some, least)), by_grouping[0] if order else [])
    fnmr = panel.metric == "FNMR"
    what = "turned away" if fnmr else "without a usable face"
    scale = words.people_scale(rows)
    marks = [(one.name, row) for one in panel.drawn for row in one.rows.values()]
    parts = [f"{group_of(row)}, {name}: {words.people(row, scale)}" for name, row in marks]
    alt = f"Dot plot of people {what}, of {words.count(scale)}. " + "; ".join(parts) + "."
    at = f" at {words.point(point.name)}" if fnmr else ""
    return f"{model}: {_turned_away_title(tables, rows, what, scale, at)}", alt


def _turned_away_title(tables: Tables, rows: Sequence[RateRow], what: str, scale: int, at: str) -> str:
    """The highest rate and its test; beside it the same group under the baseline, or under that the lowest group."""
    ends = views.extremes(rows, views.min_subjects(tables))
    if ends is None:
        return f"people {what}"
    worst = ends[0]
    if worst.errors == 0:
        return (
            f"no one {what}{at} in any group; largest upper bound: {worst.group} under {worst.condition}, "
            f"{words.rate(worst)}"
        )
    if worst.rate == ends[1].rate:
        return f"{what}{at} equally often in every group: {words.people(worst, scale)} of {words.count(scale)}"
    by = views.by_words(tables, worst.grouping).rstrip(",")
    title = f"{what} most often{at}{by}: {worst.group} under {worst.condition}, {words.people(worst, scale)} of "
    title += words.count(scale)
    base = views.baseline(tables)
    same = [row for row in rows if row.group == worst.group and row.condition == base]
    verdict = _verdict(tables, worst)
    if worst.condition != base:
        beside = "".join(f"; the same group under {base}: {words.people(row, scale)}" for row in same)
        return f"{title}{beside}{verdict}"
    lowest = views.extremes([row for row in rows if row.condition == base], views.min_subjects(tables))
    if lowest is None or lowest[1].rate == worst.rate:
        return f"{title}{verdict}"
    return f"{title}; least often: {lowest[1].group}, {words.people(lowest[1], scale)}{verdict}"


def _spread_words(tables: Tables, model: str, condition: str, points: Sequence[ThresholdRow]) -> tuple[str, str]:
    """Title and alt text at the leading threshold; the title is on the grouping with the largest difference of FMR."""
    point = next(iter(views.leading_thresholds(tables, model)), points[0])
    parts = []
    for metric in ("FMR", "FNMR"):
        rows = views.rates(tables, model, metric, condition=condition, threshold_name=point.name)
        parts += [f"{metric} {row.group} {words.rate(row)}" for row in rows if row.grouping != views.EVERYONE]
    alt = f"Dot plots of FNMR and FMR by group. At {words.point(point.name)}: " + "; ".join(parts) + "."
    for one in contrasts(tables, model, point, condition):
        if one.metric == "FMR" and len(one.rows) > 1:
            what = "impostors of the same group pass"
            at = f"at {words.point(point.name)}, by {one.grouping}, "
            return f"{model}: {at}{spread(tables, (one.worst, one.least), what)}", alt
    return f"{model}: error rates by group", alt


def spread(tables: Tables, ends: tuple[Rated, Rated], what: str) -> str:
    """Worst and best group in one clause; the test of the worst one alone says whether it differs from the others."""
    worst, best = ends
    if views.of_generator(tables, worst.grouping):
        return f"{what}, by shapes of a generator, of which no finding is made"
    if worst.errors == 0:
        return f"{what} in no trial of any group; largest upper bound: {group_of(worst)}, {words.rate(worst)}"
    verdict = _verdict(tables, worst)
    if worst.rate == best.rate:
        return f"{what} equally often in every group, {words.rate(worst)}{verdict}"
    return (
        f"{what} most often in {group_of(worst)}, {words.rate(worst)}, and least often in {group_of(best)}, "
        f"{words.rate(best)}{verdict}"
    )


def _verdict(tables: Tables, worst: Rated) -> str:
    """What the test of the worst group says, as the end of a title."""
    test = versus_rest.of(tables, worst)
    if test is None:
        return "; not tested against the others"
    if test.verdict == DIFFERS:
        return f"; {test.group} differs from the others"
    return f"; {test.group} is not shown to differ from the others: {versus_rest.would_have_seen(tables, test)}"


def _search_title(tables: Tables, rows: Sequence[IdentificationRow], name: str) -> str:
    flagged = [row for row in rows if row.threshold_name == name and row.metric == "FPIR"]
    spoken = [by for by in views.groupings(tables) if not views.of_generator(tables, by)]
    by_grouping = [[row for row in flagged if row.grouping == by] for by in spoken]
    found = ranked(contrast(tables, some) for some in by_grouping if some)
    said = in_short(found[0], "wrongly flagged") if found else "errors of searches by group"
    return f"{rows[0].model}, searches: {said}"


def in_short(one: Contrast, what: str) -> str:
    """The contrast in under a dozen words, for a title; its one test decides what it says."""
    if len(one.rows) < 2:
        return "too few groups are large enough to compare"
    if one.worst.errors == 0:
        return f"nobody of any group that is tested is {what}"
    if one.worst.rate == one.least.rate:
        return f"every group is {what} equally often"
    if one.test is None:
        return f"{style.short(one.worst.group)} is {what} most often; not tested"
    if one.differs:
        return f"{style.short(one.worst.group)} is {what} {_often(one.test)} often than the others"
    for test in one.others_that_differ()[:1]:
        return f"{style.short(test.group)} is {what} {_often(test)} often than the others"
    return f"no group is shown to be {what} more often"


def _often(test: VersusRow) -> str:
    return "more" if more_often(test) else "less"


def _search_words(tables: Tables, rows: Sequence[IdentificationRow], name: str) -> tuple[str, str]:
    """Title and alt text at one threshold; the title is on the grouping with the largest difference of FPIR."""
    shown = [row for row in rows if row.threshold_name == name and row.grouping != views.EVERYONE]
    parts = [f"{row.metric} {row.group} {words.rate(row)}" for row in shown]
    alt = f"Dot plots of FNIR and FPIR by group. At {name}: " + "; ".join(parts) + "."
    flagged = [row for row in shown if row.metric == "FPIR"]
    spoken = [by for by in views.groupings(tables) if not views.of_generator(tables, by)]
    by_grouping = [[row for row in flagged if row.grouping == by] for by in spoken]
    for one in ranked(contrast(tables, some) for some in by_grouping if some):
        if len(one.rows) > 1:
            said = spread(tables, (one.worst, one.least), "people are wrongly flagged")
            at = f"{words.point(name)}{views.by_words(tables, one.grouping)}"
            return f"{rows[0].model}: in searches at {at} {said}", alt
    return f"{rows[0].model}: errors of searches by group", alt
