"""Blank the numbers of groups of very few people, where a study asks for it, in every table alike.

A sum over groups minus the shown groups can give a hidden one back; whoever publishes the tables must look at that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from facegap.evidence import Evidence
from facegap.schema import Row, columns_of, keys_of

_COUNT = re.compile(r"\b\d+ people, fewer than")

RowT = TypeVar("RowT", bound=Row)


def suppressed(evidence: Evidence, row_class: type[RowT], rows: Iterable[RowT]) -> Iterator[RowT]:
    """The rows with those of groups below `study.statistics.suppress_below` people blanked.

    A blanked row still says where it belongs (its key columns), and nothing that was counted. A table without a note
    column loses such rows; the others keep them with the reason.
    """
    least = evidence.study.statistics.suppress_below
    if not least:
        yield from rows
        return
    hidden = {", ".join(names): _small(evidence, names, least) for names in evidence.groupings}
    names = [column.name for column in columns_of(row_class)]
    for row in rows:
        small = hidden.get(str(getattr(row, "grouping", None)), frozenset())
        if not _touches(row, small):
            yield _without_counts(row)
        elif "note" in names:
            kept: dict[str, Any] = {name: getattr(row, name) for name in keys_of(row_class)}
            yield row_class(**kept | {"note": f"suppressed: fewer than {least} people"})


def _small(evidence: Evidence, columns: tuple[str, ...], least: int) -> frozenset[str]:
    pairs = np.unique(np.stack([evidence.samples.grouping(columns), evidence.samples.subjects]), axis=1)
    names, people = np.unique(pairs[0], return_counts=True)
    return frozenset(str(name) for name, n in zip(names, people, strict=True) if n < least)


def _touches(row: Row, small: frozenset[str]) -> bool:
    names = {getattr(row, column.name) for column in columns_of(type(row)) if column.says.group}
    policy = str(getattr(row, "policy", "")).removeprefix("set by ")
    return bool(small & names) or policy in small


def _without_counts(row: RowT) -> RowT:
    """The row with what its texts say of the people of groups that were left out."""
    texts = {c.name: getattr(row, c.name) for c in columns_of(type(row)) if c.kind == "text"}
    changed = {
        name: new for name, old in texts.items() if old is not None and (new := _COUNT.sub("fewer than", old)) != old
    }
    return replace(row, **changed) if changed else row
