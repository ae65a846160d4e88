"""Evidence held against itself: trials that the rule gives, scores kept twice, counts that are sums of others.

Whoever invents scores must invent all of them alike. What agrees with itself may still be invented: see docs/verify.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from facegap import store, trials
from facegap.audit.case import Case
from facegap.compare.pairs import mated_pairs
from facegap.evidence import Evidence, age_gaps, evidence_files, write_evidence
from facegap.outside.matrix import PRECISION
from facegap.records import (
    NOT_LIVE,
    OUTCOMES,
    Acquisitions,
    Attempts,
    Comparisons,
    Mask,
    Meets,
    Rows,
    RuledTrials,
    ScoredPairs,
    Searches,
)

Array = np.ndarray[Any, Any]

EDGE = 2e-6
"""How far a histogram's float32 score may lie from the exact one."""


def evidence_differences(case: Case) -> Iterator[str]:
    """Whether the parts of the evidence agree with each other."""
    evidence = case.evidence
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        name = f"acquisitions/{detector}~{condition}.csv"
        ids = [row.get("sample") for row in store.read_table(case.run / name)]
        if ids != evidence.samples.ids.tolist():
            yield f"{name}: other samples, or in another order, than tables/samples.csv"
        yield from (f"{name}: {line}" for line in _acquisitions(evidence, acquisitions))
    for (model, condition), comparisons in evidence.comparisons.items():
        name = f"comparisons/{model}~{condition}.npz"
        yield from (f"{name}: {line}" for line in _comparisons(evidence, comparisons, evidence.left_out))
        if not case.manifest.derived_from:  # an analysis by other labels keeps the cells of its run
            yield from (f"{name}: {line}" for line in _cells(evidence, comparisons))
    for (model, condition), comparisons in evidence.kept.items():
        name = f"comparisons/{model}~{condition}~with-copies.npz"
        yield from (f"{name}: {line}" for line in _comparisons(evidence, comparisons, None))
    for (model, condition, protocol), searches in evidence.searches.items():
        name = f"comparisons/{model}~{condition}~{protocol}.npz"
        yield from (f"{name}: {line}" for line in _searches(evidence, searches))
    for (model, condition), attempts in evidence.attempts.items():
        yield from (f"comparisons/{model}~{condition}~attempts.npz: {line}" for line in _attempts(evidence, attempts))
    yield from _missing(evidence)
    yield from _gaps(evidence)
    if case.same_version:
        yield from _written(case)
    yield from _names(evidence)


def _gaps(evidence: Evidence) -> Iterator[str]:
    """Whether the years between pictures are of the mated comparisons, in bins that give those of the study."""
    gaps, asked = evidence.gaps, set(evidence.study.age_gap or ())
    lacking = set(evidence.study.observed or ()) - set(evidence.samples.observed)
    if lacking:
        yield f"tables/samples.csv: no column of '{min(lacking)}', which the study observes"
    if gaps is None:
        return
    wanted = age_gaps(
        replace(evidence.samples, years=_no_years(len(evidence.samples))), evidence.comparisons.values(), gaps.cuts
    )
    if wanted is None or not (np.array_equal(wanted.low, gaps.low) and np.array_equal(wanted.high, gaps.high)):
        yield "comparisons/age-gaps.npz: its pairs are not the mated comparisons"
    if not asked <= set(gaps.cuts):
        yield "comparisons/age-gaps.npz: its bins do not give those of the study"
    if len(gaps.bin) != len(gaps.low) or (gaps.bin < -1).any() or (gaps.bin > len(gaps.cuts)).any():
        yield "comparisons/age-gaps.npz: a bin that there is not"


def _no_years(samples: int) -> dict[str, Array]:
    """As of people without ages and dates, to see of which pairs of pictures years are to be kept."""
    unknown = np.full(samples, np.nan)
    return {"age": unknown, "date": unknown}


