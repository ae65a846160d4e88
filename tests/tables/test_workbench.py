"""What the tables of one build share."""

from __future__ import annotations

import numpy as np
import pytest

from facegap import count, estimate
from facegap.estimate.clustered import pooled
from facegap.records import ErrorCounts
from facegap.tables import rates, workbench
from facegap.tables.shared_cells import BOTH
from made_evidence import evidence_of
from made_world import make_world


def test_draws_beyond_the_kept_scores_count_at_their_end() -> None:
    values = np.arange(100.0)
    assert workbench.ends_of(values, 0.95, -np.inf) == (2.0, 97.0)
    few, many = values.copy(), values.copy()
    few[:2], many[:3] = np.nan, np.nan
    assert workbench.ends_of(few, 0.95, -np.inf) == (2.0, 97.0)
    assert workbench.ends_of(many, 0.95, -np.inf) is None


@pytest.mark.parametrize("failing", [False, True])
def test_what_is_shared_is_what_each_table_would_make(failing: bool) -> None:
    """Estimates of equal counts of other groups, and counts without failures where none failed."""
    evidence = make_world().evidence if failing else evidence_of(people=40, each=2)
    comparisons = next(iter(evidence.comparisons.values()))
    bench = workbench.Workbench(evidence)
    columns = evidence.study.groups[0]
    for point in bench.thresholds:
        every: list[ErrorCounts] = []
        for counted in (count.fmr_counts, count.fnmr_counts, count.cross_fmr_counts):
            both = [counted(comparisons, evidence.samples, columns, point.value, failures) for failures in BOTH]
            assert rates._excluded(both[0]) in ((), both[1])
            assert bool(rates._excluded(both[0])) != failing
            every += [*both[0], *both[1], pooled(both[0])]
        for counts in (*every, *every):
            for level in (0.95, 0.9):
                assert bench.estimate(counts, level) == estimate.estimate(counts, level)
            assert bench.estimate(counts) == estimate.estimate(counts, evidence.study.statistics.level)
