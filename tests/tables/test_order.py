"""Groups stand in the order of the card in every table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facegap.schema import RateRow, columns_of
from facegap.tables import build
from facegap.tables.order import group_rank
from made_evidence import evidence_of

GROUPING = "grouping"
AGES = {"age": ("0-2", "3-9", "10-19", "20-29", "more than 70")}


def test_ages_are_ordered_as_the_card_has_them() -> None:
    """Case 12: the alphabet has 0-2, 10-19, 20-29, 3-9."""
    by_alphabet = sorted([*AGES["age"], "unknown"])
    assert sorted(by_alphabet, key=lambda age: group_rank(AGES, ["age"], age)) == [*AGES["age"], "unknown"]


def test_every_table_has_the_groups_in_the_order_of_the_card() -> None:
    evidence = evidence_of(40, each=2)
    card = {"colour": ("red", "green"), "size": ("small", "big")}
    plain, found = build(evidence), build(replace(evidence, values=card))
    wanted = {"colour": ["red", "green"], "colour, size": [f"{c}, {s}" for c in card["colour"] for s in card["size"]]}
    seen = 0
    for row, rows in found.items():
        names = {column.name for column in columns_of(row)}
        assert sorted(map(repr, rows)) == sorted(map(repr, plain[row])), "the same rows in another order"
        if {"grouping", "group"} <= names:
            for grouping, order in wanted.items():
                mine: list[Any] = [one for one in rows if getattr(one, GROUPING) == grouping]
                groups = list(dict.fromkeys(one.group for one in mine))
                known = [group for group in groups if group in order]
                assert known == [group for group in order if group in known], row
                seen += len(known) > 1
    assert seen > 10


@pytest.mark.parametrize("values", [{}, {"colour": ("red",)}])
def test_labels_that_no_card_names_come_last(values: dict[str, tuple[str, ...]]) -> None:
    rows = build(replace(evidence_of(40, each=2), values=values))[RateRow]
    groups = list(dict.fromkeys(row.group for row in rows if row.grouping == "colour"))
    assert groups == (["red", "green"] if values else ["green", "red"])
