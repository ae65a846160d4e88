"""What drawing a page costs: rows are looked up, not scanned again for every cell."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from facegap import report
from invented_run import Plan, write_run

GROUPS = tuple(f"r{k}, g{k % 2}" for k in range(30))
CONDITIONS = ("clean", "dim", "phone", "backlit")


@pytest.mark.slow
def test_a_page_of_thirty_groups_is_drawn_in_seconds(tmp_path: Path) -> None:
    """Thirty groups, four conditions: five seconds on an idle machine, processor time with room for a busy one."""
    folder = write_run(tmp_path / "run", Plan(groups=GROUPS, conditions=CONDITIONS, trials=3000))
    start = time.process_time()
    page = report.drawn(folder)["report.html"]
    assert time.process_time() - start < 10
    assert len(page) < 2_000_000
