"""Scores of a list of comparisons, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from facegap.cards.outside import ScoresCard
from facegap.outside.ids import Ids
from facegap.records import Finding, Floats, ListedTrials, Strings

Orientation = Literal["of the protocol", "drawn"]
"""Whether the protocol tells reference and probe apart, or a lot does, so that a pair may be named either way round."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ListedScores:
    """One score a comparison of a list.

    Attributes:
        score: (k,) float32, higher = more alike; NaN where the comparison failed.
        why: (k,) place in `reasons` of a failed comparison's reason; 0 of others, and where none is said.
        reasons: the reasons for failures that the files name, the first "".
        findings: notes on the scores as a whole: distinct values, what thresholds can be reached, and so on.
    """

    score: Floats
    why: npt.NDArray[np.uint16]
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def reason(self) -> Strings:
        """(k,) why each comparison failed, "" where it did not or nothing is said."""
        return np.array(self.reasons)[self.why]


def read_listed(
    files: Sequence[Path],
    card: ScoresCard,
    ids: Ids,
    trials: ListedTrials,
    pairs: Strings | None,
    orientation: Orientation = "of the protocol",
) -> ListedScores:
    """The score of every comparison of the list, from one or several files that together are one set.

    Args:
        files: CSV, Parquet or text, see docs/outside-evidence.md.
        pairs: (k,) ids of the comparisons, `pair_ids`; None where only their two samples name them.
        orientation: "drawn" where a pair may be named either way round.

    Raises:
        InputError: a file cannot be read, or not every comparison has exactly one score or failure: the first line
            that is wrong, and how many of each kind there are.
        MissingError: Parquet without pyarrow.
    """
    raise NotImplementedError
