"""The rules that every table shares: what a match is, which groups have labels, and what results may hold."""

from __future__ import annotations

import numpy as np
import pytest

from facegap.records import NO_LABEL, Finding, has_label, matches


def test_a_score_at_the_threshold_matches_and_a_failed_comparison_never_does() -> None:
    score = np.array([0.25, 0.5, 0.75, np.nan], np.float32)
    assert matches(score, 0.5).tolist() == [False, True, True, False]
    assert matches(score, -np.inf).tolist() == [True, True, True, False]


def test_thresholds_are_not_rounded_to_the_scores() -> None:
    """float32 0.1 is above 0.1 and float32 0.9 below 0.9; rounded to float32 both would match."""
    assert matches(np.array([0.1], np.float32), 0.1).tolist() == [True]
    assert matches(np.array([0.9], np.float32), 0.9).tolist() == [False]


@pytest.mark.parametrize(
    ("group", "labelled"),
    [
        ("female", True),
        ("Black, female", True),
        ("everyone", True),
        (f"{NO_LABEL}s, female", True),
        (NO_LABEL, False),
        (f"{NO_LABEL}, female", False),
        (f"Black, {NO_LABEL}", False),
    ],
)
def test_one_unknown_label_makes_a_group_unlabelled(group: str, labelled: bool) -> None:
    assert has_label(group) is labelled


def test_what_results_hold_of_a_finding_names_nobody() -> None:
    """Whatever a check writes into its texts: results hold the rule, the count and the lines."""
    name = "O'Brien/1.jpg"
    finding = Finding(
        level="warning", rule="copies", message=name, examples=(name,), advice=name, count=2, lines=(3, 8)
    )
    said = "2 images that are there more than once, the same file or pixels; lines 3, 8"
    assert finding.kept() == {"level": "warning", "rule": "copies", "message": said}
    assert Finding(level="info", rule="new", message=name, count=4).kept()["message"] == "4"
    many = Finding(level="error", rule="empty", message="", count=30, lines=tuple(range(2, 32))).kept()
    assert many["message"].endswith(" 20, 21 and 10 more")
