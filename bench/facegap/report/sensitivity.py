"""How far the constants of a condition carry: who is turned away at both ends of each range that its card gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facegap.report import views, words
from facegap.report.marks import as_people
from facegap.report.style import Table
from facegap.schema import RateRow, ThresholdRow
from facegap.store import Tables

ONE_AT_A_TIME = "One constant at a time: several that are off together may carry further."

PHRASES = {
    "meter.max_gain": "how much gain the phone allows",
    "meter.max_time_s": "how long the phone exposes",
    "meter.target": "how bright the phone makes what it meters",
    "lens.glare": "how much the lens veils",
    "backlight.ratio": "how bright the window is",
    "illumination.lux": "how much light there is",
    "sensor.read_noise": "how much the sensor's read-out adds",
    "camera.full_well": "how much light a pixel holds",
    "camera.read_share": "how much of the sensor is read",
}
"""What a constant is to somebody who has never heard its name; of others the name is said."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Rates of one group under one condition as one constant goes over its range.

    Attributes:
        constant: "step.parameter".
        ends: (value, row) at each end that was run, ascending.
        use: the row at the card's own number.
    """

    constant: str
    ends: tuple[tuple[float, RateRow], ...]
    use: RateRow

    @property
    def rates(self) -> tuple[float, float]:
        """The lowest and the highest rate over the range, the card's own number included."""
        seen = [row.rate for row in (self.use, *(row for _, row in self.ends)) if row.rate is not None]
        return min(seen), max(seen)


def reaches(rows: Sequence[RateRow], use: RateRow) -> list[Reach]:
    """Of each constant that was tried, the widest first; `rows` hold those of the ends too."""
    if use.rate is None:
        return []
    found: dict[str, list[tuple[float, RateRow]]] = {}
    for row in rows:
        base, at, change = row.condition.partition("@")
        same = (row.grouping, row.group) == (use.grouping, use.group)
        if at and base == use.condition and same and row.rate is not None and "," not in change:
            constant, _, value = change.partition("=")
            found.setdefault(constant, []).append((float(value), row))
    made = [
        Reach(constant=constant, ends=tuple(sorted(ends, key=lambda end: end[0])), use=use)
        for constant, ends in found.items()
    ]
    return sorted(made, key=lambda reach: reach.rates[0] - reach.rates[1])


def with_ends(tables: Tables, model: str, metric: str, threshold_name: str) -> list[RateRow]:
    """Rates of a metric by people where they are read so, those of the conditions that try a constant included."""
    wanted = {"model": model, "metric": metric, "threshold_name": threshold_name, "failures": "counted"}
    return [as_people(row) if metric == "FNMR" else row for row in views.select(tables[RateRow], **wanted)]


def band(tables: Tables, model: str, point: ThresholdRow, use: RateRow) -> str:
    """How far the sentence on `use` hangs on a constant that is not known well; "" where none was tried."""
    found = reaches(with_ends(tables, model, use.metric, point.name), use)
    if not found:
        return ""
    low, high = found[0].rates
    if low == high:
        tried = words.listed(phrase(reach) for reach in found)
        return f"Under {use.condition} they do not change over {tried}."
    scale = words.people_scale([use, *(row for _, row in found[0].ends)])
    many = f"{words.whole(low * scale)} to {words.whole(high * scale)} of {words.count(scale)}"
    return f"Under {use.condition} they are {many}, by {phrase(found[0])}. {ONE_AT_A_TIME}"


def phrase(reach: Reach) -> str:
    """The constant in words, with its range."""
    low, high = reach.ends[0][0], reach.ends[-1][0]
    said = PHRASES.get(reach.constant, reach.constant)
    return f"{said} ({reach.constant}, {low:g} to {high:g})" if low != high else f"{said} ({reach.constant}, {low:g})"


def band_table(tables: Tables, model: str) -> tuple[str, Table]:
    """Everyone, and in each condition the group that is turned away most: rates at the ends of every range."""
    point = views.main_threshold(tables, model)
    if point is None or not views.ends(tables):
        return "", Table((), [])
    body = []
    for metric, name in (("FNMR", point.name), ("FTA", "")):
        rows = with_ends(tables, model, metric, name)
        for use in _read(tables, rows):
            body += [_line(reach) for reach in reaches(rows, use)]
    title = f"{model}: how far the constants carry, {words.at(point.name, point.threshold)}. {ONE_AT_A_TIME}"
    head = ("Condition", "Rate", "Group", "Constant", "As used", "At one end", "At the other end")
    return title, Table(head, body)


def _read(tables: Tables, rows: Sequence[RateRow]) -> list[RateRow]:
    """Per condition, everyone and the worst group that is large enough."""
    found = []
    for condition in views.conditions(tables):
        own = [row for row in rows if row.condition == condition]
        found += [row for row in own if row.grouping == views.EVERYONE]
        groups = views.entering([row for row in own if row.grouping != views.EVERYONE], views.min_subjects(tables))
        found += sorted((row for row in groups if row.rate is not None), key=views.height)[-1:]
    return found


def _line(reach: Reach) -> tuple[str, ...]:
    use, ends = reach.use, [f"{value:g}: {words.rate(row)}" for value, row in reach.ends]
    # Where the card uses one end of its range, the other is all that was tried beside it.
    return use.condition, use.metric, use.group, reach.constant, words.rate(use), ends[0], ends[-1] if ends[1:] else ""


def not_tried(tables: Tables) -> list[str]:
    """Conditions whose cards give ranges of which this run tried none."""
    tried = {name.partition("@")[0] for name in views.ends(tables)}
    cards = [card for card in tables.manifest.conditions if any(step.get("ranges") for step in card.get("steps", ()))]
    return [str(card["name"]) for card in cards if card["name"] not in tried and "@" not in str(card["name"])]
