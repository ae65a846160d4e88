"""The findings: one sentence a grouping of people, the largest difference first, each with its n and its one test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facegap.estimate.cautions import GENERATED
from facegap.report import (
    liveness,
    observed,
    paired,
    sensitivity,
    versus_rest,
    views,
    within_person,
    words,
    worst_first,
)
from facegap.report.marks import Rated, as_people
from facegap.report.worst_first import Contrast
from facegap.schema import CrossRow, PairedRow, RateRow, ThresholdRow, VersusRow
from facegap.store import Tables

COUNTED_ONCE = "every person counted once"
TESTED = " that is tested"
ENTERS = " that is shown and large enough to be compared"
"""Said where other groups are there too: of fewer people, without a label, or hidden."""

CHANGES = "changes otherwise"


@dataclass(frozen=True)
class Sentence:
    """One finding, and the section of the page that holds its table."""

    text: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class _Error:
    """How an error is spoken of: what happens to one group, to several, and the section that shows it."""

    one: str
    several: str
    anchor: str


_ERRORS = {
    "FNMR": _Error(one="is turned away", several="are turned away", anchor="turned-away"),
    "FMR": _Error(one="passes as someone else", several="pass as someone else", anchor="impostors"),
    "FPIR": _Error(one="is flagged as someone else", several="are flagged as someone else", anchor="search"),
}


def findings(tables: Tables, model: str) -> list[Sentence]:
    """Sentences on `model`: by grouping at the vendor's threshold and at the main one, then on what else was done."""
    points = views.leading_thresholds(tables, model)
    found = [sentence for point in points for sentence in _by_grouping(tables, model, point)]
    further = [read(tables, model, points[0]) for read in (_condition, _within, _cross) if points]
    further += [*_search(tables, model), _acquisition(tables, model), _liveness(tables, model)]
    shown = [sentence for sentence in (*further, _of_generator(tables)) if sentence is not None]
    return [*_within_person(tables, model, points), *found, *shown]


def _within_person(tables: Tables, model: str, points: Sequence[ThresholdRow]) -> list[Sentence]:
    """Of shapes of a generator: what each place does to the same comparisons, at the point that is set on them."""
    main = views.main_threshold(tables, model)
    if not points or main is None or not within_person.leads(tables):
        return []
    return [Sentence(text, "conditions") for text in within_person.sentences(tables, model, main)]


def _of_generator(tables: Tables) -> Sentence | None:
    """Of which groups no finding is made."""
    shapes = [grouping for grouping in views.groupings(tables) if views.of_generator(tables, grouping)]
    if not shapes:
        return None
    return Sentence(
        f"By {words.listed(shapes)} no finding is made: {GENERATED}. What is found here is found within a person.",
        "impostors",
    )


def _between_people(tables: Tables, rows: Sequence[RateRow]) -> list[RateRow]:
    """Those whose groups are other people, not other shapes of a generator."""
    return [row for row in rows if not views.of_generator(tables, row.grouping)]


def _by_grouping(tables: Tables, model: str, point: ThresholdRow) -> list[Sentence]:
    contrasts = worst_first.contrasts(tables, model, point, views.baseline(tables))
    where = f"{words.at(point.name, point.threshold)}, {views.baseline(tables)}"
    found = [_contrast(tables, contrast, where) for contrast in contrasts]
    everyone = _overall(tables, model, point, where) if any(one.metric == "FMR" for one in contrasts) else []
    missing = [] if any(one.metric == "FNMR" for one in contrasts) else [_without(tables, model, point)]
    return missing + found + everyone


def _contrast(tables: Tables, contrast: Contrast, where: str) -> Sentence:
    """The sentences on one grouping: what the test says, the numbers, who is not tested, what to read with care."""
    if len(contrast.rows) < 2:
        said = [_too_few_groups(tables, contrast)]
    elif contrast.worst.errors == 0:
        said = [_no_errors(contrast)]
    else:
        said = [_verdict(tables, contrast), *_others(contrast), _numbers(contrast)]
    said += [_not_tested(contrast), cautions(named(contrast))]
    text = f"By {contrast.grouping}, {where}: {' '.join(part for part in said if part)}"
    return Sentence(text, _ERRORS[contrast.metric].anchor)


