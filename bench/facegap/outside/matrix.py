"""Scores of every reference against every probe, from a matrix or from lines, as a memory map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from facegap.cards.outside import ScoresCard
from facegap.outside.ids import Ids
from facegap.records import Finding, Floats, Mask, RuledTrials


@dataclass(frozen=True, eq=False, kw_only=True)
class MatrixScores:
    """A score for every reference and probe of trials by rule.

    Attributes:
        score: (r, p) float32 memory map in the order of `trials.reference` and `trials.probe`, higher = more alike; NaN
            where there is none: a failure, or a sample with itself. Of symmetric trials both halves are filled.
        reference_failed, probe_failed: (r,) and (p,) True where the sample has no score at all on that side.
        single: failed comparisons beyond those: a score is missing though both samples have others.
        single_examples: some of them, (row of reference, row of probe) as places in the matrix.
        findings: notes on the scores as a whole.
    """

    score: Floats
    reference_failed: Mask
    probe_failed: Mask
    single: int = 0
    single_examples: tuple[tuple[int, int], ...] = ()
    findings: tuple[Finding, ...] = ()


def read_matrix(files: Sequence[Path], card: ScoresCard, ids: Ids, trials: RuledTrials, place: Path) -> MatrixScores:
    """The score of every reference against every probe; never a matrix in memory.

    Args:
        files: `.npy` with its two lists of ids, or the forms of `read_listed`.
        place: file that is made for the memory map.

    Raises:
        InputError: as `read_listed`; scores of one pair, counted once, that differ by more than their precision.
        MissingError: Parquet without pyarrow.
        StoreError: the map cannot be made.
    """
    raise NotImplementedError
