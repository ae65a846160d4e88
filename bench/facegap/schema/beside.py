"""Rows of the tables that are made from finished runs and lie beside them: comparisons, requirements, populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from facegap.schema.column import Row, Says
from facegap.schema.common import (
    ByPeople,
    ByPeopleHigh,
    ByPeopleLow,
    Caution,
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
    Rate,
    Sentence,
    Subjects,
    ThresholdName,
    ThresholdValue,
    Trials,
    Value,
)

Run = Annotated[str, Says(meaning="run, by the name of its results folder", key=True)]
RequirementName = Annotated[str, Says(meaning="requirement, as the policy calls it", key=True)]
AtLevel = Annotated[str, Says(meaning="level of the requirement: threshold, or the stricter goal", key=True)]
Limit = Annotated[float, Says(meaning="what the rate (or the summary of the groups' rates) may be at most", digits=3)]
Measured = Annotated[
    str, Says(meaning="what is required: a rate, same-group FMR (of two people of a group), or max/geomean of a rate")
]
Met = Annotated[str, Says(meaning="met, not met, or not enough evidence: the verdict of `facegap claim` on it")]
DecidedPeople = Annotated[
    int | None, Says(meaning="people of this kind with whom the observed rate would have decided it", unit="people")
]
DecidedTrials = Annotated[int | None, Says(meaning="comparisons that they would make", unit="comparisons")]
DecidedAs = Annotated[str, Says(meaning="how it would then have been decided: met or not met")]


@dataclass(frozen=True, kw_only=True)
class RequirementRow(Row, table="requirements", beside=True):
    """A requirement of a policy, at one of its levels, held against one model of one run under one condition."""

    run: Run
    model: Model
    requirement: RequirementName
    level: AtLevel
    metric: Measured
    limit: Limit
    condition: Condition
    verdict: Met
    grouping: Annotated[str, Says(meaning="label columns of the groups; blank: everyone")] = ""
    threshold_name: Annotated[str, Says(meaning="operating point")] = ""
    threshold: Annotated[float | None, Says(meaning="a match is score >= threshold", unit="score", digits=4)] = None
    group: Annotated[str, Says(meaning="worst group: not met before undecided before met, then by its rate")] = ""
    value: Value = None
    low: Low = None
    high: High = None
    by_people: ByPeople = None
    by_people_low: ByPeopleLow = None
    by_people_high: ByPeopleHigh = None
    errors: Errors = None
    trials: Trials = None
    subjects: Subjects = None
    decided_as: DecidedAs = ""
    decided_people: DecidedPeople = None
    decided_trials: DecidedTrials = None
    sentence: Annotated[str, Says(meaning="the worst group in words, and what it costs in people")] = ""
    source: Annotated[str, Says(meaning="where the number comes from, as the policy says")] = ""
    check: Annotated[str, Says(meaning="what of the requirement is still to be checked, as the policy says")] = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class RequiredGroupRow(Row, table="requirement_groups", beside=True):
    """The verdict on one group under a requirement at one of its levels."""

    run: Run
    model: Model
    requirement: RequirementName
    level: AtLevel
    limit: Limit
    condition: Condition
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    verdict: Met
    errors: Errors = None
    trials: Trials = None
    subjects: Subjects = None
    value: Value = None
    low: Low = None
    high: High = None
    p_not_met: Annotated[
        float | None, Says(meaning="p-value against the limit, adjusted over the groups", unit="probability", digits=2)
    ] = None
    p_met: Annotated[
        float | None, Says(meaning="p-value for the limit, adjusted over the groups", unit="probability", digits=2)
    ] = None
    decided_as: DecidedAs = ""
    decided_people: DecidedPeople = None
    decided_trials: DecidedTrials = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class RunDifferenceRow(Row, table="run_differences", beside=True, no_caution="it says what was asked for, no rate"):
    """One thing in which the compared runs differ, with what each of them has."""

    about: Annotated[str, Says(meaning="data, conditions, groups, threshold policy, searches, statistics or program")]
    what: Annotated[str, Says(meaning="key of the study, or fact of the data", key=True)]
    run: Run
    value: Annotated[str, Says(meaning="what this run has; blank: nothing")] = ""


@dataclass(frozen=True, kw_only=True)
class SharedRow(Row, table="shared_trials", beside=True, no_caution="it says which comparisons are shared, no rate"):
    """Whether two runs made the same comparisons of the same pictures, so that paired differences exist."""

    run: Run
    other_run: Annotated[str, Says(meaning="the other run", key=True)]
    shared: Annotated[str, Says(meaning="yes, or no")]
    why: Annotated[str, Says(meaning="why they are not shared; blank where they are")] = ""


@dataclass(frozen=True, kw_only=True)
class FrontRow(Row, table="accuracy_differential", beside=True):
    """A model's error over everyone beside how far its groups lie apart: the points of the Pareto picture."""

    run: Run
    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    rate: Rate = None
    low: Low = None
    high: High = None
    subjects: Subjects = None
    measure: Annotated[str, Says(meaning="the summary of the groups' rates", key=True)]
    value: Value = None
    value_low: Annotated[float | None, Says(meaning="lower end of the summary's interval", digits=3)] = None
    value_high: Annotated[float | None, Says(meaning="upper end of the summary's interval", digits=3)] = None
    worst: Annotated[str, Says(meaning="group with the highest rate", group=True)] = ""
    front: Annotated[
        str, Says(meaning="yes: no other model has both a lower rate and a lower summary; the intervals do not enter")
    ] = ""
    level: Level = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class PopulationRow(Row, table="population", beside=True):
    """What becomes of a stated population of applicants, by group and for everyone, from a run's own rates."""

    run: Run
    model: Model
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    outcome: Annotated[
        str,
        Says(
            meaning="turned away once; turned away after so many attempts; accepted as somebody else; flagged by the "
            "watch list",
            key=True,
        ),
    ]
    grouping: Grouping
    group: Group
    share: Annotated[float | None, Says(meaning="of the applicants, those of this group", unit="share", digits=3)] = (
        None
    )
    per_10000: Annotated[
        float | None, Says(meaning="of 10,000 such applicants of this group", unit="people", digits=2)
    ] = None
    low: Annotated[float | None, Says(meaning="lower end of the interval", unit="people", digits=2)] = None
    high: Annotated[float | None, Says(meaning="upper end of the interval", unit="people", digits=2)] = None
    per_day: Annotated[
        float | None, Says(meaning="people of this group a day, of all applicants", unit="people", digits=2)
    ] = None
    per_day_low: Annotated[float | None, Says(meaning="lower end of the interval", unit="people", digits=2)] = None
    per_day_high: Annotated[float | None, Says(meaning="upper end of the interval", unit="people", digits=2)] = None
    subjects: Subjects = None
    level: Level = None
    method: Annotated[str, Says(meaning="how the number was made")] = ""
    sentence: Sentence = ""
    caution: Caution = ""
    note: Note = ""
