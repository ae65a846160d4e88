"""The page's figures on a reader's own matplotlib axes, for notebooks: each draws on `ax`, or on new ones, returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegap.errors import InputError
from facegap.report import cross_fmr, det, dots, rates, views
from facegap.schema import RateRow
from facegap.store import Tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_rates(tables: Tables, model: str, metric: str, ax: Axes | None = None) -> Axes:
    """A rate of every group with its interval, one mark an operating point, in the baseline condition.

    Raises:
        InputError: the run has no such rate.
    """
    series = rates.by_thresholds(tables, model, metric)
    keys = views.once(key for one in series for key in one.rows)
    if not keys:
        raise InputError(f"no {metric} of {model} in this run; there are: {_metrics(tables, model)}")
    ax = _axes(ax)
    scale: dots.Scale = "log" if metric == "FMR" else "linear"
    dots.panel(ax, dots.lines_of(keys, dots.few_people(series)), series, scale, True, views.min_subjects(tables))
    handles, names = dots.handles_of(series, series)
    ax.legend(handles, names, loc="best")
    ax.set_xlabel(metric)
    return ax


def draw_det(tables: Tables, model: str, ax: Axes | None = None) -> Axes:
    """DET curves of the groups of the first grouping, in the baseline condition.

    Raises:
        InputError: the run has no curves, because nobody is known or the groups are not those of its histogram.
    """
    rows = det.curves(tables, model, views.baseline(tables), views.first_grouping(tables))
    if not rows:
        raise InputError(f"no DET curves of {model} in this run")
    ax = _axes(ax)
    det.paint_det(ax, tables, model, views.baseline(tables), rows)
    ax.legend(title="group, worst first")
    return ax


def draw_cross_fmr(tables: Tables, model: str, threshold: str, ax: Axes | None = None) -> Axes:
    """FMR of every reference group of the first grouping against every probe group, in the baseline condition.

    Raises:
        InputError: there are fewer than two groups, or no rate.
    """
    point = next((one for one in views.thresholds(tables, model) if one.name == threshold), None)
    rows = cross_fmr.cells(tables, model, point, views.first_grouping(tables)) if point is not None else []
    if point is None or not rows:
        raise InputError(f"no cross-group FMR of {model} at '{threshold}' in this run")
    ax = _axes(ax)
    cross_fmr.paint(ax, tables, model, point, rows)
    return ax


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    new: Axes = plt.subplots(layout="constrained")[1]
    return new


def _metrics(tables: Tables, model: str) -> str:
    return ", ".join(views.once(row.metric for row in views.select(tables[RateRow], model=model))) or "none"
