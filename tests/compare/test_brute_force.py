"""Counts of the engine against float64 brute force, to the last one: ties, duplicates, failures, groups of one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.compare import LocalEngine, TailRule, compare, tiles
from facegap.compare import engine as engine_module
from facegap.errors import InputError
from facegap.records import Comparisons, Meets, RuledTrials, Samples, Templates
from made import make_samples

COLUMNS = ("colour", "size", "age")


def labelled(rng: np.random.Generator, n: int, kinds: int) -> Samples:
    """People of whom some have one picture, with labels of which some have one person."""
    subject = rng.integers(0, max(2, n // 3), n)
    groups = {c: [f"{c}{k}" for k in rng.integers(0, kinds, n)[subject]] for c in COLUMNS}
    groups["size"][0] = "alone"
    return make_samples([f"p{k}" for k in subject], groups, [str(r) for r in rng.choice(["photo", "selfie"], n)])


def whole(rng: np.random.Generator, rows: Any, similarity: Any, condition: str) -> Templates:
    """Vectors of small whole numbers, of which float32 makes no error: many scores are tied, some vectors are equal."""
    vectors = rng.integers(-3, 4, (len(rows), 5)).astype(np.float32)
    vectors[::7] = vectors[0] if len(vectors) else 0
    return Templates(rows=rows, vectors=vectors, model="m", condition=condition, similarity=similarity)


def case_of(seed: int, n: int, kinds: int, symmetric: bool) -> tuple[Samples, RuledTrials, Templates, Templates]:
    rng = np.random.default_rng(seed)
    samples = labelled(rng, n, kinds)
    there = [np.flatnonzero(rng.random(n) < 0.9) for _ in range(2)]
    reference = whole(rng, there[0], "negative-l2", "clean")
    if symmetric:
        return samples, RuledTrials(np.arange(n), np.arange(n), True), reference, reference
    photos, selfies = (np.flatnonzero(samples.roles == role) for role in ("photo", "selfie"))
    return samples, RuledTrials(photos, selfies, False), reference, whole(rng, there[1], "negative-l2", "blur")


def brute_force(samples: Samples, trials: RuledTrials, reference: Templates, probe: Templates):
    """(reference row, probe row, score in float64) of every completed non-mated comparison."""
    left, right = (
        dict(zip(side.rows.tolist(), side.vectors.astype(float), strict=True)) for side in (reference, probe)
    )
    for i, j in itertools.product(trials.reference.tolist(), trials.probe.tolist()):
        if i in left and j in right and samples.subjects[i] != samples.subjects[j] and not (trials.symmetric and i > j):
            yield i, j, -float(np.sqrt(((left[i].astype(float) - right[j]) ** 2).sum()))


def check(got: Comparisons, samples: Samples, found: list[tuple[int, int, float]]) -> None:
    single = [(i, j, float(np.float32(score))) for i, j, score in found]
    kept = sorted(row for row in single if row[2] >= got.floor)
    tail = zip(got.tail.reference.tolist(), got.tail.probe.tolist(), got.tail.score.tolist(), strict=True)
    assert list(tail) == kept
    scores = [row[2] for row in single]
    histogram_of(got.pooled, scores, got.edges)
    for size in range(len(COLUMNS) + 1):
        for columns in itertools.combinations(COLUMNS, size):
            names, group = samples.coded(columns)
            within = got.within(group)
            assert within is not None
            for d in range(len(names)):
                mine = [score for i, j, score in single if group[i] == group[j] == d]
                histogram_of(within[d], mine, got.edges)


def histogram_of(counts: Any, scores: list[float], edges: Any) -> None:
    """All are counted, each in its bin; one that lies on an edge to float32 in either of the two."""
    assert counts.sum() == len(scores)
    below = np.concatenate([[0], np.cumsum(counts)])
    ordered = np.sort(scores)
    assert (below >= np.searchsorted(ordered, edges - 2e-6)).all()
    assert (below <= np.searchsorted(ordered, edges + 2e-6)).all()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(4, 70),
    kinds=st.integers(1, 4),
    symmetric=st.booleans(),
    rows=st.integers(3, 40),
    columns=st.integers(3, 200),
    threads=st.integers(1, 3),
    share=st.sampled_from([0.01, 0.2, 1.0]),
    together=st.booleans(),
)
def test_every_count_is_that_of_brute_force(
    seed: int, n: int, kinds: int, symmetric: bool, rows: int, columns: int, threads: int, share: float, together: bool
) -> None:
    case = case_of(seed, n, kinds, symmetric)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "BLOCK_ROWS", rows)
        patch.setattr(engine_module, "BLOCK_COLUMNS", columns)
        patch.setattr(tiles, "PRIVATE", 0 if together else 1 << 26)
        got = compare(*case, COLUMNS, TailRule(share), LocalEngine(threads))
    check(got, case[0], list(brute_force(*case)))


def test_a_floor_that_the_pilot_set_too_high_is_set_anew_and_the_histogram_stays(monkeypatch: Any) -> None:
    case = case_of(3, 60, 2, True)
    before = compare(*case, COLUMNS, TailRule(0.2))
    monkeypatch.setattr("facegap.compare.pairs.Passes._pilot_floor", lambda _: 5.0)
    again = compare(*case, COLUMNS, TailRule(0.2))
    check(again, case[0], list(brute_force(*case)))
    np.testing.assert_array_equal(before.histogram, again.histogram)


@pytest.mark.parametrize("people", [400, 4000])
def test_many_groups_are_counted_in_memory_that_grows_with_them(people: int) -> None:
    """Each group's comparisons and those of all the rest: blocks of pairs of groups would take 5 and 500 GB."""
    rng = np.random.default_rng(0)
    label = [f"g{k:04}" for k in range(people)]
    samples = make_samples([f"p{k}" for k in range(2 * people)], {"place": label + label})
    made = whole(rng, np.arange(2 * people), "negative-l2", "clean")
    trials = RuledTrials(np.arange(2 * people), np.arange(2 * people), True)
    got = compare(samples, trials, made, made, ("place",), TailRule(1e-5))
    assert got.histogram.shape == (people + 1, 4096)
    assert got.pooled.sum() == people * (2 * people - 1)
    within = got.within(samples.coded(("place",))[1])
    assert within is not None and (within.sum(axis=1) == 1).all()


