"""Table of people accepted an hour: accepted transactions over the recording and sending time of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap import count
from facegap.count import PersonTimes
from facegap.estimate import cautions
from facegap.estimate.throughput import throughput
from facegap.schema import ThroughputRow
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[ThroughputRow]:
    """Everyone and every group, where one attempt, a round and all rounds of attempts are allowed."""
    evidence = bench.evidence
    rules = evidence.study.transactions
    for attempts in evidence.attempts.values():
        allowed = sorted({1, rules.attempts if rules is not None else 1, attempts.per_transaction})
        for columns in evidence.groupings:
            for threshold in (point for point in bench.thresholds if point.model == attempts.model):
                for after in allowed:
                    for times in count.times_by_person(attempts, evidence.samples, columns, threshold.value, after):
                        yield ThroughputRow(
                            model=attempts.model,
                            condition=attempts.condition,
                            policy=attempts.policy,
                            frames=attempts.frames,
                            grouping=", ".join(columns),
                            group=times.group,
                            attempts=after,
                            threshold_name=threshold.name,
                            threshold=threshold.value,
                            **_cells(times, evidence.study.statistics.level),
                        )


def _cells(times: PersonTimes, level: float) -> dict[str, Any]:
    found = throughput(times.accepted, times.seconds, level)
    transactions = int(times.transactions.sum())
    known = found.per_hour is not None
    return {
        "transactions": transactions,
        "accepted": int(times.accepted.sum()),
        "subjects": len(times.people),
        "seconds_per_transaction": float(times.seconds.sum()) / transactions if known else None,
        "per_hour": found.per_hour,
        "low": found.low,
        "high": found.high,
        "level": level,
        "caution": cautions.as_text(cautions.of_participation(len(times.people), _balanced(times))) if known else "",
        "note": found.note,
    }


def _balanced(times: PersonTimes) -> float:
    """People that would matter as much if all took as long: (sum s)^2 / sum s^2."""
    return float(times.seconds.sum() ** 2 / np.square(times.seconds).sum())
