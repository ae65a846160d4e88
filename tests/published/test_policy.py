"""A policy held against published counts, as users call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tiny

Write = Callable[..., Path]

POLICY = """\
kind = "policy"
name = "ours"
title = "What we ask"
stated = "tender of 2026-03-01, section 4"

[[requirements]]
name = "few are turned away"
metric = "FNMR"
threshold = 0.10
goal = 0.01
at = "FMR 0.001"

[[requirements]]
name = "groups lie together"
metric = "max/geomean FNMR"
threshold = 3.0
at = "FMR 0.001"

[[requirements]]
name = "cameras see everybody"
metric = "FTA"
threshold = 0.01
"""


def test_a_policy_is_met_as_far_as_the_table_says(write: Write, tmp_path: Path) -> None:
    lines = [f"{group},{errors},20000,5000,FNMR,FMR 0.001" for group, errors in (("a", 600), ("b", 660), ("c", 620))]
    write("group,errors,trials,people,metric,threshold", *lines)
    (tmp_path / "ours.toml").write_text(POLICY, encoding="utf-8")
    code, out, error = tiny.facegap(tmp_path, "judge", "counts.csv", "--policy", "ours.toml")
    assert code == 1, error
    assert "met: few are turned away (threshold: FNMR <= 0.1 in every group at FMR 0.001)" in out
    assert "not met: few are turned away (goal: FNMR <= 0.01 in every group at FMR 0.001)" in out
    assert (
        "not enough evidence: cameras see everybody (threshold: FTA <= 0.01 in every group): the table has no FTA"
        in out
    )
    (tmp_path / "ours.toml").write_text(POLICY.split('[[requirements]]\nname = "groups')[0], encoding="utf-8")
    code, out, error = tiny.facegap(tmp_path, "judge", "counts.csv", "--policy", "ours.toml")
    assert code == 0, error + out
    (folder, *_) = (line.removeprefix("page: ") for line in out.splitlines() if line.startswith("page: "))
    code, out, error = tiny.facegap(tmp_path, "verify", str(Path(folder).parent))
    assert code == 0, error + out
