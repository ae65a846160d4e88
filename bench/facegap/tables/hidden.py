"""Which groups are not shown: those of very few people, and those with whose help one of them could be computed.

A sum over groups less the groups that are shown gives a hidden one back, within a grouping and across groupings whose
groups contain each other. So groups are hidden, the smallest first, until no small group is a combination of shown
ones (their indicators over the finest cells do not span it), and no shown sum less the shown groups in it leaves fewer
people than are to be shown. The search is greedy: none that it hides can be shown, though other choices might hide
fewer. Hundepool et al., Statistical Disclosure Control (2012), chapter 4, calls this secondary suppression.

It is made once for all tables, from the people of each group, and again for each block of rows (one condition, one
relation, one share of discarded pictures) behind some groups of which fewer people stand than in the whole run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from facegap.evidence import Evidence
from facegap.records import Mask, Rows, Strings

Name = tuple[str, str]
"""A grouping as tables name it, and a group of it."""

Pair = tuple[str, str, str]
"""A grouping, and two groups of it that are compared."""

MOST_CELLS = 16
"""Finest groups up to which pairs are searched; of more, a grouping shows no pair where one is of too few people."""


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


@dataclass(eq=False, kw_only=True)
class _Search:
    """The search: every group, those of few people, and what is hidden so far.

    Attributes:
        least: people of a group that is shown.
        of_cell: the people in each cell.
        here: of a block of rows, the people behind each group that has any; empty for the search over all tables.
        always: hidden whatever comes out.
        settled: shown or hidden elsewhere, so that nothing here changes it.
    """

    groups: Sequence[_Group]
    least: int
    of_cell: Sequence[frozenset[str]]
    few: frozenset[int]
    here: Mapping[int, int] = field(default_factory=dict)
    always: frozenset[int] = frozenset()
    hidden: set[int] = field(default_factory=set)
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
        self.hidden = set(self.few | self.always)
        while self.hidden and (helps := next(self._given_away(), None)) is not None:
            left = [k for k in range(len(self.groups)) if self._may_hide(k)]
            choice = [k for k in left if k in helps] or left
            if not choice:
                self._hide_everyone()
                return
            self.hidden.add(min(choice, key=self._size))
        for k in sorted(self.hidden - self.few - self.always, key=self._size, reverse=True):
            self.hidden.remove(k)
            if next(self._given_away(), None) is not None:
                self.hidden.add(k)

    def _may_hide(self, k: int) -> bool:
        # A group without a row in the block is known to have nothing there.
        return k not in self.hidden and bool(self.groups[k].grouping) and (not self.here or k in self.here)

    def _hide_everyone(self) -> None:
        """Nothing but everyone is shown, and over all tables that stays: groups hide each other or are the same."""
        if self.here:
            self.hidden |= {k for k in self.here if not self.groups[k].grouping}

    def _size(self, k: int) -> tuple[int, int, str, str]:
        # The finest grouping first: what is lost of it is less than a whole group of a coarse one.
        group = self.groups[k]
        return -group.grouping.count(", "), self.here.get(k, group.people), group.grouping, group.name

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
        for k in sorted(self.few):
            wanted = self.groups[k].cells.astype(float)
            weights = inverse @ wanted
            if np.abs(cells.T @ weights - wanted).max() < 1e-6:
                yield frozenset(shown[np.abs(weights) > 1e-6].tolist())

    def _by_remainders(self, shown: Rows, cells: Mask) -> Iterator[frozenset[int]]:
        """What a shown group leaves of its shown parts of one grouping, where few people are in it."""
        # Whole numbers of this size are exact in float64, whose products are much faster.
        contains = ((~cells).astype(float) @ cells.T.astype(float)) < 0.5
        np.fill_diagonal(contains, False)
        for grouping in dict.fromkeys(group.grouping for group in self.groups):
            parts = contains & np.array([self.groups[k].grouping == grouping for k in shown])
            rests = cells & ~((parts.astype(float) @ cells.astype(float)) > 0.5)
            for whole, (rest, of_grouping) in enumerate(zip(rests, parts, strict=True)):
                if rest.any() and 0 < self._people(rest, grouping) < self.least:
                    yield frozenset(shown[of_grouping].tolist()) or frozenset({int(shown[whole])})

    def _people(self, cells: Mask, grouping: str) -> int:
        """People of the cells: of a block those behind the grouping's hidden groups there, where these are all."""
        mine = (k for k in self.hidden if self.groups[k].grouping == grouping)
        inside = [k for k in mine if (self.groups[k].cells & cells).any()]
        if self.here and all(k in self.here for k in inside) and inside:
            return sum(self.here[k] for k in inside)
        return len(frozenset().union(*(self.of_cell[int(k)] for k in np.flatnonzero(cells))))


