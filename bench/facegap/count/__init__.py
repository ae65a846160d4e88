"""Count errors: from comparisons, acquisitions and searches to `ErrorCounts`, in exact integers. No rates here.

A match is score >= threshold. Scores are float32 and thresholds float64; they are compared in float64, so a threshold
between two float32 values stays between them.
"""

from facegap.count.attempts import (
    REFUSED,
    STAGES,
    PersonTimes,
    attempt_bpcer_counts,
    failures_by_transaction,
    of_group,
    refusal_counts,
    times_by_person,
)
from facegap.count.nonmated import (
    Impostors,
    PairErrors,
    among,
    compared_often,
    cross_fmr_counts,
    each_pair_once,
    fmr_counts,
    nonmated_by_group,
    pair_errors,
    people_compared,
    pooled_nonmated,
)
from facegap.count.parts import of_mated, of_samples
from facegap.count.people import PersonErrors, bpcer_counts, fnmr_counts, fta_counts, fte_counts, person_errors
from facegap.count.relatives import Relatives, relative_counts
from facegap.count.searches import (
    Cmc,
    alarm_scores,
    alarms_told_above,
    cmc,
    fnir_counts,
    fpir_counts,
    mate_scores,
    rank_limit,
    searched,
    unknown,
)

__all__ = [
    "REFUSED",
    "STAGES",
    "Cmc",
    "Impostors",
    "PairErrors",
    "PersonErrors",
    "PersonTimes",
    "Relatives",
    "alarm_scores",
    "alarms_told_above",
    "among",
    "attempt_bpcer_counts",
    "bpcer_counts",
    "cmc",
    "compared_often",
    "cross_fmr_counts",
    "each_pair_once",
    "failures_by_transaction",
    "fmr_counts",
    "fnir_counts",
    "fnmr_counts",
    "fpir_counts",
    "fta_counts",
    "fte_counts",
    "mate_scores",
    "nonmated_by_group",
    "of_group",
    "of_mated",
    "of_samples",
    "pair_errors",
    "people_compared",
    "person_errors",
    "pooled_nonmated",
    "rank_limit",
    "refusal_counts",
    "relative_counts",
    "searched",
    "times_by_person",
    "unknown",
]
