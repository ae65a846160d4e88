"""Table of one person's subjects under two labels, such as a head at two skin tones: each held against itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from facegap.estimate import cautions
from facegap.estimate.multiplicity import holm
from facegap.estimate.paired import turned_interval
from facegap.estimate.within_person import by_person, change_against, swap_of_labels_p
from facegap.records import Comparisons, Mask, Rows, Threshold, has_label
from facegap.schema import WithinPersonRow
from facegap.tables.mated import Flags, Floats, each, key_of, mated_at
from facegap.tables.observed import hidden_note
from facegap.tables.paired import FEW_BALANCED, FEW_CHANGED, under_clean
from facegap.tables.workbench import Workbench

DIFFERS, ALIKE = "is turned away more", "not shown to differ"
CHANGES, CHANGES_ALIKE = "changes otherwise", "not shown to change otherwise"


@dataclass(frozen=True, eq=False, kw_only=True)
class _Sums:
    """Of one person under one group's label, per cell of (persons, groups): a sum over comparisons, and how many."""

    sums: Floats
    trials: Floats

    @cached_property
    def there(self) -> Mask:
        """(persons, groups) whether there are comparisons."""
        return self.trials > 0

    @cached_property
    def means(self) -> Floats:
        """(persons, groups) 0 where there are none."""
        return self.sums / np.maximum(self.trials, 1)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Within:
    """One grouping at one threshold under one condition.

    Attributes:
        key: columns of every row.
        groups: names of the groups with a label, sorted.
        errors: of whether a comparison is turned away.
        changes: errors less those of the same comparisons under clean; None under clean, or where clean is not known.
        said: the cautions of each group's FNMR.
        hidden: groups that are not shown.
    """

    bench: Workbench
    key: Mapping[str, Any]
    groups: Sequence[str]
    errors: _Sums
    changes: _Sums | None
    said: Mapping[str, Sequence[str]]
    hidden: frozenset[str]

    @property
    def level(self) -> float:
        return self.bench.evidence.study.statistics.level

    @property
    def least(self) -> int:
        """People of a group that is tested."""
        return self.bench.evidence.study.statistics.min_subjects


def rows(bench: Workbench) -> Iterator[WithinPersonRow]:
    """Every two groups that hold the same persons, by model, condition, grouping and threshold; the worse one first."""
    if bench.evidence.same_person not in bench.evidence.samples.relations:
        return
    for comparisons, columns, threshold in each(bench):
        if columns:
            found = _within(bench, comparisons, columns, threshold)
            yield from _tested(found, [row for pair in _pairs(found) for row in _rows(found, *pair)])


def _within(bench: Workbench, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold) -> _Within:
    evidence = bench.evidence
    mated = mated_at(evidence, comparisons, columns, threshold.value)
    names = [name for name in evidence.samples.coded(columns)[0] if has_label(name)]
    person = _persons(bench, comparisons)
    group = np.searchsorted(names, mated.group) if names else np.zeros(len(mated.group), np.int64)
    known = (person >= 0) & np.isin(mated.group, names)
    errors = _sums(person, group, mated.error.astype(np.float64), known, len(names))
    clean = evidence.comparisons.get((comparisons.model, "clean"))
    changes = None
    if clean is not None and comparisons.condition != "clean":
        was, paired = under_clean(clean, comparisons, threshold.value)
        changes = _sums(person, group, mated.error - was, known & paired, len(names))
    least = evidence.study.statistics.suppress_below or 0
    given_away = {names[k] for k in range(len(names)) if _gives_away(errors.there, k, least)}
    return _Within(
        bench=bench,
        key={key: value for key, value in key_of(comparisons, columns, threshold, "").items() if key != "group"},
        groups=names,
        errors=errors,
        changes=changes,
        said={name: one.cautions for name, one in bench.fnmr(comparisons, columns, threshold.value).items()},
        hidden=frozenset(bench.hidden_of(", ".join(columns)).every | given_away),
    )


