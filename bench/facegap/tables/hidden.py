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
from facegap.records import Mask, Rows, Strings


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
    """The search: every group, the people in each cell, what is hidden so far, and what was settled elsewhere."""

    groups: Sequence[_Group]
    least: int
    of_cell: Sequence[frozenset[str]]
    hidden: set[int]
    settled: frozenset[int] = frozenset()

    def run_at_once(self) -> None:
        """As `run`, of many groups: every way is closed before the next look, and nothing is shown again."""
        while self.hidden and (ways := list(self._given_away())):
            left = {k for k in range(len(self.groups)) if k not in self.hidden} - self.settled
            if not left:  # nothing is shown but what other tables show
                return
            for helps in ways:
                if not (helps & self.hidden):
                    self.hidden.add(min((helps & left) or left - self.hidden or left, key=self._size))

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
        # Whole numbers of this size are exact in float64, whose products are much faster.
        contains = ((~cells).astype(float) @ cells.T.astype(float)) < 0.5
        np.fill_diagonal(contains, False)
        for grouping in dict.fromkeys(group.grouping for group in self.groups):
            parts = contains & np.array([self.groups[k].grouping == grouping for k in shown])
            rests = cells & ~((parts.astype(float) @ cells.astype(float)) > 0.5)
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


@dataclass(frozen=True, eq=False, kw_only=True)
class Parts:
    """What a table parts the rates of groups by, such as the phone of a picture or the years between two.

    Attributes:
        rows: (k,) of each sample or comparison the row of the sample whose group and person it counts for.
        part: (k,) names of the parts.
    """

    rows: Rows
    part: Strings


def hidden_parts(evidence: Evidence, groups: Mapping[str, Hidden], parts: Parts) -> frozenset[tuple[str, str, str]]:
    """(grouping, group, part) of few people, and those with whose help and that of the groups one could be computed.

    Args:
        groups: hidden groups, as `hidden_groups` finds them.
    """
    least = evidence.study.statistics.suppress_below
    if not least:
        return frozenset()
    people = evidence.samples.people()[parts.rows]
    few = _few_everywhere(people, parts.part, least)
    # Parts that are hidden everywhere are one part: what cannot be had of all of them cannot be had of each.
    code = np.where(np.isin(parts.part, sorted(few)), _MERGED, parts.part)
    fine, _ = _cells(evidence)
    names, cell = np.unique(np.char.add(np.char.add(code, "\n"), fine[parts.rows].astype(np.str_)), return_inverse=True)
    of_cell = [frozenset(map(str, set(people[cell == k].tolist()))) for k in range(len(names))]
    part_of_cell = np.array([name.partition("\n")[0] for name in names])
    whole: list[_Group] = []
    parted: list[tuple[_Group, str]] = []
    for columns in evidence.groupings:
        of_unit, grouping = evidence.samples.grouping(columns)[parts.rows], ", ".join(columns)
        for name in np.unique(of_unit):
            mask = np.zeros(len(names), dtype=bool)
            mask[cell[of_unit == name]] = True
            own = name in groups.get(grouping, Hidden()).every
            whole.append(_group(grouping, str(name), mask, of_cell, least if own else 0))
            parted += [
                (_group(grouping, str(name), mask & (part_of_cell == part), of_cell, least), str(part))
                for part in np.unique(part_of_cell[mask])
            ]
    every = [*whole, *(group for group, _ in parted)]
    shown_whole = {k for k, group in enumerate(whole) if group.name not in groups.get(group.grouping, Hidden()).every}
    hidden = {k for k, group in enumerate(every) if group.few or (k < len(whole) and k not in shown_whole)}
    hidden |= {
        len(whole) + k
        for k, (group, part) in enumerate(parted)
        if part == _MERGED or group.name in groups.get(group.grouping, Hidden()).every
    }
    search = _Search(every, least, of_cell, hidden, frozenset(range(len(whole))))
    search.run_at_once()
    found = [parted[k - len(whole)] for k in search.hidden if k >= len(whole)]
    return frozenset(
        (group.grouping, group.name, one)
        for group, part in found
        for one in (sorted(few) if part == _MERGED else [part])
    )


_MERGED = "\r"
"""Stands for all parts of fewer people than are to be shown; no part is called so."""


def _few_everywhere(people: Rows, part: Strings, least: int) -> frozenset[str]:
    return frozenset(str(name) for name in np.unique(part) if len(np.unique(people[part == name])) < least)


def _group(grouping: str, name: str, mask: Mask, of_cell: Sequence[frozenset[str]], least: int) -> _Group:
    people = len(frozenset().union(*(of_cell[int(k)] for k in np.flatnonzero(mask))))
    return _Group(grouping=grouping, name=name, cells=mask, people=people, few=0 < people < least)


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
