"""Names of samples and people under keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path

import numpy as np

from facegap.records import Samples


def opaque(samples: Samples, secret: bytes) -> Samples:
    """The samples under keyed hashes, without paths: ids that only the holder of the secret can trace back."""

    def name(kind: str, value: str) -> str:
        if not value:
            return ""
        return hmac.new(secret, f"{kind}:{value}".encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:16]

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
    )
