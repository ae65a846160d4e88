"""Runs against each other: what differs is said first, paired numbers exist where comparisons are shared."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from facegap import store
from facegap.cards import load_policy
from facegap.compared import compare_runs, read_runs, write_comparison
from facegap.errors import InputError, StoreError
from facegap.schema import BetweenRow, FrontRow, RequirementRow, RunDifferenceRow, SharedRow

Vendors = dict[str, Path]
Command = Callable[..., tuple[int, str, str]]

POLICY = """\
kind = "policy"
name = "tender"
title = "Who may be bought?"
stated = "tender of the tests, section 4"

[[requirements]]
name = "turned away"
metric = "FNMR"
at = "FMR 0.05"
threshold = 0.9
goal = 0.0001

[[requirements]]
name = "spread"
metric = "max/geomean FNMR"
at = "FMR 0.05"
threshold = 50.0

[[requirements]]
name = "no such light"
metric = "FNMR"
at = "FMR 0.05"
conditions = ["dim"]
threshold = 0.9
check = "check the text"
"""


@pytest.fixture
def tender(tmp_path: Path) -> Path:
    path = tmp_path / "tender.toml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def test_runs_of_one_study_differ_in_nothing_and_are_paired(vendors: Vendors) -> None:
    found = compare_runs(read_runs([vendors["net"], vendors["noisy"]]))
    assert found.tables[RunDifferenceRow] == ()
    (shared,) = found.tables[SharedRow]
    assert isinstance(shared, SharedRow) and (shared.shared, shared.why) == ("yes", "")
    rows = [row for row in found.tables[BetweenRow] if isinstance(row, BetweenRow)]
    assert {(row.model, row.other_model) for row in rows} == {("tiny", "noisy")}
    assert {row.threshold_name for row in rows} == {"FMR 0.05", "FMR 0.01"}


def test_paired_rows_are_those_of_one_run_with_both(vendors: Vendors) -> None:
    """The counts of either side are those of the runs' own tables."""
    found = compare_runs(read_runs([vendors["net"], vendors["noisy"]]))
    for side, name in (("errors", "net"), ("other_errors", "noisy")):
        own = {
            (row["metric"], row["grouping"], row["group"], row["threshold_name"]): row["errors"]
            for row in store.read_table(vendors[name] / "tables" / "rates.csv")
            if row["failures"] == "counted"
        }
        for row in found.tables[BetweenRow]:
            assert isinstance(row, BetweenRow)
            key = (row.metric, row.grouping, row.group, row.threshold_name)
            assert str(getattr(row, side)) == own[key], key


def test_what_differs_is_said_and_pairs_are_refused(vendors: Vendors) -> None:
    found = compare_runs(read_runs([vendors["net"], vendors["other"]]))
    said = {(row.what, row.run): row for row in found.tables[RunDifferenceRow] if isinstance(row, RunDifferenceRow)}
    whats = {what for what, _ in said}
    assert {"people", "thresholds.fmr", "dataset.subjects"} <= whats
    (row,) = (row for (what, _), row in said.items() if what == "thresholds.fmr" and row.value == "[0.1]")
    assert row.about == "threshold policy"
    (shared,) = found.tables[SharedRow]
    assert isinstance(shared, SharedRow) and "not the same pictures" in shared.why
    assert found.tables[BetweenRow] == ()


def test_a_third_run_of_other_data_does_not_hide_the_pair(vendors: Vendors) -> None:
    found = compare_runs(read_runs([vendors["other"], vendors["net"], vendors["noisy"]]))
    models = {(row.model, row.other_model) for row in found.tables[BetweenRow] if isinstance(row, BetweenRow)}
    assert models == {(f"tiny ({vendors['net'].name})", "noisy")}


def test_the_front_holds_what_nothing_beats_in_both(vendors: Vendors) -> None:
    found = compare_runs(read_runs([vendors["net"], vendors["noisy"]]))
    rows = [row for row in found.tables[FrontRow] if isinstance(row, FrontRow) and row.value is not None]
    assert rows
    for row in rows:
        rivals = [
            other
            for other in rows
            if (other.condition, other.metric, other.grouping, other.threshold_name)
            == (row.condition, row.metric, row.grouping, row.threshold_name)
        ]
        beaten = any((o.rate or 0) < (row.rate or 0) and (o.value or 0) < (row.value or 0) for o in rivals)
        assert (row.front == "yes") == (not beaten)


