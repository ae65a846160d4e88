"""The manifest of a run, through its record."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields
from pathlib import Path

from facegap.errors import StoreError
from facegap.records import RunManifest
from facegap.store.plain import plain_files, require_plain
from facegap.store.runs import check_name, write_json

MANIFEST = "manifest.json"


def write_manifest(folder: Path, manifest: RunManifest) -> None:
    """Write `folder`/manifest.json.

    Raises:
        StoreError: it cannot be written.
    """
    write_json(folder / MANIFEST, asdict(manifest))


def read_manifest(folder: Path) -> RunManifest:
    """The manifest of the results folder; keys that `RunManifest` does not know are left aside.

    Raises:
        StoreError: it cannot be read, is not JSON, lacks a key or names no run; or the folder holds something else than
            plain files.
    """
    path = folder / MANIFEST
    require_plain(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}; is this a results folder?") from None
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: not JSON: {error}; the run's folder is damaged") from None
    plain_files(folder)
    if not isinstance(content, dict):
        raise StoreError(f"{path}: expected an object, found {type(content).__name__}; the run's folder is damaged")
    required = [f.name for f in fields(RunManifest) if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in required if name not in content]
    if missing:
        raise StoreError(f"{path}: missing keys: {', '.join(missing)}; was it written by another version?")
    check_name(str(content["run_id"]), f"{path}: run_id")
    return RunManifest(**{f.name: content[f.name] for f in fields(RunManifest) if f.name in content})
