"""The measures of how unequal rates are: pure functions, and the two tables that name them.

Rates are (..., groups) float64; a measure answers (...). Sources: NIST FRTE demographics page (max/min, max/mean,
max/geomean, vary geomean, Gini); de Freitas Pereira and Marcel 2021 (FDR and the area under it); Grother, and Howard et
al. 2022, arXiv 2203.05051 (IR, GARBE, corrected Gini); Linghu et al. 2024, arXiv 2407.14087 (WERM); the protocol of
RFW, Wang et al. 2019 (SER, STD).

`MEASURES` and `COMBINED` are functions of the rates at one threshold. `mape` asks for a target FMR besides, `fdr_area`
for the rates at several thresholds: neither fits those tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rates = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One summary of the rates of at least two groups.

    Attributes:
        function: (..., groups) rates to (...,) values.
        at_equality: its value where all rates are equal.
        hides: what a reader cannot see in it.
        positive: it needs every rate above zero.
    """

    name: str
    function: Callable[[Rates], Rates]
    at_equality: float
    hides: str
    positive: bool = False


@dataclass(frozen=True, kw_only=True)
class Combined:
    """One summary of the FMR and the FNMR of the same groups.

    Attributes:
        function: (..., groups) FMRs, (..., groups) FNMRs and the weight of the FMR to (...,) values.
        at_equality, hides, positive: as in `Measure`.
    """

    name: str
    function: Callable[[Rates, Rates, float], Rates]
    at_equality: float
    hides: str
    positive: bool = False


def max_min(rates: Rates) -> Rates:
    """Largest over smallest of (..., groups) rates above zero."""
    return np.asarray(rates.max(-1) / rates.min(-1))


def max_less_min(rates: Rates) -> Rates:
    """Largest less smallest of (..., groups) rates."""
    return np.asarray(rates.max(-1) - rates.min(-1))


def max_mean(rates: Rates) -> Rates:
    """Largest over mean of (..., groups) rates that are not all zero."""
    return np.asarray(rates.max(-1) / rates.mean(-1))


def max_geomean(rates: Rates) -> Rates:
    """Largest over geometric mean of (..., groups) rates above zero."""
    return np.asarray(rates.max(-1) / np.exp(np.log(rates).mean(-1)))


def vary_geomean(rates: Rates) -> Rates:
    """Mean distance of (..., groups) rates above zero from their geometric mean, in decades."""
    logs = np.log10(rates)
    return np.asarray(np.abs(logs - logs.mean(-1, keepdims=True)).mean(-1))


def gini(rates: Rates) -> Rates:
    """sum_ij |x_i - x_j| / (2 n^2 mean) of (..., groups) rates, sorted; 0 where all are 0. At most (n - 1) / n."""
    n = rates.shape[-1]
    total = rates.sum(-1)
    spread = (np.sort(rates, -1) * (2 * np.arange(1, n + 1) - n - 1)).sum(-1)
    return np.asarray(np.divide(spread, n * total, out=np.zeros_like(total), where=total > 0))


def gini_corrected(rates: Rates) -> Rates:
    """Gini * n / (n - 1) of (..., groups) rates of at least two groups, at most 1."""
    n = rates.shape[-1]
    return np.asarray(gini(rates) * (n / (n - 1)))


def std_population(rates: Rates) -> Rates:
    """Standard deviation over the groups of (..., groups) rates, divided by n; 0 for one group.

    That of the accuracies 1 - x is the same.
    """
    return np.asarray(rates.std(-1))


def std_sample(rates: Rates) -> Rates:
    """Standard deviation over the groups of (..., groups) rates, divided by n - 1.

    That of the accuracies 1 - x is the same.
    """
    return np.asarray(rates.std(-1, ddof=1))


def mape(fmr: Rates, target: float) -> Rates:
    """Mean absolute percentage error of (..., groups) FMRs, 100 / n sum |FMR_d - target| / target: per cent of it.

    The target stands in the denominator, not the rate that was reached, so that no rate of zero is left out.
    """
    return np.asarray(100 * np.abs(fmr - target).mean(-1) / target)


