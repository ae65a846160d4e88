"""Rows of the tables that hold one thing against another that is named: a reference group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from facegap.schema.column import Row, Says
from facegap.schema.common import (
    Condition,
    Errors,
    Group,
    Grouping,
    High,
    Level,
    Low,
    Metric,
    Model,
    Note,
    P,
    PHolm,
    Sentence,
    Subjects,
    ThresholdName,
    ThresholdValue,
    Trials,
    Verdict,
)


@dataclass(frozen=True, kw_only=True)
class ReferenceRow(Row, table="versus_reference"):
    """A group's rate against that of the one group that the study names, tested by Holm over the other groups."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    group: Group
    reference: Annotated[str, Says(meaning="the group that it is compared with", key=True, group=True)]
    errors: Errors = None
    trials: Trials = None
    subjects: Subjects = None
    reference_errors: Annotated[int | None, Says(meaning="errors of the reference group", unit="comparisons")] = None
    reference_trials: Annotated[int | None, Says(meaning="denominator of the reference group", unit="comparisons")] = (
        None
    )
    reference_subjects: Annotated[int | None, Says(meaning="people behind the reference group", unit="people")] = None
    shared_subjects: Annotated[int | None, Says(meaning="people of both groups", unit="people")] = None
    ratio: Annotated[
        float | None, Says(meaning="the group's rate over the reference group's", unit="times", digits=2)
    ] = None
    low: Low = None
    high: High = None
    level: Level = None
    p: P = None
    p_holm: PHolm = None
    verdict: Verdict = ""
    ratio_80: Annotated[
        float | None,
        Says(meaning="smallest ratio above the reference group's rate seen with 80 % power", unit="times", digits=2),
    ] = None
    sentence: Sentence = ""
    note: Note = ""
