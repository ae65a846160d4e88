"""Operating points: set at target FMRs on the named comparisons, taken from the vendor, or given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap import count, estimate
from facegap.estimate.bootstrap import PeopleDraws, double_or_nothing_draws, pair_trials, threshold_draws
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Searches, Threshold

NO_THRESHOLD = "none"
"""Name of "no threshold" in tables: rates that need none, and rank-only identification."""


def set_thresholds(evidence: Evidence) -> tuple[Threshold, ...]:
    """Every operating point of the run, by model: at target FMRs, the vendor's, the given ones.

    Raises:
        InputError: the kept tail does not reach a target.
    """
    found: list[Threshold] = []
    for use in evidence.study.models:
        found += at_target_fmrs(evidence, use.card)
        if evidence.study.thresholds.vendor and use.card in evidence.vendor:
            policy = "the vendor's own threshold"
            found.append(Threshold("vendor", use.card, evidence.vendor[use.card], policy))
        found += [threshold for threshold in evidence.given if threshold.model == use.card]
    return tuple(found)


def at_target_fmrs(evidence: Evidence, model: str) -> list[Threshold]:
    """Thresholds of `model` at the study's target FMRs; none where thresholds come from another run."""
    rule = evidence.study.thresholds
    if rule.from_run is not None:
        return []
    comparisons = evidence.comparisons[model, rule.condition]
    impostors = count.pooled_nonmated(comparisons, evidence.samples, rule.impostors, evidence.study.groups[0])
    scope = "all" if rule.impostors == "all" else f"same {', '.join(evidence.study.groups[0])}"
    out = []
    for target in rule.fmr:
        value, realised, false_matches, note = estimate.threshold_at_fmr(
            impostors.scores, impostors.total, target, impostors.floor
        )
        policy = f"highest FMR <= target over {scope} non-mated comparisons, condition {rule.condition}"
        out.append(
            Threshold(f"FMR {target:g}", model, value, policy, target, realised, false_matches, impostors.total, note)
        )
    return out


def for_model(thresholds: tuple[Threshold, ...], comparisons: Comparisons) -> list[Threshold]:
    """The thresholds of the model that made `comparisons`."""
    return [threshold for threshold in thresholds if threshold.model == comparisons.model]


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """FMR (within group) and, where subjects are known, FNMR of the groups of one grouping; failures counted."""

    comparisons: Comparisons
    columns: tuple[str, ...]
    threshold: Threshold
    by_metric: Mapping[str, tuple[ErrorCounts, ...]]


