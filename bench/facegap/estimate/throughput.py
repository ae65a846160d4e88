"""How many people are accepted an hour: accepted transactions over the time that all transactions took, by person."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

HOUR = 3600.0
FEW_PEOPLE = 10
"""People, as if all took as long, below whom there is no interval."""


class Throughput(NamedTuple):
    """Accepted transactions an hour with their interval; None with the reason in `note`."""

    per_hour: float | None
    low: float | None
    high: float | None
    note: str


def throughput(accepted: Integers, seconds: Floats, level: float = 0.95) -> Throughput:
    """A ratio of sums over people, linearised: its logarithm with Student's t on the people behind the time.

    Args:
        accepted, seconds: (people,) accepted transactions of each person, and the time of all their transactions,
            accepted or not; NaN where the time of one is not known.
    """
    if not len(seconds):
        return Throughput(None, None, None, "no transactions")
    if np.isnan(seconds).any():
        unknown = int(np.isnan(seconds).sum())
        return Throughput(None, None, None, f"the time of {unknown} of {len(seconds)} people is not known")
    total = float(seconds.sum())
    if total <= 0:
        return Throughput(None, None, None, "no transaction took any time")
    rate = float(accepted.sum()) / total
    people = total**2 / float((seconds**2).sum())
    if accepted.sum() == 0:
        return Throughput(0.0, None, None, "nobody was accepted: no interval")
    if people < FEW_PEOPLE - 0.5:
        return Throughput(HOUR * rate, None, None, f"as if {people:.0f} people took all the time: no interval")
    squares = float(((accepted - rate * seconds) ** 2).sum()) * people / (people - 1)
    reach = float(special.stdtrit(people - 1, 0.5 + level / 2)) * math.sqrt(squares) / (rate * total)
    return Throughput(HOUR * rate, HOUR * rate * math.exp(-reach), HOUR * rate * math.exp(reach), "")
