"""One file to hand on: page, figures, tables, study, manifest, seal and log of a run. No template, picture or name.

A run holds none of those either; what its folder has and a bundle leaves out is the evidence by sample: scores,
outcomes and the table of opaque ids, from which somebody who has the data set could count to a person.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path

from facegap import store
from facegap.errors import InputError, StoreError
from facegap.records import RunManifest
from facegap.version import __version__

KEPT = ("report.html", "report-failed.txt", "study.toml", "sealed.json", store.MANIFEST, store.SUMS,
        "figures/*.svg", "tables/*.csv", "tables/*.md", "tables/*.txt")  # fmt: skip
"""What a bundle holds of a run's folder, and nothing else."""

EVIDENCE = ("tables/samples.csv", "acquisitions/*.csv", "comparisons/*.npz")
"""What is left out: by sample, under opaque ids."""

LOG, READ_ME = "log.txt", "README.txt"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

_SAYS = """\
Bundle of the run {run}, made by facegap {version}.

digest of the run: {digest}

It holds the page (report.html opens from disk, without a network), its figures, every table with its data dictionary
(tables/README.md), the study, the manifest, the sealed protocol where there was one, and a log. It holds no template,
no picture and no name, and not the evidence by sample: {left_out} files of the run are left out.

{sums} is that of the whole run: each file here has its line in it, and SHA-256 over its lines without report.html,
report-failed.txt and figures/ is the digest above. Whoever has the run's folder recomputes all of it: facegap verify.
"""


def bundle(run: Path, out: Path | None = None) -> Path:
    """Write the bundle of the finished `run` as a .zip file; the same run gives the same bytes.

    Args:
        out: the file; None: the run's name with .zip, beside the run.

    Raises:
        StoreError: the run is no finished run, changed since it was sealed, or the file cannot be written.
        InputError: the file is there already, lies in the run, or is no .zip.
    """
    changed = store.sums_differences(run)
    if changed:
        raise StoreError(f"{run}: changed since it was sealed, so it is not handed on: {changed[0]}")
    manifest = store.read_manifest(run)
    path = out if out is not None else run.with_name(f"{manifest.run_id}.zip")
    _check(path, run)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(run, manifest):
            entry = zipfile.ZipInfo(f"{manifest.run_id}/{name}", date_time=_LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    store.write_atomic(path, packed.getvalue())
    return path


def _check(path: Path, run: Path) -> None:
    if path.suffix.lower() != ".zip":
        raise InputError(f"{path}: expected a name that ends in .zip")
    if path.resolve().is_relative_to(run.resolve()):
        raise InputError(f"{path}: lies in the finished run {run}, which is never written to; name another place")
    if path.exists():
        raise InputError(f"{path}: there already, and never overwritten; --out names another file")


def _files(run: Path, manifest: RunManifest) -> Iterator[tuple[str, bytes]]:
    there = store.plain_files(run)
    kept = [name for name in sorted(there) if is_kept(name)]
    said = _SAYS.format(
        run=manifest.run_id,
        version=__version__,
        digest=store.run_digest(run),
        left_out=len(there) - len(kept),
        sums=store.SUMS,
    )
    yield READ_ME, said.encode()
    yield LOG, "".join(f"{line}\n" for line in log(manifest)).encode()
    for name in kept:
        try:
            yield name, there[name].read_bytes()
        except OSError as error:
            raise StoreError(f"{there[name]}: cannot be read: {error.strerror}") from None


def is_kept(name: str) -> bool:
    """Whether a bundle holds a file of a run's folder."""
    wanted = any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in KEPT)
    return wanted and not any(fnmatchcase(name, pattern) for pattern in EVIDENCE)


def log(manifest: RunManifest) -> Iterator[str]:
    """What happened, from the manifest: times, versions, stages, what was refused and found, and what must be said."""
    yield f"run {manifest.run_id}: {manifest.status}"
    yield f"started {manifest.started}, finished {manifest.finished}"
    yield f"backend asked {manifest.provider_asked}, ran {manifest.provider_actual}"
    yield from (f"version {name} {value}" for name, value in manifest.versions.items())
    yield from (f"stage {name}: {seconds} s" for name, seconds in manifest.stages.items())
    yield from (f"samples {name}: {count}" for name, count in manifest.samples.items())
    yield from (f"refused {name}: {count}" for name, count in manifest.refused.items())
    for found in manifest.findings:
        yield f"check {found.get('level', '')} {found.get('rule', '')}: {found.get('message', '')}"
    yield from (f"note {banner}" for banner in manifest.banners)
    yield from (f"departs from the sealed protocol: {line}" for line in manifest.sealed.get("departures", ()))
