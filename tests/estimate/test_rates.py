"""Intervals of one rate against statsmodels' numbers (R05), the authors' notebook (R04) and the rule of three (R06)."""

import json
from pathlib import Path

import pytest
from facegap.estimate import binomial
from facegap.estimate.clustered import wilson_n_eff
from hypothesis import given
from hypothesis import strategies as st

REFERENCE = Path(__file__).parents[1] / "reference"
METHODS = {
    "wilson": binomial.wilson,
    "beta": binomial.clopper_pearson,
    "jeffreys": binomial.jeffreys,
    "agresti_coull": binomial.agresti_coull,
}


def reference(name):
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", reference("R05_binomial_ci.json")["rows"], ids=lambda row: f"{row['x']}of{row['n']}")
@pytest.mark.parametrize("method", METHODS)
def test_intervals_of_statsmodels(row, method):
    low, high = METHODS[method](row["x"], row["n"], 0.95)
    expected_low, expected_high = row[method]
    if method == "jeffreys":  # open to 0 without errors and to 1 without successes: ours by decision
        expected_low = 0.0 if row["x"] == 0 else expected_low
        expected_high = 1.0 if row["x"] == row["n"] else expected_high
    assert low == pytest.approx(expected_low, rel=1e-9, abs=1e-15)
    assert high == pytest.approx(expected_high, rel=1e-9)


@pytest.mark.parametrize("row", reference("R04_wilson_neff_published.json")["rows"])
def test_published_wilson_at_effective_size(row):
    p = row["errors"] / row["n"]
    n_eff = p * (1 - p) / row["var_of_mean"] if 0 < p < 1 else row["n"]
    found = wilson_n_eff(row["errors"], row["n"], n_eff, 1 - row["alpha"])
    assert found == pytest.approx(row["ci"], rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("row", reference("R06_rule3_rule30.json")["rule_of_3"])
def test_rule_of_three(row):
    assert binomial.rule_of_three(row["n"], row["conf"]) == (0.0, pytest.approx(row["exact"], rel=1e-9))


def test_without_trials_nothing_is_known():
    for method in (*METHODS.values(), binomial.rule_of_three):
        if method is binomial.rule_of_three:
            assert method(0) == (0.0, 1.0)
        else:
            assert method(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10**6), st.data(), st.sampled_from([0.8, 0.95, 0.999]))
def test_intervals_hold_the_rate_and_mirror(trials, data, level):
    errors = data.draw(st.integers(0, trials))
    for method in METHODS.values():
        low, high = method(errors, trials, level)
        assert 0 <= low <= errors / trials + 1e-12 and errors / trials - 1e-12 <= high <= 1
        mirrored = method(trials - errors, trials, level)
        assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)
