"""Other groups, thresholds or intervals from the kept evidence of a finished run, without the model."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from facegap import store
from facegap.cards import Study
from facegap.errors import InputError, StoreError
from facegap.evidence import Evidence, follows, read_evidence, read_seal
from facegap.evidence.sealed import KEPT
from facegap.pipeline import Progress
from facegap.records import RunManifest, has_label
from facegap.run.page import Draw, draw_page
from facegap.run.seal import keep_seal, sealed_entry
from facegap.tables import TABLES, build, write_tables
from facegap.version import __version__
from facegap.words import did_you_mean, some


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an analysis does otherwise than its run; None leaves it as it was.

    Attributes:
        groups: groupings, each a tuple of label columns.
        fmr: target false match rates; thresholds are then set on the run's own comparisons.
        level: confidence level of every interval.
        impostors: over which non-mated comparisons thresholds are set.
        extrapolate: target false match rates below what the comparisons resolve.
        reference: names of groups, each the reference of the groupings that have it.
        suppress_below: people of the smallest group that is shown; never fewer than the run's.
        observed: recorded conditions by which rates are stated, of those that the run kept; empty for none.
        age_gap: years between reference and probe from which bins begin, of those that the run kept; empty for none.
    """

    groups: tuple[tuple[str, ...], ...] | None = None
    fmr: tuple[float, ...] | None = None
    level: float | None = None
    impostors: str | None = None
    extrapolate: tuple[float, ...] | None = None
    reference: tuple[str, ...] | None = None
    suppress_below: int | None = None
    observed: tuple[str, ...] | None = None
    age_gap: tuple[float, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Name -> value of what is changed."""
        return {name: value for name, value in vars(self).items() if value is not None}


def analyse(run: Path, changes: Changes, out: Path | None, draw: Draw | None, progress: Progress | None = None) -> Path:
    """Compute every table of the finished `run` again under `changes`, in a results folder of its own.

    The folder holds a copy of the evidence, so that it is verified like any run, and names its parent by the digest of
    the parent's SHA256SUMS.

    Args:
        out: the new folder; None puts it beside the run, named after it and the changes.
        draw: draws figures and page into the folder in preparation; None leaves them out.
        progress: shows how many tables are done.

    Raises:
        StoreError: the run is no finished run, or changed since it was sealed; or `out` cannot be written.
        InputError: no such label, or the kept scores end above a threshold that is asked for.
    """
    started = time.perf_counter()
    changed = store.sums_differences(run)
    if changed:
        raise StoreError(f"{run}: changed since it was sealed, so nothing is derived from it: {changed[0]}")
    manifest = store.read_manifest(run)
    evidence = read_evidence(run, manifest)
    evidence = replace(evidence, study=changed_study(evidence, changes))
    new = _manifest(run, manifest, evidence.study, changes)
    target = out if out is not None else run.with_name(new.run_id)
    store.check_name(target.name, f"{target}: the new folder's name")
    if target.resolve().is_relative_to(run.resolve()):
        raise StoreError(f"{target}: lies in the finished run {run}, which is never written to; name another folder")
    if target.exists():
        raise StoreError(f"{target}: this run exists already; a run is never written twice")
    store.require_writable(target.parent)
    with (progress or _silent)("analyse: tables", len(TABLES)) as advance:
        tables = build(evidence, advance)
    seconds = {**manifest.stages, "analyse": round(time.perf_counter() - started, 3)}
    seal = read_seal(run / KEPT) if (run / KEPT).exists() else None
    new = replace(new, stages=seconds, finished=_now(), page=draw is not None, sealed=sealed_entry(seal, new))
    with store.new_run(target.parent, target.name) as (folder, final):
        for part in ("acquisitions/*.csv", "comparisons/*.npz", "tables/samples.csv"):
            store.copy_files(run, part, folder)
        write_tables(folder, tables, new.banners)
        keep_seal(folder, seal)
        store.write_atomic(folder / "study.toml", new.config_text.encode())
        store.write_manifest(folder, new)
        draw_page(draw, folder)
    store.remember(new.run_id, store.remembered(manifest.run_id))
    return final


def changed_study(evidence: Evidence, changes: Changes) -> Study:
    """The run's study under `changes`.

    Raises:
        InputError: a label that the run's samples do not have, or a value outside its range.
    """
    known = evidence.samples.groups
    for columns in changes.groups or ():
        unknown = [column for column in columns if column not in known]
        if unknown:
            raise InputError(f"--groups: '{unknown[0]}' is no label of this run; its labels: {', '.join(known)}")
        if len(set(columns)) < len(columns):
            raise InputError(f"--groups: '{', '.join(columns)}' names a label twice")
    study = evidence.study.model_dump(mode="json")
    if changes.groups is not None:
        study["groups"] = changes.groups
        there = [", ".join(columns) for columns in changes.groups]
        study["reference"] = {name: group for name, group in study["reference"].items() if name in there}
    if changes.reference is not None:
        study["reference"] = references(evidence, changes.groups or evidence.study.groups, changes.reference)
    if changes.fmr is not None:
        study["thresholds"] |= {"fmr": changes.fmr, "from_run": None}
    if changes.level is not None:
        study["statistics"]["level"] = changes.level
    if changes.extrapolate is not None:
        study["statistics"]["extrapolate"] = changes.extrapolate
    if changes.impostors is not None:
        study["thresholds"]["impostors"] = changes.impostors
    if changes.suppress_below is not None:
        _raise_suppression(evidence.study, changes.suppress_below)
        study["statistics"] = evidence.study.statistics.hiding(changes.suppress_below).model_dump(mode="json") | {
            name: study["statistics"][name] for name in ("level", "extrapolate")
        }
    if changes.observed is not None:
        study["observed"] = _kept("--observed", changes.observed, evidence.samples.observed)
    if changes.age_gap is not None:
        study["age_gap"] = _kept("--age-gap", changes.age_gap, evidence.gaps.cuts if evidence.gaps is not None else ())
    try:
        return Study.model_validate_json(json.dumps(study))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"analyse: {where}: {first['msg']}, found {first['input']!r}") from None


def _kept(option: str, asked: Sequence[Any], kept: Iterable[Any]) -> list[Any]:
    """What is asked for, of what the run kept; bins can be joined, never parted.

    Raises:
        InputError: the run did not keep one.
    """
    there = list(kept)
    unknown = [one for one in asked if one not in there]
    if unknown:
        said = ", ".join(map(str, there)) or "none"
        raise InputError(f"{option}: the run did not keep '{unknown[0]}'; there are: {said}")
    return list(asked)


def references(evidence: Evidence, groupings: Sequence[tuple[str, ...]], names: Sequence[str]) -> dict[str, str]:
    """Grouping -> the one of `names` that is a group of it.

    Raises:
        InputError: a name is no group of any grouping, or two are groups of the same one.
    """
    there = {", ".join(columns): evidence.samples.coded(columns)[0] for columns in groupings}
    found: dict[str, str] = {}
    for name in names:
        mine = [grouping for grouping, groups in there.items() if name in groups and has_label(name)]
        if not mine:
            known = [group for groups in there.values() for group in groups if has_label(group)]
            raise InputError(
                f"--reference: no group '{name}' in {'; '.join(there)}{did_you_mean(name, known)}; "
                f"there are: {some(known)}"
            )
        twice = next((grouping for grouping in mine if grouping in found), None)
        if twice is not None:
            raise InputError(f"--reference: two groups of '{twice}': '{found[twice]}' and '{name}'; name one of them")
        found |= dict.fromkeys(mine, name)
    return found


def _raise_suppression(study: Study, least: int) -> None:
    before = study.statistics.suppress_below or 0
    if least < before:
        raise InputError(
            f"--suppress-below: the run shows no group of fewer than {before} people, and {least} may show one; give "
            f"{before} or more"
        )


def parse_groups(texts: Sequence[str]) -> tuple[tuple[str, ...], ...] | None:
    """Groupings from the command line, such as "gender" and "ethnicity,gender"; None where none is given.

    Raises:
        InputError: there is a column without a name.
    """
    found = tuple(tuple(column.strip() for column in text.split(",")) for text in texts)
    if any(not column for columns in found for column in columns):
        raise InputError('--groups: expected label columns with commas between them, such as "ethnicity,gender"')
    return found or None


def _manifest(run: Path, parent: RunManifest, study: Study, changes: Changes) -> RunManifest:
    digest = store.sha256_file(run / store.SUMS)
    said = changes.as_json()
    derived = {"run": parent.run_id, "sha256sums": digest, "changes": said}
    return replace(
        parent,
        run_id=follows.derived_name(parent.run_id, digest, said),
        study=study.model_dump(mode="json"),
        versions={**parent.versions, "facegap": __version__},
        banners=[*parent.banners, follows.derived_banner(parent.run_id, said)],
        derived_from={**derived, "earlier": follows.analyses(parent.derived_from)},
    )


@contextmanager
def _silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
