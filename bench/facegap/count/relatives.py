"""False matches of related people and of strangers: non-mated comparisons parted by a relation, at one threshold.

A relation is a column that relatives share: a family, a pair of twins, two look-alikes. It is no demographic label.
People without a value in it have no known relative, and are strangers to all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facegap.count.closed_form import Block
from facegap.count.groups import codes as group_codes
from facegap.count.groups import exact_dot, heaviest, uncounted
from facegap.count.listed import ListedBlock
from facegap.count.nonmated import PairErrors, pair_errors
from facegap.records import ClusterSums, Comparisons, ErrorCounts, PairsOfPeople, PeopleCompared, Rows, Samples


@dataclass(frozen=True, eq=False, kw_only=True)
class Relatives:
    """False matches of relatives and of strangers inside one group.

    Attributes:
        kin: of relatives, clustered by family: its `subjects` are families, which err alone.
        people: people who are compared with a relative.
        strangers: of everyone else, with sums over people and pairs.
    """

    kin: ErrorCounts
    people: int
    strangers: ErrorCounts


def relative_counts(
    comparisons: Comparisons, samples: Samples, relation: str, columns: tuple[str, ...], threshold: float
) -> tuple[Relatives, ...]:
    """Both rates of every group over `columns` that has relatives in it; failed comparisons are in the denominators.

    Raises:
        InputError: as `count.fmr_counts`.
    """
    family = families(samples, relation)
    counted, completed = (
        pair_errors(comparisons, samples, columns, threshold, failures) for failures in ("counted", "excluded")
    )  # fmt: skip
    base = uncounted("FMR", comparisons.model, comparisons.condition, group_codes(samples, columns), threshold)
    found = (
        _relatives(replace(base, group=all_.group), family, all_, done)
        for all_, done in zip(counted, completed, strict=True)
    )
    return tuple(one for one in found if one.people)


def families(samples: Samples, relation: str) -> Rows:
    """(people,) number of each person's family; people without one have a number of their own."""
    person, value = samples.people(), samples.relations[relation]
    people = int(person.max(initial=-1)) + 1
    names, code = np.unique(value, return_inverse=True)
    of_person = np.zeros(people, np.int64)
    of_person[person] = code
    alone = np.isin(of_person, np.flatnonzero(names == ""))
    of_person[alone] = len(names) + np.flatnonzero(alone)
    return np.asarray(np.unique(of_person, return_inverse=True)[1], dtype=np.int64)


def _relatives(base: ErrorCounts, family: Rows, all_: PairErrors, done: PairErrors) -> Relatives:
    i, j, m = _related(all_.compared, family)
    _, _, scored = _related(done.compared, family)
    kin_done = int(scored.sum())
    x = _errors_of(all_, i, j, len(family))
    by_family = (np.bincount(family[i], values, int(family.max()) + 1).astype(np.int64) for values in (x, m))
    errors, trials = (values[np.unique(family[i])] if len(i) else values[:0] for values in by_family)
    kin = replace(
        base,
        errors=int(x.sum()),
        completed=kin_done,
        failed=int(m.sum()) - kin_done,
        subjects=len(trials),
        by_subject=_sums(errors, trials),
        heaviest=heaviest(errors, trials),
    )
    people = len(np.unique(np.concatenate([i, j])))
    return Relatives(kin=kin, people=people, strangers=_strangers(base, all_, done, (i, j, x, m), kin))


def _related(compared: PeopleCompared, family: Rows) -> tuple[Rows, Rows, Rows]:
    """Pairs of relatives i < j who are compared, and how often."""
    if isinstance(compared, PairsOfPeople):
        mine = family[compared.i] == family[compared.j]
        return compared.i[mine], compared.j[mine], compared.comparisons[mine]
    block = _block(compared)
    here = np.flatnonzero(compared.references + compared.probes)
    order = here[np.argsort(family[here], kind="stable")]
    pairs = [_pairs_within(one) for one in np.split(order, np.flatnonzero(np.diff(family[order])) + 1)]
    i, j = (np.concatenate([np.zeros(0, np.int64), *side]) for side in zip(*pairs, strict=True))
    m = block.pairs(i, j)
    return i[m > 0], j[m > 0], m[m > 0]


def _pairs_within(people: Rows) -> tuple[Rows, Rows]:
    first, second = np.triu_indices(len(people), 1)
    return people[first], people[second]


def _errors_of(all_: PairErrors, i: Rows, j: Rows, people: int) -> Rows:
    """(k,) false matches of the pairs (i, j), each i < j."""
    keys = np.minimum(all_.i, all_.j) * people + np.maximum(all_.i, all_.j)
    order = np.argsort(keys)
    wanted = np.minimum(i, j) * people + np.maximum(i, j)
    at = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
    if not len(keys):
        return np.zeros(len(i), np.int64)
    return np.where(keys[order][at] == wanted, all_.errors[order][at], 0).astype(np.int64)


def _strangers(
    base: ErrorCounts, all_: PairErrors, done: PairErrors, kin: tuple[Rows, Rows, Rows, Rows], of_kin: ErrorCounts
) -> ErrorCounts:
    """Everyone's counts less those of relatives: person by person, and pair by pair."""
    i, j, x, m = kin
    block, people = _block(all_.compared), len(_block(all_.compared).subjects)
    errors = _by_person(all_.i, all_.j, all_.errors, people) - _by_person(i, j, x, people)
    trials = block.row_sums - _by_person(i, j, m, people)
    here = np.flatnonzero(trials)
    total = block.trials - int(m.sum())
    completed = _block(done.compared).trials - of_kin.completed
    xm = exact_dot(all_.errors, block.pairs(all_.i, all_.j))
    return replace(
        base,
        errors=int(all_.errors.sum() - x.sum()),
        completed=completed,
        failed=total - completed,
        subjects=len(here),
        by_subject=_sums(errors[here], trials[here]),
        by_pair=ClusterSums(
            exact_dot(all_.errors, all_.errors) - exact_dot(x, x),
            xm - exact_dot(x, m),
            block.pair_mm - exact_dot(m, m),
        ),
        heaviest=heaviest(errors[here], trials[here]),
    )


def _block(compared: PeopleCompared) -> Block | ListedBlock:
    """Comparisons of all people, whose places are their numbers."""
    if isinstance(compared, PairsOfPeople):
        return ListedBlock(np.arange(compared.people), compared.i, compared.j, compared.comparisons)
    return Block(np.arange(len(compared.references)), compared.references, compared.probes, compared.once)


def _sums(errors: Rows, trials: Rows) -> ClusterSums:
    return ClusterSums(exact_dot(errors, errors), exact_dot(errors, trials), exact_dot(trials, trials))


def _by_person(i: Rows, j: Rows, values: Rows, people: int) -> Rows:
    """(people,) sums over pairs, each at both of its people."""
    found = np.zeros(people, np.int64)
    np.add.at(found, i, values)
    np.add.at(found, j, values)
    return found
