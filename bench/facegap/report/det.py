"""Curves by group: DET, error rates against the threshold, score distributions, and the CMC."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator

from facegap.report import dots, rates, style, views, words
from facegap.report.style import COLOURS, INK, MARKERS, MUTED, Picture, Table
from facegap.report.worst_first import groupings
from facegap.schema import CmcRow, DetRow, DistributionRow, RateRow, ThresholdRow
from facegap.store import Tables

BEYOND_SCORES = 1e9
"""A threshold as large is no score: the one that nothing reaches."""

Histogram = list[DistributionRow]


def det(tables: Tables, model: str, condition: str, grouping: str) -> Picture | None:
    """DET curves in NIST's grammar: both axes log, steps, the points of one threshold joined by dots."""
    rows = curves(tables, model, condition, grouping)
    groups = views.once(row.group for row in rows)
    if not groups or not any(row.fmr and row.fnmr for row in rows):
        # Without both errors at any threshold there is no curve on log axes.
        return None
    points = views.thresholds(tables, model)
    marks = {point.name: _operating_points(tables, point, condition, grouping, groups) for point in points}
    order = _worst_first(tables, model, condition, grouping, groups)
    says, alt = _det_words(tables, model, condition, grouping, marks)
    title = f"{model}: the two errors against each other, by {grouping}, {condition}"
    caption = (
        f"Condition: {condition}; groups by {grouping}. "
        "One step curve per group: FMR across, FNMR up, both on log axes, failures counted. "
        "Lower and further left is fewer errors. Dots joined by a grey line lie at one and the same threshold: a "
        "slanted line shows that one setting gives each group other errors; hollow dots are to be read with care, the "
        "table says why. Curves leave the figure where no error "
        "was seen. Points have no interval: rates.csv has those at the thresholds. "
        f"{_people_words(marks)}{_not_drawn(tables, model, grouping)}"
    )
    name = style.slug("det", model, condition, *views.name_part(tables, grouping))
    size = style.tall((4.5, 4.0), [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, lambda figure: _det_figure(figure, rows, order, marks))
    table = Table(
        ("Threshold", "Group", "FMR", "FNMR", "Note"),
        [
            (point, group, words.rate(fmr), words.rate(fnmr), _cautions(fmr, fnmr))
            for point, pairs in marks.items()
            for group, (fmr, fnmr) in pairs.items()
        ],
    )
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=table,
        sources=("det.csv", "rates.csv"),
    )  # fmt: skip


Pairs = dict[str, tuple[RateRow, RateRow]]


def _cautions(fmr: RateRow, fnmr: RateRow) -> str:
    """Why the point of two rates must be read with care."""
    return "; ".join(f"{row.metric}: {row.caution}" for row in (fmr, fnmr) if row.caution)


def _operating_points(
    tables: Tables, point: ThresholdRow, condition: str, grouping: str, groups: Sequence[str]
) -> Pairs:
    """group -> FMR and FNMR rows at `point`, for the groups of `grouping` that have both."""
    wanted = {"condition": condition, "threshold_name": point.name, "grouping": grouping}
    fmr = {row.group: row for row in views.rates(tables, point.model, "FMR", **wanted)}
    fnmr = {row.group: row for row in views.rates(tables, point.model, "FNMR", **wanted)}
    return {group: (fmr[group], fnmr[group]) for group in groups if group in fmr and group in fnmr}


def _worst_first(tables: Tables, model: str, condition: str, grouping: str, groups: Sequence[str]) -> list[str]:
    """Groups by FNMR at the operating point the page reads at, highest first, as NIST sorts its legend."""
    point = views.main_threshold(tables, model)
    pairs = _operating_points(tables, point, condition, grouping, groups) if point else {}
    height = {group: fnmr.rate if fnmr.rate is not None else 0.0 for group, (_, fnmr) in pairs.items()}
    return sorted(groups, key=lambda group: -height.get(group, 0.0))


def curves(tables: Tables, model: str, condition: str, grouping: str) -> list[DetRow]:
    """Points of the DET curves of the groups of `grouping` that have both rates."""
    rows = _of(tables[DetRow], tables, model, condition, grouping)
    return [row for row in rows if row.fmr is not None and row.fnmr is not None]


