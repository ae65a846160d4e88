"""Commands on evidence from elsewhere: export what a vendor is to compare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facegap.cli.arguments import Config, Root

if TYPE_CHECKING:
    from facegap.outside import Protocol
    from facegap.run.exchange import Wanted


def protocol_export(
    study: Config,
    out: Annotated[Path, typer.Option(help="Folder that is made for the vendor; it must not be there yet.")],
    images: Annotated[
        bool, typer.Option(help="Export the pictures too, without metadata, one folder a condition.")
    ] = True,
    root: Root = None,
) -> None:
    """Write pictures and lists of a study's comparisons under opaque ids, for somebody else to score.

    Example: facegap protocol export my-study.toml --out for-the-vendor
    """
    from facegap.cli.progress import progress
    from facegap.outside.folder import refuse_existing
    from facegap.run import asked_of, export_protocol

    refuse_existing(out)
    wanted = asked_of(study, root, progress)
    typer.echo("\n".join(_lines(out, wanted, export_protocol(wanted, out, images, progress))))


def _lines(out: Path, wanted: Wanted, protocol: Protocol) -> Iterator[str]:
    from facegap.outside.export import pictures_of
    from facegap.words import plural

    yield f"exported: {out}"
    for name, entry in protocol.lists.items():
        yield f"  {name}: {entry['rows']:,} rows"
    if protocol.images:
        yield f"  images: {plural(pictures_of(protocol), 'picture')}, without metadata and names"
    for condition in protocol.conditions:
        if condition["missing"]:
            missing = plural(condition["missing"], "picture")
            yield f"  {condition['name']}: {missing} did not arrive: comparisons with them are failures"
    if wanted.left_out:
        yield f"  left out: {plural(wanted.left_out, 'sample')} whose picture is there more than once, as in a run"
    yield from (f"note: {note}" for note in protocol.notes)
    if len(wanted.asked.searches) > 1:
        yield (
            "caution: who has the closed and the open lists can tell by comparing them that some searches of the open "
            "one have no mate; hand over one of the two folders where that matters"
        )
    if protocol.images:
        card = wanted.card
        yield f"terms of '{card.name}', for whom you hand it to as well: {card.licence}; {card.terms}"
    yield "Hand over the whole folder. README.txt says in which forms scores are read."
