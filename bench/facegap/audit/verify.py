"""Verify: hash everything again, compute every table again from the kept evidence, and name each difference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from facegap import datasets, pipeline, store, tables
from facegap.cards import Study, card_names, card_path, load_dataset, load_study
from facegap.errors import FacegapError, StoreError
from facegap.evidence import Evidence, keyed_images, read_evidence
from facegap.records import RunManifest, Samples
from facegap.schema import Row, cells_of, names_of
from facegap.version import __version__

SHOWN = 5
"""Differing cells that are named per table before "and n more"."""

RELATIVE = 1e-9
"""Largest relative difference of a recomputed rate: another machine's logarithm may round otherwise."""


def verify(run: Path, root: Path | None = None, inputs: bool = True, secret: Path | None = None) -> list[str]:
    """One line per difference; none where the run holds what it says.

    Args:
        run: a finished results folder.
        root: folder of the data set, where it is not where it was on this machine.
        inputs: hash the data set's files and the weights too.
        secret: file of the secret that keys the digests of images, where this machine's own is another.

    Raises:
        StoreError: the folder is no finished run, or the secret is not the run's.
    """
    differences = store.sums_differences(run)
    if secret is not None:
        _secret(store.read_manifest(run), secret)
    try:
        manifest = store.read_manifest(run)
        evidence = read_evidence(run, manifest)
        differences += _tables(run, evidence)
        if (run / "study.toml").read_bytes() != manifest.config_text.encode():
            differences.append("study.toml: differs from the text in manifest.json")
        differences += _parent(run, manifest)
        if inputs:
            differences += _inputs(manifest, evidence, root, secret)
        made_by = manifest.versions["facegap"]
        if differences and made_by != __version__:
            differences.append(f"note: the run was made by facegap {made_by}, this is {__version__}")
    except FacegapError as error:
        differences.append(str(error))
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        # Whoever changed a file may have changed its sum too; nothing that a file holds ends in a traceback.
        differences.append(f"{run.name}: its files contradict each other: {type(error).__name__}: {error}")
    return differences


def unchecked(run: Path, secret: Path | None = None) -> tuple[str, ...]:
    """What `verify` cannot say of the run's inputs on this machine; neither agreement nor a difference.

    Raises:
        StoreError: the folder is no finished run, or the secret is not the run's.
    """
    manifest = store.read_manifest(run)
    if "secret_id" not in manifest.dataset:
        return ("images: an earlier version made this run, and its digests of images are not keyed",)
    if _secret(manifest, secret) is None:
        return ("images: the secret that keys their digests is not on this machine; give it with --secret FILE",)
    return ()


def _secret(manifest: RunManifest, given: Path | None) -> bytes | None:
    """The secret of the run: the given one, or this machine's; None where neither is.

    Raises:
        StoreError: the given one cannot be read, or is another run's.
    """
    wanted = str(manifest.dataset.get("secret_id", ""))
    if given is None:
        return store.known_secret(wanted)
    secret = store.read_secret(given)
    if store.secret_id(secret) != wanted:
        raise StoreError(f"{given}: not the secret of run {manifest.run_id}; ask whoever made it")
    return secret


def _parent(run: Path, manifest: RunManifest) -> Iterator[str]:
    """Whether the run that this one was derived from, where it lies beside it, is still the one that it names."""
    named = manifest.derived_from
    if not named:
        return
    parent = run.resolve().with_name(named["run"])
    if parent.is_dir() and store.sha256_file(parent / store.SUMS) != named["sha256sums"]:
        yield f"derived from {parent.name}, but the run of that name beside it is another one"


def _tables(run: Path, evidence: Evidence) -> Iterator[str]:
    left = added_since(run)
    for row, computed in tables.build(evidence).items():
        if row.table not in left:
            yield from _table(row, computed, store.read_table(store.table_path(run, row)))


def _table(row_class: type[Row], computed: Sequence[Row], found: Sequence[Mapping[str, str]]) -> Iterator[str]:
    name, columns = row_class.table, names_of(row_class)
    if len(computed) != len(found):
        yield f"tables/{name}.csv: {len(found)} rows, recomputed {len(computed)}"
        return
    lines = [
        f"tables/{name}.csv: row {number}, {column}: says {row.get(column)!r}, recomputed {cell!r}"
        for number, (wanted, row) in enumerate(zip(computed, found, strict=True), start=2)
        for column, cell in zip(columns, cells_of(wanted), strict=True)
        if not _same(cell, row.get(column))
    ]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"tables/{name}.csv: and {len(lines) - SHOWN} more cells"


