"""The report: one HTML page and its figures, drawn from the tables of a results folder. It computes no statistics."""

from __future__ import annotations

from pathlib import Path

from facegap import store
from facegap.errors import StoreError

PAGE = "report.html"

_LINKED = ("tables/*.csv", "tables/*.md", "tables/*.txt", store.MANIFEST, "study.toml")
"""What the page links to, and nothing else of the folder."""


def write(folder: Path) -> None:
    """Draw figures/*.svg and report.html into `folder`, a results folder that is still being prepared.

    Raises:
        StoreError: a table is missing or damaged, or nothing can be written.
    """
    _draw(folder, folder)


def render(folder: Path, out: Path) -> Path:
    """Draw the finished run in `folder` again into the folder `out`; returns the page.

    The tables that the page links to are copied beside it, so that the folder can be handed on. Equal tables give equal
    bytes: the page is the one of the run itself, unless another version of this program drew that.

    Raises:
        StoreError: `out` lies in the run, which is never written to; a table is missing, damaged or a link; or nothing
            can be written.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise StoreError(f"{out}: lies in the finished run {folder}, which is never written to; name another folder")
    page = _draw(folder, out)
    for name in _LINKED:
        store.copy_files(folder, name, out)
    return page


def _draw(folder: Path, out: Path) -> Path:
    # Matplotlib takes half a second to import, which a command that draws nothing need not wait for.
    from facegap.report.page import page, pictures

    tables = store.read_tables(folder)
    figures = pictures(tables)
    for some in figures.values():
        for picture in some:
            store.write_atomic(out / "figures" / f"{picture.name}.svg", f"{picture.svg}\n".encode())
    store.write_atomic(out / PAGE, page(tables, figures).encode())
    return out / PAGE
