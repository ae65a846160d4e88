"""Progress: bars on a terminal, one line per 30 s otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from facegap.cli.output import bare_error
from facegap.words import in_one_line

EVERY = 30.0
"""Seconds between lines where standard error is no terminal."""


@contextmanager
def progress(stage: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show the progress of a stage; the callable that it gives is told how many more items are done."""
    shown = _bar(stage, total) if sys.stderr.isatty() else _lines(stage, total)
    with shown as advance:
        yield advance


@contextmanager
def _bar(stage: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=bare_error())) as bars:
        task = bars.add_task(in_one_line(stage), total=total)
        yield lambda more: bars.advance(task, more)


@contextmanager
def _lines(stage: str, total: int) -> Iterator[Callable[[int], None]]:
    start = last = time.monotonic()
    done = 0

    def advance(more: int) -> None:
        nonlocal done, last
        done += more
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            left = (now - start) * (total - done) / max(done, 1)
            print(
                f"{stage}: {done} of {total}, {now - start:.0f} s, about {left:.0f} s left", file=sys.stderr, flush=True
            )

    yield advance
    print(f"{stage}: {done} of {total} in {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
