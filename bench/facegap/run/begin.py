"""A study begun from a few answers: written as a TOML file that runs, and read back before it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from facegap import conditions, store, weights
from facegap.cards import (
    DatasetCard,
    ModelCard,
    card_names,
    card_path,
    load_dataset,
    load_detector,
    load_study,
    load_used,
)
from facegap.cards.model import card_kind
from facegap.cards.study import DETECTOR, ModelUse
from facegap.datasets.asked import check_study
from facegap.errors import InputError, MissingError
from facegap.words import did_you_mean

SYNTHETIC = "synthetic-heads"
MOST_GROUPINGS = 3
"""Label columns of the card that a study compares by where none is named; more make a page of many figures."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a study needs to be told.

    Attributes:
        dataset: name of a card, or a card's file; `SYNTHETIC` renders people.
        root: where the data set's files lie; None for rendered people.
        models: names of recognisers' cards; `detector` finds their faces.
        conditions: besides clean.
        groups: groupings, each a tuple of label columns; none: the card's first label columns, each by itself.
        fmr: target false match rates.
        acknowledge_terms: somebody read the data set's terms.
    """

    name: str
    dataset: str
    root: Path | None = None
    models: tuple[str, ...]
    detector: str = DETECTOR
    conditions: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    fmr: tuple[float, ...] = (0.001,)
    acknowledge_terms: bool = False


def begin_study(answers: Answers, out: Path) -> tuple[Path, list[str]]:
    """Write the study to the file `out`; returns it, and what is still to be done before it runs.

    Raises:
        FacegapError: an answer names what there is not; or the file is there already or cannot be written.
    """
    if out.exists():
        raise InputError(f"{out}: there already, and never overwritten; --out names another file")
    card = load_dataset(answers.dataset)
    _check(answers, card)
    text = "\n".join(_lines(answers, card)) + "\n"
    store.write_atomic(out, text.encode())
    try:
        study, file = load_study(str(out))
        told = study.dataset.model_copy(update={"acknowledge_terms": True})
        check_study(study.model_copy(update={"dataset": told}), card, file)
    except Exception:
        out.unlink()
        raise
    return out, list(_to_do(answers, card))


def recognisers() -> list[str]:
    """Names of the cards of recognisers, those that anybody may fetch first."""
    names = [name for name in card_names("models") if card_kind(card_path("models", name)) == "recogniser"]
    return sorted(names, key=lambda name: (name != "dlib-resnet29", name))


def _check(answers: Answers, card: DatasetCard) -> None:
    store.check_name(answers.name, "--name")
    for name in answers.models:
        load_used(ModelUse(card=name, detector=answers.detector))
    for name in answers.conditions:
        conditions.load(name)
    for column in (column for columns in answers.groups for column in columns):
        if column not in card.groups:
            known = ", ".join(card.groups)
            raise InputError(
                f"--groups: the card of {card.name} has no label '{column}'{did_you_mean(column, card.groups)}; it "
                f"has: {known}"
            )
    if answers.root is None and answers.dataset != SYNTHETIC:
        raise InputError(f"--root: say in which folder the files of {card.name} lie")
    if answers.root is not None and not answers.root.is_dir():
        raise InputError(
            f"--root: {answers.root}: no such folder; `facegap datasets check {card.name} FOLDER` reads one"
        )
    wrong = [rate for rate in answers.fmr if not 0 < rate < 1]
    if wrong:
        raise InputError(f"--fmr: expected a rate above 0 and below 1, such as 0.001, found {wrong[0]:g}")


def _lines(answers: Answers, card: DatasetCard) -> Iterator[str]:
    groups = answers.groups or tuple((column,) for column in list(card.groups)[:MOST_GROUPINGS])
    yield "# Begun by `facegap init`; every key and its default: docs/cards.md."
    yield f"name = {_text(answers.name)}"
    yield f"title = {_text(f'{answers.name}: {card.title}')}"
    yield "seed = 1"
    yield f"conditions = {_list(['clean', *(name for name in answers.conditions if name != 'clean')])}"
    yield f"groups = [{', '.join(_list(columns) for columns in groups)}]"
    yield ""
    yield "[dataset]"
    yield f"card = {_text(answers.dataset)}"
    if answers.root is not None:
        yield f"root = {_text(str(answers.root.resolve()))}"
    if answers.acknowledge_terms:
        yield "acknowledge_terms = true"
    if answers.root is None:
        yield from ("", "[dataset.synthetic]", "identities = 60", 'sessions = ["studio", "window"]', "oversample = 1")
    for name in answers.models:
        yield from ("", "[[models]]", f"card = {_text(name)}", f"detector = {_text(answers.detector)}")
    if answers.root is None:
        yield from ("", "[trials]", 'reference_role = "photo"', 'probe_role = "selfie"')
    yield from ("", "[thresholds]", f"fmr = [{', '.join(f'{rate!r}' for rate in answers.fmr)}]")


def _text(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=True)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _to_do(answers: Answers, card: DatasetCard) -> Iterator[str]:
    """What stands between the file and a run: terms to read, weights to fetch."""
    if card.needs_acknowledgement and not answers.acknowledge_terms:
        bars = f"; they bar {', '.join(card.bars)}" if card.bars else ""
        yield f"read the terms of {card.name}, then set acknowledge_terms = true in it: {card.terms}{bars}"
    for name in answers.models:
        used, _ = load_used(ModelUse(card=name, detector=answers.detector))
        if isinstance(used, ModelCard):
            yield from _missing(name, partial(weights.find_model, used, card_path("models", name)))
    detector = load_detector(answers.detector)
    yield from _missing(
        answers.detector, partial(weights.find_detector, detector, card_path("models", answers.detector))
    )


def _missing(name: str, find: Callable[[], object]) -> Iterator[str]:
    try:
        find()
    except MissingError:
        yield f"fetch or pin the weights of {name}: facegap models pull {name}"
