"""Rows of the tables that are counted: acquisition, thresholds, rates, differentials, searches, curves."""

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
    Detector,
    EffectiveSize,
    Errors,
    Failed,
    Failures,
    GallerySize,
    Group,
    Grouping,
    Groups,
    High,
    LargestShare,
    LeftOut,
    Level,
    Low,
    Measure,
    MeasureByPeople,
    MeasureByPeopleHigh,
    MeasureByPeopleLow,
    Method,
    Metric,
    Model,
    Note,
    NullHigh,
    NullLow,
    PolicyName,
    Protocol,
    Quality,
    Rate,
    Subjects,
    Target,
    ThresholdName,
    ThresholdValue,
    Trials,
    Value,
)


@dataclass(frozen=True, kw_only=True)
class AcquisitionRow(
    Row,
    table="acquisition",
    always=True,
    no_caution="samples counted by outcome; `rates.csv` has the FTA with its cautions",
):
    """How many samples of a group ended in `outcome`."""

    detector: Detector
    condition: Condition
    grouping: Grouping
    group: Group
    outcome: Annotated[str, Says(meaning="ok, or what acquisition failed with", key=True)]
    samples: Annotated[int, Says(meaning="samples of the group that ended so", unit="samples")]
    share: Annotated[float | None, Says(meaning="of the group's samples", unit="share", digits=2)] = None


@dataclass(frozen=True, kw_only=True)
class QualityRow(Row, table="quality"):
    """A quality value's mean and percentiles over the acquired faces of a group."""

    detector: Detector
    condition: Condition
    grouping: Grouping
    group: Group
    quality: Quality
    samples: Annotated[int, Says(meaning="acquired faces with this value", unit="samples")]
    subjects: Annotated[int | None, Says(meaning="people on them", unit="people")] = None
    mean: Annotated[float | None, Says(meaning="mean of the native values", unit="of the quality", digits=3)] = None
    p05: Annotated[float | None, Says(meaning="5th percentile", unit="of the quality", digits=3)] = None
    p50: Annotated[float | None, Says(meaning="median", unit="of the quality", digits=3)] = None
    p95: Annotated[float | None, Says(meaning="95th percentile", unit="of the quality", digits=3)] = None
    scalar: Annotated[
        float | None,
        Says(meaning="mean on the standard's scale 0 to 100, higher is better; blank where it has none", digits=3),
    ] = None
    caution: Caution = ""


@dataclass(frozen=True, kw_only=True)
class ThresholdRow(Row, table="thresholds", always=True):
    """One operating point."""

    model: Model
    name: Annotated[str, Says(meaning='name of the operating point, such as "FMR 0.001" or "vendor"', key=True)]
    policy: PolicyName
    target: Target = None
    threshold: Annotated[
        float,
        Says(meaning="a match is score >= threshold; higher scores are more alike", unit="score", digits=4, key=True),
    ]
    low: Annotated[
        float | None,
        Says(meaning="lower end of the threshold's own interval under another draw of people", unit="score", digits=4),
    ] = None
    high: Annotated[float | None, Says(meaning="upper end of the threshold's own interval", unit="score", digits=4)] = (
        None
    )
    realised: Annotated[
        float | None, Says(meaning="FMR (or FPIR) that it has where it was set", unit="share", digits=2)
    ] = None
    false_matches: Annotated[int | None, Says(meaning="errors behind `realised`", unit="comparisons")] = None
    comparisons: Annotated[int | None, Says(meaning="comparisons that it was set on", unit="comparisons")] = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class RateRow(Row, table="rates", always=True):
    """FTA, FTE, FMR within a group, or FNMR, with its counts and interval."""

    model: Model
    condition: Condition
    metric: Metric
    failures: Failures
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
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


