"""The page's first sentences: at most three findings that can be read aloud, and one on what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from facegap.report import findings, paired, side_by_side, versus_rest, views, within_person, words, worst_first
from facegap.report.marks import Mark, Rated, as_people
from facegap.report.worst_first import Contrast
from facegap.schema import CrossRow, PairedRow, RateRow, ThresholdRow, TransactionRow, VersusRow
from facegap.store import Tables

PAIRS = 10_000
"""Impostors are spoken of by so many pairs of people, or more where so few match."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence, the section that shows it, and what to read its numbers with ("" for nothing)."""

    text: str
    anchor: str
    care: str = ""


def headline(tables: Tables) -> list[Finding]:
    """Who is turned away, what a condition does most, who passes as whom: of all models the largest difference.

    Where the groups hold the same people under other labels, what is found within the person comes first and stands for
    what a condition does. Whom a check of quality refuses, which no rate of comparisons knows, stands for it as well.
    """
    within = _within_person(tables)
    third = None if within else _refused_by_quality(tables) or _condition(tables)
    found = [within, _turned_away(tables), third, _passes(tables)]
    return [one for one in found if one is not None]


def _within_person(tables: Tables) -> Finding | None:
    found = within_person.first(tables)
    if found is None:
        return None
    model, text, care = found
    several = f"With {model}: " if len(views.models(tables)) > 1 else ""
    return Finding(text=f"{several}{text}", anchor="conditions", care=f"Read with care: {care}." if care else "")


def _opening(tables: Tables, point: ThresholdRow) -> str:
    """Where a sentence reads; the model is named where there are several."""
    at = words.point(point.name)
    return f"With {point.model}, at {at}" if len(views.models(tables)) > 1 else f"At {at}"


def _turned_away(tables: Tables) -> Finding | None:
    lead = side_by_side.worst(tables, "FNMR")
    if lead is None:
        return _not_estimated(tables)
    if not lead.rows:
        return _everyone(tables)
    points = views.leading_thresholds(tables, lead.worst.model)
    scale = words.people_scale(lead.rows)
    of = f"of {words.count(scale)} genuine people"
    if lead.worst.errors == 0:
        who = findings.TESTED if lead.left_out else ""
        many = _up_to(lead.worst, scale)
        said = f"nobody is turned away in any group{who}, and {many} could be"
    elif len(lead.rows) < 2:
        who = _g(lead.worst.group)
        said = f"{of} in {who}, {_n(lead.worst, scale)} are turned away; no other group is large enough"
    elif lead.worst.rate == lead.least.rate:
        said = f"{of} in every group by {lead.grouping}, {_n(lead.worst, scale)} are turned away"
    else:
        said = (
            f"{of} in {_g(lead.worst.group)}, {_n(lead.worst, scale)} are turned away and in {_g(lead.least.group)} "
            f"{_n(lead.least, scale)}{_verdict(tables, lead)}"
        )
    said += "".join(_again(tables, lead, point, scale) for point in points[1:])
    higher = _higher(tables, lead)
    said += _also(tables, lead, higher, scale)
    text = f"{_opening(tables, points[0])}, {said}."
    return Finding(text=text, anchor="turned-away", care=_care([*findings.named(lead), *higher]))


def _refused_by_quality(tables: Tables) -> Finding | None:
    """Whom a check of quality turns away at the first attempt, where the study's transactions have one.

    Of groups that may be named the one that is refused most, beside the least; no test compares them.
    """
    checks = views.section(views.section(tables.manifest.study, "transactions"), "min_quality")
    wanted = {"stage": "below_quality", "attempts": 1}
    rows = [row for row in views.select(tables[TransactionRow], **wanted) if row.rate is not None]
    by = [row for row in rows if row.grouping != views.EVERYONE and not views.of_generator(tables, row.grouping)]
    large = [row for row in by if (row.subjects or 0) >= views.min_subjects(tables)]
    if not checks or not large or not any(row.errors for row in large):
        return None
    worst = max(large, key=lambda row: (row.rate or 0.0, row.errors))
    alike = {"model": worst.model, "condition": worst.condition, "grouping": worst.grouping, "policy": worst.policy}
    least = min(views.select(large, threshold_name=worst.threshold_name, **alike), key=lambda row: row.rate or 0.0)
    scale = words.people_scale([worst, least])
    asked = words.listed([f"{name} of {least_value:g} or more" for name, least_value in checks.items()])
    text = (
        f"A check that asks for {asked} refuses at the first attempt, of {words.count(scale)} genuine people in "
        f"{_g(worst.group)} {_n(worst, scale)} and in {_g(least.group)} {_n(least, scale)} (not tested), under "
        f"{worst.condition}, before anything is compared."
    )
    care = "; ".join(f"{_g(row.group)}: {row.caution}" for row in (worst, least) if row.caution)
    return Finding(text=text, anchor="retries", care=f"Read with care: {care}." if care else "")


