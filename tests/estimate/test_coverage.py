"""Intervals hold the true rate about as often as they say, in the designs where others were measured (R14)."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
R14 = json.loads((ROOT / "tests" / "reference" / "R14_coverage_sim.json").read_text(encoding="utf-8"))["rows"]
REPLICATES = 300


@pytest.fixture(scope="module")
def simulation():
    path = ROOT / "benchmarks" / "interval_coverage.py"
    if not path.is_file():
        pytest.skip("benchmarks/ is not part of an sdist")
    spec = importlib.util.spec_from_file_location("coverage_simulation", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("row", R14, ids=lambda row: f"{row['identities']}x{row['images']}@{row['threshold']}")
def test_coverage_in_the_designs_of_r14(simulation, row):
    design = simulation.Design(people=row["identities"], images=row["images"], fmr_at=row["threshold"], fnmr_at=0.45)
    fmr, fnmr = simulation.coverage(design, REPLICATES)
    assert fmr.truth == pytest.approx(row["true_FMR"], rel=0.35)
    for found in (fmr, fnmr):
        # Four standard errors of 300 replicates at 95 % are five points.
        assert 0.90 <= found.holds["facegap"] <= 1
        assert found.holds["naive Wilson"] < found.holds["facegap"]
    assert fmr.holds["published n_eff"] == pytest.approx(row["coverage_wilson_neff"], abs=0.06)
    assert fmr.width["facegap"] < 2 * fmr.width["published n_eff"]
