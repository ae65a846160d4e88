"""Accuracy over folds against the plain way, and by a hand-made list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.tables.fold_accuracy import best_threshold

answers = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30)


@given(answers)
def test_no_score_gives_more_right_answers(drawn: list[tuple[int, bool]]) -> None:
    """Every score tried as a threshold, one by one."""
    score, mated = np.array([float(s) for s, _ in drawn]), np.array([m for _, m in drawn])
    right = {t: int(((score >= t) == mated).sum()) for t in score}
    best = [t for t in sorted(right) if right[t] == max(right.values())]
    found = best_threshold(score, mated)
    assert found == best[len(best) // 2]


def test_failed_comparisons_are_no_threshold() -> None:
    score, mated = np.array([-np.inf, -np.inf, 0.3, 0.2]), np.array([True, True, True, False])
    assert best_threshold(score, mated) == pytest.approx(0.3)
