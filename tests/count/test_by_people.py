"""Every person, or pair of people, counted once: against double loops over people, by rule and by list."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import count
from facegap.compare import TailRule, compare
from facegap.count.groups import each_once
from facegap.records import (
    Comparisons,
    ErrorCounts,
    Failures,
    ListedTrials,
    PeopleCounts,
    RateSums,
    RuledTrials,
    Samples,
    Trials,
    matches,
)
from made import make_samples, make_templates

THRESHOLD = 0.2


def world(sizes: list[int], kind: str, seed: int) -> tuple[Samples, Comparisons]:
    """People with these numbers of samples, compared all with all, by role, or by a list of some pairs."""
    rng = np.random.default_rng(seed)
    person = [f"p{k}" for k, size in enumerate(sizes) for _ in range(size)]
    group = ["x" if k % 3 else "y" for k, size in enumerate(sizes) for _ in range(size)]
    samples = make_samples(person, {"group": group})
    n = len(samples)
    failed = tuple(int(k) for k in rng.choice(n, n // 8, replace=False))
    made = make_templates(samples, rng, failed=failed, noise=1.0)
    rows = np.arange(n)
    trials: Trials = RuledTrials(rows, rows, True)
    if kind == "roles":
        side = rng.random(n) < 0.5
        trials = RuledTrials(rows[side], rows[~side], False)
    elif kind == "list":
        pairs = np.array(list(combinations(range(n), 2)))
        pairs = pairs[rng.random(len(pairs)) < 0.4]
        trials = ListedTrials(pairs[:, 0], pairs[:, 1])
    rule = TailRule(1.0) if kind == "list" else TailRule(1.0, -2.0)
    return samples, compare(samples, trials, made, made, ("group",), rule)


def pairs_of(comparisons: Comparisons) -> list[tuple[int, int]]:
    trials = comparisons.trials
    if isinstance(trials, ListedTrials):
        return list(zip(trials.reference.tolist(), trials.probe.tolist(), strict=True))
    found = [(i, j) for i in trials.reference.tolist() for j in trials.probe.tolist() if i != j]
    return [(i, j) for i, j in found if i < j] if trials.symmetric else found


def slowly(samples: Samples, comparisons: Comparisons, group: str, failures: Failures) -> PeopleCounts:
    """FMR inside `group`: the words of the docstrings, pair by pair of samples."""
    tail = comparisons.tail
    matched = matches(tail.score, THRESHOLD)
    wrong = {(int(i), int(j)) for i, j in zip(tail.reference[matched], tail.probe[matched], strict=True)}
    x: dict[frozenset[str], int] = defaultdict(int)
    m: dict[frozenset[str], int] = defaultdict(int)
    took: dict[str, int] = defaultdict(int)
    subjects = [str(name) for name in samples.subjects]
    for i, j in pairs_of(comparisons):
        inside = all(samples.groups["group"][k] == group for k in (i, j))
        completed = comparisons.reference_ok[i] and comparisons.probe_ok[j]
        if inside and subjects[i] != subjects[j] and (failures == "counted" or completed):
            pair = frozenset((subjects[i], subjects[j]))
            m[pair] += 1
            x[pair] += (i, j) in wrong or (comparisons.trials.symmetric and (j, i) in wrong)
            for name in pair:
                took[name] += 1
    people = sorted(took)
    y = {pair: x[pair] / m[pair] for pair in m}
    own = {name: math.fsum(y[pair] for pair in y if name in pair) for name in people}
    met = {name: sum(name in pair for pair in m) for name in people}
    trials = sum(m.values())
    ordered = sorted(took.values(), reverse=True)
    return PeopleCounts(
        errors=math.fsum(y.values()),
        trials=len(m),
        subjects=len(people),
        inverse=math.fsum(1 / k for k in m.values()),
        by_subject=RateSums(
            math.fsum(own[p] ** 2 for p in people),
            math.fsum(own[p] * met[p] for p in people),
            sum(met[p] ** 2 for p in people),
        ),
        by_pair=RateSums(math.fsum(r * r for r in y.values()), math.fsum(y.values()), len(m)),
        heaviest=(),
        largest=ordered[0] / trials if trials else 0.0,
        half=next((k + 1 for k in range(len(ordered)) if sum(ordered[: k + 1]) >= trials), 0),
    )


def numbers(found: PeopleCounts | None) -> list[float]:
    assert found is not None
    by_pair = found.by_pair
    assert by_pair is not None
    sums = (*vars(found.by_subject).values(), *vars(by_pair).values())
    return [found.errors, found.trials, found.subjects, found.inverse, *sums, found.largest, found.half]


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=9),
    st.sampled_from(["all", "roles", "list"]),
    st.sampled_from(["counted", "excluded"]),
    st.integers(0, 99),
)
def test_false_matches_are_those_of_the_double_loop(sizes: list[int], kind: str, failures: Failures, seed: int) -> None:
    samples, comparisons = world(sizes, kind, seed)
    for counts in count.fmr_counts(comparisons, samples, ("group",), THRESHOLD, failures):
        wanted = slowly(samples, comparisons, counts.group, failures)
        assert numbers(counts.people) == pytest.approx(numbers(wanted), rel=1e-12, abs=1e-15)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), min_size=1, max_size=8))
def test_people_are_each_counted_once(of: list[tuple[int, int]]) -> None:
    x, m = np.array([min(a, b) for a, b in of]), np.array([b for _, b in of])
    found = each_once(x, m)
    assert found.errors / found.trials == pytest.approx(np.mean(x / m))
    assert found.by_subject.xx == pytest.approx(np.sum((x / m) ** 2))
    assert found.independent == pytest.approx(len(of) ** 2 / np.sum(1 / m))
    assert found.largest == max(m) / sum(m)
    assert found.single == (max(m) == 1)
    order = np.argsort(-m, kind="stable")
    assert sum(m[order][: found.half]) * 2 >= sum(m) > 2 * sum(m[order][: found.half - 1])


def test_the_heaviest_pair_and_what_one_of_its_errors_adds() -> None:
    """Three people of 1, 2 and 4 samples; one false match of the first two, two of the last two."""
    samples = make_samples(["a", "b", "b", "c", "c", "c", "c"], {"group": ["x"] * 7})
    comparisons = world([1, 2, 4], "all", 0)[1]
    tail = comparisons.tail
    rows = {(0, 1), (1, 3), (2, 3)}
    scores = np.array(
        [0.9 if (i, j) in rows else 0.0 for i, j in zip(tail.reference.tolist(), tail.probe.tolist(), strict=True)],
        dtype=np.float32,
    )
    made = type(comparisons)(**{**vars(comparisons), "tail": type(tail)(tail.reference, tail.probe, scores)})
    there = set(zip(tail.reference.tolist(), tail.probe.tolist(), strict=True))
    assert rows <= there
    (counts,) = count.fmr_counts(made, samples, (), 0.5)
    people = counts.people
    assert people is not None
    # m: ab 2, ac 4, bc 8; y: ab 1/2, bc 2/8.
    assert (people.errors, people.trials) == (0.75, 3)
    assert people.inverse == 0.5 + 0.25 + 0.125
    first, second = people.heaviest
    assert (first.errors, first.comparisons, first.one) == (0.75, 2, 0.25)
    assert (second.errors, second.comparisons, second.one) == (0.5, 2, 0.5)
    assert (people.largest, people.half) == (12 / 14, 2)


def one_of(counts: tuple[ErrorCounts, ...]) -> PeopleCounts:
    (found,) = counts
    assert found.people is not None
    return found.people


@pytest.mark.parametrize("kind", ["all", "roles"])
def test_null_bands_ask_for_the_same_sums(kind: str) -> None:
    samples, comparisons = world([1, 3, 2, 5, 4, 2, 2], kind, 3)
    people = one_of(count.fmr_counts(comparisons, samples, (), THRESHOLD))
    (side,) = count.pair_errors(comparisons, samples, (), THRESHOLD)
    _, rates, partners = count.each_pair_once(side)
    assert rates.sum() == pytest.approx(2 * people.errors) and partners.sum() == 2 * people.trials
    assert np.sum(rates**2) == pytest.approx(people.by_subject.xx)


def test_the_real_faces_by_gender(shared: Path) -> None:
    """At most four pictures of anybody: nobody decides a rate. With one man of 530, as in LFW, he decides the men's."""
    with (shared / "data" / "lfw-subset" / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for gender, people, most in (("female", 335, 6 / 1066), ("male", 927, 6 / 2889)):
        images = Counter(row["subject_id"] for row in rows if row["gender"] == gender)
        pairs = np.array([n * (n - 1) // 2 for n in images.values()])
        found = each_once(np.zeros_like(pairs), pairs)
        assert (found.trials, found.largest) == (people, most)
    with_one_more = np.append(pairs, 530 * 529 // 2)
    errors = np.append(pairs // 2, 0)
    found = each_once(errors, with_one_more)
    assert found.largest > 0.97 and found.half == 1
    assert found.errors / found.trials > 10 * errors.sum() / with_one_more.sum()
