"""What a run prints when it is done: a dozen rows, and where the page is."""

from __future__ import annotations

from pathlib import Path

import typer

from facegap import store
from facegap.cli.listings import columns

ROWS = 24
HEADER = (
    *("MODEL", "CONDITION", "GROUP", "METRIC", "THRESHOLD"),
    *("ERRORS", "TRIALS", "PEOPLE", "RATE"),
)


def print_summary(folder: Path) -> None:
    """The study's banners, FNMR and FMR by group of its first grouping, and the page's path."""
    manifest = store.read_json(folder / "manifest.json")
    for banner in manifest["banners"]:
        typer.echo(f"! {banner}")
    grouping = ", ".join(manifest["study"]["groups"][0])
    interval = f"{manifest['study']['statistics']['level']:.0%} INTERVAL"
    found = [row for row in store.read_table(folder / "tables" / "rates.csv") if _wanted(row, grouping)]
    typer.echo("\n".join(columns([(*HEADER, interval), *(_cells(row) for row in found[:ROWS])])))
    if len(found) > ROWS:
        typer.echo(f"... and {len(found) - ROWS} more rows in tables/rates.csv")
    if (folder / "report.html").is_file():
        typer.echo(f"page:    {folder / 'report.html'}")
    else:
        typer.echo(f"! no page was drawn; why: {folder / 'report-failed.txt'}")
    typer.echo(f"results: {folder}")


def _wanted(row: dict[str, str], grouping: str) -> bool:
    return row["grouping"] == grouping and row["failures"] == "counted" and row["metric"] in ("FTA", "FMR", "FNMR")


def _cells(row: dict[str, str]) -> tuple[str, ...]:
    rate = f"{float(row['rate']):.2g}" if row["rate"] else row["note"]
    interval = f"{float(row['low']):.2g} to {float(row['high']):.2g}" if row["low"] else ""
    return (
        *(row["model"], row["condition"], row["group"], row["metric"], row["threshold_name"]),
        *(row["errors"], row["trials"], row["subjects"], rate, interval),
    )