class HiddenGroups:
    """What is hidden of one evidence: in every table, and in single blocks of rows."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.least = evidence.study.statistics.suppress_below or 0
        self._blocks: dict[tuple[Any, ...], Mapping[str, Hidden]] = {}

    @cached_property
    def always(self) -> Mapping[str, Hidden]:
        """Grouping, as tables name it -> its hidden groups in every table; empty where the study suppresses none."""
        return self._named(self._everywhere) if self.least else {}

    def of_block(
        self,
        few: frozenset[Name],
        here: frozenset[tuple[Name, int]],
        along: frozenset[Name] = frozenset(),
        complete: bool = False,
    ) -> Mapping[str, Hidden]:
        """The same for a block of rows.

        Args:
            few: groups behind whose rows of the block fewer people stand than are to be shown.
            here: every group with rows in the block, and the people behind them.
            along: groups that are hidden for their sake where these are counted.
            complete: a group without a row has nothing there, as everybody knows.
        """
        if not few or not self.least:
            return self.always
        key = few, here, along, complete
        if key not in self._blocks:
            self._blocks[key] = self._of_block(few, dict(here), along, complete)
        return self._blocks[key]

    def _of_block(
        self, few: frozenset[Name], here: Mapping[Name, int], along: frozenset[Name], complete: bool
    ) -> Mapping[str, Hidden]:
        whole = self._everywhere
        place = {(group.grouping, group.name): k for k, group in enumerate(whole.groups)}
        present = {place[name]: people for name, people in here.items() if name in place}
        unknown = frozenset(present) if complete else frozenset(range(len(whole.groups)))
        search = _Search(
            groups=whole.groups,
            least=self.least,
            of_cell=whole.of_cell,
            few=(whole.few | {place[name] for name in few if name in place}) & unknown,
            here=present,
            always=(frozenset(whole.hidden) | {place[name] for name in along if name in place}) & unknown,
        )
        search.run()
        return self._named(search)

    def of_pairs(self, few: frozenset[Pair], here: Mapping[Pair, int]) -> frozenset[Pair]:
        """Pairs of groups whose comparisons with each other are not shown, of a block of such rows.

        A sum over pairs is everyone's, or that of two larger groups, so the search is the same, over pairs of cells.

        Args:
            few: pairs behind whose row fewer people stand than are to be shown.
            here: every pair with a row in the block, and the people behind it.
        """
        whole = self._everywhere
        if len(whole.of_cell) > MOST_CELLS:
            return frozenset(pair for pair in here if pair[0] in {grouping for grouping, _, _ in few})
        cells = {(group.grouping, group.name): group.cells for group in whole.groups}
        pairs = [pair for pair in here if (pair[0], pair[1]) in cells and (pair[0], pair[2]) in cells]
        groups = [_pair_of(cells[pair[0], pair[1]], cells[pair[0], pair[2]], pair, here[pair]) for pair in pairs]
        everyone = np.ones(len(whole.of_cell), dtype=bool)
        search = _Search(
            groups=[*groups, _pair_of(everyone, everyone, ("", "", ""), 0)],
            least=self.least,
            of_cell=[a | b for a in whole.of_cell for b in whole.of_cell],
            few=frozenset(k for k, pair in enumerate(pairs) if pair in few),
            here={k: here[pair] for k, pair in enumerate(pairs)},
            always=frozenset(k for k, (grouping, *two) in enumerate(pairs) if self.always[grouping].every & {*two}),
        )
        search.run()
        return frozenset(pairs[k] for k in search.hidden if k < len(pairs))

    @cached_property
    def _everywhere(self) -> _Search:
        evidence, least = self._evidence, self.least
        cell, names = _cells(evidence)
        subjects = evidence.samples.subjects
        of_cell = [frozenset(subjects[cell == k].tolist()) for k in range(len(names))]
        groups = [one for columns in evidence.groupings for one in _groups(evidence, columns, cell, len(names), least)]
        few = frozenset(k for k, group in enumerate(groups) if group.few)
        search = _Search(groups=groups, least=least, of_cell=of_cell, few=few)
        search.run()
        return search

    def _named(self, search: _Search) -> dict[str, Hidden]:
        found: dict[str, Hidden] = {}
        for columns in self._evidence.groupings:
            grouping = ", ".join(columns)
            mine = {k for k in search.hidden if search.groups[k].grouping == grouping}
            small = frozenset(search.groups[k].name for k in mine & search.few)
            found[grouping] = Hidden(small, frozenset(search.groups[k].name for k in mine) - small)
        return found


def hidden_groups(evidence: Evidence) -> Mapping[str, Hidden]:
    """Grouping, as tables name it -> its hidden groups in every table; empty where the study suppresses none."""
    return HiddenGroups(evidence).always


def _pair_of(a: Mask, b: Mask, pair: Pair, people: int) -> _Group:
    """Two groups compared with each other, either of them the reference."""
    both = np.outer(a, b)
    return _Group(
        grouping=pair[0], name=f"{pair[1]} {pair[2]}", cells=(both | both.T).ravel(), people=people, few=False
    )


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
    search = _Search(
        groups=every,
        least=least,
        of_cell=of_cell,
        few=frozenset(),
        hidden=hidden,
        settled=frozenset(range(len(whole))),
    )
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
