"""Rows of the tables that a run may lack: tests, policies, causes, galleries, transactions. A blank cell is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Mark(Protocol):
    """What a figure needs of a number: its value, interval, errors and people."""

    @property
    def rate(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def errors(self) -> int | None: ...
    @property
    def subjects(self) -> int | None: ...


@dataclass(frozen=True)
class Point:
    """A number that is no rate row of its own, to be drawn or said like one."""

    rate: float | None
    low: float | None
    high: float | None
    errors: int | None = None
    subjects: int | None = None


@dataclass(frozen=True)
class VersusRow:
    """A group's rate against that of all other groups together, tested by Holm over the groups."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    group: str
    ratio: float | None
    low: float | None
    high: float | None
    p_holm: float | None
    verdict: str
    note: str


@dataclass(frozen=True)
class PowerRow:
    """The smallest ratio to the others that the test of a group sees, and the people that other ratios take."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    group: str
    subjects: int | None
    trials: int | None
    n_eff: float | None
    tests: int | None
    ratio_80: float | None
    ratio_90: float | None
    people_1_5: int | None
    people_2: int | None
    people_3: int | None
    sentence: str
    note: str


@dataclass(frozen=True)
class BetweenRow:
    """The difference of two models' rates on the same comparisons, and on how many of those they disagree."""

    model: str
    other_model: str
    condition: str
    metric: str
    grouping: str
    group: str
    threshold_name: str
    comparisons: int | None
    subjects: int | None
    rate: float | None
    other_rate: float | None
    difference: float | None
    low: float | None
    high: float | None
    only_model: int | None
    only_other: int | None
    p_holm: float | None
    verdict: str
    visible_80: float | None
    note: str


@dataclass(frozen=True)
class AtTargetSummaryRow:
    """A summary of groups at a target FMR, with the threshold set again in every draw of people."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True)
class TargetMeasureRow:
    """A summary that the rates at one threshold do not give: MAPE to a target, area under the FDR."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    null_low: float | None
    null_high: float | None
    groups: int | None
    left_out: str
    note: str


@dataclass(frozen=True)
class HomogeneityRow:
    """One test over all groups: p-values of equal rates, and of labels that say nothing."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    groups: int | None
    people: int | None
    p_chi_square: float | None
    p_permutation: float | None
    left_out: str
    note: str


@dataclass(frozen=True)
class PolicyRow:
    """Both errors of a group where the threshold is set as `policy` says; no group where the policy cannot be set."""

    model: str
    condition: str
    grouping: str
    policy: str
    target: float | None
    group: str
    threshold: float | None
    subjects: int | None
    share_of_people: float | None
    false_matches: int | None
    nonmated: int | None
    fmr: float | None
    fmr_low: float | None
    fmr_high: float | None
    false_nonmatches: int | None
    mated: int | None
    fnmr: float | None
    fnmr_low: float | None
    fnmr_high: float | None
    share_of_false_matches: float | None
    share_of_false_nonmatches: float | None
    note: str


@dataclass(frozen=True)
class MarginalRow:
    """What one label alone, or the choice of impostors, does to a rate."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    null_low: float | None
    null_high: float | None
    groups: int | None
    left_out: str
    note: str


@dataclass(frozen=True)
class AtTargetRow:
    """A rate at a target FMR with the uncertainty of the threshold in its interval."""

    model: str
    condition: str
    metric: str
    grouping: str
    group: str
    target: float | None
    threshold_name: str
    threshold: float | None
    threshold_low: float | None
    threshold_high: float | None
    errors: int | None
    trials: int | None
    subjects: int | None
    rate: float | None
    low: float | None
    high: float | None
    method: str
    note: str


@dataclass(frozen=True)
class EdcRow:
    """FNMR of a group after the worst share of all mated comparisons by a quality is discarded."""

    model: str
    condition: str
    quality: str
    grouping: str
    group: str
    threshold_name: str
    discard: float | None
    kept: int | None
    errors: int | None
    fnmr: float | None
    discarded_share: float | None
    note: str


@dataclass(frozen=True)
class SplitRow:
    """A group's FNMR less the others', split into what goes with a quality and what remains at equal quality."""

    model: str
    condition: str
    quality: str
    grouping: str
    group: str
    threshold_name: str
    gap: float | None
    gap_low: float | None
    gap_high: float | None
    by_quality: float | None
    by_quality_low: float | None
    by_quality_high: float | None
    at_same_quality: float | None
    at_same_quality_low: float | None
    at_same_quality_high: float | None
    note: str


@dataclass(frozen=True)
class PairedRow:
    """Change of the FNMR of the same comparisons from clean to a condition, and against the other groups' change."""

    model: str
    condition: str
    grouping: str
    group: str
    threshold_name: str
    comparisons: int | None
    subjects: int | None
    fnmr_clean: float | None
    fnmr: float | None
    change: float | None
    low: float | None
    high: float | None
    against_others: float | None
    against_others_low: float | None
    against_others_high: float | None
    p_holm: float | None
    verdict: str
    visible_80: float | None
    note: str


@dataclass(frozen=True)
class GalleryRow:
    """FPIR by the model of the cross-group FMR at a gallery of a size and mix, beside the measured one."""

    model: str
    condition: str
    grouping: str
    group: str
    threshold_name: str
    threshold: float | None
    gallery_size: int | None
    mix: str
    fpir_model: float | None
    fpir_model_low: float | None
    fpir_model_high: float | None
    fpir_measured: float | None
    fpir_measured_low: float | None
    fpir_measured_high: float | None
    share_of_searches: float | None
    searches_per_day: int | None
    false_alarms_per_day: float | None
    note: str


@dataclass(frozen=True)
class TransactionRow:
    """Transactions that end without success after so many attempts: all of them, or those that ended at a stage."""

    model: str
    condition: str
    policy: str
    frames: int | None
    grouping: str
    group: str
    attempts: int | None
    stage: str
    threshold_name: str
    errors: int | None
    trials: int | None
    failed: int | None
    subjects: int | None
    rate: float | None
    low: float | None
    high: float | None
    note: str
    attempt_rate: float | None
    independent: float | None
    correlated: float | None


@dataclass(frozen=True)
class ExtrapolatedRow:
    """A false match rate below what a group's comparisons resolve, from a tail fitted to the highest: not measured."""

    model: str
    condition: str
    grouping: str
    group: str
    target: float | None
    tail: int | None
    comparisons: int | None
    own_threshold: float | None
    own_threshold_low: float | None
    own_threshold_high: float | None
    shared_threshold: float | None
    fmr: float | None
    fmr_low: float | None
    fmr_high: float | None
    label: str
    note: str
