"""How many non-mated comparisons there are, without visiting one: from the number of samples of each person.

For unordered people {i, j}, a_i references of i and b_j probes of j, there are m_ij = a_i b_j + a_j b_i comparisons;
where references and probes are the same samples of one group, each unordered pair of samples counts once and
m_ij = n_i n_j.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from facegap.count.groups import Groups, exact_dot, inverse_sum
from facegap.records import Comparisons, Failures, Rows, RuledTrials, SamplesOfPeople


class Block(NamedTuple):
    """Comparisons of one cell in closed form, from the samples of its people.

    Attributes:
        subjects: (s,) ascending numbers of the people who have a sample in the cell.
        a, b: (s,) samples of each on the side of the references and of the probes.
        once: both sides are the same samples, each unordered pair compared once (then a is b).
    """

    subjects: Rows
    a: Rows
    b: Rows
    once: bool

    @property
    def trials(self) -> int:
        """Comparisons of different people."""
        directed = int(self.a.sum()) * int(self.b.sum()) - exact_dot(self.a, self.b)
        return directed // 2 if self.once else directed

    @property
    def row_sums(self) -> Rows:
        """(s,) comparisons that each subject takes part in."""
        if self.once:
            return np.asarray(self.a * (self.a.sum() - self.a))
        return np.asarray(self.a * (self.b.sum() - self.b) + self.b * (self.a.sum() - self.a))

    def pairs(self, i: Rows, j: Rows) -> Rows:
        """(k,) comparisons m_ij of pairs of people, given as (k,) places `i` and `j` in `subjects`."""
        if self.once:
            return np.asarray(self.a[i] * self.a[j])
        return np.asarray(self.a[i] * self.b[j] + self.a[j] * self.b[i])

    @property
    def pair_mm(self) -> int:
        """Sum of m_ij squared over unordered pairs of subjects."""
        ab = self.a * self.b
        same = exact_dot(ab, ab)
        product = exact_dot(self.a, self.a) * exact_dot(self.b, self.b)
        if self.once:
            return (product - same) // 2
        return product - same + exact_dot(self.a, self.b) ** 2 - same

    @property
    def partners(self) -> Rows:
        """(s,) other people that each subject is compared with."""
        only_references, only_probes = self.b == 0, self.a == 0
        # Two who have samples on the same side alone are not compared.
        left_out = np.where(only_references, only_references.sum(), np.where(only_probes, only_probes.sum(), 1))
        return np.asarray(len(self.subjects) - left_out)

    @property
    def inverse(self) -> float:
        """Sum of 1 / m_ij over unordered pairs of compared subjects, by the few different numbers of samples."""
        most = int(self.b.max(initial=0)) + 1
        kinds, people = np.unique(self.a * most + self.b, return_counts=True)
        a, b = (np.stack(np.divmod(kinds, most))[at] for at in (np.s_[:, :, None], np.s_[:, None, :]))
        m = a[0] * b[1] if self.once else a[0] * b[1] + a[1] * b[0]
        # Ordered pairs of people of two kinds, nobody with themselves; then each unordered pair once.
        pairs = np.outer(people, people) - np.diag(people)
        different, place = np.unique(m, return_inverse=True)
        number = np.zeros(len(different), dtype=np.int64)
        np.add.at(number, place.reshape(-1), pairs.reshape(-1))
        compared = different > 0
        return inverse_sum(different[compared], number[compared] // 2)


class Sides(NamedTuple):
    """Samples of each subject in each group on the reference and the probe side.

    Attributes:
        everyone, with_template: (groups, subjects) samples of either side, all of them and those that have a template.
        symmetric: both sides are the same samples, each unordered pair compared once.
    """

    everyone: tuple[Rows, Rows]
    with_template: tuple[Rows, Rows]
    symmetric: bool

    def cell(self, d: int, e: int, failures: Failures) -> Block:
        """References of group `d` against probes of group `e`, without a template too where failures are counted."""
        references, probes = self.everyone if failures == "counted" else self.with_template
        a, b = references[d], probes[e]
        present = np.flatnonzero(a + b)
        return Block(present, a[present], b[present], once=self.symmetric and d == e)

    def within(self, d: int, failures: Failures) -> SamplesOfPeople:
        """The samples that pairs of people have inside group `d`, people numbered as in `Samples.people`."""
        references, probes = self.everyone if failures == "counted" else self.with_template
        return SamplesOfPeople(references[d], probes[d], self.symmetric)


def ruled_sides(comparisons: Comparisons, trials: RuledTrials, groups: Groups) -> Sides:
    """The samples that are to be compared, by group and subject."""
    reference, probe = trials.reference, trials.probe
    usable = reference[comparisons.reference_ok[reference]], probe[comparisons.probe_ok[probe]]
    return Sides(
        (_per_subject(groups, reference), _per_subject(groups, probe)),
        (_per_subject(groups, usable[0]), _per_subject(groups, usable[1])),
        trials.symmetric,
    )


def _per_subject(groups: Groups, rows: Rows) -> Rows:
    key = groups.group[rows] * groups.subjects + groups.subject[rows]
    counts = np.bincount(key, minlength=len(groups.names) * groups.subjects)
    return counts.reshape(len(groups.names), groups.subjects)