def _not_estimated(tables: Tables) -> Finding | None:
    rows = [row for model in views.models(tables) for row in views.rates(tables, model, "FNMR")]
    why = next((f": {row.note}" for row in rows if row.note), "")
    if any(row.rate is not None for row in rows):
        return _everyone(tables)
    text = f"How many genuine people are turned away (FNMR) is not estimated{why}."
    return Finding(text=text, anchor="turned-away") if rows else None


def _everyone(tables: Tables) -> Finding | None:
    """Where no two groups can be compared: the model that turns most away of all."""
    points = [point for model in views.models(tables) for point in views.leading_thresholds(tables, model)[:1]]
    wanted = {"condition": views.baseline(tables), "grouping": views.EVERYONE}
    found = [
        (point, as_people(row))
        for point in points
        for row in views.rates(tables, point.model, "FNMR", threshold_name=point.name, **wanted)
        if row.rate is not None
    ]
    if not found:
        return None
    point, row = max(found, key=lambda one: views.height(one[1]))
    scale = words.people_scale([row])
    shapes = any(views.of_generator(tables, by) for by in views.groupings(tables))
    why = (
        "groups are shapes of a generator, of which no finding is made"
        if shapes
        else "no two groups are large enough to be compared"
    )
    text = f"{_opening(tables, point)}, of {words.count(scale)} genuine people {_n(row, scale)} are turned away; {why}."
    return Finding(text=text, anchor="turned-away", care=_care([row]))


def _verdict(tables: Tables, one: Contrast) -> str:
    """What the one test says, as a clause."""
    test = one.test
    if test is None:
        return f", which is not tested: {one.why_not_tested(one.worst.group)}"
    if one.differs:
        return ", a difference that its test shows"
    for other in one.others_that_differ()[:1]:
        often = "more" if worst_first.more_often(other) else "less"
        return (
            f"; that {_g(other.group)} errs {often} often than the others is shown, of {_g(one.worst.group)} it is not"
        )
    return f"; {_not_shown(tables, test)}"


def _not_shown(tables: Tables, test: VersusRow) -> str:
    if versus_rest.withheld(test):
        return f"a difference is not stated: {test.note}"
    power = versus_rest.power_of(tables, test)
    if power is None:
        return "no difference is shown, and what the test could have seen is not known"
    ratio = versus_rest.visible(power, test)
    if ratio is None:
        return "no difference is shown, and with so few errors none could have been"
    return f"no difference is shown, where {versus_rest.times(ratio)} times as often or more would have been"


def _same(tables: Tables, one: Contrast, point: ThresholdRow) -> Contrast | None:
    """The same groups at another threshold."""
    wanted = {"threshold_name": point.name, "condition": one.worst.condition, "grouping": one.grouping}
    return worst_first.contrast(tables, views.rates(tables, point.model, one.metric, **wanted))


def _again(tables: Tables, one: Contrast, point: ThresholdRow, scale: int) -> str:
    """What becomes of the same two groups at another threshold, and what the test says there."""
    again = _same(tables, one, point)
    rows = {row.group: row for row in again.rows} if again is not None else {}
    if again is None or one.worst.group not in rows:
        return ""
    if len(rows) < 2 or one.least.group not in rows or one.worst.errors == 0:
        return f"; at {words.point(point.name)}, {_n(again.worst, scale)} in {_g(again.worst.group)}"
    test = again.tests.get(one.worst.group)
    shown = "not tested" if test is None else "shown" if test.verdict == worst_first.DIFFERS else "not shown"
    high, low = rows[one.worst.group], rows[one.least.group]
    return f"; at {words.point(point.name)}, {_n(high, scale)} and {_n(low, scale)} (difference {shown})"


def _higher(tables: Tables, lead: Contrast) -> list[Rated]:
    """The group with the highest rate of all, where the leading contrast does not name it."""
    top = side_by_side.highest(tables, lead.metric)
    if top is None or not top.worst.errors or views.height(top.worst) <= views.height(lead.worst):
        return []
    return [top.worst]


