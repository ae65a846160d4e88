"""Writes what a vendor needs to score a study, and nothing else."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from facegap import store
from facegap.outside.folder import new_folder
from facegap.outside.protocol import (
    CLEAN,
    NAME,
    Asked,
    Protocol,
    concerned,
    counted_digest,
    lists_of,
    text_of,
)
from facegap.outside.readme import readme
from facegap.records import Rows
from facegap.version import __version__

Picture = Callable[[int], tuple[str, bytes] | None]
"""`picture(row)`: the ending and the bytes of a sample's picture as it arrives; None where none does."""

_AHEAD = 32
"""Pictures that are prepared together."""


def export(
    asked: Asked,
    out: Path,
    pictures: Mapping[str, Picture] | None,
    notes: Sequence[str],
    threads: int,
    advance: Callable[[int], None],
) -> Protocol:
    """Write the folder `out` for a vendor; it is complete or does not exist.

    Args:
        pictures: by condition; None exports the lists alone.
        notes: what is to be said of the pictures in `protocol.json`.
        threads: that prepare pictures.
        advance: called with how many pictures more are done.

    Raises:
        InputError: `out` is there already.
        DiskFull, StoreError: it cannot be written.
    """
    with new_folder(out) as folder:
        entries, images = _write_pictures(asked, folder, pictures, threads, advance)
        lists = {name: _write_list(folder / name, lines) for name, lines in lists_of(asked).items()}
        protocol = Protocol(
            study=asked.study,
            secret_id=store.secret_id(asked.ids.secret),
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            facegap=__version__,
            lists=lists,
            conditions=entries,
            orientation=asked.orientation,
            once=asked.once,
            images=images,
            notes=list(notes),
        )
        (folder / NAME).write_bytes(protocol.text())
        (folder / "README.txt").write_text(readme(protocol), encoding="utf-8")
    return protocol


def pictures_of(protocol: Protocol) -> int:
    """How many pictures an export holds."""
    return sum(int(entry["images"]) for entry in protocol.conditions)


def _write_list(path: Path, lines: Iterator[tuple[str, ...]]) -> dict[str, Any]:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        return counted_digest(text_of(lines), file.write)


def _write_pictures(
    asked: Asked, folder: Path, pictures: Mapping[str, Picture] | None, threads: int, advance: Callable[[int], None]
) -> tuple[list[dict[str, Any]], str]:
    """What the record says of each condition, and the keyed digest of all pictures."""
    summed, entries = hashlib.sha256(), []
    for card in asked.conditions:
        own = f"images/{card.name}"
        sides = {
            "reference": own if card.applies_to in ("reference", "both") else f"images/{CLEAN}",
            "probe": own if card.applies_to in ("probe", "both") else f"images/{CLEAN}",
        }
        count: Counter[str] = Counter()
        if pictures is not None:
            (folder / own).mkdir(parents=True)
            for name, made in _made(asked, pictures[card.name], np.flatnonzero(concerned(asked, card)), threads):
                advance(1)
                count["missing" if made is None else "images"] += 1
                if made is not None:
                    ending, data = made
                    (folder / own / f"{name}.{ending}").write_bytes(data)
                    summed.update(f"{own}/{name} {store.sha256_bytes(data)}\n".encode())
        entries.append({"name": card.name, **sides, "images": count["images"], "missing": count["missing"]})
    if pictures is None:
        return entries, ""
    # Keyed: a record that is passed on must not tell whose pictures these were.
    return entries, store.keyed(asked.ids.secret, "protocol images", summed.hexdigest())


def _made(asked: Asked, picture: Picture, rows: Rows, threads: int) -> Iterator[tuple[str, tuple[str, bytes] | None]]:
    """The exported id and the picture of each sample, in the order of the ids: that in a folder tells nothing then."""
    names = asked.ids.exported[rows]
    order = np.argsort(names)
    with ThreadPoolExecutor(threads) as pool:
        for part in _parts(order):
            yield from zip((str(names[k]) for k in part), pool.map(picture, (int(rows[k]) for k in part)), strict=True)


def _parts(order: Rows) -> Iterator[list[int]]:
    return (order[start : start + _AHEAD].tolist() for start in range(0, len(order), _AHEAD))
