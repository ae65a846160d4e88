"""Verify: hash everything again, compute every table again from the kept evidence, and name each difference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bench
from bench import datasets, pipeline, store, tables, weights
from bench.cards import Study, card_path, load_dataset, load_detector, load_model, load_study
from bench.errors import FacegapError, StoreError
from bench.tables import Evidence, read_evidence

SHOWN = 5
"""Differing cells that are named per table before "and n more"."""

RELATIVE = 1e-9
"""Largest relative difference of a recomputed rate: another machine's logarithm may round otherwise."""


def verify(run: Path, root: Path | None = None, inputs: bool = True) -> list[str]:
    """One line per difference; none where the run holds what it says.

    Args:
        run: a finished results folder.
        root: folder of the data set, where it is not where the study says.
        inputs: hash the data set's files and the weights too.

    Raises:
        StoreError: the folder is no finished run.
    """
    differences = store.sums_differences(run)
    try:
        manifest = store.read_json(run / "manifest.json")
        evidence = read_evidence(run, manifest)
        differences += _tables(run, evidence)
    except FacegapError as error:
        return [*differences, str(error)]
    if (run / "study.toml").read_text(encoding="utf-8") != manifest["config_text"]:
        differences.append("study.toml: differs from the text in manifest.json")
    if inputs:
        differences += _inputs(manifest, evidence, root)
    made_by = manifest["versions"]["facegap"]
    if differences and made_by != bench.__version__:
        differences.append(f"note: the run was made by facegap {made_by}, this is {bench.__version__}")
    return differences


def _tables(run: Path, evidence: Evidence) -> Iterator[str]:
    for name, table in tables.build(evidence).items():
        found = store.read_table(run / "tables" / f"{name}.csv")
        yield from _table(name, table.columns, table.rows, found)


def _table(
    name: str, columns: Sequence[str], computed: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, str]]
) -> Iterator[str]:
    if len(computed) != len(found):
        yield f"tables/{name}.csv: {len(found)} rows, recomputed {len(computed)}"
        return
    lines = [
        f"tables/{name}.csv: row {number}, {column}: says {row.get(column)!r}, recomputed {wanted.get(column)!r}"
        for number, (wanted, row) in enumerate(zip(computed, found, strict=True), start=2)
        for column in columns
        if not _same(wanted.get(column), row.get(column))
    ]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"tables/{name}.csv: and {len(lines) - SHOWN} more cells"


def _same(computed: Any, found: str | None) -> bool:
    if found is None:
        return False
    if computed is None:
        return found == ""
    if isinstance(computed, float):
        try:
            return math.isclose(computed, float(found), rel_tol=RELATIVE, abs_tol=1e-15)
        except ValueError:
            return False
    return str(computed) == found


def _inputs(manifest: Mapping[str, Any], evidence: Evidence, root: Path | None) -> Iterator[str]:
    try:
        yield from _weights(manifest, evidence.study)
        yield from _images(manifest, evidence, root)
    except FacegapError as error:
        yield f"inputs: {error}"


def _weights(manifest: Mapping[str, Any], study: Study) -> Iterator[str]:
    said = {(entry["kind"], entry["name"]): entry["file_sha256"] for entry in manifest["models"]}
    for use in study.models:
        card, detector = load_model(use.card), load_detector(use.detector)
        file = weights.find_model(card, card_path("models", use.card))
        if store.sha256_file(file) != said["recogniser", card.name]:
            yield f"model '{card.name}': other weights than the run's ({said['recogniser', card.name][:16]}...)"
        parts = weights.find_detector(detector, card_path("models", use.detector))
        if {part: store.sha256_file(path) for part, path in parts.items()} != said["detector", detector.name]:
            yield f"detector '{detector.name}': other weights than the run's"


@contextmanager
def _silent(_stage: str, _total: int) -> Iterator[pipeline.Advance]:
    yield lambda _: None


def _images(manifest: Mapping[str, Any], evidence: Evidence, root: Path | None) -> Iterator[str]:
    card = load_dataset(evidence.study.dataset.card)
    folder = root if root is not None else _root(evidence.study)
    loaded = datasets.load(card, folder)
    samples = loaded.samples
    if evidence.study.dataset.subjects is not None:
        samples = datasets.draw_subjects(samples, evidence.study.dataset.subjects, evidence.study.seed)
    if len(samples) != len(evidence.samples):
        yield f"dataset '{card.name}': {len(samples)} samples, the run had {len(evidence.samples)}"
        return
    found = pipeline.hash_files(samples, 2)
    changed = [sample for sample, a, b in zip(evidence.samples.ids, found, evidence.sha256, strict=True) if a != b]
    if changed:
        yield f"dataset '{card.name}': {len(changed)} image files differ from the run's, first sample {changed[0]}"
    for column, values in samples.groups.items():
        if (values != evidence.samples.groups[column]).any():
            yield f"dataset '{card.name}': labels of '{column}' differ from the run's"
    refused = manifest["samples"]["refused"]
    if len(loaded.refused) != refused:
        yield f"dataset '{card.name}': {len(loaded.refused)} samples refused, the run had {refused}"


def _root(study: Study) -> Path:
    """The data set's folder: rendered again, or as the study's own file in configs/ says it.

    Raises:
        StoreError: there is no such file, or it names no folder.
    """
    if study.dataset.synthetic is not None:
        return pipeline.rendered(study.dataset.synthetic, study.backend.threads, _silent)
    try:
        _, file = load_study(study.name)
    except FacegapError:
        file = None
    if file is None or study.dataset.root is None:
        raise StoreError("where the data set lies is not known here: give --root, or --no-inputs to leave it out")
    return (file.parent / study.dataset.root).resolve()