@dataclass(frozen=True, kw_only=True)
class CrossRow(Row, table="cross_fmr", always=True):
    """FMR of a reference group against a probe group, with its counts and interval."""

    model: Model
    condition: Condition
    failures: Failures
    grouping: Grouping
    reference_group: Annotated[str, Says(meaning="group of the reference", key=True, group=True)]
    probe_group: Annotated[str, Says(meaning="group of the probe", key=True, group=True)]
    threshold_name: ThresholdName
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


@dataclass(frozen=True, kw_only=True)
class DifferentialRow(Row, table="differentials", always=True):
    """One summary of how unequal the groups' rates are."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    measure: Measure
    value: Value = None
    low: Low = None
    high: High = None
    null_low: NullLow = None
    null_high: NullHigh = None
    by_people: MeasureByPeople = None
    by_people_low: MeasureByPeopleLow = None
    by_people_high: MeasureByPeopleHigh = None
    worst: Annotated[str, Says(meaning="group with the highest rate", group=True)] = ""
    best: Annotated[str, Says(meaning="group with the lowest rate", group=True)] = ""
    groups: Groups = None
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class IdentificationRow(Row, table="identification"):
    """FNIR(N, R, T) or FPIR(N, T) of a group's searches; where this run set the threshold the interval carries that."""

    model: Model
    condition: Condition
    protocol: Protocol
    metric: Metric
    failures: Failures
    grouping: Grouping
    group: Group
    gallery_size: GallerySize = None
    rank: Annotated[
        str, Says(meaning='R: the mate is among so many best candidates; "N": threshold only; blank for FPIR', key=True)
    ] = ""
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    threshold_low: Annotated[
        float | None,
        Says(
            meaning="lower end of a threshold that this run set, under another draw of people", unit="score", digits=4
        ),
    ] = None
    threshold_high: Annotated[
        float | None,
        Says(meaning="upper end of it; blank where too few searches bound it, or it was given", unit="score", digits=4),
    ] = None
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


@dataclass(frozen=True, kw_only=True)
class CmcRow(Row, table="cmc"):
    """Share of mated searches whose mate is at `rank` or better; failed searches are misses.
    No interval, since all ranks rest on the same searches: `identification.csv` has those of the study's ranks.
    By searches.
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    gallery_size: GallerySize = None
    rank: Annotated[int, Says(meaning="the mate is among so many best candidates", key=True)]
    hits: Annotated[int, Says(meaning="searches whose mate is; ties count against the mate", unit="searches")]
    trials: Annotated[int, Says(meaning="mated searches, failed ones included", unit="searches")]
    subjects: Subjects = None
    rate: Annotated[float | None, Says(meaning="hits / trials", unit="share", digits=2)] = None
    rate_optimistic: Annotated[
        float | None, Says(meaning="hits / trials with ties for the mate", unit="share", digits=2)
    ] = None
    caution: Caution = ""


@dataclass(frozen=True, kw_only=True)
class DetRow(Row, table="det", always=True):
    """One point of a group's DET curve, failures counted.
    No interval, since all points rest on the same comparisons: `rates.csv` has those at the thresholds.
    By comparisons.
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    threshold: Annotated[float, Says(meaning="a match is score >= threshold", unit="score", digits=4, key=True)]
    fmr: Annotated[float | None, Says(meaning="FMR within the group", unit="share", digits=2)] = None
    fnmr: Annotated[float | None, Says(meaning="FNMR of the group", unit="share", digits=2)] = None
    caution: Caution = ""


@dataclass(frozen=True, kw_only=True)
class DistributionRow(Row, table="distributions", always=True, no_caution="scores counted by bin, no rate"):
    """One bin of a score histogram: `count` scores with low <= score < high; empty bins are left out."""

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    kind: Annotated[str, Says(meaning="mated or nonmated comparisons", key=True)]
    low: Annotated[float, Says(meaning="lower edge of the bin", unit="score", digits=4, key=True)]
    high: Annotated[float, Says(meaning="upper edge of the bin", unit="score", digits=4)]
    count: Annotated[int, Says(meaning="scores in the bin", unit="comparisons")]
