"""What the tables of one build share, each thing computed once: operating points, error counts, draws of people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from facegap import count, estimate
from facegap.estimate import cautions
from facegap.estimate.bootstrap import PeopleDraws, double_or_nothing_draws, pair_trials, threshold_draws
from facegap.estimate.thresholds import most_false_matches
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Estimate, Searches, Threshold, matches
from facegap.tables.hidden import Hidden, HiddenGroups

NO_THRESHOLD = "none"
"""Name of "no threshold" in tables: rates that need none, and rank-only identification."""

Floats = npt.NDArray[np.float64]
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupCounts:
    """FMR (within group) and, where subjects are known, FNMR of the groups of one grouping; failures counted."""

    comparisons: Comparisons
    columns: tuple[str, ...]
    threshold: Threshold
    by_metric: Mapping[str, tuple[ErrorCounts, ...]]


class Drawn(NamedTuple):
    """Weights of people, and the threshold of each draw: (draws,) scores, NaN beyond the kept scores."""

    people: PeopleDraws
    thresholds: Floats


class Workbench:
    """The evidence of one build with what its tables share.

    It is made for a build and goes with it, so that nothing of a run stays in memory after its tables are there.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._made: dict[tuple[Any, ...], Any] = {}

    def once(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """What `make` gives, made at the first call with this key."""
        if key not in self._made:
            self._made[key] = make()
        found: Made = self._made[key]
        return found

    @cached_property
    def hidden(self) -> HiddenGroups:
        """Groups of too few people, and those that would give one away."""
        return HiddenGroups(self.evidence)

    def hidden_of(self, grouping: str) -> Hidden:
        """Those of one grouping, as tables name it."""
        return self.hidden.always.get(grouping, Hidden())

    @cached_property
    def thresholds(self) -> tuple[Threshold, ...]:
        """Every operating point of the run, by model: at target FMRs, the vendor's, the given ones.

        Raises:
            InputError: the kept tail does not reach a target.
        """
        return set_thresholds(self.evidence)

    def thresholds_of(self, comparisons: Comparisons) -> list[Threshold]:
        """The thresholds of the model that made `comparisons`."""
        return [threshold for threshold in self.thresholds if threshold.model == comparisons.model]

    @cached_property
    def group_counts(self) -> Sequence[GroupCounts]:
        """Counts of every model under every condition in every grouping (everyone first) at every threshold.

        Raises:
            InputError: the kept tail of comparisons does not reach a threshold.
        """
        return tuple(
            GroupCounts(
                comparisons=comparisons,
                columns=columns,
                threshold=threshold,
                by_metric=self.counts(comparisons, columns, threshold.value),
            )
            for comparisons in self.evidence.comparisons.values()
            for columns in self.evidence.groupings
            for threshold in self.thresholds_of(comparisons)
        )

    def counts(
        self, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
    ) -> Mapping[str, tuple[ErrorCounts, ...]]:
        """Metric -> counts of the groups at one threshold; failures counted."""
        found = {"FMR": self._fmr_counts(comparisons, columns, threshold)}
        if self.evidence.identities:
            found["FNMR"] = self._fnmr_counts(comparisons, columns, threshold)
        return found

    def estimates(
        self, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
    ) -> Mapping[str, Mapping[str, Estimate]]:
        """Metric -> group -> the rate of `counts` with its interval and its cautions."""
        found = self.counts(comparisons, columns, threshold)
        return {metric: {c.group: self.estimate(c) for c in counts} for metric, counts in found.items()}

    def fnmr(self, comparisons: Comparisons, columns: tuple[str, ...], threshold: float) -> Mapping[str, Estimate]:
        """Group -> its FNMR with interval and cautions, failures counted; people must be known."""
        return {c.group: self.estimate(c) for c in self._fnmr_counts(comparisons, columns, threshold)}

    # Policies meet in the same thresholds: the worst group's is that group's own.
    def _fmr_counts(
        self, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
    ) -> tuple[ErrorCounts, ...]:
        key = ("FMR", comparisons.model, comparisons.condition, columns, threshold)
        return self.once(key, lambda: count.fmr_counts(comparisons, self.evidence.samples, columns, threshold))

    def _fnmr_counts(
        self, comparisons: Comparisons, columns: tuple[str, ...], threshold: float
    ) -> tuple[ErrorCounts, ...]:
        key = ("FNMR", comparisons.model, comparisons.condition, columns, threshold)
        return self.once(key, lambda: count.fnmr_counts(comparisons, self.evidence.samples, columns, threshold))

    def estimate(self, counts: ErrorCounts, level: float | None = None) -> Estimate:
        """The rate of `counts` at `level`, the study's own where none is given; made once for equal counts."""
        asked = self.evidence.study.statistics.level if level is None else level
        # Most tables ask for the very counts that another has asked for; they stay, so that no other has their id.
        return self.once(("rate of", id(counts), asked), lambda: (counts, self._estimate(counts, asked)))[1]

    def _estimate(self, counts: ErrorCounts, asked: float) -> Estimate:
        # Whose counts they are does not enter, nor what was to happen to failures where nothing failed.
        same = replace(counts, group="", probe_group=None, failures=counts.failures if counts.failed else "counted")
        found = self.once(("estimate", same, asked), lambda: estimate.estimate(same, asked))
        return replace(found, counts=counts)

    def caution(
        self, comparisons: Comparisons, columns: tuple[str, ...], threshold: float, metric: str, group: str
    ) -> str:
        """The cautions of one group's rate as one cell, for whatever rests on it."""
        counts = self.counts(comparisons, columns, threshold)[metric]
        return cautions.as_text(self.estimate(next(c for c in counts if c.group == group)).cautions)

    @cached_property
    def people_draws(self) -> PeopleDraws:
        """One set of weights for every model, condition, group, threshold and measure, from the study's seed."""
        people = len(np.unique(self.evidence.samples.subjects))
        rng = np.random.default_rng([self.evidence.study.seed, 0xB007])
        return double_or_nothing_draws(people, self.evidence.study.statistics.draws, rng)

    def drawn(self, model: str, target: float) -> Drawn:
        """The threshold of `model` at `target`, set again in every draw of people."""
        return self.once(("drawn", model, target), lambda: _drawn(self.evidence, self.people_draws, model, target))

    def threshold_interval(self, model: str, target: float) -> tuple[float | None, float | None]:
        """Percentile interval of a threshold at `target`; (None, None) where draws pass the kept scores."""
        drawn = self.drawn(model, target).thresholds
        return ends_of(drawn, self.evidence.study.statistics.level, -np.inf) or (None, None)

    def operating_points(self, searches: Searches) -> tuple[Threshold, ...]:
        """The 1:1 thresholds of the model where its searches have the same scores; in open ones those at FPIRs."""
        points = tuple(threshold for threshold in self.thresholds if threshold.model == searches.model)
        if not searches.same_scores:
            points = ()
        return (*points, *at_target_fpirs(self.evidence, searches))


def set_thresholds(evidence: Evidence) -> tuple[Threshold, ...]:
    """Every operating point of the run, by model: at target FMRs, the vendor's, the given ones.

    Raises:
        InputError: the kept tail does not reach a target.
    """
    found: list[Threshold] = []
    for use in evidence.study.models:
        found += at_target_fmrs(evidence, use.card)
        if evidence.study.thresholds.vendor and use.card in evidence.vendor:
            found.append(_vendors(evidence, use.card))
        found += [threshold for threshold in evidence.given if threshold.model == use.card]
    return tuple(found)


def _vendors(evidence: Evidence, model: str) -> Threshold:
    """The vendor's threshold; where an FMR is stated for it, with the one that was measured over all impostors."""
    value, stated = evidence.vendor[model], evidence.vendor_fmr.get(model)
    found = Threshold(name="vendor", model=model, value=value, policy="the vendor's own threshold")
    if stated is None:
        return found
    comparisons = evidence.comparisons[model, evidence.study.thresholds.condition]
    impostors = count.pooled_nonmated(comparisons, evidence.samples, "all", evidence.study.groups[0])
    errors = int(matches(impostors.scores, value).sum())
    measured = f"{errors / impostors.total:.2g}, {errors:,} of {impostors.total:,}" if impostors.total else "none"
    return replace(
        found, note=f"the vendor states FMR {stated:g} for it; over all non-mated comparisons here: {measured}"
    )


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
        out.append(
            Threshold(
                name=f"FMR {target:g}",
                model=model,
                value=value,
                policy=f"highest FMR <= target over {scope} non-mated comparisons, condition {rule.condition}",
                target=target,
                realised=realised,
                false_matches=false_matches,
                comparisons=impostors.total,
                note=note,
            )
        )
    return out


def at_target_fpirs(evidence: Evidence, searches: Searches) -> list[Threshold]:
    """Thresholds of open searches at the study's target FPIRs; none of closed ones.

    They are set on the completed open searches under the condition that the 1:1 thresholds are set under, so that
    every condition meets the same ones. Where candidate lists end above a threshold there is none.
    """
    rule = evidence.study.identification
    if searches.protocol == "closed" or rule is None:
        return []
    reference = reference_searches(evidence, searches)
    scores = reference.top_nonmate[~reference.mated & reference.completed]
    out = []
    for target in rule.fpir if len(scores) else ():
        value, realised, alarms, _ = estimate.threshold_at_fmr(scores, len(scores), target, -np.inf)
        if _lists_end_above(reference, scores, target):
            continue
        out.append(
            Threshold(
                name=f"FPIR {target:g}",
                model=searches.model,
                value=value,
                policy=f"highest FPIR <= target over open searches, condition {reference.condition}",
                target=target,
                realised=realised,
                false_matches=alarms,
                comparisons=len(scores),
            )
        )
    return out


def _lists_end_above(searches: Searches, scores: npt.NDArray[np.float32], target: float) -> bool:
    """Whether the score that decides a threshold at FPIR `target`, the highest that must not match, is cut off.

    `scores` are the (k,) highest ones of the searches.
    """
    end = count.alarms_told_above(searches)
    return bool(end > -np.inf and (scores > end).sum() <= most_false_matches(len(scores), target))


def reference_searches(evidence: Evidence, searches: Searches) -> Searches:
    """The open searches that thresholds at target FPIRs are set on, of the model of `searches`."""
    return evidence.searches.get((searches.model, evidence.study.thresholds.condition, "open"), searches)


def search_counts(
    evidence: Evidence, searches: Searches, columns: tuple[str, ...], threshold: float
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """Metric -> counts of the groups at one threshold, failures counted: FNIR (threshold only, R = N) and FPIR.

    A metric whose kind of search, mated or non-mated, does not occur is not there, nor one that cut lists do not hold.
    """
    found: dict[str, tuple[ErrorCounts, ...]] = {}
    if searches.mated.any() and not count.unknown(searches, "FNIR", None, threshold):
        found["FNIR"] = count.fnir_counts(searches, evidence.samples, columns, None, threshold)
    if not searches.mated.all() and not count.unknown(searches, "FPIR", None, threshold):
        found["FPIR"] = count.fpir_counts(searches, evidence.samples, columns, threshold)
    return found


def ends_of(values: Floats, level: float, unknown: float) -> tuple[float, float] | None:
    """Percentile interval of (draws,) values of which some (NaN) lie beyond the kept scores, at the end `unknown`.

    Those are not dropped, so that an interval does not depend on how many scores were kept; None where it ends there.
    """
    ordered = np.sort(np.where(np.isnan(values), unknown, values))
    k = int((1 - level) / 2 * len(ordered))
    low, high = float(ordered[k]), float(ordered[len(ordered) - 1 - k])
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None


def sides_of_groups(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...]
) -> tuple[count.PairErrors, ...]:
    """Samples of each person on either side, by group; no errors are counted above the highest score."""
    return count.pair_errors(comparisons, evidence.samples, columns, np.inf)


def trials_of_draws(draws: PeopleDraws, side: count.PairErrors) -> Floats:
    """(draws,) non-mated comparisons of the people drawn."""
    return pair_trials(draws, side.compared)


def _drawn(evidence: Evidence, draws: PeopleDraws, model: str, target: float) -> Drawn:
    rule = evidence.study.thresholds
    comparisons = evidence.comparisons[model, rule.condition]
    columns = evidence.study.groups[0] if rule.impostors == "same-group" else ()
    tail = comparisons.tail
    subject = evidence.samples.people()
    group = evidence.samples.grouping(columns)
    same = group[tail.reference] == group[tail.probe]
    trials = np.sum([trials_of_draws(draws, side) for side in sides_of_groups(evidence, comparisons, columns)], axis=0)
    i, j = subject[tail.reference[same]], subject[tail.probe[same]]
    return Drawn(draws, threshold_draws(draws, i, j, tail.score[same], trials, target))
