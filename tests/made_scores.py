"""A small data set, what is asked of a vendor, and the vendor's scores, as text to be spoilt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facegap.cards import Study
from facegap.cards.outside import ScoresCard
from facegap.outside import Ids, ids_of, pair_ids
from facegap.records import Floats, ListedTrials, RuledTrials, Samples
from facegap.trials import SearchTrials, identification

KEY = bytes(range(32))
PEOPLE, EACH = 24, 3
N = PEOPLE * EACH


def samples() -> Samples:
    people = np.repeat([f"person {k:02}" for k in range(PEOPLE)], EACH)
    return Samples(
        ids=np.array([f"{person}/{k % EACH}.jpg" for k, person in enumerate(people)]),
        subjects=people,
        paths=np.array([f"{k}.jpg" for k in range(N)]),
        sessions=np.full(N, ""),
        roles=np.full(N, ""),
        groups={},
        root=Path(),
    )


SAMPLES = samples()
IDS: Ids = ids_of(SAMPLES, KEY)


def card(direction: str = "similarity", **more: Any) -> ScoresCard:
    content = {"kind": "scores", "name": "vendor", "version": "1", "title": "t", "licence": "l", "source": "s"}
    return ScoresCard.model_validate({**content, "direction": direction, **more})


def scores_of(reference: Sequence[int], probe: Sequence[int]) -> Floats:
    """One score for each pair, the same either way round; every mated one above every other."""
    low, high = np.minimum(reference, probe), np.maximum(reference, probe)
    rng = np.random.default_rng(5)
    table = rng.random((N, N)).astype(np.float32)
    mated = SAMPLES.subjects[low] == SAMPLES.subjects[high]
    return np.asarray(table[low, high] * np.float32(0.5) + mated * np.float32(0.5), dtype=np.float32)


def listed() -> ListedTrials:
    """30 mated and 60 non-mated comparisons."""
    mated = [(3 * k, 3 * k + 1) for k in range(PEOPLE)] + [(3 * k, 3 * k + 2) for k in range(6)]
    others = [(3 * k, (3 * k + 3 + 5 * j) % N) for k in range(20) for j in range(3)]
    a, b = np.array([*mated, *others]).T
    return ListedTrials(a.astype(np.int64), b.astype(np.int64))


TRIALS = listed()
PAIRS = pair_ids(IDS, TRIALS)
SCORES = scores_of(TRIALS.reference.tolist(), TRIALS.probe.tolist())
RULED = RuledTrials(np.arange(N), np.arange(N), True)


def searches() -> SearchTrials:
    study = Study.model_validate(
        {
            "name": "s",
            "title": "t",
            "dataset": {"card": "none"},
            "models": ({"card": "net", "detector": "d"},),
            "groups": (("g",),),
        }
    )
    return identification(SAMPLES, study.trials, "open", 0.5, 1)


SEARCHES = searches()


def written(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def pair_lines(scores: Iterable[Any] = SCORES) -> list[str]:
    return ["pair,score", *(f"{name},{score:.9g}" for name, score in zip(PAIRS, scores, strict=True))]


def sample_lines(mark: str = ",") -> list[str]:
    names = zip(IDS.exported[TRIALS.reference], IDS.exported[TRIALS.probe], SCORES, strict=True)
    return [mark.join(("reference", "probe", "score")), *(mark.join((a, b, f"{s:.9g}")) for a, b, s in names)]


def candidates(length: int) -> list[tuple[str, int, str, float]]:
    """Every search's most alike `length` of the gallery."""
    found = []
    for row in SEARCHES.probe.tolist():
        scores = scores_of([row] * len(SEARCHES.gallery), SEARCHES.gallery.tolist())
        order = np.argsort(-scores, kind="stable")[:length]
        for rank, place in enumerate(order.tolist(), start=1):
            name = str(IDS.exported[SEARCHES.gallery[place]])
            found.append((str(IDS.exported[row]), rank, name, float(scores[place])))
    return found


def candidate_lines(length: int = 5) -> list[str]:
    return ["search,rank,gallery,score", *(f"{s},{r},{g},{x:.9g}" for s, r, g, x in candidates(length))]
