"""A comparison computed again from its runs, and held against what its folder says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from facegap import store
from facegap.audit import Check, Verified
from facegap.cards import load_policy
from facegap.compared.folder import POLICY, SAID, compare_runs, write_comparison
from facegap.compared.runs import read_runs
from facegap.errors import FacegapError
from facegap.version import __version__


def is_comparison(folder: Path) -> bool:
    """Whether `facegap compare` wrote the folder."""
    return (folder / SAID).is_file() and not (folder / store.MANIFEST).exists()


def examine_comparison(folder: Path, tell: Callable[[Check], None] = lambda _: None) -> Verified:
    """Hash every file, and compute the comparison again from the runs, which are looked for beside the folder.

    Raises:
        StoreError: the folder holds something else than plain files, or no SHA256SUMS.
    """
    sums = store.sums_differences(folder)
    says = "every file is as SHA256SUMS says, none is missing, none was added"
    checks = [Check(name="files", says=says, differences=tuple(sums))]
    tell(checks[0])
    checks.append(_again(folder))
    tell(checks[1])
    return Verified(run=folder.name, digest=store.run_digest(folder), checks=tuple(checks))


def _again(folder: Path) -> Check:
    says = "tables, page and figures follow from the runs and the policy"
    try:
        said = store.read_json(folder / SAID)
        runs = [folder.parent / str(one["run"]) for one in said["runs"]]
        missing = [run.name for run in runs if not run.is_dir()]
        if missing:
            why = f"the run {missing[0]} does not lie beside this folder: bring it there"
            return Check(name="runs", says=says, unknown=(why,))
        return Check(name="runs", says=says, **_compared(folder, runs, said))
    except (FacegapError, KeyError, TypeError) as error:
        return Check(name="runs", says=says, differences=(f"cannot be computed again: {error}",))


def _compared(folder: Path, runs: list[Path], said: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found = read_runs(runs)
    other = [
        f"{run.name}: its digest is {run.digest}, and {SAID} says {one['digest']}"
        for run, one in zip(found, said["runs"], strict=True)
        if run.digest != one["digest"]
    ]
    policy, text = None, ""
    if (folder / POLICY).exists():
        policy, text = load_policy(str(folder / POLICY))[0], (folder / POLICY).read_text(encoding="utf-8")
    if said.get("facegap") != __version__:
        why = f"made by facegap {said.get('facegap')}, and this is {__version__}"
        return {"differences": tuple(other), "unknown": (why,)}
    with tempfile.TemporaryDirectory() as place:
        again = write_comparison(compare_runs(found, policy, text), Path(place))
        here, there = (dict(_contents(one)) for one in (folder, again))
    names = sorted({*here, *there})
    return {"differences": (*other, *(f"{name}: differs" for name in names if here.get(name) != there.get(name)))}


def _contents(folder: Path) -> dict[str, str]:
    return {name: store.sha256_file(path) for name, path in store.plain_files(folder).items() if name != store.SUMS}
