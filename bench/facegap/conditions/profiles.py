"""Conditions by name: a card of its own, or phone+light+network put together from three part files."""

from __future__ import annotations

import itertools
from typing import Annotated

from pydantic import Field

from facegap.cards import Card, ConditionCard, Step, card_names, card_path, read_card
from facegap.conditions.chain import validate
from facegap.conditions.sensitivity import changed
from facegap.errors import CardError

KINDS = ("phones", "lights", "networks")
"""The three parts of a combined condition, in the order of its name; folders in configs/conditions."""

_FOLDER = "configs/conditions"
_UNPROCESS = Step(step="unprocess", tone=0.5)  # type: ignore[call-arg]
"""How a photo becomes linear light: half the contrast of Brooks et al. (2019), the strength that our own ISPs have."""


class Ladder(Card):
    """Combined conditions from best to worst."""

    title: str
    source: str
    rungs: Annotated[tuple[str, ...], Field(min_length=2)]


def load(name: str) -> ConditionCard:
    """The condition `name`, checked: a card in configs/conditions, a path, or "phone+light+network".

    A combined condition is un-processing, then the steps of the light, of the phone and of the network. What follows an
    @ changes constants of the card: "phone+light+network@meter.max_gain=8".

    Raises:
        CardError: there is none, it breaks a rule, or a part of its name is not known.
    """
    plain, at, changes = name.partition("@")
    words = plain.split("+")
    if len(words) == 1 or plain.endswith(".toml"):
        card = read_card(card_path(_FOLDER, plain), ConditionCard)
    elif len(words) == len(KINDS):
        card = _combined(plain, words)
    else:
        raise CardError(f"condition '{name}': expected a name, or phone+light+network, found {len(words)} parts")
    validate(card)
    return changed(card, changes) if at else card


def names() -> list[str]:
    """Names of the conditions that are cards of their own, sorted (the ladder is a list of conditions, not one)."""
    return [name for name in card_names(_FOLDER) if name != "ladder"]


def parts(kind: str) -> list[str]:
    """Names of the phones, the lights or the networks, sorted.

    Raises:
        CardError: `kind` is not one of `KINDS`.
    """
    if kind not in KINDS:
        raise CardError(f"expected one of {', '.join(KINDS)}, found '{kind}'")
    return card_names(f"{_FOLDER}/{kind}")


def part(kind: str, name: str) -> ConditionCard:
    """The phone, light or network `name`: steps of a condition, not one that can be run alone.

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    return read_card(card_path(f"{_FOLDER}/{kind}", name), ConditionCard)


def combinations() -> list[str]:
    """Names of all combined conditions."""
    return ["+".join(names) for names in itertools.product(*(parts(kind) for kind in KINDS))]


def ladder(name: str = "ladder") -> tuple[str, ...]:
    """The rungs of a ladder of conditions, best first; each is checked.

    Raises:
        CardError: the file breaks a rule, or a rung is not a condition.
    """
    rungs = read_card(card_path(_FOLDER, name), Ladder).rungs
    for rung in rungs:
        load(rung)
    return rungs


def _combined(name: str, names: list[str]) -> ConditionCard:
    phone, light, network = (part(kind, word) for kind, word in zip(KINDS, names, strict=True))
    return ConditionCard(
        name=name,
        title=", ".join(card.title for card in (phone, light, network)),
        source="; ".join(f"{card.name}: {card.source}" for card in (phone, light, network)),
        applies_to="probe",
        steps=(_UNPROCESS, *light.steps, *phone.steps, *network.steps),
    )
