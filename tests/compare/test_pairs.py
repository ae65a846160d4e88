"""The tiled engine against a double loop, and what must not change its result."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.compare import LocalEngine, TailRule, compare, exact_scores
from facegap.compare import engine as tiles_module
from facegap.records import Comparisons, RuledTrials, Samples, Templates, Trials
from made import make_samples, make_templates


def slow_scores(samples: Samples, trials: Trials, reference: Templates, probe: Templates):
    """Every comparison of the trials by a double loop: {(reference row, probe row): (score or None, mated)}."""
    left = dict(zip(reference.rows.tolist(), reference.vectors, strict=True))
    right = dict(zip(probe.rows.tolist(), probe.vectors, strict=True))
    found = {}
    for i, j in itertools.product(trials.reference.tolist(), trials.probe.tolist()):
        if i == j or (trials.symmetric and i > j):
            continue
        score = None
        if i in left and j in right:
            a, b = left[i].astype(float), right[j].astype(float)
            score = float(a @ b) if reference.similarity == "cosine" else -float(np.sqrt(((a - b) ** 2).sum()))
        found[i, j] = (score, samples.subjects[i] == samples.subjects[j])
    return found


def make_case(seed: int, similarity: str, symmetric: bool, n: int = 60):
    rng = np.random.default_rng(seed)
    subjects = [f"p{k}" for k in rng.integers(0, 20, n)]
    group = {p: rng.choice(["a", "b", "c"]) for p in sorted(set(subjects))}
    roles = [str(r) for r in rng.choice(["photo", "selfie"], n)]
    samples = make_samples(subjects, {"group": [str(group[p]) for p in subjects]}, roles)
    reference = make_templates(samples, rng, failed=(3, 4), similarity=similarity)
    if symmetric:
        return samples, RuledTrials(np.arange(n), np.arange(n), True), reference, reference
    probe = make_templates(samples, rng, failed=(4, 7), similarity=similarity, condition="blur")
    photos, selfies = (np.flatnonzero(samples.roles == role) for role in ("photo", "selfie"))
    return samples, RuledTrials(photos, selfies, False), reference, probe


@pytest.mark.parametrize("similarity", ["cosine", "negative-l2"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_engine_equals_a_double_loop(similarity, symmetric):
    samples, trials, reference, probe = make_case(1, similarity, symmetric)
    got = compare(samples, trials, reference, probe, ("group",), TailRule(share=0.2))
    slow = slow_scores(samples, trials, reference, probe)

    mated = {(i, j): s for (i, j), (s, same) in slow.items() if same}
    assert set(zip(got.mated.reference.tolist(), got.mated.probe.tolist(), strict=True)) == set(mated)
    for i, j, score in zip(got.mated.reference, got.mated.probe, got.mated.score, strict=True):
        expected = mated[int(i), int(j)]
        assert np.isnan(score) if expected is None else score == pytest.approx(expected, abs=1e-6)

    nonmated = {pair: s for pair, (s, same) in slow.items() if not same and s is not None}
    above = {pair: s for pair, s in nonmated.items() if s >= got.floor}
    assert set(zip(got.tail.reference.tolist(), got.tail.probe.tolist(), strict=True)) == set(above)
    assert len(got.tail) >= 0.2 * len(nonmated)
    assert got.histogram.sum() == len(nonmated)
    for table in range(len(got.histogram)):
        scores = [s for (i, j), s in nonmated.items() if table_of(got, i, j) == table]
        same_but_for_edges(got.histogram[table], np.histogram(scores, got.edges)[0])


def same_but_for_edges(counts: np.ndarray, others: np.ndarray) -> None:
    """Equal but for scores that float32 puts on the other side of a bin's edge."""
    assert counts.sum() == others.sum()
    assert np.abs(np.cumsum(counts - others)).max() <= 1


def table_of(comparisons: Comparisons, i: int, j: int) -> int:
    """Where the histogram holds the pair (i, j)."""
    assert comparisons.meets is not None
    return int(comparisons.meets.table[comparisons.cells[i], comparisons.cells[j]])


