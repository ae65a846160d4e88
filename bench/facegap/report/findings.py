"""The findings: at most five sentences a model, each with its n, interval and operating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facegap.report import paired, versus_rest, views, words
from facegap.report.marks import Rated
from facegap.schema import CrossRow, DifferentialRow, IdentificationRow, PairedRow, RateRow, ThresholdRow
from facegap.store import Tables

MOST = 5


@dataclass(frozen=True)
class Sentence:
    """One finding, and the section of the page that holds its table."""

    text: str
    anchor: str


def findings(tables: Tables, model: str) -> list[Sentence]:
    """At most five sentences on `model`, read at its main operating point."""
    point = views.main_threshold(tables, model)
    found: list[Sentence | None] = []
    if point is not None:
        found = [
            _turned_away(tables, model, point),
            _condition(tables, model, point),
            _passes(tables, model, point),
            _cross(tables, model, point),
        ]
    found += [_search(tables, model), _acquisition(tables, model)]
    return [sentence for sentence in found if sentence is not None][:MOST]


def _turned_away(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    rows = _group_rows(tables, model, "FNMR", point)
    ends = views.extremes(rows, views.min_subjects(tables))
    if ends is None:
        return _without(tables, model, "FNMR", point)
    worst, best = ends
    scale = words.people_scale(rows)
    text = (
        f"Turned away, {words.at(point.name, point.threshold)}, {worst.condition}: of {words.count(scale)} genuine "
        f"applicants in {worst.group}, {_people_n(worst, scale)}; in {best.group}, {_people_n(best, scale)}. "
        f"{verdict(worst, best, _ratio(tables, worst), _test(tables, worst))}"
    )
    return Sentence(text, "turned-away")


def _without(tables: Tables, model: str, metric: str, point: ThresholdRow) -> Sentence | None:
    rows = views.rates(tables, model, metric, threshold_name=point.name, condition=views.baseline(tables))
    known = [row for row in rows if row.rate is not None]
    if known and len({row.group for row in known}) == 1:
        return Sentence(f"{metric} {words.at(point.name, point.threshold)}: {words.rate_of(known[0])}.", "turned-away")
    why = next((row.note for row in rows if row.note), "no group has a mated comparison")
    return Sentence(f"How many genuine people are turned away (FNMR) is not estimated: {why}.", "turned-away")


def _condition(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    """What the worst condition does to the group that is turned away most under it."""
    others = views.conditions(tables)[1:]
    rows = [row for row in _group_rows(tables, model, "FNMR", point, None) if row.condition in others]
    rows = views.entering(rows, views.min_subjects(tables))
    if not rows:
        return None
    worst = max(rows, key=lambda row: row.rate if row.rate is not None else 0.0)
    base = next((r for r in _group_rows(tables, model, "FNMR", point) if r.group == worst.group), None)
    if base is None or base.rate is None:
        return None
    scale = words.people_scale([worst, base])
    change = paired.row_of(tables, model, worst.condition, worst.group)
    overlap = (
        "The intervals overlap: not shown to differ." if words.overlap(worst, base) else "The intervals do not overlap."
    )
    if change is not None and change.change is not None:
        overlap = f"Over the same comparisons {paired.said(change)}{_changes(change)}."
    text = (
        f"Condition, {words.at(point.name, point.threshold)}: in {worst.group}, {_people_n(worst, scale)} of "
        f"{words.count(scale)} are turned away under {worst.condition}, {_people_n(base, scale)} under "
        f"{base.condition}. "
        f"{overlap}"
    )
    return Sentence(text, "conditions")


def _changes(row: PairedRow) -> str:
    """What the paired interval allows to be said."""
    if row.low is None or row.high is None:
        return ""
    shown = "; not shown to change" if row.low <= 0 <= row.high else ""
    others = f"; {row.verdict} than in the other groups" if row.verdict else ""
    return f"{shown}{others}"


def _passes(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    ends = views.extremes(_group_rows(tables, model, "FMR", point), views.min_subjects(tables))
    if ends is None:
        return None
    worst, best = ends
    everyone = views.rates(
        tables, model, "FMR", threshold_name=point.name, condition=worst.condition, grouping=views.EVERYONE
    )
    if views.same_heads(tables):
        everyone = []
    overall = f" Over all impostors, of whatever group: {words.rate_of(everyone[0])}." if everyone else ""
    text = (
        f"Let through as someone else, {words.at(point.name, point.threshold)}, {worst.condition}: impostors of the "
        f"same group match in {words.rate_of(worst)} of comparisons in {worst.group} and in {words.rate_of(best)} in "
        f"{best.group}. {verdict(worst, best, _ratio(tables, worst), _test(tables, worst))}{overall}"
    )
    return Sentence(text, "impostors")


def _cross(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    """The pair of different groups that is confused most."""
    if views.same_heads(tables):
        return None
    solid = views.solid_groups(tables, model)
    rows = [
        row
        for row in views.select(
            tables[CrossRow],
            model=model,
            threshold_name=point.name,
            condition=views.baseline(tables),
            grouping=views.first_grouping(tables),
            failures="counted",
        )
        if row.reference_group != row.probe_group and row.errors and {row.reference_group, row.probe_group} <= solid
    ]
    if not rows:
        return None
    worst = max(rows, key=lambda row: row.rate if row.rate is not None else 0.0)
    text = (
        f"Across groups, {words.at(point.name, point.threshold)}, {worst.condition}: most confused are probes of "
        f"{worst.probe_group} with references of {worst.reference_group}, {words.rate_of(worst)}."
    )
    return Sentence(text, "impostors")


def _search(tables: Tables, model: str) -> Sentence | None:
    if views.same_heads(tables):
        return None
    ends = views.extremes(search_rows(tables, model, "FPIR"), views.min_subjects(tables))
    if ends is None:
        return None
    worst, best = ends
    test = _test(tables, worst)
    seen = verdict(worst, best, None, test)
    if test is None:
        seen += " What ratio between groups such searches would have shown is not computed."
    text = (
        f"Searched in a gallery of {words.count(worst.gallery_size)} people, "
        f"{words.at(worst.threshold_name, worst.threshold)}, "
        f"{worst.condition}: people who are not enrolled are flagged as someone else in {words.rate_of(worst)} of "
        f"searches in {worst.group} and in {words.rate_of(best)} in {best.group}. {seen}"
    )
    return Sentence(text, "search")


def search_rows(tables: Tables, model: str, metric: str) -> list[IdentificationRow]:
    """Rows of an open-set metric by the first grouping, at the first threshold that was set for searches."""
    rows = [
        row
        for row in views.open_searches(tables, model)
        if row.metric == metric and row.grouping == views.first_grouping(tables)
    ]
    return [row for row in rows if row.threshold_name == rows[0].threshold_name]


def _acquisition(tables: Tables, model: str) -> Sentence | None:
    grouping = views.first_grouping(tables)
    rows = views.entering(views.rates(tables, model, "FTA", grouping=grouping), views.min_subjects(tables))
    if not rows:
        return None
    worst = max(rows, key=lambda row: row.rate if row.rate is not None else 0.0)
    if worst.errors == 0:
        return Sentence(f"A usable face was found in every image; largest group: {_largest(rows)}.", "turned-away")
    where = f"{worst.group} under {worst.condition}"
    text = f"No usable face was found most often in {where}: {words.rate_of(worst)} of images."
    return Sentence(text, "turned-away")


def _largest(rows: Sequence[RateRow]) -> str:
    row = max(rows, key=lambda row: row.trials or 0)
    return f"{row.group}, {words.rate(row)}"


def _group_rows(
    tables: Tables, model: str, metric: str, point: ThresholdRow, condition: str | None = ""
) -> list[RateRow]:
    """Rows by the first grouping; `condition` "" is the baseline and None is every condition."""
    rows = views.rates(tables, model, metric, threshold_name=point.name, grouping=views.first_grouping(tables))
    wanted = views.baseline(tables) if condition == "" else condition
    return rows if wanted is None else [row for row in rows if row.condition == wanted]


def _people_n(row: Rated, scale: int) -> str:
    """Counts in people with errors and comparisons."""
    if row.errors == 0:
        return f"{words.people(row, scale)}; 0 of {words.count(row.trials)} comparisons"
    low_high = words.people(row, scale)[:-1]
    return f"{low_high}; {words.count(row.errors)} of {words.count(row.trials)} comparisons)"


def _ratio(tables: Tables, row: RateRow) -> DifferentialRow | None:
    """The max/min row of the differentials that belongs to `row`."""
    rows = views.select(
        tables[DifferentialRow],
        model=row.model,
        condition=row.condition,
        metric=row.metric,
        grouping=row.grouping,
        threshold_name=row.threshold_name,
        measure="max/min",
    )
    return next((r for r in rows if r.value is not None), None)


def _test(tables: Tables, row: Rated) -> tuple[bool, str] | None:
    """Whether the group of `row` differs from the others together, and the sentence on it; None without a test."""
    test = versus_rest.of(tables, row)
    return None if test is None else (test.verdict == versus_rest.DIFFERS, versus_rest.in_words(tables, test))


def verdict(worst: Rated, best: Rated, ratio: DifferentialRow | None, test: tuple[bool, str] | None = None) -> str:
    """What the intervals, the null band of max/min and the test against the other groups allow to be said."""
    band = ""
    inside = False
    if ratio is not None and ratio.value is not None and ratio.null_high is not None:
        inside = ratio.value <= ratio.null_high
        band = (
            f" The ratio of highest to lowest is {words.number(ratio.value, 2)}; groups with equal rates would show up "
            f"to {words.number(ratio.null_high, 2)} by chance."
        )
    overlap = words.overlap(worst, best)
    if test is not None:
        side = "do not overlap" if overlap is False else "overlap"
        seen = f"Their intervals {side}." if overlap is not None else "One has no interval."
        return f"{seen}{band} {test[1]}"
    if overlap is None:
        return f"No interval, so nothing is said about a difference.{band}"
    if overlap or inside:
        why = "Their intervals overlap" if overlap else "The spread lies within what chance gives"
        return f"{why}: not shown to differ.{band}"
    return f"Their intervals do not overlap.{band}"
