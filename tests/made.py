"""Samples, templates and small things that several test modules share."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from facegap.records import Samples, Templates
from facegap.schema import Row, keys_of


def make_samples(subjects: list[str], groups: dict[str, list[str]], roles: list[str] | None = None) -> Samples:
    """Samples s0, s1, ... of the given subjects; without files."""
    n = len(subjects)
    return Samples(
        ids=np.array([f"s{i}" for i in range(n)]),
        subjects=np.array(subjects),
        paths=np.array([f"s{i}.jpg" for i in range(n)]),
        sessions=np.full(n, ""),
        roles=np.array(roles) if roles is not None else np.full(n, ""),
        groups={column: np.array(values) for column, values in groups.items()},
        root=Path("nowhere"),
    )


def make_templates(
    samples: Samples,
    rng: np.random.Generator,
    dim: int = 16,
    failed: tuple[int, ...] = (),
    similarity: Any = "cosine",
    condition: str = "clean",
    noise: float = 0.5,
) -> Templates:
    """Random templates that are alike within a subject; `failed` rows have none."""
    _, codes = np.unique(samples.subjects, return_inverse=True)
    centres = rng.normal(size=(codes.max() + 1, dim))
    vectors = centres[codes] + noise * rng.normal(size=(len(samples), dim))
    if similarity == "cosine":
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.setdiff1d(np.arange(len(samples)), np.array(failed, dtype=int))
    return Templates(
        rows=rows, vectors=vectors[rows].astype(np.float32), model="net", condition=condition, similarity=similarity
    )


def keys_of_several(row_class: type[Row], rows: Iterable[Row]) -> list[tuple[object, ...]]:
    """Key cells that more than one of the rows of a table has."""
    seen = Counter(tuple(getattr(row, name) for name in keys_of(row_class)) for row in rows)
    return [key for key, times in seen.items() if times > 1]


def names_in(folder: Path) -> list[str]:
    """Names of everything in a folder, hidden ones too, sorted."""
    return sorted(path.name for path in folder.iterdir())


def reference(name: str) -> Any:
    """What the JSON file of that name in tests/reference holds."""
    return json.loads((Path(__file__).parent / "reference" / name).read_text(encoding="utf-8"))
