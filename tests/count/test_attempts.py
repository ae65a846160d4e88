"""Who is turned away after so many attempts, against the definition written as loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import count
from facegap.count.attempts import STAGES, reached
from facegap.estimate.transactions import attempt_failures, rejected_after, rejected_after_correlated
from facegap.records import Attempts
from made import make_samples

OUTCOMES = ("unreadable", "no_face", "below_quality", "no_template", "no_reference", "ok")


def attempts_of(outcomes: list[list[str]], scores: list[list[float]]) -> Attempts:
    per = len(outcomes[0])
    outcome = np.array(outcomes).ravel()
    score = np.where(outcome == "ok", np.array(scores, dtype=np.float32).ravel(), np.nan).astype(np.float32)
    rows = np.repeat(np.arange(len(outcomes)), per)
    blank = np.full(len(outcome), np.nan, dtype=np.float32)
    return Attempts(
        model="net",
        condition="worn",
        policy="first",
        frames=1,
        per_transaction=per,
        reference=rows,
        probe=rows,
        outcome=outcome,
        score=score,
        sent=blank,
        seconds=blank,
    )


def test_the_furthest_stage_by_hand() -> None:
    attempts = attempts_of(
        [["no_face", "ok", "ok"], ["unreadable", "no_face", "unreadable"]],
        [[0, 0.2, 0.9], [0, 0, 0]],
    )
    for after, stages in ((1, ["no_face", "unreadable"]), (2, ["no_match", "no_face"]), (3, ["passed", "no_face"])):
        assert reached(attempts, 0.5, after)[0].tolist() == stages
    assert reached(attempts, 0.9, 3)[0][0] == "no_match"  # float32 0.9 is below 0.9
    assert reached(attempts, 0.5, 3)[1].tolist() == [True, False]


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), per=st.integers(1, 5), threshold=st.floats(0, 1))
def test_counts_are_loops(seed: int, per: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    n = 12
    outcomes = rng.choice(OUTCOMES, (n, per)).tolist()
    scores = rng.random((n, per)).tolist()
    attempts = attempts_of(outcomes, scores)
    samples = make_samples([f"p{k}" for k in rng.integers(0, 6, n)], {"g": rng.choice(["a", "b"], n).tolist()})
    for after in range(1, per + 1):
        total: dict[str, int] = {}
        for stage in (count.REFUSED, *STAGES[:-1]):
            for counts in count.refusal_counts(attempts, samples, ("g",), threshold, after, stage):
                mine = [k for k in range(n) if samples.groups["g"][k] == counts.group]
                ends = [_end(outcomes[k][:after], attempts.score[k * per : k * per + after], threshold) for k in mine]
                wanted = sum(end != "passed" if stage == count.REFUSED else end == stage for end in ends)
                assert (counts.errors, counts.trials) == (wanted, len(mine))
                total[counts.group] = total.get(counts.group, 0) + (counts.errors if stage != count.REFUSED else 0)
        for counts in count.refusal_counts(attempts, samples, ("g",), threshold, after):
            assert total[counts.group] == counts.errors  # every refusal has one stage


def _end(outcomes: list[str], scores: np.ndarray, threshold: float) -> str:
    ends = []
    for outcome, score in zip(outcomes, scores, strict=True):
        passed = outcome == "ok" and float(score) >= threshold
        ends.append("passed" if passed else "no_match" if outcome == "ok" else outcome)
    return max(ends, key=STAGES.index)


def test_failures_by_transaction() -> None:
    attempts = attempts_of([["ok", "ok"], ["ok", "no_face"], ["no_face"] * 2], [[1, 1], [1, 0], [0, 0]])
    samples = make_samples(["p", "q", "r"], {"g": ["a", "a", "b"]})
    found = count.failures_by_transaction(attempts, samples, ("g",), 0.5)
    assert {name: value.tolist() for name, value in found.items()} == {"a": [1, 1, 0], "b": [0, 0, 1]}


def test_correlation_by_hand() -> None:
    """Half of the people always fail: rate 1/2, correlation 1. Each fails once of two: below 0, cut to 0."""
    assert attempt_failures(np.array([5, 0, 5])) == (0.5, 1.0)
    assert attempt_failures(np.array([0, 9, 0])) == (0.5, 0.0)
    assert attempt_failures(np.array([7, 0, 0])) == (0.0, None)
    assert attempt_failures(np.array([3, 1])) == (0.25, None)


def test_the_correlated_model_finds_what_a_beta_binomial_made() -> None:
    """Rates drawn from Beta(0.5, 1.5): mean 0.25, correlation 1/3; six attempts each."""
    rng = np.random.default_rng(4)
    failures = rng.binomial(6, rng.beta(0.5, 1.5, 200_000))
    rate, correlation = attempt_failures(np.bincount(failures, minlength=7))
    assert rate == pytest.approx(0.25, abs=0.003)
    assert correlation == pytest.approx(1 / 3, abs=0.01)
    measured = float((failures == 6).mean())
    assert rejected_after_correlated(rate, 6, correlation) == pytest.approx(measured, rel=0.03)
    assert rejected_after(rate, 6) < measured / 50
