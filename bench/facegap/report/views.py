"""Which rows the page speaks of first: models, conditions, groups and the operating point that it reads at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import wraps
from operator import attrgetter
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from facegap.estimate.cautions import FEW_SUBJECTS
from facegap.records import has_label
from facegap.schema import IdentificationRow, RateRow, ThresholdRow
from facegap.store import Tables

RowT = TypeVar("RowT")
Given = ParamSpec("Given")
GroupRate = RateRow | IdentificationRow
RatedT = TypeVar("RatedT", bound=GroupRate)

RULE_OF_30 = 30
"""False matches behind a threshold from which on its realised FMR is trusted (Doddington's rule of 30)."""

FEW_PEOPLE = FEW_SUBJECTS
"""People below which an interval tends to be too narrow, so that the group is marked."""

EVERYONE = ""
"""Grouping of the rows over everyone."""

VENDOR = "vendor"
"""Name of the operating point that a model's card gives as its vendor's own."""


def select(rows: Iterable[RowT], **wanted: object) -> list[RowT]:
    """Rows whose columns equal `wanted`."""
    if not wanted:
        return list(rows)
    read, values = attrgetter(*wanted), tuple(wanted.values())
    value = values[0] if len(values) == 1 else values
    return [row for row in rows if read(row) == value]


def once_per_run(found: Callable[Concatenate[Tables, Given], RowT]) -> Callable[Concatenate[Tables, Given], RowT]:
    """`found(tables, ...)` is computed once for each `tables` and arguments: every row of a page asks again."""
    known: WeakKeyDictionary[Tables, dict[Hashable, RowT]] = WeakKeyDictionary()

    @wraps(found)
    def kept(tables: Tables, /, *given: Given.args, **named: Given.kwargs) -> RowT:
        mine, key = known.setdefault(tables, {}), (given, *sorted(named.items()))
        if key not in mine:
            mine[key] = found(tables, *given, **named)
        return mine[key]

    return kept


def once(values: Iterable[Any]) -> list[Any]:
    """Distinct values in order of first appearance."""
    return list(dict.fromkeys(values))


@once_per_run
def models(tables: Tables) -> list[str]:
    """Names of the models in the order of the rates table."""
    return once(row.model for row in tables[RateRow])


def from_elsewhere(tables: Tables, model: str) -> bool:
    """Whether others ran the model: its failures are as they reported them, and no face was looked for."""
    return any(card.get("name") == model and "given" in card for card in tables.manifest.models)


@once_per_run
def conditions(tables: Tables) -> list[str]:
    """Names of the conditions, the one that thresholds were set under first; without those that only try a constant."""
    tried = ends(tables)
    found = [name for name in once(row.condition for row in tables[RateRow]) if name not in tried]
    base = baseline(tables)
    return [base, *(name for name in found if name != base)] if found else []


@once_per_run
def ends(tables: Tables) -> frozenset[str]:
    """Conditions that are another one of this run with one constant changed: `sensitivity` reads them."""
    asked = tables.manifest.study.get("conditions", ())
    return frozenset(name for name in asked if "@" in name and name.partition("@")[0] in asked)


@once_per_run
def baseline(tables: Tables) -> str:
    """The condition that thresholds were set under, or the first one."""
    found = once(row.condition for row in tables[RateRow])
    asked = section(section(tables.manifest.study, "thresholds"), "condition")
    return asked if asked in found else next(iter(found), "")


@once_per_run
def worst_condition(tables: Tables, model: str) -> str:
    """The condition in which most genuine people of all are turned away at the main operating point."""
    point = main_threshold(tables, model)
    name = point.name if point is not None else ""
    rows = [r for r in rates(tables, model, "FNMR", threshold_name=name, grouping=EVERYONE) if r.rate is not None]
    worst = max(rows, key=lambda row: row.rate if row.rate is not None else 0.0, default=None)
    return worst.condition if worst is not None else baseline(tables)


@once_per_run
def with_curves(tables: Tables, model: str) -> list[str]:
    """Conditions whose curves are drawn: the baseline and the worst; of many, drawing all would take minutes."""
    return once([baseline(tables), worst_condition(tables, model)])


def same_heads(tables: Tables) -> bool:
    """Whether groups hold the same people, as in a causal design: a pair across groups may then show one person."""
    drawn = section(section(tables.manifest.study, "dataset"), "synthetic")
    return bool(section(drawn, "design") == "causal")


def of_generator(tables: Tables, grouping: str) -> bool:
    """Whether the groups are shapes of a generator: what tells them apart is no finding."""
    cards = section(tables.manifest.dataset, "groups")
    return any(bool(section(cards, column).get("generated_shape")) for column in grouping.split(", "))


def section(content: Any, key: str) -> Any:
    """`content[key]` where content is a mapping that has it, else an empty mapping."""
    return content.get(key, {}) if isinstance(content, dict) else {}


@once_per_run
def groupings(tables: Tables) -> list[str]:
    """Groupings in the order of the rates table, without the rows over everyone."""
    return once(row.grouping for row in tables[RateRow] if row.grouping != EVERYONE)


def first_grouping(tables: Tables) -> str:
    """The study's first grouping; "" where it has none."""
    return next(iter(groupings(tables)), EVERYONE)


def name_part(tables: Tables, grouping: str) -> list[str]:
    """What a figure's file name says of its grouping: nothing of the study's first, of another its number and name."""
    every = groupings(tables)
    number = every.index(grouping) if grouping in every else 0
    return [f"{number + 1} {grouping}"] if number else []


def by_words(tables: Tables, grouping: str) -> str:
    """ ", by region, gender," in a title; nothing where the study has one grouping."""
    return f", by {grouping}," if len(groupings(tables)) > 1 else ""


def min_subjects(tables: Tables) -> int:
    """The smallest group that enters a summary, as the study says."""
    value = section(section(tables.manifest.study, "statistics"), "min_subjects")
    return value if isinstance(value, int) else 10


@once_per_run
def thresholds(tables: Tables, model: str) -> list[ThresholdRow]:
    """Operating points of `model` in the order of the table, those with 1:1 rates only."""
    used = {row.threshold_name for row in tables[RateRow] if row.model == model}
    return [row for row in tables[ThresholdRow] if row.model == model and row.name in used]


@once_per_run
def main_threshold(tables: Tables, model: str) -> ThresholdRow | None:
    """The strictest operating point that rests on at least 30 false matches; the first where none does."""
    points = thresholds(tables, model)
    solid = [p for p in points if p.target is not None and (p.false_matches or 0) >= RULE_OF_30]
    strictest = sorted(solid, key=lambda p: p.target if p.target is not None else 1.0)
    return next(iter([*strictest, *points]), None)


@once_per_run
def leading_thresholds(tables: Tables, model: str) -> list[ThresholdRow]:
    """Operating points that are spoken of, in order: the vendor's own, which users meet first, then the main one."""
    main = main_threshold(tables, model)
    vendor = [point for point in thresholds(tables, model) if point.name == VENDOR]
    return once([*vendor, *([main] if main is not None else [])])


def rates(tables: Tables, model: str, metric: str, **wanted: object) -> list[RateRow]:
    """Rows of a metric with failures counted; those of conditions that only try a constant where they are asked for."""
    tried = ends(tables) if "condition" not in wanted else frozenset()
    return [row for row in select(_counted(tables, model, metric), **wanted) if row.condition not in tried]


@once_per_run
def _counted(tables: Tables, model: str, metric: str) -> list[RateRow]:
    return select(tables[RateRow], model=model, metric=metric, failures="counted")


def open_searches(tables: Tables, model: str) -> list[IdentificationRow]:
    """FPIR rows and threshold-only FNIR rows of the open-set searches in the baseline condition, failures counted.

    At the thresholds that were set for searches where there are any, else at those of the 1:1 comparisons.
    """
    wanted = {"model": model, "protocol": "open", "condition": baseline(tables), "failures": "counted"}
    rows = [
        row
        for row in select(tables[IdentificationRow], **wanted)
        if row.threshold is not None and (row.metric == "FPIR" or row.rank == "N")
    ]
    one_to_one = {point.name for point in tables[ThresholdRow] if point.model == model}
    own = [row for row in rows if row.threshold_name not in one_to_one]
    return own if own else rows


def entering(rows: Sequence[RatedT], least: int) -> list[RatedT]:
    """Rows that may be called highest or lowest: with a rate, a label, and at least `least` people."""
    return [
        row
        for row in rows
        if row.rate is not None and (row.subjects is None or row.subjects >= least) and has_label(row.group)
    ]


@once_per_run
def solid_groups(tables: Tables, model: str, grouping: str | None = None) -> set[str]:
    """Groups of `grouping`, the first one unless named, with a label and as many people as enter a summary."""
    by = first_grouping(tables) if grouping is None else grouping
    rows = [row for row in tables[RateRow] if row.model == model and row.grouping == by]
    return {row.group for row in entering(rows, min_subjects(tables))}


@once_per_run
def few_people(tables: Tables, model: str, grouping: str | None = None) -> set[str]:
    """Groups of `grouping`, the first one unless named, with fewer people than an interval can be trusted on."""
    by = first_grouping(tables) if grouping is None else grouping
    rows = [row for row in tables[RateRow] if row.model == model and row.grouping == by and row.subjects is not None]
    most: dict[str, int] = {}
    for row in rows:
        most[row.group] = max(most.get(row.group, 0), row.subjects or 0)
    return {group for group, people in most.items() if people < FEW_PEOPLE}


def height(row: GroupRate) -> tuple[float, float]:
    """By what rows are called high: the rate, then its upper bound."""
    return row.rate or 0.0, row.high or 0.0


def extremes(rows: Sequence[RatedT], least: int) -> tuple[RatedT, RatedT] | None:
    """The rows with the highest and the lowest rate, of equal ones by upper bound; None where fewer than two enter."""
    known = sorted(entering(rows, least), key=height)
    return (known[-1], known[0]) if len(known) > 1 else None
