"""The command `compare`: finished runs held against each other and against a policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facegap.cli.complete import of_policies, of_runs
from facegap.words import in_one_line

if TYPE_CHECKING:
    from facegap.claims import Required
    from facegap.compared import Comparison
    from facegap.schema import RunDifferenceRow

LEVELS = ("threshold", "goal")

Policy = Annotated[
    str | None,
    typer.Option(
        help="Hold every model against this policy: a .toml file, or the name of one in configs/policies/.",
        autocompletion=of_policies,
    ),
]


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Finished runs: results folders, of one model each or of several; one run alone as well.",
            autocompletion=of_runs,
        ),
    ],
    policy: Policy = None,
    level: Annotated[
        str, typer.Option(help='Which level decides the exit code: "threshold", or the stricter "goal".')
    ] = "threshold",
    results: Annotated[Path, typer.Option(help="Folder in which the folder with tables and page is made.")] = Path(
        "results"
    ),
) -> None:
    """Compare runs and vendors; with a policy exit code 1 unless every model meets every requirement.

    Example: facegap compare results/vendor-a-* results/vendor-b-* --policy tender.toml
    """
    from facegap.errors import InputError

    if level not in LEVELS:
        raise InputError(f"--level: expected threshold or goal, found '{level}'")
    if not held_against(runs, policy, results, level):
        raise typer.Exit(1)


def held_against(runs: Sequence[Path], policy: str | None, results: Path, level: str = "threshold") -> bool:
    """Compare, write the folder, print; whether every model meets every requirement at the level."""
    return told(compared_with(runs, policy), results, level)


def compared_with(runs: Sequence[Path], policy: str | None) -> Comparison:
    """The runs compared, and held against the policy; nothing is written."""
    from facegap.cards import load_policy
    from facegap.cli.progress import progress
    from facegap.compared import compare_runs, read_runs

    asked, file = load_policy(policy) if policy is not None else (None, None)
    found = read_runs(runs)
    with progress("compare", 1) as advance:
        compared = compare_runs(found, asked, file.read_text(encoding="utf-8") if file is not None else "")
        advance(1)
    return compared


def told(compared: Comparison, results: Path, level: str = "threshold") -> bool:
    """Write the folder and print it; whether every model meets every requirement at the level."""
    from facegap.compared import write_comparison

    folder = write_comparison(compared, results)
    typer.echo("\n".join(lines(compared)))
    typer.echo(f"\npage: {folder / 'report.html'}")
    return compared.meets(level)


def lines(found: Comparison) -> Iterator[str]:
    """What differs first, then models and requirements, then how far paired differences go."""
    from facegap.schema import BetweenRow, RunDifferenceRow, SharedRow

    if len(found.runs) > 1:
        yield from _differences([row for row in found.tables[RunDifferenceRow] if isinstance(row, RunDifferenceRow)])
    for row in found.tables[SharedRow]:
        if isinstance(row, SharedRow) and row.shared == "no":
            yield f"no paired differences between {row.run} and {row.other_run}: {in_one_line(row.why)}"
    yield from policy_lines(found)
    paired = [row for row in found.tables[BetweenRow] if isinstance(row, BetweenRow)]
    differing = [row for row in paired if row.verdict == "differs"]
    if paired:
        yield f"\npaired differences: {len(differing)} of {len(paired)} differ (tables/between_models.csv)"


def _differences(rows: Sequence[RunDifferenceRow]) -> Iterator[str]:
    from facegap.cli.listings import columns

    if not rows:
        yield "the runs differ in nothing that they say of data, conditions, groups, thresholds or statistics"
        return
    runs = list(dict.fromkeys(row.run for row in rows))
    cell = {(row.what, row.run): row.value for row in rows}
    whats = dict.fromkeys((row.about, row.what) for row in rows)
    yield "what differs between the runs:"
    yield from columns(
        [("ABOUT", "WHAT", *runs), *((about, what, *(cell[what, run] or "-" for run in runs)) for about, what in whats)]
    )


def policy_lines(found: Comparison) -> Iterator[str]:
    """Every model's outcome, each requirement with its verdict, and the worst group in words."""
    from facegap.cli.listings import columns

    if found.policy is None:
        return
    yield f"\npolicy {found.policy.name}: {in_one_line(found.policy.title)}"
    label = {(run.name, model): name for run in found.runs for model, name in run.labels.items()}
    rows: list[tuple[str, ...]] = [("MODEL", "REQUIREMENT", "CONDITION", "LEVEL", "AT MOST", "VERDICT", "WORST GROUP")]
    for run, judged in found.judged.items():
        rows += [_cells(label[run, one.model], one) for one in judged]
    yield from columns(rows)
    yield from _sentences(found, label)
    for model, met in found.outcomes["threshold"].items():
        yield f"{in_one_line(model)}: every threshold: {met}; every goal: {found.outcomes['goal'][model]}"


def _cells(label: str, one: Required) -> tuple[str, ...]:
    from facegap.compared.requirements import worst_group

    worst = worst_group(one) or "-"
    return (label, one.requirement.name, one.condition, one.level, f"{one.limit:g}", one.verdict, worst)


def _sentences(found: Comparison, label: dict[tuple[str, str], str]) -> Iterator[str]:
    from facegap.compared.requirements import sentence

    for run, judged in found.judged.items():
        for one in judged:
            if one.level == "threshold" and one.verdict != "met":
                yield in_one_line(f"! {label[run, one.model]}, {one.requirement.name}: {sentence(one)}")
    for name, check in (
        dict.fromkeys((r.name, r.check) for r in found.policy.requirements if r.check) if found.policy else ()
    ):
        yield in_one_line(f"! {name}: {check}")
