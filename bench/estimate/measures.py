"""The measures of how unequal rates are: pure functions, and the two tables that name them.

Rates are (..., groups) float64; a measure answers (...). Sources: NIST FRTE demographics page (max/min, max/mean,
max/geomean, vary geomean, Gini); de Freitas Pereira and Marcel 2021 (FDR); Grother, and Howard et al. 2022,
arXiv 2203.05051 (IR, GARBE, corrected Gini).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rates = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One summary of the rates of at least two groups.

    Attributes:
        at_equality: its value where all rates are equal.
        hides: what a reader cannot see in it.
        positive: it needs every rate above zero.
    """

    name: str
    function: Callable[[Rates], Rates]
    at_equality: float
    hides: str
    positive: bool = False


@dataclass(frozen=True)
class Combined:
    """One summary of the FMR and the FNMR of the same groups; the third argument is the weight of the FMR."""

    name: str
    function: Callable[[Rates, Rates, float], Rates]
    at_equality: float
    hides: str
    positive: bool = False


def max_min(rates: Rates) -> Rates:
    return np.asarray(rates.max(-1) / rates.min(-1))


def max_less_min(rates: Rates) -> Rates:
    return np.asarray(rates.max(-1) - rates.min(-1))


def max_mean(rates: Rates) -> Rates:
    return np.asarray(rates.max(-1) / rates.mean(-1))


def max_geomean(rates: Rates) -> Rates:
    return np.asarray(rates.max(-1) / np.exp(np.log(rates).mean(-1)))


def vary_geomean(rates: Rates) -> Rates:
    """Mean distance from the geometric mean, in decades."""
    logs = np.log10(rates)
    return np.asarray(np.abs(logs - logs.mean(-1, keepdims=True)).mean(-1))


def gini(rates: Rates) -> Rates:
    """sum_ij |x_i - x_j| / (2 n^2 mean), from sorted rates; 0 where all rates are 0. At most (n - 1) / n."""
    n = rates.shape[-1]
    total = rates.sum(-1)
    spread = (np.sort(rates, -1) * (2 * np.arange(1, n + 1) - n - 1)).sum(-1)
    return np.asarray(np.divide(spread, n * total, out=np.zeros_like(total), where=total > 0))


def gini_corrected(rates: Rates) -> Rates:
    """Gini * n / (n - 1), at most 1."""
    n = rates.shape[-1]
    return np.asarray(gini(rates) * (n / (n - 1)))


def fdr(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Fairness discrepancy rate: 1 minus the weighted ranges."""
    return 1 - (alpha * max_less_min(fmr) + (1 - alpha) * max_less_min(fnmr))


def ir(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Inequity rate: the weighted product of the ratios of extremes."""
    return np.asarray(max_min(fmr) ** alpha * max_min(fnmr) ** (1 - alpha))


def garbe(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Gini aggregation rate for biometric equitability: the weighted corrected Gini coefficients."""
    return alpha * gini_corrected(fmr) + (1 - alpha) * gini_corrected(fnmr)


MEASURES = (
    Measure("max/min", max_min, 1.0, "how many groups lie in between; led by the smallest, noisiest groups", True),
    Measure("max-min", max_less_min, 0.0, "ratios: it vanishes at low rates whatever the ratio"),
    Measure("max/mean", max_mean, 1.0, "how good the best group is; at most the number of groups"),
    Measure("max/geomean", max_geomean, 1.0, "how good the best group is", True),
    Measure("vary geomean", vary_geomean, 0.0, "which groups differ and in which direction", True),
    Measure("gini", gini, 0.0, "which groups differ; its largest value depends on the number of groups"),
    Measure("gini corrected", gini_corrected, 0.0, "which groups differ, and the size of the rates"),
)
"""Summaries of one rate over groups."""

COMBINED = (
    Combined("FDR", fdr, 1.0, "ratios: near 1 at low FMR, whatever the ratio"),
    Combined("IR", ir, 1.0, "whether FMR or FNMR differs, and the size of the rates", True),
    Combined("GARBE", garbe, 0.0, "whether FMR or FNMR differs, and the size of the rates"),
)
"""Summaries of FMR and FNMR together."""
