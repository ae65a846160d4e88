"""Ids under which pictures and pairs go to a vendor: keyed hashes, other ones than those of results folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from facegap import store
from facegap.datasets.ids import Near
from facegap.records import ListedTrials, Rows, Samples, Strings

DIGITS = 16
"""Hexadecimal digits of an id: among a million pictures two alike are expected once in 37 million data sets."""

IMAGE, PAIR = "i", "p"
"""What ids begin with: a spreadsheet takes 16 hexadecimal digits for a number where none of them is a letter but e."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Ids:
    """What a file of scores may call a sample.

    Attributes:
        exported: (n,) the opaque id under which each sample was exported.
        own: (n,) the data set's own ids.
        subjects: (n,) subjects of the data set, to hold what a file says of them against.
        secret: the key of all of these ids.
    """

    exported: Strings
    own: Strings
    subjects: Strings
    secret: bytes

    def __len__(self) -> int:
        return len(self.exported)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Name -> row of the samples: opaque ids, and the data set's own."""
        rows = {name: row for row, name in enumerate(self.own.tolist())}
        rows.update({name: row for row, name in enumerate(self.exported.tolist())})
        return rows

    def find(self, names: Sequence[str]) -> Rows:
        """(k,) rows of the samples of those names; -1 where no sample, or not one alone, has it.

        An exported picture may be called by its file's name, and one of the data set without its ending.
        """
        found = list(map(self.rows.get, names))
        if None in found:
            found = [self._otherwise(name) if row is None else row for row, name in zip(found, names, strict=True)]
        return np.array(found, dtype=np.int64)

    def _otherwise(self, name: str) -> int:
        plain = name.strip()
        if plain in self.rows:
            return self.rows[plain]
        stem = PurePosixPath(plain.replace("\\", "/")).stem
        if stem in self.rows and str(self.exported[self.rows[stem]]) == stem:
            return self.rows[stem]
        return self._without_ending.get(plain, -1)

    @cached_property
    def _without_ending(self) -> Mapping[str, int]:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self.own.tolist()):
            path = PurePosixPath(name)
            if path.suffix:
                rows[name.removesuffix(path.suffix)].append(row)
        return {name: found[0] for name, found in rows.items() if len(found) == 1}

    @cached_property
    def near(self) -> Near:
        """The names by what they look like, for hints."""
        return Near(self.rows)


def ids_of(samples: Samples, secret: bytes) -> Ids:
    """The names of (n,) samples in files of scores, under the secret that exported them.

    An id depends on the secret and on the sample's own id alone, so that pictures that were handed over once serve
    another list. It is another one than the sample has in results folders: who holds both cannot join them.
    """
    exported = [IMAGE + store.keyed(secret, "protocol image", str(name))[:DIGITS] for name in samples.ids]
    return Ids(
        exported=np.array(exported, dtype=f"U{DIGITS + 1}"),
        own=samples.ids,
        subjects=samples.subjects,
        secret=secret,
    )


def pair_ids(ids: Ids, trials: ListedTrials) -> Strings:
    """(k,) the opaque id of each comparison of a list; one that is listed twice has two."""
    seen: dict[tuple[int, int], int] = {}
    found = []
    for a, b in zip(trials.reference.tolist(), trials.probe.tolist(), strict=True):
        again = seen[a, b] = seen.get((a, b), 0) + 1
        name = f"{ids.exported[a]} {ids.exported[b]} {again}"
        found.append(PAIR + store.keyed(ids.secret, "protocol pair", name)[:DIGITS])
    return np.array(found, dtype=f"U{DIGITS + 1}")


def pair_numbers(names: Sequence[str]) -> npt.NDArray[np.uint64]:
    """(k,) the number that each id of a pair is; 0 of what is no such id."""
    joined = "".join(names)
    if set(map(len, names)) <= {DIGITS + 1} and joined.count(PAIR) == len(names):
        try:
            digits = bytes.fromhex(joined.replace(PAIR, ""))
        except ValueError:
            digits = b""
        if len(digits) * 2 == DIGITS * len(names) and set(joined[:: DIGITS + 1]) <= {PAIR}:
            return np.frombuffer(digits, dtype=">u8").astype(np.uint64)
    return np.array([_pair_number(name.strip()) for name in names], dtype=np.uint64)


def _pair_number(name: str) -> int:
    digits = name.removeprefix(PAIR)
    if len(name) != DIGITS + 1 or len(digits) != DIGITS or not digits.isalnum() or not digits.isascii():
        return 0
    try:
        return int(digits, 16)
    except ValueError:
        return 0
