"""From a raw value of a file to a label of the card."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fnmatch import fnmatchcase

from facegap.cards.dataset import GroupColumn
from facegap.records import NO_LABEL

JOINT = " + "
"""Between the labels of a list where the card joins them, and between the flags that are set."""

NO_FLAG = "none"
"""The raw value where none of a label's flags is set."""


def label_of(group: GroupColumn, raw: str) -> str:
    """The label as the card calls it; "" where the raw value is none of the card's."""
    if raw in ("", NO_LABEL):
        return NO_LABEL
    if raw not in group.map and raw not in group.values:
        parts = parts_of(raw)
        if parts is not None:
            return _of_several(group, parts)
    value = _mapped(group, raw)
    if value == NO_LABEL:
        return value
    if group.bands and value not in group.map.values():
        return _band(group, value)
    return value if value in group.values else ""


def _mapped(group: GroupColumn, raw: str) -> str:
    """By the card's map: the value itself first, then the first pattern with * that it matches, whatever its case."""
    if raw in group.map:
        return group.map[raw]
    found = (label for key, label in group.map.items() if "*" in key and fnmatchcase(raw.casefold(), key.casefold()))
    return next(found, raw)


def parts_of(raw: str) -> list[str] | None:
    """The labels of a cell that holds a list, as Python or JSON writes it; None for any other cell."""
    if not (raw.startswith("[") and raw.endswith("]")):
        return None
    try:
        found = ast.literal_eval(raw)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    whole = isinstance(found, list) and all(isinstance(part, str | int | float) for part in found)
    return [str(part).strip() for part in found] if whole else None


def _of_several(group: GroupColumn, parts: Sequence[str]) -> str:
    """The label that a list gives by the card's rule; a list of one gives that one, an empty one none."""
    distinct = list(dict.fromkeys(_mapped(group, part) for part in parts if part))
    if not distinct:
        return NO_LABEL
    if len(distinct) == 1 or group.lists == "first":
        return label_of(group, distinct[0])
    if group.lists == "last":
        return label_of(group, distinct[-1])
    if group.lists == "joined":
        joined = _mapped(group, JOINT.join(distinct))
        return joined if joined in group.values else ""
    return ""


def _band(group: GroupColumn, raw: str) -> str:
    """The band that a number lies in: edges[k] <= number < edges[k + 1]; "" for no number or outside the bands."""
    if not is_number(raw):
        return ""
    number = float(raw)
    for label, low, high in zip(group.values, group.bands, group.bands[1:], strict=False):
        if low <= number < high:
            return label
    return ""


def is_number(raw: str) -> bool:
    """Whether a cell holds a number."""
    try:
        float(raw)
    except ValueError:
        return False
    return True
