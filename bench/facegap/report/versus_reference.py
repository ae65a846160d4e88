"""A group against the one that the study names: the test's verdict, and what it would have seen where it shows none."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.report import versus_rest, views, words
from facegap.report.style import Table
from facegap.report.worst_first import DIFFERS
from facegap.schema import ReferenceRow
from facegap.store import Tables


def reference_table(tables: Tables) -> Table:
    """Every group against its reference, 1:1 rates at the operating points the findings read at, baseline condition."""
    head = ("Model", "Metric", "At", "By", "Group", "Reference", "People", "Against the reference", "Note")
    rows: list[Sequence[str]] = []
    for model in views.models(tables):
        for point in views.leading_thresholds(tables, model):
            wanted = {"model": model, "condition": views.baseline(tables), "threshold_name": point.name}
            rows += [
                (
                    row.model, row.metric, row.threshold_name, row.grouping, row.group, row.reference,
                    f"{words.count(row.subjects)} / {words.count(row.reference_subjects)}", verdict(row), row.note,
                )
                for row in views.select(tables[ReferenceRow], **wanted)
                if row.metric in ("FMR", "FNMR")
            ]  # fmt: skip
    return Table(head, rows)


def verdict(row: ReferenceRow) -> str:
    """ "2.5 times its rate (1.40-4.5; ...)", or "not shown to differ; this test would have seen ..."."""
    if not row.verdict:
        return words.DASH
    if row.verdict == DIFFERS:
        return versus_rest.ratio(row, whose="its")
    return f"not shown to differ; {row.note if versus_rest.withheld(row) else versus_rest.seen(row.ratio_80)}"