def paint_det(ax: Any, tables: Tables, model: str, condition: str, rows: Sequence[DetRow]) -> None:
    """DET curves on matplotlib axes, with the operating points that each joins the groups at."""
    groups, by = views.once(row.group for row in rows), rows[0].grouping
    points = views.thresholds(tables, model)
    marks = {point.name: _operating_points(tables, point, condition, by, groups) for point in points}
    _paint_det(ax, rows, _worst_first(tables, model, condition, by, groups), marks)


def _det_figure(figure: Any, rows: Sequence[DetRow], order: Sequence[str], marks: dict[str, Pairs]) -> None:
    _paint_det(figure.subplots(), rows, order, marks)
    style.legend(figure, [style.label(group) for group in order], "group, worst first")


def _paint_det(ax: Any, rows: Sequence[DetRow], order: Sequence[str], marks: dict[str, Pairs]) -> None:
    groups = views.once(row.group for row in rows)
    for group in order:
        curve = [row for row in rows if row.group == group]
        # Zeros fall off a log axis, as in NIST's plots.
        xs = [row.fmr or 1e-99 for row in curve]
        ys = [row.fnmr or 1e-99 for row in curve]
        ax.step(xs, ys, where="post", label=style.label(group), **style.look(groups.index(group)))
    _join(ax, marks, groups)
    positive = [row for row in rows if row.fmr and row.fnmr]
    low_x = min((row.fmr for row in positive if row.fmr), default=1e-6)
    low_y = min((row.fnmr for row in positive if row.fnmr), default=1e-3)
    ax.set(xscale="log", yscale="log", xlim=(max(1e-6, low_x / 1.3), 1.0), ylim=(max(1e-5, low_y / 1.3), 1.0))
    style.log_axis(ax.xaxis, style.power)
    style.log_axis(ax.yaxis, style.plain)
    ax.yaxis.set_minor_locator(LogLocator(base=10, subs=(2, 5), numticks=20))
    ax.yaxis.set_minor_formatter(FuncFormatter(style.two_and_five))
    ax.tick_params(axis="y", which="minor", labelsize=8, labelcolor=MUTED)
    style.grid(ax)
    ax.set_xlabel("false match rate (FMR)")
    ax.set_ylabel("false non-match rate (FNMR)")


def _join(ax: Any, marks: dict[str, Pairs], groups: Sequence[str]) -> None:
    for name, pairs in marks.items():
        seen = [
            (g, fmr.rate, fnmr.rate, fmr.caution or fnmr.caution)
            for g, (fmr, fnmr) in pairs.items()
            if fmr.rate and fnmr.rate
        ]
        seen.sort(key=lambda item: item[1])
        if not seen:
            continue
        ax.plot(
            [x for _, x, *_ in seen],
            [y for _, _, y, _ in seen],
            color=MUTED,
            linewidth=1,
            linestyle=(0, (1, 1)),
            zorder=4,
        )
        for group, x, y, caution in seen:
            k = groups.index(group)
            colour = COLOURS[k % len(COLOURS)]
            ax.plot([x], [y], MARKERS[k % len(MARKERS)], color=colour, **dots.face(caution, colour), zorder=5)
        _, x, y, _ = seen[-1]
        look = {"fontsize": 8, "color": INK, "zorder": 6}
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        ax.annotate(style.label(name, 24), (x, y), (6, 6), textcoords="offset points", bbox=box, **look)


def _det_words(tables: Tables, model: str, condition: str, grouping: str, marks: dict[str, Pairs]) -> tuple[str, str]:
    point = views.main_threshold(tables, model)
    pairs = marks.get(point.name, {}) if point else {}
    parts = [f"{group}: FMR {words.rate(fmr)}, FNMR {words.rate(fnmr)}" for group, (fmr, fnmr) in pairs.items()]
    alt = f"DET curves by group. At {words.point(point.name) if point else 'no threshold'}: " + "; ".join(parts) + "."
    ends = views.extremes([fnmr for _, fnmr in pairs.values()], views.min_subjects(tables))
    if point is None or ends is None:
        return f"{model}: DET curves under {condition}", alt
    by = views.by_words(tables, grouping)
    said = rates.spread(tables, ends, "genuine people are turned away")
    return f"{model}, {condition}: at {words.point(point.name)}{by} {said}", alt


