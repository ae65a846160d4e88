"""Commands on scores that arrived: import them into a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def scores_import(
    config: Annotated[str, typer.Argument(help="The study: a .toml file, or the name of a study in configs/.")],
    scores: Annotated[list[Path], typer.Argument(help="Files of scores that together are one set.")],
    name: Annotated[
        str, typer.Option(help="The vendor's card, of kind scores: a .toml file, or the name of a card in models/.")
    ],
    closed: Annotated[
        list[Path] | None,
        typer.Option(help="File of candidate lists of the closed searches (everybody is enrolled); repeatable."),
    ] = None,
    opened: Annotated[
        list[Path] | None,
        typer.Option("--open", help="File of candidate lists of the open searches (some are strangers); repeatable."),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option(
            help="The protocol.json of what the vendor was asked to score; the one beside the scores where not given."
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder that holds the data set's files, in place of the one that the study or card names."),
    ] = None,
    results: Annotated[Path, typer.Option(help="Folder in which the results folder of this run is made.")] = Path(
        "results"
    ),
    sealed: Annotated[
        Path | None,
        typer.Option(help="Protocol that `facegap seal` wrote before the data; the study's own where not given."),
    ] = None,
) -> None:
    """Run a study with a vendor's scores in place of its models; the result is a run as any other.

    Example: facegap scores import my-study.toml scores.csv --name my-vendor
    """
    from facegap import report as page
    from facegap import store
    from facegap.cli.progress import progress
    from facegap.cli.summary import end_without_page, print_summary
    from facegap.run import find_seal, import_scores, run_study

    store.require_writable(results)
    seal = find_seal(config, sealed)
    lists = {"closed": tuple(closed or ()), "open": tuple(opened or ())}
    inputs = import_scores(config, scores, lists, name, root, protocol, progress, seal)
    folder = run_study(inputs, results, page.write, progress)
    print_summary(folder)
    end_without_page(folder)
