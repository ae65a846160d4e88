"""Rows and sentences of what runs show of a policy's requirements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facegap.cards import Policy
from facegap.claims.requirements import Met, Required, judge_policy, outcome
from facegap.claims.verdict import Judged
from facegap.compared.runs import OneRun
from facegap.report import words
from facegap.report.marks import Point
from facegap.schema import RequiredGroupRow, RequirementRow

MET: dict[str, Met] = {"supported": "met", "refuted": "not met", "undecided": "not enough evidence"}

_IN_PEOPLE = {
    "FNMR": "genuine applicants in {group}, {people} turned away",
    "FMR": "pairs of two strangers in {group}, {people} pass as one person",
    "FTA": "pictures of {group}, {people} without a usable face",
    "FTE": "people in {group}, {people} cannot be enrolled",
    "FPIR": "searches for people in {group} who are not enrolled, {people} raise a false alarm",
}


def judged_runs(runs: Sequence[OneRun], policy: Policy) -> dict[str, tuple[Required, ...]]:
    """Run -> what each of its models shows of each requirement."""
    return {run.name: judge_policy(run.evidence, policy) for run in runs}


def outcomes(runs: Sequence[OneRun], judged: dict[str, tuple[Required, ...]], level: str) -> dict[str, Met]:
    """Label of a model -> what it comes to over all requirements at a level."""
    return {
        run.labels[model]: outcome([one for one in judged[run.name] if one.model == model], level)
        for run in runs
        for model in run.models
    }


def requirement_rows(runs: Sequence[OneRun], judged: dict[str, tuple[Required, ...]]) -> Iterator[RequirementRow]:
    """One row a requirement, level, model and condition."""
    for run in runs:
        for one in judged[run.name]:
            yield requirement_row(run.name, run.labels[one.model], one)


def requirement_row(run: str, label: str, one: Required) -> RequirementRow:
    """The row of one requirement; `label` is the model's name beside others."""
    worst, asked = one.worst, one.requirement
    shown = one.judged[0] if worst is None and one.judged else worst
    notes = [one.why, *dict.fromkeys(f"{row.group}: {row.note}" for row in one.judged if row.note)]
    return RequirementRow(
        run=run,
        model=label,
        requirement=asked.name,
        level=one.level,
        metric=asked.metric,
        limit=one.limit,
        condition=one.condition,
        verdict=one.verdict,
        grouping=shown.grouping if shown is not None else ", ".join(asked.groups or ()),
        threshold_name=shown.threshold_name if shown is not None else asked.at,
        threshold=shown.threshold if shown is not None else None,
        group=worst_group(one),
        value=None if worst is None else worst.value,
        low=None if worst is None else worst.low,
        high=None if worst is None else worst.high,
        by_people=one.people.value,
        by_people_low=one.people.low,
        by_people_high=one.people.high,
        errors=None if worst is None else worst.errors,
        trials=None if worst is None else worst.trials,
        subjects=None if worst is None else worst.subjects,
        decided_as="" if worst is None or worst.decided_as is None else MET[worst.decided_as],
        decided_people=None if worst is None else worst.decided_people,
        decided_trials=None if worst is None else worst.decided_trials,
        sentence=sentence(one),
        source=asked.source,
        check=asked.check,
        caution="" if worst is None else worst.caution,
        note="; ".join(note for note in notes if note),
    )


def group_rows(runs: Sequence[OneRun], judged: dict[str, tuple[Required, ...]]) -> Iterator[RequiredGroupRow]:
    """One row a group under every requirement."""
    for run in runs:
        for one in judged[run.name]:
            yield from (_group_row(run.name, run.labels[one.model], one, row) for row in one.judged)


def _group_row(run: str, label: str, one: Required, row: Judged) -> RequiredGroupRow:
    return RequiredGroupRow(
        run=run,
        model=label,
        requirement=one.requirement.name,
        level=one.level,
        limit=one.limit,
        condition=one.condition,
        grouping=row.grouping,
        group=row.group,
        threshold_name=row.threshold_name,
        threshold=row.threshold,
        verdict=MET[row.verdict],
        errors=row.errors,
        trials=row.trials,
        subjects=row.subjects,
        value=row.value,
        low=row.low,
        high=row.high,
        p_not_met=row.p_refute,
        p_met=row.p_support,
        decided_as="" if row.decided_as is None else MET[row.decided_as],
        decided_people=row.decided_people,
        decided_trials=row.decided_trials,
        caution=row.caution,
        note=row.note,
    )


def sentence(one: Required) -> str:
    """The worst group in words: what it costs in people, and what would have decided where nothing did."""
    worst = one.worst
    if worst is None:
        return f"Not enough evidence: {one.why}." if one.why else "Not enough evidence."
    parts = [_spread(one, worst) if one.requirement.summary else _cost(one, worst)]
    if one.verdict == "not enough evidence" and worst.decided_people is not None and worst.decided_as is not None:
        said = MET[worst.decided_as]
        parts.append(f"About {words.count(worst.decided_people)} such people would have decided it as {said}.")
    if one.why:
        parts.append(f"{one.why[:1].upper()}{one.why[1:]}.")
    return " ".join(parts)


def worst_group(one: Required) -> str:
    """Its name; of a summary the group with the highest rate, "" where several share it."""
    if one.worst is None:
        return ""
    if not one.requirement.summary:
        return one.worst.group
    first = one.worst.note.partition("; ")[0]
    return first.removeprefix("highest: ").rpartition(", lowest: ")[0] if first.startswith("highest: ") else ""


def _cost(one: Required, worst: Judged) -> str:
    people = one.people
    by_people = people.value is not None and one.requirement.rate != "FTA"
    point = Point(
        rate=people.value if by_people else worst.value,
        low=people.low if by_people else worst.low,
        high=people.high if by_people else worst.high,
        errors=worst.errors,
        subjects=worst.subjects,
    )
    scale = words.people_scale([point])
    said = _IN_PEOPLE[one.requirement.rate].format(group=worst.group, people=words.people(point, scale))
    return f"Of {words.count(scale)} {said}."


def _spread(one: Required, worst: Judged) -> str:
    reach, name = words.reach(worst.low, worst.high), worst_group(one)
    whose = f"the worst group, {name}," if name else "the worst group"
    return (
        f"The {one.requirement.rate} of {whose} is {words.number(worst.value)} ({reach}) times the geometric mean of "
        "the groups’ rates."
    )
