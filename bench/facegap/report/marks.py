"""What figures and sentences draw or say: rows that hold a rate, and numbers that are no row of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from facegap.schema import CrossRow, IdentificationRow, RateRow

Rated = RateRow | CrossRow | IdentificationRow
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


@dataclass(frozen=True, kw_only=True)
class Point:
    """A number that is no rate row of its own, to be drawn or said like one."""

    rate: float | None
    low: float | None
    high: float | None
    errors: int | None = None
    subjects: int | None = None
