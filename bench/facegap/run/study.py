"""One study from its TOML file to a sealed results folder."""

from __future__ import annotations

import datetime
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from facegap import gates, pipeline, store
from facegap.backend import version as onnxruntime_version
from facegap.compare import Engine, chosen
from facegap.datasets.copies import (
    Copies,
    Looks,
    absent_findings,
    copy_findings,
    find_copies,
    spread,
    unreadable_findings,
)
from facegap.errors import InputError
from facegap.evidence import Evidence, age_gaps, follows, keyed_images, opaque, write_evidence
from facegap.evidence.kept import kept_card, kept_dataset, kept_study, kept_text
from facegap.outside import ids_of
from facegap.pipeline import Progress
from facegap.records import Comparisons, RunManifest, Strings
from facegap.run import measure, transactions
from facegap.run.exchange import check_protocols, search_plans
from facegap.run.inputs import Inputs, threshold_of
from facegap.run.outside import (
    GivenScores,
    OutsideModel,
    Scope,
    given_scores,
    given_templates,
    not_measured,
    unknown_rates,
)
from facegap.run.page import Draw, draw_page
from facegap.run.pooled import pooled
from facegap.run.seal import keep_seal, sealed_entry
from facegap.tables import build, write_tables
from facegap.version import __version__

SCHEMA = "facegap-run-1"
PACKAGES = (
    "numpy", "scipy", "scikit-learn", "opencv-python-headless", "pillow", "numba", "pydantic", "matplotlib", "jinja2",
)  # fmt: skip


def run_study(inputs: Inputs, results: Path, draw: Draw | None, progress: Progress) -> Path:
    """Run the study and return its results folder, which is complete or does not exist; without `draw` it has no page.

    What was computed for an image stays in the cache, so that the same command goes on after an interruption.

    Raises:
        FacegapError: what the stages raise, as one clear line.
    """
    store.require_writable(results)
    started = _now()
    seconds: dict[str, float] = {}
    threads = inputs.study.backend.threads if inputs.study.backend.threads is not None else pipeline.cores()
    samples, secret = inputs.loaded.samples, store.local_secret()
    with _timed(seconds, "hash"):
        sha256 = pipeline.hash_files(samples, threads)
    with _timed(seconds, "look"):
        inputs, copies = _without_copies(inputs, _looks(inputs, sha256, threads, progress))
    with _timed(seconds, "acquire and embed"):
        acquisitions, embedded, ran = measure.templates(inputs, sha256, threads, progress)
        if inputs.pools is not None:
            sha256 = inputs.pools.digests(sha256)
            inputs, acquisitions, embedded, copies = pooled(inputs, inputs.pools, acquisitions, embedded)
            samples = inputs.loaded.samples
        templates = embedded | given_templates(inputs.outside, ids_of(samples, secret))
    evidence = Evidence(
        study=inputs.study,
        samples=opaque(samples, secret),
        images=keyed_images(sha256, secret),
        acquisitions=acquisitions,
        comparisons={},
        searches={},
        vendor={model.card.name: value for model in inputs.models if (value := threshold_of(model.card)) is not None},
        vendor_fmr={model.card.name: model.card.vendor_fmr for model in inputs.outside if model.card.vendor_fmr},
        given=inputs.given,
        identities=inputs.dataset.identities,
        applies_to={card.name: card.applies_to for card in inputs.conditions},
        copies=copies.kind,
        lost=opaque(inputs.loaded.lost, secret),
        lost_reasons=inputs.loaded.reasons,
        values={column: group.values for column, group in inputs.dataset.groups.items()},
        shapes=inputs.dataset.generated_shapes,
        same_person=inputs.dataset.same_person,
        observed=inputs.dataset.observed_order,
    )
    check_protocols(inputs, secret)
    with _scores(inputs, secret) as given:
        scored = measure.Scored(templates, given)
        with _timed(seconds, "compare"), _engine(inputs, threads) as engine:
            compared = measure.comparisons(inputs, evidence, scored, threads, engine, progress)
            kept = _with_copies(inputs, evidence, scored, threads, engine, progress)
        with _timed(seconds, "search"):
            searched = measure.searches(inputs, scored, threads, progress)
        remarks = [finding for one in given.values() for finding in one.findings]
    inputs = inputs.remarked(*remarks, *not_measured(inputs.study, inputs.outside))
    with _timed(seconds, "transactions"):
        tried = transactions.attempts(inputs, sha256, acquisitions, embedded, threads, progress)
    gaps = age_gaps(samples, compared.values(), inputs.study.age_gap or ())
    evidence = replace(evidence, comparisons=compared, searches=searched, attempts=tried, kept=kept, gaps=gaps)
    inputs = inputs.remarked(*unknown_rates(evidence))
    with _timed(seconds, "estimate"):
        tables = build(evidence)
    manifest = _manifest(inputs, evidence, store.secret_id(secret), ran, started, seconds)
    with store.new_run(results, manifest.run_id, another=True) as (folder, final):
        manifest = replace(manifest, run_id=final.name, page=draw is not None)
        write_evidence(folder, evidence)
        write_tables(folder, tables, manifest.banners)
        keep_seal(folder, inputs.sealed)
        store.write_atomic(folder / "study.toml", manifest.config_text.encode())
        store.write_manifest(folder, manifest)
        with progress("report", 1) as advance:
            draw_page(draw, folder)
            advance(1)
    store.remember(manifest.run_id, inputs.places)
    return final


