"""The table of transactions: turned away after 1, 2, ... attempts, by stage, beside what models would have said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap import count
from facegap.estimate.transactions import attempt_failures, rejected_after, rejected_after_correlated
from facegap.evidence import Evidence
from facegap.records import NOT_LIVE, Attempts, Floats, Threshold
from facegap.schema import TransactionRow
from facegap.tables.shared_cells import estimate_cells
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[TransactionRow]:
    """After every number of attempts the share turned away; after one, a round and all rounds also where they ended."""
    evidence = bench.evidence
    rules = evidence.study.transactions
    for attempts in evidence.attempts.values():
        staged = {1, rules.attempts if rules is not None else 1, attempts.per_transaction}
        for columns in evidence.groupings:
            for threshold in bench.thresholds:
                if threshold.model == attempts.model:
                    for after in range(1, attempts.per_transaction + 1):
                        yield from _after(bench, attempts, columns, threshold, after, after in staged)


def _after(
    bench: Workbench, attempts: Attempts, columns: tuple[str, ...], threshold: Threshold, after: int, staged: bool
) -> Iterator[TransactionRow]:
    evidence = bench.evidence
    failures = count.failures_by_transaction(attempts, evidence.samples, columns, threshold.value)
    for stage in (count.REFUSED, *(_stages(evidence) if staged else ())):
        found = count.refusal_counts(attempts, evidence.samples, columns, threshold.value, after, stage)
        for counts in (one for one in found if one.trials):
            modelled = stage == count.REFUSED
            yield TransactionRow(
                model=attempts.model,
                condition=attempts.condition,
                policy=attempts.policy,
                frames=attempts.frames,
                grouping=counts.grouping,
                group=counts.group,
                attempts=after,
                stage=stage,
                **estimate_cells(bench, counts, threshold.name),
                **(
                    _models(evidence, attempts, columns, counts.group, failures[counts.group], after)
                    if modelled
                    else {}
                ),
            )


def _stages(evidence: Evidence) -> tuple[str, ...]:
    """Where an attempt of this study can end without success."""
    judged = evidence.study.liveness is not None
    return tuple(stage for stage in count.STAGES[:-1] if judged or stage != NOT_LIVE)


def _models(
    evidence: Evidence, attempts: Attempts, columns: tuple[str, ...], group: str, failures: Any, after: int
) -> dict[str, Any]:
    rate, correlation = attempt_failures(failures)
    mine = count.of_group(attempts, evidence.samples, columns, group)
    return {
        "attempt_rate": rate,
        "attempt_correlation": correlation,
        "independent": rejected_after(rate, after),
        "correlated": rejected_after_correlated(rate, after, correlation) if correlation is not None else None,
        "bytes_per_attempt": _mean(attempts.sent[mine]),
        "seconds_per_attempt": _mean(attempts.seconds[mine]),
    }


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)].astype(np.float64)
    return float(known.mean()) if len(known) else None
