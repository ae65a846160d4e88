"""Rows of the tables that are derived: tests, policies, causes, galleries, transactions, extrapolations."""

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
    Method,
    Metric,
    Model,
    Note,
    NullHigh,
    NullLow,
    P,
    PHolm,
    PolicyName,
    Quality,
    Rate,
    Sentence,
    Subjects,
    Target,
    ThresholdName,
    ThresholdValue,
    Trials,
    Value,
    Verdict,
    Visible,
)


@dataclass(frozen=True, kw_only=True)
class VersusRow(Row, table="versus_rest"):
    """A group's rate against that of all other groups together, tested by Holm over the groups."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    group: Group
    errors: Errors = None
    trials: Trials = None
    subjects: Subjects = None
    rest_errors: Annotated[int | None, Says(meaning="errors of the others together", unit="comparisons")] = None
    rest_trials: Annotated[int | None, Says(meaning="denominator of the others together", unit="comparisons")] = None
    rest_subjects: Annotated[int | None, Says(meaning="people behind the others", unit="people")] = None
    ratio: Annotated[float | None, Says(meaning="the group's rate over the others'", unit="times", digits=2)] = None
    low: Low = None
    high: High = None
    by_people: Annotated[float | None, Says(meaning="the ratio of the rates by people", unit="times", digits=2)] = None
    by_people_low: Annotated[
        float | None, Says(meaning="lower end of the interval of `by_people`", unit="times", digits=2)
    ] = None
    by_people_high: Annotated[
        float | None, Says(meaning="upper end of the interval of `by_people`", unit="times", digits=2)
    ] = None
    by_people_p_holm: Annotated[
        float | None,
        Says(meaning="p-value of equal rates by people, adjusted by Holm", unit="probability", digits=2),
    ] = None
    by_people_verdict: Annotated[str, Says(meaning="what that test says at the study's level")] = ""
    level: Level = None
    p: P = None
    p_holm: PHolm = None
    verdict: Verdict = ""
    sentence: Sentence = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class FoldRow(
    Row, table="fold_accuracy", no_caution="a benchmark's own figure; its standard error is that of the folds"
):
    """Accuracy of a listed protocol on each of its folds at the threshold that is best on the others, and over all."""

    model: Model
    condition: Condition
    fold: Annotated[str, Says(meaning='number of the fold; "all" for the mean over folds', key=True)]
    threshold: Annotated[
        float | None, Says(meaning="score with most right answers on the other folds", unit="score", digits=4)
    ] = None
    right: Annotated[
        int | None, Says(meaning="right answers, a match being score >= threshold", unit="comparisons")
    ] = None
    trials: Trials = None
    mated: Annotated[int | None, Says(meaning="mated comparisons among them", unit="comparisons")] = None
    failed: Annotated[int | None, Says(meaning="comparisons without a score, answered as no match")] = None
    accuracy: Annotated[
        float | None, Says(meaning='right / trials; of "all" the mean over folds', unit="share", digits=4)
    ] = None
    standard_error: Annotated[
        float | None,
        Says(
            meaning="of the mean: standard deviation of the folds over the root of their number", unit="share", digits=2
        ),
    ] = None
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class PowerRow(Row, table="power"):
    """The smallest ratio to the others that the test of a group sees, and the people that other ratios take."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    group: Group
    subjects: Subjects = None
    trials: Trials = None
    n_eff: EffectiveSize = None
    design_effect: Annotated[
        float | None,
        Says(meaning="trials over n_eff: how many comparisons make one independent one", unit="times", digits=3),
    ] = None
    rest_rate: Annotated[float | None, Says(meaning="rate of the others together", unit="share", digits=2)] = None
    rest_n_eff: Annotated[float | None, Says(meaning="n_eff of the others together", unit="comparisons", digits=3)] = (
        None
    )
    tests: Annotated[int | None, Says(meaning="tests that Holm adjusts over", unit="tests")] = None
    ratio_80: Annotated[float | None, Says(meaning="smallest ratio seen with 80 % power", unit="times", digits=2)] = (
        None
    )
    ratio_90: Annotated[float | None, Says(meaning="smallest ratio seen with 90 % power", unit="times", digits=2)] = (
        None
    )
    by_people_ratio_80: Annotated[
        float | None, Says(meaning="smallest ratio of the rates by people seen with 80 % power", unit="times", digits=2)
    ] = None
    people_1_5: Annotated[
        int | None,
        Says(meaning="people in each of two such groups to see a ratio of 1.5 with 80 % power", unit="people"),
    ] = None
    people_2: Annotated[
        int | None, Says(meaning="people in each of two such groups to see a ratio of 2", unit="people")
    ] = None
    people_3: Annotated[
        int | None, Says(meaning="people in each of two such groups to see a ratio of 3", unit="people")
    ] = None
    sentence: Sentence = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class AtTargetRow(Row, table="at_target_fmr"):
    """A rate at a target FMR with the uncertainty of the threshold in its interval."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    group: Group
    target: Target = None
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    threshold_low: Annotated[
        float | None,
        Says(meaning="lower end of the threshold's own interval under another draw of people", unit="score", digits=4),
    ] = None
    threshold_high: Annotated[
        float | None, Says(meaning="upper end of the threshold's own interval", unit="score", digits=4)
    ] = None
    errors: Errors = None
    trials: Trials = None
    subjects: Subjects = None
    rate: Rate = None
    low: Low = None
    high: High = None
    by_people: ByPeople = None
    by_people_low: ByPeopleLow = None
    by_people_high: ByPeopleHigh = None
    largest_share: LargestShare = None
    level: Level = None
    method: Method = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class AtTargetSummaryRow(Row, table="differentials_at_target"):
    """A summary of groups at a target FMR, with the threshold set again in every draw of people."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    target: Target = None
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    measure: Measure
    value: Value = None
    by_people: MeasureByPeople = None
    low: Low = None
    high: High = None
    level: Level = None
    null_low: NullLow = None
    null_high: NullHigh = None
    groups: Groups = None
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class PolicyRow(Row, table="policies"):
    """Both errors of a group where the threshold is set as `policy` says; no group where the policy cannot be set."""

    model: Model
    condition: Condition
    grouping: Grouping
    policy: PolicyName
    target: Target = None
    group: Group = ""
    threshold: ThresholdValue = None
    subjects: Annotated[int | None, Says(meaning="people of the group", unit="people")] = None
    share_of_people: Annotated[float | None, Says(meaning="the group's people over all", unit="share", digits=2)] = None
    false_matches: Annotated[int | None, Says(meaning="strangers wrongly accepted", unit="comparisons")] = None
    nonmated: Annotated[int | None, Says(meaning="non-mated comparisons within the group", unit="comparisons")] = None
    fmr: Annotated[float | None, Says(meaning="false_matches / nonmated", unit="share", digits=2)] = None
    fmr_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    fmr_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    fmr_by_people: ByPeople = None
    fmr_by_people_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    fmr_by_people_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = (
        None
    )
    false_nonmatches: Annotated[int | None, Says(meaning="genuine people wrongly refused", unit="comparisons")] = None
    mated: Annotated[int | None, Says(meaning="mated comparisons of the group", unit="comparisons")] = None
    fnmr: Annotated[float | None, Says(meaning="false_nonmatches / mated", unit="share", digits=2)] = None
    fnmr_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    fnmr_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    fnmr_by_people: ByPeople = None
    fnmr_by_people_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = (
        None
    )
    fnmr_by_people_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = (
        None
    )
    wrongly_accepted_per_10000: Annotated[
        float | None,
        Says(meaning="of 10,000 pairs of strangers, those accepted, by people", unit="per 10,000", digits=2),
    ] = None
    wrongly_refused_per_10000: Annotated[
        float | None, Says(meaning="of 10,000 genuine people, those refused, by people", unit="per 10,000", digits=2)
    ] = None
    share_of_false_matches: Annotated[
        float | None,
        Says(meaning="of all false matches if every person made as many attempts, by people", unit="share", digits=2),
    ] = None
    share_of_false_nonmatches: Annotated[
        float | None,
        Says(
            meaning="of all false non-matches if every person made as many attempts, by people", unit="share", digits=2
        ),
    ] = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class MarginalRow(Row, table="marginals"):
    """What one label alone, or the choice of impostors, does to a rate."""

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
    groups: Groups = None
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class TransactionRow(Row, table="transactions"):
    """Transactions that end without success after so many attempts: all of them, or those that ended at a stage."""

    model: Model
    condition: Condition
    policy: Annotated[str, Says(meaning="which frame of an attempt is compared", key=True)]
    frames: Annotated[int | None, Says(meaning="frames of an attempt", unit="frames", key=True)] = None
    grouping: Grouping
    group: Group
    attempts: Annotated[int | None, Says(meaning="after so many attempts", unit="attempts", key=True)] = None
    stage: Annotated[
        str,
        Says(
            meaning='"turned away": all that ended without success; else how far their furthest attempt got', key=True
        ),
    ]
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    errors: Annotated[int | None, Says(meaning="transactions that ended so", unit="transactions")] = None
    trials: Annotated[int | None, Says(meaning="transactions", unit="transactions")] = None
    completed: Annotated[
        int | None, Says(meaning="transactions with a score in one attempt or more", unit="transactions")
    ] = None
    failed: Annotated[int | None, Says(meaning="transactions without any score", unit="transactions")] = None
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
    attempt_rate: Annotated[float | None, Says(meaning="attempts that failed, over all", unit="share", digits=2)] = None
    attempt_correlation: Annotated[
        float | None, Says(meaning="how alike two attempts of one person end, 0 to 1", unit="correlation", digits=2)
    ] = None
    independent: Annotated[
        float | None, Says(meaning="rate if the attempts of a person were independent", unit="share", digits=2)
    ] = None
    correlated: Annotated[float | None, Says(meaning="rate with `attempt_correlation`", unit="share", digits=2)] = None
    bytes_per_attempt: Annotated[float | None, Says(meaning="mean upload of an attempt", unit="bytes", digits=3)] = None
    seconds_per_attempt: Annotated[
        float | None, Says(meaning="mean time of recording and sending an attempt", unit="seconds", digits=3)
    ] = None


