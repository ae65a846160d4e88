"""Thresholds against bob.measure's tests (R01) and the four threshold policies of R08."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.errors import InputError
from facegap.estimate import threshold_at_fmr

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.mark.parametrize("row", json.loads((REFERENCE / "R01_threshold_at_fmr.json").read_text())["rows"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_published_thresholds(row, dtype):
    scores = np.array(row["negatives"], dtype)
    found = threshold_at_fmr(scores, len(scores), row["target"])
    expected = row["threshold"]
    if isinstance(expected, str):
        expected = float(np.nextafter(scores.max(), dtype(np.inf)))
    assert found.threshold == expected
    assert found.realised == pytest.approx(row["realised_FMR"])
    assert found.false_matches == round(row["realised_FMR"] * len(scores))


def nonmated_scores():
    """(probe group, reference group) -> float32 scores with NaN where a template failed."""
    found: dict[tuple[str, str], list[float]] = {}
    with (REFERENCE / "R08_scores.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["mated"] == "0":
                pair = row["group_probe"], row["group_reference"]
                found.setdefault(pair, []).append(float(row["score"] or "nan"))
    return {pair: np.array(scores, np.float32) for pair, scores in found.items()}


@pytest.mark.parametrize(
    ("policy", "chosen"),
    [
        ("pooled_all_impostors@1e-3", lambda _: True),
        ("pooled_within_group@1e-3", lambda pair: pair[0] == pair[1]),
        ("reference_group_A@1e-3", lambda pair: pair == ("A", "A")),
        ("worst_group_C@1e-3", lambda pair: pair == ("C", "C")),
    ],
)
def test_policies_of_r08(policy, chosen):
    pooled = np.concatenate([scores for pair, scores in nonmated_scores().items() if chosen(pair)])
    completed = pooled[~np.isnan(pooled)]
    found = threshold_at_fmr(completed, len(pooled), 1e-3, floor=-np.inf)
    expected = json.loads((REFERENCE / "R08_results.json").read_text())["policies"][policy]
    assert found.threshold == np.float32(expected["threshold"])
    for group, rates in expected["groups"].items():
        scores = nonmated_scores()[group, group]
        false_matches = np.count_nonzero(scores.astype(np.float64) >= found.threshold)
        assert false_matches == rates["false_matches"]
        assert len(scores) == rates["n_nonmated"]
        assert false_matches / len(scores) == rates["FMR_nist_fte_in_denominator"]


@pytest.mark.parametrize("group", "ABC")
def test_a_threshold_for_each_group_of_r08(group):
    scores = nonmated_scores()[group, group]
    expected = json.loads((REFERENCE / "R08_results.json").read_text())["per_group_threshold_at_FMR_1e3"][group]
    found = threshold_at_fmr(scores[~np.isnan(scores)], len(scores), 1e-3, floor=-np.inf)
    assert found.threshold == np.float32(expected["threshold"])
    assert found.realised == expected["FMR"]


def test_the_step_above_the_highest_score_survives_float32():
    scores = np.array([0.5, 0.5, 0.4], np.float32)
    found = threshold_at_fmr(scores, 3, 0.5)
    assert found.false_matches == 0
    assert not np.any(scores >= np.float32(found.threshold))
    assert np.float32(found.threshold) == found.threshold


def test_a_short_tail_is_refused():
    with pytest.raises(InputError, match=r"kept tail of 2 of 1000 .* FMR 0\.01, which needs 11; compare again"):
        threshold_at_fmr(np.array([0.5, 0.6]), 1000, 0.01, floor=0.5)


def test_a_tail_with_every_completed_score_needs_no_more():
    found = threshold_at_fmr(np.array([0.5, 0.6]), 1000, 0.01, floor=-np.inf)
    assert (found.threshold, found.false_matches) == (0.5, 2)


def test_nothing_to_set_a_threshold_on():
    with pytest.raises(InputError, match="needs non-mated comparisons"):
        threshold_at_fmr(np.array([]), 0, 0.01)


@pytest.mark.parametrize(
    ("total", "target", "note"),
    [
        (1000, 1e-4, "not resolvable: 1000 comparisons cannot show FMR 0.0001"),
        (1000, 2e-3, "rests on 2 false matches; 30 are needed"),
        (1000, 5e-2, ""),
    ],
)
def test_notes_say_what_a_threshold_rests_on(total, target, note):
    found = threshold_at_fmr(np.arange(total, dtype=np.float32), total, target)
    assert found.note.startswith(note) and bool(found.note) == bool(note)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=30), st.floats(0.001, 0.999))
def test_no_lower_observed_score_meets_the_target(values, target):
    scores = np.array(values, np.float32)
    found = threshold_at_fmr(scores, len(scores), target)
    assert found.realised <= target
    assert found.realised == np.mean(scores >= np.float32(found.threshold))
    for lower in scores[scores < np.float32(found.threshold)]:
        assert np.mean(scores >= lower) > target
