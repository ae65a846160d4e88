"""What figures and sentences draw or say: rows that hold a rate, and numbers that are no row of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from facegap.schema import AgeGapRow, CrossRow, IdentificationRow, LivenessRow, ObservedRow, RateRow, TransactionRow

Rated = RateRow | CrossRow | IdentificationRow

Shown = Rated | ObservedRow | AgeGapRow | LivenessRow
"""Rows whose rate is shown with its interval."""
"""Rows that hold a rate beside its counts and interval."""


class Mark(Protocol):
    """What a figure needs of a number: its value, interval, errors and people."""

    @property
    def rate(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def errors(self) -> int | None: ...
    @property
    def subjects(self) -> int | None: ...
    @property
    def caution(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Point:
    """A number that is no rate row of its own, to be drawn or said like one."""

    rate: float | None
    low: float | None
    high: float | None
    errors: int | None = None
    subjects: int | None = None
    caution: str = ""


RowT = TypeVar("RowT", bound=RateRow | CrossRow | IdentificationRow | TransactionRow | LivenessRow)


def as_people(row: RowT) -> RowT:
    """The row with its rate by people in the place of that by comparisons, for whatever speaks of people.

    As it is where the table has none, as those of runs of earlier versions.
    """
    if row.by_people is None:
        return row
    return replace(row, rate=row.by_people, low=row.by_people_low, high=row.by_people_high)


def weighting(rows: Iterable[Mark]) -> str:
    """How the rates of rows that `as_people` gave are weighted, in words."""
    known = [row for row in rows if row.rate is not None]
    if any(getattr(row, "by_people", None) is None for row in known):
        return "Every comparison counts once (by comparisons): this run holds no rates by people."
    return "Every person counts once, however many pictures there are of them (by people)."
