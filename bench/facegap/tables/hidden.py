"""Which groups are not shown: those of very few people, and those with whose help one of them could be computed.

A sum over groups less the groups that are shown gives a hidden one back, within a grouping and across groupings whose
groups contain each other. So groups are hidden, the smallest first, until no small group is a combination of shown
ones (their indicators over the finest cells do not span it), and no shown sum less the shown groups in it leaves fewer
people than are to be shown. The search is greedy: none that it hides can be shown, though other choices might hide
fewer. Hundepool et al., Statistical Disclosure Control (2012), chapter 4, calls this secondary suppression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from facegap.evidence import Evidence
from facegap.records import Mask, Rows


class Hidden(NamedTuple):
    """Of one grouping: groups of fewer people than are to be shown, and those that are hidden along with them."""

    small: frozenset[str] = frozenset()
    along: frozenset[str] = frozenset()

    @property
    def every(self) -> frozenset[str]:
        """Both."""
        return self.small | self.along


@dataclass(frozen=True, eq=False, kw_only=True)
class _Group:
    """One group: its samples as a mask over the finest cells, and the people in it (and with mated comparisons)."""

    grouping: str
    name: str
    cells: Mask
    people: int
    few: bool


@dataclass(eq=False)
class _Search:
    """The search: every group, the people in each cell, and what is hidden so far."""

    groups: Sequence[_Group]
    least: int
    of_cell: Sequence[frozenset[str]]
    hidden: set[int]

    def run(self) -> None:
        """Hide more until no small group is given away, then show again, the largest first, what need not be hidden."""
        while self.hidden and (helps := next(self._given_away(), None)) is not None:
            left = [k for k, group in enumerate(self.groups) if k not in self.hidden and group.grouping]
            choice = [k for k in left if k in helps] or left
            if not choice:  # nothing but everyone is shown
                return
            self.hidden.add(min(choice, key=self._size))
        for k in sorted(self.hidden, key=self._size, reverse=True):
            if not self.groups[k].few:
                self.hidden.remove(k)
                if next(self._given_away(), None) is not None:
                    self.hidden.add(k)

    def _size(self, k: int) -> tuple[int, str, str]:
        return self.groups[k].people, self.groups[k].grouping, self.groups[k].name

    def _given_away(self) -> Iterator[frozenset[int]]:
        """For each way in which shown groups give a small one away, the groups that help to."""
        shown = np.array([k for k in range(len(self.groups)) if k not in self.hidden], dtype=np.int64)
        if len(shown):
            cells = np.array([self.groups[k].cells for k in shown])
            yield from self._by_sums(shown, cells)
            yield from self._by_remainders(shown, cells)

    def _by_sums(self, shown: Rows, cells: Mask) -> Iterator[frozenset[int]]:
        """Small groups that are a combination of shown ones."""
        inverse = np.linalg.pinv(cells.T.astype(float))
        for k in sorted(self.hidden):
            wanted = self.groups[k].cells.astype(float)
            weights = inverse @ wanted
            if self.groups[k].few and np.abs(cells.T @ weights - wanted).max() < 1e-6:
                helps = frozenset(shown[np.abs(weights) > 1e-6].tolist())
                # The groups beside it, rather than a whole that both are in.
                beside = frozenset(h for h in helps if self.groups[h].grouping == self.groups[k].grouping)
                yield beside or helps

    def _by_remainders(self, shown: Rows, cells: Mask) -> Iterator[frozenset[int]]:
        """What a shown group leaves of its shown parts of one grouping, where few people are in it."""
        contains = ~((~cells).astype(np.int64) @ cells.T.astype(np.int64)).astype(bool)
        np.fill_diagonal(contains, False)
        for grouping in dict.fromkeys(group.grouping for group in self.groups):
            parts = contains & np.array([self.groups[k].grouping == grouping for k in shown])
            rests = cells & ~((parts.astype(np.int64) @ cells.astype(np.int64)) > 0)
            for whole, (rest, of_grouping) in enumerate(zip(rests, parts, strict=True)):
                if rest.any() and 0 < self._people(rest) < self.least:
                    yield frozenset(shown[of_grouping].tolist()) or frozenset({int(shown[whole])})

    def _people(self, cells: Mask) -> int:
        return len(frozenset().union(*(self.of_cell[int(k)] for k in np.flatnonzero(cells))))


def hidden_groups(evidence: Evidence) -> Mapping[str, Hidden]:
    """Grouping, as tables name it -> its hidden groups; empty where the study suppresses none."""
    least = evidence.study.statistics.suppress_below
    if not least:
        return {}
    cell, names = _cells(evidence)
    subjects = evidence.samples.subjects
    of_cell = [frozenset(subjects[cell == k].tolist()) for k in range(len(names))]
    groups = [group for columns in evidence.groupings for group in _groups(evidence, columns, cell, len(names), least)]
    search = _Search(groups, least, of_cell, {k for k, group in enumerate(groups) if group.few})
    search.run()
    found: dict[str, Hidden] = {}
    for columns in evidence.groupings:
        grouping = ", ".join(columns)
        mine = [groups[k] for k in search.hidden if groups[k].grouping == grouping]
        small = frozenset(group.name for group in mine if group.few)
        found[grouping] = Hidden(small, frozenset(group.name for group in mine) - small)
    return found


def _cells(evidence: Evidence) -> tuple[Rows, list[str]]:
    """(n,) the finest cell of each sample: all label columns of all groupings together; and the cells' names."""
    columns = tuple(dict.fromkeys(column for columns in evidence.study.groups for column in columns))
    names, cell = np.unique(evidence.samples.grouping(columns), return_inverse=True)
    return cell, names.tolist()


def _groups(evidence: Evidence, columns: tuple[str, ...], cell: Rows, cells: int, least: int) -> Iterator[_Group]:
    of_sample = evidence.samples.grouping(columns)
    everyone, mated = _people_by_group(evidence, of_sample), _people_by_group(evidence, of_sample, _in_mated(evidence))
    for name, people in everyone.items():
        mask = np.zeros(cells, dtype=bool)
        mask[cell[of_sample == name]] = True
        # A group may have people enough, and mated comparisons of one of them.
        few = people < least or 0 < mated.get(name, 0) < least
        yield _Group(grouping=", ".join(columns), name=name, cells=mask, people=people, few=few)


def _people_by_group(evidence: Evidence, of_sample: np.ndarray, among: Mask | None = None) -> dict[str, int]:
    rows = slice(None) if among is None else among
    pairs = {*zip(of_sample[rows].tolist(), evidence.samples.subjects[rows].tolist(), strict=True)}
    found: dict[str, int] = {}
    for name, _ in pairs:
        found[name] = found.get(name, 0) + 1
    return found


def _in_mated(evidence: Evidence) -> Mask:
    """(n,) samples that are in a mated comparison."""
    inside = np.zeros(len(evidence.samples), dtype=bool)
    for comparisons in evidence.comparisons.values():
        inside[comparisons.mated.reference] = True
        inside[comparisons.mated.probe] = True
    return inside
