"""The command `population`: what becomes of applicants of a stated mix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facegap.words import in_one_line

if TYPE_CHECKING:
    from facegap.schema import PopulationRow


def population(
    run: Annotated[Path, typer.Argument(help="A finished run: the results folder whose rates are taken.")],
    mix: Annotated[
        str,
        typer.Argument(help="The population: a .toml file, or the name of one in configs/populations/."),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(help="Compute it for this model of the run; repeatable; every model where not given."),
    ] = None,
    results: Annotated[Path, typer.Option(help="Folder in which the folder with the table is made.")] = Path("results"),
) -> None:
    """Say what becomes of 10,000 applicants of a stated mix: turned away, accepted wrongly, flagged; by group.

    Example: facegap population results/quickstart-* mix.toml
    """
    from facegap.cards import load_population
    from facegap.population import applicants, write_population
    from facegap.store import read_manifest

    asked, file = load_population(mix)
    rows = applicants(run, asked, model or ())
    folder = write_population(run, asked, file.read_text(encoding="utf-8"), rows, results)
    for banner in read_manifest(run).banners:
        typer.echo(f"! {in_one_line(banner)}")
    typer.echo("\n".join(lines(rows)))
    typer.echo(f"\ntable: {folder / 'tables' / 'population.csv'}")


def lines(rows: Sequence[PopulationRow]) -> Iterator[str]:
    """Every row, per 10,000 and per day, with its interval, and the cautions."""
    from facegap.cli.listings import columns

    head = ("MODEL", "OUTCOME", "GROUP", "SHARE", "OF 10,000 (INTERVAL)", "PER DAY (INTERVAL)")
    cells: list[tuple[str, ...]] = [head]
    for row in rows:
        share = "" if row.share is None else f"{row.share:.3g}"
        per = _span(row.per_10000, row.low, row.high)
        day = _span(row.per_day, row.per_day_low, row.per_day_high)
        cells.append((row.model, row.outcome, row.group, share, per, day))
    yield from columns(cells)
    yield from dict.fromkeys(f"  {in_one_line(row.outcome)}: {row.method}" for row in rows if row.method != "measured")
    yield from dict.fromkeys(f"  read with care: {in_one_line(row.caution)}" for row in rows if row.caution)


def _span(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "-"
    return f"{value:.3g} ({low:.3g} to {high:.3g})"
