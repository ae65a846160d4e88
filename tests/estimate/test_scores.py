"""Score shifts and separability against R08 (scipy, scikit-learn)."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from facegap.estimate.bootstrap import PeopleDraws
from facegap.estimate.scores import shift, shift_draws

REFERENCE = Path(__file__).parents[1] / "reference"
RESULTS = json.loads((REFERENCE / "R08_results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scores():
    found: dict[tuple[str, str], list[float]] = {}
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
    assert found.auc == pytest.approx(expected["AUC_P_b_gt_a"])


@pytest.mark.parametrize("group", "ABC")
def test_separability_of_r08(scores, group):
    expected = RESULTS["separability"][group]
    mated, nonmated = scores[group, "1"], scores[group, "0"]
    assert shift(nonmated, mated).cohen_d == pytest.approx(expected["dprime"])
    assert shift(nonmated, mated).auc == pytest.approx(expected["auc"])


def test_weights_of_one_give_the_shift(scores):
    a, b = scores["A", "1"].astype(np.float32), scores["C", "1"].astype(np.float32)
    people = np.arange(len(a)), len(a) + np.arange(len(b))
    once = PeopleDraws(np.ones((len(a) + len(b), 1), np.int16), "double-or-nothing")
    found, drawn = shift(a, b), shift_draws(once, (a, people[0]), (b, people[1]))
    assert drawn.mean[0] == pytest.approx(found.mean, rel=1e-9)
    assert drawn.auc[0] == pytest.approx(found.auc, rel=1e-12)
    # The draws divide by n, the value by n - 1.
    assert drawn.cohen_d[0] == pytest.approx(found.cohen_d, rel=2 / min(len(a), len(b)))


@settings(max_examples=50)
@given(st.data())
def test_drawn_shifts_are_those_of_the_people_drawn(data):
    """Each person's scores as often as the weight says, against scikit-learn's weighted area under the curve."""
    n = data.draw(st.integers(4, 20))
    score = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=n, max_size=n)), np.float32)
    side = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    person = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
    weights = 2 * np.array(data.draw(st.lists(st.integers(0, 1), min_size=6, max_size=6)), np.int16)
    first, second = ((score[side == k], person[side == k]) for k in (0, 1))
    drawn = shift_draws(PeopleDraws(weights[:, None], "double-or-nothing"), first, second)
    w = weights[person].astype(float)
    sums = [w[side == k].sum() for k in (0, 1)]
    if min(sums) <= 2:
        assert np.isnan(drawn.auc[0])
        return
    kept = w > 0
    assert drawn.auc[0] == pytest.approx(roc_auc_score(side[kept], score[kept], sample_weight=w[kept]))
    means = [np.average(score[side == k], weights=w[side == k]) for k in (0, 1)]
    assert drawn.mean[0] == pytest.approx(means[1] - means[0], abs=1e-12)


def test_nothing_to_compare():
    one, same = np.array([0.5]), np.array([0.5, 0.5])
    assert shift(one, same) is None and shift(same, same) is None
