"""A matrix of scores gives the comparisons and the searches that the templates behind it give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facegap import search, trials
from facegap.cards.study import TrialRule
from facegap.compare import ScoreMatrix, TailRule, compare, compare_matrix, exact_scores
from facegap.compare.templates import positions, score_range
from facegap.records import Comparisons, RuledTrials, Samples, Templates
from made import make_samples

PEOPLE = 90


def samples_of(each: int = 4) -> Samples:
    subjects = [f"p{k // each:03}" for k in range(PEOPLE * each)]
    group = [("x", "y", "z")[k // each % 3] for k in range(PEOPLE * each)]
    return make_samples(subjects, {"group": group}, ["photo" if k % each == 0 else "selfie" for k in range(len(group))])


def whole_vectors(samples: Samples, failed: tuple[int, ...] = ()) -> Templates:
    """Vectors of small whole numbers: their float32 products are exact, so that histograms are equal to the last count.

    The distances of such vectors are tied often, also where a threshold may lie.
    """
    rng = np.random.default_rng(5)
    _, person = np.unique(samples.subjects, return_inverse=True)
    vectors = rng.integers(-9, 10, (person.max() + 1, 12))[person] + rng.integers(-6, 7, (len(samples), 12))
    rows = np.setdiff1d(np.arange(len(samples)), np.array(failed, dtype=int))
    return Templates(
        rows=rows, vectors=vectors[rows].astype(np.float32), model="m", condition="clean", similarity="negative-l2"
    )


def matrix_of(samples: Samples, ruled: RuledTrials, made: Templates, path: Path) -> ScoreMatrix:
    at = positions(made, len(samples))
    i, j = (np.repeat(at[ruled.reference], len(ruled.probe)), np.tile(at[ruled.probe], len(ruled.reference)))
    score = np.where((i < 0) | (j < 0), np.nan, exact_scores(made.vectors, made.vectors, i, j, made.similarity))
    shape = len(ruled.reference), len(ruled.probe)
    np.save(path, score.reshape(shape).astype(np.float32))
    return ScoreMatrix(
        np.load(path, mmap_mode="r"),
        ruled.reference,
        ruled.probe,
        at[ruled.reference] >= 0,
        at[ruled.probe] >= 0,
    )


def parts(found: Comparisons) -> Iterator[tuple[str, object]]:
    for name in ("model", "condition", "floor", "cell_names", "completed"):
        yield name, getattr(found, name)
    for name in ("histogram", "edges", "cells"):
        yield name, getattr(found, name).tolist()
    # Of a sample that is on neither side a matrix says nothing.
    yield "reference_ok", found.reference_ok[found.trials.reference].tolist()
    yield "probe_ok", found.probe_ok[found.trials.probe].tolist()
    for name in ("mated", "tail"):
        pairs = getattr(found, name)
        for side in ("reference", "probe"):
            yield f"{name}.{side}", getattr(pairs, side).tolist()
        yield f"{name}.score", pairs.score.tobytes()
    yield "trials", [found.trials.reference.tolist(), found.trials.probe.tolist(), found.trials.symmetric]


@pytest.mark.parametrize("same_group", [True, False])
@pytest.mark.parametrize("roles", [True, False])
@pytest.mark.parametrize("failed", [(), (0, 7, 200)])
def test_the_comparisons_are_those_of_the_engine(
    tmp_path: Path, roles: bool, failed: tuple[int, ...], same_group: bool
) -> None:
    samples = samples_of()
    made = whole_vectors(samples, failed)
    rule = TrialRule(reference_role="photo", probe_role="selfie") if roles else TrialRule()
    ruled = trials.verification(samples, rule, same_condition=True)
    matrix = matrix_of(samples, ruled, made, tmp_path / "m.npy")
    tail = TailRule(0.01, impostor_group=samples.groups["group"] if same_group else None)
    squares = np.einsum("ij,ij->i", made.vectors, made.vectors)
    sides = (squares[np.isin(made.rows, side)] for side in (ruled.reference, ruled.probe))
    direct = compare(samples, ruled, made, made, ("group",), tail)
    given = compare_matrix(
        samples,
        ruled,
        matrix,
        ("group",),
        tail,
        model="m",
        condition="clean",
        score_range=score_range(tuple(sides), "negative-l2"),
        threads=2,
    )
    assert dict(parts(given)) == dict(parts(direct))
    assert len(given.tail) and given.histogram.sum() > 10_000


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_scores_of_any_scale_are_counted(tmp_path: Path, scale: float) -> None:
    """Neither a marker of mated scores nor a floor below all scores may fall among them."""
    samples = samples_of()
    ruled = trials.verification(samples, TrialRule(), same_condition=True)
    found = matrix_of(samples, ruled, whole_vectors(samples, (3,)), tmp_path / "m.npy")
    scaled = ScoreMatrix(
        (found.score * np.float32(scale)).astype(np.float32), found.reference, found.probe, *[found.reference_ok] * 2
    )
    given = [
        compare_matrix(
            samples, ruled, one, ("group",), TailRule(share), model="m", condition="clean", score_range=one.range
        )
        for one, share in ((found, 1.0), (scaled, 1.0), (scaled, 0.02))
    ]
    people = samples.people()
    pairs = [(i, j) for i in range(len(samples)) for j in range(i) if 3 not in (i, j) and people[i] != people[j]]
    assert given[0].histogram.sum() == given[1].histogram.sum() == len(given[1].tail) == len(pairs)
    assert [len(one.mated) for one in given] == [6 * PEOPLE] * 3
    assert 0.02 * len(pairs) < len(given[2].tail) < 0.05 * len(pairs)


@pytest.mark.parametrize("protocol", ["closed", "open"])
@pytest.mark.parametrize("roles", [True, False])
def test_the_searches_are_those_of_the_templates(tmp_path: Path, roles: bool, protocol: str) -> None:
    samples = samples_of()
    made = whole_vectors(samples, (0, 5, 7, 200))
    rule = TrialRule(reference_role="photo", probe_role="selfie") if roles else TrialRule()
    matrix = matrix_of(samples, trials.verification(samples, rule, True), made, tmp_path / "m.npy")
    plan = trials.identification(samples, rule, protocol, 0.5, 3)  # type: ignore[arg-type]
    direct = search.search(plan.protocol, plan.gallery, plan.probe, plan.mate, made, made, exact_scores)
    there = np.isin(plan.gallery, made.rows), np.isin(plan.probe, made.rows)
    given = search.search_scores(
        search.SearchSides(plan.gallery, plan.probe, plan.mate, *there),
        matrix,
        protocol=plan.protocol,
        model="m",
        condition="clean",
    )
    for name, value in vars(direct).items():
        np.testing.assert_array_equal(value, getattr(given, name), err_msg=name)
