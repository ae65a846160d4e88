"""What a data set recorded of each picture besides its labels: how it was taken, how old the person was, and when."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facegap.cards.toml import Card
from facegap.records import NO_LABEL

OLDEST = 120
"""Years: an age above it, or below 0, is a mistake of the data set."""

NIST_AGES = (0, 13, 21, 36, 51, 66, 100)
"""Ages in whole years from which NIST's groups begin: (12-20], (20-35], (35-50], (50-65] and (65-99] of its page on
demographic effects in 1:1 comparison (pages.nist.gov/frvt/html/frvt_demographics.html), and children up to 12, whom
that page does not have."""

GAPS = (1.0, 5.0, 10.0, 20.0)
"""Years between two pictures from which bins begin, where neither card nor study says so; no standard has any."""

Years = Annotated[float, Field(ge=0, le=OLDEST)]


class ObservedColumn(Card):
    """A condition that was observed, not simulated: the phone that took the picture, its ISO, the light, the weather.

    `column` is the table's own, where it is not called like ours. Its values are as they stand, unless `values` names
    the known ones in their order, `map` renames raw ones ("iPhone12,1" -> "iPhone 11"; a key with * is a pattern), or
    `bins` cuts numbers: [100, 400] gives "below 100", "100 to below 400" and "400 and over". A label column of the same
    name gives its own values, and nothing of this is said again. A picture without a value, or with one that cannot be
    read so, is "unknown" and stays in. `per = "session"` has two values in one session of a person counted by a check;
    `optional` has a table without the column count as unknown.
    """

    column: str = ""
    values: tuple[str, ...] = ()
    map: dict[str, str] = Field(default_factory=dict)
    bins: tuple[float, ...] = ()
    per: Literal["session", "sample"] = "session"
    optional: bool = False

    @model_validator(mode="after")
    def _values_are_names(self) -> ObservedColumn:
        odd = [value for value in self.values if value in ("", NO_LABEL)]
        if odd:
            raise ValueError(f"values: '{odd[0]}': a value is not empty, and is not '{NO_LABEL}'")
        if len(set(self.values)) < len(self.values):
            raise ValueError(f"values: named twice: {', '.join(self.values)}")
        if self.bins and (self.values or self.map):
            raise ValueError("bins: they name the values of numbers; remove values and map, or bins")
        if list(self.bins) != sorted(set(self.bins)):
            raise ValueError("bins: expected ascending numbers")
        unknown = sorted(set(self.map.values()) - {*self.values, NO_LABEL})
        if self.values and unknown:
            raise ValueError(f"map: not in values: {', '.join(unknown)}")
        return self

    @property
    def says_values(self) -> bool:
        """Whether it says where its values stand or what they are."""
        return bool(self.column or self.values or self.map or self.bins or self.optional)

    @property
    def order(self) -> tuple[str, ...]:
        """The values in the order of every table; none where they are as found."""
        return bin_names(self.bins) if self.bins else self.values


class Ages(Card):
    """How old people are on their pictures, and when these were taken.

    `column` holds ages in years; or `birth` and `date` hold when a person was born and a picture taken, and an age is
    the whole years between. Dates have one of the forms `dates` (as of strptime); four digits are a year, and of ages
    of which only years are known one year may be wrong. `bins` makes the label column "age": "nist" for `NIST_AGES`, or
    edges of one's own in whole years, [0, 18, 40, 120] for "0-17", "18-39" and "40 and over"; none where the card has
    an `age` among its groups, or only a date. `gaps` are the years between two pictures of a person from which bins
    begin, where a study does not say. No age and no date is kept in results: bins alone.
    """

    column: str = ""
    birth: str = ""
    date: str = ""
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    bins: Literal["nist"] | tuple[Annotated[int, Field(ge=0, le=OLDEST)], ...] = ()
    gaps: tuple[Years, ...] = GAPS
    label_source: Literal["self-report", "record", "annotator", "classifier", "inferred", "generated"]

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Ages:
        if not (self.column or self.date):
            raise ValueError("column: where are the ages? name column, or birth and date")
        if self.birth and not self.date:
            raise ValueError("birth: an age needs the date of the picture too; name date")
        if self.bins and not (self.column or self.birth):
            raise ValueError("bins: a date alone gives no age; name column or birth, or remove bins")
        edges = self.edges
        if self.bins and (len(edges) < 2 or list(edges) != sorted(set(edges))):
            raise ValueError("bins: expected two or more ascending ages in whole years")
        check_gaps(self.gaps)
        return self

    @property
    def edges(self) -> tuple[int, ...]:
        """Ages from which the bins begin, and where the last one ends."""
        return NIST_AGES if self.bins == "nist" else self.bins

    @property
    def names(self) -> tuple[str, ...]:
        """The bins from young to old."""
        return tuple(_years(low, high) for low, high in pairwise(self.edges))

    @property
    def parts(self) -> dict[str, str]:
        """What is read: age, birth, date -> the table's own column."""
        return {name: own for name, own in (("age", self.column), ("birth", self.birth), ("date", self.date)) if own}


def check_gaps(gaps: tuple[float, ...]) -> None:
    """Whether bins of years can begin there.

    Raises:
        ValueError: they do not ascend, or one is 0, from which the first begins anyhow.
    """
    if list(gaps) != sorted(set(gaps)) or 0 in gaps:
        raise ValueError("expected ascending years above 0; the first bin begins at 0")


def bin_names(cuts: tuple[float, ...]) -> tuple[str, ...]:
    """Names of the bins that cuts make, both ends open."""
    inner = (f"{low:g} to below {high:g}" for low, high in pairwise(cuts))
    return (f"below {cuts[0]:g}", *inner, f"{cuts[-1]:g} and over")


def _years(low: int, high: int) -> str:
    if high >= OLDEST:
        return f"{low} and over"
    return f"{low}-{high - 1}" if high - low > 1 else f"{low}"
