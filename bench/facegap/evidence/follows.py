"""What a manifest says that follows from the rest of a run: the run writes it, verify computes it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from facegap import gates, store
from facegap.cards import DatasetCard
from facegap.evidence.record import Evidence
from facegap.records import COPY_AGAIN, COPY_OF_OTHER, NEAR_AGAIN, NEAR_OTHER

TOLD = ("gate", "note")
"""What a manifest says of a recogniser besides its card, and what measures nothing."""

DERIVED = "computed again from run "
"""How the banner of an analysis begins."""


def content_digest(
    study: Mapping[str, Any], evidence: Evidence, models: Sequence[Mapping[str, Any]], version: str
) -> str:
    """Digest of what was measured: study, files, models and version; equal for the same run repeated."""
    inputs = [str(value) for value in evidence.images]
    cards = [{key: value for key, value in entry.items() if key not in TOLD} for entry in models]
    return store.digest({"study": study, "inputs": inputs, "models": cards, "version": version})


def run_name(study: str, started: str, content: str) -> str:
    """Study, second of the start and the content's digest."""
    stamp = started.replace("-", "").replace(":", "").replace("+0000", "Z")
    return f"{study}-{stamp}-{content[:8]}"


def derived_name(parent: str, sums: str, changes: Mapping[str, Any]) -> str:
    """The parent's id, and a digest of its SHA256SUMS and the changes."""
    return f"{parent}-{store.digest({'parent': sums, 'changes': changes})[:8]}"


def images_digest(evidence: Evidence) -> str:
    """Digest over the keyed digests of the data set's files, in whatever order."""
    return store.digest(sorted(str(value) for value in evidence.images))


def sample_counts(evidence: Evidence, refused: int) -> dict[str, int]:
    """How many samples and people were used, how many were refused, how many files could not be read."""
    return {
        "samples": len(evidence.samples),
        "subjects": len(np.unique(evidence.samples.subjects)),
        "refused": refused,
        "unreadable files": int((evidence.images == "").sum()),
        "left out as copies": int(np.isin(evidence.copies, (COPY_AGAIN, COPY_OF_OTHER)).sum()),
        "nearly copies": int(np.isin(evidence.copies, (NEAR_AGAIN, NEAR_OTHER)).sum()),
    }


def banners(card: DatasetCard, models: Sequence[Mapping[str, Any]]) -> list[str]:
    """What must be said wherever a figure made of this data set and these models is shown."""
    found = [card.banner] if card.banner else []
    if card.needs_acknowledgement:
        found.append(f"{card.title}: {card.status}. {card.terms}")
    # By name: a card out of a manifest has its columns in that order.
    for name, column in sorted(card.groups.items()):
        if column.label_source in ("classifier", "inferred"):
            found.append(f"the labels of '{name}' were guessed by a machine, not reported by people")
    return found + [gates.stated(entry) for entry in models if entry.get("gate") and not entry["gate"]["passed"]]


def derived_banner(parent: str, changes: Mapping[str, Any]) -> str:
    """What a folder says that was computed again from another run."""
    what = "; ".join(f"{name} {json.dumps(value)}" for name, value in sorted(changes.items())) or "nothing changed"
    return f"{DERIVED}{parent} without the model: {what}"