def _verdict(tables: Tables, contrast: Contrast) -> str:
    """What the test of the worst group against the others says; nothing else decides it."""
    error, worst, test = _ERRORS[contrast.metric], contrast.worst, contrast.test
    if worst.rate == contrast.least.rate:
        seen = f"; {versus_rest.would_have_seen(tables, test)}" if test is not None else ""
        every = "both" if len(contrast.rows) == 2 else f"all {len(contrast.rows)}"
        return f"{every} groups {error.several} equally often{seen}."
    if test is None:
        why = contrast.why_not_tested(worst.group)
        return f"{worst.group} {error.one} most often; not tested against the others: {why}."
    if contrast.differs:
        return _differs(test)
    return (
        f"{worst.group} {error.one} most often, and is not shown to differ from the others: "
        f"{versus_rest.would_have_seen(tables, test)}."
    )


def _differs(test: VersusRow) -> str:
    often = "more" if worst_first.more_often(test) else "less"
    return f"{test.group} {_ERRORS[test.metric].one} {often} often than the others, {versus_rest.ratio(test)}."


def _others(contrast: Contrast) -> list[str]:
    """A group that differs from its others where the worst one is not shown to."""
    return [] if contrast.differs else [_differs(test) for test in contrast.others_that_differ()[:1]]


def _no_errors(contrast: Contrast) -> str:
    worst = contrast.worst
    tested = TESTED if contrast.left_out else ""
    never = f"no one {_ERRORS[contrast.metric].one} in any group{tested}"
    return f"{never}; the largest upper bound is that of {worst.group}, {words.rate(worst)}."


def _too_few_groups(tables: Tables, contrast: Contrast) -> str:
    known = "".join(f"{row.group} {_ERRORS[contrast.metric].one} in {words.rate_of(row)}; " for row in contrast.rows)
    least = views.min_subjects(tables)
    return f"{known}no{' other' if known else ''} group has {least} people or more, so that none is tested."


def _numbers(contrast: Contrast) -> str:
    """Rates of the worst and of the least group; counts in people where people are turned away."""
    worst, least = contrast.worst, contrast.least
    scale = words.people_scale(contrast.rows)
    lead = {
        "FNMR": f"Of {words.count(scale)} genuine applicants, {COUNTED_ONCE}",
        "FMR": "Impostors of the same group match",
        "FPIR": "Of searches for people who are not enrolled",
    }[contrast.metric]
    high, low = (_people_n(row, scale) if contrast.metric == "FNMR" else words.rate_of(row) for row in (worst, least))
    if worst.rate == least.rate:
        return f"{lead}: in {worst.group}, {high}."
    return f"{lead}: in {worst.group}, {high}; in {least.group}, the lowest, {low}."


def _not_tested(contrast: Contrast) -> str:
    """Labelled groups outside the summaries, with what was seen of them and why they are not tested."""
    parts = [
        f"{row.group} ({why})" + (f", {words.rate_of(row)}" if row.rate is not None else "")
        for row, why in contrast.left_out
    ]
    hidden = any(_is_hidden(why) for _, why in contrast.left_out)
    more = " Who is not shown is not among the others, and may err more often." if hidden else ""
    return f"Not tested: {'; '.join(parts)}.{more}" if parts else ""


def _is_hidden(why: str) -> bool:
    return why.startswith("suppressed")


def named(contrast: Contrast) -> list[Rated]:
    """The rows whose numbers the sentence gives."""
    if len(contrast.rows) < 2:
        return list(contrast.rows)
    if contrast.worst.errors == 0:
        return [contrast.worst]
    return [contrast.worst, contrast.least]


def cautions(rows: Sequence[Rated]) -> str:
    """The cautions and notes beside the rates of `rows`, groups with the same ones together; "" without any."""
    notes = {note: words.listed(views.once(group_of(row) for row in rows if words.noted(row) == note))
             for note in views.once(words.noted(row) for row in rows) if note}  # fmt: skip
    said = ". ".join(f"{groups}: {note}" for note, groups in notes.items())
    return f"Read with care: {said}." if said else ""


def group_of(row: Rated) -> str:
    """The group that a rate is of; of a cell whose probes and whose references."""
    return f"{row.probe_group} with {row.reference_group}" if isinstance(row, CrossRow) else row.group


def _overall(tables: Tables, model: str, point: ThresholdRow, where: str) -> list[Sentence]:
    if views.same_heads(tables):
        return []
    rows = views.rates(
        tables, model, "FMR", threshold_name=point.name, condition=views.baseline(tables), grouping=views.EVERYONE
    )
    text = [f"Over all impostors, of whatever group, {where}: {words.rate_of(row)} match." for row in rows[:1]]
    return [Sentence(f"{one} {cautions(rows[:1])}".strip(), "impostors") for one in text]


