"""The split of a gap, on made evidence whose cause is known."""

from __future__ import annotations

import pytest

from facegap.tables import Workbench, quality_split
from made_evidence import chosen, evidence_of, with_quality


@pytest.mark.parametrize(("by_quality", "by_group", "share"), [(0.5, 0.0, (0.5, 1.6)), (0.0, 1.5, (-0.3, 0.3))])
def test_the_split_finds_the_cause(by_quality: float, by_group: float, share: tuple[float, float]) -> None:
    evidence = with_quality(evidence_of(200), by_quality, by_group)
    row = chosen(quality_split.rows(Workbench(evidence)), grouping="colour", group="red", threshold_name="FMR 0.005")[0]
    assert row.gap_low > 0
    assert share[0] < row.by_quality / row.gap < share[1]
    assert row.by_quality + row.at_same_quality == pytest.approx(row.gap)
    if by_group:
        assert row.at_same_quality_low > 0
        assert row.odds_ratio_low > 1
    else:
        assert row.at_same_quality_low < 0 < row.at_same_quality_high
        assert row.odds_ratio_low < 1 < row.odds_ratio_high
