"""Condition profiles: steps with parameters, and which side of a comparison goes through them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from facegap.cards.toml import Card, card_path, read_card

ConditionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*(\+[a-z0-9][a-z0-9._-]*)*$")]
"""A condition's own name, or the names of its parts joined by +: phone+light+network."""


class Step(Card):
    """One step: the name of its function, and its parameters, which the function's own signature checks."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    step: str

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters by name."""
        return dict(self.model_extra or {})


class ConditionCard(Card):
    """A condition: its steps in order. `clean` is the condition without steps."""

    name: ConditionName
    title: str
    source: str = Field(description='where the constants come from, or "assumed, typical"')
    applies_to: Literal["probe", "reference", "both"] = "probe"
    steps: tuple[Step, ...] = ()


def load_condition(name: str) -> ConditionCard:
    """The condition `name` (or path).

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    return read_card(card_path("configs/conditions", name), ConditionCard)
