"""A smaller data set by a seeded draw of people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.errors import DatasetError
from facegap.records import Rows, Samples


def draw_subjects(samples: Samples, n: int, seed: int) -> Samples:
    """All samples of `n` subjects, drawn without replacement so that each group keeps its share.

    A subject's stratum is its group over all label columns (that of its first sample by id). Strata get seats in
    proportion to their subjects, the remaining seats going to the largest remainders (Hamilton's method); within a
    stratum subjects are drawn at random. The order of the rows does not matter.

    Raises:
        DatasetError: there are fewer than `n` subjects.
    """
    order = np.argsort(samples.ids)
    subjects, first = np.unique(samples.subjects[order], return_index=True)
    if n > len(subjects):
        raise DatasetError(f"a draw of {n} subjects: the data set has {len(subjects)}; ask for that many or fewer")
    groups = samples.grouping(tuple(sorted(samples.groups)))[order][first]
    names, stratum, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    rng = np.random.default_rng(seed)
    seats = _seats(sizes, n, rng.permutation(len(names)))
    chosen = [rng.permutation(np.flatnonzero(stratum == k))[:seat] for k, seat in enumerate(seats)]
    return samples.take(np.isin(samples.subjects, subjects[np.concatenate(chosen)]))


def draw_images(samples: Samples, most: int, seed: int, by_role: bool = False) -> Samples:
    """At most `most` samples of every subject, or of every subject in every role, drawn without replacement.

    The order of the rows neither matters nor changes. Who has fewer keeps all.
    """
    order = np.argsort(samples.ids)
    chance = np.random.default_rng([seed, 0x1A6E]).permutation(len(samples))
    of = samples.subjects[order]
    if by_role:
        of = np.char.add(np.char.add(samples.roles[order], "\n"), of)
    _, owner, owned = np.unique(of, return_inverse=True, return_counts=True)
    drawn = np.lexsort((chance, owner))
    place = np.arange(len(samples)) - np.repeat(np.cumsum(owned) - owned, owned)
    kept = np.sort(order[drawn[place < most]])
    return samples.take(kept)


def _seats(sizes: npt.NDArray[np.intp], n: int, ties: npt.NDArray[np.int64]) -> Rows:
    """(strata,) seats in proportion to `sizes` that add up to `n`; equal remainders go by `ties`."""
    shares = sizes * n
    seats = shares // sizes.sum()
    by_remainder = np.lexsort((ties, -(shares % sizes.sum())))
    seats[by_remainder[: n - seats.sum()]] += 1
    return np.asarray(seats, dtype=np.int64)
