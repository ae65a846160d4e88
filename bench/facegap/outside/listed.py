"""Scores of a list of comparisons, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from facegap.cards.outside import ScoresCard
from facegap.outside.faults import AFTER, Faults, counted, field
from facegap.outside.ids import Ids, pair_numbers
from facegap.outside.notes import Order, Rounding, Ties, refuse_all_failed, refuse_constant, refuse_turned_around
from facegap.outside.numbers import Numbers, Scores
from facegap.outside.sides import Sides, tell_strange
from facegap.outside.sources import Block, blocks
from facegap.records import Finding, Floats, ListedTrials, Mask, Rows, Strings
from facegap.words import in_one_line, one_line

Orientation = Literal["of the protocol", "drawn"]
"""Whether the protocol tells reference and probe apart, or a lot does, so that a pair may be named either way round."""

PAIRS = ("pair", "score")
SAMPLES = ("reference", "probe", "score")
MOST_REASONS = 1000
OTHER_REASON = "another reason"

_STEP, _PART = 1 << 20, 1 << 16


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
    faults = Faults()
    numbers, rounding = Numbers(card, faults), Rounding(card)
    wanted = _Wanted(ids, trials, pairs, orientation, faults)
    kept = _Kept(wanted, faults)
    needed = (SAMPLES,) if pairs is None else (PAIRS, SAMPLES)
    for block in blocks(files, needed, faults, columns=card.columns):
        scores = numbers.read(block)
        places = wanted.find(block)
        kept.put(block, scores, places)
        rounding.add(scores.exact, (places >= 0) & ~wanted.mated[places])
    kept.share()
    kept.tell_missing(files)
    faults.stop()
    rounding.notes(faults)
    _check(files, card, kept.score, wanted.mated, faults)
    return ListedScores(score=kept.score, why=kept.why, reasons=tuple(kept.reasons), findings=tuple(faults.notes))


def _check(files: Sequence[Path], card: ScoresCard, score: Floats, mated: Mask, faults: Faults) -> None:
    """That the scores are some, of more than one value, and not turned around; and how fine they are."""
    there = score[~np.isnan(score)]
    if not len(there):
        refuse_all_failed(files, len(score))
    low, high = float(there.min()), float(there.max())
    refuse_constant(files, low, high, len(there))
    order, ties = Order(low, high), Ties()
    for start in range(0, len(score), _STEP):
        part, its_mated = score[start : start + _STEP], mated[start : start + _STEP]
        order.add(part, its_mated)
        ties.add(part, ~its_mated)
    refuse_turned_around(files, card, order.auc)
    ties.notes(faults)


class _Wanted:
    """The comparisons of a list by their ids and by their two samples.

    Attributes:
        mated: (k,) whether both samples are of one subject.
    """

    def __init__(
        self, ids: Ids, trials: ListedTrials, pairs: Strings | None, orientation: Orientation, faults: Faults
    ) -> None:
        self._ids, self._trials, self._faults, self._pairs = ids, trials, faults, pairs
        self._drawn = orientation == "drawn"
        self._sides = Sides(ids, trials.reference, faults)
        _, person = np.unique(ids.subjects, return_inverse=True)
        self.mated: Mask = person[trials.reference] == person[trials.probe]
        if pairs is not None:
            # In parts: a text in Python takes ten times what it holds.
            parts = (pairs[start : start + _PART].tolist() for start in range(0, len(pairs), _PART))
            numbers = np.concatenate([pair_numbers(part) for part in parts])
            self._by_number = np.argsort(numbers)
            self._numbers = numbers[self._by_number]

    @cached_property
    def _by_samples(self) -> tuple[Rows, Rows]:
        """(k,) keys of the listed comparisons in their order, and the (k,) place of each; first listings first."""
        keys = self._keys(self._trials.reference, self._trials.probe)
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def listings(self, place: int) -> int:
        """How often the comparison at a place is listed."""
        key = self._keys(self._trials.reference[place : place + 1], self._trials.probe[place : place + 1])
        ordered, _ = self._by_samples
        return int(np.searchsorted(ordered, key, "right")[0] - np.searchsorted(ordered, key, "left")[0])

    def again(self) -> tuple[Rows, Rows]:
        """(m,) places of comparisons that are listed before, and the (m,) place where each is listed first."""
        ordered, order = self._by_samples
        first = np.ones(len(ordered), dtype=bool)
        first[1:] = ordered[1:] != ordered[:-1]
        begins = np.flatnonzero(first)[np.cumsum(first) - 1]
        return order[~first], order[begins[~first]]

    def _keys(self, reference: Rows, probe: Rows) -> Rows:
        if self._drawn:
            reference, probe = np.minimum(reference, probe), np.maximum(reference, probe)
        return np.asarray(reference * len(self._ids) + probe)

    def find(self, block: Block) -> Rows:
        """(k,) place in the list of the comparison that each row names; -1 where it is none, which is a fault."""
        if self._pairs is None or "pair" not in block.columns:
            return self._named_by_samples(block)
        names = block.texts("pair")
        places = _at(self._numbers, self._by_number, pair_numbers(names))
        self._faults.where("unknown-pair", places < 0, block, lambda k: f"no pair {field(names[k])}")
        if {"reference", "probe"} <= set(block.columns):
            self._check_samples(block, places)
        return places

    def _check_samples(self, block: Block, places: Rows) -> None:
        reference, probe = self._sides.find(block)
        keys = self._keys(self._trials.reference[places], self._trials.probe[places])
        known = (places >= 0) & (reference >= 0) & (probe >= 0)
        other = known & (self._keys(reference, probe) != keys)
        names = block.texts("pair")
        self._faults.where("samples", other, block, lambda k: f"pair {field(names[k])} is of other samples")

    def _named_by_samples(self, block: Block) -> Rows:
        reference, probe = self._sides.find(block)
        known = (reference >= 0) & (probe >= 0)
        places = _at(*self._by_samples, self._keys(reference, probe))
        places[~known] = -1
        strange = known & (places < 0)
        if strange.any():
            self._tell_strange(block, reference, probe, strange)
        return places

    def _tell_strange(self, block: Block, reference: Rows, probe: Rows, strange: Mask) -> None:
        same = strange & (reference == probe)
        turned = strange & ~same & (_at(*self._by_samples, self._keys(probe, reference)) >= 0)
        tell_strange(block, self._faults, same, turned, strange & ~same & ~turned)

    def name(self, place: int) -> str:
        """A comparison, as the exported list names it."""
        a, b = (self._ids.exported[side[place]] for side in (self._trials.reference, self._trials.probe))
        samples = f"reference {a} with probe {b}"
        return samples if self._pairs is None else f"pair {self._pairs[place]} ({samples})"


def _at(ordered: npt.NDArray[np.generic], places: Rows, wanted: npt.NDArray[np.generic]) -> Rows:
    """(k,) places of the wanted keys, of those beside (m,) ordered keys; -1 where there is none."""
    if not len(ordered):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[at] == wanted, places[at], -1)


class _Kept:
    """The scores as they come in, each comparison once.

    Attributes:
        score, why, reasons: as of `ListedScores`.
    """

    def __init__(self, wanted: _Wanted, faults: Faults) -> None:
        k = len(wanted.mated)
        self._wanted, self._faults = wanted, faults
        self.score = np.full(k, np.nan, dtype=np.float32)
        self.why = np.zeros(k, dtype=np.uint16)
        self.reasons: dict[str, int] = {"": 0}
        self._seen = np.zeros(k, dtype=bool)
        self._shared = np.zeros(k, dtype=bool)
        self._again: dict[int, int] = {}

    def put(self, block: Block, scores: Scores, places: Rows) -> None:
        """Keep the scores of the rows that are at (k,) places of the list, -1 where at none."""
        there = np.flatnonzero(places >= 0)
        _, first = np.unique(places[there], return_index=True)
        fresh = np.zeros(len(places), dtype=bool)
        fresh[there[first]] = True
        fresh &= ~self._seen[places]
        at = places[fresh]
        self._seen[at] = True
        self._shared[at] = "pair" not in block.columns
        self.score[at] = scores.score[fresh]
        for row in there[~fresh[there]].tolist():
            self._repeated(block, scores, row, int(places[row]))
        if "reason" in block.columns:
            self._keep_reasons(block, np.flatnonzero(fresh & scores.usable & np.isnan(scores.score)), places)

    def _repeated(self, block: Block, scores: Scores, row: int, place: int) -> None:
        """A comparison that is listed several times may be named as often by its samples, with one score."""
        name = self._wanted.name(place)
        times = self._again[place] = self._again.get(place, 1) + 1
        if "pair" in block.columns or times > self._wanted.listings(place):
            self._faults.one("again", block, row, f"{name}: has a score already")
        elif not np.array_equal(scores.score[row], self.score[place], equal_nan=True):
            self._faults.one("differs", block, row, f"{name}: another score than before")

    def _keep_reasons(self, block: Block, rows: Rows, places: Rows) -> None:
        texts = block.texts("reason")
        for row in rows.tolist():
            text = in_one_line(one_line(texts[row]))
            if text not in self.reasons and len(self.reasons) >= MOST_REASONS:
                text = OTHER_REASON
            self.why[places[row]] = self.reasons.setdefault(text, len(self.reasons))

    def share(self) -> None:
        """Give a comparison that is listed more than once, and was named by its samples, its score in every place."""
        if not self._shared.any():
            return
        places, first = self._wanted.again()
        lent = ~self._seen[places] & self._shared[first]
        for values in (self.score, self.why, self._seen):
            values[places[lent]] = values[first[lent]]

    def tell_missing(self, files: Sequence[Path]) -> None:
        """Count the comparisons that no row names."""
        missing = np.flatnonzero(~self._seen)
        if len(missing):
            where = str(files[0]) if len(files) == 1 else f"{files[0]} and {counted(len(files) - 1, 'more file')}"
            message = f"{where}: {len(missing):,} of {counted(len(self._seen), 'comparison')} missing, the first"
            self._faults.add(
                "missing", len(files), AFTER, f"{message} {self._wanted.name(int(missing[0]))}", len(missing)
            )
