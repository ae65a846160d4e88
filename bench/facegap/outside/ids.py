"""Ids under which pictures and pairs go to a vendor: keyed hashes, other ones than those of results folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facegap import store
from facegap.records import ListedTrials, Samples, Strings

DIGITS = 16
"""Hexadecimal digits of an id: among a million pictures two alike are expected once in 37 million data sets."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Ids:
    """What a file of scores may call a sample.

    Attributes:
        exported: (n,) the opaque id under which each sample was exported.
        rows: name -> row of `Samples`: opaque ids, and the data set's own.
        subjects: (n,) subjects of the data set, to hold what a file says of them against.
        secret: the key of all of these ids.
    """

    exported: Strings
    rows: Mapping[str, int]
    subjects: Strings
    secret: bytes

    def __len__(self) -> int:
        return len(self.exported)


def ids_of(samples: Samples, secret: bytes) -> Ids:
    """The names of (n,) samples in files of scores, under the secret that exported them.

    An id depends on the secret and on the sample's own id alone, so that pictures that were handed over once serve
    another list. It is another one than the sample has in results folders: who holds both cannot join them.
    """
    exported = np.array(
        [store.keyed(secret, "protocol sample", str(name))[:DIGITS] for name in samples.ids], dtype=f"U{DIGITS}"
    )
    rows = {name: row for row, name in enumerate(samples.ids.tolist())}
    rows.update({name: row for row, name in enumerate(exported.tolist())})
    return Ids(exported=exported, rows=rows, subjects=samples.subjects, secret=secret)


def pair_ids(ids: Ids, trials: ListedTrials) -> Strings:
    """(k,) the opaque id of each comparison of a list; one that is listed twice has two."""
    seen: dict[tuple[int, int], int] = {}
    found = []
    for a, b in zip(trials.reference.tolist(), trials.probe.tolist(), strict=True):
        again = seen[a, b] = seen.get((a, b), 0) + 1
        name = f"{ids.exported[a]} {ids.exported[b]} {again}"
        found.append(store.keyed(ids.secret, "protocol pair", name)[:DIGITS])
    return np.array(found, dtype=f"U{DIGITS}")
