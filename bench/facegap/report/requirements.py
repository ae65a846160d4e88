"""Models by requirements: met, not met, or not enough evidence, where a policy was held against them."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.report import words
from facegap.report.style import Table
from facegap.schema import RequirementRow
from facegap.store import Tables


def of_run(tables: Tables) -> Table:
    """What the run shows of a policy that was held against it; no rows without one."""
    return requirements_table(tables[RequirementRow])


def requirements_table(rows: Sequence[RequirementRow]) -> Table:
    """Requirements and conditions down, models across: the verdict at the threshold, and at the goal where there is
    one.
    """
    if not rows:
        return Table((), [])
    models = list(dict.fromkeys(row.model for row in rows))
    keys = list(dict.fromkeys((row.requirement, row.condition) for row in rows))
    cell = {(row.requirement, row.condition, row.model, row.level): row for row in rows}
    body = []
    for name, condition in keys:
        found = [[cell.get((name, condition, model, level)) for level in ("threshold", "goal")] for model in models]
        first = next(row for pair in found for row in pair if row is not None)
        body.append((name, _limits(rows, first), condition, *(_verdicts(pair) for pair in found)))
    return Table(("Requirement", "At most", "Condition", *models), body)


def _limits(rows: Sequence[RequirementRow], first: RequirementRow) -> str:
    limits = {row.level: row.limit for row in rows if row.requirement == first.requirement}
    said = " / ".join(limit_words(first.metric, limit) for limit in limits.values())
    at = f" at {words.point(first.threshold_name)}" if first.threshold_name not in ("", "none") else ""
    return f"{first.metric} {said}{at}"


def limit_words(metric: str, limit: float) -> str:
    """A limit of a rate as a percentage, of a ratio as a number."""
    return words.number(limit) if metric.startswith("max/") else words.exact_percent(limit)


def _verdicts(pair: Sequence[RequirementRow | None]) -> str:
    threshold, goal = pair
    said = threshold.verdict if threshold is not None else words.DASH
    return said if goal is None else f"{said}; goal: {goal.verdict}"
