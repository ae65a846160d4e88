"""Names of samples and people under keyed hashes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from facegap.records import Samples, Strings
from facegap.store import keyed


def opaque(samples: Samples, secret: bytes) -> Samples:
    """The samples under keyed hashes, without paths, ages and dates; only who holds the secret can trace ids back."""

    def name(kind: str, value: str) -> str:
        return keyed(secret, kind, value)[:16] if value else ""

    return replace(
        samples,
        ids=np.array([name("sample", str(value)) for value in samples.ids]),
        subjects=np.array([name("subject", str(value)) for value in samples.subjects]),
        paths=np.full(len(samples), ""),
        sessions=np.full(len(samples), ""),
        root=Path(),
        relations={
            column: np.array([name(f"relation {column}", str(value)) if value else "" for value in values])
            for column, values in samples.relations.items()
        },
        years={},
    )


def keyed_images(sha256: Strings, secret: bytes) -> Strings:
    """(n,) keyed digests of image files, "" where there is none: who has a picture does not find its row by it."""
    return np.array([keyed(secret, "image", value) if value else "" for value in sha256.tolist()], dtype="U64")
