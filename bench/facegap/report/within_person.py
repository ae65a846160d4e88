"""What is found within a person: one head under two labels, and the same comparisons in another place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facegap.report import paired, views, words
from facegap.schema import PairedRow, ThresholdRow, WithinPersonRow
from facegap.store import Tables

DIFFERS = "is turned away more"


def leads(tables: Tables) -> bool:
    """Whether findings are within a person: people are shapes of a generator, or are there under several labels."""
    shapes = any(views.of_generator(tables, column) for column in views.section(tables.manifest.dataset, "groups"))
    return shapes or bool(tables.manifest.dataset.get("same_person"))


def sentences(tables: Tables, model: str, point: ThresholdRow) -> Iterator[str]:
    """First on one person under two labels, the worst place first; then one on every place but the baseline.

    A place is spoken of by the first grouping whose groups are no other shapes, else of everyone.
    """
    for row in _worst_first(tables, model, point):
        yield f"{_labels(tables, row)}." + (f" Read with care: {row.caution}." if row.caution else "")
    by = next((one for one in views.groupings(tables) if not views.of_generator(tables, one)), views.EVERYONE)
    for condition in views.conditions(tables)[1:]:
        wanted = {"model": model, "threshold_name": point.name, "condition": condition, "grouping": by}
        rows = [row for row in views.select(tables[PairedRow], **wanted) if row.change is not None]
        if rows:
            yield _place(tables, rows, point, views.select(tables[WithinPersonRow], **wanted))


def _worst_first(tables: Tables, model: str, point: ThresholdRow) -> list[WithinPersonRow]:
    """Of every place the two labels that differ most: those that are shown to, or the one largest difference.

    A tested difference comes before one that is not; where none is tested, its reason is in the sentence.
    """
    every = views.select(tables[WithinPersonRow], model=model, threshold_name=point.name)
    of_place = [
        [row for row in every if row.condition == one and row.change is not None] for one in views.conditions(tables)
    ]
    most = sorted((min(rows, key=_rank) for rows in of_place if rows), key=_rank)
    return [row for row in most if row.verdict == DIFFERS] or most[:1]


def _rank(row: WithinPersonRow) -> tuple[bool, bool, float]:
    return row.verdict != DIFFERS, not row.verdict, -(row.change or 0.0)


def first(tables: Tables) -> tuple[str, str, str] | None:
    """Of all models the largest difference within the person: the model, a sentence, and what to read it with."""
    points = ((model, views.main_threshold(tables, model)) for model in views.models(tables))
    found = [row for model, point in points if point for row in _worst_first(tables, model, point)]
    if not found:
        return None
    row = min(found, key=_rank)
    return row.model, f"{_labels(tables, row)}.", row.caution


def _labels(tables: Tables, row: WithinPersonRow) -> str:
    """Who is turned away under which label, and what the test within people says; it alone decides the sentence."""
    heads = "heads" if tables.manifest.dataset.get("status") == "synthetic" else "people"
    where = f"{row.condition}, {words.at(row.threshold_name, row.threshold)}, within the person"
    one = row.comparisons == row.other_comparisons == row.people
    of, of_other = ("", "") if one else (_comparisons(row.comparisons), _comparisons(row.other_comparisons))
    turned = (
        f"of {of}{words.count(row.people)} {heads} as {row.group} {words.count(row.errors)} turned away, "
        f"of {of_other}the same {heads} as {row.other} {words.count(row.other_errors)}"
    )
    more = f"{words.count(row.more)} {heads} more often as {row.group} and {words.count(row.less)} as {row.other}"
    change = words.points(row.change, row.low, row.high)
    return f"{where}: {turned}; {change} points. {more}: {_verdict(tables, row)}"


def _verdict(tables: Tables, row: WithinPersonRow) -> str:
    if not row.verdict:
        return f"not tested, {row.note.partition('; ')[0].removeprefix('no verdict: ')}"
    said = "turned away more often" if row.verdict == DIFFERS else "not shown to be turned away more often"
    return f"{row.group} is {said} than {row.other} ({_p(tables, row)})"


def _comparisons(number: int | None) -> str:
    return f"{words.count(number)} comparisons of "


def _p(tables: Tables, row: WithinPersonRow) -> str:
    """The p-value that decides, and over how many pairs of labels it is adjusted."""
    key = ("model", "condition", "grouping", "threshold_name")
    alike = views.select(tables[WithinPersonRow], **{name: getattr(row, name) for name in key})
    tests = sum(other.p is not None for other in alike)
    return f"p {words.number(row.p_holm, 2)}" + (f" after Holm’s adjustment over {tests} pairs" if tests > 1 else "")


def _place(
    tables: Tables, rows: Sequence[PairedRow], point: ThresholdRow, same_person: Sequence[WithinPersonRow]
) -> str:
    first = rows[0]
    where = f"{first.condition}, the same comparisons as under clean, {words.at(point.name, point.threshold)}"
    changes = "; ".join(f"{row.group} {paired.said(row)}" for row in rows)
    tested = [row for row in same_person if row.interaction_verdict]
    otherwise = _within(tested) if same_person else _otherwise(rows)
    return f"{where}: {_found(tables, first)}turned away, {changes}. {otherwise}".strip()


def _within(tested: Sequence[WithinPersonRow]) -> str:
    """Whether a place harms one label more than the other within people; its test alone decides it."""
    if not tested:
        return ""
    row = min(tested, key=lambda row: (row.interaction_verdict != paired.CHANGES, -abs(row.interaction or 0.0)))
    change = words.points(row.interaction, row.interaction_low, row.interaction_high)
    said = "changes otherwise" if row.interaction_verdict == paired.CHANGES else "is not shown to change otherwise"
    p = f"p {words.number(row.interaction_p_holm, 2)}"
    many = f" after Holm’s adjustment over {len(tested)} pairs" if len(tested) > 1 else ""
    return f"Within the person {row.group} {said} than {row.other}: {change} points, {p}{many}."


def _found(tables: Tables, like: PairedRow) -> str:
    """In how many pictures of each group a face was found."""
    wanted = {"condition": like.condition, "grouping": like.grouping}
    rows = [row for row in views.rates(tables, like.model, "FTA", **wanted) if row.trials is not None]
    shown = [
        f"{words.count(row.trials - (row.errors or 0))} of {words.count(row.trials)}" for row in rows if row.trials
    ]
    named = [f"{row.group} {text}" for row, text in zip(rows, shown, strict=False)]
    return f"a usable face was found in {', '.join(named)} selfies; " if named else ""


def _otherwise(rows: Sequence[PairedRow]) -> str:
    """Which groups the place harms otherwise than the others; its test alone decides it."""
    differ = [row for row in rows if row.verdict == paired.CHANGES]
    if differ:
        said = [f"{row.group} {'more' if (row.against_others or 0.0) > 0 else 'less'}" for row in differ]
        return f"Changed otherwise than the other groups, after Holm’s adjustment: {', '.join(said)}."
    tested = any(row.verdict for row in rows)
    return "No group is shown to change otherwise than the others." if tested else ""
