"""Who sets the threshold, and who then bears which error.

The same scores under different policies: a threshold set on everyone, for one group's sake, for the worst group, for
each group its own, or taken from the vendor. Lowering one group's false matches this way raises every group's false
non-matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from facegap import count, estimate
from facegap.errors import InputError
from facegap.evidence import Evidence
from facegap.records import NO_LABEL, Comparisons, ErrorCounts, Threshold
from facegap.tables.workbench import counts_of

COLUMNS = (
    *("model", "condition", "grouping", "policy", "target", "group", "threshold", "subjects", "share_of_people"),
    *("false_matches", "nonmated", "fmr", "fmr_low", "fmr_high"),
    *("false_nonmatches", "mated", "fnmr", "fnmr_low", "fnmr_high"),
    *("wrongly_accepted_per_10000", "wrongly_refused_per_10000", "share_of_false_matches"),
    *("share_of_false_nonmatches", "note"),
)


@dataclass(frozen=True)
class _Policy:
    """A named policy: group -> threshold, or the reason why it has none."""

    name: str
    target: float | None
    thresholds: Mapping[str, float]
    note: str = ""


def rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Every policy under every condition; thresholds are set under the study's condition for them."""
    for columns in evidence.study.groups:
        for (model, _), comparisons in evidence.comparisons.items():
            for policy in _policies(evidence, model, columns, thresholds):
                yield from _rows(evidence, comparisons, columns, policy)


def _policies(
    evidence: Evidence, model: str, columns: tuple[str, ...], thresholds: tuple[Threshold, ...]
) -> Iterator[_Policy]:
    names = sorted({str(name) for name in evidence.samples.grouping(columns)})
    for threshold in thresholds:
        if threshold.model == model:
            name = "pooled" if threshold.target is not None else threshold.name
            yield _Policy(name, threshold.target, dict.fromkeys(names, threshold.value), threshold.note)
    if evidence.study.thresholds.from_run is None:
        comparisons = evidence.comparisons[model, evidence.study.thresholds.condition]
        impostors = count.nonmated_by_group(comparisons, evidence.samples, columns)
        for target in evidence.study.thresholds.fmr:
            yield from _for_groups(impostors, names, target)


def _for_groups(impostors: Mapping[str, count.Impostors], names: list[str], target: float) -> Iterator[_Policy]:
    """Each group as the one that sets T, the worst group, and each group at its own."""
    own: dict[str, float] = {}
    missing: list[str] = []
    for name in names:
        if NO_LABEL in name.split(", "):
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


def _rows(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], policy: _Policy
) -> Iterator[dict[str, Any]]:
    base = {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "policy": policy.name,
        "target": policy.target,
    }
    below = [value for value in policy.thresholds.values() if value < comparisons.floor]
    if not policy.thresholds or below:
        note = policy.note if not below else "the kept scores of this condition end above the threshold"
        yield {**base, "note": note}
        return
    by_group = _counts(evidence, comparisons, columns, policy)
    people = {name: _people(evidence, columns, name) for name in by_group}
    shares = {metric: _error_shares(by_group, people, metric) for metric in ("FMR", "FNMR")}
    for name, counts in by_group.items():
        yield {
            **base,
            "group": name,
            "threshold": policy.thresholds[name],
            "subjects": people[name],
            "share_of_people": people[name] / sum(people.values()),
            **_rate_cells(evidence, counts),
            "share_of_false_matches": shares["FMR"].get(name),
            "share_of_false_nonmatches": shares["FNMR"].get(name),
            "note": policy.note,
        }


def _counts(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], policy: _Policy
) -> dict[str, dict[str, ErrorCounts]]:
    """Group -> metric -> counts, at the group's threshold under the policy."""
    found: dict[str, dict[str, ErrorCounts]] = {}
    for value in sorted(set(policy.thresholds.values())):
        for metric, counts in counts_of(evidence, comparisons, columns, value).items():
            for c in counts:
                if policy.thresholds.get(c.group) == value:
                    found.setdefault(c.group, {})[metric] = c
    return dict(sorted(found.items()))


def _people(evidence: Evidence, columns: tuple[str, ...], name: str) -> int:
    return len(set(evidence.samples.subjects[evidence.samples.grouping(columns) == name].tolist()))


def _error_shares(
    by_group: Mapping[str, Mapping[str, ErrorCounts]], people: Mapping[str, int], metric: str
) -> dict[str, float]:
    """Each group's share of all errors if every person makes as many attempts: people times rate over its sum."""
    weighted = {
        name: people[name] * counts[metric].errors / counts[metric].trials
        for name, counts in by_group.items()
        if metric in counts and counts[metric].trials
    }
    total = sum(weighted.values())
    return {name: value / total for name, value in weighted.items()} if total else {}


_NAMES = {
    "FMR": ("false_matches", "nonmated", "fmr", "wrongly_accepted_per_10000"),
    "FNMR": ("false_nonmatches", "mated", "fnmr", "wrongly_refused_per_10000"),
}


def _rate_cells(evidence: Evidence, counts: Mapping[str, ErrorCounts]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for metric, c in counts.items():
        errors, trials, rate, per = _NAMES[metric]
        found = estimate.estimate(c, evidence.study.statistics.level)
        cells |= {errors: c.errors, trials: c.trials, rate: found.value}
        cells |= {f"{rate}_low": found.low, f"{rate}_high": found.high}
        cells[per] = None if found.value is None else 1e4 * found.value
    return cells
