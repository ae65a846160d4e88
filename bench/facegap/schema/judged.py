"""Rows of the tables that `facegap judge` makes from published counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from facegap.schema.column import Row, Says
from facegap.schema.common import (
    Caution,
    Grouping,
    Groups,
    LeftOut,
    Level,
    Measure,
    Method,
    Note,
    P,
    PHolm,
    Sentence,
    Value,
)

PrintedModel = Annotated[str, Says(meaning="system, as the published table names it", key=True)]
PrintedCondition = Annotated[str, Says(meaning="condition, as the published table names it", key=True)]
PrintedMetric = Annotated[str, Says(meaning='error rate; "error rate" where the table does not say which', key=True)]
PrintedThreshold = Annotated[str, Says(meaning="operating point, as the published table names it", key=True)]
PrintedGroup = Annotated[str, Says(meaning="group, its labels in the order of the grouping", key=True, group=True)]
PrintedErrors = Annotated[int | None, Says(meaning="errors; blank where only a rate was published", unit="trials")]
PrintedTrials = Annotated[int | None, Says(meaning="denominator of the rate", unit="trials")]
PrintedPeople = Annotated[
    int | None, Says(meaning="people behind the trials; blank where not published", unit="people")
]
PrintedRate = Annotated[float | None, Says(meaning="errors / trials, or the rate as published", unit="share", digits=2)]
IndependentLow = Annotated[
    float | None, Says(meaning="lower end of the interval at the assumed design effect", unit="as its value", digits=2)
]
IndependentHigh = Annotated[
    float | None, Says(meaning="upper end of the interval at the assumed design effect", unit="as its value", digits=2)
]
Assumed = Annotated[
    float,
    Says(meaning="assumed design effect: what shared people multiply a variance by; 1 takes trials as independent"),
]
TurnsAt = Annotated[
    float | None,
    Says(meaning="design effect from which the verdict would be another; blank where none up to 10^6", digits=2),
]
Possible = Annotated[
    float | None,
    Says(meaning="largest design effect of people with equally many trials; blank without people", digits=2),
]


@dataclass(frozen=True, kw_only=True)
class JudgedRateRow(Row, table="judged_rates", judged=True):
    """A published error rate with its interval, as independent trials and as if all trials of a person agreed."""

    model: PrintedModel
    condition: PrintedCondition
    metric: PrintedMetric
    threshold: PrintedThreshold
    grouping: Grouping
    group: PrintedGroup
    errors: PrintedErrors = None
    trials: PrintedTrials = None
    people: PrintedPeople = None
    rate: PrintedRate = None
    low: IndependentLow = None
    high: IndependentHigh = None
    design_effect: Assumed
    low_alike: Annotated[
        float | None, Says(meaning="lower end if all trials of a person agreed", unit="share", digits=2)
    ] = None
    high_alike: Annotated[
        float | None, Says(meaning="upper end if all trials of a person agreed", unit="share", digits=2)
    ] = None
    level: Level = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class JudgedRatioRow(Row, table="judged_ratios", judged=True):
    """A group's published rate against that of the other groups together, or of the named reference group."""

    model: PrintedModel
    condition: PrintedCondition
    metric: PrintedMetric
    threshold: PrintedThreshold
    grouping: Grouping
    group: PrintedGroup
    against: Annotated[str, Says(meaning='"the other groups" together, or the reference group', key=True)]
    errors: PrintedErrors = None
    trials: PrintedTrials = None
    other_errors: Annotated[int | None, Says(meaning="errors of the other side", unit="trials")] = None
    other_trials: Annotated[int | None, Says(meaning="denominator of the other side", unit="trials")] = None
    ratio: Annotated[float | None, Says(meaning="the group's rate over the other side's", unit="times", digits=2)] = (
        None
    )
    low: IndependentLow = None
    high: IndependentHigh = None
    level: Level = None
    method: Method = ""
    p: P = None
    p_holm: PHolm = None
    verdict: Annotated[str, Says(meaning="what the test says: differs, or not shown to differ")] = ""
    visible: Annotated[
        float | None,
        Says(
            meaning="smallest ratio to the other side's rate that this test sees with 80 % power",
            unit="times",
            digits=2,
        ),
    ] = None
    turns_at: TurnsAt = None
    possible: Possible = None
    sentence: Sentence = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class JudgedSummaryRow(Row, table="judged_summaries", judged=True):
    """How far the groups' published rates lie apart, by the measures of `differentials.csv`."""

    model: PrintedModel
    condition: PrintedCondition
    metric: PrintedMetric
    threshold: PrintedThreshold
    grouping: Grouping
    measure: Measure
    value: Value = None
    low: IndependentLow = None
    high: IndependentHigh = None
    null_low: Annotated[float | None, Says(meaning="lower end of what equal groups would show by chance", digits=2)] = (
        None
    )
    null_high: Annotated[
        float | None, Says(meaning="upper end of what equal groups would show by chance", digits=2)
    ] = None
    groups: Groups = None
    worst: Annotated[str, Says(meaning="group with the highest rate", group=True)] = ""
    best: Annotated[str, Says(meaning="group with the lowest rate", group=True)] = ""
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class JudgedClaimRow(Row, table="judged_claims", judged=True):
    """What the published counts say of a claim, group by group."""

    claim: Annotated[str, Says(meaning="the claim, as it was typed", key=True)]
    model: PrintedModel
    condition: PrintedCondition
    metric: PrintedMetric
    threshold: PrintedThreshold
    grouping: Grouping
    group: PrintedGroup
    reading: Annotated[str, Says(meaning="what the claim was taken to mean", key=True)]
    verdict: Annotated[str, Says(meaning="supported, refuted or undecided, whatever people share trials")]
    as_assumed: Annotated[str, Says(meaning="the verdict at the assumed design effect alone")]
    errors: PrintedErrors = None
    trials: PrintedTrials = None
    people: PrintedPeople = None
    value: Value = None
    low: IndependentLow = None
    high: IndependentHigh = None
    p: P = None
    turns_at: TurnsAt = None
    possible: Possible = None
    caution: Caution = ""
    note: Note = ""