def _looks(inputs: Inputs, sha256: Strings, threads: int, progress: Progress) -> Looks:
    """A look at every picture; where no net runs, at those that are there."""
    samples = inputs.loaded.samples
    if inputs.nets:
        return pipeline.look(samples, threads, progress, sha256)
    there = np.flatnonzero(sha256 != "")
    return spread(pipeline.look(samples.take(there), threads, progress, sha256[there]), there, len(samples))


def _engine(inputs: Inputs, threads: int) -> AbstractContextManager[Engine]:
    """Where templates are compared; a cluster is asked for workers only where there are templates."""
    asked = inputs.study.backend
    engine = asked.engine if inputs.nets or any(use.templates for use in inputs.study.models) else "local"
    return chosen(engine, asked.scheduler, asked.workers or threads, threads)


@contextmanager
def _scores(inputs: Inputs, secret: bytes) -> Iterator[dict[measure.Key, GivenScores]]:
    """Scores that arrive, as long as the context lasts."""
    samples, study = inputs.loaded.samples, inputs.study
    scope = Scope(
        samples=samples,
        ids=ids_of(samples, secret),
        rule=study.trials,
        listed=inputs.listed,
        conditions=inputs.conditions,
        left_out=inputs.left_out,
        searches=search_plans(study, inputs.dataset, samples, inputs.left_out),
    )
    with given_scores(inputs.outside, scope) as found:
        yield found


def _without_copies(inputs: Inputs, looks: Looks) -> tuple[Inputs, Copies]:
    """The study with the samples left out whose picture is there more than once, and what was found."""
    loaded, card = inputs.loaded, inputs.dataset
    copies = find_copies(loaded.samples, looks, card.identities, inputs.study.trials.reference_role)
    found = (
        *(unreadable_findings(loaded.samples, looks) if inputs.nets else absent_findings(looks)),
        *copy_findings(loaded.samples, copies),
    )
    if copies.left_out.all():
        raise InputError(f"dataset '{card.name}': every picture is there under two people; nothing can be compared")
    left_out = copies.left_out if copies.left_out.any() else None
    return replace(inputs.remarked(*found), left_out=left_out), copies


