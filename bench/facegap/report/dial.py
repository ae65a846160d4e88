"""Error rates of every group at any threshold, from the tabulated ones: what the page's slider reads, and its table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from facegap.report import side_by_side, style, views, words
from facegap.report.det import BEYOND_SCORES
from facegap.report.marks import as_people
from facegap.report.style import Table
from facegap.schema import DetRow, RateRow
from facegap.store import Tables

DIGITS = 6
"""Significant digits of rates and thresholds in the page."""

MOST_CELLS = 12_000
"""Numbers beyond which groupings after the first are left to det.csv, so that the page stays small."""


def dial(tables: Tables) -> str:
    """JSON of rates by group at the tabulated thresholds under the baseline condition; "" without any.

    A list of models: name, named operating points (`points`: name and threshold), tabulated thresholds ascending
    (`at`), and groups (name, grouping, people, `fmr` and `fnmr` at those thresholds, null where unknown). Between two
    tabulated thresholds both rates lie between those of the two, since FMR never rises with the threshold and FNMR
    never falls.
    """
    models = [model for name in views.models(tables) if (model := _model(tables, name)) is not None]
    # Within <script> nothing may look like markup.
    return json.dumps(models, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c") if models else ""


def _model(tables: Tables, name: str) -> dict[str, Any] | None:
    wanted = {"model": name, "condition": views.baseline(tables)}
    rows = [row for row in views.select(tables[DetRow], **wanted) if abs(row.threshold) < BEYOND_SCORES]
    rows = _fitting(tables, name, rows)
    at = sorted({row.threshold for row in rows})
    if len(at) < 2:
        return None
    points = [
        {"name": words.point(point.name), "at": _short(point.threshold)}
        for point in views.thresholds(tables, name)
        if abs(point.threshold) < BEYOND_SCORES
    ]
    people = {(row.grouping, row.group): row.subjects for row in views.select(tables[RateRow], **wanted)}
    keys = views.once((row.grouping, row.group) for row in rows)
    cell = {(row.grouping, row.group, row.threshold): row for row in rows}
    groups = [
        {
            "name": style.printable(group),
            "by": style.printable(by),
            "people": people.get((by, group)),
            "few": (people.get((by, group)) or 0) < views.FEW_PEOPLE,
            "fmr": [_rate(cell.get((by, group, value)), "fmr") for value in at],
            "fnmr": [_rate(cell.get((by, group, value)), "fnmr") for value in at],
        }
        for by, group in keys
    ]
    return {"name": style.printable(name), "points": points, "at": [_short(value) for value in at], "groups": groups}


def _fitting(tables: Tables, model: str, rows: Sequence[DetRow]) -> list[DetRow]:
    """Groups large enough to be compared, of as many groupings as the page has room for, everyone first."""
    solid = {by: views.solid_groups(tables, model, by) for by in views.groupings(tables)}
    kept: list[DetRow] = [row for row in rows if row.grouping == views.EVERYONE]
    for by in views.groupings(tables):
        mine = [row for row in rows if row.grouping == by and row.group in solid[by]]
        if 2 * (len(kept) + len(mine)) <= MOST_CELLS or len({row.grouping for row in kept}) < 2:
            kept += mine
    return kept


def _rate(row: DetRow | None, column: str) -> float | None:
    value = getattr(row, column) if row is not None else None
    return None if value is None else _short(value)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def point_table(tables: Tables) -> Table:
    """What the slider shows at the study's own thresholds, with intervals, for readers and printers without a script.

    The leading thresholds; everyone and the groups of the grouping with the largest difference.
    """
    rows = []
    for model in views.models(tables):
        for point in views.leading_thresholds(tables, model):
            rows += _lines(tables, model, point.name)
    head = ("Model", "Threshold", "Group", "People", "Passes as someone else (FMR)", "Turned away (FNMR)", "Of 1,000")
    found = Table(head, rows)
    return found if len(views.models(tables)) > 1 else _without_first(found)


def _without_first(table: Table) -> Table:
    return Table(table.head[1:], [row[1:] for row in table.rows])


def _lines(tables: Tables, model: str, point: str) -> list[tuple[str, ...]]:
    wanted = {"threshold_name": point, "condition": views.baseline(tables)}
    lead = side_by_side.worst(tables, "FNMR") or side_by_side.worst(tables, "FMR")
    by = {views.EVERYONE, lead.grouping if lead is not None else views.first_grouping(tables)}
    cells: dict[str, dict[str, RateRow]] = {"FMR": {}, "FNMR": {}}
    for metric, found in cells.items():
        rows = [row for row in views.rates(tables, model, metric, **wanted) if row.grouping in by]
        found |= {row.group: as_people(row) if metric == "FNMR" else row for row in rows}
    lines: list[tuple[str, ...]] = []
    for group in views.once([*cells["FMR"], *cells["FNMR"]]):
        fmr, fnmr = cells["FMR"].get(group), cells["FNMR"].get(group)
        known = fnmr or fmr
        at = known.threshold if known is not None else None
        lines.append(
            (
                model,
                f"{words.point(point)}, {words.score(at)}",
                group,
                words.count(known.subjects if known is not None else None),
                words.rate(fmr) if fmr is not None else words.DASH,
                words.rate(fnmr) if fnmr is not None else words.DASH,
                words.people(fnmr) if fnmr is not None else words.DASH,
            )
        )
    return lines
