"""Commands on what a study could see and what a finished run says: plan, analyse, claim."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.arguments import Config, Root, Run
from facegap.cli.complete import of_policies


def analyse(
    run: Run,
    groups: Annotated[
        list[str] | None,
        typer.Option(help='Compare groups by these label columns, such as "gender" or "ethnicity,gender"; repeatable.'),
    ] = None,
    fmr: Annotated[
        list[float] | None,
        typer.Option(
            help="Set a threshold at this false match rate, such as 1e-3, in place of the run's thresholds; repeatable."
        ),
    ] = None,
    level: Annotated[
        float | None,
        typer.Option(help="Confidence level of every interval, such as 0.95; the run's own where not given."),
    ] = None,
    impostors: Annotated[
        str | None,
        typer.Option(
            help='Non-mated comparisons on which thresholds are set: "all", or "same-group" for those within a group.'
        ),
    ] = None,
    extrapolate: Annotated[
        list[float] | None,
        typer.Option(
            help="Extrapolate to this false match rate, which is below what the comparisons can measure; repeatable."
        ),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            help='Compare every other group with this one, such as "Black" or "Black, female"; repeat it for another '
            "grouping."
        ),
    ] = None,
    suppress_below: Annotated[
        int | None,
        typer.Option(
            min=0, help="Show no group of fewer people than this; the run's own number where not given, never fewer."
        ),
    ] = None,
    observed: Annotated[
        list[str] | None,
        typer.Option(
            help="State rates by this recorded condition alone, such as phone, of those of the run; repeatable."
        ),
    ] = None,
    age_gap: Annotated[
        list[float] | None,
        typer.Option(
            help="Begin a bin at so many years between reference and probe, of those that the run kept; repeatable."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Results folder that is made for the new tables; where not given, one beside the run."),
    ] = None,
    page: Annotated[bool, typer.Option(help="Draw the figures and report.html for the new tables too.")] = True,
) -> None:
    """Compute a run's tables again with other groups, thresholds or intervals, without the model.

    Example: facegap analyse results/example --groups sex --fmr 0.02
    """
    from facegap import report
    from facegap.cli.progress import progress
    from facegap.cli.summary import end_without_page, print_summary
    from facegap.run import Changes, parse_groups
    from facegap.run import analyse as again

    beyond = tuple(extrapolate) if extrapolate else None
    changes = Changes(
        groups=parse_groups(groups or ()),
        fmr=tuple(fmr) if fmr else None,
        level=level,
        impostors=impostors,
        extrapolate=beyond,
        reference=tuple(reference) if reference else None,
        suppress_below=suppress_below,
        observed=tuple(observed) if observed else None,
        age_gap=tuple(age_gap) if age_gap else None,
    )
    folder = again(run, changes, out, report.write if page else None, progress)
    print_summary(folder)
    end_without_page(folder)


def claim(
    run: Run,
    text: Annotated[str, typer.Argument(help='The claim in words, such as "FNMR <= 0.0012 in every group at vendor".')],
    model: Annotated[
        list[str] | None,
        typer.Option(help="Judge the claim for this model of the run; repeatable; every model where not given."),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="Judge the claim under this condition of the run; repeatable; clean where not given."),
    ] = None,
    stated: Annotated[
        str | None,
        typer.Option(
            help='Where the margin of a claim was stated before the data were seen: "tender of 2026-03-01, section 4".'
        ),
    ] = None,
    sealed: Annotated[
        Path | None,
        typer.Option(help="Protocol that `facegap seal` wrote before the data; the run's own where not given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the judgement as JSON, for programs.")] = False,
) -> None:
    """Judge a claim: refuted, supported or undecided, by group; exit code 1 unless all of it is supported.

    Example: facegap claim results/example "FNMR <= 2 % in every group at FMR 0.01"
    """
    import json
    from dataclasses import asdict

    from facegap.claims import examine_claim
    from facegap.cli.claims import lines
    from facegap.cli.progress import progress

    found = examine_claim(run, text, model or (), condition or ("clean",), stated, sealed, progress)
    typer.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(lines(found)))
    if found.verdict != "supported":
        raise typer.Exit(1)


def seal(
    config: Config,
    claims: Annotated[
        list[str] | None,
        typer.Option(
            "--claim",
            help='Claim that will be judged, such as "FNMR within a ratio of 1.25 in every group"; repeatable.',
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="File that says what is required, such as a tender; its text is sealed too.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File that is written; STUDY.sealed.json beside the study where not given.")
    ] = None,
) -> None:
    """Write what will be measured and claimed, with digests and the date, before the data are seen.

    Example: facegap seal my-study.toml --claim "FNMR <= 1 % in every group"
    """
    from facegap.claims import parse_sealed
    from facegap.run import seal_study

    path, found = seal_study(config, out, [parse_sealed(text) for text in claims or ()], policy)
    for name, digest in found.digests.items():
        typer.echo(f"{digest}  {name}")
    for claim in found.claims:
        typer.echo(f"claim:  {claim['understood']}")
    typer.echo(f"sealed: {path}, {found.sealed}, by facegap {found.facegap}")
    typer.echo(f"digest: {found.digest}")
    typer.echo("Hand the digest to somebody else now: the date is theirs to confirm, not this file's.")


def plan(
    config: Config,
    root: Root = None,
    pilot: Annotated[
        Path | None,
        typer.Option(help="Finished run on similar data, whose error rates and design effects the plan then assumes."),
    ] = None,
    design_effect: Annotated[
        float | None,
        typer.Option(
            help="Assume this design effect: what shared people multiply the variance of a group's FMR by; 1 or more."
        ),
    ] = None,
    fnmr: Annotated[
        float | None,
        typer.Option(
            help="Assume this false non-match rate of the groups that a group is compared with, such as 0.02."
        ),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            help='Say the people that a verdict on this claim takes, such as "FNMR <= 1 % in every group"; repeatable.'
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Say whether the study could decide each requirement of this policy: a .toml file, or the name of one "
            "in configs/policies/.",
            autocompletion=of_policies,
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help='Also say what the comparisons take on a cluster: "dask"; the study\'s own where not given.'),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes of that cluster; the study's own where not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON, for programs.")] = False,
) -> None:
    """Say what a study would measure, take and see, before anything is computed.

    Example: facegap plan quickstart --claim "FNMR <= 1 % in every group"
    """
    import json
    from dataclasses import asdict

    from facegap.cli.plan import lines
    from facegap.errors import InputError
    from facegap.pipeline import cores
    from facegap.planning import plan_study

    if engine not in (None, "dask") or (workers is not None and engine is None):
        raise InputError(f'--engine: expected "dask", with which --workers goes, found {engine or "none"}')
    count = (workers or cores()) if engine else None
    found = plan_study(config, root, pilot, design_effect, fnmr, claim or (), count, policy)
    typer.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(lines(found)))
