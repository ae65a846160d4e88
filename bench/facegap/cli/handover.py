"""Commands that hand a finished run on: bundle, export, cite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.arguments import Run


def bundle(
    run: Run,
    out: Annotated[
        Path | None, typer.Option(help="File that is written, NAME.zip; the run's name beside the run where not given.")
    ] = None,
) -> None:
    """Pack page, figures, tables, study, manifest, seal and log of a run; no templates, pictures, names or scores.

    Example: facegap bundle results/quickstart-20261128T101010Z-1a2b3c4d
    """
    from facegap import handover, store

    typer.echo(f"bundle: {handover.bundle(run, out)}")
    typer.echo(f"digest: {store.run_digest(run)}")


def export(
    run: Run,
    form: Annotated[
        str,
        typer.Option(
            help='"csv" with a data dictionary, "parquet", "latex", "bob" score files, or "nist" for a table as on '
            "NIST's demographics page."
        ),
    ] = "csv",
    out: Annotated[
        Path | None, typer.Option(help="Folder that is made; the run's name and the form beside the run if not given.")
    ] = None,
) -> None:
    """Write a run's tables or scores in a form that other tools read, into a new folder.

    Example: facegap export results/quickstart-20261128T101010Z-1a2b3c4d --form latex
    """
    from facegap import handover

    folder = handover.export(run, form, out)
    for path in sorted(folder.iterdir()):
        typer.echo(str(path))


def cite(run: Run) -> None:
    """Print how to cite a run, as a sentence and as BibTeX, by its digest.

    Example: facegap cite results/quickstart-20261128T101010Z-1a2b3c4d
    """
    from facegap import handover

    typer.echo("\n".join(handover.citation(run)))
