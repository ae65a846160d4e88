"""Count errors: from comparisons, acquisitions and searches to `ErrorCounts`, in exact integers. No rates here.

A match is score >= threshold. Scores are float32 and thresholds float64; they are compared in float64, so a threshold
between two float32 values stays between them.

The non-mated errors come from the exact tail; their denominators have a closed form in the number of samples that each
subject has. For unordered subjects {i, j}, a_i references of i and b_j probes of j, there are
m_ij = a_i b_j + a_j b_i comparisons; where references and probes are the same samples of one group, each unordered pair
of samples counts once and m_ij = n_i n_j. No sum runs over pairs of subjects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from bench.errors import InputError
from bench.records import (
    Acquisitions,
    ClusterSums,
    Comparisons,
    ErrorCounts,
    Failures,
    Floats,
    Rows,
    Samples,
    Searches,
)

_Mask = npt.NDArray[np.bool_]


class _Groups(NamedTuple):
    """Group and subject of every sample as codes; `names` and `subjects` say what the codes stand for."""

    grouping: str
    names: tuple[str, ...]
    group: Rows
    subject: Rows
    subjects: int


@dataclass(frozen=True)
class Impostors:
    """Non-mated comparisons that a threshold is set on.

    Attributes:
        scores: (k,) float32, every such score >= `floor`.
        total: comparisons, failed ones included: the denominator.
    """

    scores: Floats
    total: int
    floor: float


@dataclass(frozen=True, eq=False)
class Cmc:
    """Cumulative match characteristic of one group: (ranks,) mated searches whose mate ranks at r or better.

    `hits` counts ties against the mate, `hits_optimistic` for it; failed searches are misses and stay in `trials`.
    """

    group: str
    ranks: Rows
    hits: Rows
    hits_optimistic: Rows
    trials: int
    failed: int
    subjects: int


class PairErrors(NamedTuple):
    """False matches of one group by pair of people, and what their denominators come from: what a bootstrap needs.

    People are numbered in the order of their sorted names in `Samples`, alike in every group and at every threshold.

    Attributes:
        i, j, errors: (k,) pairs of people with a false match, each unordered pair once, and how many.
        references, probes: (people,) samples of each person in the group on either side.
        once: both sides are the same samples, each unordered pair compared once.
    """

    group: str
    i: Rows
    j: Rows
    errors: Rows
    references: Rows
    probes: Rows
    once: bool


class PersonErrors(NamedTuple):
    """False non-matches of one group by person, numbered as in `PairErrors`: (k,) people, errors and comparisons."""

    group: str
    people: Rows
    errors: Rows
    comparisons: Rows


def fnmr_counts(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """False non-matches among the mated comparisons, by group of the probe, clustered by subject.

    A failed comparison is a false non-match where failures are counted (a positive system).
    """
    groups = _groups(samples, columns)
    mated = comparisons.mated
    failed = np.isnan(mated.score)
    error = ~failed & ~_matches(mated.score, threshold)
    base = ErrorCounts("FNMR", comparisons.model, comparisons.condition, groups.grouping, "", threshold, 0, 0, 0, 0)
    return _one_way(base, groups, mated.probe, error, failed, failures, failure_is_error=True)


def fmr_counts(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """False matches among the non-mated comparisons inside each group.

    Raises:
        InputError: the threshold lies below the floor of the exact tail, or the tail holds a mated pair.
    """
    groups = _groups(samples, columns)
    tail = _false_matches(comparisons, groups, threshold)
    sides = _sides(comparisons, groups)
    within = range(len(groups.names))
    return tuple(_cell(comparisons, groups, sides, tail, (d, d), threshold, failures) for d in within)


def cross_fmr_counts(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """False matches in every (reference group, probe group) cell, in that order; `probe_group` is always set.

    In symmetric trials the cells (d, e) and (e, d) are the same comparisons and are reported twice.

    Raises:
        InputError: as `fmr_counts`.
    """
    groups = _groups(samples, columns)
    tail = _false_matches(comparisons, groups, threshold)
    sides = _sides(comparisons, groups)
    cells: dict[tuple[int, int], ErrorCounts] = {}
    for d, e in np.ndindex(len(groups.names), len(groups.names)):
        mirror = cells.get((e, d)) if comparisons.trials.symmetric else None
        found = mirror if mirror is not None else _cell(comparisons, groups, sides, tail, (d, e), threshold, failures)
        cells[d, e] = replace(found, group=groups.names[d], probe_group=groups.names[e])
    return tuple(cells.values())


def pair_errors(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[PairErrors, ...]:
    """What `fmr_counts` sums, by pair of people.

    Raises:
        InputError: as `fmr_counts`.
    """
    groups = _groups(samples, columns)
    tail = _false_matches(comparisons, groups, threshold)
    sides = _sides(comparisons, groups)
    found = []
    for d, name in enumerate(groups.names):
        references, probes = (side[d] for side in (sides.everyone if failures == "counted" else sides.with_template))
        pairs = _pairs(*tail.at(d, d), groups.subjects)
        found.append(PairErrors(name, *pairs, references, probes, sides.symmetric))
    return tuple(found)


def person_errors(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[PersonErrors, ...]:
    """What `fnmr_counts` sums, by person."""
    groups = _groups(samples, columns)
    mated = comparisons.mated
    failed = np.isnan(mated.score)
    error = ~_matches(mated.score, threshold)
    kept = np.ones(len(mated), dtype=bool) if failures == "counted" else ~failed
    group, subject = groups.group[mated.probe[kept]], groups.subject[mated.probe[kept]]
    found = []
    for d, name in enumerate(groups.names):
        people, place = np.unique(subject[group == d], return_inverse=True)
        errors = np.bincount(place[error[kept][group == d]], minlength=len(people))
        found.append(PersonErrors(name, people, errors, np.bincount(place, minlength=len(people))))
    return tuple(found)


def fta_counts(acquisitions: Acquisitions, samples: Samples, columns: tuple[str, ...]) -> tuple[ErrorCounts, ...]:
    """Failures to acquire: samples without a usable face, by group; `model` is the detector."""
    groups = _groups(samples, columns)
    failed = ~acquisitions.ok
    base = ErrorCounts("FTA", acquisitions.detector, acquisitions.condition, groups.grouping, "", None, 0, 0, 0, 0)
    return _one_way(base, groups, np.arange(len(samples)), failed, failed, "counted", failure_is_error=True)


def fte_counts(comparisons: Comparisons, samples: Samples, columns: tuple[str, ...]) -> tuple[ErrorCounts, ...]:
    """Failures to enrol: people none of whose references has a template, by group of their references.

    A person whose references carry several labels counts in each of those groups.
    """
    groups = _groups(samples, columns)
    reference = comparisons.trials.reference
    subject = groups.subject[reference]
    enrolled = np.zeros(groups.subjects, dtype=bool)
    enrolled[subject[comparisons.reference_ok[reference]]] = True
    _, first = np.unique(groups.group[reference] * groups.subjects + subject, return_index=True)
    people = reference[first]
    failed = ~enrolled[groups.subject[people]]
    base = ErrorCounts("FTE", comparisons.model, comparisons.condition, groups.grouping, "", None, 0, 0, 0, 0)
    return _one_way(base, groups, people, failed, failed, "counted", failure_is_error=True)


def pooled_nonmated(
    comparisons: Comparisons,
    samples: Samples,
    impostors: Literal["all", "same-group"],
    columns: tuple[str, ...] = (),
) -> Impostors:
    """The non-mated comparisons that a threshold is set on: all of them, or those inside one group of `columns`."""
    groups = _groups(samples, columns if impostors == "same-group" else ())
    tail = comparisons.tail
    same = groups.group[tail.reference] == groups.group[tail.probe]
    sides = _sides(comparisons, groups)
    total = sum(sides.cell(d, d, "counted").trials for d in range(len(groups.names)))
    return Impostors(tail.score[same], total, comparisons.floor)


def fnir_counts(
    searches: Searches,
    samples: Samples,
    columns: tuple[str, ...],
    rank: int | None,
    threshold: float | None,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """Mated searches whose mate is not among the top `rank` with score >= `threshold`, by group of the probe.

    `rank` None asks for the threshold alone (R = N), `threshold` None for the rank alone. Ranks count ties against the
    mate. A search without a mate's score (either side failed) is failed, and an error where failures are counted.
    """
    groups = _groups(samples, columns)
    mated = searches.mated
    score = searches.mate_score[mated]
    failed = np.isnan(score)
    hit = ~failed
    if rank is not None:
        hit &= searches.mate_rank[mated] <= rank
    if threshold is not None:
        hit &= _matches(score, threshold)
    base = ErrorCounts("FNIR", searches.model, searches.condition, groups.grouping, "", threshold, 0, 0, 0, 0)
    return _one_way(base, groups, searches.probe[mated], ~hit & ~failed, failed, failures, failure_is_error=True)


def fpir_counts(
    searches: Searches,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """Non-mated searches that return someone with score >= `threshold`, by group of the probe.

    A watchlist (open) is a negative system: where failures are counted a failed search is an alarm (score +inf). In
    the closed protocol it returns no candidate.
    """
    groups = _groups(samples, columns)
    nonmated = ~searches.mated
    failed = ~searches.completed[nonmated]
    alarm = ~failed & _matches(searches.top_nonmate[nonmated], threshold)
    base = ErrorCounts("FPIR", searches.model, searches.condition, groups.grouping, "", threshold, 0, 0, 0, 0)
    watchlist = searches.protocol == "open"
    return _one_way(base, groups, searches.probe[nonmated], alarm, failed, failures, failure_is_error=watchlist)


def cmc(searches: Searches, samples: Samples, columns: tuple[str, ...], ranks: int) -> tuple[Cmc, ...]:
    """Hits at rank 1 to `ranks` by group of the probe, mated searches only."""
    groups = _groups(samples, columns)
    mated = searches.mated
    group = groups.group[searches.probe[mated]]
    subject = groups.subject[searches.probe[mated]]
    failed = np.isnan(searches.mate_score[mated])
    curves = []
    for d, name in enumerate(groups.names):
        at = group == d
        hits, optimistic = (
            _at_or_better(found[mated][at & ~failed], ranks)
            for found in (searches.mate_rank, searches.mate_rank_optimistic)
        )
        people = len(np.unique(subject[at]))
        curves.append(
            Cmc(name, np.arange(1, ranks + 1), hits, optimistic, int(at.sum()), int((at & failed).sum()), people)
        )
    return tuple(curves)


def _at_or_better(rank: Rows, ranks: int) -> Rows:
    return np.cumsum(np.bincount(rank[rank <= ranks], minlength=ranks + 1))[1:]


def _matches(score: Floats, threshold: float) -> _Mask:
    """score >= threshold in float64; numpy would round the threshold to float32. NaN never matches."""
    return np.asarray(score.astype(np.float64) >= threshold)


def _groups(samples: Samples, columns: tuple[str, ...]) -> _Groups:
    names, group = np.unique(samples.grouping(columns), return_inverse=True)
    people, subject = np.unique(samples.subjects, return_inverse=True)
    return _Groups(", ".join(columns), tuple(str(name) for name in names), group, subject, len(people))


def _one_way(
    base: ErrorCounts,
    groups: _Groups,
    probe: Rows,
    error: _Mask,
    failed: _Mask,
    failures: Failures,
    failure_is_error: bool,
) -> tuple[ErrorCounts, ...]:
    """Counts by group of `probe`, clustered by its subject; `error` marks the errors of completed trials."""
    counted = failures == "counted"
    is_error = error | failed if counted and failure_is_error else error & ~failed
    is_trial = np.ones(len(probe), dtype=bool) if counted else ~failed
    cluster = groups.group[probe] * groups.subjects + groups.subject[probe]
    keys, cluster = np.unique(cluster, return_inverse=True)
    x = np.bincount(cluster[is_error & is_trial], minlength=len(keys))
    m = np.bincount(cluster[is_trial], minlength=len(keys))
    failures_by_group = np.bincount(groups.group[probe[failed]], minlength=len(groups.names))
    completed_by_group = np.bincount(groups.group[probe[~failed]], minlength=len(groups.names))
    found = []
    for d, name in enumerate(groups.names):
        of_group = slice(*np.searchsorted(keys, (d * groups.subjects, (d + 1) * groups.subjects)))
        x_d, m_d = x[of_group], m[of_group]
        counts = replace(
            base,
            group=name,
            errors=int(x_d.sum()),
            completed=int(completed_by_group[d]),
            failed=int(failures_by_group[d]),
            subjects=int(np.count_nonzero(m_d)),
            by_subject=ClusterSums(_dot(x_d, x_d), _dot(x_d, m_d), _dot(m_d, m_d)),
            failures=failures,
        )
        found.append(counts)
    return tuple(found)


class _FalseMatches(NamedTuple):
    """Subjects of reference and probe of every false match, sorted by cell so that each cell is a slice."""

    cell: Rows
    i: Rows
    j: Rows
    groups: int
    symmetric: bool

    def at(self, d: int, e: int) -> tuple[Rows, Rows]:
        if self.symmetric:
            d, e = min(d, e), max(d, e)
        key = d * self.groups + e
        found = slice(*np.searchsorted(self.cell, (key, key + 1)))
        return self.i[found], self.j[found]


def _false_matches(comparisons: Comparisons, groups: _Groups, threshold: float) -> _FalseMatches:
    if threshold < comparisons.floor:
        raise InputError(
            f"threshold {threshold:.6g} lies below the floor {comparisons.floor:.6g} of the kept non-mated scores "
            f"of {comparisons.model} under {comparisons.condition}; compare again with a lower floor"
        )
    above = _matches(comparisons.tail.score, threshold)
    reference, probe = comparisons.tail.reference[above], comparisons.tail.probe[above]
    i, j = groups.subject[reference], groups.subject[probe]
    if np.any(i == j):
        raise InputError(
            f"the non-mated scores of {comparisons.model} under {comparisons.condition} hold a pair of one subject "
            "with itself; mated pairs belong to the mated comparisons"
        )
    d, e = groups.group[reference], groups.group[probe]
    symmetric = comparisons.trials.symmetric
    if symmetric:
        d, e = np.minimum(d, e), np.maximum(d, e)
    cell = d * len(groups.names) + e
    order = np.argsort(cell, kind="stable")
    return _FalseMatches(cell[order], i[order], j[order], len(groups.names), symmetric)


class _Block(NamedTuple):
    """Comparisons of one cell in closed form: samples a, b of each subject on either side, subjects of the cell only.

    `once`: both sides are the same samples, each unordered pair compared once (then a is b).
    """

    subjects: Rows
    a: Rows
    b: Rows
    once: bool

    @property
    def trials(self) -> int:
        directed = int(self.a.sum()) * int(self.b.sum()) - _dot(self.a, self.b)
        return directed // 2 if self.once else directed

    @property
    def row_sums(self) -> Rows:
        """Comparisons that each subject takes part in."""
        if self.once:
            return np.asarray(self.a * (self.a.sum() - self.a))
        return np.asarray(self.a * (self.b.sum() - self.b) + self.b * (self.a.sum() - self.a))

    def pairs(self, i: Rows, j: Rows) -> Rows:
        """m_ij of pairs of places in `subjects`."""
        if self.once:
            return np.asarray(self.a[i] * self.a[j])
        return np.asarray(self.a[i] * self.b[j] + self.a[j] * self.b[i])

    @property
    def pair_mm(self) -> int:
        """Sum of m_ij squared over unordered pairs of subjects."""
        ab = self.a * self.b
        same = _dot(ab, ab)
        product = _dot(self.a, self.a) * _dot(self.b, self.b)
        if self.once:
            return (product - same) // 2
        return product - same + _dot(self.a, self.b) ** 2 - same


class _Sides(NamedTuple):
    """Samples of each subject in each group, (groups, subjects), on the reference and the probe side."""

    everyone: tuple[Rows, Rows]
    with_template: tuple[Rows, Rows]
    symmetric: bool

    def cell(self, d: int, e: int, failures: Failures) -> _Block:
        references, probes = self.everyone if failures == "counted" else self.with_template
        a, b = references[d], probes[e]
        present = np.flatnonzero(a + b)
        return _Block(present, a[present], b[present], once=self.symmetric and d == e)


def _sides(comparisons: Comparisons, groups: _Groups) -> _Sides:
    reference, probe = comparisons.trials.reference, comparisons.trials.probe
    usable = reference[comparisons.reference_ok[reference]], probe[comparisons.probe_ok[probe]]
    return _Sides(
        (_per_subject(groups, reference), _per_subject(groups, probe)),
        (_per_subject(groups, usable[0]), _per_subject(groups, usable[1])),
        comparisons.trials.symmetric,
    )


def _per_subject(groups: _Groups, rows: Rows) -> Rows:
    key = groups.group[rows] * groups.subjects + groups.subject[rows]
    counts = np.bincount(key, minlength=len(groups.names) * groups.subjects)
    return counts.reshape(len(groups.names), groups.subjects)


def _cell(
    comparisons: Comparisons,
    groups: _Groups,
    sides: _Sides,
    tail: _FalseMatches,
    at: tuple[int, int],
    threshold: float,
    failures: Failures,
) -> ErrorCounts:
    """False matches of references in group d and probes in group e."""
    block = sides.cell(*at, failures)
    completed = sides.cell(*at, "excluded").trials
    i, j = (np.searchsorted(block.subjects, side) for side in tail.at(*at))
    people = block.row_sums
    errors = np.bincount(i, minlength=len(people)) + np.bincount(j, minlength=len(people))
    lower, upper, repeats = _pairs(i, j, len(people))
    return ErrorCounts(
        metric="FMR",
        model=comparisons.model,
        condition=comparisons.condition,
        grouping=groups.grouping,
        group=groups.names[at[0]],
        threshold=threshold,
        errors=len(i),
        completed=completed,
        failed=sides.cell(*at, "counted").trials - completed,
        subjects=int(np.count_nonzero(people)),
        by_subject=ClusterSums(_dot(errors, errors), _dot(errors, people), _dot(people, people)),
        by_pair=ClusterSums(_dot(repeats, repeats), _dot(repeats, block.pairs(lower, upper)), block.pair_mm),
        failures=failures,
    )


def _pairs(i: Rows, j: Rows, subjects: int) -> tuple[Rows, Rows, Rows]:
    """Unordered pairs of subjects among (i, j), and how often each comes."""
    keys, repeats = np.unique(np.minimum(i, j) * subjects + np.maximum(i, j), return_counts=True)
    return keys // max(subjects, 1), keys % max(subjects, 1), repeats


_LIMB = 20


def _dot(x: Rows, y: Rows) -> int:
    """Exact inner product of non-negative int64 arrays, whose squares may pass 2^63.

    Halves of 20 bits keep every partial sum of up to 2^22 products below 2^63.
    """
    if len(x) == 0:
        return 0
    if max(int(x.max()), int(y.max())) >> (2 * _LIMB) or len(x) >> 22:
        return sum(int(p) * int(q) for p, q in zip(x, y, strict=True))
    x_high, x_low = x >> _LIMB, x & ((1 << _LIMB) - 1)
    y_high, y_low = y >> _LIMB, y & ((1 << _LIMB) - 1)
    high = int(x_high @ y_high) << (2 * _LIMB)
    middle = (int(x_high @ y_low) + int(x_low @ y_high)) << _LIMB
    return high + middle + int(x_low @ y_low)
