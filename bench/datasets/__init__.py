"""Data sets: a card and a folder give samples with their labels, and an account of what was refused and why.

Three adapters, one plain function each: `csv` (a manifest), `tree` (group/subject/image folders), `lfw` (LFW's layout).
"""

from __future__ import annotations

from pathlib import Path

from bench.cards import DatasetCard
from bench.datasets import csv
from bench.datasets.rows import Loaded

__all__ = ["Loaded", "load"]

_ADAPTERS = {"csv": csv.load}


def load(card: DatasetCard, root: Path) -> Loaded:
    """Samples of the data set `card` below `root`, with what was refused and found.

    Raises:
        DatasetMissing: the folder is not there.
        DatasetError: the folder as a whole contradicts the card. A sample that does is refused, not an error.
    """
    return _ADAPTERS[card.adapter](card, root)