def _people_words(marks: dict[str, Pairs]) -> str:
    return rates.span_words([fnmr for pairs in marks.values() for _, fnmr in pairs.values()])


def calibration(tables: Tables, model: str, condition: str, grouping: str) -> Picture | None:
    """FMR and FNMR against the threshold, one line per group, with operating points and targets."""
    rows = _of(tables[DetRow], tables, model, condition, grouping)
    groups = views.once(row.group for row in rows if row.fmr is not None)
    points = views.thresholds(tables, model)
    if not groups:
        return None
    has_fnmr = any(row.fnmr is not None for row in rows)
    says = _calibration_title(tables, model, condition, grouping, groups)
    title = f"{model}: both errors at every threshold, by {grouping}, {condition}"
    parts = []
    for point in points:
        for group, (fmr, fnmr) in _operating_points(tables, point, condition, grouping, groups).items():
            parts.append((point.name, words.score(point.threshold), group, words.rate(fmr), words.rate(fnmr)))
    alt = "FMR and FNMR against the threshold by group. " + "; ".join(
        f"{name} at {at}, {group}: FMR {fmr}, FNMR {fnmr}" for name, at, group, fmr, fnmr in parts[:24]
    )
    caption = (
        f"Condition: {condition}; groups by {grouping}. "
        "Across: the threshold. Upper part: FMR on a log axis; lower part: FNMR, failures "
        "counted. Vertical lines are the operating points of the study, horizontal ones the FMR they were set to. Read "
        "up or down a vertical line to see what one setting means for each group. Points have no interval: rates.csv "
        f"has those at the thresholds.{_not_drawn(tables, model, grouping)}"
    )
    name = style.slug("calibration", model, condition, *views.name_part(tables, grouping))

    def paint(figure: Any) -> None:
        axes = figure.subplots(2 if has_fnmr else 1, 1, sharex=True, squeeze=False)[:, 0]
        _paint_against_threshold(axes[0], rows, groups, "fmr", points)
        if has_fnmr:
            _paint_against_threshold(axes[1], rows, groups, "fnmr", points)
        axes[-1].set_xlabel("threshold (match if score ≥ threshold)")
        axes[-1].xaxis.set_major_locator(MaxNLocator(5))
        _name_thresholds(axes[0], points)
        handles, labels = axes[0].get_legend_handles_labels()
        style.legend(figure, labels, "group", handles)

    size = style.tall((4.5, 5.6 if has_fnmr else 3.4), [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, paint)
    table = Table(("Operating point", "Threshold", "Group", "FMR", "FNMR"), parts)
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=table,
        sources=("det.csv", "rates.csv"),
    )  # fmt: skip


def _calibration_title(tables: Tables, model: str, condition: str, grouping: str, groups: Sequence[str]) -> str:
    point = views.main_threshold(tables, model)
    pairs = _operating_points(tables, point, condition, grouping, groups) if point is not None else {}
    clauses = []
    for metric, side in (("FMR", 0), ("FNMR", 1)):
        ends = views.extremes([pair[side] for pair in pairs.values()], views.min_subjects(tables))
        if ends is not None and not views.of_generator(tables, grouping):
            clauses.append(_from_to(metric, *ends))
    if point is None or not clauses:
        return f"{model}, {condition}: error rates against the threshold"
    by = views.by_words(tables, grouping)
    one = words.point(point.name) if point.name == views.VENDOR else f"the one threshold of {point.name}"
    return f"{model}, {condition}: {one}{by} gives {'; '.join(clauses)}"


def _from_to(metric: str, worst: RateRow, best: RateRow) -> str:
    """The lowest and the highest rate; one where all are the same."""
    if worst.errors == 0:
        error = "false match" if metric == "FMR" else "false non-match"
        return f"no {error} in any group, largest upper bound {worst.group}, {words.rate(worst)}"
    if worst.rate == best.rate:
        return f"{metric} {words.rate(worst)} in every group"
    return f"{metric} {words.rate(best)} in {best.group} and {words.rate(worst)} in {worst.group}"


