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
    out: Annotated[Path | None, typer.Option(help="The new results folder; beside the run where not given.")] = None,
    page: Annotated[bool, typer.Option(help="Draw the figures and the page too.")] = True,
) -> None:
    """Compute a run's tables again with other groups, thresholds or intervals, without the model."""
    from bench import report
    from bench.cli.summary import print_summary
    from bench.run import Changes, parse_groups
    from bench.run import analyse as again

    changes = Changes(parse_groups(groups or ()), tuple(fmr) if fmr else None, level, impostors)
    print_summary(again(run, changes, out, report.write if page else None))
