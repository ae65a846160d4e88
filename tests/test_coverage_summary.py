"""The short table of what holds in docs/statistics.md is what the benchmarks' own tables say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "coverage_summary.py"


def test_the_table_is_made_from_the_benchmarks() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
