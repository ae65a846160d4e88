"""Score shifts and separability against R08 (scipy, scikit-learn)."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from facegap.estimate.scores import d_prime, shift, tail_shift, upper_quantile

REFERENCE = Path(__file__).parents[1] / "reference"
RESULTS = json.loads((REFERENCE / "R08_results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scores():
    found = {}
    with (REFERENCE / "R08_scores.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["score"] and row["group_probe"] == row["group_reference"]:
                found.setdefault((row["group_probe"], row["mated"]), []).append(float(row["score"]))
    return {key: np.array(values) for key, values in found.items()}


@pytest.mark.parametrize("name", RESULTS["score_shift"])
def test_shifts_of_r08(scores, name):
    b, _, a, kind = name.split("_")
    mated = "1" if kind == "mated" else "0"
    found, expected = shift(scores[a, mated], scores[b, mated]), RESULTS["score_shift"][name]
    assert found.mean == pytest.approx(expected["mean_diff"])
    assert found.cohen_d == pytest.approx(expected["cohen_d"])
    assert found.ks == pytest.approx(expected["KS"])
    assert found.wasserstein == pytest.approx(expected["wasserstein"])
    assert found.auc == pytest.approx(expected["AUC_P_b_gt_a"])


@pytest.mark.parametrize("group", "ABC")
def test_separability_of_r08(scores, group):
    expected = RESULTS["separability"][group]
    mated, nonmated = scores[group, "1"], scores[group, "0"]
    assert d_prime(mated, nonmated) == pytest.approx(expected["dprime"])
    assert shift(nonmated, mated).auc == pytest.approx(expected["auc"])


def test_the_tail_moves_more_than_the_mean(scores):
    a, c = scores["A", "0"], scores["C", "0"]
    moved = tail_shift(a, len(a), c, len(c), 1e-3)
    expected = RESULTS["score_shift"]["C_vs_A_nonmated"]
    assert moved == pytest.approx(expected["p999_b"] - expected["p999_a"], abs=0.02)
    assert moved > 1.5 * shift(a, c).mean


def test_upper_quantiles_are_observed_scores():
    tail = np.array([0.9, 0.7, 0.8], np.float32)
    assert upper_quantile(tail, 1000, 0.001) == np.float32(0.9)
    assert upper_quantile(tail, 1000, 0.003) == np.float32(0.7)
    assert upper_quantile(tail, 1000, 0.004) is None
    assert tail_shift(tail, 1000, tail, 10, 0.5) is None


def test_nothing_to_compare():
    one, same = np.array([0.5]), np.array([0.5, 0.5])
    assert shift(one, same) is None and shift(same, same) is None and d_prime(same, same) is None
