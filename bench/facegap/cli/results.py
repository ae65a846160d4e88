"""Commands on what a study could see and what a finished run says: plan, analyse, claim."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[Path, typer.Argument(help="A results folder.")]


def analyse(
    run: Run,
    groups: Annotated[
        list[str] | None, typer.Option(help='Label columns of one grouping, such as "ethnicity,gender"; repeatable.')
    ] = None,
    fmr: Annotated[list[float] | None, typer.Option(help="A target false match rate; repeatable.")] = None,
    level: Annotated[float | None, typer.Option(help="Confidence level of every interval.")] = None,
    impostors: Annotated[
        str | None, typer.Option(help='What thresholds are set on: "all" or "same-group" non-mated comparisons.')
    ] = None,
    extrapolate: Annotated[
        list[float] | None,
        typer.Option(help="A target FMR below what the comparisons resolve: extrapolated, not measured; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The new results folder; beside the run where not given.")] = None,
    page: Annotated[bool, typer.Option(help="Draw the figures and the page too.")] = True,
) -> None:
    """Compute a run's tables again with other groups, thresholds or intervals, without the model."""
    from facegap import report
    from facegap.cli.summary import print_summary
    from facegap.run import Changes, parse_groups
    from facegap.run import analyse as again

    beyond = tuple(extrapolate) if extrapolate else None
    changes = Changes(
        groups=parse_groups(groups or ()),
        fmr=tuple(fmr) if fmr else None,
        level=level,
        impostors=impostors,
        extrapolate=beyond,
    )
    print_summary(again(run, changes, out, report.write if page else None))


def claim(
    run: Run,
    text: Annotated[str, typer.Argument(help='Such as "FNMR <= 0.0012 in every group at vendor".')],
    model: Annotated[list[str] | None, typer.Option(help="Judge this model; repeatable. Default: all.")] = None,
    condition: Annotated[
        list[str] | None, typer.Option(help="Under this condition; repeatable. Default: clean.")
    ] = None,
    stated: Annotated[str | None, typer.Option(help="Where and when the margin was stated before the data.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge a claim: refuted, supported or undecided, by group; exit code 1 unless all of it is supported."""
    import json
    from dataclasses import asdict

    from facegap.claims import examine_claim
    from facegap.cli.claims import lines

    found = examine_claim(run, text, model or (), condition or ("clean",), stated)
    typer.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(lines(found)))
    if found.verdict != "supported":
        raise typer.Exit(1)


def plan(
    config: Annotated[str, typer.Argument(help="A study: a .toml file, or the name of one in configs/.")],
    root: Annotated[Path | None, typer.Option(help="Folder of the data set, instead of the study's.")] = None,
    pilot: Annotated[
        Path | None, typer.Option(help="A finished run on similar data, to learn design effects from.")
    ] = None,
    design_effect: Annotated[float | None, typer.Option(help="Of non-mated comparisons within a group.")] = None,
    fnmr: Annotated[float | None, typer.Option(help="Assumed FNMR of the other groups.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a study would measure, take and see, before anything is computed."""
    import json
    from dataclasses import asdict

    from facegap.cli.plan import lines
    from facegap.planning import plan_study

    found = plan_study(config, root, pilot, design_effect, fnmr)
    typer.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(lines(found)))
