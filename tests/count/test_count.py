"""Counts against a slow version that visits every pair of samples, and against small cases done by hand."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.count import (
    cmc,
    cross_fmr_counts,
    fmr_counts,
    fnir_counts,
    fnmr_counts,
    fpir_counts,
    fta_counts,
    fte_counts,
    nonmated_by_group,
    pooled_nonmated,
)
from facegap.errors import InputError
from facegap.records import (
    Acquisitions,
    ClusterSums,
    Comparisons,
    RuledTrials,
    Samples,
    ScoredPairs,
    Searches,
)
from made_evidence import evidence_of


def make_samples(subjects, groups):
    n = len(subjects)
    text = np.array([str(k) for k in range(n)])
    empty = np.full(n, "")
    columns = {"group": np.array(list(groups), dtype=str)}
    return Samples(
        ids=text,
        subjects=np.array(list(subjects), dtype=str),
        paths=text,
        sessions=empty,
        roles=empty,
        groups=columns,
        root=Path(),
    )


def pairs_of(trials):
    """Every comparison of the trials, one at a time."""
    if trials.symmetric:
        return list(combinations(sorted(int(r) for r in trials.reference), 2))
    return [(int(r), int(p)) for r in trials.reference for p in trials.probe if r != p]


def make_comparisons(samples, trials, score, reference_ok, probe_ok, floor):
    """`score` is an (n, n) matrix; symmetric trials read it at [low, high]."""
    mated, tail = [], []
    for r, p in pairs_of(trials):
        value = score[r, p] if reference_ok[r] and probe_ok[p] else np.nan
        if samples.subjects[r] == samples.subjects[p]:
            mated.append((r, p, value))
        elif value >= floor:
            tail.append((r, p, value))
    return Comparisons(
        model="net",
        condition="clean",
        trials=trials,
        reference_ok=reference_ok,
        probe_ok=probe_ok,
        mated=scored(mated),
        tail=scored(tail),
        floor=floor,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=np.zeros(len(samples), np.int64),
        cell_names=("everyone",),
        edges=np.array([0.0, 1.0]),
    )


def scored(rows):
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return ScoredPairs(np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float32))


@st.composite
def worlds(draw):
    n = draw(st.integers(1, 9))
    subjects = draw(st.lists(st.sampled_from("pqrs"), min_size=n, max_size=n))
    groups = draw(st.lists(st.sampled_from(["A", "B", "C"]), min_size=n, max_size=n))
    samples = make_samples(subjects, groups)
    rows = np.arange(n)
    symmetric = draw(st.booleans())
    masks = [np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n))) for _ in range(4)]
    if symmetric:
        trials = RuledTrials(rows[masks[0]], rows[masks[0]], True)
        ok = masks[1], masks[1]
    else:
        trials = RuledTrials(rows[masks[0]], rows[masks[2]], False)
        ok = masks[1], masks[3]
    values = draw(st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.9]), min_size=n * n, max_size=n * n))
    score = np.array(values, np.float32).reshape(n, n)
    return samples, make_comparisons(samples, trials, score, *ok, -np.inf), score


def slow_fmr(samples, comparisons, score, d, e, threshold, failures):
    """(errors, completed, failed, subjects, by_subject, by_pair) of one cell, pair by pair."""
    group, subject = samples.groups["group"], samples.subjects
    x: dict[tuple[str, ...], int] = {}
    m: dict[tuple[str, ...], int] = {}
    completed, failed = 0, 0
    for r, p in pairs_of(comparisons.trials):
        here = (group[r], group[p]) == (d, e) or (comparisons.trials.symmetric and (group[p], group[r]) == (d, e))
        if subject[r] == subject[p] or not here:
            continue
        ok = comparisons.reference_ok[r] and comparisons.probe_ok[p]
        completed, failed = completed + ok, failed + (not ok)
        if not ok and failures == "excluded":
            continue
        pair = tuple(sorted((subject[r], subject[p])))
        m[pair] = m.get(pair, 0) + 1
        x[pair] = x.get(pair, 0) + int(ok and float(score[r, p]) >= threshold)
    people = {person for pair in m for person in pair}
    rows = [(sum(v for k, v in x.items() if q in k), sum(v for k, v in m.items() if q in k)) for q in people]
    return sum(x.values()), completed, failed, len(people), sums(rows), sums([(x[k], m[k]) for k in m])


def sums(rows):
    return ClusterSums(sum(x * x for x, _ in rows), sum(x * m for x, m in rows), sum(m * m for _, m in rows))


def shown(counts):
    return counts.errors, counts.completed, counts.failed, counts.subjects, counts.by_subject, counts.by_pair


@settings(max_examples=300)
@given(worlds(), st.sampled_from([0.2, 0.5, 0.95]), st.sampled_from(["counted", "excluded"]))
def test_fmr_equals_the_slow_count(world, threshold, failures):
    samples, comparisons, score = world
    names = sorted(set(samples.groups["group"]))
    within = fmr_counts(comparisons, samples, ("group",), threshold, failures)
    assert [counts.group for counts in within] == names
    for counts in within:
        d = counts.group
        assert shown(counts) == slow_fmr(samples, comparisons, score, d, d, threshold, failures)
        assert counts.probe_group is None
    cross = cross_fmr_counts(comparisons, samples, ("group",), threshold, failures)
    assert [(c.group, c.probe_group) for c in cross] == [(d, e) for d in names for e in names]
    for counts in cross:
        expected = slow_fmr(samples, comparisons, score, counts.group, counts.probe_group, threshold, failures)
        assert shown(counts) == expected


@settings(max_examples=200)
@given(worlds(), st.sampled_from([0.2, 0.5, 0.95]), st.sampled_from(["counted", "excluded"]))
def test_fnmr_equals_the_slow_count(world, threshold, failures):
    samples, comparisons, score = world
    for counts in fnmr_counts(comparisons, samples, ("group",), threshold, failures):
        rows: dict[str, Any] = {}
        completed, failed = 0, 0
        for r, p in pairs_of(comparisons.trials):
            if samples.subjects[r] != samples.subjects[p] or samples.groups["group"][p] != counts.group:
                continue
            ok = comparisons.reference_ok[r] and comparisons.probe_ok[p]
            completed, failed = completed + ok, failed + (not ok)
            if ok or failures == "counted":
                x, m = rows.get(samples.subjects[r], (0, 0))
                rows[samples.subjects[r]] = x + int(not ok or float(score[r, p]) < threshold), m + 1
        values = list(rows.values())
        assert shown(counts) == (sum(x for x, _ in values), completed, failed, len(values), sums(values), None)
        assert counts.trials == sum(m for _, m in values)


@settings(max_examples=100)
@given(worlds())
def test_pooled_nonmated_counts_every_comparison(world):
    samples, comparisons, _ = world
    for impostors in ("all", "same-group"):
        pooled = pooled_nonmated(comparisons, samples, impostors, ("group",))
        expected, scores = 0, 0
        for r, p in pairs_of(comparisons.trials):
            same = impostors == "all" or samples.groups["group"][r] == samples.groups["group"][p]
            if samples.subjects[r] != samples.subjects[p] and same:
                expected += 1
                scores += bool(comparisons.reference_ok[r] and comparisons.probe_ok[p])
        assert (pooled.total, len(pooled.scores)) == (expected, scores)


@settings(max_examples=100)
@given(worlds())
def test_groups_share_out_the_same_group_comparisons(world):
    samples, comparisons, _ = world
    pooled = pooled_nonmated(comparisons, samples, "same-group", ("group",))
    parts = nonmated_by_group(comparisons, samples, ("group",))
    assert sum(part.total for part in parts.values()) == pooled.total
    assert sorted(np.concatenate([part.scores for part in parts.values()])) == sorted(pooled.scores)
    for counts in fmr_counts(comparisons, samples, ("group",), 0.5):
        assert np.count_nonzero(parts[counts.group].scores >= np.float32(0.5)) == counts.errors
        assert parts[counts.group].total == counts.trials


def symmetric_world(subjects, groups, score, ok=None, floor=-np.inf):
    samples = make_samples(subjects, groups)
    rows = np.arange(len(samples))
    ok = np.ones(len(samples), bool) if ok is None else np.array(ok)
    score = np.array(score, np.float32)
    return samples, make_comparisons(samples, RuledTrials(rows, rows, True), score, ok, ok, floor)


def test_groups_add_up_to_everyone_and_order_changes_nothing():
    rng = np.random.default_rng(3)
    subjects, groups = rng.choice(list("pqrstu"), 24), rng.choice(["A", "B"], 24)
    score = np.triu(rng.random((24, 24)).astype(np.float32))
    samples, comparisons = symmetric_world(subjects, groups, score + score.T)
    (everyone,) = fmr_counts(comparisons, samples, (), 0.7)
    assert (everyone.grouping, everyone.group) == ("", "everyone")
    cells = {(c.group, c.probe_group): c for c in cross_fmr_counts(comparisons, samples, ("group",), 0.7)}
    parts = cells["A", "A"], cells["A", "B"], cells["B", "B"]
    assert sum(c.errors for c in parts) == everyone.errors
    assert sum(c.trials for c in parts) == everyone.trials
    order = rng.permutation(24)
    again = symmetric_world(subjects[order], groups[order], (score + score.T)[np.ix_(order, order)])
    assert fmr_counts(again[1], again[0], ("group",), 0.7) == fmr_counts(comparisons, samples, ("group",), 0.7)


def test_a_score_equal_to_the_threshold_is_a_match_and_the_next_float64_is_not():
    edge = float(np.float32(0.7))
    samples, comparisons = symmetric_world("ppqq", "AAAA", np.full((4, 4), 0.7))
    assert fmr_counts(comparisons, samples, (), edge)[0].errors == 4
    assert fnmr_counts(comparisons, samples, (), edge)[0].errors == 0
    above = np.nextafter(edge, np.inf)
    assert fmr_counts(comparisons, samples, (), above)[0].errors == 0
    assert fnmr_counts(comparisons, samples, (), above)[0].errors == 2


def test_failures_stay_in_the_denominators():
    samples, comparisons = symmetric_world("ppqq", "AAAA", np.ones((4, 4)), ok=[True, True, True, False])
    counted, excluded = (fnmr_counts(comparisons, samples, (), 0.5, how)[0] for how in ("counted", "excluded"))
    assert (counted.errors, counted.trials, counted.failed) == (1, 2, 1)
    assert (excluded.errors, excluded.trials, excluded.failed) == (0, 1, 1)
    counted, excluded = (fmr_counts(comparisons, samples, (), 0.5, how)[0] for how in ("counted", "excluded"))
    assert (counted.errors, counted.trials) == (2, 4)
    assert (excluded.errors, excluded.trials) == (2, 2)


def test_threshold_below_the_floor_is_refused():
    samples, comparisons = symmetric_world("pq", "AA", np.ones((2, 2)), floor=0.5)
    with pytest.raises(InputError, match=r"threshold 0\.4 lies below the floor 0\.5 .* lower floor"):
        fmr_counts(comparisons, samples, (), 0.4)


def test_a_mated_pair_in_the_tail_is_refused():
    samples, comparisons = symmetric_world("ppq", "AAA", np.ones((3, 3)))
    wrong = {**comparisons.__dict__, "tail": scored([(0, 1, 0.9)])}
    with pytest.raises(InputError, match="pair of one subject with itself"):
        fmr_counts(Comparisons(**wrong), samples, (), 0.5)


def test_fta_counts_every_outcome_but_ok():
    samples = make_samples("ppqr", "AABB")
    n = len(samples)
    nothing = np.full((n, 4), np.nan, np.float32)
    acquisitions = Acquisitions(
        condition="dim",
        detector="finder",
        outcome=np.array(["ok", "no_face", "ok", "too_small"]),
        reason=np.full(n, ""),
        box=nothing,
        landmarks=np.full((n, 5, 2), np.nan, np.float32),
        quality={},
        sha256=np.full(n, ""),
    )
    a, b = fta_counts(acquisitions, samples, ("group",))
    assert (a.metric, a.model, a.condition, a.group) == ("FTA", "finder", "dim", "A")
    assert (a.errors, a.completed, a.failed, a.trials, a.subjects) == (1, 1, 1, 2, 1)
    assert (b.errors, b.trials, b.subjects) == (1, 2, 2)


def test_fte_counts_people_without_any_template():
    ok = [False, True, False, False, True]
    samples, comparisons = symmetric_world("ppqqr", "AABBB", np.ones((5, 5)), ok=ok)
    a, b = fte_counts(comparisons, samples, ("group",))
    assert (a.errors, a.trials) == (0, 1)
    assert (b.errors, b.trials, b.subjects) == (1, 2, 2)


def make_searches(protocol, rows):
    """One search a row: (mated, completed, mate score, rank, optimistic rank, top non-mate)."""
    mated, completed, score, rank, optimistic, top = zip(*rows, strict=True)
    return Searches(
        model="net",
        condition="clean",
        protocol=protocol,
        probe=np.arange(len(rows)),
        mated=np.array(mated),
        completed=np.array(completed),
        mate_score=np.array(score, np.float32),
        mate_rank=np.array(rank),
        mate_rank_optimistic=np.array(optimistic),
        top_nonmate=np.array(top, np.float32),
        gallery_size=9,
        gallery_failed=0,
    )


NAN = float("nan")
SEARCHES = [
    (True, True, 0.9, 1, 1, 0.2),
    (True, True, 0.4, 3, 2, 0.5),
    (True, True, NAN, 0, 0, 0.5),
    (True, False, NAN, 0, 0, NAN),
    (False, True, NAN, 0, 0, 0.6),
    (False, True, NAN, 0, 0, 0.1),
    (False, False, NAN, 0, 0, NAN),
]


@pytest.mark.parametrize(
    ("rank", "threshold", "failures", "errors", "trials"),
    [
        (1, None, "counted", 3, 4),
        (3, None, "counted", 2, 4),
        (None, 0.3, "counted", 2, 4),
        (3, 0.5, "counted", 3, 4),
        (1, None, "excluded", 1, 2),
        (None, 0.3, "excluded", 0, 2),
    ],
)
def test_fnir_asks_for_rank_and_threshold(rank, threshold, failures, errors, trials):
    samples = make_samples("aaabcde", "AAAAAAA")
    (counts,) = fnir_counts(make_searches("open", SEARCHES), samples, (), rank, threshold, failures)
    assert (counts.errors, counts.trials, counts.failed, counts.subjects) == (
        errors,
        trials,
        2,
        2 if trials == 4 else 1,
    )


@pytest.mark.parametrize(
    ("protocol", "failures", "errors", "trials"),
    [("open", "counted", 2, 3), ("open", "excluded", 1, 2), ("closed", "counted", 1, 3)],
)
def test_fpir_takes_a_failed_search_of_a_watchlist_for_an_alarm(protocol, failures, errors, trials):
    samples = make_samples("aaabcde", "AAAAAAA")
    (counts,) = fpir_counts(make_searches(protocol, SEARCHES), samples, (), 0.6, failures)
    assert (counts.errors, counts.trials, counts.failed) == (errors, trials, 1)


def test_cmc_counts_failed_searches_as_misses():
    (curve,) = cmc(make_searches("open", SEARCHES), make_samples("aaabcde", "AAAAAAA"), (), 3)
    assert curve.hits.tolist() == [1, 1, 2]
    assert curve.hits_optimistic.tolist() == [1, 2, 2]
    assert (curve.trials, curve.failed, curve.subjects) == (4, 2, 2)


def test_sums_stay_exact_past_64_bits():
    n = 100_000
    subjects = np.repeat(np.arange(4), n // 4)
    samples = make_samples(subjects, np.full(n, "A"))
    rows, ok = np.arange(n), np.ones(n, bool)
    nothing = scored([])
    comparisons = Comparisons(
        model="net",
        condition="clean",
        trials=RuledTrials(rows, rows, True),
        reference_ok=ok,
        probe_ok=ok,
        mated=nothing,
        tail=nothing,
        floor=0.5,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=np.zeros(n, np.int64),
        cell_names=("everyone",),
        edges=np.array([0.0, 1.0]),
    )
    (counts,) = fmr_counts(comparisons, samples, (), 0.5)
    size = n // 4
    assert counts.trials == 6 * size**2
    assert counts.by_pair.mm == 6 * size**4
    assert counts.by_subject.mm == 4 * (3 * size**2) ** 2


def test_counts_do_not_hang_on_what_was_counted_before() -> None:
    """The kept scores of a grouping are sorted once for all its thresholds."""
    evidence = evidence_of(people=30)
    (comparisons,) = evidence.comparisons.values()
    groupings: tuple[tuple[str, ...], ...] = ((), ("colour",), ("colour", "size"))
    scores = np.sort(comparisons.tail.score.astype(float))
    asked = [(columns, float(scores[k])) for k in (5, 200, 20) for columns in groupings]
    fresh = [
        fmr_counts(dataclasses.replace(comparisons), evidence.samples, columns, threshold)
        for columns, threshold in asked
    ]
    again = [fmr_counts(comparisons, evidence.samples, columns, threshold) for columns, threshold in asked]
    assert fresh == again