def _without(tables: Tables, model: str, point: ThresholdRow) -> Sentence:
    """FNMR where no grouping has one: that over everyone, or why there is none."""
    rows = views.rates(tables, model, "FNMR", threshold_name=point.name, condition=views.baseline(tables))
    known = [as_people(row) for row in rows if row.rate is not None]
    if known:
        text = f"FNMR {words.at(point.name, point.threshold)}: {words.rate_of(known[0])}. {cautions(known[:1])}"
        return Sentence(text.strip(), "turned-away")
    why = next((row.note for row in rows if row.note), "no group has a mated comparison")
    return Sentence(f"How many genuine people are turned away (FNMR) is not estimated: {why}.", "turned-away")


def _within(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    """What was observed of the same people under two values."""
    text = observed.within(tables, model, point)
    return Sentence(text, "observed") if text is not None else None


def _condition(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    """What a condition does to one group: the one that is shown to change otherwise, or is turned away most under it.

    Both conditions are read in the same group.
    """
    found = hardest(tables, model, point)
    if found is None:
        return None
    worst, base, change = found
    where = f"Condition, {words.at(point.name, point.threshold)}"
    every = _fnmr(tables, model, point)
    rows = views.entering(every, views.min_subjects(tables))
    if not any(row.errors for row in rows):
        return _no_condition_harms(where, worst, "" if len(rows) == len(every) else ENTERS)
    scale = words.people_scale([worst, base])
    text = (
        f"{where}: of {words.count(scale)} genuine applicants in {worst.group}, {COUNTED_ONCE}, "
        f"{_people_n(worst, scale)} are turned away under {worst.condition}, {_people_n(base, scale)} under "
        f"{base.condition}. "
        f"{_changed(change)}"
    )
    said = (text, sensitivity.band(tables, model, point, worst), cautions([worst, base]))
    return Sentence(" ".join(part for part in said if part).strip(), "conditions")


def hardest(tables: Tables, model: str, point: ThresholdRow) -> tuple[RateRow, RateRow, PairedRow | None] | None:
    """The group and condition that `_condition` speaks of, by people, the same group under the baseline, its test."""
    others = views.conditions(tables)[1:]
    rows = views.entering(_fnmr(tables, model, point), views.min_subjects(tables))
    changes = {(row.condition, row.grouping, row.group): row for row in _changes(tables, model, point)}
    clean = {(r.grouping, r.group): r for r in rows if r.condition == views.baseline(tables)}
    under = [r for r in rows if r.condition in others and (r.grouping, r.group) in clean]

    def harm(row: RateRow) -> tuple[bool, tuple[float, float]]:
        return _harms(changes.get((row.condition, row.grouping, row.group))), views.height(row)

    worst = max(under, key=harm, default=None)
    if worst is None:
        return None
    key = (worst.condition, worst.grouping, worst.group)
    return worst, clean[worst.grouping, worst.group], changes.get(key)


def _harms(change: PairedRow | None) -> bool:
    """Whether a condition is shown to turn a group away more than the others."""
    return change is not None and change.verdict == CHANGES and (change.against_others or 0.0) > 0


def _no_condition_harms(where: str, widest: RateRow, which: str) -> Sentence:
    text = (
        f"{where}: no one is turned away in any group{which} under any condition; the largest upper bound is that of "
        f"{widest.group} under {widest.condition}, {words.rate(widest)}. {cautions([widest])}"
    )
    return Sentence(text.strip(), "conditions")


def _fnmr(tables: Tables, model: str, point: ThresholdRow) -> list[RateRow]:
    """FNMR of every grouping under every condition, by people; of everyone where groups are shapes of a generator."""
    rows = views.rates(tables, model, "FNMR", threshold_name=point.name)
    grouped = _between_people(tables, [row for row in rows if row.grouping != views.EVERYONE])
    return [as_people(row) for row in grouped or [row for row in rows if row.grouping == views.EVERYONE]]


def _changes(tables: Tables, model: str, point: ThresholdRow) -> list[PairedRow]:
    return views.select(tables[PairedRow], model=model, threshold_name=point.name)


def _changed(row: PairedRow | None) -> str:
    """The change of the same comparisons; the test against the others' change decides, its own interval without one."""
    if row is None or row.change is None:
        why = row.note if row is not None and row.note else worst_first.NO_TEST
        return f"Whether it changes is not tested: {why}."
    said = f"Over the same comparisons {paired.said(row)}"
    if row.verdict == CHANGES:
        side = "more" if (row.against_others or 0.0) > 0 else "less"
        p = f" (p{words.SPACE}={words.SPACE}{row.p_holm:.2g} after Holm’s adjustment)" if row.p_holm is not None else ""
        return f"{said}, {side} than in the other groups{p}."
    if row.verdict:
        seen = f": this test would have seen {100 * row.visible_80:.1f} points or more" if row.visible_80 else ""
        return f"{said}, not shown to change otherwise than the other groups{seen}."
    if row.low is None or row.high is None:
        return f"{said}; {row.note or 'not tested'}."
    shown = "not shown to change" if row.low <= 0 <= row.high else "more" if row.change > 0 else "fewer"
    return f"{said}, {shown}; not tested against the other groups."


def _cross(tables: Tables, model: str, point: ThresholdRow) -> Sentence | None:
    """The pair of different groups, of whatever grouping, that is confused most."""
    worst = most_confused(tables, model, point)
    if worst is None:
        return None
    text = (
        f"Across groups, by {worst.grouping}, {words.at(point.name, point.threshold)}, {worst.condition}: most "
        f"confused are probes of {worst.probe_group} with references of {worst.reference_group}, "
        f"{words.rate_of(worst)}; pairs across groups are not tested. {cautions([worst])}"
    )
    return Sentence(text.strip(), "impostors")


def most_confused(tables: Tables, model: str, point: ThresholdRow) -> CrossRow | None:
    """The cell of two different groups with the highest FMR, of groups that are large enough; None without an error."""
    if views.same_heads(tables):
        return None
    wanted = {"model": model, "threshold_name": point.name, "condition": views.baseline(tables), "failures": "counted"}
    spoken = [by for by in views.groupings(tables) if not views.of_generator(tables, by)]
    solid = {by: views.solid_groups(tables, model, by) for by in spoken}
    rows = [
        row
        for row in views.select(tables[CrossRow], **wanted)
        if row.reference_group != row.probe_group
        and row.errors
        and {row.reference_group, row.probe_group} <= solid.get(row.grouping, set())
    ]
    return max(rows, key=lambda row: row.rate or 0.0, default=None)


def _search(tables: Tables, model: str) -> list[Sentence]:
    """Wrong alarms of open searches by every grouping, at the first threshold that was set for searches."""
    if views.same_heads(tables):
        return []
    rows = [row for row in views.open_searches(tables, model) if row.metric == "FPIR"]
    rows = [row for row in rows if row.threshold_name == rows[0].threshold_name]
    found = worst_first.ranked(
        worst_first.contrast(tables, views.select(rows, grouping=by))
        for by in views.groupings(tables)
        if not views.of_generator(tables, by)
    )
    return [_contrast(tables, one, _searched(rows[0].gallery_size, one)) for one in found]


def _searched(size: int | None, one: Contrast) -> str:
    row = (one.rows or [row for row, _ in one.left_out])[0]
    at = words.at(row.threshold_name, row.threshold)
    return f"searched in a gallery of {words.count(size)} people, {at}, {row.condition}"


def _acquisition(tables: Tables, model: str) -> Sentence | None:
    found = _between_people(tables, views.rates(tables, model, "FTA"))
    every = [row for row in found if row.grouping != views.EVERYONE]
    rows = views.entering(every, views.min_subjects(tables))
    if not rows:
        return None
    worst = max(rows, key=views.height)
    if worst.errors == 0:
        which = "" if len(rows) == len(every) else f" of every group{ENTERS}"
        text = (
            f"A usable face was found in every image{which}; the largest upper bound is that of {worst.group} under "
            f"{worst.condition}, {words.rate(worst)}. {cautions([worst])}"
        )
        return Sentence(text.strip(), "turned-away")
    text = (
        f"By {worst.grouping}, no usable face was found most often in {worst.group} under {worst.condition}: "
        f"{words.rate_of(worst)} of images; not tested against the others. {cautions([worst])}"
    )
    return Sentence(text.strip(), "turned-away")


def _liveness(tables: Tables, model: str) -> Sentence | None:
    text = liveness.sentence(tables, model)
    return Sentence(text, "turned-away") if text is not None else None


def _people_n(row: Rated, scale: int) -> str:
    """Counts in people with errors and comparisons."""
    if row.errors == 0:
        return f"{words.people(row, scale)[:-1]}; 0 of {words.count(row.trials)} comparisons)"
    low_high = words.people(row, scale)[:-1]
    return f"{low_high}; {words.count(row.errors)} of {words.count(row.trials)} comparisons)"
