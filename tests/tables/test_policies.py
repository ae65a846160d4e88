"""Policies: who bears which error where the threshold is set otherwise."""

from __future__ import annotations

import pytest

from facegap.schema import PolicyRow, RateRow
from facegap.tables import Built
from made_evidence import chosen


def test_policies_move_errors_from_one_to_the_other(made: Built) -> None:
    rows = chosen(made[PolicyRow], grouping="colour", target=0.005)
    by_policy = {row.policy: [one for one in rows if one.policy == row.policy] for row in rows}
    assert set(by_policy) == {"pooled", "set by red", "set by green", "worst group", "each group its own"}
    for policy, groups in by_policy.items():
        assert sum(row.share_of_people for row in groups) == pytest.approx(1)
        assert sum(row.share_of_false_matches for row in groups) == pytest.approx(1)
        if policy in ("worst group", "each group its own"):
            assert all(row.fmr <= 0.005 for row in groups)
    pooled, worst = ({row.group: row for row in by_policy[name]} for name in ("pooled", "worst group"))
    assert pooled["red"].fmr > 0.005
    assert worst["green"].fnmr >= pooled["green"].fnmr
    assert worst["green"].threshold > pooled["green"].threshold
    rate = chosen(made[RateRow], metric="FNMR", grouping="colour", group="red", failures="counted")
    at = chosen(rate, threshold_name="FMR 0.005")[0]
    assert (pooled["red"].fnmr, pooled["red"].fnmr_high) == (at.rate, at.high)
    assert pooled["red"].wrongly_refused_per_10000 == pytest.approx(1e4 * at.rate)
