"""Bounds that leave room for people who err most and are not in the sample, and verdicts that too few people give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facegap.count.groups import heaviest
from facegap.estimate import estimate
from facegap.estimate.at_most import LEAST_PEOPLE, LEAST_PEOPLE_OF_PAIRS, at_least, judge, p_refute, p_support
from facegap.estimate.binomial import wilson
from facegap.estimate.clustered import balanced_people, pooled, with_room
from facegap.estimate.interval import effective_sample
from facegap.records import ClusterSums, ErrorCounts, PersonSums


def mated(errors: list[int], comparisons: list[int], group: str = "a") -> ErrorCounts:
    x, m = np.array(errors), np.array(comparisons)
    return ErrorCounts(
        metric="FNMR",
        model="m",
        condition="clean",
        grouping="g",
        group=group,
        threshold=0.5,
        errors=int(x.sum()),
        completed=int(m.sum()),
        failed=0,
        subjects=len(x),
        by_subject=ClusterSums(int(x @ x), int(x @ m), int(m @ m)),
        heaviest=heaviest(x, m),
    )


def test_the_heaviest_err_most_beyond_the_rate() -> None:
    """Nine errors of a hundred comparisons are fewer beyond the rate than five of five."""
    x, m = np.array([9, 5, 0, 1, 3]), np.array([100, 5, 50, 20, 25])
    assert heaviest(x, m) == (PersonSums(5, 5), PersonSums(3, 25))
    assert heaviest(np.array([1]), np.array([4])) == (PersonSums(1, 4),)


def test_room_is_more_people_like_those() -> None:
    counts = mated([4, 2, 0, 0, 0, 0, 1, 0], [5] * 8)
    assert with_room(counts, 0) == 7 / 40
    assert with_room(counts, 1) == (7 + 4) / (40 + 5)
    assert with_room(counts, 2) == (7 + 4 + 2) / (40 + 10)
    assert with_room(counts, 4) == (7 + 4 + 3 * 2) / (40 + 20)
    assert with_room(counts, 1, beyond=1) == (7 + 3) / (40 + 5)


def test_who_can_err_once_only_leaves_no_room() -> None:
    """One comparison a person: the interval is Wilson's on the comparisons."""
    counts = mated([1] * 7 + [0] * 93, [1] * 100)
    assert with_room(counts, 2) == 0.07
    found = estimate(counts)
    assert (found.low, found.high) == pytest.approx(wilson(7, 100))


def test_the_upper_end_has_room_and_the_lower_has_not() -> None:
    counts = mated([12, 9, 1, 0, 2, 0, 0, 0, 1, 0] * 6, [15] * 60)
    found = estimate(counts)
    n = effective_sample(counts, 0.95)
    plain = wilson(counts.errors / counts.trials * n, n)
    assert found.low == pytest.approx(plain[0]) and found.high is not None and found.high > plain[1]


def test_support_is_harder_than_its_counts_and_refuting_is_not() -> None:
    counts = mated([6, 1, 0, 0, 1, 0, 0, 0] * 20, [8] * 160)
    n = effective_sample(counts, 0.95)
    bare = replace(counts, heaviest=())
    limit = 1.6 * counts.errors / counts.trials
    assert p_support(counts, limit, 0.95) > p_support(bare, limit, 0.95)
    assert p_refute(counts, limit, 0.95) == p_refute(bare, limit, 0.95) and n > 0


def test_refuting_by_false_matches_takes_half_of_the_error() -> None:
    """Relatives whom no label names are one cause each, which sums over people do not see."""
    counts = mated([2, 1, 0, 0, 1, 0, 0, 0] * 20, [8] * 160)
    pairs = replace(counts, metric="FMR", by_pair=ClusterSums(80, 640, 10240 // 2))
    limit, n = 0.05, effective_sample(pairs, 0.95)
    assert p_refute(pairs, limit, 0.95) == 2 * at_least(counts.errors / counts.trials * n, n, limit)


@pytest.mark.parametrize(("people", "judged"), [(LEAST_PEOPLE - 1, False), (LEAST_PEOPLE, True)])
def test_too_few_people_give_no_verdict(people: int, judged: bool) -> None:
    counts = mated([9] * people, [10] * people)
    (found,) = judge([counts], 0.01)
    assert (found.verdict == "refuted") is judged
    if not judged:
        assert found.note == (
            f"not judged: {people} people, as if all took part alike; with fewer than {LEAST_PEOPLE} no verdict can be "
            "kept at its level"
        )
        assert found.decided_at is not None and found.decided_at >= counts.trials * LEAST_PEOPLE / people - 1


def test_one_person_with_most_comparisons_is_no_crowd() -> None:
    """300 people, one of whom makes nearly all comparisons: about one person took part."""
    counts = mated([0] * 299 + [600], [1] * 299 + [4950])
    assert balanced_people(counts) < 2
    assert judge([counts], 0.01)[0].verdict == "undecided"
    pairs = replace(counts, metric="FMR", by_pair=ClusterSums(600, 600, 9000))
    assert judge([pairs], 0.01)[0].verdict == "undecided" and LEAST_PEOPLE_OF_PAIRS > LEAST_PEOPLE


def test_a_threshold_of_its_own_uncertainty_must_decide_alike_at_both_ends() -> None:
    low, high = mated([0, 1, 0, 0] * 40, [5] * 160), mated([2, 1, 0, 0] * 40, [5] * 160)
    limit = 0.1
    assert judge([low], limit)[0].verdict == "supported"
    assert judge([low], limit, 0.95, [[low], [high]])[0].verdict == "undecided"
    same = judge([low], limit, 0.95, [[low], [low]])[0]
    assert same.p_support == pytest.approx(2 * judge([low], limit)[0].p_support)


def test_pooled_groups_keep_their_heaviest() -> None:
    one, other = mated([3, 0, 1], [4, 4, 4], "a"), mated([0, 2, 0], [4, 4, 4], "b")
    assert pooled([one, other]).heaviest == (PersonSums(3, 4), PersonSums(2, 4))
