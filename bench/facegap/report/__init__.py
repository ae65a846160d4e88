"""The report: one HTML page and its figures, drawn from the tables of a results folder. It computes no statistics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facegap import store
from facegap.errors import StoreError
from facegap.schema import RequirementRow

if TYPE_CHECKING:
    from facegap.report.style import Picture

_LINKED = ("tables/*.csv", "tables/*.md", "tables/*.txt", store.MANIFEST, "study.toml", "sealed.json")
"""What the page names, and nothing else of the folder."""


def write(folder: Path) -> None:
    """Draw figures/*.svg and report.html into `folder`, a results folder that is still being prepared.

    Raises:
        StoreError: a table is missing or damaged, or nothing can be written.
    """
    _draw(folder, folder)


def drawn(folder: Path) -> dict[str, bytes]:
    """Name -> content of the page and the figures, as this version draws them from the tables in `folder`.

    Raises:
        StoreError: a table is missing or damaged.
    """
    return dict(_drawn(folder))


def render(folder: Path, out: Path, required: Sequence[RequirementRow] = ()) -> Path:
    """Draw the finished run in `folder` again into the folder `out`; returns the page.

    The tables that the page names are copied beside it, so that the folder can be handed on. Equal tables give equal
    bytes: the page is the one of the run itself, unless another version of this program drew that. What the run shows
    of a policy, `required`, is written to tables/requirements.csv beside the page, which may show it.

    Raises:
        StoreError: `out` lies in the run, which is never written to; a table is missing, damaged or a link; or nothing
            can be written.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise StoreError(f"{out}: lies in the finished run {folder}, which is never written to; name another folder")
    page = _draw(folder, out, required)
    for name in _LINKED:
        store.copy_files(folder, name, out)
    if required:
        store.write_rows(out, RequirementRow, required)
    return page


def _draw(folder: Path, out: Path, required: Sequence[RequirementRow] = ()) -> Path:
    for name, data in _drawn(folder, required):
        store.write_atomic(out / name, data)
    return out / store.PAGE


def _drawn(folder: Path, required: Sequence[RequirementRow] = ()) -> Iterator[tuple[str, bytes]]:
    # Matplotlib takes half a second to import, which a command that draws nothing need not wait for.
    from facegap.report.page import page, pictures

    tables = store.read_tables(folder, required)
    figures = pictures(tables)
    for some in figures.values():
        for part in (part for picture in some for part in picture.parts):
            yield f"figures/{part.name}.svg", f"{part.svg}\n".encode()
    yield store.PAGE, page(tables, figures).encode()


def _write(folder: Path, figures: Iterable[Picture], page: str) -> None:
    for picture in figures:
        store.write_atomic(folder / "figures" / f"{picture.name}.svg", f"{picture.svg}\n".encode())
    store.write_atomic(folder / store.PAGE, page.encode())


def write_judged(folder: Path, said: Mapping[str, Any]) -> None:
    """Draw the figures and the page of published counts into `folder`, which holds their tables.

    Args:
        said: the banner, the remarks, the verdicts on claims and what was asked, as judged.json has them.

    Raises:
        StoreError: a table is missing or damaged, or nothing can be written.
    """
    from facegap.report.judged import page, pictures

    figures = pictures(folder)
    _write(folder, figures, page(folder, said, figures))


def write_compared(folder: Path, said: Mapping[str, Any]) -> None:
    """Draw the figures and the page of a comparison into `folder`, which holds its tables.

    Args:
        said: runs, banners, policy and outcomes, as compared.json has them.

    Raises:
        StoreError: a table is missing or damaged, or nothing can be written.
    """
    from facegap.report.compared import page, pictures

    figures = pictures(folder)
    _write(folder, figures, page(folder, said, figures))