def _also(tables: Tables, lead: Contrast, higher: Sequence[Rated], scale: int) -> str:
    """That another group's rate is higher, though no test shows so much of it."""
    if not higher or isinstance(higher[0], CrossRow):
        return ""
    row, top = higher[0], side_by_side.highest(tables, lead.metric)
    test = top.test if top is not None else None
    shown = "not tested" if test is None else "shown" if test.verdict == worst_first.DIFFERS else "not shown"
    model = f" with {row.model}" if row.model != lead.worst.model else ""
    said = "not tested" if test is None else f"difference {shown}"
    return f"; highest of all is {_g(row.group)}{model}, {_n(row, scale)} ({said})"


def _n(row: Mark, scale: int) -> str:
    """So many of `scale`, with the interval: "163 (85-290)", "none (up to 73)"."""
    if row.errors == 0 and row.high is not None:
        return f"none (up to {words.whole(row.high * scale)})"
    return words.people(row, scale)


def _up_to(row: Rated, scale: int) -> str:
    high = f"up to {words.whole(row.high * scale)}" if row.high is not None else "some"
    return f"{high} of {words.count(scale)} in {_g(row.group)}" if not isinstance(row, CrossRow) else high


def _condition(tables: Tables) -> Finding | None:
    """The group and condition that turn most away, of all models; a change that is shown to be its own comes first."""
    found = [
        (point, *one)
        for model in views.models(tables)
        for point in views.leading_thresholds(tables, model)
        if (one := findings.hardest(tables, model, point)) is not None
    ]
    if not found:
        return None
    point, worst, base, change = max(found, key=lambda one: (_own(one[3]), _tested(one[3]), views.height(one[1])))
    scale = words.people_scale([worst, base])
    whose = "" if worst.grouping == views.EVERYONE else f" in {_g(worst.group)}"
    of = f"of {words.count(scale)} genuine people{whose}"
    if not worst.errors and not base.errors:
        many = words.whole((worst.high or 0.0) * scale)
        said = f"no condition turns anybody of a tested group away; {of}, up to {many} could be"
    else:
        said = (
            f"{of}, {_n(worst, scale)} are turned away under {worst.condition} and {_n(base, scale)} under "
            f"{base.condition}{_changes(change) if whose else _of_everyone(change)}"
        )
    for other in views.leading_thresholds(tables, point.model):
        said += _condition_again(tables, other, worst, base, scale) if other != point else ""
    text = f"{_opening(tables, point)}, {said}."
    return Finding(text=text, anchor="conditions", care=_care([worst, base]))


def _tested(change: PairedRow | None) -> bool:
    return change is not None and bool(change.verdict)


def _own(change: PairedRow | None) -> bool:
    return change is not None and change.verdict == findings.CHANGES and (change.against_others or 0.0) > 0


def _of_everyone(change: PairedRow | None) -> str:
    """The change of everyone, with its interval, where no groups are held against each other."""
    if change is None or change.change is None or change.low is None or change.high is None:
        return ""
    return f", {paired.said(change)} over the same comparisons"


def _changes(change: PairedRow | None) -> str:
    if change is None or not change.verdict:
        return "; whether it acts otherwise on them than on the others is not tested"
    if change.verdict == findings.CHANGES:
        more = "more" if (change.against_others or 0.0) > 0 else "less"
        return f", which its test shows to be {more} of a change than in the other groups"
    if change.visible_80 is None:
        return "; not shown to act otherwise on them than on the others"
    seen = f"{100 * change.visible_80:.0f} points or more would have been"
    return f"; not shown to act otherwise on them than on the others, where {seen}"


def _condition_again(tables: Tables, point: ThresholdRow, worst: RateRow, base: RateRow, scale: int) -> str:
    wanted = {"threshold_name": point.name, "grouping": worst.grouping, "group": worst.group}
    rows = [
        as_people(row)
        for one in (worst, base)
        for row in views.rates(tables, point.model, "FNMR", condition=one.condition, **wanted)
        if row.rate is not None
    ]
    if len(rows) < 2:
        return ""
    return f"; at {words.point(point.name)}, {_n(rows[0], scale)} and {_n(rows[1], scale)}"


