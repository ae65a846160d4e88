"""Each group against the rest: R10's finding, zero errors, groups left out."""

import json
from pathlib import Path

import pytest

from facegap.estimate.clustered import pooled
from facegap.estimate.versus_rest import against_group, against_rest
from facegap.records import ClusterSums, ErrorCounts

CASE = json.loads((Path(__file__).parents[1] / "reference" / "R10_multiplicity.json").read_text(encoding="utf-8"))


def independent(group, errors, trials, subjects=None):
    sums = ClusterSums(errors, errors, trials)
    people = trials if subjects is None else subjects
    return ErrorCounts(
        metric="FNMR",
        model="net",
        condition="clean",
        grouping="group",
        group=group,
        threshold=0.5,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=people,
        by_subject=sums,
    )


def test_only_the_last_group_of_r10_differs():
    rows = [independent(name, x, n) for name, x, n in zip("ABCDEF", CASE["errors"], CASE["n"], strict=True)]
    found, left_out = against_rest(rows)
    assert left_out == ()
    assert [row.counts.group for row in found if row.p_holm < 0.05] == ["F"]
    # The score test is not Fisher's: near it, and never far beyond.
    for row, fisher in zip(found, CASE["one_vs_rest_fisher_p"], strict=True):
        assert row.p == pytest.approx(fisher, rel=0.5, abs=1e-3)
    assert all(1 < row.visible < 4 for row in found)
    worst = found[-1]
    assert worst.ratio == pytest.approx(30 / 1000 / (68 / 5000)) and 1 < worst.low < worst.ratio < worst.high


def test_zero_errors_have_bounds_instead_of_a_ratio():
    found, _ = against_rest([independent("A", 0, 500), independent("B", 12, 500)])
    assert found[0].ratio is None and found[0].low == 0 and found[0].high < 1
    assert found[1].ratio is None and found[1].low > 1 and found[1].high is None
    assert found[0].visible > 1 and found[1].visible is None


def test_small_groups_are_left_out_and_one_group_has_no_rest():
    found, left_out = against_rest([independent("A", 3, 500), independent("B", 3, 500, subjects=4)])
    assert found == () and left_out == (("B", "4 people, fewer than 10"),)


def test_counts_add_up():
    total = pooled([independent("A", 3, 500), independent("B", 9, 300)])
    assert (total.errors, total.trials, total.subjects, total.group) == (12, 800, 800, "A + B")
    assert total.by_subject == ClusterSums(12, 12, 800) and total.by_pair is None
    bare = ErrorCounts(
        metric="FNMR",
        model="net",
        condition="clean",
        grouping="group",
        group="C",
        threshold=0.5,
        errors=1,
        completed=10,
        failed=0,
        subjects=10,
    )
    assert pooled([independent("A", 3, 500), bare]).by_subject is None


def test_against_a_named_group_is_r09():
    """60 against 30 of 300,000: ratio 2 with Koopman's interval, whichever further group there is."""
    koopman = json.loads((Path(__file__).parents[1] / "reference" / "R09_two_sample.json").read_text(encoding="utf-8"))
    expected = [1.29479, 3.08931]
    assert "1.29479" in json.dumps(koopman)[:100_000]
    groups = [independent("A", 60, 300_000), independent("B", 30, 300_000), independent("C", 45, 300_000)]
    found, left_out = against_group(groups, "B")
    assert left_out == () and [row.counts.group for row in found] == ["A", "C"]
    assert all(row.rest.group == "B" for row in found)
    assert found[0].ratio == pytest.approx(2)
    assert [found[0].low, found[0].high] == pytest.approx(expected, rel=2e-3)
    assert found[0].p_holm == pytest.approx(2 * found[0].p)
    alone, _ = against_group(groups[:2], "B")
    assert (alone[0].low, alone[0].p_holm) == (found[0].low, alone[0].p)


def test_two_groups_are_each_others_rest_and_reference():
    groups = [independent("A", 60, 3000), independent("B", 30, 3000)]
    rest, _ = against_rest(groups)
    found, _ = against_group(groups, "B")
    assert (found[0].ratio, found[0].low, found[0].high, found[0].p) == (
        rest[0].ratio,
        rest[0].low,
        rest[0].high,
        rest[0].p,
    )


def test_a_reference_that_does_not_enter_compares_nobody():
    groups = [independent("A", 3, 500), independent("B", 3, 500, subjects=4)]
    assert against_group(groups, "B") == ((), (("B", "4 people, fewer than 10"),))
    assert against_group(groups, "none")[0] == ()
