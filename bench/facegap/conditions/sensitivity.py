"""What hangs on a constant that is not known well: the same condition at both ends of each of its card's ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facegap.cards import ConditionCard, Step
from facegap.conditions.chain import STEPS, validate
from facegap.conditions.parameters import signature
from facegap.errors import CardError
from facegap.words import did_you_mean

_CHANGE = re.compile(r"(?P<step>[a-z_]+)\.(?P<parameter>[a-z_]+)=(?P<value>[0-9a-z.+-]+)")


@dataclass(frozen=True, kw_only=True)
class End:
    """A condition with one constant at one end of its range.

    Attributes:
        condition: the name that a study gives it.
        constant: "step.parameter".
        value: what the constant is there.
    """

    condition: str
    constant: str
    value: float


def ends(card: ConditionCard) -> tuple[End, ...]:
    """The condition at both ends of each range of its card, one constant at a time; none where it has no range."""
    return tuple(
        End(
            condition=f"{card.name}{',' if '@' in card.name else '@'}{step.step}.{parameter}={value:g}",
            constant=f"{step.step}.{parameter}",
            value=value,
        )
        for step in card.steps
        for parameter, both in step.ranges.items()
        for value in both
        if value != step.parameters[parameter]
    )


def changed(card: ConditionCard, changes: str) -> ConditionCard:
    """The condition with other constants: "meter.max_gain=8", or several with commas between.

    Raises:
        CardError: it has no such step or parameter, has the step more than once, or the value does not fit.
    """
    steps = list(card.steps)
    for change in changes.split(","):
        found = _CHANGE.fullmatch(change)
        if found is None:
            raise CardError(f"condition '{card.name}': expected step.parameter=value after @, found '{change}'")
        place = _place(card, found["step"])
        steps[place] = _with(card, steps[place], found["parameter"], found["value"])
    new = card.model_copy(update={"name": f"{card.name}@{changes}", "steps": tuple(steps)})
    validate(new)
    return new


def _place(card: ConditionCard, name: str) -> int:
    places = [place for place, step in enumerate(card.steps) if step.step == name]
    if not places:
        near = did_you_mean(name, {step.step for step in card.steps})
        raise CardError(f"condition '{card.name}': has no step '{name}'{near}")
    if len(places) > 1:
        raise CardError(f"condition '{card.name}': has {len(places)} steps '{name}'; change them in a card of your own")
    return places[0]


def _with(card: ConditionCard, step: Step, parameter: str, text: str) -> Step:
    types = signature(STEPS[step.step]).types
    if parameter not in types:
        near = did_you_mean(parameter, types)
        raise CardError(f"condition '{card.name}': {step.step} has no '{parameter}'{near}; it has {', '.join(types)}")
    # A range is one of the card's own number; with another number it is gone.
    ranges = {name: both for name, both in step.ranges.items() if name != parameter}
    return Step.model_validate({**step.parameters, "step": step.step, "ranges": ranges, parameter: _value(text)})


def _value(text: str) -> object:
    """The value as TOML would have it: a whole number, a number, true or false, or a word."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
