"""Histograms of earlier versions, by pairs of cells, are read as tables of shared labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facegap.evidence.histograms import read_histogram
from facegap.records import Samples
from made import make_samples

BINS = 8


def samples() -> Samples:
    return make_samples(
        [f"p{k}" for k in range(12)],
        {"size": ["big", "small", "tall"] * 4, "other": list("xyxyzzxyxyzz"), "colour": ["red", "green"] * 6},
    )


def blocks_of(cells: int) -> Any:
    """Counts by pairs of cells, upper half, as of symmetric trials."""
    found = np.random.default_rng(0).integers(0, 50, (cells, cells, BINS))
    found[np.tril_indices(cells, -1)] = 0
    return found


@pytest.mark.parametrize("columns", [(), ("colour",), ("size", "colour"), ("colour", "size"), ("size", "other")])
def test_groups_of_an_earlier_run_are_the_sums_of_its_blocks(columns: tuple[str, ...]) -> None:
    made = samples()
    names, cells = made.coded(columns)
    blocks = blocks_of(len(names))
    counts, meets = read_histogram({"histogram": blocks}, cells, names, made)
    np.testing.assert_array_equal(counts.sum(axis=0), blocks.sum(axis=(0, 1)))
    if columns:
        assert meets.columns == columns
    for column in columns:
        groups, group = made.coded((column,))
        of_cell = np.zeros(len(names), dtype=np.int64)
        of_cell[cells] = group
        of_table = meets.group_of(of_cell)
        for d in range(len(groups)):
            mine = of_cell == d
            expected = blocks[np.ix_(mine, mine)].sum(axis=(0, 1))
            np.testing.assert_array_equal(counts[of_table == d].sum(axis=0), expected)


def test_cells_that_are_no_groups_of_the_samples_keep_their_own_blocks() -> None:
    made = samples()
    counts, meets = read_histogram({"histogram": blocks_of(2)}, np.arange(12) // 6, ("a", "b"), made)
    assert counts.shape == (3, BINS) and meets.columns == ("cell",)
    np.testing.assert_array_equal(counts[1:], blocks_of(2)[[0, 1], [0, 1]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"histogram": np.zeros((3, 2, BINS), int)}, "a histogram of"),
        ({"histogram": np.zeros((5, BINS), int)}, "a histogram of"),
        ({"meet_codes": np.array([[0], [7]])}, "labels of cells that there are not"),
        ({"meet_codes": np.array([[0], [-1]])}, "labels of cells that there are not"),
        ({"meet_codes": np.array([0, 1])}, "labels of cells that there are not"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(change: dict[str, Any], said: str) -> None:
    sound = {
        "histogram": np.zeros((3, BINS), int),
        "meet_columns": np.array(["colour"]),
        "meet_codes": np.array([[0], [1]]),
    }
    made = samples()
    names, cells = made.coded(("colour",))
    assert len(read_histogram(sound, cells, names, made)[1]) == 3
    with pytest.raises(ValueError, match=said):
        read_histogram(sound | change, cells, names, made)
    with pytest.raises(ValueError, match="cells that there are not"):
        read_histogram(sound, cells + 1, names, made)
