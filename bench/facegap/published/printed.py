"""Numbers as a published table prints them: whole ones, rates, and the errors that a rate stands for."""

from __future__ import annotations

import re

from facegap.claims.numbers import NUMBER, number_of
from facegap.claims.refusal import Refused
from facegap.errors import InputError
from facegap.words import plural


def whole_number(where: str, name: str, cell: str) -> int | None:
    """The whole number in a cell; None where it is blank."""
    if not cell:
        return None
    plain = re.fullmatch(r"([0-9]{1,15})(?:\.0+)?", cell)
    if plain:
        return int(plain[1])
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:[,. '\u2019\u00a0\u202f][0-9]{3})+", cell):
        raise InputError(f"{where}: {name}: '{cell}'; write {re.sub('[^0-9]', '', cell)}, without thousands marks")
    raise InputError(f"{where}: {name}: expected a whole number of 0 or more, found '{cell}'")


def printed_rate(where: str, cell: str) -> float | None:
    """The rate in a cell, such as 0.0012, 0.12 % or 1/60000; None where it is blank."""
    if not cell:
        return None
    found = NUMBER.fullmatch(cell)
    if not found:
        raise InputError(f"{where}: rate: '{cell}' is no number; write 0.0012, 0.12 % or 1/10000")
    try:
        value = float(number_of(found, cell).value)
    except Refused as refused:
        raise InputError(f"{where}: rate: {refused}") from None
    if not 0 <= value <= 1:
        raise InputError(f"{where}: rate: '{cell}' is more than all; write a share such as 0.0012, or 0.12 %")
    return value


def errors_of(
    where: str, errors: int | None, trials: int | None, rate: float | None, printed: str
) -> tuple[int | None, bool]:
    """The errors, and whether they were computed from the rate."""
    if errors is not None and trials is None:
        raise InputError(f"{where}: {plural(errors, 'error')} and no trials; without trials give the rate alone")
    if errors is not None and trials is not None:
        if errors > trials:
            raise InputError(f"{where}: {errors} errors among {trials} trials")
        if rate is not None and not _prints_as(errors, trials, rate, printed):
            raise InputError(f"{where}: the rate {printed} is not that of {errors} errors among {trials} trials")
        return errors, False
    if rate is None:
        raise InputError(f"{where}: neither errors nor a rate; a group without trials has errors 0 and trials 0")
    if trials is None:
        return None, False
    counted = round(rate * trials)
    if not _prints_as(counted, trials, rate, printed):
        raise InputError(f"{where}: no number of errors among {trials} trials has the rate {printed}")
    return counted, True


def _prints_as(errors: int, trials: int, rate: float, printed: str) -> bool:
    """Whether errors / trials could have been rounded, up or down, to the digits that were printed."""
    if trials == 0:
        return rate == 0
    return abs(errors / trials - rate) <= _last_digit(rate, printed) * 1.0000001


def _last_digit(rate: float, printed: str) -> float:
    """What one unit of the last printed digit is worth."""
    if "/" in printed or ":" in printed or " in " in printed:
        return 0.05 * rate
    digits = re.match(r"[0-9]*\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?", printed)
    decimals, power = (digits[1], digits[2]) if digits else ("", "")
    return float(10.0 ** (int(power or 0) - len(decimals)) * (0.01 if "%" in printed else 1.0))
