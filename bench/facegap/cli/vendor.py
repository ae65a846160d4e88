"""Commands on scores that arrived: import them into a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.arguments import RESULTS, Config, Results, Root, Sealed


def scores_import(
    config: Config,
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
    root: Root = None,
    results: Results = RESULTS,
    sealed: Sealed = None,
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
