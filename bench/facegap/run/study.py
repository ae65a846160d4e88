"""One study from its TOML file to a sealed results folder."""

from __future__ import annotations

import datetime
import logging
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from facegap import pipeline, store
from facegap.backend import version as onnxruntime_version
from facegap.evidence import Evidence, keyed_images, opaque, write_evidence
from facegap.pipeline import Progress
from facegap.records import RunManifest
from facegap.run import measure, transactions
from facegap.run.inputs import Inputs
from facegap.run.kept import kept_study, kept_text
from facegap.tables import build, write_tables
from facegap.version import __version__

SCHEMA = "facegap-run-1"
PACKAGES = ("numpy", "scipy", "scikit-learn", "opencv-python-headless", "pillow", "numba", "pydantic", "matplotlib")

NO_PAGE = "report-failed.txt"
"""Why a run has no page, where it has none."""

LOG = logging.getLogger("facegap")

Draw = Callable[[Path], None]
"""Draws the figures and the page of a results folder in preparation."""


def run_study(inputs: Inputs, results: Path, draw: Draw, progress: Progress) -> Path:
    """Run the study and return its results folder, which is complete or does not exist.

    What was computed for an image stays in the cache, so that the same command goes on after an interruption.

    Raises:
        FacegapError: what the stages raise, as one clear line.
    """
    started = _now()
    seconds: dict[str, float] = {}
    threads = inputs.study.backend.threads if inputs.study.backend.threads is not None else pipeline.cores()
    samples, secret = inputs.loaded.samples, store.local_secret()
    with _timed(seconds, "hash"):
        sha256 = pipeline.hash_files(samples, threads)
    with _timed(seconds, "acquire and embed"):
        acquisitions, embedded, provider = measure.templates(inputs, sha256, threads, progress)
    evidence = Evidence(
        study=inputs.study,
        samples=opaque(samples, secret),
        images=keyed_images(sha256, secret),
        acquisitions=acquisitions,
        comparisons={},
        searches={},
        vendor={
            model.card.name: model.card.score_threshold
            for model in inputs.models
            if model.card.score_threshold is not None
        },
        given=inputs.given,
        identities=inputs.dataset.identities,
        applies_to={card.name: card.applies_to for card in inputs.conditions},
    )
    with _timed(seconds, "compare"):
        compared = measure.comparisons(inputs, evidence, embedded, threads, progress)
    with _timed(seconds, "search"):
        searched = measure.searches(inputs, embedded, threads, progress)
    with _timed(seconds, "transactions"):
        tried = transactions.attempts(inputs, sha256, acquisitions, embedded, threads, progress)
    evidence = replace(evidence, comparisons=compared, searches=searched, attempts=tried)
    with _timed(seconds, "estimate"):
        tables = build(evidence)
    manifest = _manifest(inputs, evidence, store.secret_id(secret), provider, started, seconds)
    with store.new_run(results, manifest.run_id) as (folder, final):
        write_evidence(folder, evidence)
        write_tables(folder, tables, manifest.banners)
        store.write_atomic(folder / "study.toml", manifest.config_text.encode())
        store.write_manifest(folder, manifest)
        with progress("report", 1) as advance:
            _draw(draw, folder)
            advance(1)
    store.remember(manifest.run_id, {"root": str(samples.root.absolute()), "card": inputs.study.dataset.card})
    return final


def _draw(draw: Draw, folder: Path) -> None:
    """Draw the page; where that fails the run is kept all the same, and says so: the tables are what was computed."""
    try:
        draw(folder)
    except Exception as error:  # whatever a drawing library raises on data that it has not met before
        # The error's own text may hold a path or a name.
        LOG.warning("no page was drawn: %s: %s", type(error).__name__, error)
        text = f"{type(error).__name__} while the page was drawn. `facegap report` on this folder tries again.\n"
        store.write_atomic(folder / NO_PAGE, text.encode())


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _manifest(
    inputs: Inputs, evidence: Evidence, secret_id: str, provider: str, started: str, seconds: dict[str, float]
) -> RunManifest:
    study = inputs.study
    resolved = kept_study(study, inputs.dataset.name)
    commit, dirty = _commit()
    models = [entry for model in inputs.models for entry in _model_entries(model)]
    content = store.digest(
        {
            "study": resolved,
            "inputs": [str(value) for value in evidence.images],
            "models": models,
            "version": __version__,
        }
    )
    stamp = started.replace("-", "").replace(":", "").replace("+0000", "Z")
    return RunManifest(
        schema=SCHEMA,
        run_id=f"{study.name}-{stamp}-{content[:8]}",
        status="complete",
        study=resolved,
        config_text=kept_text(inputs.text),
        dataset=_dataset_entry(inputs, evidence, secret_id),
        models=models,
        conditions=[card.model_dump(mode="json") for card in inputs.conditions],
        given_thresholds=[asdict(threshold) for threshold in inputs.given],
        provider_asked=study.backend.provider,
        provider_actual=provider,
        versions=_versions(),
        machine={
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "cores": str(pipeline.cores()),
        },
        commit=commit,
        dirty=dirty,
        started=started,
        finished=_now(),
        banners=_banners(inputs),
        samples=_sample_counts(inputs, evidence),
        refused=_refused(inputs),
        findings=[finding.kept() for finding in inputs.loaded.findings if finding.level != "info"],
        stages=seconds,
    )


def _model_entries(model: pipeline.UsedModel) -> list[dict[str, Any]]:
    card, detector = model.card, model.detector
    recogniser = {**card.model_dump(mode="json"), "score_threshold": card.score_threshold}
    parts = {part: store.sha256_file(path) for part, path in model.detector_files.items()}
    return [
        {**recogniser, "file_sha256": store.sha256_file(model.file), "detector": detector.name},
        {**detector.model_dump(mode="json"), "file_sha256": parts},
    ]


def _dataset_entry(inputs: Inputs, evidence: Evidence, secret_id: str) -> dict[str, Any]:
    """The card without the names of its files, a digest over the keyed digests of all images, and whose key that is."""
    return {
        **inputs.dataset.model_dump(mode="json", exclude={"files"}),
        "images_digest": store.digest(sorted(str(value) for value in evidence.images)),
        "secret_id": secret_id,
    }


def _sample_counts(inputs: Inputs, evidence: Evidence) -> dict[str, int]:
    return {
        "samples": len(evidence.samples),
        "subjects": len(np.unique(evidence.samples.subjects)),
        "refused": len(inputs.loaded.refused),
        "unreadable files": int((evidence.images == "").sum()),
    }


def _refused(inputs: Inputs) -> dict[str, int]:
    """Reason -> refused samples; without names."""
    reasons = list(inputs.loaded.refused.values())
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _banners(inputs: Inputs) -> list[str]:
    card = inputs.dataset
    banners = [card.banner] if card.banner else []
    if card.needs_acknowledgement:
        banners.append(f"{card.title}: {card.status}. {card.terms}")
    for name, column in card.groups.items():
        if column.label_source in ("classifier", "inferred"):
            banners.append(f"the labels of '{name}' were guessed by a machine, not reported by people")
    return banners


def _versions() -> dict[str, str]:
    found = {"facegap": __version__, "onnxruntime": onnxruntime_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _commit() -> tuple[str, bool | None]:
    """The commit of the checkout that runs, and whether it has uncommitted changes; "" where it is no checkout."""
    here = Path(__file__).resolve().parents[3]
    if not (here / ".git").exists():
        return "", None
    try:
        commit, status = (
            subprocess.run(
                ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=20, check=True
            ).stdout
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.SubprocessError):
        return "", None
    return commit.strip(), bool(status.strip())
