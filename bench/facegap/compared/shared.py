"""Runs that made the same comparisons of the same pictures: their models side by side, as if in one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from facegap.cards import ModelUse, Study
from facegap.cards.study import Thresholds
from facegap.compared.runs import OneRun
from facegap.evidence import Evidence
from facegap.records import Comparisons, Threshold
from facegap.schema import BetweenRow, SharedRow
from facegap.tables import Workbench, between_models
from facegap.tables.suppress import suppressed


def shared_rows(runs: Sequence[OneRun]) -> tuple[SharedRow, ...]:
    """Every two runs, and why they do not share their comparisons where they do not."""
    return tuple(
        SharedRow(run=a.name, other_run=b.name, shared="no" if why else "yes", why=why)
        for a, b in combinations(runs, 2)
        for why in (why_not_shared(a, b),)
    )


def why_not_shared(a: OneRun, b: OneRun) -> str:
    """Why paired differences between two runs would say nothing; "" where they made the same comparisons."""
    one, other = a.evidence, b.evidence
    if not np.array_equal(one.samples.ids, other.samples.ids):
        return (
            "not the same pictures: their opaque ids differ (runs of two machines share ids only where both were given "
            "one secret)"
        )
    if not np.array_equal(one.samples.subjects, other.samples.subjects):
        return "not the same people: a picture is of one person here and of another there"
    common = _conditions([a, b])
    if not common:
        return "no condition is the same in both"
    for condition in common:
        pairs = (_first(one, condition), _first(other, condition))
        if not _alike(*pairs):
            return f"not the same comparisons under {condition}"
    if not _groups([a, b]):
        return "no grouping has the same labels in both"
    return ""


def paired_rows(runs: Sequence[OneRun]) -> tuple[BetweenRow, ...]:
    """Every two models of runs that share their comparisons, as `between_models.csv` has them, by group.

    At thresholds of the same name: at target FMRs only where both runs set them by the same rule.
    """
    return tuple(row for some in _sharing(runs) for row in _paired(some))


def _sharing(runs: Sequence[OneRun]) -> Iterator[list[OneRun]]:
    """The runs parted so that those of a part share their comparisons with its first."""
    left = list(runs)
    while left:
        mine = [run for run in left if run is left[0] or not why_not_shared(left[0], run)]
        left = [run for run in left if run not in mine]
        yield mine


def _paired(runs: Sequence[OneRun]) -> Iterator[BetweenRow]:
    if sum(len(run.models) for run in runs) > 1:
        merged = merge(runs)
        yield from suppressed(merged, BetweenRow, between_models.rows(Workbench(merged)))


def merge(runs: Sequence[OneRun]) -> Evidence:
    """The comparisons of runs that share them as those of one run, models under their labels.

    What only some of them have is left out: conditions, groupings, targets, searches, attempts.
    """
    first = runs[0].evidence
    comparisons = {
        (run.labels[model], condition): replace(run.evidence.comparisons[model, condition], model=run.labels[model])
        for run in runs
        for model in run.models
        for condition in _conditions(runs)
    }
    return replace(
        first,
        study=_study(runs),
        acquisitions={},
        comparisons=comparisons,
        searches={},
        attempts={},
        kept={},
        gaps=None,
        vendor={run.labels[name]: value for run in runs for name, value in run.evidence.vendor.items()},
        vendor_fmr={},
        given=tuple(_given(runs)),
        identities=all(run.evidence.identities for run in runs),
    )


def _given(runs: Sequence[OneRun]) -> Iterator[Threshold]:
    for run in runs:
        for threshold in run.evidence.given:
            yield replace(threshold, model=run.labels[threshold.model])


def _study(runs: Sequence[OneRun]) -> Study:
    first = runs[0].evidence.study
    least = max(run.evidence.study.statistics.suppress_below or 0 for run in runs)
    fewest = max(run.evidence.study.statistics.min_subjects for run in runs)
    statistics = first.statistics.model_copy(update={"min_subjects": fewest}).hiding(least)
    return first.model_copy(
        update={
            "models": tuple(ModelUse(card=label) for run in runs for label in run.labels.values()),
            "conditions": _conditions(runs),
            "groups": _groups(runs),
            "reference": {},
            "observed": (),
            "age_gap": (),
            "identification": None,
            "transactions": None,
            "thresholds": _thresholds([run.evidence.study.thresholds for run in runs], _conditions(runs)),
            "statistics": statistics,
        }
    )


def _thresholds(rules: Sequence[Thresholds], conditions: Sequence[str]) -> Thresholds:
    """The targets that all runs set by one rule; none where their rules differ."""
    first = rules[0]
    alike = all(
        (r.impostors, r.condition, r.from_run) == (first.impostors, first.condition, first.from_run) for r in rules
    )
    ours = alike and first.from_run is None and first.condition in conditions
    shared = tuple(target for target in first.fmr if ours and all(target in rule.fmr for rule in rules))
    return first.model_copy(update={"fmr": shared, "vendor": all(rule.vendor for rule in rules), "from_run": None})


def _conditions(runs: Sequence[OneRun]) -> tuple[str, ...]:
    """Conditions of all the runs that are the same in each: by name and by card."""
    cards = [{card.get("name"): card for card in run.manifest.conditions} for run in runs]
    return tuple(
        name
        for name in runs[0].evidence.study.conditions
        if all(name in run.evidence.study.conditions for run in runs)
        and all(one.get(name) == cards[0].get(name) for one in cards)
    )


def _groups(runs: Sequence[OneRun]) -> tuple[tuple[str, ...], ...]:
    """Groupings of all the runs, whose labels are alike."""
    first = runs[0].evidence
    return tuple(
        columns
        for columns in first.study.groups
        if all(columns in run.evidence.study.groups for run in runs)
        and all(
            np.array_equal(first.samples.groups[name], run.evidence.samples.groups[name])
            for name in columns
            for run in runs
        )
    )


def _first(evidence: Evidence, condition: str) -> Comparisons:
    return next(found for (_, name), found in evidence.comparisons.items() if name == condition)


def _alike(a: Comparisons, b: Comparisons) -> bool:
    pairs = (
        (a.trials.reference, b.trials.reference),
        (a.trials.probe, b.trials.probe),
        (a.mated.reference, b.mated.reference),
        (a.mated.probe, b.mated.probe),
    )
    return a.trials.symmetric == b.trials.symmetric and all(np.array_equal(x, y) for x, y in pairs)
