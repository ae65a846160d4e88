"""Transactions: who is still refused after one attempt, a round of attempts and all of them, and at which stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.ticker import FuncFormatter

from facegap.report import dots, style, views, words
from facegap.report.marks import as_people, weighting
from facegap.report.style import COLOURS, MARKERS, Picture, Table
from facegap.schema import ThroughputRow, TransactionRow
from facegap.store import Tables

REFUSED = "turned away"


def refused(tables: Tables, model: str) -> Picture | None:
    """Share of transactions refused after k attempts, by group, under the condition with most refusals."""
    held = _rows(tables, model)
    rows = [as_people(row) for row in held]
    condition = _worst(rows)
    if condition is None:
        return None
    shown = [row for row in rows if row.condition == condition and row.stage == REFUSED and row.attempts is not None]
    shown = [row for row in shown if row.group in {*views.solid_groups(tables, model), "everyone"}]
    groups = views.once(row.group for row in shown if row.rate is not None)
    if not groups:
        return None
    says, alt = _words(model, condition, shown)
    title = f"{model}, {condition}: who is still refused after several attempts"
    first = shown[0]
    trials = [row.trials for row in shown if row.trials is not None]
    caption = (
        f"Condition: {condition}. Across: attempts that a person may make, one transaction each; up: the share still "
        f"refused after them, lines: intervals. Of an attempt’s {words.count(first.frames)} frames “{first.policy}” is "
        "compared. Grey dots: what the rate of one attempt would give for everyone if attempts failed independently; "
        "people who fail once tend to fail again, which lies above it. The table says at which stage the last attempt "
        f"ended, under every condition. {weighting(shown)} Hollow marks are to be read with care, the table says why. "
        f"n per group: {words.span(trials)} transactions."
    )
    name = style.slug("retries", model, condition)
    size = style.tall(style.SIZE, [style.label(group) for group in groups])
    svg = style.draw(name, title, alt, size, lambda figure: _paint(figure, shown, groups))
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, svg=svg, table=_table(held),
        sources=("transactions.csv",),
    )  # fmt: skip


def _rows(tables: Tables, model: str) -> list[TransactionRow]:
    point = views.main_threshold(tables, model)
    name = point.name if point is not None else ""
    rows = views.select(tables[TransactionRow], model=model, threshold_name=name)
    rows = [row for row in rows if row.condition not in views.ends(tables)]
    return [row for row in rows if row.grouping in (views.EVERYONE, views.first_grouping(tables))]


def _worst(rows: Sequence[TransactionRow]) -> str | None:
    known = [row for row in rows if row.stage == REFUSED and row.grouping == views.EVERYONE and row.rate is not None]
    first = [row for row in known if row.attempts == 1]
    return max(first, key=lambda row: row.rate or 0.0).condition if first else None


def _words(model: str, condition: str, rows: Sequence[TransactionRow]) -> tuple[str, str]:
    scale = words.people_scale(rows)
    parts = [f"{row.group} after {words.count(row.attempts)}: {words.people(row, scale)}" for row in rows]
    alt = f"Transactions refused of {words.count(scale)}, by attempts and group. " + "; ".join(parts) + "."
    last = max(row.attempts or 0 for row in rows)
    ends = [row for row in rows if row.attempts == last and row.grouping and row.rate is not None]
    if not ends:
        return f"{model}, {condition}: transactions refused by number of attempts", alt
    worst = max(ends, key=lambda row: (row.rate or 0.0, row.high or 0.0))
    after = f"{model}, {condition}: after {words.count(last)} attempts"
    if not worst.errors:
        return f"{after} nobody of any group is still refused; largest upper bound: {worst.group}, {_rate(worst)}", alt
    if len(ends) > 1 and all(row.rate == worst.rate for row in ends):
        return f"{after} {words.people(worst, scale)} of {words.count(scale)} in every group are still refused", alt
    one = next((row for row in rows if row.attempts == 1 and row.group == worst.group), None)
    before = f"; after one attempt {words.people(one, scale)}" if one is not None else ""
    title = (
        f"{after} {words.people(worst, scale)} of "
        f"{words.count(scale)} in {worst.group} are still refused, most of all groups{before}"
    )
    return title, alt


def _paint(figure: Any, rows: Sequence[TransactionRow], groups: Sequence[str]) -> None:
    ax = figure.subplots()
    for k, group in enumerate(groups):
        mine = sorted((row for row in rows if row.group == group), key=lambda row: row.attempts or 0)
        x = [(row.attempts or 0) + 0.09 * (k - (len(groups) - 1) / 2) for row in mine]
        ax.plot(x, [row.rate for row in mine], label=style.label(group), marker=MARKERS[k % 7], **style.look(k))
        for at, row in zip(x, mine, strict=True):
            if row.caution and row.rate is not None:
                colour = COLOURS[k % len(COLOURS)]
                look = {"marker": MARKERS[k % 7], **dots.face(row.caution, colour)}
                ax.plot([at], [row.rate], linestyle="", zorder=4, **look)
        known = [(at, row) for at, row in zip(x, mine, strict=True) if row.low is not None and row.high is not None]
        ax.vlines(
            [at for at, _ in known], [row.low for _, row in known], [row.high for _, row in known],
            colors=COLOURS[k % len(COLOURS)], linewidth=1,
        )  # fmt: skip
    everyone = [row for row in rows if row.grouping == views.EVERYONE and row.independent is not None]
    ax.plot(
        [row.attempts for row in everyone], [row.independent for row in everyone], "o", color="#9aa1ad", markersize=4
    )
    ax.set_xticks(sorted({row.attempts for row in rows if row.attempts is not None}))
    ax.set_ylim(0, None)
    ax.yaxis.set_major_formatter(FuncFormatter(style.plain_percent))
    ax.grid(True, axis="y")
    ax.set_xlabel("attempts")
    ax.set_ylabel("transactions still refused")
    style.legend(figure, [style.label(group) for group in groups], "group")


def _table(rows: Sequence[TransactionRow]) -> Table:
    """Refused after so many attempts, and where the last of them ended."""
    head = (
        "Condition", "Group", "Attempts", "Ended", "Transactions", "People", "Rate (interval)", "By people",
        "If independent", "If alike", "Note",
    )  # fmt: skip
    body = [
        (
            row.condition, row.group, words.count(row.attempts), row.stage.replace("_", " "), words.count(row.trials),
            words.count(row.subjects), _rate(row), words.percent(row.by_people),
            words.percent(row.independent), words.percent(row.correlated),
            words.noted(row),
        )
        for row in rows
        if row.stage == REFUSED or row.errors
    ]  # fmt: skip
    return Table(head, body)


def throughput_table(tables: Tables) -> Table:
    """Accepted people an hour, at the operating point that the page reads at, everyone and the first grouping."""
    head = (
        "Model", "Condition", "Group", "Attempts allowed", "Transactions", "Accepted", "People", "Seconds each",
        "Accepted an hour (interval)", "Note",
    )  # fmt: skip
    wanted = (views.EVERYONE, views.first_grouping(tables))
    rows: list[Sequence[str]] = []
    for model in views.models(tables):
        point = views.main_threshold(tables, model)
        found = views.select(tables[ThroughputRow], model=model, threshold_name=point.name if point else "")
        rows += [
            (
                row.model, row.condition, row.group, words.count(row.attempts), words.count(row.transactions),
                words.count(row.accepted), words.count(row.subjects), words.number(row.seconds_per_transaction),
                f"{words.number(row.per_hour)} ({words.reach(row.low, row.high)})", row.note,
            )
            for row in found
            if row.grouping in wanted and row.per_hour is not None
        ]  # fmt: skip
    return Table(head, rows)


def _rate(row: TransactionRow) -> str:
    if row.rate is None:
        return words.DASH
    if row.errors == 0:
        return f"0 of {words.count(row.trials)}: up to {words.percent(row.high)}"
    return f"{words.percent(row.rate)} ({words.interval(row.low, row.high)})"