def _passes(tables: Tables) -> Finding | None:
    """Impostors of one's own group, and the two groups whose people are taken for each other most."""
    lead = side_by_side.worst(tables, "FMR")
    if lead is None or not lead.rows:
        return None
    points = views.leading_thresholds(tables, lead.worst.model)
    crossed = findings.most_confused(tables, lead.worst.model, points[0])
    scale = max(PAIRS, words.people_scale([lead.worst]))
    of = f"of {words.count(scale)} pairs of different people"
    if lead.worst.errors == 0:
        who = findings.TESTED if lead.left_out else ""
        many = _up_to(lead.worst, scale)
        said = f"no two people of one group{who} are taken for one, and {many} could be"
    elif len(lead.rows) < 2:
        said = f"{of} in {_g(lead.worst.group)}, {_n(lead.worst, scale)} are taken for one person"
    elif lead.worst.rate == lead.least.rate:
        said = f"{of} in every group by {lead.grouping}, {_n(lead.worst, scale)} are taken for one person"
    else:
        said = (
            f"{of} in {_g(lead.worst.group)}, {_n(lead.worst, scale)} are taken for one person and in "
            f"{_g(lead.least.group)} {_n(lead.least, scale)}{_verdict(tables, lead)}"
        )
    if crossed is not None:
        who, whom = _g(crossed.probe_group), _g(crossed.reference_group)
        said += f"; across groups {who} pass as {whom} most, {_n(crossed, scale)} (not tested)"
    said += "".join(_again(tables, lead, point, scale) for point in points[1:])
    higher = _higher(tables, lead)
    said += _also(tables, lead, higher, scale)
    text = f"{_opening(tables, points[0])}, {said}."
    named: list[Rated] = [*findings.named(lead), *higher, *([crossed] if crossed is not None else [])]
    return Finding(text=text, anchor="impostors", care=_care(named))


_MISSED = {"FNMR": "turned away", "FMR": "taken for someone else"}


def unseen(tables: Tables) -> str:
    """One sentence: the smallest differences that the leading tests would have seen, and who is not tested at all."""
    contrasts = [one for metric in _MISSED if (one := side_by_side.worst(tables, metric)) is not None]
    parts = [part for one in contrasts for part in _blind(tables, one)]
    small = views.once((row.group, why) for one in contrasts for row, why in one.left_out)
    for why in views.once(why for _, why in small):
        names = views.once(_g(group) for group, other in small if other == why)
        parts.append(f"anything about {_some(names)} ({why})")
    if not parts:
        parts = ["differences between groups that its tests do not compare"]
    synthetic = tables.manifest.dataset.get("status") == "synthetic"
    end = "; the people are synthetic, so nothing here is about a deployment" if synthetic else ""
    return f"What this run could not see: {'; '.join(parts)}{end}."


def _blind(tables: Tables, one: Contrast) -> Iterator[str]:
    """The ratio of the group whose test sees least; whom no ratio would have been seen of."""
    what = _MISSED[one.metric]
    tests = [test for test in one.tests.values() if test.verdict != worst_first.DIFFERS]
    known = [(test.group, power) for test in tests if (power := versus_rest.power_of(tables, test)) is not None]
    seen = [(group, versus_rest.visible(power, one.tests[group])) for group, power in known]
    ratios = [ratio for _, ratio in seen if ratio is not None]
    if ratios:
        least = versus_rest.times(max(ratios))
        yield f"a group by {one.grouping} {what} less than {least} times as often as the others"
    blind = [_g(group) for group, ratio in seen if ratio is None]
    if blind:
        yield f"any difference at all in how often {_some(blind)} {_is(blind)} {what}, so few are the errors"


def _g(group: str) -> str:
    """The name of a group in a sentence, in quotes where it holds a comma."""
    return f"“{group}”" if "," in group else group


def _care(rows: Sequence[Rated]) -> str:
    """Cautions and notes beside the rates of `rows`, each said once for all the groups that it is of."""
    of: dict[str, list[str]] = {}
    for row in rows:
        for part in filter(None, words.noted(row).split("; ")):
            of.setdefault(part, []).append(_g(findings.group_of(row)))
    by_groups: dict[str, list[str]] = {}
    for part, groups in of.items():
        by_groups.setdefault(words.listed(views.once(groups)), []).append(part)
    said = ". ".join(f"{groups}: {'; '.join(parts)}" for groups, parts in by_groups.items())
    return f"Read with care: {said}." if said else ""


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _some(names: Iterable[str]) -> str:
    every = list(names)
    return words.listed(every) if len(every) < 4 else f"{len(every)} groups"
