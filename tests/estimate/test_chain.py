"""Transaction rates and retries against R16, the DET axis against R17."""

import json
from pathlib import Path

import pytest
from facegap.estimate import chain

REFERENCE = Path(__file__).parents[1] / "reference"
ROWS = json.loads((REFERENCE / "R16_chain_retry.json").read_text(encoding="utf-8"))["rows"]
AXIS = json.loads((REFERENCE / "R17_ppndf.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"FTA={row['FTA']}")
def test_chain_of_r16(row):
    fte, fta, fmr, fnmr = (row[key] for key in ("FTE", "FTA", "FMR", "FNMR"))
    assert chain.frr(fnmr, fta) == pytest.approx(row["FRR"])
    assert chain.far(fmr, fta) == pytest.approx(row["FAR"])
    assert chain.gfrr(fnmr, fta, fte) == pytest.approx(row["GFRR"])
    assert chain.gfar(fmr, fta, fte) == pytest.approx(row["GFAR"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"FTA={row['FTA']}")
def test_retries_of_r16(row):
    for attempts, expected in row["retries_independent"].items():
        assert chain.rejected_after(row["FRR"], int(attempts)) == pytest.approx(expected["FRR"])
        assert chain.accepted_within(row["FAR"], int(attempts)) == pytest.approx(expected["FAR"], rel=1e-9)
    for icc, by_attempts in row["retries_beta_binomial_icc"].items():
        for attempts, expected in by_attempts.items():
            found = chain.rejected_after_correlated(row["FRR"], int(attempts), float(icc))
            assert found == pytest.approx(expected, rel=1e-9)


def test_correlation_between_its_ends():
    assert chain.rejected_after_correlated(0.05, 3, 0.0) == pytest.approx(0.05**3)
    assert chain.rejected_after_correlated(0.05, 3, 1.0) == 0.05
    assert chain.accepted_within(1.0, 3) == 1.0


def test_det_axis():
    for p, polynomial, exact in zip(AXIS["p"], AXIS["bob_ppndf"], AXIS["scipy_norm_ppf"], strict=True):
        assert chain.ppndf(p) == pytest.approx(exact, rel=1e-12, abs=1e-12)
        assert chain.ppndf(p) == pytest.approx(polynomial, abs=2e-5)
