"""One label alone, and cells that borrow from the others."""

from __future__ import annotations

import numpy as np
import pytest

from facegap.schema import MarginalRow, ShrunkenRow
from facegap.tables import Built, Workbench, marginals
from facegap.tables.equal_groups import equal_rates
from made_evidence import chosen, evidence_of


def test_what_one_label_does(made: Built) -> None:
    marginal = chosen(made[MarginalRow], metric="FMR", grouping="colour, size", threshold_name="FMR 0.02")
    by_measure = {row.measure: row for row in marginal}
    assert set(by_measure) == {"same group / anyone", "colour: red / green", "size: small / big"}
    assert by_measure["colour: red / green"].low > 1
    assert by_measure["size: small / big"].low < 1 < by_measure["size: small / big"].high


def test_shrunken_cells_lie_closer_together(made: Built) -> None:
    for row in made[ShrunkenRow]:
        if row.own_weight < 0.05:
            assert row.low is None and row.note.startswith("the groups were not seen to differ beyond chance")
        else:
            assert row.low <= row.shrunken <= row.high
        assert 0 <= row.own_weight <= 1
    cells = chosen(made[ShrunkenRow], metric="FMR", grouping="colour, size", threshold_name="FMR 0.02")
    raw, shrunken = ([getattr(row, name) for row in cells] for name in ("rate", "shrunken"))
    assert max(shrunken) - min(shrunken) < max(raw) - min(raw)


@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_the_null_band_of_one_label_is_of_people_dealt_anew(metric: str) -> None:
    evidence = evidence_of(60)
    bench, comparisons = Workbench(evidence), evidence.comparisons["m", "clean"]
    threshold = next(t.value for t in bench.thresholds if t.name == "FMR 0.02")
    columns = ("colour", "size")
    cells = {c.group: c for c in bench.counts(comparisons, columns, threshold)[metric]}
    pairs = [("red, big", "green, big"), ("red, small", "green, small")]
    order = [name for pair in pairs for name in pair]
    logs = np.log(equal_rates(bench, comparisons, columns, threshold, [cells[name] for name in order]).smoothed)
    ratio = np.exp((logs[:, 0] + logs[:, 2] - logs[:, 1] - logs[:, 3]) / 2)
    found = chosen(
        marginals.rows(bench),
        metric=metric,
        grouping="colour, size",
        threshold_name="FMR 0.02",
        measure="colour: red / green",
    )[0]
    assert (found.null_low, found.null_high) == pytest.approx(tuple(np.quantile(ratio, (0.025, 0.975))))