def equal(a: Comparisons, b: Comparisons) -> None:
    for side in ("mated", "tail"):
        for field in ("reference", "probe", "score"):
            np.testing.assert_array_equal(getattr(getattr(a, side), field), getattr(getattr(b, side), field))
    assert a.floor == b.floor
    for counts, others in zip(a.histogram.reshape(-1, 4096), b.histogram.reshape(-1, 4096), strict=True):
        same_but_for_edges(counts, others)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), threads=st.integers(1, 3), rows=st.integers(3, 40), columns=st.integers(3, 70))
def test_neither_threads_nor_tiles_show_in_the_counts(seed, threads, rows, columns):
    samples, trials, reference, probe = make_case(seed, "cosine", seed % 2 == 0)
    rule = TailRule(share=0.1, at_most=0.4)
    whole = compare(samples, trials, reference, probe, ("group",), rule)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles_module, "BLOCK_ROWS", rows)
        patch.setattr(tiles_module, "BLOCK_COLUMNS", columns)
        split = compare(samples, trials, reference, probe, ("group",), rule, LocalEngine(threads))
    equal(whole, split)


def test_the_floor_reaches_a_given_threshold_and_the_same_group_share():
    samples, trials, reference, probe = make_case(5, "cosine", True)
    group = samples.groups["group"]
    got = compare(samples, trials, reference, probe, ("group",), TailRule(share=0.3, impostor_group=group))
    same = group[got.tail.reference] == group[got.tail.probe]
    within = got.within(samples.coded(("group",))[1])
    assert within is not None
    everything = within.sum()
    assert same.sum() > 0.3 * everything
    assert compare(samples, trials, reference, probe, ("group",), TailRule(0.01, at_most=-0.5)).floor <= -0.5


def test_ties_at_the_floor_are_kept():
    samples = make_samples([f"p{i}" for i in range(40)], {"group": ["a"] * 40})
    vectors = np.zeros((40, 8), dtype=np.float32)
    vectors[:, 0] = 1
    same = Templates(rows=np.arange(40), vectors=vectors, model="net", condition="clean", similarity="cosine")
    got = compare(samples, RuledTrials(np.arange(40), np.arange(40), True), same, same, ("group",), TailRule(0.01))
    assert len(got.tail) == 40 * 39 // 2


def test_exact_scores_are_the_float64_sums():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50, 128)).astype(np.float32)
    rows = np.arange(50)
    np.testing.assert_allclose(
        exact_scores(a, b, rows, rows, "cosine"), (a.astype(float) * b).sum(axis=1), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(
        exact_scores(a, b, rows, rows, "negative-l2"), -np.linalg.norm(a.astype(float) - b, axis=1), rtol=1e-6
    )


def test_without_templates_nothing_matches_and_nothing_crashes():
    samples = make_samples(["p", "p", "q"], {"group": ["a", "a", "b"]})
    none = Templates(
        rows=np.empty(0, dtype=np.int64),
        vectors=np.empty((0, 8), dtype=np.float32),
        model="net",
        condition="clean",
        similarity="cosine",
    )
    got = compare(samples, RuledTrials(np.arange(3), np.arange(3), True), none, none, ("group",), TailRule(0.01))
    assert len(got.tail) == 0 and got.histogram.sum() == 0
    assert np.isnan(got.mated.score).all() and len(got.mated) == 1


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e5])
def test_no_comparison_at_the_floor_is_missed_however_long_the_templates(scale):
    """A floor that lies on a score; float32 distances of long rows are off by more than a fixed slack."""
    for seed in range(10):
        samples, trials, side, _ = make_case(seed, "negative-l2", True)
        side = dataclasses.replace(side, vectors=(side.vectors * scale).astype(np.float32))
        i, j = np.triu_indices(len(side.rows), 1)
        other = samples.subjects[side.rows[i]] != samples.subjects[side.rows[j]]
        scores = np.sort(exact_scores(side.vectors, side.vectors, i[other], j[other], "negative-l2"))[::-1]
        got = compare(samples, trials, side, side, ("group",), TailRule(0.001, at_most=float(scores[200])))
        assert len(got.tail) == np.count_nonzero(scores >= got.floor)
