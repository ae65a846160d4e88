"""Rows of the tables that hold one thing against another: a reference group, relatives, time; one margin for all."""

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
    Condition,
    EffectiveSize,
    Errors,
    Group,
    Grouping,
    Groups,
    High,
    LargestShare,
    LeftOut,
    Level,
    Low,
    Method,
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
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class RelativeRow(Row, table="relatives"):
    """False matches of related people beside those of strangers at one threshold; no row where nobody is related."""

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    relation: Annotated[str, Says(meaning="column of the data set whose value relatives share", key=True)]
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    families: Annotated[int | None, Says(meaning="families with relatives who are compared", unit="families")] = None
    people: Annotated[int | None, Says(meaning="people who are compared with a relative", unit="people")] = None
    errors: Annotated[int | None, Says(meaning="false matches of relatives", unit="comparisons")] = None
    trials: Annotated[int | None, Says(meaning="non-mated comparisons of relatives", unit="comparisons")] = None
    failed: Annotated[int | None, Says(meaning="of these, comparisons that have no score", unit="comparisons")] = None
    rate: Annotated[float | None, Says(meaning="FMR of relatives", unit="share", digits=2)] = None
    low: Low = None
    high: High = None
    stranger_errors: Annotated[int | None, Says(meaning="false matches of strangers", unit="comparisons")] = None
    stranger_trials: Annotated[int | None, Says(meaning="non-mated comparisons of strangers", unit="comparisons")] = (
        None
    )
    stranger_rate: Annotated[float | None, Says(meaning="FMR of strangers", unit="share", digits=2)] = None
    stranger_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    stranger_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    ratio: Annotated[float | None, Says(meaning="FMR of relatives over that of strangers", unit="times", digits=2)] = (
        None
    )
    ratio_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="times", digits=2)] = None
    ratio_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="times", digits=2)] = None
    level: Level = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class ThroughputRow(Row, table="throughput"):
    """People accepted in an hour of recording and sending: accepted transactions over the time of all of them."""

    model: Model
    condition: Condition
    policy: Annotated[str, Says(meaning="which frame of an attempt is compared", key=True)]
    frames: Annotated[int | None, Says(meaning="frames of an attempt", unit="frames", key=True)] = None
    grouping: Grouping
    group: Group
    attempts: Annotated[int | None, Says(meaning="attempts that are allowed", unit="attempts", key=True)] = None
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    transactions: Annotated[int | None, Says(meaning="transactions, accepted or not", unit="transactions")] = None
    accepted: Annotated[int | None, Says(meaning="transactions that ended with acceptance", unit="transactions")] = None
    subjects: Annotated[int | None, Says(meaning="people who made them", unit="people")] = None
    seconds_per_transaction: Annotated[
        float | None,
        Says(
            meaning="mean time of a transaction, up to its first success or its last attempt", unit="seconds", digits=3
        ),
    ] = None
    per_hour: Annotated[
        float | None,
        Says(
            meaning="accepted / time of all transactions; blank with its reason in note",
            unit="people an hour",
            digits=3,
        ),
    ] = None
    low: Low = None
    high: High = None
    level: Level = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class LivenessRow(Row, table="liveness"):
    """Genuine people whom a net of liveness takes for a picture of one: the bona fide presentation classification error
    rate (BPCER, ISO/IEC 30107-3). Probes alone are judged, no reference photo; where no face was acquired, nothing is.
    """

    model: Model
    condition: Condition
    attempt: Annotated[
        int | None, Says(meaning="number of the attempt in a transaction; blank: the data set's picture", key=True)
    ] = None
    grouping: Grouping
    group: Group
    errors: Annotated[int | None, Says(meaning="judged faces that were not taken as live", unit="faces")] = None
    trials: Annotated[int | None, Says(meaning="faces that were judged", unit="faces")] = None
    completed: Annotated[int | None, Says(meaning="likewise", unit="faces")] = None
    failed: Annotated[
        int | None,
        Says(meaning="pictures that ended before it, as without a face; in no denominator", unit="pictures"),
    ] = None
    subjects: Annotated[int | None, Says(meaning="people whose face was judged", unit="people")] = None
    n_eff: EffectiveSize = None
    rate: Annotated[
        float | None, Says(meaning="errors / trials: the BPCER; blank with its reason in note", unit="share", digits=2)
    ] = None
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
class CommonMarginRow(Row, table="common_margin"):
    """One margin of error that holds for the rates of all groups at once, and one test of equal rates."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    groups: Groups = None
    margin: Annotated[
        float | None,
        Says(meaning="every group's rate is right to within it, all of them at once", unit="share", digits=2),
    ] = None
    largest: Annotated[
        float | None,
        Says(
            meaning="margin from the draws alone, before it was widened to hold every group's own interval",
            unit="share",
            digits=2,
        ),
    ] = None
    level: Level = None
    p: Annotated[
        float | None, Says(meaning="p-value of equal rates, people drawn again", unit="probability", digits=2)
    ] = None
    draws: Annotated[int | None, Says(meaning="draws of people", unit="draws")] = None
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""
