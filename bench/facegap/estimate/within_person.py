"""The same people under two labels: who is turned away more often under which, person by person.

A person enters with the difference of their own two error rates, however many comparisons they have. With one
comparison under each label the test is McNemar's, exact, over those on whom the labels disagree; with several the two
labels of a person are swapped as a whole, and the sum of differences is held against that of all swaps. A difference of
two changes (under a condition less under clean) is tested likewise, by its sign. The interval is Tango's (1998) as
`estimate.paired` has it, at as many independent people as the differences' own variance is worth, never fewer than
there are.
`benchmarks/within_person_coverage.md` has the measured coverage and errors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.estimate.discordant import swap_p
from facegap.estimate.paired import Turned, turned_interval

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PARTS = 2520
"""Differences of means over at most ten comparisons are whole numbers of these parts of 1."""

LONGEST = 50_000
"""Sum of differences, in their smallest common part, up to which the swaps are counted at full resolution."""


def by_person(difference: Floats, comparisons: int) -> Turned | None:
    """What turned between two labels, of (n,) people's differences in [-1, 1]; None with fewer than two people.

    `comparisons` under one label, of all people, are the most that the differences can be worth.
    """
    people = len(difference)
    if people < 2:
        return None
    worse, better = float(np.maximum(difference, 0).mean()), float(np.maximum(-difference, 0).mean())
    mean = worse - better
    variance = float(np.square(difference - mean).sum()) / (people * (people - 1))
    size = people if variance == 0 else (worse + better - mean**2) / variance
    return Turned(
        worse=worse,
        better=better,
        comparisons=comparisons,
        people=people,
        changed=int((difference != 0).sum()),
        balanced=float(people),
        size=min(max(size, float(people)), float(max(comparisons, people))),
        freedom=float(max(people - 1, 1)),
    )


def swap_of_labels_p(difference: Floats) -> float:
    """Exact two-sided p-value of labels that may be swapped within every person, of (n,) differences of their means."""
    return swap_p(_whole(difference))


def _whole(difference: Floats) -> Integers:
    """The differences in whole parts; rounded where they are too fine, alike on both sides of zero."""
    parts = np.rint(difference * PARTS).astype(np.int64)
    common = int(np.gcd.reduce(parts)) if parts.any() else 1
    parts //= common
    total = int(np.abs(parts).sum())
    return parts if total <= LONGEST else np.rint(parts * (LONGEST / total)).astype(np.int64)


def change_against(difference: Floats, comparisons: int, level: float) -> tuple[float, float] | None:
    """Interval of the mean of (n,) differences of two changes, each in [-2, 2]; None with fewer than two people."""
    half = by_person(difference / 2, 2 * comparisons)
    if half is None:
        return None
    low, high = turned_interval(half, level)
    return 2 * low, 2 * high
