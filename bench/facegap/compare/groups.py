"""The tables of a histogram, as far as they fit the memory."""

from __future__ import annotations

from facegap.errors import InputError
from facegap.records import Meets, Samples

MOST_CELLS, MOST_TABLES = 4096, 16384
"""Of which the tables take 512 MB at 4096 bins."""


def meets_of(samples: Samples, cell_columns: tuple[str, ...]) -> Meets:
    """What the histogram's tables are of, over `cell_columns`.

    Raises:
        InputError: they would not fit the memory.
    """
    said = ", ".join(cell_columns)
    cells = len(samples.coded(cell_columns)[0])
    if cells > MOST_CELLS:
        raise InputError(f"groups: {cells} cells over {said}, at most {MOST_CELLS}; use fewer columns")
    meets = Meets.of(samples, cell_columns)
    if len(meets) > MOST_TABLES:
        raise InputError(
            f"groups: two people can share the labels of {said} in {len(meets)} ways, at most {MOST_TABLES}; use fewer "
            "columns in one study"
        )
    return meets
