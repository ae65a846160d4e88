"""False matches that come in clusters of people who match one another, as relatives do.

A family of four is six pairs of people with one cause. Sums over people see what two pairs have in common that share a
person, and take a family for four people, so that a rate which three families make seems to rest on twelve. In
simulations with such families a tenth to a third of the studies found equal groups to differ; whose errors come mostly
from few clusters tells no difference between groups (`benchmarks/reference_ratio.md`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Integers = npt.NDArray[np.int64]

LEAST_ERRORS, LEAST_RATE, BY_CHANCE = 2, 0.1, 1e-3
"""Of two people who match as relatives do, and how seldom two of the group would by chance."""

LEAST_PEOPLE, MOST_PEOPLE = 3, 10
"""Of a cluster. Two people are one pair, which sums over people see as one; more people who match one another are no
family, and are counted person by person."""

FEW_CLUSTERS = 12
MOSTLY = 0.5


class Clusters(NamedTuple):
    """Share of all false matches that lie inside clusters, and how many clusters would make as many each alike."""

    share: float
    alike: float

    @property
    def few(self) -> bool:
        """Whether most false matches rest on too few clusters to tell groups apart."""
        return self.share > MOSTLY and self.alike < FEW_CLUSTERS


class Together(NamedTuple):
    """What the pairs of one cluster have in common, of all clusters.

    Attributes:
        lots: sum over clusters of (errors)^2 less that over their pairs: products of any two pairs of a cluster.
        shared: of these those of two pairs that share a person, which sums over people see.
    """

    lots: float
    shared: float


NO_FAMILIES = Together(0.0, 0.0)


def clusters(i: Integers, j: Integers, errors: Integers, comparisons: Integers, rate: float) -> Clusters:
    """Clusters of people, each linked to the next by a pair that matches often.

    Args:
        i, j, errors, comparisons: (k,) pairs of people with a false match, each pair once.
        rate: of all comparisons of the group.
    """
    inside, cluster = _inside(i, j, errors, comparisons, rate)
    if not inside.any():
        return Clusters(0.0, 0.0)
    own = np.bincount(cluster[i[inside]], errors[inside])
    return Clusters(float(own.sum()) / int(errors.sum()), float(own.sum()) ** 2 / float((own**2).sum()))


def together(
    i: Integers, j: Integers, errors: Integers, comparisons: Integers, rate: float, values: npt.NDArray[np.float64]
) -> Together:
    """Of (k,) `values` of the pairs, such as their errors; other arguments as of `clusters`."""
    inside, cluster = _inside(i, j, errors, comparisons, rate)
    if not inside.any():
        return NO_FAMILIES
    value, i, j = values[inside], i[inside], j[inside]
    alone = float((value**2).sum())
    people = np.bincount(np.concatenate([i, j]), np.tile(value, 2))
    lots = float((np.bincount(cluster[i], value) ** 2).sum()) - alone
    return Together(lots, float((people**2).sum()) - 2 * alone)


def _inside(
    i: Integers, j: Integers, errors: Integers, comparisons: Integers, rate: float
) -> tuple[npt.NDArray[np.bool_], Integers]:
    """(k,) whether both people of a pair are of one cluster, and (people,) clusters."""
    by_chance = special.gammainc(errors, rate * comparisons)
    strong = (errors >= LEAST_ERRORS) & (errors >= LEAST_RATE * comparisons) & (by_chance <= BY_CHANCE)
    if not strong.any():
        return strong, np.zeros(0, np.int64)
    people = int(max(i.max(), j.max())) + 1
    links = coo_matrix((np.ones(int(strong.sum())), (i[strong], j[strong])), shape=(people, people))
    number, cluster = connected_components(links, directed=False)
    size = np.bincount(cluster, minlength=number)
    family = (size >= LEAST_PEOPLE) & (size <= MOST_PEOPLE)
    return (cluster[i] == cluster[j]) & family[cluster[i]], np.asarray(cluster, dtype=np.int64)
