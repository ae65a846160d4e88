"""What a run prints when it is done: a dozen rows, and where the page is."""

from __future__ import annotations

from pathlib import Path

import typer

from facegap import store
from facegap.cli.listings import columns
from facegap.schema import RateRow

ROWS = 24
HEADER = (
    "MODEL",
    "CONDITION",
    "GROUP",
    "METRIC",
    "THRESHOLD",
    "ERRORS",
    "TRIALS",
    "PEOPLE",
    "RATE",
)


def print_summary(folder: Path) -> None:
    """The study's banners, FNMR and FMR by group of its first grouping, and the page's path."""
    manifest = store.read_manifest(folder)
    for banner in manifest.banners:
        typer.echo(f"! {banner}")
    grouping = ", ".join(manifest.study["groups"][0])
    interval = f"{manifest.study['statistics']['level']:.0%} INTERVAL"
    found = [row for row in store.read_rows(folder, RateRow) if _wanted(row, grouping)]
    typer.echo("\n".join(columns([(*HEADER, interval), *(_cells(row) for row in found[:ROWS])])))
    if len(found) > ROWS:
        typer.echo(f"... and {len(found) - ROWS} more rows in tables/rates.csv")
    if (folder / "report.html").is_file():
        typer.echo(f"page:    {folder / 'report.html'}")
    else:
        typer.echo(f"! no page was drawn; why: {folder / 'report-failed.txt'}")
    typer.echo(f"results: {folder}")


def _wanted(row: RateRow, grouping: str) -> bool:
    return row.grouping == grouping and row.failures == "counted" and row.metric in ("FTA", "FMR", "FNMR")


def _cells(row: RateRow) -> tuple[str, ...]:
    rate = f"{row.rate:.2g}" if row.rate is not None else row.note
    interval = f"{row.low:.2g} to {row.high:.2g}" if row.low is not None and row.high is not None else ""
    counts = ("" if count is None else str(count) for count in (row.errors, row.trials, row.subjects))
    return (row.model, row.condition, row.group, row.metric, row.threshold_name, *counts, rate, interval)
