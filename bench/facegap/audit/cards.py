"""The cards in a manifest held against the cards of the same names on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from facegap import conditions
from facegap.audit.case import Case
from facegap.audit.manifest import card_of
from facegap.audit.verified import Unknown
from facegap.cards import (
    ConditionCard,
    DatasetCard,
    DetectorCard,
    LivenessCard,
    ModelCard,
    ScoresCard,
    TemplatesCard,
    card_names,
    load_dataset,
    load_detector,
    load_liveness,
    load_model,
    load_scores_card,
    load_templates_card,
)
from facegap.cards.outside import OUTSIDE
from facegap.cards.toml import Card
from facegap.errors import FacegapError
from facegap.evidence.kept import kept_card

SCHEMAS: Mapping[str, type[Card]] = {
    "recogniser": ModelCard,
    "detector": DetectorCard,
    "liveness": LivenessCard,
    **OUTSIDE,
}
"""Kind of a model's card -> its rules."""


def card_differences(case: Case, missing: bool) -> Iterator[str]:
    """Whether every card is the one that bears its name here.

    A card of another version is another card: what it says proves nothing of the run's.

    Args:
        missing: say which cards are not on this machine too.
    """
    for said in case.manifest.models:
        schema = SCHEMAS.get(str(said["kind"]), DetectorCard)
        yield from _one(case, schema, f"{said['kind']} '{said['name']}'", said, missing)
    yield from _one(case, DatasetCard, f"dataset '{case.manifest.dataset['name']}'", case.manifest.dataset, missing)
    for said in case.manifest.conditions:
        yield from _one(case, ConditionCard, f"condition '{said['name']}'", said, missing)


def _one(case: Case, schema: type[Card], what: str, said: Mapping[str, Any], missing: bool) -> Iterator[str]:
    here = _here(schema, str(said["name"]))
    if here is None:
        if missing:
            yield Unknown(f"{what}: its card is not on this machine")
        return
    there = card_of(schema, said)
    # Which side a condition applies to, a study may say.
    fields = [key for key in there if key != "applies_to" and there[key] != here[key]]
    for key in fields:
        line = f"{what}: {key}: the run says {_short(there[key])}, the card here {_short(here[key])}"
        same = case.same_version and there.get("version") == here.get("version")
        yield line if same else Unknown(f"{line}; it is another version's")


_LOADERS: Mapping[type[Card], Callable[[str], Card]] = {
    ModelCard: load_model,
    DetectorCard: load_detector,
    LivenessCard: load_liveness,
    ScoresCard: load_scores_card,
    TemplatesCard: load_templates_card,
    DatasetCard: load_dataset,
}


def _here(schema: type[Card], name: str) -> dict[str, Any] | None:
    """The card of that name on this machine."""
    try:
        card: Card
        if schema is ConditionCard:
            card = conditions.load(name)
        elif name not in card_names("datasets" if schema is DatasetCard else "models"):
            return None
        else:
            card = _LOADERS[schema](name)
    except FacegapError:
        return None
    found = kept_card(card)
    return found if found["name"] == name else None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
