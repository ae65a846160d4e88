"""Numbers in words: percentages, counts of people, intervals. Formatting alone; every number comes from a table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from facegap.report.marks import Mark, Rated, Shown
from facegap.report.views import VENDOR
from facegap.schema import IdentificationRow
from facegap.words import plural


class Noted(Protocol):
    """A row with cautions and a note."""

    @property
    def caution(self) -> str: ...
    @property
    def note(self) -> str: ...


SPACE = "\u00a0"
DASH = "\u2013"


def count(value: int | None) -> str:
    """1234567 -> "1,234,567"; None -> a dash."""
    return DASH if value is None else f"{value:,}"


def number(value: float | None, digits: int = 3) -> str:
    """`digits` significant digits; None -> a dash."""
    if value is None:
        return DASH
    if math.isinf(value):
        return "above every score" if value > 0 else "below every score"
    text = f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
    return text.replace("-", "\u2212")


def score(value: float | None) -> str:
    """A score or threshold, four significant digits."""
    return number(value, 4)


def _percent_digits(value: float) -> str:
    """100 x `value` with one decimal from 1 % on, with two significant digits below, never with an exponent."""
    percent = 100 * value
    if percent == 0:
        return "0"
    rounded = float(f"{percent:.1e}")
    decimals = 1 if rounded >= 1 else 1 - math.floor(math.log10(rounded))
    return f"{percent:.{decimals}f}"


def percent(value: float | None) -> str:
    """0.00523 -> "0.52 %"; None -> a dash."""
    return DASH if value is None else f"{_percent_digits(value)}{SPACE}%"


def exact_percent(value: float | None) -> str:
    """A number that was chosen, not measured, such as a level or a target: 0.95 -> "95 %"; None -> a dash."""
    return DASH if value is None else f"{100 * value:.6g}{SPACE}%"


def interval(low: float | None, high: float | None) -> str:
    """An interval of percentages such as "0.40–0.71 %"; a dash where there is none."""
    if low is None or high is None:
        return DASH
    return f"{_percent_digits(low)}{DASH}{_percent_digits(high)}{SPACE}%"


def rate(row: Shown) -> str:
    """The rate with its interval; "0 of 600: up to 0.5 %" where no error was seen; the reason where there is none."""
    if row.rate is None:
        return f"not estimated ({row.note})" if row.note else "not estimated"
    if row.errors == 0:
        return f"0 of {count(row.trials)}: up to {percent(row.high)}"
    return f"{percent(row.rate)} ({interval(row.low, row.high)})"


def by_people(row: Shown) -> str:
    """The rate by people with its interval; a dash where there is none."""
    if row.by_people is None:
        return DASH
    if row.errors == 0:
        return f"up to {percent(row.by_people_high)}"
    return f"{percent(row.by_people)} ({interval(row.by_people_low, row.by_people_high)})"


def rate_of(row: Rated) -> str:
    """As `rate`, with errors and comparisons."""
    if row.rate is None or row.errors == 0:
        return rate(row)
    return f"{percent(row.rate)} ({interval(row.low, row.high)}; {count(row.errors)} of {count(row.trials)})"


def people_scale(rows: Iterable[Mark]) -> int:
    """Of how many people to speak so that the largest upper bound is at least five of them: 1,000 to 10 million."""
    top = max((row.high for row in rows if row.high is not None), default=0.0)
    scale = 1_000
    while top * scale < 5 and scale < 10_000_000:
        scale *= 10
    return scale


def people(row: Mark, scale: int = 1_000) -> str:
    """Counts in people: "61 (48–76)" of `scale`, "0 (up to 5)" where no error was seen, a dash where not estimated."""
    if row.rate is None:
        return DASH
    if row.low is None or row.high is None:
        return whole(row.rate * scale)
    if row.errors == 0:
        return f"0 seen (up to {whole(row.high * scale)})"
    return f"{whole(row.rate * scale)} ({whole(row.low * scale)}{DASH}{whole(row.high * scale)})"


def whole(value: float) -> str:
    """A number of people: whole from one on, else with one digit."""
    return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:.1g}"


def at(threshold_name: str, threshold: float | None) -> str:
    """The operating point in words: "at FMR=0.001 (score ≥ 0.559)"."""
    if threshold is None:
        return "without a threshold"
    return f"at {point(threshold_name)} (score ≥ {score(threshold)})"


def point(threshold_name: str) -> str:
    """The name of an operating point in a sentence."""
    return "the vendor’s own threshold" if threshold_name == VENDOR else threshold_name


def moment(text: str) -> str:
    """ "2026-11-21T20:58:09+00:00" -> "2026-11-21 20:58 UTC"; anything else as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?(?:Z|\+00:00)", text)
    return f"{found[1]} {found[2]} UTC" if found else text


def search_point(row: IdentificationRow) -> str:
    """FNIR(N, R, T) in words: gallery size, rank and threshold."""
    rank = "any rank" if row.rank == "N" else f"rank {row.rank}"
    name = "no threshold" if row.threshold is None else f"{row.threshold_name} (score ≥ {score(row.threshold)})"
    return f"{row.protocol}, {rank}, {name}"


def flags(row: Rated, min_subjects: int) -> str:
    """Why to read a row with care: too few people for a summary, and the cautions of the table; "" where neither."""
    found = []
    if row.subjects is not None and row.subjects < min_subjects:
        found.append(f"fewer than {min_subjects} people: left out of the summaries")
    if row.caution:
        found.append(row.caution)
    if row.rate is None and row.note.startswith("suppressed"):
        found.append(row.note)
    return "; ".join(found)


def noted(row: Noted) -> str:
    """The cautions and the note of a row, for a cell of a table."""
    return "; ".join(part for part in (row.caution, row.note) if part)


def signed_points(value: float) -> str:
    """0.483 -> "+48.3": percentage points."""
    return f"{100 * value:+.1f}".replace("-", "\u2212")


def points(value: float | None, low: float | None, high: float | None) -> str:
    """A difference of rates in percentage points with its interval; a dash where there is none."""
    if value is None:
        return DASH
    if low is None or high is None:
        return f"{signed_points(value)} (no interval)"
    return f"{signed_points(value)} ({signed_points(low)} to {signed_points(high)})"


def reach(low: float | None, high: float | None) -> str:
    """ "1.3 to 4.5", "1.3 or more" without an upper end; a dash where there is none."""
    if low is None:
        return DASH
    if high is None:
        return f"{number(low)} or more"
    return f"{number(low)} to {number(high)}"


def span(values: Iterable[int]) -> str:
    """ "40 to 120"; one number where all are equal; a dash where there is none."""
    known = sorted(values)
    if not known:
        return DASH
    return count(known[0]) if known[0] == known[-1] else f"{count(known[0])} to {count(known[-1])}"


def listed(names: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    items = list(names)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def departing(departures: Sequence[str]) -> str:
    """How a run stands to its sealed protocol."""
    if not departures:
        return "departs from it in nothing"
    return f"departs from it in {plural(len(departures), 'point')}"
