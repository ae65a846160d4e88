"""Searches against a brute force over plain Python floats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import search as module
from facegap.compare import exact_scores
from facegap.records import Floats, Searches, Templates


def score(a: Floats, b: Floats, similarity: str) -> float:
    """One score, summed in float64 and rounded to float32."""
    if similarity == "cosine":
        return float(np.float32(sum(float(x) * float(y) for x, y in zip(a, b, strict=True))))
    return float(np.float32(-math.sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(a, b, strict=True)))))


def templates(vectors: Floats, rows: list[int], similarity: Any) -> Templates:
    return Templates(
        rows=np.array(rows, dtype=np.int64),
        vectors=vectors[rows],
        model="net",
        condition="clean",
        similarity=similarity,
    )


def make_case(seed: int, similarity: Any, scale: float = 1.0):
    """30 samples of 12 people; many equal vectors, so that scores tie; some failed on either side."""
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 12, 30)
    exact = rng.integers(-2, 3, (30, 6)).astype(np.float64)
    exact[:, 0] += 0.1
    if similarity == "cosine":
        exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    vectors = (exact * scale).astype(np.float32)
    enrolled = np.flatnonzero(rng.random(12) < 0.8)
    gallery = np.array([np.flatnonzero(people == p)[0] for p in enrolled if (people == p).any()], dtype=np.int64)
    probe = np.setdiff1d(np.arange(30), gallery)
    mate = np.array([next((k for k, g in enumerate(gallery) if people[g] == people[p]), -1) for p in probe])
    reference_rows = [row for row in range(30) if rng.random() < 0.9]
    probe_rows = [row for row in range(30) if rng.random() < 0.9]
    sides = templates(vectors, reference_rows, similarity), templates(vectors, probe_rows, similarity)
    return gallery, probe, mate, sides


def brute_force(gallery, probe, mate, sides, similarity):
    """(mate score, rank, optimistic rank, highest other score) of every probe; None where there is none."""
    reference, searching = (dict(zip(side.rows.tolist(), side.vectors, strict=True)) for side in sides)
    for row, own in zip(probe.tolist(), mate.tolist(), strict=True):
        if row not in searching:
            yield None, 0, 0, None
            continue
        scores = {
            k: score(searching[row], reference[g], similarity) for k, g in enumerate(gallery.tolist()) if g in reference
        }
        mine = scores.pop(own, None)
        others = list(scores.values())
        rank = 0 if mine is None else 1 + sum(other >= mine for other in others)
        optimistic = 0 if mine is None else 1 + sum(other > mine for other in others)
        yield mine, rank, optimistic, max(others, default=-math.inf)


def check(found: Searches, case, similarity: str) -> None:
    gallery, probe, mate, sides = case
    rows = list(brute_force(gallery, probe, mate, sides, similarity))
    nan = [math.nan if row[0] is None else row[0] for row in rows]
    np.testing.assert_array_equal(found.mate_score, np.array(nan, dtype=np.float32))
    assert found.mate_rank.tolist() == [row[1] for row in rows]
    assert found.mate_rank_optimistic.tolist() == [row[2] for row in rows]
    top = [math.nan if row[3] is None else row[3] for row in rows]
    np.testing.assert_array_equal(found.top_nonmate, np.array(top, dtype=np.float32))
    assert found.mated.tolist() == (mate >= 0).tolist()
    assert found.completed.tolist() == np.isin(probe, sides[1].rows).tolist()
    assert found.gallery_size == len(gallery)
    assert found.gallery_failed == len(set(gallery.tolist()) - set(sides[0].rows.tolist()))


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    similarity=st.sampled_from(["cosine", "negative-l2"]),
    block=st.integers(1, 40),
    threads=st.integers(1, 2),
)
def test_a_search_equals_a_brute_force(seed: int, similarity: str, block: int, threads: int) -> None:
    case = gallery, probe, mate, sides = make_case(seed, similarity)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TILE", block)
        patch.setattr(module, "BLOCK", 2 * block + 1)
        found = module.search("open", gallery, probe, mate, sides[0], sides[1], exact_scores, threads)
    check(found, case, similarity)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e5])
def test_distances_are_exact_whatever_their_unit(scale: float) -> None:
    for seed in range(20):
        case = gallery, probe, mate, sides = make_case(seed, "negative-l2", scale)
        check(module.search("open", gallery, probe, mate, sides[0], sides[1], exact_scores), case, "negative-l2")


def test_ties_count_against_the_mate_and_for_it() -> None:
    vectors = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 0]], dtype=np.float32)
    side = templates(vectors, [0, 1, 2, 3, 4], "cosine")
    found = module.search("closed", np.array([0, 1, 2, 3]), np.array([4]), np.array([1]), side, side, exact_scores)
    assert (found.mate_rank[0], found.mate_rank_optimistic[0]) == (3, 1)
    assert found.mate_score[0] == found.top_nonmate[0] == 1


def test_equal_templates_tie_wherever_they_stand_in_a_large_gallery() -> None:
    """A float32 product may round the same pair otherwise in another column."""
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(400, 129))
    vectors[50:400:7] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    side = templates(vectors.astype(np.float32), list(range(400)), "cosine")
    copies = len(range(50, 400, 7))
    found = module.search("closed", np.arange(1, 400), np.array([0]), np.array([49]), side, side, exact_scores)
    assert (found.mate_rank[0], found.mate_rank_optimistic[0]) == (copies, 1)


def test_only_the_mate_in_the_gallery_leaves_no_other_score() -> None:
    side = templates(np.eye(3, dtype=np.float32), [0, 1, 2], "cosine")
    found = module.search("closed", np.array([0]), np.array([1]), np.array([0]), side, side, exact_scores)
    assert found.mate_rank[0] == 1 and found.top_nonmate[0] == -np.inf


@pytest.mark.parametrize("left", [[], [2]])
def test_without_templates_every_search_fails_and_nothing_crashes(left: list[int]) -> None:
    vectors = np.eye(3, dtype=np.float32)
    gallery, probe = templates(vectors, left, "cosine"), templates(vectors, [1], "cosine")
    found = module.search("open", np.array([0, 2]), np.array([1]), np.array([0]), gallery, probe, exact_scores)
    assert np.isnan(found.mate_score[0]) and found.mate_rank[0] == 0 and found.completed[0]
    assert found.gallery_failed == 2 - len(left)
    assert found.top_nonmate[0] == (0 if left else -np.inf)
    none = module.search("open", np.array([0]), np.array([1]), np.array([-1]), probe, gallery, exact_scores)
    assert np.isnan(none.top_nonmate[0]) and not none.completed[0]


def test_the_condition_is_the_one_that_is_not_clean() -> None:
    side = templates(np.eye(2, dtype=np.float32), [0, 1], "cosine")
    blurred = Templates(rows=side.rows, vectors=side.vectors, model="net", condition="blur", similarity="cosine")
    rows = np.array([0]), np.array([1]), np.array([-1])
    for pair, name in (((side, side), "clean"), ((side, blurred), "blur"), ((blurred, side), "blur")):
        assert module.search("open", *rows, *pair, exact_scores).condition == name
