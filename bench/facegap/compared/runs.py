"""The runs that are compared: read once, sealed as they were, their models under names that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facegap import store
from facegap.errors import InputError, StoreError
from facegap.evidence import Evidence, Seal, read_evidence, read_seal
from facegap.evidence.sealed import KEPT
from facegap.records import RunManifest


@dataclass(frozen=True, eq=False, kw_only=True)
class OneRun:
    """A finished run with its evidence.

    Attributes:
        labels: model -> the name that no model of another compared run has: its own, or with the run's behind it.
        seal: the protocol that was sealed before the data, None where the run holds none.
    """

    folder: Path
    manifest: RunManifest
    evidence: Evidence
    digest: str
    labels: Mapping[str, str]
    seal: Seal | None

    @property
    def name(self) -> str:
        """Of its results folder when it was made."""
        return self.manifest.run_id

    @property
    def models(self) -> tuple[str, ...]:
        """In the order of its study."""
        return tuple(use.card for use in self.evidence.study.models)


def read_runs(folders: Sequence[Path]) -> tuple[OneRun, ...]:
    """The finished runs in `folders`.

    Raises:
        StoreError: one is no finished run, or changed since it was sealed.
        InputError: one is given twice.
    """
    manifests = [_manifest(folder) for folder in folders]
    names = [manifest.run_id for manifest in manifests]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{twice}: the same run is given twice; a run is compared with others")
    every = [use["card"] for manifest in manifests for use in manifest.study["models"]]
    return tuple(_read(folder, manifest, every) for folder, manifest in zip(folders, manifests, strict=True))


def _manifest(folder: Path) -> RunManifest:
    changed = store.sums_differences(folder)
    if changed:
        raise StoreError(f"{folder}: changed since it was sealed, so nothing is compared with it: {changed[0]}")
    return store.read_manifest(folder)


def _read(folder: Path, manifest: RunManifest, every: Sequence[str]) -> OneRun:
    evidence = read_evidence(folder, manifest)
    models = [use.card for use in evidence.study.models]
    return OneRun(
        folder=folder,
        manifest=manifest,
        evidence=evidence,
        digest=store.run_digest(folder),
        labels={name: name if every.count(name) == 1 else f"{name} ({manifest.run_id})" for name in models},
        seal=read_seal(folder / KEPT) if (folder / KEPT).exists() else None,
    )
