"""Histograms of kept comparisons: by the labels that two samples share, or, of earlier versions, by pairs of cells."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np

from facegap.records import Meets, Rows, Samples

_MOST_CELLS = 4096
"""That a run has ever kept."""


def read_histogram(
    arrays: Mapping[str, Any], cells: Rows, names: tuple[str, ...], samples: Samples
) -> tuple[Rows, Meets]:
    """The (tables, bins) counts and what the tables are, from the `arrays` of a file.

    Args:
        cells: (n samples,) cell of each sample, a place in `names`.

    Raises:
        ValueError: they do not fit each other.
    """
    counts = arrays["histogram"]
    if len(names) > _MOST_CELLS or cells.min(initial=0) < 0 or cells.max(initial=0) >= max(len(names), 1):
        raise ValueError("cells that there are not")
    earlier = counts.ndim == 3
    meets = _of_cells(samples, cells, names) if earlier else _stored(arrays, len(names))
    if counts.shape[:-1] != ((len(names),) * 2 if earlier else (len(meets),)):
        raise ValueError(f"a histogram of {counts.shape} for {len(names)} cells in {len(meets)} tables")
    return (_summed(counts, meets) if earlier else counts), meets


def _stored(arrays: Mapping[str, Any], cells: int) -> Meets:
    columns = tuple(str(name) for name in arrays["meet_columns"])
    codes = arrays["meet_codes"].astype(np.int64)
    if codes.shape != (cells, len(columns)) or codes.min(initial=0) < 0 or codes.max(initial=0) >= max(cells, 1):
        raise ValueError("labels of cells that there are not")
    return Meets(columns=columns, codes=codes)


def _of_cells(samples: Samples, cells: Rows, names: tuple[str, ...]) -> Meets:
    """The columns whose groups the cells are; where none are found, each cell is a label of its own."""
    count = names[0].count(", ") + 1 if names else 0
    for columns in permutations(samples.groups, min(count, len(samples.groups))):
        found, codes = samples.coded(columns)
        if found == names and np.array_equal(codes, cells):
            return Meets.of(samples, columns)
    return Meets(columns=("cell",), codes=np.arange(len(names))[:, None])


def _summed(blocks: Rows, meets: Meets) -> Rows:
    """(tables, bins) sums of (cells, cells, bins) counts."""
    found = np.zeros((len(meets), blocks.shape[-1]), dtype=np.int64)
    np.add.at(found, meets.table.ravel(), blocks.reshape(-1, blocks.shape[-1]))
    return found
