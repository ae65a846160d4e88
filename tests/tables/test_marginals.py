"""One label alone, and cells that borrow from the others."""

from __future__ import annotations

from facegap.schema import MarginalRow, ShrunkenRow
from facegap.tables import Built
from made_evidence import chosen


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
