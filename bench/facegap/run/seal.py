"""Seal a protocol before the data are seen, and keep it in the run that follows it."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from facegap import store
from facegap.cards import card_path, load_dataset, load_study
from facegap.datasets.asked import check_study
from facegap.errors import InputError
from facegap.evidence import Seal, departures, read_seal
from facegap.evidence.kept import kept_card, kept_dataset, kept_study, kept_text
from facegap.evidence.sealed import ENDING, KEPT, digests_of, seal_bytes
from facegap.records import RunManifest
from facegap.run.inputs import by_name, cards_of, conditions_of, liveness_of, showing, thresholds_of
from facegap.version import __version__


def seal_study(
    name: str, out: Path | None, claims: Sequence[Mapping[str, Any]] = (), policy: Path | None = None
) -> tuple[Path, Seal]:
    """Write what the study `name` (or path) is going to measure, with digests and the date; no data are looked at.

    Args:
        out: the file; None puts it beside the study.
        claims: that will be judged, each {"claim", "understood", "margin"}.
        policy: file that says what is required of the models.

    Raises:
        CardError, InputError: what is wrong with the study, a model's weights are not pinned, or a
            protocol is sealed there already.
        StoreError: it cannot be written.
    """
    study, file = load_study(name)
    dataset = load_dataset(study.dataset.card)
    check_study(study, dataset, file)
    conditions = conditions_of(study)
    cards, live = cards_of(study), liveness_of(study)
    study = by_name(showing(study, dataset), file, cards, conditions, live)
    text = kept_text(file.read_bytes().decode())
    models = [kept_card(card) for card in (*itertools.chain(*cards), live) if card is not None]
    parts: dict[str, Any] = {
        "study_text": text,
        "models": [card for k, card in enumerate(models) if card not in models[:k]],
        "conditions": [card.model_dump(mode="json") for card in conditions],
        "dataset": kept_dataset(dataset),
        "policy": _policy(policy),
    }
    seal = Seal(
        sealed=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        facegap=__version__,
        study=kept_study(study, dataset.name),
        thresholds=[asdict(one) for one in thresholds_of(study, file, [model for model, _ in cards])],
        claims=[dict(claim) for claim in claims],
        digests=digests_of(**parts),
        **parts,
    )
    path = out if out is not None else beside(file)
    if path.exists():
        raise InputError(f"{path}: a protocol is sealed there already, and is never overwritten; --out names another")
    store.write_atomic(path, seal_bytes(seal))
    return path, seal


def beside(file: Path) -> Path:
    """Where the sealed protocol of a study's file lies unless it is told otherwise."""
    return file.with_name(f"{file.stem}{ENDING}")


def _policy(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the text that says what is required")
    try:
        return {"text": path.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path}: cannot be read as UTF-8 text") from None


def find_seal(study: str, given: Path | None) -> Seal | None:
    """The sealed protocol of the study of that name or path: the given file, the one beside the study, or none.

    Raises:
        InputError: it is none, or was edited; or there is no such study.
    """
    path = given if given is not None else beside(card_path("configs", study))
    return read_seal(path) if given is not None or path.exists() else None


def keep_seal(folder: Path, seal: Seal | None) -> None:
    """Write the sealed protocol into a results folder in preparation."""
    if seal is not None:
        store.write_atomic(folder / KEPT, seal_bytes(seal))


def sealed_entry(seal: Seal | None, manifest: RunManifest) -> dict[str, Any]:
    """What a manifest says of the sealed protocol: nothing where there is none."""
    if seal is None:
        return {}
    return {"digest": seal.digest, "sealed": seal.sealed, "departures": departures(seal, manifest)}
