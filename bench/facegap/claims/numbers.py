"""A number in a claim, read as a careful reader would, or refused with what to write.

A point is the decimal mark. A comma, or a space, is a thousands mark, in the whole number after "in" or "per" alone and
before exactly three digits: "1 in 10,000". Elsewhere a comma may be meant as either, so it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from facegap.claims.refusal import Refused

_PLAIN = r"(?:[0-9]+(?:[.,'’][0-9]+)*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_POWER = r"10\s*(?:\^|\*\*)\s*\(?\s*[-+]?[0-9]+\s*\)?"
_VALUE = rf"(?:(?:(?P<factor>{_PLAIN})\s*[x×·*]\s*)?(?P<power>{_POWER})|(?P<digits>{_PLAIN}))"
_WHOLE = rf"(?:{_POWER}|[0-9]{{1,3}}(?:\s[0-9]{{3}})+(?![0-9])|{_PLAIN})"
_UNIT = (
    r"(?:\s*(?P<percent>%|per\s?cent\b|pct\b)"
    rf"|\s*(?:\b(?:in(?:\s+every)?|out\s+of|per)\s+|[/:]\s*)(?P<whole>{_WHOLE}))?"
)
NUMBER = re.compile(_VALUE + _UNIT, re.IGNORECASE)
_LARGEST = 10**15
_THOUSANDS = r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:\s[0-9]{3})+)"


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number as it was read.

    Attributes:
        value: exactly what was typed: "0.12 %" is 3/2500.
        typed: its words.
        unit: "%", "share" of a whole ("1 in 10,000"), or "" for a number alone.
    """

    value: Fraction
    typed: str
    unit: str


def number_of(found: re.Match[str], claim: str) -> Number:
    """The number that `NUMBER` found in `claim`.

    Raises:
        Refused: it could be read in two ways, or in none; with what to write.
    """
    digits, whole = found["digits"], found["whole"]
    value = _decimal(digits, claim) if digits else _power(found["power"])
    if found["factor"]:
        value *= _decimal(found["factor"], claim)
    if value > _LARGEST:
        raise Refused(f"'{found[0]}' is more than a claim could say")
    if found["percent"]:
        return Number(value=value / 100, typed=found[0], unit="%")
    if not whole:
        return Number(value=value, typed=found[0], unit="")
    parts = _whole(whole, claim)
    if not parts:
        raise Refused(f"'{found[0]}' is no number")
    return Number(value=value / parts, typed=found[0], unit="share")


def _decimal(digits: str, claim: str) -> Fraction:
    mantissa, _, exponent = digits.lower().partition("e")
    if re.fullmatch(r"[0-9]*\.?[0-9]+", mantissa) and len(exponent) < 5:
        return Fraction(digits)
    if re.fullmatch(r"[0-9]+,[0-9]+", mantissa):
        point = digits.replace(",", ".")
        either = f" or {digits.replace(',', '')}" if re.fullmatch(_THOUSANDS, mantissa) else ""
        raise Refused(
            f"'{digits}' has a comma, and the decimal mark is a point; write {point}{either}",
            "" if either else claim.replace(digits, point),
        )
    if re.fullmatch(_THOUSANDS, mantissa):
        plain = digits.replace(",", "")
        raise Refused(f"'{digits}' has commas; write {plain}", claim.replace(digits, plain))
    raise Refused(f"'{digits}' is no number; numbers are 0.0012, 1.2e-3, 10^-4, 0.12 % and 1 in 10,000")


def _whole(digits: str, claim: str) -> Fraction:
    """The whole number behind "in" or "per"."""
    if re.fullmatch(_POWER, digits, re.IGNORECASE):
        found = _power(digits)
    elif re.fullmatch(_THOUSANDS, digits):
        found = Fraction(re.sub(r"[^0-9]", "", digits))
    elif re.fullmatch(r"[1-9][0-9]{0,2}(?:[.'’][0-9]{3})+", digits):
        # 10.000 is ten thousand to some and ten to others; nobody says "1 in 10.000" and means ten.
        write = re.sub(r"[.'’]", ",", digits)
        raise Refused(f"'{digits}': thousands have a comma; write {write}", claim.replace(digits, write))
    elif re.fullmatch(r"[0-9]+(?:[eE]\+?[0-9]{1,4})?", digits):
        found = Fraction(digits)
    else:
        raise Refused(
            f"'{digits}' is no whole number, and a comma stands before exactly three digits; write such as 1 in 10,000"
        )
    if found.denominator != 1:
        raise Refused(f"'{digits}' is no whole number; write such as 1 in 10,000")
    return found


def _power(text: str) -> Fraction:
    exponent = re.sub(r"[^-+0-9]", "", re.split(r"\^|\*\*", text)[1])
    if len(exponent) > 4:
        raise Refused(f"'{text}' is no number; numbers are 0.0012, 1.2e-3, 10^-4, 0.12 % and 1 in 10,000")
    return Fraction(10) ** int(exponent)
