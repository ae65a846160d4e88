"""Claims that a rate is at most so much against R18, and the rule of thirty (R06)."""

from __future__ import annotations

import numpy as np
import pytest

from facegap.estimate.at_most import at_least, at_most, judge
from facegap.records import ClusterSums, ErrorCounts
from made import reference


def independent(group, errors, trials):
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
        subjects=trials,
    )


def test_claims_of_r18():
    case = reference("R18_claims.json")
    rows = case["rows"]
    found = judge([independent(r["group"], r["errors"], r["n"]) for r in rows], case["claim_error_rate"])
    for row, verdict in zip(rows, found, strict=True):
        assert verdict.verdict == row["verdict"]
        assert verdict.p_refute == pytest.approx(row["p_refute_holm"], rel=1e-6)
        assert verdict.p_support == pytest.approx(row["p_support_holm"], rel=1e-6)
        assert (verdict.decided_at is None) == (row["verdict"] != "undecided")
    for row in case["n_needed_to_support_claim_95"]:
        errors, trials = row["errors_allowed"], row["n_min"]
        assert at_most(errors, trials, case["claim_error_rate"]) <= 0.05
        assert at_most(errors, trials - 1, case["claim_error_rate"]) > 0.05


def test_the_sample_that_would_have_decided_does():
    (undecided,) = judge([independent("D", 0, 400)], 0.0012)
    assert undecided.decided_at == 2495
    (decided,) = judge([independent("D", 0, undecided.decided_at)], 0.0012)
    assert decided.verdict == "supported" and decided.decided_at is None
    (undecided,) = judge([independent("D", 3, 1000)], 0.0012)
    factor = undecided.decided_at / 1000
    (decided,) = judge([independent("D", int(np.ceil(3 * factor)), undecided.decided_at)], 0.0012)
    assert undecided.verdict == "undecided" and decided.verdict == "refuted"


def test_a_group_without_trials_is_undecided_and_costs_the_others_nothing():
    alone = judge([independent("A", 9, 1500)], 0.0012)[0]
    found = judge([independent("A", 9, 1500), independent("B", 0, 0)], 0.0012)
    assert found[0] == alone
    assert (found[1].verdict, found[1].note, found[1].n_eff) == ("undecided", "no trials", None)


def test_repeats_of_the_same_people_do_not_support_a_claim():
    people, each = 250, 10
    sums = ClusterSums(0, 0, people * each**2)
    counts = ErrorCounts(
        metric="FNMR",
        model="net",
        condition="clean",
        grouping="",
        group="A",
        threshold=0.5,
        errors=0,
        completed=people * each,
        failed=0,
        subjects=people,
        by_subject=sums,
    )
    (found,) = judge([counts], 0.0012)
    assert found.verdict == "undecided" and found.n_eff == people
    assert found.decided_at == 2495 * each


@pytest.mark.parametrize("row", reference("R06_rule3_rule30.json")["rule_of_30"])
def test_the_rule_of_thirty(row):
    """Exact 90 % limits of so many errors among very many trials, relative to the rate (R06): 5 % in each tail."""
    trials = 10**7
    rate = row["errors"] / trials
    assert at_least(row["errors"], trials, rate * (1 + row["lower_rel_90"])) == pytest.approx(0.05, rel=1e-6)
    assert at_most(row["errors"], trials, rate * (1 + row["upper_rel_90"])) == pytest.approx(0.05, rel=1e-6)
