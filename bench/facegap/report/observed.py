"""Observed capture and years between pictures: tables with the caution in words, and the one test within people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from facegap.report import views, words
from facegap.report.style import Table
from facegap.schema import AgeGapRow, ObservedRow, ThresholdRow, WithinRow
from facegap.store import Tables


def observed_table(tables: Tables) -> Table:
    """Rates by value, everyone first; FTA, then what is read at the leading operating points, baseline condition."""
    head = (
        "Model", "At", "Observed", "Value", "Metric", "By", "Group", "People", "Of them under several values",
        "Errors of", "Rate (interval)", "By people", "Read with care",
    )  # fmt: skip
    rows: list[Sequence[str]] = [
        (
            row.model, row.threshold_name, row.observed, row.value, row.metric, row.grouping or "everyone", row.group,
            words.count(row.subjects), words.count(row.under_several),
            f"{words.count(row.errors)} of {words.count(row.trials)}", words.rate(row), words.by_people(row),
            words.noted(row),
        )
        for row in _read(tables, ObservedRow)
    ]  # fmt: skip
    return Table(head, rows)


def within_table(tables: Tables) -> Table:
    """People held against themselves, everyone first."""
    head = (
        "Model", "At", "Observed", "Value", "Other value", "By", "Group", "People under both", "FNMR under the value",
        "Under the other", "Err more under the value", "Under the other", "p (Holm)", "Verdict", "Read with care",
    )  # fmt: skip
    rows: list[Sequence[str]] = [
        (
            row.model, row.threshold_name, row.observed, row.value, row.other, row.grouping or "everyone", row.group,
            words.count(row.people), words.percent(row.rate), words.percent(row.other_rate), words.count(row.more),
            words.count(row.less), words.number(row.p_holm, 2), row.verdict, words.noted(row),
        )
        for row in _read(tables, WithinRow)
    ]  # fmt: skip
    return Table(head, rows)


def gap_table(tables: Tables) -> Table:
    """FNMR by years between reference and probe, everyone first."""
    head = ("Model", "At", "Years between", "By", "Group", "People", "Turned away of", "FNMR (interval)", "By people",
            "Read with care")  # fmt: skip
    rows: list[Sequence[str]] = [
        (
            row.model, row.threshold_name, row.years, row.grouping or "everyone", row.group, words.count(row.subjects),
            f"{words.count(row.errors)} of {words.count(row.trials)}", words.rate(row), words.by_people(row),
            words.noted(row),
        )
        for row in _read(tables, AgeGapRow)
    ]  # fmt: skip
    return Table(head, rows)


NO_THRESHOLD = "none"
"""Name of the operating point of rates that need none."""

DIFFERS = "differs"

RowT = TypeVar("RowT", bound=ObservedRow | WithinRow | AgeGapRow)


def _read(tables: Tables, row_class: type[RowT]) -> list[RowT]:
    condition = views.baseline(tables)
    rows: list[RowT] = []
    for model in views.models(tables):
        for name in (NO_THRESHOLD, *(point.name for point in views.leading_thresholds(tables, model))):
            rows += views.select(tables[row_class], model=model, threshold_name=name, condition=condition)
    return sorted(rows, key=_of_groups)


def _of_groups(row: ObservedRow | WithinRow | AgeGapRow) -> bool:
    return row.grouping != views.EVERYONE


def differing(tables: Tables) -> list[str]:
    """What the test within people found to differ, at the operating point that each model is read at first."""
    points = ((model, views.leading_thresholds(tables, model)[:1]) for model in views.models(tables))
    most = (_most(tables, model, one) for model, found in points for one in found)
    return [f"{row.model}: {said(row, tests)}" for row, tests in filter(None, most) if row.verdict == DIFFERS]


def within(tables: Tables, model: str, point: ThresholdRow) -> str | None:
    """A sentence on the two values between which people differ most from themselves; its test alone decides it."""
    most = _most(tables, model, point)
    return None if most is None else said(*most)


def _most(tables: Tables, model: str, point: ThresholdRow) -> tuple[WithinRow, int] | None:
    """The two values, and how many pairs of values of that condition were tested."""
    wanted = {"model": model, "condition": views.baseline(tables), "threshold_name": point.name}
    rows = views.select(tables[WithinRow], **wanted, grouping=views.EVERYONE)
    tested = [row for row in rows if row.p_holm is not None]
    if not tested:
        return None
    most = min(tested, key=lambda row: row.p_holm or 0.0)
    return most, sum(row.observed == most.observed for row in tested)


def said(row: WithinRow, tests: int) -> str:
    """What the test says of two values, in people."""
    first, second = (row.value, row.other) if (row.more or 0) >= (row.less or 0) else (row.other, row.value)
    more, less = max(row.more or 0, row.less or 0), min(row.more or 0, row.less or 0)
    who = f"of {words.count(row.people)} people compared under both"
    many = f", the largest of {tests} differences of {row.observed}" if tests > 1 else ""
    where = f"By {row.observed}, {words.at(row.threshold_name, row.threshold)}, {row.condition}"
    verdict = (
        f"people are turned away more often under {first} than under {second}"
        if row.verdict == DIFFERS
        else f"people are not shown to be turned away more often under {first} than under {second}"
    )
    p = f"p {words.number(row.p_holm, 2)}{many}"
    count = f"{who}, {more} err more often under {first} and {less} under {second} ({p})"
    return f"{where}: {verdict}: {count}. Read with care: {words.noted(row)}."


def names(tables: Tables) -> str:
    """The conditions that were observed, in words."""
    return words.listed(views.once(row.observed for row in tables[ObservedRow]))
