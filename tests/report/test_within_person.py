"""Findings of shapes of a generator: first what a place does to the same comparisons, and nothing on the shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facegap import store
from facegap.report import within_person
from facegap.report.findings import findings
from facegap.report.headline import headline
from facegap.schema import PairedRow, WithinPersonRow
from facegap.store import Tables
from invented_run import GROUPING, MAIN, Plan, write_run

PLAN = Plan(conditions=("clean", "worn"), identification=False)


def with_shapes(folder: Path, *columns: str) -> Tables:
    manifest = store.read_manifest(folder)
    card = {"values": ["a"], "label_source": "generated"}
    groups = {**manifest.dataset["groups"], **{name: {**card, "generated_shape": True} for name in columns}}
    store.write_manifest(folder, replace(manifest, dataset={**manifest.dataset, "groups": groups}))
    return store.read_tables(folder)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", PLAN)


def test_without_shapes_findings_begin_with_the_groups(run: Path) -> None:
    tables = store.read_tables(run)
    assert not within_person.leads(tables)
    assert "the same comparisons as under clean" not in findings(tables, "resnet")[0].text


def test_every_place_has_a_sentence_from_the_paired_table(run: Path) -> None:
    tables = with_shapes(run, "family")
    rows = [r for r in store.read_rows(run, PairedRow) if (r.model, r.threshold_name) == ("resnet", MAIN)]
    said = [one.text for one in findings(tables, "resnet")]
    places = list(dict.fromkeys(row.condition for row in rows if row.grouping == GROUPING))
    assert places
    for text, place in zip(said, places, strict=False):
        assert text.startswith(f"{place}, the same comparisons as under clean, at {MAIN}")
        own = [row for row in rows if row.condition == place and row.grouping == GROUPING]
        assert all(f"{row.group} +10.0 points (+6.0 to +14.0)" in text for row in own)
        differ = [row.group for row in own if row.verdict == "changes otherwise"]
        assert all(f"Holm’s adjustment: {group}" in text for group in differ[:1])
        assert ("a usable face was found in" in text) or not own


def test_groups_that_are_shapes_are_in_no_sentence(run: Path) -> None:
    column = GROUPING.split(", ")[1]
    tables = with_shapes(run, column)
    groups = {row.group for row in store.read_rows(run, PairedRow) if row.grouping == GROUPING}
    said = [one.text for one in findings(tables, "resnet")]
    assert any(f"By {GROUPING}" in text and "no finding is made" in text for text in said)
    assert not any(group in text for text in said for group in groups)


WITHIN: dict[str, Any] = {"model": "resnet", "grouping": GROUPING, "threshold_name": MAIN, "threshold": 0.62}
HEADS: dict[str, Any] = {"people": 40, "comparisons": 40, "other_comparisons": 40, "level": 0.95}


def with_heads(run: Path, *rows: WithinPersonRow) -> Tables:
    store.write_rows(run, WithinPersonRow, rows)
    manifest = store.read_manifest(run)
    store.write_manifest(run, replace(manifest, dataset={**manifest.dataset, "same_person": "identity"}))
    return store.read_tables(run)


def worn(**cells: Any) -> WithinPersonRow:
    found = {"errors": 11, "other_errors": 2, "change": 0.225, "low": 0.06, "high": 0.38, "more": 10, "less": 1}
    tested = {"p": 0.0117, "p_holm": 0.035, "verdict": "is turned away more"}
    key = {"condition": "worn", "group": "T3", "other": "T1"}
    return WithinPersonRow(**{**WITHIN, **HEADS, **key, **found, **tested, **cells})


def test_findings_begin_with_the_same_heads_under_two_labels(run: Path) -> None:
    clean = worn(condition="clean", errors=1, change=-0.025, p=1.0, p_holm=1.0, verdict="not shown to differ")
    tables = with_heads(run, clean, worn(), worn(group="T2", p=0.04, p_holm=0.04, change=0.1))
    assert within_person.leads(tables)
    first, *others = (one.text for one in findings(tables, "resnet"))
    assert (
        first.startswith(f"worn, at {MAIN}") and "of 40 heads as T3 11 turned away, of the same heads as T1 2" in first
    )
    assert "10 heads more often as T3 and 1 as T1: T3 is turned away more often than T1" in first
    assert first.endswith("(p 0.035 after Holm’s adjustment over 2 pairs).")
    assert headline(tables)[0].text == first and headline(tables)[0].anchor == "conditions"
    assert not any("under worn" in one.text for one in headline(tables))
    assert not any("within the person:" in text for text in others)


def test_where_nothing_is_shown_the_largest_difference_is_said_not_to_be(run: Path) -> None:
    tables = with_heads(run, worn(comparisons=80, p_holm=0.2, verdict="not shown to differ", caution="few"))
    first = findings(tables, "resnet")[0].text
    assert "of 80 comparisons of 40 heads as T3" in first
    assert "T3 is not shown to be turned away more often than T1 (p 0.2). Read with care: few." in first
    assert "few" in headline(tables)[0].care


def test_what_was_not_tested_says_why(run: Path) -> None:
    row = worn(p=None, p_holm=None, verdict="", more=3, less=0, note="no verdict: 3 people differ, fewer than 5")
    tables = with_heads(run, row)
    text = findings(tables, "resnet")[0].text
    assert text.endswith("3 heads more often as T3 and 0 as T1: not tested, 3 people differ, fewer than 5.")
    assert headline(tables)[0].text == text


@pytest.mark.parametrize(("verdict", "said"), [("changes otherwise", "changes otherwise"), ("not", "is not shown to")])
def test_a_place_is_compared_within_the_head(run: Path, verdict: str, said: str) -> None:
    change = {"interaction": 0.25, "interaction_low": 0.1, "interaction_high": 0.4, "interaction_p_holm": 0.02}
    tables = with_heads(run, worn(**change, interaction_verdict=verdict))
    place = next(text for text in (one.text for one in findings(tables, "resnet")) if "as under clean" in text)
    assert f"Within the person T3 {said}" in place and "than T1: +25.0 (+10.0 to +40.0) points, p 0.02" in place
    assert "other groups" not in place