def _with_copies(
    inputs: Inputs, evidence: Evidence, scored: measure.Scored, threads: int, engine: Engine, progress: Progress
) -> dict[measure.Key, Comparisons]:
    """All comparisons with the copies kept, to be stated beside; none where nothing was left out, and of models of
    which others gave no such scores.
    """
    if inputs.left_out is None:
        return {}
    without = {name for (name, _), one in scored.scores.items() if not one.copies}
    models = tuple(model for model in inputs.models if model.card.name not in without)
    kept = replace(inputs, models=models, left_out=None)
    return measure.comparisons(kept, evidence, scored, threads, engine, progress)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _manifest(
    inputs: Inputs,
    evidence: Evidence,
    secret_id: str,
    ran: measure.Ran,
    started: str,
    seconds: dict[str, float],
) -> RunManifest:
    study = inputs.study
    resolved = kept_study(study, inputs.dataset.name)
    commit, dirty = _commit()
    models = [entry for model in inputs.models for entry in _model_entries(model)] + _liveness_entries(inputs)
    told = [_told(entry, inputs, ran) for entry in models]
    content = follows.content_digest(resolved, evidence, models, __version__)
    manifest = RunManifest(
        schema=SCHEMA,
        run_id=follows.run_name(study.name, started, content),
        status="complete",
        study=resolved,
        config_text=kept_text(inputs.text),
        dataset=_dataset_entry(inputs, evidence, secret_id),
        models=told,
        conditions=[card.model_dump(mode="json") for card in inputs.conditions],
        given_thresholds=[asdict(threshold) for threshold in inputs.given],
        provider_asked=study.backend.provider,
        provider_actual=ran.provider,
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
        banners=follows.banners(inputs.dataset, told),
        samples={**follows.sample_counts(evidence, len(inputs.loaded.refused)), **_left_out(inputs)},
        refused=_refused(inputs),
        findings=[finding.kept() for finding in inputs.loaded.findings if finding.level != "info"],
        stages=seconds,
    )
    return replace(manifest, sealed=sealed_entry(inputs.sealed, manifest))


def _model_entries(model: pipeline.UsedModel | OutsideModel) -> list[dict[str, Any]]:
    recogniser = {**kept_card(model.card), "score_threshold": threshold_of(model.card)}
    if isinstance(model, OutsideModel):
        asked = {} if model.protocol is None else {"protocol_sha256": model.protocol.sha256}
        return [{**recogniser, "given": model.entries(), **asked}]
    detector = model.detector
    parts = {part: store.sha256_file(path) for part, path in model.detector_files.items()}
    return [
        {**recogniser, "file_sha256": store.sha256_file(model.file), "detector": detector.name},
        {**kept_card(detector), "file_sha256": parts},
    ]


def _liveness_entries(inputs: Inputs) -> list[dict[str, Any]]:
    live = inputs.liveness
    return [] if live is None else [{**kept_card(live.card), "file_sha256": store.sha256_file(live.file)}]


def _told(entry: dict[str, Any], inputs: Inputs, ran: measure.Ran) -> dict[str, Any]:
    """The entry with what this run knows of a recogniser besides its card: its gate, and why it takes no batch."""
    if entry["kind"] != "recogniser":
        return entry
    (card,) = {model.card.name: model.card for model in inputs.nets if model.card.name == entry["name"]}.values()
    found = gates.find(card)
    note = {"note": ran.notes[card.name]} if ran.notes[card.name] else {}
    return {**entry, "gate": asdict(found) if found is not None else None, **note}


def _dataset_entry(inputs: Inputs, evidence: Evidence, secret_id: str) -> dict[str, Any]:
    """The card without the names of its files, a digest over the keyed digests of all images, and whose key that is."""
    return {
        **kept_dataset(inputs.dataset),
        "images_digest": follows.images_digest(evidence),
        "secret_id": secret_id,
    }


def _left_out(inputs: Inputs) -> dict[str, int]:
    """Images that the study does not use because their people have more than it takes of each."""
    most = inputs.study.trials.images_per_person
    return {} if most is None else {f"left out, more than {most} of a person": inputs.images_left_out}


def _refused(inputs: Inputs) -> dict[str, int]:
    """Reason -> refused samples; without names."""
    reasons = list(inputs.loaded.refused.values())
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


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
