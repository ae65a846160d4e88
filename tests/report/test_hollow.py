"""Numbers with a caution are hollow in every figure that draws them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure

from facegap.report import cross_fmr, det, edc
from facegap.schema import CrossRow, EdcRow, RateRow

WHITE = (1.0, 1.0, 1.0)
KEY: dict[str, Any] = {"model": "m", "condition": "clean"}


@pytest.mark.parametrize(("errors", "caution", "filled"), [(7, "", True), (7, "few", False), (0, "few", False)])
def test_cells_of_the_heat_map(errors: int, caution: str, filled: bool) -> None:
    row = CrossRow(
        **KEY, failures="counted", grouping="g", reference_group="a", probe_group="b", threshold_name="t",
        errors=errors, rate=errors / 100, low=0.0, high=0.1, caution=caution,
    )  # fmt: skip
    ax = Figure().subplots()
    cross_fmr._cell(ax, row, 0, 0, Normalize(-4, 0), 2)
    faces = [patch.get_facecolor() for patch in ax.patches]
    assert (to_rgb(faces[0][:3]) != WHITE) == filled
    # A frame of the colour is what is left of a hollow cell.
    assert len(faces) == (2 if errors and caution else 1)


def rate(metric: str, caution: str) -> RateRow:
    return RateRow(
        **KEY, metric=metric, failures="counted", grouping="g", group="a", threshold_name="t", errors=3, rate=0.1,
        caution=caution,
    )  # fmt: skip


@pytest.mark.parametrize("cautions", [("", ""), ("few", ""), ("", "few")])
def test_operating_points_on_curves(cautions: tuple[str, str]) -> None:
    pair = rate("FMR", cautions[0]), rate("FNMR", cautions[1])
    ax = Figure().subplots()
    det._join(ax, {"t": {"a": pair}}, ["a"])
    (mark,) = [line for line in ax.lines if line.get_marker() != "None"]
    assert (to_rgb(mark.get_markerfacecolor()) == WHITE) == any(cautions)
    assert det._cautions(*pair) == "; ".join(
        f"{metric}: few" for metric, said in zip(("FMR", "FNMR"), cautions, strict=True) if said
    )


def test_points_after_discarding() -> None:
    rows = [
        EdcRow(
            **KEY, quality="q", grouping="g", group="a", threshold_name="t", discard=share, kept=100, errors=5,
            fnmr=0.05, discarded_share=share, caution=caution,
        )
        for share, caution in ((0.0, ""), (0.1, "few"))
    ]  # fmt: skip
    figure = Figure()
    edc._paint(figure, rows, ["a"])
    hollow = [line for line in figure.axes[0].lines if to_rgb(line.get_markerfacecolor()) == WHITE]
    assert [np.asarray(line.get_xdata()).tolist() for line in hollow] == [[0.1]]