def _written(case: Case) -> Iterator[str]:
    """Files that hold more than what is read of them, or hold it otherwise than a run writes it."""
    with tempfile.TemporaryDirectory() as place:
        write_evidence(Path(place), case.evidence)
        for name in evidence_files(case.evidence):
            if name.endswith(".npz"):
                found, wanted = (store.read_arrays(folder / name) for folder in (case.run, Path(place)))
                if list(found) != list(wanted) or any(not _same_array(found[key], wanted[key]) for key in wanted):
                    yield f"{name}: other arrays than a run writes"
            elif (case.run / name).read_bytes() != (Path(place) / name).read_bytes():
                yield f"{name}: other columns or cells than a run writes"


def _same_array(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def _names(evidence: Evidence) -> Iterator[str]:
    samples = evidence.samples
    if len(set(samples.ids.tolist())) < len(samples):
        yield "tables/samples.csv: one sample stands there twice"
    roles = set(samples.roles.tolist()) - {"", "photo", "selfie", "frame"}
    if roles:
        yield f"tables/samples.csv: no role '{min(roles)}'"


def _acquisitions(evidence: Evidence, found: Acquisitions) -> Iterator[str]:
    unknown = set(found.outcome.tolist()) - set(OUTCOMES)
    if unknown:
        yield f"no outcome '{min(unknown)}'"
    refused = found.outcome == NOT_LIVE
    if refused.any() and evidence.study.liveness is None:
        yield "a face was not taken as live, and the study names no net of liveness"
    elif (refused & (evidence.samples.roles != evidence.study.trials.probe_role)).any():
        yield "a face was not taken as live that is no probe"
    if ((found.outcome == "ok") != (found.reason == "")).any():
        yield "a reason stands with every failure, and with nothing else"
    if ((found.outcome == "ok") & (evidence.images == "") & (evidence.images != "").any()).any():
        yield "a face was found on a file that could not be read"


def _comparisons(evidence: Evidence, found: Comparisons, left_out: Mask | None) -> Iterator[str]:
    samples, rule = evidence.samples, evidence.study.trials
    if isinstance(found.trials, RuledTrials):
        same = evidence.applies_to.get(found.condition, "both") == "both" or found.condition == "clean"
        wanted = trials.verification(samples, rule, same, left_out)
        if not _equal(wanted, found.trials):
            yield "its trials are not those of the study's rule"
        yield from _tail_and_histogram(evidence, found)
    r, p = mated_pairs(samples, found.trials)
    if not (np.array_equal(r, found.mated.reference) and np.array_equal(p, found.mated.probe)):
        yield "its mated comparisons are not those of the trials"
        return
    if found.completed is None:
        both = found.reference_ok[r] & found.probe_ok[p]
        if (np.isnan(found.mated.score) == both).any():
            yield "a mated score is there where a side has no template, or missing where both have one"


def _cells(evidence: Evidence, found: Comparisons) -> Iterator[str]:
    columns = tuple(dict.fromkeys(column for columns in evidence.study.groups for column in columns))
    names, cells = evidence.samples.coded(columns)
    if names != found.cell_names or not np.array_equal(cells, found.cells):
        yield "its cells are not the groups of the samples"
        return
    meets = found.meets
    if (
        meets is None
        or meets.columns != columns
        or not np.array_equal(meets.codes, Meets.of(evidence.samples, columns).codes)
    ):
        yield "the tables of its histogram are not those of the groups"


def _equal(a: object, b: RuledTrials) -> bool:
    return (
        isinstance(a, RuledTrials)
        and np.array_equal(a.reference, b.reference)
        and np.array_equal(a.probe, b.probe)
        and a.symmetric == b.symmetric
    )


def _tail_and_histogram(evidence: Evidence, found: Comparisons) -> Iterator[str]:
    subjects = evidence.samples.people()
    tail = found.tail
    if (tail.score < found.floor).any() or np.isnan(tail.score).any():
        yield "a score of the tail lies below its floor"
    if (subjects[tail.reference] == subjects[tail.probe]).any():
        yield "a comparison of one person with himself is among those of two people"
    if not (found.reference_ok[tail.reference] & found.probe_ok[tail.probe]).all():
        yield "a score of the tail is of a sample without a template"
    size = len(evidence.samples)
    key = tail.reference * size + tail.probe
    if len(np.unique(key)) < len(key):
        yield "a comparison of the tail stands there twice"
    total = _nonmated(subjects, found)
    if int(found.histogram.sum()) != total:
        yield f"{int(found.histogram.sum())} scores in its histogram, its trials are {total}"
    if (np.diff(found.edges) <= 0).any() or (found.histogram < 0).any():
        yield "its histogram is none"
        return
    counts = found.pooled
    for k in np.flatnonzero(found.edges[:-1] >= found.floor):
        above, near = int(counts[k:].sum()), np.abs(tail.score - found.edges[k]) <= EDGE * max(1, abs(found.edges[k]))
        if abs(above - int((tail.score >= found.edges[k]).sum())) > int(near.sum()):
            yield f"{above} scores of its histogram are at {found.edges[k]:.6g} or above, of its tail another number"
            return


def _nonmated(subjects: Rows, found: Comparisons) -> int:
    """Comparisons of two people of whom both sides have a template."""
    reference = found.trials.reference[found.reference_ok[found.trials.reference]]
    probe = found.trials.probe[found.probe_ok[found.trials.probe]]
    people = int(subjects.max(initial=-1)) + 1
    a, b = (np.bincount(subjects[rows], minlength=people) for rows in (reference, probe))
    directed = int(a.sum()) * int(b.sum()) - int((a * b).sum())
    return directed // 2 if found.trials.symmetric else directed


def _searches(evidence: Evidence, found: Searches) -> Iterator[str]:
    ranked = found.mate_rank > 0
    if (ranked != ~np.isnan(found.mate_score)).any() or (ranked & ~found.mated).any():
        yield "a rank is there without a score of the mate, or a score without a rank"
    if (found.mate_rank_optimistic > found.mate_rank).any() or (found.mate_rank > found.gallery_size).any():
        yield "a rank lies outside of the gallery"
    if ((found.mate_rank == 1) & ranked & (found.top_nonmate >= found.mate_score)).any():
        yield "a mate is first though another person scores as high"
    if ((found.mate_rank > 1) & (found.top_nonmate < found.mate_score)).any():
        yield "a mate is not first though nobody scores as high"
    if (np.isnan(found.top_nonmate) == found.completed).any():
        yield "a highest score is there where the search failed, or missing where it did not"
    yield from _lists(found)
    yield from _gallery(evidence, found)
    if not found.same_scores:
        return
    comparisons = evidence.comparisons.get((found.model, found.condition))
    ruled = comparisons is not None and isinstance(comparisons.trials, RuledTrials)
    if comparisons is not None and ruled and not _scores_agree(found, comparisons):
        yield "a score of a mate is not that of the same comparison among the mated ones"
    if comparisons is not None and ruled and not _strangers_agree(found, comparisons):
        yield "a highest score of another person is not among the comparisons of the tail, which reaches down to it"


def _gallery(evidence: Evidence, found: Searches) -> Iterator[str]:
    """Who is drawn for an open gallery hangs on their names; how many are, and who searches a closed one, does not."""
    study = evidence.study
    assert study.identification is not None  # no searches are read otherwise
    plan = trials.identification(
        evidence.samples,
        study.trials,
        found.protocol,
        study.identification.enrolled,
        study.seed,
        evidence.left_out,
    )
    if len(plan.gallery) != found.gallery_size or found.gallery_failed > found.gallery_size:
        yield f"a gallery of {found.gallery_size}, the study's has {len(plan.gallery)}"
    if found.protocol == "closed" and not (np.array_equal(plan.probe, found.probe) and found.mated.all()):
        yield "its searches are not those of the study's rule"
    if len(np.unique(found.probe)) < len(found.probe):
        yield "a sample searches twice"
    subjects = evidence.samples.people()[found.probe]
    if len(np.unique(subjects[found.mated])) > found.gallery_size or (
        np.isin(subjects[found.mated], subjects[~found.mated]).any()
    ):
        yield "one person is enrolled and is not, or more people are than the gallery holds"


def _scores_agree(searches: Searches, comparisons: Comparisons) -> bool:
    """Every mate's score is that of a mated comparison of the probe, where those hold the same direction."""
    known = _by_sample(comparisons.mated, comparisons.trials.symmetric)
    pairs = zip(searches.probe.tolist(), searches.mate_score.tolist(), strict=True)
    near = _nearness(searches, comparisons)
    return all(not np.isfinite(score) or _among(score, known.get(row, {score}), near) for row, score in pairs)


def _strangers_agree(searches: Searches, comparisons: Comparisons) -> bool:
    """Every highest score of another person that the kept tail reaches down to is in that tail."""
    known = _by_sample(comparisons.tail, comparisons.trials.symmetric)
    pairs = zip(searches.probe.tolist(), searches.top_nonmate.tolist(), strict=True)
    near = _nearness(searches, comparisons)
    floor = comparisons.floor + near
    return all(not score >= floor or _among(score, known.get(row, set()), near) for row, score in pairs)


def _nearness(searches: Searches, comparisons: Comparisons) -> float:
    """How far a search's score may be from that of its comparison: in a file of its own it has digits of its own."""
    return 0.0 if searches.listed is None else PRECISION * float(comparisons.edges[-1] - comparisons.edges[0])


def _among(score: float, known: set[float], near: float) -> bool:
    return score in known or (near > 0 and any(abs(score - one) <= near for one in known))


def _lists(found: Searches) -> Iterator[str]:
    """Whether what candidate lists hold lies above what they leave out."""
    if found.listed is None or found.listed_to is None:
        if not found.same_scores or np.isneginf(found.mate_score).any():
            yield "something is left out of candidate lists, and there are none"
        return
    for score in (found.mate_score, found.top_nonmate):
        if (np.isfinite(score) & (score < found.listed_to)).any():
            yield "a candidate scores less than the last one of its list"
    if (np.isneginf(found.mate_score) & np.isneginf(found.listed_to)).any():
        yield "a mate is left out of a list that leaves nobody out"
    if (found.listed > found.gallery_size - found.gallery_failed).any() or (found.listed < 0).any():
        yield "a list holds more candidates than are enrolled"


def _by_sample(pairs: ScoredPairs, symmetric: bool) -> dict[int, set[float]]:
    """Row of a sample -> the scores of its comparisons as a probe; on either side where they have no direction."""
    known: dict[int, set[float]] = {}
    for rows in (pairs.probe, pairs.reference) if symmetric else (pairs.probe,):
        for row, score in zip(rows.tolist(), pairs.score.tolist(), strict=True):
            known.setdefault(row, set()).add(score)
    return known


def _attempts(evidence: Evidence, found: Attempts) -> Iterator[str]:
    subjects = evidence.samples.people()
    if (subjects[found.reference] != subjects[found.probe]).any():
        yield "an attempt of one person at another's reference"
    if ((found.outcome == "ok") == np.isnan(found.score)).any():
        yield "a score is there without success, or missing with it"
    if len(found.outcome) % found.per_transaction:
        yield f"{len(found.outcome)} attempts, not {found.per_transaction} of every transaction"


def _missing(evidence: Evidence) -> Iterator[str]:
    """Searches and attempts that the study asks for."""
    study = evidence.study
    # Scores of a list hold no searches but those of which candidate lists came.
    listed = {use.card: set(use.searches) for use in study.models if use.scores and study.trials.by_list}
    outside = {use.card for use in study.outside}
    asked = study.identification.protocols if study.identification is not None else ()
    enrolled = study.identification.enrolled if study.identification is not None else 0.5
    for protocol in asked if evidence.identities else tuple(p for p in asked if p == "open"):
        plan = trials.identification(evidence.samples, study.trials, protocol, enrolled, study.seed, evidence.left_out)
        for model, condition in evidence.comparisons:
            if protocol not in listed.get(model, {protocol}):
                continue
            if len(plan.probe) and len(plan.gallery) and (model, condition, protocol) not in evidence.searches:
                yield f"comparisons/{model}~{condition}~{protocol}.npz: missing; the study asks for these searches"
    if study.transactions is not None and evidence.identities:
        for model, condition in evidence.comparisons:
            taken = model not in outside and evidence.applies_to.get(condition, "both") != "reference"
            if taken and (model, condition) not in evidence.attempts:
                yield f"comparisons/{model}~{condition}~attempts.npz: missing; the study asks for these attempts"