def _persons(bench: Workbench, comparisons: Comparisons) -> Rows:
    """(k,) number of the person behind each mated comparison, -1 where none is known, in the order of the samples."""
    samples = bench.evidence.samples
    value = samples.relations[bench.evidence.same_person]
    _, first, code = np.unique(value, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[code]
    return np.asarray(np.where(value == "", -1, number)[comparisons.mated.probe], dtype=np.int64)


def _sums(person: Rows, group: Rows, value: Floats, known: Flags, groups: int) -> _Sums:
    persons = int(person.max(initial=-1)) + 1
    cell = person[known] * groups + group[known]
    sums, trials = (np.bincount(cell, weights, persons * groups) for weights in (value[known], None))
    return _Sums(
        sums=sums.reshape(persons, groups).astype(np.float64), trials=trials.reshape(persons, groups).astype(np.float64)
    )


def _gives_away(there: Mask, group: int, least: int) -> bool:
    """Whether two shown rates of the group rest on people who differ by a few, whose own rate their difference is."""
    own = there[:, group]
    parts = [own, *(own & there[:, other] for other in range(there.shape[1]) if other != group)]
    shown = [part for part in parts if part.sum() >= max(least, 1)]
    return any(0 < int((one & ~other).sum()) < least for one in shown for other in shown)


def _pairs(found: _Within) -> Iterator[tuple[int, int]]:
    """Groups with persons in common that one label alone tells apart."""
    there = found.errors.there.astype(np.float64)
    shared, labels = there.T @ there, [name.split(", ") for name in found.groups]
    for a, b in combinations(range(len(labels)), 2):
        if shared[a, b] and sum(x != y for x, y in zip(labels[a], labels[b], strict=True)) == 1:
            yield a, b


def _rows(found: _Within, a: int, b: int) -> Iterator[WithinPersonRow]:
    errors = found.errors
    both = errors.there[:, a] & errors.there[:, b]
    least = found.bench.evidence.study.statistics.suppress_below or 0
    if both.sum() < least or {found.groups[a], found.groups[b]} & found.hidden:
        # In the order of their names: which of the two is worse is not told either.
        yield WithinPersonRow(**found.key, group=found.groups[a], other=found.groups[b], note=hidden_note(least))
        return
    means = errors.means[both]
    first, second = (b, a) if means[:, b].sum() > means[:, a].sum() else (a, b)
    said = [(name, found.said.get(name, ())) for name in (found.groups[first], found.groups[second])]
    own, changed = _cells(found, both, means[:, first] - means[:, second], first), _change_cells(found, first, second)
    notes = [own.pop("note"), changed.pop("note", "")]
    yield WithinPersonRow(
        **found.key,
        group=found.groups[first],
        other=found.groups[second],
        **_sides(errors, both, first, second),
        **own,
        **changed,
        caution=cautions.by_name(said),
        note="; ".join(filter(None, notes)),
    )


def _sides(errors: _Sums, both: Mask, first: int, second: int) -> dict[str, Any]:
    return {
        "people": int(both.sum()),
        "errors": int(errors.sums[both, first].sum()),
        "comparisons": int(errors.trials[both, first].sum()),
        "other_errors": int(errors.sums[both, second].sum()),
        "other_comparisons": int(errors.trials[both, second].sum()),
        "rate": float(errors.means[both, first].mean()),
        "other_rate": float(errors.means[both, second].mean()),
    }


def _cells(found: _Within, both: Mask, difference: Floats, first: int) -> dict[str, Any]:
    turned = by_person(difference, int(found.errors.trials[both, first].sum()))
    low, high = (None, None) if turned is None else turned_interval(turned, found.level)
    reason = no_verdict(difference, found.least)
    return {
        "change": float(difference.mean()),
        "low": low,
        "high": high,
        "level": found.level,
        "more": int((difference > 0).sum()),
        "less": int((difference < 0).sum()),
        "p": None if reason else swap_of_labels_p(difference),
        "note": reason,
    }


def no_verdict(difference: Floats, least: int) -> str:
    """Why (people,) differences are not tested; empty where they are. `least` people, and never fewer than 20."""
    people, differ, least = len(difference), int((difference != 0).sum()), max(FEW_BALANCED, least)
    if people < least:
        return f"no verdict: {people} people under both, fewer than {least}"
    return f"no verdict: {differ} people differ, fewer than {FEW_CHANGED}" if differ < FEW_CHANGED else ""


def _change_cells(found: _Within, first: int, second: int) -> dict[str, Any]:
    """The change from clean of one label less that of the other, within the people who have both changes."""
    changes = found.changes
    if changes is None:
        return {}
    both = changes.there[:, first] & changes.there[:, second]
    if not both.any() or both.sum() < (found.bench.evidence.study.statistics.suppress_below or 0):
        return {}
    difference = changes.means[both, first] - changes.means[both, second]
    reason = no_verdict(difference, found.least)
    ends = change_against(difference, int(changes.trials[both, first].sum()), found.level)
    low, high = (None, None) if ends is None else ends
    return {
        "interaction": float(difference.mean()),
        "interaction_low": low,
        "interaction_high": high,
        "interaction_more": int((difference > 0).sum()),
        "interaction_less": int((difference < 0).sum()),
        "interaction_p": None if reason else swap_of_labels_p(difference),
        "note": f"changes from clean: {reason}" if reason else "",
    }


def _tested(found: _Within, rows: Sequence[WithinPersonRow]) -> Iterator[WithinPersonRow]:
    """The rows with verdicts, adjusted by Holm over the pairs of a grouping: differences, and changes likewise."""
    alpha = 1 - found.level
    own = holm_of_tested([row.p for row in rows])
    changes = holm_of_tested([row.interaction_p for row in rows])
    for row, p, change_p in zip(rows, own, changes, strict=True):
        yield replace(
            row,
            p_holm=p,
            verdict="" if p is None else DIFFERS if p < alpha else ALIKE,
            interaction_p_holm=change_p,
            interaction_verdict="" if change_p is None else CHANGES if change_p < alpha else CHANGES_ALIKE,
        )


def holm_of_tested(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted over those that there are."""
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]
