"""Our Gini and vary geomean agree with each other as NIST's published columns do (R19)."""

import json
from pathlib import Path

import numpy as np
import pytest

from facegap.estimate.measures import gini, max_geomean, max_mean, max_min, vary_geomean

REFERENCE = Path(__file__).parents[1] / "reference"
ROWS = json.loads((REFERENCE / "R19_nist_frte_demographics.json").read_text(encoding="utf-8"))["rows"]
GROUPS = 50


def log_normal_rates(vary):
    """Rates of many groups, normal on the log scale, with the given mean distance from their geometric mean."""
    sigma = vary * np.log(10) / np.sqrt(2 / np.pi)
    return np.exp(sigma * np.random.default_rng(0).normal(size=200_000))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["algorithm"])
def test_gini_follows_from_vary_geomean(row):
    rates = log_normal_rates(row["vary_geomean"])
    assert vary_geomean(rates) == pytest.approx(row["vary_geomean"], rel=0.01)
    found = gini(rates)
    assert found == pytest.approx(row["lognormal_gini_from_vary"], abs=0.01)
    # The halved form fits the published column; the unhalved one would be twice as large.
    assert abs(found - row["gini"]) < 0.09 < abs(2 * found - row["gini"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["algorithm"])
def test_columns_of_one_row_are_in_the_order_that_the_measures_have(row):
    assert row["max_over_mean"] <= row["max_over_geomean"] <= row["max_over_min"]
    assert row["max_over_mean"] <= GROUPS
    rates = np.random.default_rng(1).lognormal(0, 1, GROUPS)
    assert max_mean(rates) <= max_geomean(rates) <= max_min(rates) and max_mean(rates) <= GROUPS
