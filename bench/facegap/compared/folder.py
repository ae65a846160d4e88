"""The folder of a comparison: what was compared, tables, page; the same runs and policy give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facegap import report, store
from facegap.cards import Policy
from facegap.claims.requirements import Met, Required
from facegap.compared.differences import abouts, difference_rows
from facegap.compared.front import front_rows
from facegap.compared.requirements import group_rows, judged_runs, outcomes, requirement_rows
from facegap.compared.runs import OneRun
from facegap.compared.shared import paired_rows, shared_rows
from facegap.schema import (
    BetweenRow,
    FrontRow,
    RequiredGroupRow,
    RequirementRow,
    Row,
    RunDifferenceRow,
    SharedRow,
    dictionary,
)
from facegap.version import __version__

SAID, POLICY, NOTICE = "compared.json", "policy.toml", "NOTICE.txt"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What finished runs show beside each other, and of a policy.

    Attributes:
        tables: every table of the folder, by its row class.
        outcomes: level -> model -> what it comes to over all requirements; empty without a policy.
    """

    runs: tuple[OneRun, ...]
    policy: Policy | None
    policy_text: str
    tables: Mapping[type[Row], tuple[Row, ...]]
    judged: Mapping[str, tuple[Required, ...]]
    outcomes: Mapping[str, Mapping[str, Met]]

    @property
    def requirements(self) -> tuple[RequirementRow, ...]:
        """Every requirement of the policy; none without one."""
        return tuple(row for row in self.tables.get(RequirementRow, ()) if isinstance(row, RequirementRow))

    def meets(self, level: str) -> bool:
        """Whether every model meets every requirement at the level; a comparison without a policy asks for nothing."""
        return all(met == "met" for met in self.outcomes.get(level, {}).values())


def compare_runs(runs: Sequence[OneRun], policy: Policy | None = None, policy_text: str = "") -> Comparison:
    """Every table of a comparison; nothing is written."""
    judged = {} if policy is None else judged_runs(runs, policy)
    tables: dict[type[Row], tuple[Row, ...]] = {
        RunDifferenceRow: difference_rows(runs),
        SharedRow: shared_rows(runs),
        FrontRow: front_rows(runs),
        BetweenRow: paired_rows(runs),
    }
    if policy is not None:
        tables |= {
            RequirementRow: tuple(requirement_rows(runs, judged)),
            RequiredGroupRow: tuple(group_rows(runs, judged)),
        }
    levels = ("threshold", "goal") if policy is not None else ()
    return Comparison(
        runs=tuple(runs),
        policy=policy,
        policy_text=policy_text,
        tables=tables,
        judged=judged,
        outcomes={level: outcomes(runs, judged, level) for level in levels},
    )


def write_comparison(found: Comparison, results: Path) -> Path:
    """Write the folder below `results`; the folder that is there already where the same was compared before.

    Raises:
        StoreError: it cannot be written, or a folder of that name holds something else.
    """
    said = _said(found)
    name = f"compared-{store.digest(said)[:8]}"
    final = results / name
    if final.exists() and not store.sums_differences(final):
        return final
    with store.new_run(results, name) as (folder, _):
        store.write_atomic(folder / SAID, (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
        if found.policy is not None:
            store.write_atomic(folder / POLICY, found.policy_text.encode())
        write_tables(folder, found)
        report.write_compared(folder, said)
    return final


def write_tables(folder: Path, found: Comparison) -> None:
    """Write every table below `folder`/tables, what their columns mean, and what must be said beside them."""
    for row, rows in found.tables.items():
        store.write_rows(folder, row, rows)
    names = [row.table for row in found.tables]
    store.write_atomic(folder / "tables" / "README.md", dictionary(names).encode())
    banners = banners_of(found.runs)
    if banners:
        store.write_atomic(folder / "tables" / NOTICE, ("\n".join(banners) + "\n").encode())


def banners_of(runs: Sequence[OneRun]) -> list[str]:
    """What must be said wherever a figure of the runs is shown, each once."""
    return list(dict.fromkeys(banner for run in runs for banner in run.manifest.banners))


def _said(found: Comparison) -> dict[str, Any]:
    """What was compared with what, by which version, and what it comes to."""
    policy = found.policy
    return {
        "facegap": __version__,
        "runs": [
            {
                "run": run.name,
                "digest": run.digest,
                "models": list(run.labels.values()),
                "level": run.evidence.study.statistics.level,
                "sealed": run.seal is not None and run.seal.before(run.manifest),
                "policy_sealed": _sealed_policy(run, found.policy_text),
            }
            for run in found.runs
        ],
        "banners": banners_of(found.runs),
        "differs_in": abouts(found.tables[RunDifferenceRow]),  # type: ignore[arg-type]
        "policy": None
        if policy is None
        else {
            "name": policy.name,
            "title": policy.title,
            "stated": policy.stated,
            "notes": policy.notes,
            "sha256": store.sha256_bytes(found.policy_text.encode()),
        },
        "outcomes": {level: dict(met) for level, met in found.outcomes.items()},
    }


def _sealed_policy(run: OneRun, text: str) -> bool:
    """Whether this policy's text is in the protocol that was sealed before the run's data."""
    seal = run.seal
    return bool(text) and seal is not None and seal.before(run.manifest) and (seal.policy or {}).get("text") == text
