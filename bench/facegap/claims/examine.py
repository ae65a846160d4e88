"""A claim held against a finished run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from facegap import store
from facegap.claims.judge import judge_with, verdict_of
from facegap.claims.text import MARGINS, Claim, parse
from facegap.claims.verdict import Judged, Verdict
from facegap.errors import InputError, StoreError
from facegap.evidence import Evidence, Seal, departures, read_evidence, read_seal
from facegap.evidence.sealed import KEPT
from facegap.records import RunManifest
from facegap.tables.hidden import Hidden, HiddenGroups
from facegap.tables.suppress import without_counts
from facegap.tables.workbench import Workbench
from facegap.words import plural

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows a stage of so many items; what it gives is told how many more are done."""


def _silent(_stage: str, _total: int) -> AbstractContextManager[Callable[[int], None]]:
    return nullcontext(lambda _: None)


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What was asked, what it rests on, and every verdict.

    Attributes:
        understood: the claim as it was read.
        stated: where a margin was stated before the data were seen, "" for claims without one.
        level: chance that no verdict of one reading at one threshold is wrong.
        note: what the claim must not be taken for, "" where there is nothing to say.
        digest: of the run.
        protocol: what the protocol says that was sealed before the data: whether this claim is in it, and what the run
            does otherwise; none where there is no such protocol.
        banners: what must be said wherever a figure of this run is shown, such as that its data are synthetic.
        verdict: "supported" only where every reading, threshold, model and condition that was asked for supports it in
            every group; "refuted" where one refutes it.
    """

    run: str
    claim: str
    understood: str
    stated: str
    level: float
    verdict: Verdict
    judged: tuple[Judged, ...]
    note: str = ""
    digest: str = ""
    protocol: tuple[str, ...] = ()
    banners: tuple[str, ...] = ()


def parse_sealed(text: str) -> dict[str, Any]:
    """A claim as a protocol seals it: its text, how it is understood, and its margin, None where it has none.

    Raises:
        InputError: the claim is not understood.
    """
    claim = parse(text)
    return {"claim": text, "understood": claim.says(), "margin": claim.number if claim.kind in MARGINS else None}


def examine_claim(
    run: Path,
    text: str,
    models: Sequence[str] = (),
    conditions: Sequence[str] = ("clean",),
    stated: str | None = None,
    sealed: Path | None = None,
    progress: Progress | None = None,
) -> Examined:
    """Judge the claim in `text` by the kept evidence of the finished `run`.

    Args:
        sealed: file of the protocol that was sealed before the data; None: the one that the run holds, if any.
        progress: shows how far it is, by comparisons of a model under a condition.

    Raises:
        InputError: the claim is not understood, the run has not what it speaks of, or a margin was not stated.
        StoreError: the run is no finished run, or changed since it was sealed.
    """
    claim = parse(text)
    changed = store.sums_differences(run)
    if changed:
        raise StoreError(f"{run}: changed since it was sealed, so no claim is judged by it: {changed[0]}")
    manifest = store.read_manifest(run)
    evidence = read_evidence(run, manifest)
    seal = _sealed(run, sealed)
    beforehand = seal is not None and seal.has(text) and seal.before(manifest)
    where = _stated(claim, stated or (f"the protocol {seal.says}" if seal is not None and beforehand else None))
    chosen = [key for key in evidence.comparisons if (not models or key[0] in models) and key[1] in conditions]
    with (progress or _silent)("claim", len(chosen)) as advance:
        judged = shown_only(evidence, judge_with(Workbench(evidence), claim, models, conditions, advance))
    level = evidence.study.statistics.level
    return Examined(
        run=manifest.run_id,
        claim=text,
        understood=claim.says(),
        stated=where,
        level=level,
        verdict=verdict_of(judged),
        judged=judged,
        note=_note(claim, evidence),
        digest=store.run_digest(run),
        protocol=() if seal is None else tuple(_protocol(seal, text, manifest)),
        banners=tuple(manifest.banners),
    )


def _sealed(run: Path, given: Path | None) -> Seal | None:
    own = run / KEPT
    return read_seal(given if given is not None else own) if given is not None or own.exists() else None


def _protocol(seal: Seal, text: str, manifest: RunManifest) -> Iterator[str]:
    """How claim and run stand to the sealed protocol."""
    there = "this claim is in it" if seal.has(text) else "this claim is not in it"
    departs = departures(seal, manifest)
    how = plural(len(departs), "point") if departs else "nothing"
    yield f"{seal.says}: {there}; the run departs from it in {how}"
    yield from departs


def shown_only(evidence: Evidence, judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """The verdicts with those on groups that no table shows left open, and nothing said that was counted of them."""
    groups, blocks = HiddenGroups(evidence), defaultdict(list)
    for row in judged:
        blocks[_block_of(row)].append(row)
    hidden = {key: _hidden_of(groups, rows) for key, rows in blocks.items()}
    return tuple(_shown(row, hidden[_block_of(row)].get(row.grouping, Hidden()), groups.least) for row in judged)


def _block_of(row: Judged) -> tuple[str, ...]:
    """Rows that differ in their group only."""
    return row.model, row.condition, row.reading, row.threshold_name


def _hidden_of(groups: HiddenGroups, rows: Sequence[Judged]) -> Mapping[str, Hidden]:
    here = {(row.grouping, row.group): row.subjects or 0 for row in rows}
    few = frozenset(name for name, people in here.items() if 0 < people < groups.least)
    return groups.of_block(few, frozenset(here.items()) if few else frozenset())


def _shown(row: Judged, hidden: Hidden, least: int) -> Judged:
    few = row.subjects is not None and 0 < row.subjects < least
    over_all = bool(hidden.along) and row.group.startswith("over ")
    if not (few or over_all or row.group in hidden.every):
        return replace(row, note=without_counts(row.note)) if least else row
    return replace(
        row,
        verdict="undecided",
        errors=None,
        trials=None,
        subjects=None,
        value=None,
        low=None,
        high=None,
        p_refute=None,
        p_support=None,
        decided_as=None,
        decided_trials=None,
        decided_people=None,
        note=f"suppressed: a group of fewer than {least} people stands behind it, or could be computed from it",
    )


def _note(claim: Claim, evidence: Evidence) -> str:
    """Which error an accuracy was taken for, and that a published one is another thing."""
    if claim.kind != "accuracy":
        return ""
    listed = evidence.study.trials.by_list
    pairs = "the pairs that the data set lists" if listed else "this run's own comparisons"
    return (
        f"accuracy was taken for errors of {pairs} at this run's thresholds: FNMR, FMR, both, and their mean; a "
        "published LFW accuracy is another number, of 6,000 listed pairs at thresholds tuned to them, on which nothing "
        "here is a verdict"
    )


def _stated(claim: Claim, stated: str | None) -> str:
    if claim.kind not in MARGINS:
        return ""
    if not (stated or "").strip():
        raise InputError(
            f"claim '{claim.text}': a margin counts only if it was stated before the data were seen; "
            'say where with --stated "tender of 2026-03-01, section 4"'
        )
    return str(stated).strip()
