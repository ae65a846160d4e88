"""`facegap quality import`: OFIQ's own values of a study's pictures beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from facegap.cli.arguments import RESULTS, Config, Results, Root, Sealed


def quality_import(
    config: Config,
    values: Annotated[Path, typer.Argument(help="What OFIQSampleApp wrote with -o: a CSV file with semicolons.")],
    root: Root = None,
    results: Results = RESULTS,
    sealed: Sealed = None,
) -> None:
    """Run a study with OFIQ's values of its pictures beside ours; the result is a run as any other.

    Example: facegap quality import my-study.toml ofiq.csv
    """
    from facegap import report as page
    from facegap import store
    from facegap.cli.listings import columns
    from facegap.cli.progress import progress
    from facegap.cli.summary import end_without_page, print_summary
    from facegap.run import find_seal, import_quality, run_study

    store.require_writable(results)
    folder = run_study(
        import_quality(config, values, root, progress, find_seal(config, sealed)), results, page.write, progress
    )
    print_summary(folder)
    typer.echo("\n".join(columns([("QUALITY", "OURS, MEDIAN AND 0-100", "OFIQ", "IMAGES"), *_beside(folder)])))
    end_without_page(folder)


def _beside(folder: Path) -> Iterator[tuple[str, ...]]:
    """A line a value that OFIQ measured, for everyone in the pictures as they are."""
    from facegap.acquire.scalars import STANDARD
    from facegap.schema import QualityRow
    from facegap.store import read_rows

    rows = {row.quality: row for row in read_rows(folder, QualityRow) if not row.grouping and row.condition == "clean"}
    for name, row in rows.items():
        if name.startswith(STANDARD):
            plain = name.removeprefix(STANDARD)
            yield plain, _cell(rows.get(plain)), _cell(row), f"{row.samples:,}"


def _cell(row: object) -> str:
    from facegap.schema import QualityRow

    if not isinstance(row, QualityRow) or row.p50 is None:
        return "-"
    return f"{row.p50:.4g}" + (f", {row.scalar:.0f}" if row.scalar is not None else "")
