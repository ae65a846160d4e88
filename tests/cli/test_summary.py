"""What a run prints at its end: every model and grouping, the worst rows first, at the vendor's threshold first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facegap import store
from facegap.cli.summary import MOST, model_rows, print_summary
from facegap.schema import RateRow, VersusRow
from invented_run import GROUPING, Plan, write_run

PLAN = Plan(models=("resnet", "mobile"), conditions=("clean", "phone"), identification=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", PLAN)


def test_every_model_and_grouping_is_there_and_the_rest_is_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary(folder)
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if line.startswith(PLAN.models)]
    assert len(rows) == 2 * MOST
    for model in PLAN.models:
        for grouping in (GROUPING, "gender", "everyone"):
            for metric in ("FNMR", "FMR"):
                assert any(f"  {grouping} " in row and f"  {metric} " in row for row in rows if row.startswith(model))
    every = sum(row.failures == "counted" for row in store.read_rows(folder, RateRow))
    assert f"... and {every - len(rows)} more rows in tables/rates.csv" in lines


def test_the_vendors_threshold_leads_and_the_worst_group_is_first(folder: Path) -> None:
    at: dict[str, Any] = {
        "model": "resnet",
        "condition": "clean",
        "threshold_name": "vendor",
        "group": "male",
        "metric": "FMR",
    }
    test = VersusRow(**at, grouping="gender", ratio=3.2, p_holm=0.001, verdict="differs")
    store.write_rows(folder, VersusRow, [test])
    rates = store.read_rows(folder, RateRow)
    worse = [replace(row, rate=0.9) if at.items() <= vars(row).items() else row for row in rates]
    store.write_rows(folder, RateRow, worse)
    found = model_rows(store.read_tables(folder), "resnet")
    assert {row.threshold_name for row, _ in found} == {"vendor"} and {row.condition for row, _ in found} == {"clean"}
    assert [(row.grouping, row.group, row.metric) for row, _ in found[:2]] == [
        ("gender", "male", "FMR"),
        ("gender", "female", "FMR"),
    ]
    assert found[0][1] == "more often, 3.2 times"
    assert found[1][1] == "not tested: the run holds no such test"


def test_a_small_group_with_a_higher_rate_is_shown_as_not_tested(folder: Path) -> None:
    found = model_rows(store.read_tables(folder), "resnet")
    small = [(row, said) for row, said in found if row.group == PLAN.groups[-1]]
    assert small and all(said == "not tested: fewer than 10 people" for _, said in small)


def test_with_room_the_target_follows(tmp_path: Path) -> None:
    groups = ("a", "b")
    folder = write_run(tmp_path / "run", Plan(groups=groups, identification=False))
    rows = [replace(row, subjects=120) for row in store.read_rows(folder, RateRow)]
    store.write_rows(folder, RateRow, rows)
    found = [row.threshold_name for row, _ in model_rows(store.read_tables(folder), "resnet")]
    assert found == ["vendor"] * 6 + ["FMR 0.0001"] * 2


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ({}, "! resnet: whether it passed the sanity gate was not kept by the version that made this run"),
        ({"gate": None}, "! resnet: not put through the sanity gate before this run (`facegap models check resnet`)"),
        (
            {"gate": True},
            "gate:    resnet: passed the sanity gate on 2026-03-01 by facegap 0.2.0 and onnxruntime 1.20, "
            "60 people of lfw",
        ),
        (
            {"gate": False, "note": "takes one picture at a time: why"},
            "! resnet: refused by the sanity gate on 2026-03-01 by facegap 0.2.0 and onnxruntime 1.20, "
            "60 people of lfw: near chance\n! resnet: takes one picture at a time: why",
        ),
    ],
)
def test_what_the_gate_found_of_each_model_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], known: dict[str, Any], line: str
) -> None:
    found = {"verdict": "near chance", "when": "2026-03-01T10:00:00+00:00", "dataset": "lfw", "people": 60}
    found |= {"detector": "mtcnn", "facegap": "0.2.0", "onnxruntime": "1.20"}
    if isinstance(known.get("gate"), bool):
        known = {**known, "gate": {**found, "passed": known["gate"]}}
    manifest = store.read_manifest(folder)
    store.write_manifest(folder, replace(manifest, models=[{"kind": "recogniser", "name": "resnet", **known}]))
    print_summary(folder)
    assert line in capsys.readouterr().out


def test_a_group_that_is_hidden_for_others_is_said_with_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    print_summary(folder)
    assert "! not shown" not in capsys.readouterr().out
    rows = store.read_rows(folder, RateRow)
    gone = next(row for row in rows if row.metric == "FNMR" and row.grouping == "gender")
    note = "suppressed: a group of fewer than 5 people could be computed from it"
    blank: dict[str, Any] = {"errors": None, "trials": None, "subjects": None, "rate": None, "low": None, "high": None}
    hidden = [replace(row, **blank, note=note) if row == gone else row for row in rows]
    real = store.Tables.__getitem__
    monkeypatch.setattr(store.Tables, "__getitem__", lambda self, row: hidden if row is RateRow else real(self, row))
    print_summary(folder)
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("! not shown")]
    assert f"{gone.group} (by gender)" in line and "or state suppress_below under [statistics]" in line
