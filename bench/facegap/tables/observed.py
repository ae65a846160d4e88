"""Tables by what was observed of a picture's capture: rates under each value, and people held against themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from facegap import count
from facegap.estimate import cautions
from facegap.estimate.discordant import mcnemar_p
from facegap.estimate.multiplicity import holm
from facegap.evidence import Evidence
from facegap.records import NO_LABEL, Comparisons, ErrorCounts, Mask, Rows, Strings, Threshold, matches
from facegap.schema import ObservedRow, WithinRow
from facegap.tables.hidden import Parts, hidden_groups, hidden_parts
from facegap.tables.shared_cells import rate_cells
from facegap.tables.workbench import NO_THRESHOLD, Workbench

DIFFERENT = "different values"
"""Mated comparisons whose two sides have two values, where a comparison counts by both."""

Part = tuple[str, str, str]
"""Grouping, group and value."""


@dataclass(frozen=True, eq=False)
class _Observed:
    """One observed condition of a run."""

    bench: Workbench
    name: str

    @property
    def evidence(self) -> Evidence:
        return self.bench.evidence

    @cached_property
    def value(self) -> Strings:
        """(n,) of each sample."""
        return self.evidence.samples.observed[self.name]

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Those that occur: in the order of the data set's card, as found behind those, and unknown at the end."""
        there = {str(value) for value in np.unique(self.value)}
        known = [value for value in self.evidence.observed.get(self.name, ()) if value in there]
        others = sorted(there - {*known, NO_LABEL})
        return (*known, *others, *([NO_LABEL] if NO_LABEL in there else []))

    @property
    def by_probe(self) -> bool:
        """Whether a comparison counts under its probe's value, whatever the reference's: roles tell them apart."""
        rule = self.evidence.study.trials
        return rule.reference_role is not None and rule.reference_role != rule.probe_role

    def of_mated(self, comparisons: Comparisons) -> Strings:
        """(k,) the value that each mated comparison counts under."""
        reference, probe = self.value[comparisons.mated.reference], self.value[comparisons.mated.probe]
        if self.by_probe:
            return probe
        unknown = (reference == NO_LABEL) | (probe == NO_LABEL)
        return np.where(unknown, NO_LABEL, np.where(reference == probe, probe, DIFFERENT))

    @cached_property
    def hidden(self) -> frozenset[Part]:
        """Groups under a value of which few people have pictures, or mated comparisons; and what would give them."""
        evidence = self.evidence
        groups = hidden_groups(evidence)
        parts = [Parts(rows=np.arange(len(evidence.samples)), part=self.value)]
        if evidence.identities:
            rows = [one.mated.probe for one in evidence.comparisons.values()]
            part = [self.of_mated(one) for one in evidence.comparisons.values()]
            parts.append(Parts(rows=np.concatenate(rows), part=np.concatenate(part)))
        return frozenset().union(*(hidden_parts(evidence, groups, one) for one in parts if len(one.rows)))

    @cached_property
    def under_several(self) -> Mapping[Part, int | None]:
        """Group and value -> its people with pictures of another value too; None where so few are not shown."""
        samples, known = self.evidence.samples, self.value != NO_LABEL
        people, least = samples.people(), self.evidence.study.statistics.suppress_below or 0
        pairs = np.unique(np.stack([people[known], np.unique(self.value[known], return_inverse=True)[1]]), axis=1)
        several = np.bincount(pairs[0], minlength=int(people.max(initial=-1)) + 1) > 1
        found: dict[Part, int | None] = {}
        for columns in self.evidence.groupings:
            group = samples.grouping(columns)
            for name in np.unique(group):
                for value in self.values:
                    here = known & (group == name) & (self.value == value) & several[people]
                    number = len(np.unique(people[here]))
                    few = 0 < number < least
                    found[", ".join(columns), str(name), value] = None if few or value == NO_LABEL else number
        return found


def rows(bench: Workbench) -> Iterator[ObservedRow]:
    """FTA, FMR (within the group) and FNMR of every group under every value of every observed condition."""
    for name in bench.evidence.conditions_observed:
        found = _Observed(bench, name)
        if set(found.values) - {NO_LABEL}:
            yield from _acquired(found)
            yield from _compared(found)


def _acquired(found: _Observed) -> Iterator[ObservedRow]:
    evidence = found.evidence
    for use in evidence.study.models:
        for condition in evidence.study.conditions:
            acquisitions = evidence.acquired(use.card, condition)
            if acquisitions is None:  # others ran the model, and what they acquired is not known
                continue
            for columns in evidence.groupings:
                for value in found.values:
                    mine = evidence.concerned(condition) & (found.value == value)
                    outcome = replace(acquisitions, outcome=acquisitions.outcome[mine])
                    for counts in count.fta_counts(outcome, evidence.samples.take(mine), columns):
                        yield from _row(found, value, replace(counts, model=use.card), NO_THRESHOLD)


def _compared(found: _Observed) -> Iterator[ObservedRow]:
    bench, samples = found.bench, found.evidence.samples
    for comparisons in found.evidence.comparisons.values():
        parted, mated = _nonmated_parts(found, comparisons), _mated_parts(found, comparisons)
        for columns in found.evidence.groupings:
            for threshold in bench.thresholds_of(comparisons):
                for value, part in parted.items():
                    for counts in count.fmr_counts(part, samples, columns, threshold.value):
                        yield from _row(found, value, counts, threshold.name)
                for value, part in mated.items():
                    for counts in count.fnmr_counts(part, samples, columns, threshold.value):
                        yield from _row(found, value, counts, threshold.name)


