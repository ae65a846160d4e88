"""Who sets the threshold, and who then bears which error.

The same scores under different policies: a threshold set on everyone, for one group's sake, for the worst group, for
each group its own, or taken from the vendor. Lowering one group's false matches this way raises every group's false
non-matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from facegap import count, estimate
from facegap.errors import InputError
from facegap.estimate import cautions
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, has_label
from facegap.schema import PolicyRow
from facegap.tables.shared_cells import people_cells
from facegap.tables.workbench import Workbench


@dataclass(frozen=True)
class _Policy:
    """A named policy: group -> threshold, or the reason why it has none."""

    name: str
    target: float | None
    thresholds: Mapping[str, float]
    note: str = ""


def rows(bench: Workbench) -> Iterator[PolicyRow]:
    """Every policy under every condition; thresholds are set under the study's condition for them."""
    evidence = bench.evidence
    for columns in evidence.study.groups:
        for (model, _), comparisons in evidence.comparisons.items():
            for policy in _policies(bench, model, columns):
                yield from _rows(bench, comparisons, columns, policy)


def _policies(bench: Workbench, model: str, columns: tuple[str, ...]) -> Iterator[_Policy]:
    evidence = bench.evidence
    names = sorted({str(name) for name in evidence.samples.grouping(columns)})
    for threshold in bench.thresholds:
        if threshold.model == model:
            name = "pooled" if threshold.target is not None else threshold.name
            yield _Policy(name, threshold.target, dict.fromkeys(names, threshold.value), threshold.note)
    if evidence.study.thresholds.from_run is None:
        comparisons = evidence.comparisons[model, evidence.study.thresholds.condition]
        impostors = count.nonmated_by_group(comparisons, evidence.samples, columns)
        for target in evidence.study.thresholds.fmr:
            hidden = bench.hidden_of(", ".join(columns)).every
            yield from _for_groups(impostors, names, target, hidden)


def _for_groups(
    impostors: Mapping[str, count.Impostors], names: list[str], target: float, hidden: frozenset[str]
) -> Iterator[_Policy]:
    """Each group as the one that sets T, the worst group, and each group at its own.

    A group that is `hidden` sets no threshold, which would be a score of its people.
    """
    own: dict[str, float] = {}
    missing: list[str] = []
    for name in names:
        if not has_label(name):
            continue
        if name in hidden:
            yield _Policy(f"set by {name}", target, {}, "not shown")
            continue
        try:
            found = impostors[name]
            point = estimate.threshold_at_fmr(found.scores, found.total, target, found.floor)
        except InputError:
            missing.append(name)
            reason = f"the kept scores of {name} end above FMR {target:g}, or there are none"
            yield _Policy(f"set by {name}", target, {}, reason)
            continue
        if point.false_matches:
            own[name] = point.threshold
        else:
            missing.append(name)
        yield _Policy(f"set by {name}", target, dict.fromkeys(names, point.threshold), point.note)
    note = f"without {', '.join(missing)}: no threshold of their own can be set at this target" if missing else ""
    if own:
        yield _Policy("worst group", target, dict.fromkeys(names, max(own.values())), note)
        yield _Policy("each group its own", target, own, note)


def _rows(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], policy: _Policy) -> Iterator[PolicyRow]:
    base: dict[str, Any] = {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "policy": policy.name,
        "target": policy.target,
    }
    below = [value for value in policy.thresholds.values() if value < comparisons.floor]
    if not policy.thresholds or below:
        note = policy.note if not below else "the kept scores of this condition end above the threshold"
        yield PolicyRow(**base, note=note)
        return
    by_group = _counts(bench, comparisons, columns, policy)
    everyone = bench.once(("people", columns), lambda: _people(bench.evidence, columns))
    people = {name: everyone[name] for name in by_group}
    shares = {metric: _error_shares(by_group, people, metric) for metric in ("FMR", "FNMR")}
    for name, counts in by_group.items():
        yield PolicyRow(
            **base,
            group=name,
            threshold=policy.thresholds[name],
            subjects=people[name],
            share_of_people=people[name] / sum(people.values()),
            **_rate_cells(bench, counts),
            share_of_false_matches=shares["FMR"].get(name),
            share_of_false_nonmatches=shares["FNMR"].get(name),
            note=policy.note,
        )


def _counts(
    bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], policy: _Policy
) -> dict[str, dict[str, ErrorCounts]]:
    """Group -> metric -> counts, at the group's threshold under the policy."""
    found: dict[str, dict[str, ErrorCounts]] = {}
    for value in sorted(set(policy.thresholds.values())):
        for metric, counts in bench.counts(comparisons, columns, value).items():
            for c in counts:
                if policy.thresholds.get(c.group) == value:
                    found.setdefault(c.group, {})[metric] = c
    return dict(sorted(found.items()))


def _people(evidence: Evidence, columns: tuple[str, ...]) -> dict[str, int]:
    """Group -> how many people have a sample in it."""
    (names, group), person = evidence.samples.coded(columns), evidence.samples.people()
    return {name: len(np.unique(person[group == k])) for k, name in enumerate(names)}


def _error_shares(
    by_group: Mapping[str, Mapping[str, ErrorCounts]], people: Mapping[str, int], metric: str
) -> dict[str, float]:
    """Each group's share of all errors if every person makes as many attempts: people times rate over its sum."""
    weighted = {
        name: people[name] * one.errors / one.trials
        for name, counts in by_group.items()
        if metric in counts and (one := counts[metric].people) is not None and one.trials
    }
    total = sum(weighted.values())
    return {name: value / total for name, value in weighted.items()} if total else {}


_NAMES = {
    "FMR": ("false_matches", "nonmated", "fmr", "wrongly_accepted_per_10000"),
    "FNMR": ("false_nonmatches", "mated", "fnmr", "wrongly_refused_per_10000"),
}


def _rate_cells(bench: Workbench, counts: Mapping[str, ErrorCounts]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    estimates = {metric: bench.estimate(c) for metric, c in counts.items()}
    for metric, found in estimates.items():
        errors, trials, rate, per = _NAMES[metric]
        cells |= {errors: found.counts.errors, trials: found.counts.trials, rate: found.value}
        cells |= {f"{rate}_low": found.low, f"{rate}_high": found.high, **people_cells(found, f"{rate}_")}
        cells[per] = None if found.people.value is None else 1e4 * found.people.value
    return {**cells, "caution": cautions.by_name((metric, found.cautions) for metric, found in estimates.items())}
