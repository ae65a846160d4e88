"""One margin and one test over groups: against plain loops over pairs of people, and what they do not depend on."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.estimate.bootstrap import PeopleDraws, double_or_nothing_draws, vertex_draws
from facegap.estimate.common_margin import (
    GroupDraws,
    common_margin,
    mated_draws,
    nonmated_draws,
    omnibus,
    with_everyone,
)
from facegap.estimate.interval import estimate
from facegap.records import ClusterSums, ErrorCounts, PairsOfPeople, SamplesOfPeople

Array = npt.NDArray[Any]


def drawn(people: int, draws: int = 40, seed: int = 0) -> PeopleDraws:
    return with_everyone(double_or_nothing_draws(people, draws, np.random.default_rng(seed)))


def slow_mated(weight: Array, errors: Array, trials: Array) -> tuple[float, float, float]:
    """Of one draw: rate, comparisons, squares; one person after the other."""
    x = sum(int(w) * int(e) for w, e in zip(weight, errors, strict=True))
    n = sum(int(w) * int(m) for w, m in zip(weight, trials, strict=True))
    p = x / n if n else np.nan
    rest = [w * (e - p * m) ** 2 for w, e, m in zip(weight, errors, trials, strict=True)]
    return p, n, sum(rest) if n else 0.0


def slow_nonmated(weight: Array, errors: Array, trials: Array) -> tuple[float, float, float]:
    """Of one draw, from (people, people) symmetric tables of errors and comparisons."""
    people = range(len(weight))
    x = sum(weight[a] * weight[b] * errors[a, b] for a, b in combinations(people, 2))
    n = sum(weight[a] * weight[b] * trials[a, b] for a, b in combinations(people, 2))
    p = x / n if n else np.nan
    squares = 0.0
    for a in people:
        row = sum(weight[b] * (errors[a, b] - p * trials[a, b]) for b in people if b != a)
        squares += weight[a] * row**2 / 2
    return p, n, squares if n else 0.0


def slow_omnibus(groups: list[list[tuple[float, float, float]]], level: float) -> tuple[float, float]:
    """Margin and p-value from (rate, comparisons, squares) of every draw, the observed one first."""
    seen = [group[0][0] for group in groups]

    def f(rates: list[float], draw: int) -> float:
        n = [group[draw][1] for group in groups]
        mean = sum(r * k for r, k in zip(rates, n, strict=True)) / sum(n)
        between = sum(k * (r - mean) ** 2 for r, k in zip(rates, n, strict=True)) / (len(groups) - 1)
        return between / (sum(group[draw][2] for group in groups) / sum(n))

    largest, reached = [], 1
    defined = [k for k in range(1, len(groups[0])) if all(group[k][1] for group in groups)]
    for k in defined:
        moved = [group[k][0] - p for group, p in zip(groups, seen, strict=True)]
        largest.append(max(map(abs, moved)))
        reached += f(moved, k) >= f(seen, 0) * (1 - 1e-9)
    return float(np.quantile(largest, level)), reached / (1 + len(defined))


def test_mated_against_plain_loops() -> None:
    rng = np.random.default_rng(3)
    draws, trials = drawn(30), rng.integers(1, 9, 30)
    errors = rng.binomial(trials, 0.3)
    groups = [np.arange(12), np.arange(8, 30)]  # four people are in both
    fast = [mated_draws(draws, rows, errors[rows], trials[rows]) for rows in groups]
    slow = [[slow_mated(w[rows], errors[rows], trials[rows]) for w in draws.weights.T] for rows in groups]
    for one, plain in zip(fast, slow, strict=True):
        np.testing.assert_allclose(np.stack(one, axis=-1), plain, rtol=1e-9, atol=1e-9)
    found = omnibus(fast, 0.9)
    assert (found.margin, found.p) == pytest.approx(slow_omnibus(slow, 0.9), rel=1e-9)


def nonmated_case(once: bool) -> tuple[PeopleDraws, list[Array], Array, Array, Array, Array]:
    rng = np.random.default_rng(4)
    a = rng.integers(1, 4, 22)
    b = a if once else rng.integers(1, 4, 22)
    groups = [np.arange(9), np.arange(9, 22)]
    trials = np.outer(a, a) if once else np.outer(a, b) + np.outer(b, a)
    errors = np.triu(rng.binomial(trials, 0.15), 1)
    return drawn(22), groups, a, b, trials, errors + errors.T


@pytest.mark.parametrize("once", [True, False])
def test_nonmated_against_plain_loops_and_the_list_against_the_rule(once: bool) -> None:
    draws, groups, a, b, trials, errors = nonmated_case(once)
    fast, listed, slow = [], [], []
    for rows in groups:
        i, j = (rows[side] for side in np.triu_indices(len(rows), 1))
        wrong = errors[i, j] > 0
        inside = np.isin(np.arange(22), rows)
        by_rule = SamplesOfPeople(np.where(inside, a, 0), np.where(inside, b, 0), once)
        by_list = PairsOfPeople(i, j, trials[i, j], 22)
        pairs = i[wrong], j[wrong], errors[i, j][wrong]
        fast.append(nonmated_draws(draws, *pairs, by_rule))
        listed.append(nonmated_draws(draws, *pairs, by_list))
        table = np.ix_(rows, rows)
        slow.append([slow_nonmated(w[rows], errors[table], trials[table]) for w in draws.weights.T.astype(int)])
    for one, other, plain in zip(fast, listed, slow, strict=True):
        np.testing.assert_allclose(np.stack(one, axis=-1), plain, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(np.stack(other, axis=-1), plain, rtol=1e-9, atol=1e-9)
    found = omnibus(fast, 0.95)
    assert (found.margin, found.p) == pytest.approx(slow_omnibus(slow, 0.95), rel=1e-9)


def test_the_order_of_groups_says_nothing() -> None:
    rng = np.random.default_rng(5)
    draws, trials = drawn(60), rng.integers(1, 5, 60)
    errors = rng.binomial(trials, 0.2)
    groups = [mated_draws(draws, rows, errors[rows], trials[rows]) for rows in np.arange(60).reshape(3, 20)]
    one, other = omnibus(groups, 0.95), omnibus(groups[::-1], 0.95)
    assert one == pytest.approx(other)


def test_groups_that_differ_are_found_and_equal_ones_are_not() -> None:
    rng = np.random.default_rng(6)
    draws, trials = drawn(400, 199), np.full(400, 4)
    halves = np.arange(400).reshape(2, 200)
    for rates, differs in (((0.1, 0.3), True), ((0.2, 0.2), False)):
        errors = rng.binomial(trials, np.repeat(rates, 200))
        found = omnibus([mated_draws(draws, rows, errors[rows], trials[rows]) for rows in halves], 0.95)
        assert found.p is not None and (found.p == 1 / 200) is differs
        assert found.margin is not None and 0.01 < found.margin < 0.08


def test_without_errors_or_comparisons_there_is_no_p() -> None:
    draws, trials = drawn(40), np.full(40, 3)
    halves = np.arange(40).reshape(2, 20)
    for errors in (np.zeros(40, int), trials):
        found = omnibus([mated_draws(draws, rows, errors[rows], trials[rows]) for rows in halves], 0.95)
        assert found == (0.0, None)
    lonely = np.array([0])  # of whom half the draws hold nothing
    groups = [mated_draws(draws, rows, np.ones(len(rows), int), trials[rows]) for rows in (lonely, halves[1])]
    assert omnibus(groups, 0.95) == (None, None)


def test_copies_of_people_are_no_draws_for_pairs() -> None:
    draws = vertex_draws(5, 3, np.random.default_rng(0))
    none = np.zeros(0, np.int64)
    with pytest.raises(ValueError, match="found vertex draws"):
        nonmated_draws(draws, none, none, none, SamplesOfPeople(np.ones(5, int), np.ones(5, int), True))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(31, 400)), min_size=2, max_size=5), st.floats(0, 0.2))
def test_a_margin_holds_every_groups_own_interval(sizes: list[tuple[int, int]], largest: float) -> None:
    counts = [
        ErrorCounts(
            metric="FNMR", model="m", condition="c", grouping="g", group=str(k), threshold=0.5, errors=x, completed=n,
            failed=0, subjects=n, by_subject=ClusterSums(x, x, n),
        )
        for k, (x, n) in enumerate(sizes)
    ]  # fmt: skip
    margin = common_margin(largest, counts, 0.95)
    assert margin is not None and margin >= largest
    for one in map(estimate, counts):
        assert one.value is not None and one.low is not None and one.high is not None
        assert one.value - margin <= one.low + 1e-12 and one.high - 1e-12 <= one.value + margin
    assert common_margin(None, counts, 0.95) is None


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=12, max_size=12), min_size=2, max_size=4))
def test_p_and_margin_are_what_they_can_be(rates: list[list[float]]) -> None:
    ones = np.ones(12)
    found = omnibus([GroupDraws(np.array(r), ones, ones) for r in rates], 0.95)
    assert found.margin is not None and 0 <= found.margin <= 1
    assert found.p is None or 1 / 12 <= found.p <= 1
