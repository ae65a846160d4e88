"""Rows of the tables by what was observed: the capture of a picture, and the years between two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from facegap.schema.column import Row, Says
from facegap.schema.common import (
    ByPeople,
    ByPeopleHigh,
    ByPeopleLow,
    ByPeopleSize,
    Caution,
    Completed,
    Condition,
    EffectiveSize,
    Errors,
    Failed,
    Group,
    Grouping,
    High,
    LargestShare,
    Level,
    Low,
    Method,
    Metric,
    Model,
    Note,
    P,
    PHolm,
    Rate,
    Subjects,
    ThresholdName,
    ThresholdValue,
    Trials,
    Verdict,
)

Observed = Annotated[
    str, Says(meaning="condition of the picture that the data set recorded, such as phone or light", key=True)
]


@dataclass(frozen=True, kw_only=True)
class ObservedRow(Row, table="observed"):
    """A rate among pictures of one observed value, such as a phone; people chose their phones, nobody was assigned one.
    With roles a comparison counts under its probe's value. Without, it counts where both sides have the value; mated
    ones of two values are "different values", and those with a side that has none "unknown". Failures are counted.
    """

    model: Model
    condition: Condition
    observed: Observed
    value: Annotated[
        str, Says(meaning="its value; unknown where none is recorded; different values: on the two sides", key=True)
    ]
    metric: Metric
    threshold_name: ThresholdName
    grouping: Grouping
    group: Group
    threshold: ThresholdValue = None
    errors: Errors = None
    trials: Trials = None
    completed: Completed = None
    failed: Failed = None
    subjects: Subjects = None
    under_several: Annotated[
        int | None,
        Says(
            meaning="of the group's people with pictures of this value, those with pictures of another too: within "
            "these alone people can be held against themselves; blank where too few to be shown",
            unit="people",
        ),
    ] = None
    n_eff: EffectiveSize = None
    rate: Rate = None
    low: Low = None
    high: High = None
    by_people: ByPeople = None
    by_people_low: ByPeopleLow = None
    by_people_high: ByPeopleHigh = None
    by_people_n_eff: ByPeopleSize = None
    largest_share: LargestShare = None
    level: Level = None
    method: Method = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class WithinRow(Row, table="observed_within"):
    """People who were compared under two observed values, held against themselves: who errs more under which.
    Each person counts once, by the sign of the difference of their own two FNMRs; the test is McNemar's, exact, over
    the people on whom the values disagree. It needs as many people as a summary of groups.
    """

    model: Model
    condition: Condition
    observed: Observed
    value: Annotated[str, Says(meaning="one value", key=True)]
    other: Annotated[str, Says(meaning="the other value", key=True)]
    threshold_name: ThresholdName
    grouping: Grouping
    group: Group
    threshold: ThresholdValue = None
    people: Annotated[int | None, Says(meaning="people with comparisons under both values", unit="people")] = None
    rate: Annotated[
        float | None, Says(meaning="mean of these people's own FNMRs under `value`", unit="share", digits=2)
    ] = None
    other_rate: Annotated[float | None, Says(meaning="likewise under `other`", unit="share", digits=2)] = None
    change: Annotated[float | None, Says(meaning="rate less other_rate", unit="share", digits=2)] = None
    more: Annotated[int | None, Says(meaning="people who err more often under `value`", unit="people")] = None
    less: Annotated[int | None, Says(meaning="people who err more often under `other`", unit="people")] = None
    p: P = None
    p_holm: PHolm = None
    verdict: Verdict = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class WithinPersonRow(Row, table="within_person"):
    """Two groups that hold the same people under other labels, such as one head at two skin tones (`same_person` of the
    data set's card): the people with mated comparisons under both, held against themselves; the worse label is `group`.
    Each person counts once, with the difference of their own two FNMRs, failures counted; the test is exact, over all
    swaps of the labels within people (McNemar's where each has one comparison under each label).
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    other: Annotated[str, Says(meaning="group that holds these people under another label", key=True, group=True)]
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    people: Annotated[int | None, Says(meaning="people with comparisons under both labels", unit="people")] = None
    errors: Annotated[
        int | None, Says(meaning="their comparisons under `group` that err, failed ones included", unit="comparisons")
    ] = None
    comparisons: Annotated[int | None, Says(meaning="their comparisons under `group`", unit="comparisons")] = None
    other_errors: Annotated[int | None, Says(meaning="likewise under `other`", unit="comparisons")] = None
    other_comparisons: Annotated[int | None, Says(meaning="likewise under `other`", unit="comparisons")] = None
    rate: Annotated[
        float | None, Says(meaning="mean of these people's own FNMRs under `group`", unit="share", digits=2)
    ] = None
    other_rate: Annotated[float | None, Says(meaning="likewise under `other`", unit="share", digits=2)] = None
    change: Annotated[float | None, Says(meaning="rate less other_rate", unit="share", digits=2)] = None
    low: Low = None
    high: High = None
    level: Level = None
    more: Annotated[int | None, Says(meaning="people who err more often under `group`", unit="people")] = None
    less: Annotated[int | None, Says(meaning="people who err more often under `other`", unit="people")] = None
    p: P = None
    p_holm: Annotated[
        float | None,
        Says(meaning="p-value adjusted by Holm over the pairs of the grouping", unit="probability", digits=2),
    ] = None
    verdict: Verdict = ""
    interaction: Annotated[
        float | None,
        Says(
            meaning="mean change of comparisons from clean to the condition under `group`, less that under "
            "`other`, within people",
            unit="share",
            digits=2,
        ),
    ] = None
    interaction_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    interaction_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    interaction_more: Annotated[
        int | None, Says(meaning="people whom the condition harms more under `group`", unit="people")
    ] = None
    interaction_less: Annotated[
        int | None, Says(meaning="people whom the condition harms more under `other`", unit="people")
    ] = None
    interaction_p: Annotated[
        float | None, Says(meaning="p-value of its exact test by signs within people", unit="probability", digits=2)
    ] = None
    interaction_p_holm: Annotated[
        float | None,
        Says(meaning="interaction_p adjusted by Holm over the pairs of the grouping", unit="probability", digits=2),
    ] = None
    interaction_verdict: Annotated[str, Says(meaning="what that test says at the study's level")] = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class AgeGapRow(Row, table="age_gaps"):
    """FNMR of mated comparisons by the years between their two pictures, by group of the probe, failures counted."""

    model: Model
    condition: Condition
    years: Annotated[
        str, Says(meaning='years between the two pictures, such as "5 to below 10"; unknown without dates', key=True)
    ]
    threshold_name: ThresholdName
    grouping: Grouping
    group: Group
    threshold: ThresholdValue = None
    errors: Errors = None
    trials: Trials = None
    completed: Completed = None
    failed: Failed = None
    subjects: Subjects = None
    n_eff: EffectiveSize = None
    rate: Rate = None
    low: Low = None
    high: High = None
    by_people: ByPeople = None
    by_people_low: ByPeopleLow = None
    by_people_high: ByPeopleHigh = None
    by_people_n_eff: ByPeopleSize = None
    largest_share: LargestShare = None
    level: Level = None
    method: Method = ""
    caution: Caution = ""
    note: Note = ""
