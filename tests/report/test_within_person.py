"""Findings of shapes of a generator: first what a place does to the same comparisons, and nothing on the shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facegap import store
from facegap.report import within_person
from facegap.report.findings import findings
from facegap.schema import PairedRow
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
