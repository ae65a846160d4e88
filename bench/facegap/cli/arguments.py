"""Arguments and options that several commands take alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.complete import of_runs, of_studies

Config = Annotated[
    str,
    typer.Argument(help="The study: a .toml file, or the name of a study in configs/.", autocompletion=of_studies),
]
Root = Annotated[
    Path | None,
    typer.Option(help="Folder that holds the data set's files, in place of the one that the study or card names."),
]
Run = Annotated[
    Path,
    typer.Argument(
        help="A finished run: the results folder that `facegap run` or `facegap analyse` wrote.", autocompletion=of_runs
    ),
]
Results = Annotated[Path, typer.Option(help="Folder in which the results folder of this run is made.")]
Sealed = Annotated[
    Path | None,
    typer.Option(help="Protocol that `facegap seal` wrote before the data; the study's own where not given."),
]

RESULTS = Path("results")
"""Where runs lie unless something else is said."""
