"""One test over all groups that takes no design effect from elsewhere: labels are permuted over people, sizes kept.

The statistic is Pearson's chi-square of equal rates over the design effect of the same order of labels: what people
have in common within their comparisons is in it, and is weighed anew in every order. The null hypothesis is that labels
are exchangeable: that one's label says nothing of one's errors. For false matches within groups that is more than equal
rates, as it makes strangers of one label no more alike than any others, which they are. The chi-square alone is then
compared with orders of far fewer false matches and found too large much too often; on a scale of its own (Janssen 1997;
Chung and Romano 2013) it is found so less often, and still too often: docs/statistics.md says by how much.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.compiled import compiled
from facegap.records import PairsOfPeople, PeopleCompared

Integers = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]


class Orders(NamedTuple):
    """What every order of the labels gives; the observed one stands first.

    Attributes:
        errors, trials: (orders, groups) errors and comparisons of each group.
        squares: (orders,) sum over people of their squared errors less those expected at their group's rate; of
            comparisons of two people half of that, as each stands in the sums of both.
    """

    errors: Integers
    trials: Integers
    squares: Floats


def permuted(labels: Labels, permutations: int, rng: np.random.Generator) -> Labels:
    """(1 + permutations, people) labels: the observed (people,) ones first, then each a random order of them."""
    found = np.empty((1 + permutations, len(labels)), np.int16)
    found[0] = labels
    for k in range(permutations):
        found[k + 1] = rng.permutation(labels)
    return found


def mated_orders(labels: Labels, groups: int, errors: Integers, comparisons: Integers) -> Orders:
    """False non-matches by order.

    Args:
        labels: (orders, people) from `permuted`.
        errors, comparisons: (people,) of each person.
    """
    return Orders(*_mated(labels, groups, errors, comparisons))


def nonmated_orders(
    labels: Labels,
    groups: int,
    i: Integers,
    j: Integers,
    errors: Integers,
    compared: PeopleCompared,
) -> Orders:
    """False matches within groups by order.

    Args:
        labels: (orders, people) from `permuted`.
        i, j, errors: (k,) pairs of these people with a false match, whatever their labels, and how many.
        compared: how many comparisons these people have.
    """
    if isinstance(compared, PairsOfPeople):
        listed = compared.i, compared.j, compared.comparisons
        return Orders(*_nonmated_listed(labels, groups, i, j, errors, *listed))
    return Orders(*_nonmated(labels, groups, i, j, errors, compared.references, compared.probes, compared.once))


def chi_square(errors: Integers, trials: Integers) -> Floats:
    """(...,) Pearson's statistic of equal rates, of (..., groups) counts; 0 where no comparison or every one errs.

    A group without comparisons adds nothing.
    """
    x, n = errors.astype(np.float64), trials.astype(np.float64)
    pooled = x.sum(-1, keepdims=True) / np.maximum(n.sum(-1, keepdims=True), 1)
    spread = n * pooled * (1 - pooled)
    terms = np.divide((x - n * pooled) ** 2, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(terms.sum(-1))


def statistics(orders: Orders) -> Floats:
    """(orders,) chi-square over the design effect, squares / (p (1 - p) n) with the pooled p and all n comparisons.

    Infinite where groups differ and nobody differs from their group.
    """
    chi = chi_square(orders.errors, orders.trials)
    n = orders.trials.sum(-1).astype(np.float64)
    pooled = orders.errors.sum(-1) / np.maximum(n, 1)
    scaled = chi * pooled * (1 - pooled) * n
    nobody = np.where(scaled > 0, np.inf, 0.0)
    return np.asarray(np.divide(scaled, orders.squares, out=nobody, where=orders.squares > 0))


def permutation_p(values: Floats) -> float:
    """Share of the (orders,) statistics that reach the observed one, which stands first and is among them.

    Orders that give the same counts may differ in their last digit, and reach it.
    """
    reached = values[1:] >= values[0] * (1 - 1e-9)
    return float((1 + reached.sum()) / len(values))


@compiled()
def _mated(labels: Labels, groups: int, errors: Integers, comparisons: Integers) -> tuple[Integers, Integers, Floats]:
    orders, people = labels.shape
    x, n = np.zeros((orders, groups), np.int64), np.zeros((orders, groups), np.int64)
    squares = np.zeros(orders)
    for b in range(orders):
        for s in range(people):
            x[b, labels[b, s]] += errors[s]
            n[b, labels[b, s]] += comparisons[s]
        for s in range(people):
            d = labels[b, s]
            rest = errors[s] - x[b, d] / max(n[b, d], 1) * comparisons[s]
            squares[b] += rest * rest
    return x, n, squares


@compiled()
def _nonmated(
    labels: Labels,
    groups: int,
    i: Integers,
    j: Integers,
    errors: Integers,
    references: Integers,
    probes: Integers,
    once: bool,
) -> tuple[Integers, Integers, Floats]:
    orders, people = labels.shape
    x, n = np.zeros((orders, groups), np.int64), np.zeros((orders, groups), np.int64)
    squares = np.zeros(orders)
    for b in range(orders):
        label = labels[b]
        own = np.zeros(people, np.int64)
        for k in range(len(i)):
            if label[i[k]] == label[j[k]]:
                x[b, label[i[k]]] += errors[k]
                own[i[k]] += errors[k]
                own[j[k]] += errors[k]
        side, other = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
        for s in range(people):
            side[label[s]] += references[s]
            other[label[s]] += probes[s]
            n[b, label[s]] -= references[s] * probes[s]
        for d in range(groups):
            n[b, d] += side[d] * other[d]
            if once:
                n[b, d] //= 2
        for s in range(people):
            d = label[s]
            mine = references[s] * (other[d] - probes[s])
            if not once:
                mine += probes[s] * (side[d] - references[s])
            rest = own[s] - x[b, d] / max(n[b, d], 1) * mine
            squares[b] += rest * rest / 2
    return x, n, squares


@compiled()
def _nonmated_listed(
    labels: Labels,
    groups: int,
    i: Integers,
    j: Integers,
    errors: Integers,
    all_i: Integers,
    all_j: Integers,
    comparisons: Integers,
) -> tuple[Integers, Integers, Floats]:
    orders, people = labels.shape
    x, n = np.zeros((orders, groups), np.int64), np.zeros((orders, groups), np.int64)
    squares = np.zeros(orders)
    for b in range(orders):
        label = labels[b]
        own, mine = np.zeros(people, np.int64), np.zeros(people, np.int64)
        for k in range(len(i)):
            if label[i[k]] == label[j[k]]:
                x[b, label[i[k]]] += errors[k]
                own[i[k]] += errors[k]
                own[j[k]] += errors[k]
        for k in range(len(all_i)):
            if label[all_i[k]] == label[all_j[k]]:
                n[b, label[all_i[k]]] += comparisons[k]
                mine[all_i[k]] += comparisons[k]
                mine[all_j[k]] += comparisons[k]
        for s in range(people):
            d = label[s]
            rest = own[s] - x[b, d] / max(n[b, d], 1) * mine[s]
            squares[b] += rest * rest / 2
    return x, n, squares
