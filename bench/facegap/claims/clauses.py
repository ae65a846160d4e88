"""The parts of a claim around its number: where it holds, at which threshold, in which gallery.

A `Reader` takes forms from the front of a text, and what it leaves is not understood; `Said` is what was taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from facegap.claims.numbers import NUMBER, Number, number_of
from facegap.claims.refusal import EXAMPLE, OTHERS, Refused, why_not
from facegap.tables.workbench import NO_THRESHOLD

Protocol = Literal["", "closed", "open"]

_OR_EQUAL = r"(?:\s+than)?\s+or\s+equal(?:\s+(?:to|than))?"
MOST = (
    rf"<\s*=|=<|≤|<|(?:less|lower|smaller){_OR_EQUAL}|(?:at|of)\s+most|max(?:imum|\.)?(?:\s+of)?(?=\s+[0-9])|"
    r"(?:no|not|never)\s+(?:more|higher|greater|larger)\s+than|(?:less|lower|smaller)\s+than|below|under|up\s+to|"
    r"(?:not|never)\s+(?:above|over)|(?:not|never)\s+exceed(?:s|ing)?|does\s+not\s+exceed"
)
LEAST = (
    rf">\s*=|=>|≥|>|(?:more|higher|greater|larger){_OR_EQUAL}|at\s+least|min(?:imum|\.)?(?:\s+of)?(?=\s+[0-9])|"
    r"(?:no|not|never)\s+(?:less|lower|smaller)\s+than|(?:more|higher|greater|larger)\s+than|above|over|exceeds|"
    r"(?:not|never)\s+(?:below|under)"
)
_VERB = r"(?:(?:(?:must|shall|should|will|may|can)\s+(?:be\s+)?|(?:is|are|stays|remains|to\s+be)\s+))?(?:of\s+)?"
RELATION = rf"{_VERB}(?:(?P<most>{MOST})|(?P<least>{LEAST}))(?![=<>])\s*"
WITHIN = r"(?:(?:is|are|stays|must\s+be|shall\s+be)\s+)?within\s+"
_CLAUSE = (
    r"(?:,\s*|\s+)(?:at\b|@|without\b|overall\b|for\s+everyone\b|in\s+the\s+(?:open|closed)\b|"
    r"(?:in|for|across|over)\s+(?:(?:every|each|all|any)\s+(?:the\s+)?(?:demographic\s+)?groups?|(?:the\s+)?groups?)\b)"
)
END = rf"(?=\s*@|{_CLAUSE}|\s*$)"
MIDDLE_END = rf"(?=\s*@|{_CLAUSE}|\s+(?:{RELATION}|{WITHIN})|\s*[<>≤≥=]|\s*$)"
_GROUPS = r"(?:in|for)\s+(?:every|each|all|(?P<any>any))\s+(?:the\s+)?(?:demographic\s+)?groups?\b"
_OVER_GROUPS = r"(?:across|over)\s+(?:(?:every|each|all)\s+)?(?:the\s+)?groups?\b"
_OF = rf"(?:of|by)\s+(?!{MOST}|{LEAST})"
_VENDOR = r"(?:the\s+)?(?:threshold\s+)?(?:of\s+the\s+)?vendor(?:['’]?s)?(?:\s+own)?(?:\s+threshold)?"
_TARGET = r"(?:threshold\s+)?(?:an?\s+|the\s+)?(?P<of>FMR|FPIR)\s*(?:<\s*=|≤|<|=|:|of\b)?\s*"

TIMES = r"(?:times|x|×)(?!\w)"
_THAT = r"(?:as\s+(?:high|large|great|often)\s+as\s+)?(?:(?:that|those|the\s+rate)\s+(?:of|in|for)\s+)?"
_REST = r"(?:all\s+)?(?:the\s+)?(?:other(?:s|\s+groups)?|rest)(?:['’]s?)?(?:\s+rate)?"
_NAMED = r"(?:the\s+)?(?:group\s+)?"
_NO_NAME = r"(?!the\b|every\b|each\b|all\b|any\b|(?:open|closed)\s+gallery\b)"

_SPACE = re.compile(r"^(?:\s*,(?!\s*(?:[0-9.]|$))\s*|\s+)")


@dataclass(kw_only=True)
class Said:
    """What was read so far."""

    metric: str = ""
    complement: bool = False
    measure: str = ""
    reference: str = ""
    rank: int | None = None
    scope: str | None = None
    in_any: bool = False
    columns: tuple[str, ...] | None = None
    threshold: str | None = None
    protocol: Protocol = ""
    seen: set[str] = field(default_factory=set)

    def once(self, what: str) -> None:
        """Note that a clause was read; raises `Refused` where it was read before."""
        if what in self.seen:
            raise Refused(f"not understood: two {what}s; one claim at a time")
        self.seen.add(what)


class Reader:
    """The rest of a text, from which forms are taken."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = text

    def take(self, form: str) -> re.Match[str] | None:
        """What the regular expression `form` finds in front, which is then gone; None where it does not stand there."""
        found = re.match(rf"(?:{form})", self.rest, re.IGNORECASE)
        if found:
            self.rest = _SPACE.sub("", self.rest[found.end() :])
        return found

    def number(self) -> Number | None:
        """The number in front, None where there is none; raises `Refused` for one that could be read in two ways."""
        found = NUMBER.match(self.rest)
        if not found:
            return None
        self.rest = _SPACE.sub("", self.rest[found.end() :])
        return number_of(found, self.text)


