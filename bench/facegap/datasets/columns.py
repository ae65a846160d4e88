"""Cells of a table by our names: a column, several put together, or flags of which one is set."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from facegap.cards import DatasetCard
from facegap.cards.dataset import OBSERVED
from facegap.datasets.tables import Sheet
from facegap.datasets.values import JOINT, NO_FLAG

Read = Callable[[Sequence[str]], str]
"""The value of one column of ours from a row's fields."""

_FIELD = re.compile(r"\{([^{}:]+)(?::(\d+|_|/\d+))?\}")
_TRUE, _FALSE = ("true", "yes"), ("false", "no")


def reader(sheet: Sheet, own: str, hint: str) -> Read:
    """Reads the column `own`, or puts several together as it says: "{person:_}/{person:_}_{number:4}.jpg".

    `:4` writes a number with zeros before it to four digits, `:_` writes spaces as underscores, `:/2` takes the second
    part of a path.

    Raises:
        DatasetError: a column is not in the table.
    """
    if "{" not in own:
        place = sheet.place(own, hint)
        return lambda fields: fields[place]
    places = {name: sheet.place(name, hint) for name, _ in _FIELD.findall(own)}
    return lambda fields: _FIELD.sub(lambda found: _written(fields[places[found[1]]], found[2]), own)


def _written(value: str, form: str | None) -> str:
    if form == "_":
        return value.replace(" ", "_")
    if form and form.startswith("/"):
        return next(iter(value.split("/")[int(form[1:]) - 1 : int(form[1:])]), "")
    return value.zfill(int(form)) if form and value.isdecimal() else value


def required(card: DatasetCard) -> set[str]:
    """What is read besides labels, by our names, and must have a column."""
    optional = {f"{OBSERVED}{name}" for name, column in card.own_observed.items() if column.optional}
    return set(card.extra) - optional


def label_reader(card: DatasetCard, sheet: Sheet, column: str, hint: str) -> Read:
    """Reads the raw label of `column`: its own column, or the names of the flags that are set; or one of `card.extra`.

    Raises:
        DatasetError: a column is not in the table.
    """
    if column in card.extra:
        return reader(sheet, card.extra[column], hint)
    flags = card.groups[column].flags
    if not flags:
        return reader(sheet, card.columns.get(column, column), hint)
    places = {flag: sheet.place(flag, hint) for flag in flags}
    return lambda fields: _flagged({flag: fields[place] for flag, place in places.items()})


def _flagged(cells: dict[str, str]) -> str:
    """The flags that are set, joined; `NO_FLAG` where none is, "" where no cell says anything.

    A cell that is neither a number nor yes or no stands as it is, so that it is refused as an unknown label.
    """
    if not any(cells.values()):
        return ""
    known = {flag: _is_set(cell) for flag, cell in cells.items() if cell}
    odd = [f"{flag}={cells[flag]}" for flag, said in known.items() if said is None]
    return odd[0] if odd else JOINT.join(flag for flag, said in known.items() if said) or NO_FLAG


def _is_set(cell: str) -> bool | None:
    """Whether a number is above zero, or a word says yes; None for anything else."""
    if cell.casefold() in (*_TRUE, *_FALSE):
        return cell.casefold() in _TRUE
    try:
        return float(cell) > 0
    except ValueError:
        return None