@dataclass(frozen=True, kw_only=True)
class ShrunkenRow(Row, table="shrunken"):
    """A group's rate shrunken towards the others', beside the raw one."""

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    group: Group
    errors: Errors = None
    trials: Trials = None
    subjects: Subjects = None
    n_eff: EffectiveSize = None
    rate: Rate = None
    shrunken: Annotated[
        float | None, Says(meaning="rate shrunken towards the other groups'", unit="share", digits=2)
    ] = None
    low: Annotated[float | None, Says(meaning="lower end of the shrunken rate's interval", unit="share", digits=2)] = (
        None
    )
    high: Annotated[float | None, Says(meaning="upper end of the shrunken rate's interval", unit="share", digits=2)] = (
        None
    )
    level: Level = None
    own_weight: Annotated[
        float | None, Says(meaning="weight of the group's own rate in it", unit="share", digits=2)
    ] = None
    by_people: ByPeople = None
    shrunken_by_people: Annotated[
        float | None, Says(meaning="`by_people` shrunken towards the other groups'", unit="share", digits=2)
    ] = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class EdcRow(Row, table="edc"):
    """FNMR of a group after the worst share of all mated comparisons by a quality is discarded.
    No interval, since which comparisons are left is itself chance: `quality_split.csv` has one for a quality's part.
    By comparisons.
    """

    model: Model
    condition: Condition
    quality: Quality
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    discard: Annotated[float | None, Says(meaning="discarded, of all mated comparisons", unit="share", key=True)] = None
    kept: Annotated[int | None, Says(meaning="comparisons of the group that are left", unit="comparisons")] = None
    subjects: Annotated[int | None, Says(meaning="people behind those that are left", unit="people")] = None
    errors: Annotated[int | None, Says(meaning="errors among them", unit="comparisons")] = None
    fnmr: Annotated[float | None, Says(meaning="errors / kept", unit="share", digits=2)] = None
    discarded_share: Annotated[float | None, Says(meaning="of the group's own comparisons", unit="share", digits=2)] = (
        None
    )
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class SplitRow(Row, table="quality_split"):
    """A group's FNMR less the others', split into what goes with a quality and what remains at equal quality.
    By comparisons, with errors clustered by person.
    """

    model: Model
    condition: Condition
    quality: Quality
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    gap: Annotated[float | None, Says(meaning="FNMR of the group less that of the others", unit="share", digits=2)] = (
        None
    )
    gap_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    gap_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    by_quality: Annotated[
        float | None, Says(meaning="part of the gap that goes with quality", unit="share", digits=2)
    ] = None
    by_quality_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    by_quality_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    at_same_quality: Annotated[
        float | None, Says(meaning="part that remains at equal quality", unit="share", digits=2)
    ] = None
    at_same_quality_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = (
        None
    )
    at_same_quality_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = (
        None
    )
    level: Level = None
    odds_ratio: Annotated[
        float | None,
        Says(meaning="odds of an error in the group over the others' at mean quality", unit="times", digits=2),
    ] = None
    odds_ratio_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="times", digits=2)] = None
    odds_ratio_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="times", digits=2)] = None
    odds_p: Annotated[float | None, Says(meaning="p-value of equal odds", unit="probability", digits=2)] = None
    quality_odds_ratio: Annotated[
        float | None,
        Says(meaning="odds of an error for one standard deviation more of the quality", unit="times", digits=2),
    ] = None
    interaction_p: Annotated[
        float | None,
        Says(meaning="p-value of quality acting alike on the group and the others", unit="probability", digits=2),
    ] = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class PairedRow(Row, table="paired"):
    """Change of the FNMR of the same comparisons from clean to a condition, and against the other groups' change.
    Rates by comparisons; interval and test by person, who enters with all that changed of theirs.
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    comparisons: Annotated[int | None, Says(meaning="mated comparisons that are there in both", unit="comparisons")] = (
        None
    )
    subjects: Subjects = None
    fnmr_clean: Annotated[float | None, Says(meaning="FNMR under clean", unit="share", digits=2)] = None
    fnmr: Annotated[float | None, Says(meaning="FNMR under the condition", unit="share", digits=2)] = None
    change: Annotated[float | None, Says(meaning="fnmr less fnmr_clean", unit="share", digits=2)] = None
    low: Low = None
    high: High = None
    level: Level = None
    against_others: Annotated[
        float | None, Says(meaning="change less that of the other groups", unit="share", digits=2)
    ] = None
    against_others_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = (
        None
    )
    against_others_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = (
        None
    )
    p: P = None
    p_holm: PHolm = None
    verdict: Verdict = ""
    visible_80: Visible = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class GalleryRow(Row, table="gallery_model"):
    """FPIR by the model of the cross-group FMR at a gallery of a size and mix, beside the measured one.
    By comparisons.
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    gallery_size: GallerySize = None
    mix: Annotated[str, Says(meaning="whom the gallery holds", key=True)]
    fpir_model: Annotated[float | None, Says(meaning="FPIR by the model", unit="share", digits=2)] = None
    fpir_model_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    fpir_model_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    selectivity: Annotated[
        float | None, Says(meaning="false candidates of one search, on average", unit="candidates", digits=2)
    ] = None
    fpir_measured: Annotated[float | None, Says(meaning="FPIR of this run's own searches", unit="share", digits=2)] = (
        None
    )
    fpir_measured_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    fpir_measured_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = (
        None
    )
    model_less_measured: Annotated[
        float | None, Says(meaning="fpir_model less fpir_measured, where both are there", unit="share", digits=2)
    ] = None
    share_of_searches: Annotated[float | None, Says(meaning="of all searches", unit="share", digits=2)] = None
    searches_per_day: Annotated[int | None, Says(meaning="as the study states", unit="searches")] = None
    false_alarms_per_day: Annotated[
        float | None,
        Says(meaning="false alarms among the group's share of the searches of a day", unit="searches", digits=2),
    ] = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class TargetMeasureRow(Row, table="target_measures"):
    """A summary that the rates at one threshold do not give: MAPE to a target, area under the FDR.
    The area has no interval, since its range of thresholds moves with the people who are drawn.
    """

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    measure: Measure
    fmr_from: Annotated[float | None, Says(meaning="lowest pooled FMR of the area", unit="share", digits=2)] = None
    fmr_to: Annotated[float | None, Says(meaning="highest pooled FMR of the area", unit="share", digits=2)] = None
    points: Annotated[int | None, Says(meaning="thresholds that the area is taken over", unit="thresholds")] = None
    value: Value = None
    by_people: MeasureByPeople = None
    low: Low = None
    high: High = None
    null_low: NullLow = None
    null_high: NullHigh = None
    level: Level = None
    groups: Groups = None
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class HomogeneityRow(Row, table="homogeneity"):
    """One test over all groups: p-values of equal rates, and of labels that say nothing.
    Rates by comparisons; the permutation is of people, each with all their comparisons.
    """

    model: Model
    condition: Condition
    metric: Metric
    grouping: Grouping
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    groups: Groups = None
    people: Annotated[int | None, Says(meaning="people whose labels are permuted", unit="people")] = None
    people_left_out: Annotated[int | None, Says(meaning="people of no label or several", unit="people")] = None
    errors: Annotated[
        int | None, Says(meaning="errors of the people whose labels are permuted", unit="comparisons")
    ] = None
    trials: Annotated[int | None, Says(meaning="comparisons of those people", unit="comparisons")] = None
    p_chi_square: Annotated[float | None, Says(meaning="p-value of equal rates", unit="probability", digits=2)] = None
    p_permutation: Annotated[
        float | None, Says(meaning="p-value of labels that say nothing", unit="probability", digits=2)
    ] = None
    permutations: Annotated[int | None, Says(meaning="orders of the labels", unit="permutations")] = None
    left_out: LeftOut = ""
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class BetweenRow(Row, table="between_models"):
    """The difference of two models' rates on the same comparisons, and on how many of those they disagree."""

    model: Model
    other_model: Annotated[str, Says(meaning="the model that it is compared with", key=True)]
    condition: Condition
    metric: Metric
    grouping: Grouping
    group: Group
    threshold_name: ThresholdName
    threshold: ThresholdValue = None
    other_threshold: Annotated[
        float | None, Says(meaning="the other model's threshold of that name", unit="score", digits=4)
    ] = None
    comparisons: Annotated[int | None, Says(meaning="comparisons that both models made", unit="comparisons")] = None
    subjects: Subjects = None
    errors: Errors = None
    other_errors: Annotated[int | None, Says(meaning="errors of the other model", unit="comparisons")] = None
    rate: Rate = None
    other_rate: Annotated[float | None, Says(meaning="rate of the other model", unit="share", digits=2)] = None
    by_people: ByPeople = None
    other_by_people: Annotated[float | None, Says(meaning="`by_people` of the other model", unit="share", digits=2)] = (
        None
    )
    difference: Annotated[float | None, Says(meaning="rate less other_rate", unit="share", digits=2)] = None
    low: Low = None
    high: High = None
    level: Level = None
    only_model: Annotated[
        int | None, Says(meaning="comparisons that err under this model alone", unit="comparisons")
    ] = None
    only_other: Annotated[
        int | None, Says(meaning="comparisons that err under the other alone", unit="comparisons")
    ] = None
    p_mcnemar: Annotated[
        float | None,
        Says(meaning="McNemar's exact p-value, comparisons taken as independent", unit="probability", digits=2),
    ] = None
    p: P = None
    p_holm: PHolm = None
    verdict: Verdict = ""
    visible_80: Visible = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class ScoreShiftRow(Row, table="score_shifts"):
    """How far a group's scores lie from those of others, before any threshold: mated scores, tail of the non-mated.
    By comparisons; the interval is of people drawn again.
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    measure: Measure
    target: Annotated[
        float | None,
        Says(meaning="FMR at whose score the tails are compared; blank for mated scores", unit="share", key=True),
    ] = None
    value: Annotated[
        float | None,
        Says(
            meaning="the group against the others (mated), or against everyone (tail); blank with its reason in note",
            digits=3,
        ),
    ] = None
    low: Low = None
    high: High = None
    level: Level = None
    scores: Annotated[int | None, Says(meaning="the group's completed comparisons behind it", unit="comparisons")] = (
        None
    )
    subjects: Subjects = None
    others: Annotated[int | None, Says(meaning="comparisons that it is held against", unit="comparisons")] = None
    caution: Caution = ""
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class ExtrapolatedRow(Row, table="extrapolated"):
    """A false match rate below what a group's comparisons resolve, from a tail fitted to the highest: not measured.
    By comparisons; the interval is of people drawn again.
    """

    model: Model
    condition: Condition
    grouping: Grouping
    group: Group
    target: Target = None
    tail: Annotated[
        int | None, Says(meaning="highest comparisons that the tail is fitted to", unit="comparisons", key=True)
    ] = None
    exceedances: Annotated[int | None, Says(meaning="comparisons above the tail's start", unit="comparisons")] = None
    comparisons: Annotated[int | None, Says(meaning="non-mated comparisons of the group", unit="comparisons")] = None
    subjects: Subjects = None
    tail_subjects: Annotated[int | None, Says(meaning="people in the tail", unit="people")] = None
    start: Annotated[float | None, Says(meaning="where the tail starts", unit="score", digits=4)] = None
    shape: Annotated[float | None, Says(meaning="shape of the fitted generalised Pareto tail", digits=3)] = None
    scale: Annotated[float | None, Says(meaning="scale of the fitted tail", unit="score", digits=3)] = None
    end_point: Annotated[
        float | None, Says(meaning="where a bounded tail ends; blank for an unbounded one", unit="score", digits=4)
    ] = None
    anderson_darling: Annotated[float | None, Says(meaning="misfit of the tail (Anderson-Darling)", digits=3)] = None
    own_threshold: Annotated[
        float | None, Says(meaning="threshold at which the group has the target FMR", unit="score", digits=4)
    ] = None
    own_threshold_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="score", digits=4)] = None
    own_threshold_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="score", digits=4)] = (
        None
    )
    shared_threshold: Annotated[
        float | None, Says(meaning="threshold of everyone at the target", unit="score", digits=4)
    ] = None
    fmr: Annotated[float | None, Says(meaning="FMR of the group at the shared threshold", unit="share", digits=2)] = (
        None
    )
    fmr_low: Annotated[float | None, Says(meaning="lower end of its interval", unit="share", digits=2)] = None
    fmr_high: Annotated[float | None, Says(meaning="upper end of its interval", unit="share", digits=2)] = None
    level: Level = None
    label: Annotated[str, Says(meaning="what such a number is", key=True)] = ""
    caution: Caution = ""
    note: Note = ""
