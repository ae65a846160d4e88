"""`facegap conditions sensitivity`: what the rates become where a constant is not known well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.arguments import RESULTS, Results, Root
from facegap.cli.progress import progress

Study = Annotated[
    str,
    typer.Argument(help="The study, a .toml file or the name of one in configs/; or a run that this command made."),
]


def sensitivity(
    study: Study,
    root: Root = None,
    results: Results = RESULTS,
) -> None:
    """Run a study with each range of its conditions at both ends, and print who is turned away at either.

    What it runs is written beside the study, STUDY-sensitivity.toml; of a finished run only the table is printed.

    Example: facegap conditions sensitivity phones-and-light
    """
    from facegap import report as page
    from facegap import store
    from facegap.cli.listings import columns
    from facegap.cli.summary import end_without_page
    from facegap.run import resolve, run_study, write_study

    folder = Path(study)
    if not (folder / store.MANIFEST).is_file():
        store.require_writable(results)
        written = write_study(study)
        typer.echo(f"study:   {written}")
        folder = run_study(resolve(str(written), root, progress), results, page.write, progress)
    for title, rows in _bands(folder):
        typer.echo("\n".join([title, *columns(rows)]))
    if (folder / store.PAGE).is_file():
        typer.echo(f"page:    {folder / store.PAGE}")
    typer.echo(f"results: {folder}")
    end_without_page(folder)


def _bands(folder: Path) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    from facegap.errors import InputError
    from facegap.report import sensitivity as read
    from facegap.report import views
    from facegap.store import Tables
    from facegap.words import in_one_line

    tables = Tables(folder)
    if not views.ends(tables):
        raise InputError(f"{folder}: tries no range of a constant; give the study in its place")
    for banner in tables.manifest.banners:
        typer.echo(f"! {in_one_line(banner)}")
    for model in views.models(tables):
        title, table = read.band_table(tables, model)
        yield in_one_line(title), [tuple(word.upper() for word in table.head), *(tuple(row) for row in table.rows)]
