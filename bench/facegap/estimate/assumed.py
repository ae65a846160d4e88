"""Counts without their people: tests at an assumed design effect, and the one at which a verdict would turn.

Comparisons of the same people go together, and a published table seldom says how much. A verdict then holds for a
design effect that is assumed, 1 for independent comparisons, and what decides is how much larger the true one may be
before the verdict is another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from scipy import special

from facegap.estimate.power import visible_ratio
from facegap.estimate.two_groups import Rate, koopman, score_p

LARGEST = 1e6
"""Design effect up to which a turn is looked for."""

SMALL = 5.0
"""Expected errors (and successes) of either side below which the exact test decides (Cochran's rule)."""

Test = Literal["score test", "exact test given all errors"]


def equal_p(a: Rate, b: Rate) -> tuple[float, Test]:
    """Two-sided p-value of equal rates, and the test that gave it.

    The score test where every expected number is at least `SMALL`. Else the binomial test of how all errors fall on the
    two sides (Przyborowski and Wilenski 1940), both tails twice the smaller one; of successes where they are the fewer.
    It is exact where errors are rare and too careful where they are not. Numbers may be fractional.
    """
    errors, trials = a.errors + b.errors, a.trials + b.trials
    if errors <= 0 or errors >= trials:
        return 1.0, "exact test given all errors"
    fewer = min(errors, trials - errors)
    if fewer * min(a.trials, b.trials) / trials >= SMALL:
        return score_p(a, b), "score test"
    x = a.errors if errors <= trials - errors else a.trials - a.errors
    share = a.trials / trials
    # Chance of x or fewer, and of x or more, of `fewer` that fall on a's side with this share.
    low = 1.0 if x >= fewer else float(special.betaincc(x + 1, fewer - x, share))
    high = 1.0 if x <= 0 else float(special.betainc(x, fewer - x + 1, share))
    return min(1.0, 2 * min(low, high)), "exact test given all errors"


def turning_point(same: Callable[[float], bool], assumed: float = 1.0, largest: float = LARGEST) -> float | None:
    """The smallest design effect above `assumed` at which `same` is no longer true, to 1 in 1,000.

    Args:
        same: whether the verdict at a design effect is the one at `assumed`.

    Returns:
        None where it is the same at every design effect looked at, up to `largest`.
    """
    low, high = assumed, assumed * 1.05
    while same(high):
        if high >= largest:
            return None
        low, high = high, min(high * 1.25, largest)
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if same(middle) else (low, middle)
    return high


def ratio_of(a: Rate, b: Rate, level: float = 0.95) -> tuple[float | None, float | None]:
    """The interval of a / b that agrees with `equal_p`: it leaves out 1 where the p-value is below 1 - level.

    A bound that does not exist is None, as in `two_groups.koopman`, whose interval stands beside the score test; beside
    the exact test it is Clopper and Pearson's of the share of all errors that fall on a's side.
    """
    errors = a.errors + b.errors
    if errors <= 0:
        return None, None
    if equal_p(a, b)[1] == "score test" or errors > a.trials + b.trials - errors:
        return koopman(a, b, level)
    alpha, odds = (1 - level) / 2, b.trials / a.trials
    low = 0.0 if a.errors <= 0 else float(special.betaincinv(a.errors, b.errors + 1, alpha))
    high = 1.0 if b.errors <= 0 else float(special.betaincinv(a.errors + 1, b.errors, 1 - alpha))
    return odds * low / (1 - low), None if high >= 1 else odds * high / (1 - high)


def visible_above(a: Rate, b: Rate, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The smallest ratio of a's rate to b's, above 1, that the test of `equal_p` sees with `power`.

    Beside the exact test it is the one that as many errors in all would show; None where they could show none.
    """
    errors, trials = a.errors + b.errors, a.trials + b.trials
    if errors <= 0:
        return None
    if equal_p(a, b)[1] == "score test":
        rate = b.errors / b.trials if b.errors > 0 else errors / trials
        return visible_ratio(rate, a.trials, b.trials, power, alpha)
    whole, share = math.floor(errors + 1e-9), a.trials / trials
    # The fewest errors on a's side that reject: both tails are twice the smaller one.
    fewest = next((x for x in range(1, whole + 1) if 2 * float(special.betainc(x, whole - x + 1, share)) < alpha), None)
    if fewest is None:
        return None
    needed = float(special.betaincinv(fewest, whole - fewest + 1, power))
    return needed / (1 - needed) * b.trials / a.trials if needed < 1 else None
