"""Condition profiles: steps with parameters, and which side of a comparison goes through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from facegap.cards.toml import CONDITION_NAME, Card, card_path, read_card

ConditionName = Annotated[str, StringConstraints(pattern=CONDITION_NAME)]
"""A condition's own name, or the names of its parts joined by +: phone+light+network. With other constants than the
card's, those follow: phone+light+network@meter.max_gain=8."""

_RANGE = {"use", "low", "high"}


class Step(Card):
    """One step: the name of its function, and its parameters, which the function's own signature checks.

    A number that is not known well is a range: `max_gain = { use = 16.0, low = 8.0, high = 32.0 }`.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    step: str
    ranges: dict[str, tuple[int | float, int | float]] = Field(
        default_factory=dict, description="parameter -> the least and the largest number that it may be"
    )

    @model_validator(mode="before")
    @classmethod
    def _ranges_apart(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        wide = {name: value for name, value in given.items() if isinstance(value, Mapping) and name != "ranges"}
        plain = {name: value["use"] if name in wide and "use" in value else value for name, value in given.items()}
        for name, value in wide.items():
            if set(value) != _RANGE:
                raise ValueError(f"{name}: expected a number, or {{ use = ..., low = ..., high = ... }}, found {value}")
        # As JSON they are lists, which a strict tuple is not.
        known = {name: tuple(both) for name, both in dict(given.get("ranges", {})).items()}
        return {**plain, "ranges": {**known, **{name: (one["low"], one["high"]) for name, one in wide.items()}}}

    @model_validator(mode="after")
    def _number_in_range(self) -> Step:
        for name, (low, high) in self.ranges.items():
            value = self.parameters.get(name)
            if not isinstance(value, (int, float)) or not low <= value <= high or low == high:
                raise ValueError(f"{name}: expected low <= use <= high and low < high, found {low}, {value}, {high}")
        return self

    @model_serializer(mode="wrap")
    def _without_empty(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = plain(self)
        return found if found["ranges"] else {name: value for name, value in found.items() if name != "ranges"}

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

    @property
    def plain_name(self) -> str:
        """The name without other constants: one seed for both, so that nothing but the constant differs."""
        return self.name.partition("@")[0]


def load_condition(name: str) -> ConditionCard:
    """The condition `name` (or path).

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    return read_card(card_path("configs/conditions", name), ConditionCard)
