"""Weighted forms against the sums they stand for, and their spread against the plug-in variances."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.count import fmr_counts, fnmr_counts, pair_errors, person_errors
from facegap.estimate import threshold_at_fmr
from facegap.estimate.bootstrap import (
    PeopleDraws,
    double_or_nothing_draws,
    fmr_draws,
    fnmr_at_draws,
    fnmr_draws,
    log_ratio_interval,
    pair_trials,
    percentiles,
    subset_draws,
    summary_interval,
    threshold_draws,
    vertex_draws,
)
from facegap.estimate.clustered import variance
from facegap.estimate.measures import max_min
from facegap.records import Comparisons, PairsOfPeople, RuledTrials, Samples, SamplesOfPeople, ScoredPairs


def world(rng, people, each, spread=0.5):
    """Symmetric trials of people with `each` samples whose scores depend on the people."""
    subject = np.repeat(np.arange(people), each)
    n = len(subject)
    wolf = rng.normal(0, spread, people)
    r, p = np.triu_indices(n, 1)
    same = subject[r] == subject[p]
    score = rng.normal(0, 1, len(r)) + wolf[subject[r]] + wolf[subject[p]] + 3 * same
    text = np.arange(n).astype(str)
    names = np.array([f"{k:05d}" for k in subject])
    empty = np.full(n, "")
    samples = Samples(
        ids=text,
        subjects=names,
        paths=text,
        sessions=empty,
        roles=empty,
        groups={"group": np.where(subject % 2, "B", "A")},
        root=Path(),
    )
    rows, ok = np.arange(n), np.ones(n, bool)
    score = score.astype(np.float32)
    mated, tail = (ScoredPairs(r[at], p[at], score[at]) for at in (same, ~same))
    return samples, Comparisons(
        model="net",
        condition="clean",
        trials=RuledTrials(rows, rows, True),
        reference_ok=ok,
        probe_ok=ok,
        mated=mated,
        tail=tail,
        floor=-np.inf,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=np.zeros(n, np.int64),
        cell_names=("everyone",),
        edges=np.array([0.0, 1.0]),
    )


def of_pairs(table):
    return table.i, table.j, table.errors, table.compared


def ones(people):
    return PeopleDraws(np.ones((people, 1), np.int16), "double-or-nothing")


def test_weights_of_one_give_the_counts():
    samples, comparisons = world(np.random.default_rng(0), 12, 3)
    tables = pair_errors(comparisons, samples, ("group",), 1.5)
    for table, counts in zip(tables, fmr_counts(comparisons, samples, ("group",), 1.5), strict=True):
        assert table.group == counts.group
        assert pair_trials(ones(12), table.compared)[0] == counts.trials
        assert fmr_draws(ones(12), *of_pairs(table))[0] == counts.errors / counts.trials
    people = person_errors(comparisons, samples, ("group",), 1.5)
    for person, counts in zip(people, fnmr_counts(comparisons, samples, ("group",), 1.5), strict=True):
        assert fnmr_draws(ones(12), *person[1:])[0] == counts.errors / counts.trials


@settings(max_examples=75)
@given(st.data(), st.integers(2, 6), st.booleans(), st.sampled_from(["vertex", "double-or-nothing", "subset"]))
def test_forms_equal_the_sums_over_copies_of_people(data, people, once, scheme):
    few = st.lists(st.integers(0, 3), min_size=people, max_size=people)
    a = np.array(data.draw(few))
    b = a if once else np.array(data.draw(few))
    w = np.array(data.draw(few))
    if scheme == "double-or-nothing":
        w = 2 * (w % 2)
    pairs = [(i, j) for i in range(people) for j in range(i + 1, people)]
    m = {(i, j): int(a[i] * a[j] if once else a[i] * b[j] + a[j] * b[i]) for i, j in pairs}
    x = {pair: data.draw(st.integers(0, size)) for pair, size in m.items()}
    observed = sum(x.values()) / max(sum(m.values()), 1)
    false_matches = sum(w[i] * w[j] * x[i, j] for i, j in pairs)
    trials = sum(w[i] * w[j] * m[i, j] for i, j in pairs)
    if scheme == "subset":  # row i of the full matrix of people, as often as i is drawn
        false_matches, trials = (
            sum(w[i] * table[min(i, j), max(i, j)] for i in range(people) for j in range(people) if i != j) / 2
            for table in (x, m)
        )
    if scheme == "vertex":
        copies = sum(w[i] * (w[i] - 1) * a[i] * b[i] for i in range(people)) / (2 if once else 1)
        false_matches, trials = false_matches + observed * copies, trials + copies
    i, j = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    errors = np.array(list(x.values()), np.int64)
    found = fmr_draws(PeopleDraws(w[:, None].astype(np.int16), scheme), i, j, errors, SamplesOfPeople(a, b, once))[0]
    if trials == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(false_matches / trials)
    listed = PairsOfPeople(i, j, np.array(list(m.values()), np.int64), people)
    draws = PeopleDraws(w[:, None].astype(np.int16), scheme)
    if scheme == "double-or-nothing":  # the same comparisons named one by one
        np.testing.assert_array_equal(fmr_draws(draws, i, j, errors, listed)[0], found)
    else:
        with pytest.raises(ValueError, match="by list need double-or-nothing"):
            fmr_draws(draws, i, j, errors, listed)


@pytest.mark.parametrize("make", [vertex_draws, double_or_nothing_draws])
def test_spread_of_the_draws_is_the_plug_in_standard_error(make):
    samples, comparisons = world(np.random.default_rng(4), 150, 2)
    draws = make(150, 2000, np.random.default_rng(5))
    (table,) = pair_errors(comparisons, samples, (), 2.0)
    (counts,) = fmr_counts(comparisons, samples, (), 2.0)
    assert fmr_draws(draws, *of_pairs(table)).std() == pytest.approx(variance(counts) ** 0.5, rel=0.1)
    (person,) = person_errors(comparisons, samples, (), 2.5)
    (counts,) = fnmr_counts(comparisons, samples, (), 2.5)
    assert fnmr_draws(draws, *person[1:]).std() == pytest.approx(variance(counts) ** 0.5, rel=0.1)


def test_thresholds_of_weight_one_are_the_thresholds_of_the_scores():
    samples, comparisons = world(np.random.default_rng(6), 20, 2)
    subject = np.unique(samples.subjects, return_inverse=True)[1]
    tail, n = comparisons.tail, np.bincount(subject)
    trials = pair_trials(ones(20), SamplesOfPeople(n, n, True))
    coarse = np.round(tail.score, 1)
    for scores in (tail.score, coarse):
        for target in (0.5 / len(scores), 1e-3, 1e-2, 0.2):
            found = threshold_draws(ones(20), subject[tail.reference], subject[tail.probe], scores, trials, target)
            assert found[0] == threshold_at_fmr(scores, len(scores), target).threshold
    short = scores > 1
    people = subject[tail.reference][short], subject[tail.probe][short]
    assert np.isnan(threshold_draws(ones(20), *people, scores[short], trials, 0.9)[0])


def test_fnmr_at_the_drawn_threshold():
    scores = np.array([0.1, 0.5, np.nan, 0.9], np.float32)
    people = np.array([0, 0, 1, 2])
    weights = np.array([[1, 2, 0], [1, 0, 0], [1, 2, 0]], np.int16)
    found = fnmr_at_draws(PeopleDraws(weights, "double-or-nothing"), people, scores, np.array([0.5, 0.6, 0.5]))
    assert found[:2] == pytest.approx([0.5, 2 / 3])
    assert np.isnan(found[2])


def test_a_drawn_threshold_widens_the_interval_of_fnmr():
    samples, comparisons = world(np.random.default_rng(7), 60, 3)
    subject = np.unique(samples.subjects, return_inverse=True)[1]
    # Mated scores that know nothing of the people: else the threshold moves with them and the two cancel.
    mated_score = np.random.default_rng(1).normal(3, 1, len(comparisons.mated)).astype(np.float32)
    draws = double_or_nothing_draws(60, 1000, np.random.default_rng(8))
    tail, mated, n = comparisons.tail, comparisons.mated, np.bincount(subject)
    trials = pair_trials(draws, SamplesOfPeople(n, n, True))
    drawn = threshold_draws(draws, subject[tail.reference], subject[tail.probe], tail.score, trials, 1e-2)
    fixed = np.full(1000, threshold_at_fmr(tail.score, len(tail), 1e-2).threshold)
    narrow, wide = (
        percentiles(fnmr_at_draws(draws, subject[mated.probe], mated_score, at), 0.95) for at in (fixed, drawn)
    )
    assert wide[1] - wide[0] > 1.1 * (narrow[1] - narrow[0])


def test_subset_intervals_of_fmr_are_too_narrow_where_people_match_many():
    samples, comparisons = world(np.random.default_rng(4), 100, 2, spread=1.0)
    (table,) = pair_errors(comparisons, samples, (), 2.0)
    (counts,) = fmr_counts(comparisons, samples, (), 2.0)
    spread = {}
    for make in (vertex_draws, double_or_nothing_draws, subset_draws):
        values = fmr_draws(make(100, 2000, np.random.default_rng(5)), *of_pairs(table))
        low, high = percentiles(values, 0.95)
        spread[make] = high - low
        if make is subset_draws:
            # Sums over rows alone: a quarter of what two people share, half of what a pair alone brings.
            assert 0.45 < values.std() / variance(counts) ** 0.5 < 0.75
    assert spread[subset_draws] < 0.7 * min(spread[vertex_draws], spread[double_or_nothing_draws])


def test_subset_draws_of_people_without_others_have_no_rate():
    draws = subset_draws(1, 3, np.random.default_rng(0))
    none, one = np.zeros(0, np.int64), np.array([4])
    assert np.isnan(fmr_draws(draws, none, none, none, SamplesOfPeople(one, one, True))).all()
    two = np.array([2, 2])
    assert (
        fmr_draws(subset_draws(2, 3, np.random.default_rng(0)), none, none, none, SamplesOfPeople(two, two, True)) == 0
    ).all()


@pytest.mark.parametrize("make", [vertex_draws, subset_draws])
def test_thresholds_refuse_other_draws(make):
    draws = make(3, 2, np.random.default_rng(0))
    none = np.zeros(0, np.int64)
    with pytest.raises(ValueError, match="double-or-nothing"):
        threshold_draws(draws, none, none, np.zeros(0, np.float32), np.ones(2), 0.1)


def test_shared_weights_make_a_paired_ratio_narrower():
    rng = np.random.default_rng(9)
    people, comparisons = np.arange(80), np.full(80, 10)
    errors = rng.binomial(10, rng.beta(1, 4, 80))
    worse = np.minimum(errors + rng.binomial(1, 0.3, 80), 10)
    draws = vertex_draws(80, 1000, rng)
    a, b = fnmr_draws(draws, people, worse, comparisons), fnmr_draws(draws, people, errors, comparisons)
    other = fnmr_draws(vertex_draws(80, 1000, rng), people, errors, comparisons)
    paired, unpaired = log_ratio_interval(a, b, 0.95), log_ratio_interval(a, other, 0.95)
    assert paired[1] - paired[0] < 0.7 * (unpaired[1] - unpaired[0])
    assert paired[0] > 1


def test_a_summary_of_groups_that_share_people_is_drawn_with_their_weights():
    rng = np.random.default_rng(12)
    people, comparisons = np.arange(60), np.full(60, 10)
    errors = rng.binomial(10, rng.beta(1, 4, 60))
    draws = double_or_nothing_draws(60, 500, rng)
    same = fnmr_draws(draws, people, errors, comparisons)
    assert summary_interval([same, same, same], max_min, 0.95) == (1.0, 1.0)
    other = fnmr_draws(double_or_nothing_draws(60, 500, rng), people, errors, comparisons)
    low, high = summary_interval([same, other], max_min, 0.95)
    assert 1 <= low < high
    assert summary_interval([same, np.zeros(500)], max_min, 0.95) is None


def test_mostly_undefined_draws_have_no_interval():
    values = np.array([np.nan] * 10 + [0.1] * 90)
    assert percentiles(values, 0.95) is None
    assert log_ratio_interval(np.zeros(10), np.ones(10), 0.95) is None
    assert percentiles(np.zeros(0), 0.95) is None


def test_draws_have_the_mean_of_their_scheme():
    rng = np.random.default_rng(3)
    vertex = vertex_draws(50, 400, rng).weights
    assert (vertex.sum(axis=0) == 50).all()
    doubled = double_or_nothing_draws(50, 400, rng).weights
    assert set(np.unique(doubled)) == {0, 2} and doubled.mean() == pytest.approx(1, abs=0.05)


def test_against_cimats_bootstrap_where_it_is_installed():
    cimat = pytest.importorskip("cimat", reason="needs cimat (pins numpy below 2; install it without dependencies)")
    samples, comparisons = world(np.random.default_rng(11), 30, 2)
    subject = np.unique(samples.subjects, return_inverse=True)[1]
    scores: dict[int, dict[int, list[float]]] = {k: {j: [] for j in range(30)} for k in range(30)}
    for pairs in (comparisons.mated, comparisons.tail):
        for r, p, s in zip(pairs.reference, pairs.probe, pairs.score, strict=True):
            for i, j in {(subject[r], subject[p]), (subject[p], subject[r])}:
                scores[int(i)][int(j)].append(float(s))
    theirs = cimat.uncertainty_estimator.UncertaintyEstimator(scores)
    np.random.seed(1)  # noqa: NPY002 - theirs draws from the global state
    theirs.run_bootstrap(B=150)
    fmr_variance = theirs.compute_variance(threshold=1.5, estimator="boot")[1]
    draws = double_or_nothing_draws(30, 4000, np.random.default_rng(1))
    (table,) = pair_errors(comparisons, samples, (), 1.5)
    assert fmr_draws(draws, *of_pairs(table)).var() == pytest.approx(fmr_variance, rel=0.35)
    assert "cimat" in sys.modules
