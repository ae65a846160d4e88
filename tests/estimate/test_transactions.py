"""Retries against R16."""

import json
from pathlib import Path

import pytest

from facegap.estimate.transactions import rejected_after, rejected_after_correlated

REFERENCE = Path(__file__).parents[1] / "reference"
ROWS = json.loads((REFERENCE / "R16_chain_retry.json").read_text(encoding="utf-8"))["rows"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"FTA={row['FTA']}")
def test_retries_of_r16(row):
    for attempts, expected in row["retries_independent"].items():
        assert rejected_after(row["FRR"], int(attempts)) == pytest.approx(expected["FRR"])
    for icc, by_attempts in row["retries_beta_binomial_icc"].items():
        for attempts, expected in by_attempts.items():
            found = rejected_after_correlated(row["FRR"], int(attempts), float(icc))
            assert found == pytest.approx(expected, rel=1e-9)


def test_correlation_between_its_ends():
    assert rejected_after_correlated(0.05, 3, 0.0) == pytest.approx(0.05**3)
    assert rejected_after_correlated(0.05, 3, 1.0) == 0.05
