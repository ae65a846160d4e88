"""Where a run's data lay on this machine: in the private cache, since no path goes into results."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from facegap.errors import StoreError
from facegap.store.files import cache_dir, sha256_bytes, write_atomic

PLACES = "places"
"""The folder of these notes in the cache."""


def remember(run_id: str, places: Mapping[str, str]) -> None:
    """Keep where the run's inputs lie, for `verify` on this machine; a cache that cannot be written keeps nothing."""
    with contextlib.suppress(StoreError):
        write_atomic(_file(run_id), json.dumps(dict(places)).encode(), mode=0o600)


def remembered(run_id: str) -> dict[str, str]:
    """Where the run's inputs lay, as far as this machine knows."""
    try:
        found = json.loads(_file(run_id).read_bytes())
    except (OSError, ValueError, StoreError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _file(run_id: str) -> Path:
    # A manifest that others wrote may call itself anything.
    return cache_dir(write=False) / PLACES / f"{sha256_bytes(run_id.encode(errors='replace'))[:32]}.json"
