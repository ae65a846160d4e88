"""Evidence of invented scores, whole enough for every table, without images or nets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from facegap.cards import Study
from facegap.cards.study import Identification
from facegap.evidence import Evidence
from facegap.records import Acquisitions, Comparisons, Meets, RuledTrials, ScoredPairs, Searches
from facegap.schema import Row
from made import make_samples

RowT = TypeVar("RowT", bound=Row)

STUDY: dict[str, Any] = {
    "name": "made",
    "title": "made",
    "seed": 5,
    "dataset": {"card": "none"},
    "models": [{"card": "m", "detector": "d"}],
    "groups": [["colour"], ["colour", "size"]],
    "thresholds": {"fmr": [0.02, 0.005]},
    "identification": None,
    "statistics": {"draws": 200},
}


def evidence_of(people: int = 120, each: int = 3, shift: float = 0.0, seed: int = 0, **statistics: Any) -> Evidence:
    """Scores around 0 for strangers and 3 for mates, `shift` higher for pairs of two red strangers."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(people), each)
    colour = np.where(subject % 3 == 0, "red", "green")
    size = np.where(subject % 2 == 0, "big", "small")
    samples = make_samples([f"p{k:03}" for k in subject], {"colour": list(colour), "size": list(size)})
    n = len(subject)
    a, b = (np.array(side) for side in zip(*combinations(range(n), 2), strict=True))
    same = subject[a] == subject[b]
    person = rng.normal(0, 0.5, people)
    score = rng.normal(0, 1, len(a)) + person[subject[a]] + person[subject[b]] + 3 * same
    score = (score + shift * (~same & (colour[a] == "red") & (colour[b] == "red"))).astype(np.float32)
    edges = np.linspace(-10, 10, 129)
    cell_names, cells = np.unique(samples.grouping(("colour", "size")), return_inverse=True)
    meets = Meets.of(samples, ("colour", "size"))
    histogram = np.zeros((len(meets), 128), np.int64)
    bins = np.searchsorted(edges, score[~same], side="right") - 1
    np.add.at(histogram, (meets.table[cells[a], cells[b]][~same], bins), 1)
    floor = float(np.quantile(score[~same], 0.9))
    kept = ~same & (score >= floor)
    everything = np.ones(n, bool)
    compared = Comparisons(
        model="m",
        condition="clean",
        trials=RuledTrials(np.arange(n), np.arange(n), symmetric=True),
        reference_ok=everything,
        probe_ok=everything,
        mated=ScoredPairs(a[same], b[same], score[same]),
        tail=ScoredPairs(a[kept], b[kept], score[kept]),
        floor=floor,
        histogram=histogram,
        cells=cells,
        cell_names=tuple(str(name) for name in cell_names),
        edges=edges,
        meets=meets,
    )
    study = Study.model_validate({**STUDY, "statistics": {**STUDY["statistics"], **statistics}}, strict=False)
    nothing = np.full((n, 4), np.nan, np.float32)
    landmarks = np.full((n, 5, 2), np.nan, np.float32)
    ok = np.full(n, "ok")
    acquired = Acquisitions(
        condition="clean",
        detector="d",
        outcome=ok,
        reason=np.full(n, ""),
        box=nothing,
        landmarks=landmarks,
        quality={"LaplacianSharpness": score[:n]},
        sha256=samples.ids,
    )
    by_key = {("m", "clean"): compared}
    return Evidence(
        study=study,
        samples=samples,
        images=samples.ids,
        acquisitions={("d", "clean"): acquired},
        comparisons=by_key,
        searches={},
        vendor={},
        given=(),
        identities=True,
    )


def searched_evidence(shift: float = 0.0, people: int = 240, **statistics: Any) -> Evidence:
    """Two searches of each of the people, every other person enrolled; red strangers score `shift` higher."""
    evidence = evidence_of(people, each=2, **statistics)
    n, rng = len(evidence.samples), np.random.default_rng(4)
    person = np.arange(n) // 2
    red = evidence.samples.groups["colour"] == "red"
    mated = person % 4 < 2
    top = (rng.normal(2, 1, n) + shift * red).astype(np.float32)
    mate = np.where(mated, rng.normal(4, 1, n), np.nan).astype(np.float32)
    rank = np.where(mated, 1 + (top >= mate), 0)
    searches = Searches(
        model="m",
        condition="clean",
        protocol="open",
        probe=np.arange(n),
        mated=mated,
        completed=np.ones(n, bool),
        mate_score=mate,
        mate_rank=rank,
        mate_rank_optimistic=rank,
        top_nonmate=top,
        gallery_size=people // 2,
        gallery_failed=0,
    )
    study = evidence.study.model_copy(update={"identification": Identification(fpir=(0.1,))})
    return replace(evidence, study=study, searches={("m", "clean", "open"): searches})


def with_quality(evidence: Evidence, by_quality: float, by_group: float) -> Evidence:
    """Sharpness that is lower for red, and mated scores that fall with it and with being red."""
    rng = np.random.default_rng(9)
    red = evidence.samples.groups["colour"] == "red"
    sharpness = (rng.normal(10, 2, len(red)) - 2 * red).astype(np.float32)
    compared = evidence.comparisons["m", "clean"]
    mated = compared.mated
    worse = np.minimum(sharpness[mated.reference], sharpness[mated.probe])
    score = mated.score + by_quality * (worse - 10) - by_group * red[mated.probe]
    compared = replace(compared, mated=ScoredPairs(mated.reference, mated.probe, score.astype(np.float32)))
    acquired = replace(evidence.acquisitions["d", "clean"], quality={"LaplacianSharpness": sharpness})
    return replace(evidence, comparisons={("m", "clean"): compared}, acquisitions={("d", "clean"): acquired})


def chosen(rows: Iterable[RowT], **wanted: object) -> list[RowT]:
    """The rows whose columns hold what is wanted; at least one does."""
    found = [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]
    assert found, wanted
    return found