def _nonmated_parts(found: _Observed, comparisons: Comparisons) -> dict[str, Comparisons]:
    """Value -> the comparisons that count under it; of two unknown sides nobody knows whether they are alike."""
    everyone = np.ones(len(found.value), dtype=bool)
    masks: dict[str, Mask] = {value: found.value == value for value in found.values}
    if found.by_probe:
        return {value: count.of_samples(comparisons, everyone, mask) for value, mask in masks.items()}
    return {value: count.of_samples(comparisons, mask, mask) for value, mask in masks.items() if value != NO_LABEL}


def _mated_parts(found: _Observed, comparisons: Comparisons) -> dict[str, Comparisons]:
    if not found.evidence.identities:
        return {}
    of_mated = found.of_mated(comparisons)
    order = [value for value in found.values if value != NO_LABEL]
    return {value: count.of_mated(comparisons, of_mated == value) for value in (*order, DIFFERENT, NO_LABEL)}


def _row(found: _Observed, value: str, counts: ErrorCounts, threshold_name: str) -> Iterator[ObservedRow]:
    if not counts.trials:
        return
    key: dict[str, Any] = {
        "model": counts.model,
        "condition": counts.condition,
        "observed": found.name,
        "value": value,
        "metric": counts.metric,
        "grouping": counts.grouping,
        "group": counts.group,
    }
    part = counts.grouping, counts.group, value
    if part in found.hidden:
        least = found.evidence.study.statistics.suppress_below
        yield ObservedRow(**key, threshold_name=threshold_name, threshold=counts.threshold, note=hidden_note(least))
        return
    cells = rate_cells(found.bench.estimate(counts), threshold_name)
    cells["caution"] = cautions.as_text(filter(None, [cells["caution"], *cautions.of_observation()]))
    yield ObservedRow(**key, **cells, under_several=found.under_several.get(part))


def hidden_note(least: int | None) -> str:
    """Why a part of a group is not shown."""
    return f"suppressed: fewer than {least} people, or so few could be computed from it"


def within_rows(bench: Workbench) -> Iterator[WithinRow]:
    """People compared under two values, held against themselves; groups of which enough people were."""
    evidence = bench.evidence
    for name in evidence.conditions_observed if evidence.identities else ():
        found = _Observed(bench, name)
        for comparisons in evidence.comparisons.values():
            for columns in evidence.groupings:
                for threshold in bench.thresholds_of(comparisons):
                    yield from _tested(evidence, list(_within(found, comparisons, columns, threshold)))


def _within(
    found: _Observed, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> Iterator[WithinRow]:
    evidence = found.evidence
    rule = evidence.study.statistics
    group = evidence.samples.grouping(columns)[comparisons.mated.probe]
    sides = {str(name): _person_rates(found, comparisons, group == name, threshold.value) for name in np.unique(group)}
    for value, other in combinations([value for value in found.values if value != NO_LABEL], 2):
        both = {name: _both(rates, value, other) for name, rates in sides.items()}
        # What everyone gives less the groups that are shown would be that of the few.
        if columns and any(0 < len(one) < (rule.suppress_below or 0) for one in both.values()):
            continue
        for name, own in both.items():
            if len(own) >= max(rule.min_subjects, rule.suppress_below or 0, 2):
                yield WithinRow(
                    model=comparisons.model,
                    condition=comparisons.condition,
                    observed=found.name,
                    value=value,
                    other=other,
                    threshold_name=threshold.name,
                    threshold=threshold.value,
                    grouping=", ".join(columns),
                    group=name,
                    **_cells(own),
                )


def _person_rates(
    found: _Observed, comparisons: Comparisons, mine: Mask, threshold: float
) -> Mapping[str, Mapping[int, float]]:
    """Value -> person -> their FNMR under it, failed comparisons as errors."""
    person: Rows = found.evidence.samples.people()[comparisons.mated.probe]
    error = ~matches(comparisons.mated.score, threshold)
    value = found.of_mated(comparisons)
    rates = {}
    for name in found.values:
        here = mine & (value == name)
        people, place = np.unique(person[here], return_inverse=True)
        errors, trials = np.bincount(place[error[here]], minlength=len(people)), np.bincount(place)
        rates[name] = dict(zip(people.tolist(), (errors / trials).tolist() if len(people) else [], strict=True))
    return rates


def _both(rates: Mapping[str, Mapping[int, float]], value: str, other: str) -> list[tuple[float, float]]:
    """The two rates of every person who has both."""
    first, second = rates[value], rates[other]
    return [(first[person], second[person]) for person in sorted(first.keys() & second.keys())]


def _cells(own: Sequence[tuple[float, float]]) -> dict[str, Any]:
    first, second = (np.array(side) for side in zip(*own, strict=True))
    more, less = int((first > second).sum()), int((first < second).sum())
    said = [*cautions.of_participation(len(own), float(len(own))), *cautions.of_same_people()]
    return {
        "people": len(own),
        "rate": float(first.mean()),
        "other_rate": float(second.mean()),
        "change": float(first.mean() - second.mean()),
        "more": more,
        "less": less,
        "p": mcnemar_p(more, less),
        "caution": cautions.as_text(said),
        "note": "" if more + less else "nobody errs more often under one value than under the other",
    }


def _tested(evidence: Evidence, found: Sequence[WithinRow]) -> Iterator[WithinRow]:
    """The rows with verdicts, adjusted by Holm over the values and groups that are tested together."""
    level = evidence.study.statistics.level
    for row, p in zip(found, holm([row.p for row in found if row.p is not None]), strict=True):
        verdict = "differs" if p < 1 - level else "not shown to differ"
        yield replace(row, p_holm=p, verdict=verdict)