def _paint_against_threshold(
    ax: Any, rows: Sequence[DetRow], groups: Sequence[str], column: str, points: Sequence[ThresholdRow]
) -> None:
    for k, group in enumerate(groups):
        curve = [(row.threshold, getattr(row, column)) for row in rows if row.group == group]
        curve = sorted((t, value) for t, value in curve if value is not None)
        ys = [value or 1e-99 if column == "fmr" else value for _, value in curve]
        ax.plot([t for t, _ in curve], ys, label=style.label(group), **style.look(k))
    _threshold_lines(ax, points)
    if column == "fnmr":
        ax.set_ylabel("FNMR")
        ax.set_ylim(0, None)
        ax.yaxis.set_major_formatter(FuncFormatter(style.plain_percent))
    else:
        positive = [row.fmr for row in rows if row.fmr]
        ax.set(yscale="log", ylim=(max(1e-7, min(positive, default=1e-6) / 1.3), 1.0), ylabel="FMR")
        style.log_axis(ax.yaxis, style.plain_percent)
        for point in points:
            if point.target is not None:
                ax.axhline(point.target, color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    ax.set_xlim(*_span_of_interest([row.threshold for row in rows], points))
    style.grid(ax)


def _span_of_interest(values: Sequence[float], points: Sequence[ThresholdRow]) -> tuple[float, float]:
    finite = [v for v in [*values, *(p.threshold for p in points)] if abs(v) < BEYOND_SCORES]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _threshold_lines(ax: Any, points: Sequence[ThresholdRow]) -> None:
    for point in points:
        if abs(point.threshold) < BEYOND_SCORES:
            ax.axvline(point.threshold, color=MUTED, linewidth=0.9, linestyle=(0, (1, 1)), zorder=1)


def _name_thresholds(ax: Any, points: Sequence[ThresholdRow]) -> None:
    """Names of the thresholds slanted above their lines; those that stand close together share one label."""
    left, right = ax.get_xlim()
    labels: list[tuple[float, list[str]]] = []
    for point in sorted(points, key=lambda point: point.threshold):
        if abs(point.threshold) >= BEYOND_SCORES:
            continue
        if labels and point.threshold - labels[-1][0] < 0.04 * (right - left):
            labels[-1][1].append(style.label(point.name, 24))
        else:
            labels.append((point.threshold, [style.label(point.name, 24)]))
    for at, names in labels:
        where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        look = {"rotation": 55, "rotation_mode": "anchor", "fontsize": 8, "color": INK}
        ax.annotate(", ".join(names), (at, 1.0), (0, 3), **where, **look)


def distributions(tables: Tables, model: str, condition: str, grouping: str) -> Picture | None:
    """Scores of mated and non-mated comparisons per group: densities, and the non-mated tail on a log axis."""
    rows = _of(tables[DistributionRow], tables, model, condition, grouping)
    groups = views.once(row.group for row in rows)
    if not any(row.count for row in rows):
        return None
    points = views.thresholds(tables, model)
    says = _distributions_title(tables, model, condition, grouping)
    title = f"{model}: where scores lie, by {grouping}, {condition}"
    counts = [
        (group, kind, words.count(sum(row.count for row in rows if row.group == group and row.kind == kind)))
        for group in groups
        for kind in views.once(row.kind for row in rows)
    ]
    alt = (
        "Score distributions by group. " + "; ".join(f"{group}, {kind}: {n} scores" for group, kind, n in counts) + "."
    )
    caption = (
        f"Condition: {condition}; groups by {grouping}. "
        "Upper part: how often each score occurs, pale for impostors (non-mated, left), "
        "strong for genuine pairs (mated, right), each scaled to the same area. Lower part: the share of impostor "
        "scores at or above a score, on a log axis: this tail is what passes. Dotted lines are the thresholds. "
        f"Failed comparisons have no score and are not here. n is in the table.{_not_drawn(tables, model, grouping)}"
    )
    name = style.slug("distributions", model, condition, *views.name_part(tables, grouping))

    def paint(figure: Any) -> None:
        axes = figure.subplots(2, 1, sharex=True)
        for k, group in enumerate(groups):
            _paint_distribution(axes, [row for row in rows if row.group == group], k, group)
        _finish_distributions(axes, rows, points)
        handles, labels = axes[0].get_legend_handles_labels()
        style.legend(figure, labels, "group", handles)

    size = style.tall((4.5, 5.4), [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, paint)
    return Picture(
        name=name,
        title=title,
        says=(says,),
        caption=caption,
        alt=alt,
        svg=svg,
        table=Table(("Group", "Kind", "Scores"), counts),
        sources=("distributions.csv",),
    )


def _distributions_title(tables: Tables, model: str, condition: str, grouping: str) -> str:
    point = views.main_threshold(tables, model)
    wanted = {"condition": condition, "grouping": grouping}
    rows = views.rates(tables, model, "FMR", threshold_name=point.name, **wanted) if point is not None else []
    ends = views.extremes(rows, views.min_subjects(tables))
    if point is None or ends is None:
        return f"{model}, {condition}: where the scores of genuine pairs and of impostors lie"
    by = views.by_words(tables, grouping)
    where = words.point(point.name) if point.name == views.VENDOR else f"the threshold of {point.name}"
    said = rates.spread(tables, ends, "").strip()
    return f"{model}, {condition}: impostors’ scores reach {where}{by} {said}"


def _paint_distribution(axes: Any, rows: Histogram, k: int, group: str) -> None:
    look = style.look(k)
    for kind in ("nonmated", "mated"):
        bins = sorted((row for row in rows if row.kind == kind), key=lambda row: row.low)
        total = sum(row.count for row in bins)
        if not total:
            continue
        edges, heights = _outline(bins, total)
        shown = look if kind == "mated" else {**look, "alpha": 0.55, "linewidth": 1.1}
        axes[0].stairs(heights, edges, label=style.label(group) if kind == "mated" else None, **shown)
        if kind == "nonmated":
            _tail(axes[1], bins, total, look)


def _tail(ax: Any, bins: Histogram, total: int, look: dict[str, Any]) -> None:
    """Share of scores at or above each bin's lower edge, down to nothing above the highest bin."""
    above = [*list(accumulate(reversed([row.count for row in bins])))[::-1], 0]
    edges = [*(row.low for row in bins), bins[-1].high]
    ax.step(edges, [n / total or 1e-99 for n in above], where="pre", **look)


def _outline(bins: Histogram, total: int) -> tuple[list[float], list[float]]:
    """Edges and densities of the histogram; the table leaves empty bins out, so gaps between bins are drawn as zero."""
    edges, heights = [bins[0].low], []
    for row in bins:
        if row.low > edges[-1]:
            edges.append(row.low)
            heights.append(0.0)
        edges.append(row.high)
        heights.append(row.count / total / (row.high - row.low))
    return edges, heights


def _finish_distributions(axes: Any, rows: Histogram, points: Sequence[ThresholdRow]) -> None:
    used = [edge for row in rows if row.count for edge in (row.low, row.high)]
    axes[0].set_xlim(*_span_of_interest(used, points))
    axes[0].set_ylim(0, None)
    axes[0].set_ylabel("how often")
    axes[0].set_yticks([])
    totals = [sum(r.count for r in rows if r.group == g and r.kind == "nonmated") for g in {r.group for r in rows}]
    axes[1].set(yscale="log", ylim=(0.7 / max([*totals, 10]), 1.0), ylabel="impostor scores ≥ x")
    style.log_axis(axes[1].yaxis, style.plain_percent)
    axes[1].set_xlabel("score (higher = more alike)")
    style.grid(axes[1])
    for ax in axes:
        _threshold_lines(ax, points)
    _name_thresholds(axes[0], points)


def cmc(tables: Tables, model: str) -> Picture | None:
    """CMC by group in the baseline condition: share of mated searches whose mate is at rank r or better."""
    condition = views.baseline(tables)
    grouping = next(iter(groupings(tables, model, "FNMR")), views.EVERYONE)
    rows = [row for row in _of(tables[CmcRow], tables, model, condition, grouping) if row.rate is not None]
    groups = views.once(row.group for row in rows)
    if not groups:
        return None
    first = [row for row in rows if row.rank == min(r.rank for r in rows)]
    says, alt = _cmc_words(first, model)
    title = f"{model}: how often a search puts the right person first"
    sizes = words.listed(views.once(words.count(row.gallery_size) for row in rows))
    caption = (
        f"Condition: {condition}; closed set, {sizes} people enrolled. Across, on a log axis: rank; up: the share of "
        "searches whose own person is at that rank or better, ties counted against it. It ignores the threshold: for "
        "what an operator sees, read FNIR and FPIR. Points have no interval: identification.csv has those of the "
        f"study's ranks. n per group: {words.span([row.trials for row in first])} searches."
        f"{_not_drawn(tables, model, grouping)}"
    )
    name = style.slug("cmc", model)
    size = style.tall(style.SIZE, [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, lambda figure: _paint_cmc(figure, rows, groups))
    table = Table(
        ("Group", "Rank", "Found", "Searches", "Rate", "Rate, ties in favour"),
        [
            (
                row.group,
                str(row.rank),
                words.count(row.hits),
                words.count(row.trials),
                words.percent(row.rate),
                words.percent(row.rate_optimistic),
            )
            for row in rows
        ],
    )
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=table, sources=("cmc.csv",)
    )


def _paint_cmc(figure: Any, rows: Sequence[CmcRow], groups: Sequence[str]) -> None:
    ax = figure.subplots()
    for k, group in enumerate(groups):
        curve = sorted((row.rank, row.rate) for row in rows if row.group == group and row.rate is not None)
        ax.step([r for r, _ in curve], [y for _, y in curve], where="post", label=style.label(group), **style.look(k))
        ax.plot(
            [r for r, _ in curve[:1]],
            [y for _, y in curve[:1]],
            MARKERS[k % len(MARKERS)],
            color=COLOURS[k % len(COLOURS)],
        )
    ranks = sorted({row.rank for row in rows})
    ax.set_xscale("log")
    ax.set_xlim(0.95, max(ranks[-1], 2) * 1.05)
    ax.xaxis.set_major_locator(FixedLocator([r for r in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if r <= ranks[-1]]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(FixedLocator([]))
    ax.yaxis.set_major_formatter(FuncFormatter(style.plain_percent))
    lowest = min((row.rate for row in rows if row.rate is not None), default=0.0)
    ax.set_ylim(max(0.0, lowest - 0.1 * (1 - lowest) - 0.02), 1.005)
    style.grid(ax)
    ax.set_xlabel("rank")
    ax.set_ylabel("searches that find the person")
    style.legend(figure, [style.label(group) for group in groups], "group")


def _cmc_words(first: Sequence[CmcRow], model: str) -> tuple[str, str]:
    known = sorted(first, key=lambda row: row.rate if row.rate is not None else 0.0)
    alt = "CMC by group. At rank 1: " + "; ".join(
        f"{row.group} {words.percent(row.rate)} ({row.hits} of {row.trials})" for row in first
    )
    low, high = known[0], known[-1]
    if low.rate == high.rate:
        return (
            f"{model}: searches return the right person first in {words.percent(low.rate)} of cases in every group",
            f"{alt}.",
        )
    title = (
        f"{model}: searches return the right person first in {words.percent(low.rate)} ({low.group}) to "
        f"{words.percent(high.rate)} ({high.group}) of cases"
    )
    return title, f"{alt}."


def _of(rows: Sequence[Any], tables: Tables, model: str, condition: str, grouping: str) -> list[Any]:
    """Rows of the model, the condition and the grouping, of groups that are large enough for a curve."""
    solid = views.solid_groups(tables, model, grouping)
    mine = views.select(rows, model=model, condition=condition, grouping=grouping)
    return [row for row in mine if row.group in solid]


def _not_drawn(tables: Tables, model: str, grouping: str) -> str:
    """Says which groups have no curve."""
    every = views.once(row.group for row in tables[RateRow] if row.grouping == grouping)
    missing = [group for group in every if group not in views.solid_groups(tables, model, grouping)]
    if not missing:
        return ""
    least = views.min_subjects(tables)
    return f" Not drawn, for want of a label or of {least} people: {words.listed(missing)}."
