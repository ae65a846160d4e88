"""One rate: Wilson's interval and exact tails against statsmodels (R05), a notebook (R04), the rule of three (R06)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.estimate.at_most import at_least, at_most
from facegap.estimate.binomial import wilson
from facegap.estimate.clustered import wilson_n_eff

REFERENCE = Path(__file__).parents[1] / "reference"


def reference(name):
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", reference("R05_binomial_ci.json")["rows"], ids=lambda row: f"{row['x']}of{row['n']}")
def test_intervals_of_statsmodels(row):
    low, high = wilson(row["x"], row["n"], 0.95)
    assert low == pytest.approx(row["wilson"][0], rel=1e-9, abs=1e-15)
    assert high == pytest.approx(row["wilson"][1], rel=1e-9)


@pytest.mark.parametrize("row", reference("R05_binomial_ci.json")["rows"], ids=lambda row: f"{row['x']}of{row['n']}")
def test_exact_tails_at_the_limits_of_clopper_and_pearson(row):
    """Their interval is where each tail of the exact test holds 2.5 %; a bound at 0 or 1 has no tail to test."""
    low, high = row["beta"]
    if row["x"] > 0:
        assert at_least(row["x"], row["n"], low) == pytest.approx(0.025, rel=1e-6)
    if row["x"] < row["n"]:
        assert at_most(row["x"], row["n"], high) == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize("row", reference("R04_wilson_neff_published.json")["rows"])
def test_published_wilson_at_effective_size(row):
    p = row["errors"] / row["n"]
    n_eff = p * (1 - p) / row["var_of_mean"] if 0 < p < 1 else row["n"]
    found = wilson_n_eff(row["errors"], row["n"], n_eff, 1 - row["alpha"])
    assert found == pytest.approx(row["ci"], rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("row", reference("R06_rule3_rule30.json")["rule_of_3"])
def test_rule_of_three(row):
    """No errors among n: the exact test refuses every rate from about 3 / n on, at 95 %."""
    assert at_most(0, row["n"], row["exact"]) == pytest.approx(1 - row["conf"], rel=1e-6)


def test_without_trials_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10**6), st.data(), st.sampled_from([0.8, 0.95, 0.999]))
def test_intervals_hold_the_rate_and_mirror(trials, data, level):
    errors = data.draw(st.integers(0, trials))
    low, high = wilson(errors, trials, level)
    assert 0 <= low <= errors / trials + 1e-12 and errors / trials - 1e-12 <= high <= 1
    mirrored = wilson(trials - errors, trials, level)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)
