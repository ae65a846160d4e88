"""Ages and dates: read exactly here, cut into bins for every table, and never kept.

An age that cannot be, or that contradicts the dates, is not corrected and not chosen: the picture's age is unknown, and
a finding counts it. The pictures stay in.
"""

from __future__ import annotations

import calendar
import datetime
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facegap.cards import DatasetCard
from facegap.cards.dataset import AGES
from facegap.cards.observed import OLDEST, Ages
from facegap.datasets.observed import lines_of_rows
from facegap.datasets.row import Row
from facegap.records import NO_LABEL, Finding
from facegap.words import plural

_YEAR = re.compile(r"\d{4}")
_FIRST_YEAR = 1800
"""Nobody photographed was born, and nothing taken, before it."""


@dataclass(frozen=True)
class When:
    """A day, or a year of which nobody said the day: then `day` is its middle."""

    day: datetime.date
    exact: bool

    @property
    def years(self) -> float:
        """Years of our era with a fraction, the same for the same day of every year, leap years or not."""
        return self.day.year + (self.day.month - 1) / 12 + (self.day.day - 1) / (12 * 31)


@dataclass(frozen=True)
class Moment:
    """When a picture was taken and how old the person was, as far as both are known."""

    age: float | None = None
    whole: int | None = None
    date: float | None = None
    faults: tuple[tuple[str, str], ...] = ()


_FAULTS = {
    "odd-age": (f"an age that is no number of years from 0 to {OLDEST}", "age counted as unknown; correct it"),
    "odd-date": (
        "a date that cannot be read",
        "date counted as unknown; correct it, or name its form in the card: ages.dates",
    ),
    "born-later": (
        "a person born after the picture was taken",
        "age and date counted as unknown; correct one of the two dates",
    ),
    "two-ages": (
        "an age that the dates contradict by more than a year",
        "age counted as unknown; correct one of them",
    ),
    "no-bin": ("an age outside of the card's bins", "age counted as unknown; add bins to the card"),
}
"""Rule -> what is wrong with a picture's age, and what to do."""


def moments_of(card: DatasetCard, rows: Sequence[Row]) -> list[Moment]:
    """What every row says of age and date; nothing where the card does not read them."""
    if card.ages is None:
        return [Moment()] * len(rows)
    born_twice = {subject for subject, _ in _born_twice(card, rows)}
    return [_moment(card.ages, row.labels, row.subject in born_twice) for row in rows]


def age_labels(ages: Ages, moments: Sequence[Moment]) -> list[str]:
    """The bin of every age, `NO_LABEL` where it is not known or in none."""
    return [_bin(ages, moment.whole) or NO_LABEL for moment in moments]


def years_of(moments: Sequence[Moment]) -> dict[str, npt.NDArray[np.float64]]:
    """(n,) ages and dates in years, NaN where unknown: what gaps come from."""
    return {
        "age": np.array([np.nan if one.age is None else one.age for one in moments], dtype=np.float64),
        "date": np.array([np.nan if one.date is None else one.date for one in moments], dtype=np.float64),
    }


def age_findings(card: DatasetCard, name: str, rows: Sequence[Row], moments: Sequence[Moment]) -> Iterator[Finding]:
    """One finding a kind of mistake, and one on people who were born twice."""
    if card.ages is None:
        return
    found: dict[str, list[tuple[Row, str]]] = defaultdict(list)
    for row, moment in zip(rows, moments, strict=True):
        for rule, detail in moment.faults:
            found[rule].append((row, detail))
        if card.ages.bins and moment.whole is not None and not _bin(card.ages, moment.whole):
            found["no-bin"].append((row, str(moment.whole)))
    for rule in (rule for rule in _FAULTS if rule in found):
        what, advice = _FAULTS[rule]
        yield Finding(
            level="warning",
            rule=rule,
            message=f"{name}: {plural(len(found[rule]), 'sample')} with {what}",
            examples=tuple(f"'{detail}' ({row.where})" for row, detail in found[rule]),
            advice=advice,
            count=len(found[rule]),
            lines=lines_of_rows(row for row, _ in found[rule]),
        )
    twice = list(_born_twice(card, rows))
    if twice:
        yield Finding(
            level="warning",
            rule="born-twice",
            message=f"{name}: {plural(len(twice), 'subject')} with two dates of birth",
            examples=tuple(f"'{subject}': {' and '.join(births)}" for subject, births in twice),
            advice="ages that come from them counted as unknown; correct them",
            count=len(twice),
        )


