"""What is found within a person: the same comparisons in another place, by group, and whose faces are found there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facegap.report import paired, views, words
from facegap.schema import PairedRow, ThresholdRow
from facegap.store import Tables


def leads(tables: Tables) -> bool:
    """Whether people are shapes of a generator, so that what is found is found within a person."""
    return any(views.of_generator(tables, column) for column in views.section(tables.manifest.dataset, "groups"))


def sentences(tables: Tables, model: str, point: ThresholdRow) -> Iterator[str]:
    """One on every place but the baseline, by the first grouping whose groups are no other shapes, else of everyone."""
    by = next((one for one in views.groupings(tables) if not views.of_generator(tables, one)), views.EVERYONE)
    for condition in views.conditions(tables)[1:]:
        wanted = {"model": model, "threshold_name": point.name, "condition": condition, "grouping": by}
        rows = [row for row in views.select(tables[PairedRow], **wanted) if row.change is not None]
        if rows:
            yield _place(tables, rows, point)


def _place(tables: Tables, rows: Sequence[PairedRow], point: ThresholdRow) -> str:
    first = rows[0]
    where = f"{first.condition}, the same comparisons as under clean, {words.at(point.name, point.threshold)}"
    changes = "; ".join(f"{row.group} {paired.said(row)}" for row in rows)
    return f"{where}: {_found(tables, first)}turned away, {changes}. {_otherwise(rows)}".strip()


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
