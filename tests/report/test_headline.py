"""The page's first sentences on whom a check of quality refuses, which no rate of comparisons knows of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from facegap import store
from facegap.report.headline import headline
from facegap.schema import TransactionRow
from invented_run import GROUPING, MAIN, Plan, wilson, write_run

PLAN = Plan(conditions=("clean",), identification=False)
CHECK = {"attempts": 1, "min_quality": {"LuminanceMean": 50}}


def with_check(folder: Path, refused: tuple[int, int], check: dict[str, Any] | None = CHECK) -> store.Tables:
    """A run whose transactions refuse so many of 60 people of its first two groups."""
    folder.mkdir(exist_ok=True)
    run = write_run(folder / "run", PLAN)
    manifest = store.read_manifest(run)
    store.write_manifest(run, replace(manifest, study={**manifest.study, "transactions": check}))
    tables = store.read_tables(run)
    first = next(row for row in tables[TransactionRow] if row.grouping == GROUPING)
    names = sorted({row.group for row in tables[TransactionRow] if row.grouping == GROUPING})
    rows = []
    for name, errors in zip(names, refused, strict=False):
        low, high = wilson(errors, 60)
        cells: dict[str, Any] = {"errors": errors, "trials": 60, "subjects": 60, "rate": errors / 60}
        cells |= {"low": low, "high": high, "group": name, "attempts": 1, "stage": "below_quality"}
        rows.append(replace(first, **cells, threshold_name=MAIN))
    tables._read[TransactionRow] = rows
    return tables


def test_whom_a_check_of_quality_refuses_is_said(tmp_path: Path) -> None:
    tables = with_check(tmp_path, (60, 6))
    names = sorted({row.group for row in tables[TransactionRow]})
    (said,) = [one for one in headline(tables) if one.anchor == "retries"]
    assert said.text.startswith(
        "A check that asks for LuminanceMean of 50 or more refuses at the first attempt, of 1,000 genuine people in "
    )
    assert f"in “{names[0]}” 1,000 (940–1,000) and in “{names[1]}” 100 (47–201) (not tested)" in said.text
    assert len(headline(tables)) <= 3


def test_nothing_is_said_of_a_check_that_is_not_or_refuses_nobody(tmp_path: Path) -> None:
    assert not [one for one in headline(with_check(tmp_path / "a", (0, 0))) if one.anchor == "retries"]
    assert not [one for one in headline(with_check(tmp_path / "b", (60, 6), None)) if one.anchor == "retries"]
