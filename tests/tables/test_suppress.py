"""Small groups are blanked in every table, where a study asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facegap.cards.study import Statistics
from facegap.evidence import Evidence
from facegap.schema import ROWS, DistributionRow, PolicyRow, RateRow, Row, cells_of, keys_of, names_of
from facegap.tables import Built, build
from facegap.tables.suppress import suppressed
from made_evidence import evidence_of


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Ten red people, fewer than are to be shown."""
    return evidence_of(30, min_subjects=12, suppress_below=11)


@pytest.fixture(scope="module")
def hidden(evidence: Evidence) -> Built:
    return build(evidence)


@pytest.fixture(scope="module")
def shown(evidence: Evidence) -> Built:
    """The same with nothing suppressed."""
    return build(replace(evidence, study=evidence.study.model_copy(update={"statistics": Statistics(draws=200)})))


def test_small_groups_are_blanked_everywhere(shown: Built, hidden: Built) -> None:
    row: Any
    for row_class, rows in hidden.items():
        for row in rows:
            if getattr(row, "group", None) == "red" and getattr(row, "grouping", None) == "colour":
                assert row.note == "suppressed: fewer than 11 people"
            assert not any("10 people" in str(cell) for cell in cells_of(row)), (row_class.table, row)
    assert len(hidden[RateRow]) == len(shown[RateRow])
    assert not [row for row in hidden[DistributionRow] if row.group == "red"]
    assert not [row for row in hidden[PolicyRow] if row.policy == "set by red" and row.fmr is not None]


@pytest.mark.parametrize("row_class", ROWS.values(), ids=ROWS)
def test_a_suppressed_row_keeps_its_keys_and_the_note_alone(
    evidence: Evidence, shown: Built, row_class: type[Row]
) -> None:
    blanked: list[Any] = list(suppressed(evidence, row_class, shown[row_class]))
    if "note" not in names_of(row_class):
        assert set(blanked) <= set(shown[row_class])
        return
    for before, after in zip(shown[row_class], blanked, strict=True):
        if after.note != "suppressed: fewer than 11 people":
            continue
        for name in names_of(row_class):
            kept = getattr(before, name) if name in keys_of(row_class) else None
            assert name == "note" or getattr(after, name) == kept or (kept is None and getattr(after, name) == "")


@pytest.mark.parametrize("name", ["rates", "cross_fmr", "versus_rest", "power", "at_target_fmr", "policies", "edc"])
def test_tables_of_groups_have_suppressed_rows(hidden: Built, name: str) -> None:
    rows: tuple[Any, ...] = hidden[ROWS[name]]
    assert any(row.note.startswith("suppressed") for row in rows)


def test_nothing_is_blanked_unless_asked_for(evidence: Evidence) -> None:
    none = replace(evidence, study=evidence.study.model_copy(update={"statistics": Statistics()}))
    rows = [
        RateRow(
            model="m", condition="clean", metric="FMR", failures="counted", grouping="colour", group="red",
            threshold_name="none", errors=3,
        )
    ]  # fmt: skip
    assert list(suppressed(none, RateRow, rows)) == rows


def test_summaries_cannot_rest_on_suppressed_groups() -> None:
    with pytest.raises(ValueError, match="suppress_below: 20 is above min_subjects 10"):
        Statistics(suppress_below=20)
