"""Parameters of steps: a card's values against the signature of the step's function.

A parameter is annotated with its type, its unit and its range: `Annotated[float, Range("lx", 0.01, 200_000)]`, a
`Literal` of words, or a plain `bool`. The signature is the only place where a parameter is declared.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from facegap.words import did_you_mean


@dataclass(frozen=True)
class Range:
    """Unit and inclusive range of a number."""

    unit: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What a step takes, gives and needs."""

    takes: type
    gives: type
    random: bool
    types: Mapping[str, Any]
    defaults: Mapping[str, object]


@lru_cache(maxsize=256)
def signature(function: Callable[..., Any]) -> Signature:
    """The function's signature, read once."""
    hints = get_type_hints(function, include_extras=True)
    gives = hints.pop("return")
    first, *others = inspect.signature(function).parameters.values()
    named = [parameter for parameter in others if parameter.name != "rng"]
    return Signature(
        takes=hints[first.name],
        gives=gives,
        random=len(named) != len(others),
        types={parameter.name: hints[parameter.name] for parameter in named},
        defaults={p.name: p.default for p in named if p.default is not inspect.Parameter.empty},
    )


def problems(function: Callable[..., Any], given: Mapping[str, object]) -> list[str]:
    """What is wrong with `given` as the function's parameters, one line each; empty where nothing is."""
    known = signature(function)
    lines = [
        f"{name}: unknown parameter{did_you_mean(name, known.types)}; known here: {', '.join(known.types) or 'none'}"
        for name in given
        if name not in known.types
    ]
    for name, kind in known.types.items():
        if name not in given:
            if name not in known.defaults:
                lines.append(f"{name}: missing; add it ({_wanted(kind)})")
        elif not _fits(kind, given[name]):
            lines.append(f"{name}: expected {_wanted(kind)}, found {given[name]!r}{_near_word(kind, given[name])}")
    return lines


def _wanted(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(word) for word in get_args(kind))
    if kind is bool:
        return "true or false"
    base, limits = get_args(kind)
    return f"{'a whole number' if base is int else 'a number'} from {limits}"


def _fits(kind: Any, value: object) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is bool:
        return isinstance(value, bool)
    base, limits = get_args(kind)
    if isinstance(value, bool) or not isinstance(value, int if base is int else (int, float)):
        return False
    return math.isfinite(value) and limits.low <= value <= limits.high


def _near_word(kind: Any, value: object) -> str:
    if get_origin(kind) is Literal and isinstance(value, str):
        return did_you_mean(value, get_args(kind))
    return ""