# Several tables of one `build` ask for the same counts; both arguments are frozen and compared by identity or value.
@lru_cache(maxsize=1)
def group_counts(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Sequence[GroupCounts]:
    """Counts of every model under every condition in every grouping (everyone first) at every threshold.

    Raises:
        InputError: the kept tail of comparisons does not reach a threshold.
    """
    return tuple(
        GroupCounts(comparisons, columns, threshold, counts_of(evidence, comparisons, columns, threshold.value))
        for comparisons in evidence.comparisons.values()
        for columns in evidence.groupings
        for threshold in for_model(thresholds, comparisons)
    )


# Policies meet in the same thresholds: the worst group's is that group's own.
@lru_cache(maxsize=64)
def counts_of(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """Metric -> counts of the groups at one threshold."""
    found = {"FMR": count.fmr_counts(comparisons, evidence.samples, columns, threshold)}
    if evidence.identities:
        found["FNMR"] = count.fnmr_counts(comparisons, evidence.samples, columns, threshold)
    return found


Floats = npt.NDArray[np.float64]


class _Drawn(NamedTuple):
    """Weights of people, and the threshold of each draw."""

    people: PeopleDraws
    thresholds: Floats


def threshold_interval(evidence: Evidence, model: str, target: float) -> tuple[float | None, float | None]:
    """Percentile interval of the threshold of `model` at `target`; (None, None) where draws pass the kept scores."""
    drawn = _drawn(evidence, model, target).thresholds
    return ends_of(drawn, evidence.study.statistics.level, -np.inf) or (None, None)


def ends_of(values: Floats, level: float, unknown: float) -> tuple[float, float] | None:
    """Percentile interval of draws of which some lie beyond the kept scores, at the end `unknown`.

    Those are not dropped, so that an interval does not depend on how many scores were kept; None where it ends there.
    """
    ordered = np.sort(np.where(np.isnan(values), unknown, values))
    k = int((1 - level) / 2 * len(ordered))
    low, high = float(ordered[k]), float(ordered[len(ordered) - 1 - k])
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None


@lru_cache(maxsize=4)
def people_draws(evidence: Evidence) -> PeopleDraws:
    """One set of weights for every model, condition, group, threshold and measure of a run, from the study's seed."""
    people = len(np.unique(evidence.samples.subjects))
    rng = np.random.default_rng([evidence.study.seed, 0xB007])
    return double_or_nothing_draws(people, evidence.study.statistics.draws, rng)


# Asked for by the thresholds' own table and by every group's rates.
@lru_cache(maxsize=16)
def _drawn(evidence: Evidence, model: str, target: float) -> _Drawn:
    rule = evidence.study.thresholds
    comparisons = evidence.comparisons[model, rule.condition]
    columns = evidence.study.groups[0] if rule.impostors == "same-group" else ()
    draws, tail = people_draws(evidence), comparisons.tail
    subject = evidence.samples.people()
    group = evidence.samples.grouping(columns)
    same = group[tail.reference] == group[tail.probe]
    trials = np.sum([_trials(draws, side) for side in _sides(evidence, comparisons, columns)], axis=0)
    i, j = subject[tail.reference[same]], subject[tail.probe[same]]
    return _Drawn(draws, threshold_draws(draws, i, j, tail.score[same], trials, target))


def _sides(evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...]) -> tuple[count.PairErrors, ...]:
    """Samples of each person on either side, by group; no errors are counted above the highest score."""
    return count.pair_errors(comparisons, evidence.samples, columns, np.inf)


def _trials(draws: PeopleDraws, side: count.PairErrors) -> Floats:
    return pair_trials(draws, side.references, side.probes, side.once)


def operating_points(
    evidence: Evidence, searches: Searches, thresholds: tuple[Threshold, ...]
) -> tuple[Threshold, ...]:
    """The 1:1 thresholds of the model, and in the open protocol those at target FPIRs.

    The latter are set on the completed open searches under the condition that the 1:1 thresholds are set under, so
    that every condition meets the same ones.
    """
    points = tuple(threshold for threshold in thresholds if threshold.model == searches.model)
    rule, condition = evidence.study.identification, evidence.study.thresholds.condition
    if searches.protocol == "closed" or rule is None:
        return points
    reference = evidence.searches.get((searches.model, condition, "open"), searches)
    scores = reference.top_nonmate[~reference.mated & reference.completed]
    if not len(scores):
        return points
    policy = f"highest FPIR <= target over open searches, condition {reference.condition}"
    at_targets = []
    for target in rule.fpir:
        value, realised, alarms, _ = estimate.threshold_at_fmr(scores, len(scores), target, -np.inf)
        name = f"FPIR {target:g}"
        at_targets.append(Threshold(name, searches.model, value, policy, target, realised, alarms, len(scores)))
    return (*points, *at_targets)


def search_counts(
    evidence: Evidence, searches: Searches, columns: tuple[str, ...], threshold: float
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """Metric -> counts of the groups at one threshold, failures counted: FNIR (threshold only, R = N) and FPIR.

    A metric whose kind of search, mated or non-mated, does not occur is not there.
    """
    found: dict[str, tuple[ErrorCounts, ...]] = {}
    if searches.mated.any():
        found["FNIR"] = count.fnir_counts(searches, evidence.samples, columns, None, threshold)
    if not searches.mated.all():
        found["FPIR"] = count.fpir_counts(searches, evidence.samples, columns, threshold)
    return found