def take_group(reader: Reader, said: Said) -> None:
    """ "Of Black", where a comparison with another group follows."""
    if not re.search(rf"[0-9]\s*%?\s*{TIMES}(?!\s*[0-9])", reader.rest, re.IGNORECASE):
        return
    if found := reader.take(rf"(?:of|in|for)\s+{_NAMED}{_NO_NAME}(?P<name>.+?){MIDDLE_END}"):
        said.once("scope")
        said.scope = _unquoted(found["name"])


def take_compared(reader: Reader, said: Said) -> bool:
    """ "That of White", or of the other groups, which a ratio is one to; False where nothing stands there."""
    if reader.take(rf"{_THAT}{_REST}{END}") or reader.take(rf"each\s+other{END}"):
        return True
    found = reader.take(rf"{_THAT}{_NAMED}(?P<name>.+?)(?:['’]s?(?:\s+rate)?)?{END}")
    if found:
        said.reference = _unquoted(found["name"])
    return bool(found)


def _unquoted(name: str) -> str:
    return re.sub(r"^(['\"])(.+)\1$", r"\2", name)


def take_clauses(reader: Reader, said: Said, end: str) -> None:
    """Scope, threshold and gallery, in any order, each once."""
    taken: tuple[Callable[[Reader, Said, str], bool], ...] = (_gallery, _scope, _threshold)
    while any(clause(reader, said, end) for clause in taken):
        pass


def _gallery(reader: Reader, said: Said, _end: str) -> bool:
    found = reader.take(r"in\s+the\s+(open|closed)\s+gallery\b")
    if found:
        said.once("gallery")
        said.protocol = "closed" if found[1].lower() == "closed" else "open"
    return bool(found)


def _scope(reader: Reader, said: Said, end: str) -> bool:
    groups = _GROUPS if not said.measure else rf"{_GROUPS}|{_OVER_GROUPS}"
    if reader.take(r"(?:overall|for\s+everyone)\b"):
        said.scope = "overall"
        if re.match(_OF, reader.rest, re.IGNORECASE):
            raise Refused("overall is over everyone, so it has no groups of a label", EXAMPLE)
    elif found := reader.take(rf"(?:{groups})(?!\s+(?:together|combined|pooled|taken))"):
        said.scope, said.in_any = "every group", bool(found["any"])
    elif found := reader.take(rf"(?:in|for)\s+(?:the\s+)?group\s+(?P<name>.+?)(?=\s+of\s|{end})"):
        said.scope = _unquoted(found["name"])
    else:
        return False
    said.once("scope")
    if found := reader.take(rf"{_OF}(?P<columns>.+?){end}"):
        said.columns = tuple(re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", found["columns"].strip()))
    return True


def _threshold(reader: Reader, said: Said, end: str) -> bool:
    if re.match(rf"(?:{RELATION})", reader.rest, re.IGNORECASE):
        return False
    start = reader.rest
    if reader.take(r"(?:at\s+no|without\s+a(?:ny)?)\s+threshold\b"):
        said.threshold = NO_THRESHOLD
    elif not reader.take(r"(?:at\s+|@\s*)"):
        return False
    elif reader.take(rf"{_VENDOR}{end}"):
        said.threshold = "vendor"
    elif (target := _target(reader, end)) is not None:
        said.threshold = target
    elif found := reader.take(rf"(?P<name>.+?){end}"):
        said.threshold = _checked_name(reader, found["name"])
    else:
        reader.rest = start
        return False
    said.once("threshold")
    return True


def _target(reader: Reader, end: str) -> str | None:
    """ "FMR 0.001", "an FMR of 0.1 %", "0.1 % FMR" as the name of the threshold set there."""
    start = reader.rest
    found = reader.take(_TARGET)
    number = reader.number()
    if number and not found:
        found = reader.take(r"(?P<of>FMR|FPIR)\b")
    behind = start[: len(start) - len(reader.rest)].rstrip(" ,")
    if not found or number is None or not re.match(end, start[len(behind) :], re.IGNORECASE):
        reader.rest = start
        return None
    value = share(number.value, number)
    name = f"{value:g}"
    # Names of thresholds have six digits.
    return f"{found['of'].upper()} {name if abs(float(name) / value - 1) < 1e-12 else repr(value)}"


def _checked_name(reader: Reader, name: str) -> str:
    if re.match(rf"(?:an?\s+|the\s+)?(?:{'|'.join(OTHERS)}|equal\s+error)\b", name, re.IGNORECASE):
        raise why_not(reader.text)
    if re.match(r"(?:an?\s+|the\s+)?(?:score|similarity|threshold)\b.*[0-9]", name, re.IGNORECASE):
        raise Refused(
            f"not understood: 'at {name}'; a score of your own stands in the study, as thresholds.fixed",
            "FNMR <= 0.12 % in every group at fixed",
        )
    if re.match(r"rank\b", name, re.IGNORECASE):
        raise Refused(
            'a rank stands behind the metric: "FNIR at rank 1 <= 0.02 at FPIR 0.01"',
            "FNIR at rank 1 <= 0.02 at FPIR 0.01",
        )
    if re.search(r"\bconfiden", name, re.IGNORECASE):
        raise why_not(reader.text)
    if re.match(r"(?:FMR|FPIR|FNMR|FNIR|TAR)\b", name, re.IGNORECASE):
        raise why_not(
            reader.text, f'not understood: \'at {name}\'; a threshold is such as "at FMR 0.001" or "at vendor"'
        )
    return name


def share(value: Fraction, number: Number) -> float:
    """A rate above 0 and below 1; `number` is what was typed for it."""
    rate = float(value)
    if 0 < rate < 1:
        return rate
    percent = f', and a percentage is written "{number.typed} %"' if not number.unit and number.value > 1 else ""
    raise Refused(f"expected a rate above 0 and below 1, found {rate:g}{percent}")
