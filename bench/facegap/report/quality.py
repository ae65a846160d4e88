"""Quality of the images by group: the median of each measure, and where the middle nine tenths lie."""

from __future__ import annotations

from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import QualityRow
from facegap.store import Tables


def quality_tables(tables: Tables) -> list[tuple[str, bool, Table]]:
    """Title, whether it stands open, and table per detector and condition; groups of the first grouping beside all."""
    found = []
    for detector in views.once(row.detector for row in tables[QualityRow]):
        rows = [row for row in tables[QualityRow] if row.detector == detector]
        for condition in views.once([views.baseline(tables), *(row.condition for row in rows)]):
            mine = [row for row in rows if row.condition == condition and _wanted(tables, row)]
            if mine:
                title = f"{detector}, {condition}: median of each quality (5th to 95th percentile)"
                found.append((title, condition == views.baseline(tables), _table(mine)))
    return found


def _wanted(tables: Tables, row: QualityRow) -> bool:
    return row.grouping in (views.EVERYONE, views.first_grouping(tables))


def _table(rows: list[QualityRow]) -> Table:
    groups = views.once((row.grouping, row.group) for row in rows)
    cell = {(row.quality, row.grouping, row.group): row for row in rows}
    most = {key: max(row.samples for row in rows if (row.grouping, row.group) == key) for key in groups}
    head = ("Quality", *(f"{key[1]}, {words.count(most[key])} images" for key in groups))
    names = views.once(row.quality for row in rows)
    return Table(head, [(name, *(_cell(cell.get((name, *key))) for key in groups)) for name in names])


def _cell(row: QualityRow | None) -> str:
    if row is None or row.p50 is None:
        return words.DASH
    return f"{words.number(row.p50)} ({words.number(row.p05)} to {words.number(row.p95)})"
