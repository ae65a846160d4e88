"""Which adapter reads a card's layout."""

from __future__ import annotations

from pathlib import Path

from facegap.cards import DatasetCard
from facegap.datasets.adapters import lfw, manifest, pattern, tree
from facegap.datasets.row import Loaded

_ADAPTERS = {"tree": tree.load, "lfw": lfw.load, "pattern": pattern.load}


def load(card: DatasetCard, root: Path, images: bool = True) -> Loaded:
    """Samples of the data set `card` below `root`, with what was refused and found.

    Args:
        images: refuse samples whose image file is not there. Where a manifest names the samples, False keeps them: of
            models that others ran no image is needed.

    Raises:
        DatasetMissing: the folder is not there.
        DatasetError: the folder as a whole contradicts the card. A sample that does is refused, not an error.
    """
    if card.adapter == "csv":
        return manifest.load(card, root, images)
    return _ADAPTERS[card.adapter](card, root)
