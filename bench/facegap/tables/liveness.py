"""Table of liveness: genuine people who are taken for a picture of one, by group, condition and attempt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from facegap import count
from facegap.records import Attempts, ErrorCounts
from facegap.schema import LivenessRow
from facegap.tables.shared_cells import estimate_cells
from facegap.tables.workbench import NO_THRESHOLD, Workbench

_NO_CELLS = ("threshold_name", "threshold")
"""Of a rate, what is of comparisons alone."""


def rows(bench: Workbench) -> Iterator[LivenessRow]:
    """BPCER of the probes by model and condition, then of each attempt of transactions; none without a net."""
    if bench.evidence.study.liveness is None:
        return
    yield from _of_probes(bench)
    for attempts in bench.evidence.attempts.values():
        yield from _of_attempts(bench, attempts)


def _of_probes(bench: Workbench) -> Iterator[LivenessRow]:
    evidence = bench.evidence
    for use in evidence.study.models:
        for condition in evidence.study.conditions:
            acquisitions = evidence.acquired(use.card, condition)
            probes = evidence.concerned(condition) & (evidence.samples.roles == evidence.study.trials.probe_role)
            if acquisitions is None or not probes.any():
                continue
            mine = replace(acquisitions, outcome=acquisitions.outcome[probes])
            for columns in evidence.groupings:
                for counts in count.bpcer_counts(mine, evidence.samples.take(probes), columns):
                    yield _row(bench, replace(counts, model=use.card), None)


def _of_attempts(bench: Workbench, attempts: Attempts) -> Iterator[LivenessRow]:
    for columns in bench.evidence.groupings:
        for number in range(1, attempts.per_transaction + 1):
            found = count.attempt_bpcer_counts(attempts, bench.evidence.samples, columns, number)
            yield from (_row(bench, counts, number) for counts in found if counts.completed + counts.failed)


def _row(bench: Workbench, counts: ErrorCounts, attempt: int | None) -> LivenessRow:
    cells: dict[str, Any] = estimate_cells(bench, counts, NO_THRESHOLD)
    return LivenessRow(
        model=counts.model,
        condition=counts.condition,
        attempt=attempt,
        grouping=counts.grouping,
        group=counts.group,
        **{name: value for name, value in cells.items() if name not in _NO_CELLS},
    )
