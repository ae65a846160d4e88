"""A policy's requirements, each judged as the claim that it is: met, not met, or not enough evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from facegap.cards import Policy, Requirement
from facegap.cards.policy import AT_SCORES, EVERY_CONDITION
from facegap.claims.counts import group_counts_of, points_of, searches_of
from facegap.claims.examine import shown_only
from facegap.claims.judge import judge_with, verdict_of
from facegap.claims.text import Claim
from facegap.claims.verdict import Judged, Verdict
from facegap.errors import InputError
from facegap.evidence import Evidence
from facegap.records import ByPeople, Threshold
from facegap.tables.workbench import Workbench

Met = Literal["met", "not met", "not enough evidence"]

NOT_ENOUGH: Met = "not enough evidence"
_MET: Mapping[Verdict, Met] = {"supported": "met", "refuted": "not met", "undecided": NOT_ENOUGH}


@dataclass(frozen=True, kw_only=True)
class Required:
    """What one model shows of one requirement at one of its levels under one condition.

    Attributes:
        level: "threshold" or "goal", and `limit` its number.
        judged: the verdict on every group, in the order of the run; none where the run has not what is required.
        worst: the group that stands furthest above the limit, refuted ones first; None where no group has a value.
        people: the worst group's rate with each person (each pair of people) counted once; of no summary.
        why: why there is not enough evidence, where the groups' own notes do not say it.
    """

    requirement: Requirement
    model: str
    condition: str
    level: str
    limit: float
    verdict: Met
    judged: tuple[Judged, ...] = ()
    worst: Judged | None = None
    people: ByPeople = field(default_factory=ByPeople)
    why: str = ""


def claim_of(requirement: Requirement, limit: float) -> Claim:
    """The claim that a requirement makes at one of its levels."""
    return Claim(
        text=requirement.name,
        kind="summary" if requirement.summary else "at most",
        metric=requirement.rate,
        number=limit,
        scope=requirement.scope,
        columns=requirement.groups,
        threshold=requirement.at or None,
        protocol="open" if requirement.rate == "FPIR" else "",
        measure=requirement.summary,
    )


def judge_policy(evidence: Evidence, policy: Policy, models: Sequence[str] = ()) -> tuple[Required, ...]:
    """Every requirement at each of its levels, for each of the `models` (all where none is named) and its conditions.

    Verdicts hold at the study's level for each requirement by itself: that all of them are met needs no adjustment,
    as each must be shown (an intersection-union test); that one of many is not met can be wrong more often.
    """
    chosen = models or [use.card for use in evidence.study.models]
    benches: dict[str, Workbench | str] = {}
    return tuple(
        found
        for requirement in policy.requirements
        for model in chosen
        for found in _of_model(evidence, requirement, model, benches)
    )


def conditions_of(evidence: Evidence, requirement: Requirement) -> tuple[str, ...]:
    """The conditions that a requirement is on; of every one of the run those that do not only try a constant."""
    if requirement.conditions != (EVERY_CONDITION,):
        return requirement.conditions
    asked = evidence.study.conditions
    return tuple(name for name in asked if "@" not in name or name.partition("@")[0] not in asked)


def _of_model(
    evidence: Evidence, requirement: Requirement, model: str, benches: dict[str, Workbench | str]
) -> Iterator[Required]:
    bench = _bench(evidence, requirement, model, benches)
    for condition in conditions_of(evidence, requirement):
        for level, limit in requirement.limits.items():
            claim = claim_of(requirement, limit)
            nothing = Required(
                requirement=requirement,
                model=model,
                condition=condition,
                level=level,
                limit=limit,
                verdict=NOT_ENOUGH,
            )
            try:
                if isinstance(bench, str):
                    raise InputError(bench)
                yield _judged(bench, claim, nothing)
            except InputError as error:
                yield replace(nothing, why=str(error).removeprefix(f"claim '{claim.text}': ").removeprefix("claim: "))


def _bench(
    evidence: Evidence, requirement: Requirement, model: str, benches: dict[str, Workbench | str]
) -> Workbench | str:
    """The evidence with the operating point that is asked for, or why it cannot have that."""
    at = requirement.at
    key = f"{at} {sorted(requirement.scores.items())}"
    if key not in benches:
        benches[key] = _with_point(evidence, requirement)
    if at == AT_SCORES and model not in requirement.scores:
        return f"the policy names no score of {model}"
    return benches[key]


def _with_point(evidence: Evidence, requirement: Requirement) -> Workbench | str:
    at, rule = requirement.at, evidence.study.thresholds
    if at == AT_SCORES:
        given = tuple(
            Threshold(name=AT_SCORES, model=model, value=value, policy=f"the policy's, of '{requirement.name}'")
            for model, value in requirement.scores.items()
        )
        return Workbench(replace(evidence, given=(*evidence.given, *given)))
    target = float(at.removeprefix("FMR ")) if at.startswith("FMR ") else None
    if target is None or f"FMR {target:g}" in [f"FMR {one:g}" for one in rule.fmr]:
        return Workbench(evidence)
    if rule.from_run is not None:
        return f"the run's thresholds come from another run, and none is at {at}"
    asked = rule.model_copy(update={"fmr": (target,)})
    changed = replace(evidence, study=evidence.study.model_copy(update={"thresholds": asked}))
    bench = Workbench(changed)
    try:
        bench.thresholds  # noqa: B018 - found out here whether the kept scores reach the target
    except InputError as error:
        return str(error)
    return bench


def _judged(bench: Workbench, claim: Claim, found: Required) -> Required:
    evidence = bench.evidence
    rows = shown_only(evidence, judge_with(bench, claim, [found.model], [found.condition]))
    rows = tuple(_enough_people(row, found.requirement.people) for row in rows)
    if not rows:
        return replace(found, why="the run has no such group")
    verdict, why = _MET[verdict_of(rows)], ""
    if found.requirement.gallery is not None:
        size = searches_of(evidence, claim, evidence.comparisons[found.model, found.condition]).gallery_size
        verdict, why = _of_gallery(verdict, size, found.requirement.gallery)
    worst = worst_of(rows)
    people = ByPeople() if worst is None else _people(bench, claim, found, worst)
    return replace(found, verdict=verdict, judged=rows, worst=worst, people=people, why=why)


def _enough_people(row: Judged, least: int | None) -> Judged:
    if least is None or row.subjects is None or row.subjects >= least:
        return row
    why = f"the policy asks for {least} people behind a rate, and there are {row.subjects}"
    return replace(row, verdict="undecided", note="; ".join(part for part in (row.note, why) if part))


def _of_gallery(verdict: Met, measured: int, required: int) -> tuple[Met, str]:
    """A larger gallery raises no fewer false alarms, so that a verdict holds on one side of the measured size only."""
    if measured == required:
        return verdict, ""
    said = f"measured in a gallery of {measured}, required of one of {required}"
    if verdict == "met" and measured < required:
        return NOT_ENOUGH, f"{said}: met in the smaller one, which says nothing of a larger"
    if verdict == "not met" and measured > required:
        return NOT_ENOUGH, f"{said}: not met in the larger one, which says nothing of a smaller"
    return verdict, f"{said}, where it holds as well: a larger gallery has no fewer false alarms"


def worst_of(rows: Sequence[Judged]) -> Judged | None:
    """The group that is shown first: refuted before undecided before supported, then by its rate."""
    order = {"refuted": 2, "undecided": 1, "supported": 0}
    known = [row for row in rows if row.value is not None]
    return max(known, key=lambda row: (order[row.verdict], row.value or 0.0), default=None)


def _people(bench: Workbench, claim: Claim, found: Required, worst: Judged) -> ByPeople:
    """The worst group's rate by people, at the operating point that was judged."""
    if claim.measure:
        return ByPeople()
    comparisons = bench.evidence.comparisons[found.model, found.condition]
    point = next(point for point in points_of(bench, claim, comparisons) if point.name == worst.threshold_name)
    columns = tuple(worst.grouping.split(", ")) if worst.grouping else ()
    counts = group_counts_of(bench, claim, comparisons, columns, point)[claim.metric]
    mine = next((one for one in counts if one.group == worst.group), None)
    return ByPeople() if mine is None else bench.estimate(mine).people


def outcome(found: Sequence[Required], level: str = "threshold") -> Met:
    """Of all requirements at one level: not met where one is not, met where all are."""
    verdicts = {one.verdict for one in at_level(found, level)}
    return "not met" if "not met" in verdicts else "met" if verdicts == {"met"} else NOT_ENOUGH


def at_level(found: Sequence[Required], level: str) -> list[Required]:
    """The requirements at a level; those without a goal stand there at their threshold."""
    return [one for one in found if one.level == level or (level == "goal" and one.requirement.goal is None)]
