"""What a manifest says that follows from the rest of a run: the run writes it, verify computes it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from facegap import gates, store
from facegap.cards import DatasetCard, Study
from facegap.cards.outside import OUTSIDE
from facegap.evidence.record import Evidence
from facegap.records import COPY_AGAIN, COPY_OF_OTHER, NEAR_AGAIN, NEAR_OTHER, Samples

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


NO_IDENTITIES = (
    "the data set does not say who is on a picture: only failures to acquire and non-mated comparisons are measured, "
    "each picture counting as a person of its own"
)


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
    unread = "unreadable files" if evidence.study.runs_nets else "image files not there"
    return {
        "samples": len(evidence.samples),
        "subjects": len(np.unique(evidence.samples.subjects)),
        "refused": refused,
        unread: int((evidence.images == "").sum()),
        "left out as copies": int(np.isin(evidence.copies, (COPY_AGAIN, COPY_OF_OTHER)).sum()),
        "nearly copies": int(np.isin(evidence.copies, (NEAR_AGAIN, NEAR_OTHER)).sum()),
    }


def banners(card: DatasetCard, models: Sequence[Mapping[str, Any]]) -> list[str]:
    """What must be said wherever a figure made of this data set and these models is shown."""
    found = [card.banner] if card.banner else []
    if card.needs_acknowledgement:
        found.append(f"{card.title}: {card.standing}. {card.terms}")
    if not card.identities:
        found.append(NO_IDENTITIES)
    # By name: a card out of a manifest has its columns in that order.
    for name, column in sorted(card.groups.items()):
        if column.label_source in ("classifier", "inferred"):
            found.append(f"the labels of '{name}' were guessed by a machine, not reported by people")
    found += [elsewhere(entry) for entry in models if entry.get("kind") in OUTSIDE]
    return found + [gates.stated(entry) for entry in models if entry.get("gate") and not entry["gate"]["passed"]]


def elsewhere(entry: Mapping[str, Any]) -> str:
    """What must be said of the figures of a model that others ran."""
    return (
        f"{entry['name']}: its {entry['kind']} come from elsewhere; failures are as the vendor reported them, and no "
        "failure to acquire and no quality of an image was measured for it"
    )


def analyses(derived_from: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every analysis that a folder came from, the first one first: the run that it changed, and its changes."""
    if not derived_from:
        return []
    own = {name: derived_from[name] for name in ("run", "changes")}
    return [*(dict(one) for one in derived_from.get("earlier", ())), own]


def changes_of(derived_from: Mapping[str, Any]) -> dict[str, Any]:
    """What all analyses together changed of the study: of two changes of one thing the later holds."""
    return {name: value for one in analyses(derived_from) for name, value in one["changes"].items()}


def references(samples: Samples, study: Study, derived_from: Mapping[str, Any]) -> dict[str, str]:
    """Grouping -> its reference group, as the study has it and each analysis after it left it."""
    groupings, found = study.groups, dict(study.reference)
    for one in analyses(derived_from):
        if "groups" in one["changes"]:
            groupings = tuple(tuple(columns) for columns in one["changes"]["groups"])
            found = {name: group for name, group in found.items() if name in {", ".join(c) for c in groupings}}
        if "reference" in one["changes"]:
            found = referred(samples, groupings, one["changes"]["reference"])
    return found


def referred(samples: Samples, groupings: Sequence[tuple[str, ...]], names: Sequence[str]) -> dict[str, str]:
    """Grouping -> the one of `names` that is a group of it."""
    there = {", ".join(columns): samples.coded(columns)[0] for columns in groupings}
    return {grouping: name for name in names for grouping, groups in there.items() if name in groups}


def derived_banners(derived_from: Mapping[str, Any]) -> list[str]:
    """What each of the analyses that a folder came from says."""
    return [derived_banner(one["run"], one["changes"]) for one in analyses(derived_from)]


def derived_banner(parent: str, changes: Mapping[str, Any]) -> str:
    """What a folder says that was computed again from another run."""
    what = "; ".join(f"{name} {json.dumps(value)}" for name, value in sorted(changes.items())) or "nothing changed"
    return f"{DERIVED}{parent} without the model: {what}"
