"""Tests of two systems on the same comparisons, from those on which they disagree: McNemar's, and one by person.

McNemar's exact test tosses a coin for every discordant comparison and so takes comparisons for independent. Where
one person makes many, the coin belongs to the person: all of a person's comparisons swap the two systems at once, and
the sum of the signed totals is held against all such swaps. With one comparison a person both are the same test.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SMALLEST_P = 1e-12
"""Sums over the transform carry rounding errors of this size; a smaller p-value is given as this."""


def mcnemar_p(first: int, second: int) -> float:
    """Exact two-sided p-value of McNemar 1947, 2 P(Binomial(first + second, 1/2) <= the smaller), at most 1.

    `first` comparisons err under one system alone, `second` under the other alone; 1 where there are none.
    """
    return min(1.0, 2 * float(special.bdtr(min(first, second), first + second, 0.5)))


def swap_p(totals: Integers) -> float:
    """Exact two-sided p-value of systems that may be swapped within every person, over all 2^n swaps.

    Args:
        totals: (n,) errors of one system less those of the other, by person.

    P(|sum of +-totals| >= |sum of totals|). The distribution of the sum has the characteristic function
    prod cos(f totals), whose inverse discrete transform over 2 sum |totals| + 1 frequencies is exact. People of total 0
    change nothing; 1 where there are no others.
    """
    sizes, repeats = np.unique(np.abs(totals[totals != 0]), return_counts=True)
    if len(sizes) == 0:
        return 1.0
    reach = int(sizes @ repeats)
    period = 2 * reach + 1
    characteristic = np.ones(period)
    for size, n in zip(sizes, repeats, strict=True):
        # The product stays below 2^63; reduced before it is scaled, the angle keeps its digits.
        angle = 2 * np.pi * ((int(size) * np.arange(period)) % period) / period
        characteristic *= np.cos(angle) ** int(n)
    chance = np.fft.ifft(characteristic).real
    sums = np.minimum(np.arange(period), period - np.arange(period))
    p = float(chance[sums >= abs(int(totals.sum()))].sum())
    # The observed swap and its mirror image are among the 2^n.
    least = max(2.0 ** (1 - int(repeats.sum())), SMALLEST_P)
    return min(max(p, least), 1.0)


def drawn_p(differences: Floats) -> float:
    """Two-sided p-value of no difference from (draws,) bootstrapped ones: twice the share beyond zero, at most 1.

    (1 + count) / (1 + draws), so that it is never zero; draws that are not defined are left out.
    """
    known = differences[np.isfinite(differences)]
    beyond = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (1 + beyond) / (1 + len(known)))