def added_since(run: Path) -> tuple[str, ...]:
    """Tables that an earlier version than this did not write, and the run therefore lacks; none of this version's own.

    Raises:
        StoreError: the folder is no finished run.
    """
    if store.read_manifest(run).versions.get("facegap") == __version__:
        return ()
    return tuple(row.table for row in tables.TABLES if not store.table_path(run, row).exists())


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


def _inputs(manifest: RunManifest, evidence: Evidence, root: Path | None, secret: Path | None) -> Iterator[str]:
    try:
        yield from _weights(manifest)
        yield from _images(manifest, evidence, root, _secret(manifest, secret))
    except FacegapError as error:
        yield f"inputs: {error}"


def _weights(manifest: RunManifest) -> Iterator[str]:
    """The run's own weights, in the cache or beside the cards; the cards on this machine may have changed since."""
    for entry in manifest.models:
        digests, files = entry["file_sha256"], {"net": entry["file"], **entry.get("files", {})}
        if isinstance(digests, str):
            digests = {"net": digests}
        for part, sha256 in digests.items():
            found = [path for path in _places(entry["name"], files.get(part), sha256) if path.is_file()]
            if not any(store.sha256_file(path) == sha256 for path in found):
                what = "another file than the run's" if found else "the run's file is not on this machine"
                yield f"{entry['kind']} '{entry['name']}': {what} (sha256 {sha256}); pull or pin it, or --no-inputs"


def _places(name: str, file: str | None, sha256: str) -> Iterator[Path]:
    yield store.weights_path(sha256)
    if file is not None and name in card_names("models"):
        yield card_path("models", name).parent / file


@contextmanager
def _silent(_stage: str, _total: int) -> Iterator[pipeline.Advance]:
    yield lambda _: None


def _images(manifest: RunManifest, evidence: Evidence, root: Path | None, secret: bytes | None) -> Iterator[str]:
    known = store.remembered(manifest.run_id)
    card = load_dataset(_card(evidence.study, known))
    folder = root if root is not None else _root(evidence.study, known)
    loaded = datasets.load(card, folder)
    samples = loaded.samples
    if evidence.study.dataset.subjects is not None:
        samples = datasets.draw_subjects(samples, evidence.study.dataset.subjects, evidence.study.seed)
    if len(samples) != len(evidence.samples):
        yield f"dataset '{card.name}': {len(samples)} samples, the run had {len(evidence.samples)}"
        return
    changed = _changed(samples, evidence, secret) if secret is not None else []
    if changed:
        yield f"dataset '{card.name}': {len(changed)} image files differ from the run's, first sample {changed[0]}"
    for column, values in evidence.samples.groups.items():
        if column not in samples.groups or (samples.groups[column] != values).any():
            yield f"dataset '{card.name}': labels of '{column}' differ from the run's"
    if (samples.roles != evidence.samples.roles).any():
        yield f"dataset '{card.name}': roles differ from the run's"
    # Names are hashed with a secret, so that who is who can be compared, not what anybody is called.
    people = {*zip(samples.subjects.tolist(), evidence.samples.subjects.tolist(), strict=True)}
    if not len(people) == len(set(samples.subjects)) == len(set(evidence.samples.subjects)):
        yield f"dataset '{card.name}': who is on which image differs from the run's"
    refused = manifest.samples["refused"]
    if len(loaded.refused) != refused:
        yield f"dataset '{card.name}': {len(loaded.refused)} samples refused, the run had {refused}"


def _changed(samples: Samples, evidence: Evidence, secret: bytes) -> list[str]:
    """Opaque ids of the samples whose files are not the run's."""
    found = keyed_images(pipeline.hash_files(samples, 2), secret)
    return [str(sample) for sample, a, b in zip(evidence.samples.ids, found, evidence.images, strict=True) if a != b]


def _card(study: Study, known: Mapping[str, str]) -> str:
    """The data set's card by name, or the file that it was read from on this machine."""
    file = known.get("card", "")
    return file if file.endswith(".toml") and Path(file).is_file() else study.dataset.card


def _root(study: Study, known: Mapping[str, str]) -> Path:
    """The data set's folder: rendered again, where it lay on this machine, or where the study in configs/ says.

    Raises:
        StoreError: there is no such file, or it names no folder.
    """
    if study.dataset.synthetic is not None:
        return pipeline.rendered(study.dataset.synthetic, study.backend.threads, _silent)
    if "root" in known:
        return Path(known["root"])
    if study.name in card_names("configs"):
        own, file = load_study(study.name)
        if own.dataset.root is not None:
            return (file.parent / own.dataset.root).resolve()
    raise StoreError("where the data set lies is not known here: give --root, or --no-inputs to leave it out")
