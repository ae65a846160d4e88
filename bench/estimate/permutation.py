"""One test over all groups that needs no design effect: labels are permuted over people, with group sizes kept.

The statistic is the chi-square of equal rates; its distribution comes from the data, so that whatever people have in
common within their comparisons is in it. The null hypothesis is that labels are exchangeable: that one's label says
nothing of one's errors. For false matches within groups it says as well that a stranger of the same label is no more
alike than any other; where that is false the p-value may be small though all groups have the same rate.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]


def chi_square(errors: Integers, trials: Integers) -> Floats:
    """(...,) Pearson's statistic of equal rates over the last axis; 0 where no comparison or every one errs.

    A group without comparisons adds nothing.
    """
    x, n = errors.astype(np.float64), trials.astype(np.float64)
    pooled = x.sum(-1, keepdims=True) / np.maximum(n.sum(-1, keepdims=True), 1)
    spread = n * pooled * (1 - pooled)
    terms = np.divide((x - n * pooled) ** 2, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(terms.sum(-1))


def permuted(labels: Labels, permutations: int, rng: np.random.Generator) -> Labels:
    """(people, 1 + permutations) labels: the observed ones first, then each a random order of them."""
    found = np.empty((len(labels), 1 + permutations), np.int16)
    found[:, 0] = labels
    for k in range(permutations):
        found[:, k + 1] = rng.permutation(labels)
    return found


def mated_counts(labels: Labels, groups: int, errors: Integers, comparisons: Integers) -> tuple[Integers, Integers]:
    """(orders, groups) false non-matches and mated comparisons.

    Args:
        labels: (people, orders) from `permuted`.
        errors, comparisons: (people,) of each person.
    """
    return _by_label(labels, groups, errors), _by_label(labels, groups, comparisons)


def nonmated_counts(
    labels: Labels,
    groups: int,
    i: Integers,
    j: Integers,
    errors: Integers,
    references: Integers,
    probes: Integers,
    once: bool,
) -> tuple[Integers, Integers]:
    """(orders, groups) false matches and non-mated comparisons within groups.

    Args:
        labels: (people, orders) from `permuted`.
        i, j, errors: (k,) pairs of these people with a false match, whatever their labels, and how many.
        references, probes: (people,) samples of each person on either side.
        once: both sides are the same samples, each unordered pair compared once.
    """
    a, b, own = (_by_label(labels, groups, values) for values in (references, probes, references * probes))
    return _within(labels, groups, i, j, errors), (a * b - own) // (2 if once else 1)


def permutation_p(statistics: Floats) -> float:
    """(1 + how many orders reach the observed statistic) / (1 + orders); the observed one stands first.

    Orders that give the same counts may differ in their last digit, and reach it.
    """
    reached = statistics[1:] >= statistics[0] * (1 - 1e-9)
    return float((1 + reached.sum()) / len(statistics))


@numba.njit(nogil=True, cache=True)
def _within(labels: Labels, groups: int, i: Integers, j: Integers, errors: Integers) -> Integers:
    """(orders, groups) errors of pairs whose people have the same label."""
    orders = labels.shape[1]
    found = np.zeros((orders, groups), np.int64)
    for k in range(len(i)):
        first, second, x = labels[i[k]], labels[j[k]], errors[k]
        for b in range(orders):
            if first[b] == second[b]:
                found[b, first[b]] += x
    return found


@numba.njit(nogil=True, cache=True)
def _by_label(labels: Labels, groups: int, values: Integers) -> Integers:
    """(orders, groups) sums of (people,) values."""
    orders = labels.shape[1]
    found = np.zeros((orders, groups), np.int64)
    for s in range(len(values)):
        for b in range(orders):
            found[b, labels[s, b]] += values[s]
    return found
