"""Texts and numbers of a vendor as scores: what a number is, what stands for a failure, what is impossible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.cards.outside import ScoresCard
from facegap.outside.faults import Faults, Place, field
from facegap.outside.sources import Block
from facegap.records import Floats, Mask

_DIGITS = b"0123456789+-.eE \n"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d*,\d{3}", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_LARGEST = float(np.finfo(np.float32).max)

_EMPTY = 1e400
"""Stands for no number; a number in a file that is infinite is told by its text."""


class Scores(NamedTuple):
    """Of the rows of a block, one entry each.

    Attributes:
        score: (k,) NaN where the comparison failed, or the row is not usable.
        exact: (k,) the same in double precision, as the vendor gave it but for the direction.
        usable: (k,) False where the row has a fault.
    """

    score: Floats
    exact: npt.NDArray[np.float64]
    usable: Mask


class Numbers:
    """Reads scores by a card, and counts what is wrong with them."""

    def __init__(self, card: ScoresCard, faults: Faults) -> None:
        self._card, self._faults = card, faults
        self._words = {"", *(word.casefold() for word in card.failures)}
        numbers = [word for word in card.failures if _NUMBER.fullmatch(word)]
        self._failed_numbers = np.array([float(word) for word in numbers])
        self._sign = -1.0 if card.direction == "distance" else 1.0
        self._marks: dict[int, str] = {}

    def read(self, block: Block) -> Scores:
        """The (k,) scores of a block."""
        column = block.columns["score"]
        if isinstance(column, list):
            values, failed, usable = self._texts(block, column)
        else:
            values, failed, usable = self._floats(block, column)
        return self.checked(values, failed, usable, block)

    def checked(self, values: npt.NDArray[np.float64], failed: Mask, usable: Mask, place: Place) -> Scores:
        """(k,) scores of (k,) numbers, those of them that are `usable` and not `failed`."""
        if len(self._failed_numbers):
            failed = failed | np.isin(values, self._failed_numbers)
        there = usable & ~failed
        usable = usable & ~self._impossible(values, there, place)
        exact = np.where(there & usable, values, np.nan)
        exact *= self._sign
        return Scores(exact.astype(np.float32), exact, usable)

    def _impossible(self, values: npt.NDArray[np.float64], there: Mask, place: Place) -> Mask:
        wrong = there & ~(np.abs(values) <= _LARGEST)
        if wrong.any():
            infinite = wrong & np.isinf(values)
            self._faults.where("infinite", infinite, place, lambda k: f"the score is infinite ({values[k]})")
            self._faults.where(
                "large", wrong & ~infinite, place, lambda k: f"the score {values[k]:g} has no place in single precision"
            )
        if self._card.range is not None:
            low, high = self._card.range
            outside = there & ~wrong & ((values < low) | (values > high))
            self._faults.where(
                "range",
                outside,
                place,
                lambda k: f"the score {values[k]:.9g} is outside the card's [{low:g}, {high:g}]",
            )
            wrong = wrong | outside
        return wrong

    def _floats(self, block: Block, values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
        failed = block.empty if block.empty is not None else np.zeros(len(values), dtype=bool)
        odd = np.isnan(values) & ~failed
        if odd.any() and "nan" in self._words:
            failed, odd = failed | odd, np.zeros_like(odd)
        self._faults.where("number", odd, block, lambda _: "the score is not a number (nan)")
        return np.where(np.isnan(values), 0.0, values), failed, ~odd

    def _texts(self, block: Block, texts: Sequence[str]) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
        k = len(texts)
        joined = "\n".join(texts)
        clear = "." not in joined or self._marks.get(block.file) != ","
        if clear and "," not in joined and joined.isascii() and not joined.encode().translate(None, _DIGITS):
            try:
                values = np.fromiter(map(float, texts), dtype=np.float64, count=k)
            except ValueError:
                pass
            else:
                # A number too large for double precision reads as infinite; it is finite as written.
                if np.isfinite(values).all():
                    if "." in joined:
                        self._marks[block.file] = "."
                    return values, np.zeros(k, dtype=bool), np.ones(k, dtype=bool)
        return self._one_by_one(block, texts)

    def _one_by_one(self, block: Block, texts: Sequence[str]) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
        values = np.zeros(len(texts))
        failed, usable = np.zeros(len(texts), dtype=bool), np.ones(len(texts), dtype=bool)
        for k, text in enumerate(texts):
            plain = text.strip()
            if plain.casefold() in self._words:
                failed[k] = True
                continue
            kind, what = self._number(plain, block.file)
            if kind:
                usable[k] = False
                self._faults.one(kind, block, k, what)
            else:
                values[k] = float(what)
        return values, failed, usable

    def _number(self, text: str, file: int) -> tuple[str, str]:
        """The kind of fault and what to say of it; or "" and the number with a decimal point."""
        if _NUMBER.fullmatch(text):
            if "." in text and self._marks.get(file) == ",":
                return "mark", f"{field(text)} has a decimal point, others before it a comma"
            if np.isinf(float(text)):
                return "large", f"the score {field(text)} has no place in single precision"
            if "." in text:
                self._marks[file] = "."
            return "", text
        if _WITH_COMMA.fullmatch(text):
            if self._marks.get(file) == ".":
                return "mark", f"{field(text)} has a comma, others in this file a decimal point"
            if _THOUSANDS.fullmatch(text):
                return "mark", f"{field(text)}: a decimal comma, or thousands?"
            self._marks[file] = ","
            return "", text.replace(",", ".")
        if _INFINITE.fullmatch(text):
            return "infinite", f"the score is infinite ({field(text)})"
        if text.casefold() == "nan":
            return "number", f"the score is not a number ({field(text)})"
        return "number", f"the score {field(text)} is not a number"
