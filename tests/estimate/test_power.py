"""Sample sizes and visible ratios against R12, and differences against Student's test."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from facegap.estimate.power import NORMAL, trials_to_see, visible_difference, visible_ratio
from made import reference


@pytest.mark.parametrize(
    "row", reference("R12_power.json")["rows"], ids=lambda r: f"{r['p1']}x{r['ratio']}@{r['power']}"
)
def test_sample_sizes_of_r12(row):
    case = row["p1"], row["ratio"], row["power"], row["alpha"]
    assert int(np.ceil(trials_to_see(*case))) == row["n_per_group_normal"]
    trials = trials_to_see(*case)
    seen = visible_ratio(row["p1"], trials, trials, row["power"], row["alpha"])
    assert seen == pytest.approx(row["ratio"], rel=1e-9)


def test_too_few_trials_see_no_ratio():
    assert visible_ratio(0.2, 3, 3) is None
    assert trials_to_see(0.6, 2) == trials_to_see(0.1, 1) == np.inf


@pytest.mark.parametrize(("rate", "ratio"), [(0.02, 2), (0.001, 3), (0.1, 1.5)])
def test_equal_groups_see_the_same_ratio_either_way(rate, ratio):
    trials = trials_to_see(rate, ratio)
    assert visible_ratio(rate, trials, trials) == pytest.approx(ratio, rel=1e-9)
    assert visible_ratio(rate, trials, 10 * trials) < ratio < visible_ratio(rate, trials / 10, 10 * trials)


def test_a_test_of_three_people_sees_nothing():
    assert visible_ratio(0.5, 2, 1000) is None
    assert visible_ratio(0.0, 100, 100) is None


def test_a_visible_difference_is_that_of_students_test():
    assert visible_difference(1.0, NORMAL) == pytest.approx(1.959964 + 0.841621, rel=1e-5)
    for people in (12, 40, 300):
        wanted = TTestPower().solve_power(nobs=people, alpha=0.05, power=0.8) / np.sqrt(people)
        assert visible_difference(1 / people, people - 1) == pytest.approx(wanted, rel=0.03)
