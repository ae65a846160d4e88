"""Rows of samples by what lists call them."""

from __future__ import annotations

from collections import defaultdict

from facegap.datasets.ids import as_number, by_number
from facegap.records import Samples

UNKNOWN = "a sample that is not in use (unknown, refused or not drawn)"
AMBIGUOUS = "a file name that several samples have; write more of its path"


class Names:
    """Rows of samples by their id, or by the end of it behind a slash, where one sample alone has that end."""

    def __init__(self, samples: Samples) -> None:
        self._rows = {sample: row for row, sample in enumerate(samples.ids.tolist())}
        self._numbers = by_number(self._rows)
        self._by_file: dict[str, list[str]] = defaultdict(list)
        for sample in self._rows:
            self._by_file[sample.rpartition("/")[2]].append(sample)

    def row(self, name: str) -> int:
        """The row of the sample that the list means; -1 where there is none or not one alone."""
        found = self._meant(name)
        return self._rows[found[0]] if len(found) == 1 else -1

    def several(self, name: str) -> bool:
        """Whether several samples have that name."""
        return len(self._meant(name)) > 1

    def changed(self, name: str) -> bool:
        """Whether the name is a known one as a spreadsheet changes numbers."""
        return as_number(name) in self._numbers

    def _meant(self, name: str) -> list[str]:
        if name in self._rows:
            return [name]
        if not name:
            return []
        return [sample for sample in self._by_file.get(name.rpartition("/")[2], ()) if sample.endswith(f"/{name}")]
