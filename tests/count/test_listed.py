"""Trials by list: denominators come from the list, and a list of all pairs says what the rule says."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import count
from facegap.compare import TailRule, compare, listed_comparisons
from facegap.errors import InputError
from facegap.estimate.clustered import variance
from facegap.records import Comparisons, Failures, ListedTrials, PairsOfPeople, RuledTrials, Samples
from made import make_samples, make_templates

THRESHOLD = 0.2


def world(seed: int = 0, failed: tuple[int, ...] = (3, 11)) -> tuple[Samples, Comparisons, Comparisons]:
    """The same templates compared by rule and by the list of all pairs, in an order of its own."""
    rng = np.random.default_rng(seed)
    people = [f"p{k % 9}" for k in range(24)]
    samples = make_samples(people, {"group": ["x" if k % 9 < 4 else "y" for k in range(24)]})
    made = make_templates(samples, rng, failed=failed, noise=1.0)
    rows = np.arange(24)
    ruled = compare(samples, RuledTrials(rows, rows, True), made, made, ("group",), TailRule(1.0, -2.0))
    pairs = np.array(list(combinations(range(24), 2)))[rng.permutation(24 * 23 // 2)]
    listed = compare(samples, ListedTrials(pairs[:, 0], pairs[:, 1]), made, made, ("group",), TailRule(1.0))
    return samples, ruled, listed


@pytest.mark.parametrize("failures", ["counted", "excluded"])
@pytest.mark.parametrize("columns", [(), ("group",)])
def test_a_list_of_all_pairs_counts_what_the_rule_counts(failures: Failures, columns: tuple[str, ...]) -> None:
    samples, ruled, listed = world()
    for counted in (count.fmr_counts, count.fnmr_counts):
        by_rule, by_list = (counted(side, samples, columns, THRESHOLD, failures) for side in (ruled, listed))
        assert by_rule == by_list
        assert sum(c.errors for c in by_list) > 0 and (failures == "excluded" or sum(c.failed for c in by_list) > 0)


def test_cells_of_a_list_have_its_direction() -> None:
    samples, ruled, listed = world()
    by_rule = {(c.group, c.probe_group): c for c in count.cross_fmr_counts(ruled, samples, ("group",), THRESHOLD)}
    by_list = {(c.group, c.probe_group): c for c in count.cross_fmr_counts(listed, samples, ("group",), THRESHOLD)}
    assert by_list["x", "x"] == by_rule["x", "x"]
    for column in ("errors", "completed", "failed"):
        there, back = (getattr(by_list[key], column) for key in (("x", "y"), ("y", "x")))
        assert there + back == getattr(by_rule["x", "y"], column) == getattr(by_rule["y", "x"], column)


def test_scores_mated_and_not_are_those_of_the_rule() -> None:
    _, ruled, listed = world()
    for name in ("mated", "tail"):
        one, other = (
            {
                (min(int(r), int(p)), max(int(r), int(p))): float(s)
                for r, p, s in zip(pairs.reference, pairs.probe, pairs.score, strict=True)
            }
            for pairs in (getattr(ruled, name), getattr(listed, name))
        )
        assert one.keys() == other.keys()
        assert all(one[key] == other[key] or np.isnan([one[key], other[key]]).all() for key in one)
    assert listed.floor == -np.inf and int(listed.histogram.sum()) == len(listed.tail)


def test_thresholds_are_set_on_the_same_scores() -> None:
    samples, ruled, listed = world()
    for impostors in ("all", "same-group"):
        one, other = (count.pooled_nonmated(side, samples, impostors, ("group",)) for side in (ruled, listed))
        assert one.total == other.total
        np.testing.assert_array_equal(np.sort(one.scores), np.sort(other.scores))


@settings(max_examples=60)
@given(st.data())
def test_a_short_list_is_counted_as_it_stands(data: st.DataObject) -> None:
    """Repeated pairs, pairs of one person, one direction only: counted one by one, without any closed form."""
    people = data.draw(st.lists(st.integers(0, 5), min_size=4, max_size=12))
    n = len(people)
    samples = make_samples([f"p{k}" for k in people], {"group": ["x" if k < 3 else "y" for k in people]})
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda ab: ab[0] != ab[1])
    pairs = data.draw(st.lists(pair, min_size=1, max_size=30))
    scores = data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, np.nan]), min_size=len(pairs), max_size=len(pairs)))
    trials = ListedTrials(*np.array(pairs, np.int64).T)
    found = listed_comparisons(
        samples, trials, np.array(scores, np.float32), model="m", condition="clean", cell_columns=("group",)
    )
    group = samples.groups["group"]
    for failures in ("counted", "excluded"):
        for counts in count.fmr_counts(found, samples, ("group",), 0.5, failures):
            mine = [
                (people[a], people[b], s)
                for (a, b), s in zip(pairs, scores, strict=True)
                if people[a] != people[b] and group[a] == group[b] == counts.group
            ]
            kept = [(a, b, s) for a, b, s in mine if failures == "counted" or not np.isnan(s)]
            assert counts.errors == sum(s >= 0.5 for *_, s in kept)
            assert counts.trials == len(kept) and counts.failed == sum(np.isnan(s) for *_, s in mine)
            assert counts.subjects == len({person for a, b, _ in kept for person in (a, b)})
            m = Counter((min(a, b), max(a, b)) for a, b, _ in kept)
            x = Counter((min(a, b), max(a, b)) for a, b, s in kept if s >= 0.5)
            assert counts.by_pair is not None
            assert counts.by_pair.mm == sum(k * k for k in m.values())
            assert counts.by_pair.xm == sum(x[key] * m[key] for key in x)
    sides = count.pair_errors(found, samples, ("group",), 0.5)
    for side in sides:
        assert isinstance(side.compared, PairsOfPeople) and side.compared.people == len(set(people))


def test_clustered_variances_need_whole_sums() -> None:
    """What adds up over parts of a list is errors and comparisons; their squares by person do not."""
    samples, _, listed = world(failed=())
    trials = listed.trials
    half = np.arange(len(trials.reference)) % 2 == 0
    parts = []
    scores = np.full(len(half), np.nan, np.float32)
    at = {
        (int(r), int(p)): s
        for side in (listed.mated, listed.tail)
        for r, p, s in zip(*vars(side).values(), strict=True)
    }
    for k, (r, p) in enumerate(zip(trials.reference, trials.probe, strict=True)):
        scores[k] = at[int(r), int(p)]
    for mine in (half, ~half):
        part = listed_comparisons(
            samples,
            ListedTrials(trials.reference[mine], trials.probe[mine]),
            scores[mine],
            model="m",
            condition="clean",
            cell_columns=("group",),
        )
        parts.append(count.fmr_counts(part, samples, (), THRESHOLD)[0])
    (whole,) = count.fmr_counts(listed, samples, (), THRESHOLD)
    assert sum(c.errors for c in parts) == whole.errors and sum(c.trials for c in parts) == whole.trials
    assert whole.by_subject is not None
    added = sum(c.by_subject.xx for c in parts if c.by_subject is not None)
    assert added < whole.by_subject.xx and variance(whole) > 0


def test_scores_from_elsewhere_must_fit_the_list() -> None:
    samples = make_samples(["a", "b"], {"group": ["x", "x"]})
    trials = ListedTrials(np.array([0]), np.array([1]))
    for scores, message in (
        (np.zeros(2, np.float32), "expected a score or a failure for each of 1 trials, found 2"),
        (np.array([np.inf], np.float32), "infinite"),
    ):
        with pytest.raises(InputError, match=message):
            listed_comparisons(samples, trials, scores, model="m", condition="clean", cell_columns=())
