"""Conditions by name."""

from __future__ import annotations

from bench.cards import ConditionCard, load_condition
from bench.conditions.chain import validate


def load(name: str) -> ConditionCard:
    """The condition `name` (or path), checked.

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    card = load_condition(name)
    validate(card)
    return card
