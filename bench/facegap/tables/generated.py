"""What stands beside false matches by groups that are shapes of a generator: one rule for all tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from facegap.estimate import cautions
from facegap.evidence import Evidence
from facegap.schema import CrossRow, ExtrapolatedRow, GalleryRow, PolicyRow, RelativeRow, Row

RowT = TypeVar("RowT", bound=Row)

_OF_FALSE_MATCHES = (CrossRow, ExtrapolatedRow, GalleryRow, PolicyRow, RelativeRow)
"""Tables of false matches without a column that says so."""


def said(evidence: Evidence, rows: Iterable[RowT]) -> Iterator[RowT]:
    """The rows, those on false matches by shapes of a generator with that caution before their own."""
    for row in rows:
        yield _said(evidence, row) if evidence.shapes and _speaks_of_false_matches(row) else row


def _speaks_of_false_matches(row: Row) -> bool:
    metric = getattr(row, "metric", None)
    return isinstance(row, _OF_FALSE_MATCHES) or metric in cautions.FALSE_MATCHES


def _said(evidence: Evidence, row: RowT) -> RowT:
    found = cautions.of_generator(str(getattr(row, "grouping", "")), evidence.shapes)
    if not found or not hasattr(row, "caution"):
        return row
    changed: dict[str, Any] = {"caution": cautions.as_text([*found, *filter(None, [row.caution])])}
    return replace(row, **changed)
