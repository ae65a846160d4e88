"""People that a number of comparisons takes."""

from __future__ import annotations

import pytest

from facegap.estimate.people import design_effect_at, people_for_mated, people_for_nonmated


def test_people_needed_turn_round_what_people_give() -> None:
    assert people_for_mated(1141, 300, 100) == 381
    trials, people, effect = 4950, 100, 3.0
    needed = people_for_nonmated(2 * trials / effect, trials, effect, people)
    growth = needed / people
    assert trials * growth**2 / design_effect_at(effect, growth) == pytest.approx(2 * trials / effect, rel=0.05)
    assert people_for_nonmated(float("inf"), trials, effect, people) is None
    assert people_for_mated(100.0, 0.0, 10) is None