def test_a_policy_decides(vendors: Vendors, tender: Path, tmp_path: Path) -> None:
    policy, file = load_policy(str(tender))
    found = compare_runs(read_runs([vendors["net"], vendors["noisy"]]), policy, file.read_text())
    verdicts = {
        (row.model, row.requirement, row.level): row.verdict
        for row in found.tables[RequirementRow]
        if isinstance(row, RequirementRow)
    }
    assert verdicts["tiny", "no such light", "threshold"] == "not enough evidence"
    assert verdicts["noisy", "turned away", "goal"] == "not met"
    assert not found.meets("threshold")
    spread = [row for row in found.requirements if row.requirement == "spread"]
    assert {row.group for row in spread} <= {"amber", "blue", ""}
    assert all("times the geometric mean of the groups’ rates." in row.sentence for row in spread)
    folder = write_comparison(found, tmp_path / "results")
    assert store.sums_differences(folder) == []
    assert write_comparison(found, tmp_path / "results") == folder
    again = write_comparison(found, tmp_path / "elsewhere")
    assert {p.name: p.read_bytes() for p in again.rglob("*.csv")} == {
        p.name: p.read_bytes() for p in folder.rglob("*.csv")
    }
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "not enough evidence" in page and "no condition &#39;dim&#39; in this run" in page
    assert re.search(r"Of 1,000 genuine applicants in \w+, \d+ \(\d+–\d+\) turned away\.", page)
    assert page.index("What differs between the runs") < page.index("Models and requirements")
    said = json.loads((folder / "compared.json").read_text(encoding="utf-8"))
    assert [run["digest"] for run in said["runs"]] == [store.run_digest(vendors[n]) for n in ("net", "noisy")]


def test_the_command(
    vendors: Vendors, tender: Path, tmp_path: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    runs = [str(vendors["net"]), str(vendors["noisy"])]
    code, out, _ = command("compare", *runs, "--policy", str(tender), "--results", str(tmp_path / "r"))
    assert code == 1
    assert out.startswith("the runs differ in nothing") and "every threshold: not enough evidence" in out
    assert "! no such light: check the text" in out
    easy = tmp_path / "easy.toml"
    easy.write_text(POLICY.partition('[[requirements]]\nname = "spread"')[0], encoding="utf-8")
    code, out, _ = command("compare", *runs, "--policy", str(easy), "--results", str(tmp_path / "r"))
    assert code == (0 if out.count("every threshold: met") == 2 else 1)
    assert command("compare", *runs, "--policy", str(easy), "--level", "goal", "--results", str(tmp_path / "r"))[0] == 1


def test_wrong_input(vendors: Vendors, tmp_path: Path, command: Command) -> None:
    with pytest.raises(InputError, match="the same run is given twice"):
        read_runs([vendors["net"], vendors["net"]])
    broken = tmp_path / vendors["noisy"].name
    shutil.copytree(vendors["noisy"], broken)
    (broken / "tables" / "rates.csv").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="changed since it was sealed"):
        read_runs([broken])
    code, _, err = command("compare", str(vendors["net"]), "--level", "both")
    assert (code, err) == (2, "facegap: --level: expected threshold or goal, found 'both'\n")


def test_hostile_names_stay_text(vendors: Vendors, tender: Path, tmp_path: Path) -> None:
    hostile = '</td><script>alert(1)</script>=cmd|"'
    tender.write_text(
        POLICY.replace('"turned away"', "'" + hostile + "'").replace('"Who may be bought?"', "'" + hostile + "'"),
        encoding="utf-8",
    )
    policy, file = load_policy(str(tender))
    folder = write_comparison(compare_runs(read_runs([vendors["net"]]), policy, file.read_text()), tmp_path)
    assert "<script" not in (folder / "report.html").read_text(encoding="utf-8")
    assert all("<script" not in p.read_text(encoding="utf-8") for p in folder.glob("figures/*.svg"))
    assert any(row["requirement"] == hostile for row in store.read_table(folder / "tables" / "requirements.csv"))