def fdr(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Fairness discrepancy rate: 1 minus the weighted ranges of (..., groups) rates."""
    return 1 - (alpha * max_less_min(fmr) + (1 - alpha) * max_less_min(fnmr))


def ir(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Inequity rate: the weighted product of the ratios of extremes of (..., groups) rates above zero."""
    return np.asarray(max_min(fmr) ** alpha * max_min(fnmr) ** (1 - alpha))


def werm(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """The weighted product of the largest over the geometric mean of (..., groups) rates above zero.

    The authors' code adds 1e-5 to every rate of the geometric mean, so that it is defined with zeros and smaller here
    and there than 1; that depends on the size of the rates, and is left out.
    """
    return np.asarray(max_geomean(fmr) ** alpha * max_geomean(fnmr) ** (1 - alpha))


def garbe(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Gini aggregation rate for biometric equitability: the weighted corrected Gini of (..., groups) rates."""
    return alpha * gini_corrected(fmr) + (1 - alpha) * gini_corrected(fnmr)


def error(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """(..., groups) alpha FMR + (1 - alpha) FNMR.

    At 0.5 one less the balanced accuracy, which is the "100 - accuracy" of RFW.
    """
    return alpha * fmr + (1 - alpha) * fnmr


def ser(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """Skewed error ratio: the largest over the smallest `error` of a group, of (..., groups) rates.

    RFW's form at alpha 0.5, where RFW tunes the threshold to the data and this takes it as given. One rate of zero does
    not leave it undefined, only both of one group; `positive` asks for more, as it looks at one rate at a time.
    """
    return max_min(error(fmr, fnmr, alpha))


def std_error_population(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """`std_population` of the (..., groups) `error`, and so of the accuracies, as in RFW."""
    return std_population(error(fmr, fnmr, alpha))


def std_error_sample(fmr: Rates, fnmr: Rates, alpha: float) -> Rates:
    """`std_sample` of the (..., groups) `error`, and so of the accuracies."""
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
    Measure(
        name="max/min",
        function=max_min,
        at_equality=1.0,
        hides="how many groups lie in between; led by the smallest, noisiest groups",
        positive=True,
    ),
    Measure(
        name="max-min",
        function=max_less_min,
        at_equality=0.0,
        hides="ratios: it vanishes at low rates whatever the ratio",
    ),
    Measure(
        name="max/mean",
        function=max_mean,
        at_equality=1.0,
        hides="how good the best group is; at most the number of groups",
    ),
    Measure(
        name="max/geomean", function=max_geomean, at_equality=1.0, hides="how good the best group is", positive=True
    ),
    Measure(
        name="vary geomean",
        function=vary_geomean,
        at_equality=0.0,
        hides="which groups differ and in which direction",
        positive=True,
    ),
    Measure(
        name="gini",
        function=gini,
        at_equality=0.0,
        hides="which groups differ; its largest value depends on the number of groups",
    ),
    Measure(
        name="gini corrected",
        function=gini_corrected,
        at_equality=0.0,
        hides="which groups differ, and the size of the rates",
    ),
    Measure(
        name="STD population",
        function=std_population,
        at_equality=0.0,
        hides="ratios: it vanishes at low rates; divided by n, as RFW's code does",
    ),
    Measure(
        name="STD sample",
        function=std_sample,
        at_equality=0.0,
        hides="ratios: it vanishes at low rates; divided by n - 1",
    ),
)
"""Summaries of one rate over groups."""

COMBINED = (
    Combined(name="FDR", function=fdr, at_equality=1.0, hides="ratios: near 1 at low FMR, whatever the ratio"),
    Combined(
        name="IR",
        function=ir,
        at_equality=1.0,
        hides="whether FMR or FNMR differs, and the size of the rates",
        positive=True,
    ),
    Combined(
        name="WERM",
        function=werm,
        at_equality=1.0,
        hides="whether FMR or FNMR differs, and how good the best group is",
        positive=True,
    ),
    Combined(
        name="GARBE", function=garbe, at_equality=0.0, hides="whether FMR or FNMR differs, and the size of the rates"
    ),
    Combined(
        name="SER",
        function=ser,
        at_equality=1.0,
        hides="the FMR: at low FMR the FNMR alone decides; led by the smallest groups",
        positive=True,
    ),
    Combined(
        name="STD accuracy, population",
        function=std_error_population,
        at_equality=0.0,
        hides="the FMR, and ratios; divided by n, as RFW's code does",
    ),
    Combined(
        name="STD accuracy, sample",
        function=std_error_sample,
        at_equality=0.0,
        hides="the FMR, and ratios; divided by n - 1",
    ),
)
"""Summaries of FMR and FNMR together."""
