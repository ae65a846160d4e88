"""Error against discard: what goes first, and whom that discards."""

from __future__ import annotations

import itertools

import pytest

from facegap.tables import Workbench, edc
from made_evidence import chosen, evidence_of, with_quality


def test_discarding_the_worst_lowers_the_error_and_says_whom_it_discards() -> None:
    evidence = with_quality(evidence_of(200), 0.6, 0.0)
    rows = chosen(
        edc.rows(Workbench(evidence)), quality="LaplacianSharpness", grouping="colour", threshold_name="FMR 0.005"
    )
    by_group = {name: [row for row in rows if row.group == name] for name in ("green", "red")}
    for curve in by_group.values():
        assert [row.discard for row in curve] == list(edc.DISCARDS)
        assert curve[0].discarded_share == 0
        assert curve[-1].fnmr < curve[0].fnmr
        assert all(a.kept >= b.kept for a, b in itertools.pairwise(curve))
    assert by_group["red"][4].discarded_share > by_group["green"][4].discarded_share
    everyone = chosen(edc.rows(Workbench(evidence)), grouping="", threshold_name="FMR 0.005")
    for row in everyone:
        assert row.discarded_share == pytest.approx(row.discard, abs=0.01)
