"""The measures of how unequal rates are: pure functions, and the two tables that name them.

Rates are (..., groups) float64; a measure answers (...). Sources: NIST FRTE demographics page (max/min, max/mean,
max/geomean, vary geomean, Gini); de Freitas Pereira and Marcel 2021 (FDR and the area under it); Grother, and Howard et
al. 2022, arXiv 2203.05051 (IR, GARBE, corrected Gini); the protocol of RFW, Wang et al. 2019 (SER, STD).

`MEASURES` and `COMBINED` are functions of the rates at one threshold. `mape` asks for a target FMR besides, `fdr_area`
for the rates at several thresholds: neither fits those tables.
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


def std_population(rates: Rates) -> Rates:
    """Standard deviation over the groups, divided by n; that of the accuracies 1 - x is the same. 0 for one group."""
    return np.asarray(rates.std(-1))


def std_sample(rates: Rates) -> Rates:
    """Standard deviation over the groups, divided by n - 1; that of the accuracies 1 - x is the same."""
    return np.asarray(rates.std(-1, ddof=1))


def mape(fmr: Rates, target: float) -> Rates:
    """Mean absolute percentage error of the FMR, 100 / n sum |FMR_d - target| / target: per cent of the target.

    The target stands in the denominator, not the rate that was reached, so that no rate of zero is left out.
    """
    return np.asarray(100 * np.abs(fmr - target).mean(-1) / target)


def fdr(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Fairness discrepancy rate: 1 minus the weighted ranges."""
    return 1 - (alpha * max_less_min(fmr) + (1 - alpha) * max_less_min(fnmr))


def ir(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Inequity rate: the weighted product of the ratios of extremes."""
    return np.asarray(max_min(fmr) ** alpha * max_min(fnmr) ** (1 - alpha))


def garbe(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Gini aggregation rate for biometric equitability: the weighted corrected Gini coefficients."""
    return alpha * gini_corrected(fmr) + (1 - alpha) * gini_corrected(fnmr)


def error(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """alpha FMR + (1 - alpha) FNMR; at 0.5 one less the balanced accuracy, which is the "100 - accuracy" of RFW."""
    return alpha * fmr + (1 - alpha) * fnmr


def ser(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Skewed error ratio: the largest over the smallest `error` of a group.

    RFW's form at alpha 0.5, where RFW tunes the threshold to the data and this takes it as given. One rate of zero does
    not leave it undefined, only both of one group; `positive` asks for more, as it looks at one rate at a time.
    """
    return max_min(error(fmr, fnmr, alpha))


def std_error_population(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """`std_population` of `error`, and so of the accuracies, as in RFW."""
    return std_population(error(fmr, fnmr, alpha))


def std_error_sample(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """`std_sample` of `error`, and so of the accuracies."""
    return std_sample(error(fmr, fnmr, alpha))


def fdr_area(log_fmr: Rates, values: Rates) -> Rates:
    """Area under the FDR over thresholds set at a grid of pooled FMRs, divided by the grid's length: 1 = equal.

    Trapezia over the decimal logarithm of the FMR that each threshold was set at.

    Args:
        log_fmr: (points,) ascending, at least two.
        values: (..., points) FDR at each.
    """
    between = (values[..., 1:] + values[..., :-1]) / 2
    return np.asarray((between * np.diff(log_fmr)).sum(-1) / (log_fmr[-1] - log_fmr[0]))


MEASURES = (
    Measure("max/min", max_min, 1.0, "how many groups lie in between; led by the smallest, noisiest groups", True),
    Measure("max-min", max_less_min, 0.0, "ratios: it vanishes at low rates whatever the ratio"),
    Measure("max/mean", max_mean, 1.0, "how good the best group is; at most the number of groups"),
    Measure("max/geomean", max_geomean, 1.0, "how good the best group is", True),
    Measure("vary geomean", vary_geomean, 0.0, "which groups differ and in which direction", True),
    Measure("gini", gini, 0.0, "which groups differ; its largest value depends on the number of groups"),
    Measure("gini corrected", gini_corrected, 0.0, "which groups differ, and the size of the rates"),
    Measure(
        "STD population", std_population, 0.0, "ratios: it vanishes at low rates; divided by n, as RFW's code does"
    ),
    Measure("STD sample", std_sample, 0.0, "ratios: it vanishes at low rates; divided by n - 1"),
)
"""Summaries of one rate over groups."""

COMBINED = (
    Combined("FDR", fdr, 1.0, "ratios: near 1 at low FMR, whatever the ratio"),
    Combined("IR", ir, 1.0, "whether FMR or FNMR differs, and the size of the rates", True),
    Combined("GARBE", garbe, 0.0, "whether FMR or FNMR differs, and the size of the rates"),
    Combined("SER", ser, 1.0, "the FMR: at low FMR the FNMR alone decides; led by the smallest groups", True),
    Combined(
        "STD accuracy, population", std_error_population, 0.0, "the FMR, and ratios; divided by n, as RFW's code does"
    ),
    Combined("STD accuracy, sample", std_error_sample, 0.0, "the FMR, and ratios; divided by n - 1"),
)
"""Summaries of FMR and FNMR together."""
