"""Non-mated comparisons of a trial list: denominators are counted from the list itself, not in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegap.count.groups import Groups, exact_dot, inverse_sum
from facegap.records import Comparisons, Failures, ListedTrials, Mask, PairsOfPeople, Rows


@dataclass(frozen=True, eq=False)
class ListedBlock:
    """Comparisons of one cell, by pair of its people; the list's counterpart of `closed_form.Block`.

    Attributes:
        subjects: (s,) ascending numbers of the people with a comparison in the cell.
        i, j: (k,) places in `subjects` of each unordered pair of people, i < j, ascending.
        m: (k,) comparisons of each pair.
    """

    subjects: Rows
    i: Rows
    j: Rows
    m: Rows

    @property
    def trials(self) -> int:
        """Comparisons of the cell."""
        return int(self.m.sum())

    @property
    def row_sums(self) -> Rows:
        """(s,) comparisons that each subject takes part in."""
        places = len(self.subjects)
        sums = np.bincount(self.i, self.m, places) + np.bincount(self.j, self.m, places)
        return np.asarray(np.rint(sums), dtype=np.int64)

    def pairs(self, i: Rows, j: Rows) -> Rows:
        """(k,) comparisons of the pairs of places (k,) `i` and (k,) `j` in `subjects`; 0 where the list has none."""
        if not len(self.m):
            return np.zeros(len(i), dtype=np.int64)
        size = len(self.subjects)
        known, wanted = self.i * size + self.j, np.minimum(i, j) * size + np.maximum(i, j)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[at] == wanted, self.m[at], 0)

    @property
    def pair_mm(self) -> int:
        """Sum of m squared over unordered pairs of people."""
        return exact_dot(self.m, self.m)

    @property
    def partners(self) -> Rows:
        """(s,) other people that each subject is compared with."""
        places = len(self.subjects)
        return np.bincount(self.i, minlength=places) + np.bincount(self.j, minlength=places)

    @property
    def inverse(self) -> float:
        """Sum of 1 / m over unordered pairs of people who are compared."""
        return inverse_sum(*np.unique(self.m, return_counts=True))


@dataclass(frozen=True, eq=False, kw_only=True)
class ListedSides:
    """The non-mated comparisons of a list with their groups and people; the counterpart of `closed_form.Sides`.

    Attributes:
        reference_group, probe_group: (k,) codes of the groups of each comparison's two sides.
        reference_subject, probe_subject: (k,) people on either side.
        completed: (k,) True where the comparison has a score.
        people: how many people there are.
    """

    reference_group: Rows
    probe_group: Rows
    reference_subject: Rows
    probe_subject: Rows
    completed: Mask
    people: int

    def cell(self, d: int, e: int, failures: Failures) -> ListedBlock:
        """The comparisons of references in group `d` with probes in group `e`."""
        i, j, m = self._by_pair(d, e, failures)
        subjects = np.unique(np.concatenate([i, j]))
        return ListedBlock(subjects, np.searchsorted(subjects, i), np.searchsorted(subjects, j), m)

    def within(self, d: int, failures: Failures) -> PairsOfPeople:
        """How many comparisons pairs of people have inside group `d`, people numbered as in `Samples.people`."""
        return PairsOfPeople(*self._by_pair(d, d, failures), self.people)

    def _by_pair(self, d: int, e: int, failures: Failures) -> tuple[Rows, Rows, Rows]:
        mine = (self.reference_group == d) & (self.probe_group == e)
        if failures == "excluded":
            mine &= self.completed
        a, b = self.reference_subject[mine], self.probe_subject[mine]
        size = max(self.people, 1)
        keys, m = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_counts=True)
        return keys // size, keys % size, m.astype(np.int64)


def listed_sides(comparisons: Comparisons, trials: ListedTrials, groups: Groups) -> ListedSides:
    """The non-mated comparisons of `trials`: those whose two samples are of different people."""
    strangers = groups.subject[trials.reference] != groups.subject[trials.probe]
    reference, probe = trials.reference[strangers], trials.probe[strangers]
    completed = comparisons.completed
    if completed is None:
        completed = comparisons.reference_ok[trials.reference] & comparisons.probe_ok[trials.probe]
    return ListedSides(
        reference_group=groups.group[reference],
        probe_group=groups.group[probe],
        reference_subject=groups.subject[reference],
        probe_subject=groups.subject[probe],
        completed=completed[strangers],
        people=groups.subjects,
    )
