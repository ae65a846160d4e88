"""The two samples that a row of scores names, in any of the ways in which files name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from facegap.outside.faults import Faults, Place, field
from facegap.outside.ids import Ids
from facegap.outside.sources import Block
from facegap.records import Mask, Rows


class Sides:
    """Finds the rows of samples that files name, and counts those that it does not find.

    `references` are the (r,) rows of the samples that are references.

    In bob's text the reference is a model or a client: the id of a sample, or a subject who has one reference here.
    """

    def __init__(self, ids: Ids, references: Rows, faults: Faults) -> None:
        self._ids, self._faults = ids, faults
        self._references = references

    def find(self, block: Block) -> tuple[Rows, Rows]:
        """(k,) rows of the reference and of the probe, -1 where one is not known."""
        if "claimed" not in block.columns:
            return self.named(block, "reference"), self.named(block, "probe")
        probe = self.named(block, "probe")
        self._check_real(block, probe)
        return self._claimed(block), probe

    def named(self, block: Block, column: str, kind: str = "unknown") -> Rows:
        """(k,) rows of the samples that a column names, -1 where it names none; each of those is a fault."""
        names = block.texts(column)
        found = self._ids.find(names)
        self._tell(block, found < 0, names, column, kind)
        return found

    def _tell(self, place: Place, unknown: Mask, names: Sequence[str], column: str, kind: str) -> None:
        self._faults.where(
            kind,
            unknown,
            place,
            lambda k: f"{column}: no sample {field(names[k])}{self._ids.near.hint(names[k].strip())}",
        )

    def _claimed(self, block: Block) -> Rows:
        names = block.texts("model" if "model" in block.columns else "claimed")
        claimed = block.texts("claimed")
        found = self._ids.find(names)
        for k in np.flatnonzero(found < 0):
            found[k] = self._by_subject.get(claimed[k], -1)
        self._tell(block, found < 0, names, "claimed", "unknown")
        return found

    def _check_real(self, block: Block, probe: Rows) -> None:
        real, subjects = block.texts("real"), self._ids.subjects
        wrong = np.array(
            [
                row >= 0 and name in self._people and str(subjects[row]) != name
                for row, name in zip(probe, real, strict=True)
            ],
            dtype=bool,
        )
        self._faults.where(
            "real", wrong, block, lambda k: f"real identity {field(real[k])}, but the probe is another's"
        )

    @cached_property
    def _people(self) -> frozenset[str]:
        return frozenset(self._ids.subjects.tolist())

    @cached_property
    def _by_subject(self) -> Mapping[str, int]:
        """Subject -> their reference, where they have one alone."""
        rows: dict[str, set[int]] = {}
        for row in np.unique(self._references).tolist():
            rows.setdefault(str(self._ids.subjects[row]), set()).add(row)
        return {subject: found.pop() for subject, found in rows.items() if len(found) == 1}


def shown_pair(block: Block, row: int) -> str:
    """The two samples that a row names, as it names them."""
    names = ("claimed", "probe") if "claimed" in block.columns else ("reference", "probe")
    return " with ".join(field(block.texts(name)[row]) for name in names)


def tell_strange(block: Block, faults: Faults, same: Mask, turned: Mask, rest: Mask) -> None:
    """Count the (k,) rows that name no comparison that is wanted, by what they are."""
    for kind, mask, what in (
        ("self", same, "a sample with itself"),
        ("turned", turned, "wanted the other way round"),
        ("not-asked", rest, "not asked for"),
    ):
        rows = np.flatnonzero(mask)
        if len(rows):
            faults.one(kind, block, int(rows[0]), f"{shown_pair(block, int(rows[0]))}: {what}", len(rows))