def _bin(ages: Ages, whole: int | None) -> str:
    if whole is None or not ages.edges[0] <= whole < _end(ages):
        return ""
    return ages.names[min(bisect_right(ages.edges, whole), len(ages.names)) - 1]


def _end(ages: Ages) -> int:
    """Behind the last bin; one that is open at the end holds the oldest too."""
    return OLDEST + 1 if ages.edges[-1] >= OLDEST else ages.edges[-1]


def _moment(ages: Ages, labels: Mapping[str, str], born_twice: bool) -> Moment:
    said, birth, date = (_said(labels, part) for part in ("age", "birth", "date"))
    faults: list[tuple[str, str]] = []
    born, taken = (_when(ages, text, faults) for text in (birth, date))
    age = _age(said, faults)
    known = None
    if born is not None and taken is not None and not born_twice:
        known = _between(born, taken)
        if known < 0:
            faults.append(("born-later", f"born {birth}, taken {date}"))
            return Moment(faults=tuple(faults))
        if known > OLDEST:
            faults.append(("odd-age", f"born {birth}, taken {date}"))
            return Moment(faults=tuple(faults))
    if age is not None and known is not None and abs(age - known) > 1:
        faults.append(("two-ages", f"{said}, born {birth}, taken {date}"))
        return Moment(date=taken.years if taken is not None else None, faults=tuple(faults))
    if known is not None and age is None and not said:
        assert born is not None and taken is not None
        exact = taken.years - born.years if born.exact and taken.exact else float(known)
        return Moment(age=exact, whole=known, date=taken.years, faults=tuple(faults))
    dated = taken.years if taken is not None else None
    return Moment(age=age, whole=None if age is None else int(age), date=dated, faults=tuple(faults))


def _said(labels: Mapping[str, str], part: str) -> str:
    raw = labels.get(f"{AGES}{part}", "").strip()
    return "" if raw == NO_LABEL else raw


def _age(said: str, faults: list[tuple[str, str]]) -> float | None:
    if not said:
        return None
    try:
        age = float(said)
    except ValueError:
        age = -1.0
    if 0 <= age <= OLDEST:
        return age
    faults.append(("odd-age", said))
    return None


def _when(ages: Ages, text: str, faults: list[tuple[str, str]]) -> When | None:
    """The day or the year that a text names; a year of two digits is one of a century that has begun."""
    if not text:
        return None
    found = _parsed(ages, text)
    if found is None or not _FIRST_YEAR <= found.day.year <= _today().year:
        faults.append(("odd-date", text))
        return None
    return found


def _parsed(ages: Ages, text: str) -> When | None:
    if _YEAR.fullmatch(text):
        return When(datetime.date(int(text), 7, 2), exact=False) if int(text) else None
    for form in ages.dates:
        try:
            day = datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
        if "%y" in form and day > _today():
            day = _century_before(day)
        return When(day, exact=True)
    return None


def _century_before(day: datetime.date) -> datetime.date:
    year = day.year - 100
    leap = day.day if (day.month, day.day) != (2, 29) or calendar.isleap(year) else 28
    return day.replace(year=year, day=leap)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _between(born: When, taken: When) -> int:
    """Whole years; between years alone their difference, which may be one too many."""
    years = taken.day.year - born.day.year
    if not (born.exact and taken.exact):
        return years
    return years - ((taken.day.month, taken.day.day) < (born.day.month, born.day.day))


def _born_twice(card: DatasetCard, rows: Sequence[Row]) -> Iterator[tuple[str, list[str]]]:
    """People of whom pictures name two days of birth, and those."""
    if card.ages is None or not card.ages.birth or not card.identities:
        return
    births: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.subject and (said := _said(row.labels, "birth")):
            births[row.subject].add(said)
    yield from ((subject, sorted(said)) for subject, said in births.items() if len(said) > 1)
