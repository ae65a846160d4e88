"""The page of a run that is being written: drawn, or said to be missing and why."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from facegap import store
from facegap.errors import DiskFull

LOG = logging.getLogger("facegap")

Draw = Callable[[Path], None]
"""Draws the figures and the page of a results folder in preparation."""


def draw_page(draw: Draw | None, folder: Path) -> None:
    """Draw the page; where that fails the run is kept all the same, and says so: the tables are what was computed.

    Half a page is none: what was drawn goes, which also makes room on a full disk for what remains to be written.
    """
    if draw is None:
        return
    try:
        draw(folder)
    except Exception as error:  # whatever a drawing library raises on data that it has not met before
        shutil.rmtree(folder / "figures", ignore_errors=True)
        (folder / store.PAGE).unlink(missing_ok=True)
        LOG.warning("no page was drawn: %s: %s", type(error).__name__, error)
        text = f"{_said(error, folder)}`facegap report` on this folder tries again.\n"
        store.write_atomic(folder / store.NO_PAGE, text.encode())


def _said(error: Exception, folder: Path) -> str:
    """What results may say of it: the text of an error that others raise may hold a path or a name."""
    kind = type(error).__name__
    if isinstance(error, DiskFull):
        return f"{kind}: {error}\n".replace(f"{folder}/", "")
    return f"{kind} while the page was drawn. "