def test_labels_that_can_be_shared_in_too_many_ways_are_refused() -> None:
    bits = np.arange(512)[:, None] >> np.arange(9) & 1
    samples = make_samples([f"p{k}" for k in range(512)], {f"c{k}": [str(b) for b in bits[:, k]] for k in range(9)})
    none = whole(np.random.default_rng(0), np.arange(0), "cosine", "clean")
    trials = RuledTrials(np.arange(512), np.arange(512), True)
    with pytest.raises(InputError, match=r"can share the labels of c0, c1, .* in 19683 ways, at most 16384"):
        compare(samples, trials, none, none, tuple(samples.groups), TailRule(0.1))


def test_a_group_of_other_labels_is_not_added_up() -> None:
    """A label that is a union of cells in part only, or one that parts a cell."""
    samples = make_samples(list("pqrs"), {"x": list("aabc"), "y": list("uuuv"), "z": list("uvuv")})
    meets = Meets.of(samples, ("x",))
    of_cell = np.array([0, 0, 1])  # y joins a and b: comparisons of a and b lie with those of a and c
    assert (meets.group_of(of_cell) == -2).any()
    made = whole(np.random.default_rng(0), np.arange(4), "negative-l2", "clean")
    got = compare(samples, RuledTrials(np.arange(4), np.arange(4), True), made, made, ("x",), TailRule(1.0))
    assert got.within(samples.coded(("x",))[1]) is not None
    assert got.within(samples.coded(("y",))[1]) is None
    assert got.within(samples.coded(("z",))[1]) is None
