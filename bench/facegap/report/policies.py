"""Who sets the threshold, and who then bears which error: people refused and let through under each policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from facegap.report import dots, style, views, words
from facegap.report.dots import Series
from facegap.report.marks import Point
from facegap.report.style import Picture, Table
from facegap.schema import PolicyRow
from facegap.store import Tables

SCALE = 10_000
_NAMES = {"pooled": "set on everyone", "worst group": "set for the worst group", "each group its own": "each its own"}


def who_bears(tables: Tables, model: str) -> Picture | None:
    """Refused genuine people and impostors let through, of 10,000 each, by group under each policy."""
    rows = _rows(tables, model)
    drawn = [row for row in rows if not row.policy.startswith("set by ")]
    if not any(row.fmr is not None for row in drawn):
        return None
    refused, passed = _series(drawn, _refused), _series(drawn, _passed)
    panels = [(refused, "Genuine people refused of 10,000"), (passed, "Impostors let through of 10,000")]
    panels = [one for one in panels if any(p.rate is not None for s in one[0] for p in s.rows.values())]
    says, alt = _words(tables, model, drawn)
    title = f"{model}: who bears which error when the threshold is set otherwise"
    name = style.slug("policies", model)
    lines = dots.lines_of([(row.grouping, row.group) for row in _first(drawn)], dots.few_people(passed))
    size = (4.5, dots.height(lines, len(passed)))
    least = views.min_subjects(tables)
    parts = style.panels(name, title, alt, size, lambda figure, one: _paint(figure, one, lines, least), panels)
    people = [row.subjects for row in drawn if row.subjects is not None]
    target = next((row.target for row in drawn if row.target is not None), None)
    caption = (
        f"Condition: {views.baseline(tables)}; target FMR {words.exact_percent(target)}. The same scores under other "
        "thresholds: one that is set on everyone’s impostors, one for the group whose impostors pass most, one for "
        "each group at its own, or the vendor’s. A mark further right: more people bear that error (impostors on a "
        "log axis). Other thresholds per group need the group to be known at the gate, and are shown only to say what "
        f"a single one costs. † fewer than {views.FEW_PEOPLE} people, hollow: read with care. "
        "Every person counts once (of impostors every pair of people), however many pictures there are. The table "
        "also has a threshold set by each group. "
        f"n per group: {words.span(people)} people."
    )
    return Picture(
        name=name, title=title, says=(says,), caption=caption, alt=alt, panels=parts, table=_table(rows),
        sources=("policies.csv",),
    )  # fmt: skip


def _rows(tables: Tables, model: str) -> list[PolicyRow]:
    """Rows at the target that the page reads at, and those without a target."""
    wanted = {"model": model, "condition": views.baseline(tables), "grouping": views.first_grouping(tables)}
    rows = [row for row in views.select(tables[PolicyRow], **wanted) if row.group]
    point = views.main_threshold(tables, model)
    targets = views.once(row.target for row in rows if row.target is not None)
    target = point.target if point is not None and point.target in targets else next(iter(targets), None)
    return [row for row in rows if row.target in (target, None)]


def _first(rows: Sequence[PolicyRow]) -> list[PolicyRow]:
    """One row of each group."""
    return list({row.group: row for row in rows}.values())


def _refused(row: PolicyRow) -> Point:
    return _point(row, "fnmr", row.false_nonmatches)


def _passed(row: PolicyRow) -> Point:
    return _point(row, "fmr", row.false_matches)


def _point(row: PolicyRow, rate: str, errors: int | None) -> Point:
    """The rate by people; by comparisons where the table has none, as those of runs of earlier versions."""
    name = rate if getattr(row, f"{rate}_by_people") is None else f"{rate}_by_people"
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return Point(rate=value, low=low, high=high, errors=errors, subjects=row.subjects, caution=row.caution)


def _series(rows: Sequence[PolicyRow], point: Callable[[PolicyRow], Point]) -> list[Series[Point]]:
    names = views.once(row.policy for row in rows)
    return [
        Series(_NAMES.get(name, name), {(r.grouping, r.group): point(r) for r in rows if r.policy == name})
        for name in names
    ]


def _paint(figure: Any, panel: tuple[list[Series[Point]], str], lines: Sequence[dots.Line], least: int) -> None:
    ax, (series, heading) = figure.subplots(), panel
    scale: dots.Scale = "log" if heading.startswith("Impostors") else "linear"
    dots.panel(ax, lines, series, scale, True, least, style.per_10000)
    ax.set_xlabel(heading)
    dots.legend(figure, series, series)


def _words(tables: Tables, model: str, rows: Sequence[PolicyRow]) -> tuple[str, str]:
    parts = [
        f"{row.group}, {_NAMES.get(row.policy, row.policy)}: {words.people(_refused(row), SCALE)} refused, "
        f"{words.people(_passed(row), SCALE)} let through"
        for row in rows
    ]
    alt = f"Dot plots by group and policy, people of {words.count(SCALE)}. " + "; ".join(parts) + "."
    cell = {(row.policy, row.group): row for row in rows}
    solid = views.solid_groups(tables, model)
    pooled = [row for row in rows if row.policy == "pooled" and row.group in solid and row.fmr is not None]
    # Of equal ones that whose impostors the other threshold keeps out.
    worst = max(pooled, key=lambda row: (row.fmr or 0.0, -_then(cell, row)), default=None)
    payers = [row for row in pooled if row.fnmr is not None and ("worst group", row.group) in cell]
    if worst is None or not payers or ("worst group", worst.group) not in cell:
        return f"{model}: who bears which error under each way to set the threshold", alt
    payer = max(payers, key=lambda row: cell["worst group", row.group].fnmr or 0.0)
    passed, passed_then = worst, cell["worst group", worst.group]
    then = cell["worst group", payer.group]
    before = "as before" if then.false_nonmatches == payer.false_nonmatches else f"instead of {_of(_refused(payer))}"
    same = passed_then.false_matches == passed.false_matches
    passed_before = "as before" if same else f"instead of {_of(_passed(passed))}"
    title = (
        f"{model}: of 10,000 impostors in {worst.group} a threshold set for the worst group instead of everyone lets "
        f"{_of(_passed(passed_then))} through, {passed_before}, and of 10,000 genuine people in {payer.group} it "
        f"refuses {_of(_refused(then))}, {before}"
    )
    return title, alt


def _then(cell: Mapping[tuple[str, str], PolicyRow], row: PolicyRow) -> float:
    """FMR of the row's group at the threshold that is set for the worst group."""
    found = cell.get(("worst group", row.group))
    return found.fmr or 0.0 if found is not None else 1.0


def _of(point: Point) -> str:
    return words.people(point, SCALE)


def _table(rows: Sequence[PolicyRow]) -> Table:
    head = (
        "Policy", "Group", "Score ≥", "People", "Genuine refused of 10,000", "Impostors let through of 10,000",
        "Share of people", "Share of all refused", "Share of all let through", "Note",
    )  # fmt: skip
    body = [
        (
            _NAMES.get(row.policy, row.policy), row.group, words.score(row.threshold), words.count(row.subjects),
            _of(_refused(row)), _of(_passed(row)), words.percent(row.share_of_people),
            words.percent(row.share_of_false_nonmatches), words.percent(row.share_of_false_matches), words.noted(row),
        )
        for row in rows
    ]  # fmt: skip
    return Table(head, body)
