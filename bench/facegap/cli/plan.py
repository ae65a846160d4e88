"""A plan as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from facegap.cli.listings import columns
from facegap.planning import Plan, PlannedGroup
from facegap.planning.cluster import ClusterCost
from facegap.planning.verdicts import MOST_PEOPLE, PlannedVerdict
from facegap.tables.versus_rest import ratio_text


def lines(plan: Plan) -> Iterator[str]:
    """Size, time and disk; trials per group; what each group's tests would see."""
    yield (
        f"{plan.study}: {plan.samples} samples of {plan.people} people, {plan.models} models, "
        f"{plan.conditions} conditions, {plan.comparisons} comparisons a model and symmetric condition"
    )
    if plan.left_out:
        yield f"left out: {plan.left_out} samples of people who have more than the study takes of each"
    yield (
        f"estimated, good to a factor of about three: {_time(plan.seconds)} on {plan.cores} cores with nothing cached; "
        f"{_size(plan.cache_bytes)} of cache, {_size(plan.results_bytes)} of results"
    )
    if plan.cluster is not None:
        yield _cluster(plan.cluster)
    yield ""
    yield from columns(
        [("GROUPING", "GROUP", "PEOPLE", "SAMPLES", "MATED", "NON-MATED", "SEARCHES"), *map(_trials, plan.groups)]
    )
    rows = [_seen(group, k) for group in plan.groups for k in range(len(group.seen))]
    if rows:
        yield ""
        yield (
            f"smallest ratio to the other groups that this study would see; FNMR {plan.assumed.fnmr:g}, design effect "
            f"{_effects(plan)} ({plan.assumed.source})"
        )
        header = ("GROUPING", "GROUP", "RATE", "80 % POWER", "90 % POWER", "PEOPLE FOR 1.5", "FOR 2", "FOR 3")
        yield from columns([header, *rows])
        yield "people: in each of two groups of this kind, 80 % power"
    for claim, found in groupby(plan.verdicts, lambda verdict: verdict.claim):
        yield ""
        yield from _claimed(claim, list(found))
    if plan.requirements:
        yield ""
        yield from _required(plan)


def _required(plan: Plan) -> Iterator[str]:
    """Whether the study could decide each requirement of the policy, and what is missing where it could not."""
    yield "policy: whether this study could decide each requirement, as of the group of which it could decide least"
    rows = [("REQUIREMENT", "LEVEL", "METRIC", "AT MOST", "THIS STUDY")]
    rows += [(one.requirement, one.level, one.metric, f"{one.limit:g}", one.decides) for one in plan.requirements]
    yield from columns(rows)
    for one in plan.requirements:
        if one.why:
            yield f"  {one.requirement}, {one.level}: {one.why}"
        for verdict in one.verdicts:
            if verdict.decides != "could decide":
                yield f"  {one.requirement}, {one.level}, {verdict.group}: {_verdict(verdict)[-1]}"


def _cluster(cost: ClusterCost) -> str:
    return (
        f"comparisons on a cluster: {_time(cost.seconds)} on {cost.workers} workers, {cost.tasks} tasks, bound by "
        f"{_BOUND[cost.bound]}; {_size(cost.bytes_a_worker)} of memory a worker, {_size(cost.bytes_moved)} moved"
    )


_BOUND = {"products": "the matrix product", "network": "the network", "scheduler": "the scheduler"}


def _claimed(claim: str, verdicts: list[PlannedVerdict]) -> Iterator[str]:
    """What a verdict takes, by group."""
    yield f"claim '{claim}': the people with whom a verdict is 80 % likely"
    header = ("GROUPING", "GROUP", "PEOPLE", "TO REFUTE AT TWICE", "TO SUPPORT AT HALF", "THIS STUDY")
    yield from columns([header, *map(_verdict, verdicts)])
    yield (
        "twice and half: of the claimed rate, where the group's true rate is that; in brackets comparisons; "
        "numbers of images as of the group's own people"
    )
    if any(verdict.threshold_is_own for verdict in verdicts):
        yield (
            "the run sets this threshold itself: half of the error is the threshold's; how far its interval moves "
            "the rates is not known beforehand and takes more people"
        )


def _verdict(one: PlannedVerdict) -> tuple[str, ...]:
    needed = (one.people_to_refute, one.people_to_support)
    people = max((n or MOST_PEOPLE for n in needed), default=0)
    beyond = "more than " if None in needed else ""
    missing = "" if one.decides == "could decide" else f": deciding needs {beyond}{people} people"
    return (
        one.grouping or "-",
        one.group,
        f"{one.people} ({one.comparisons})",
        _needed(one.people_to_refute, one.comparisons_to_refute),
        _needed(one.people_to_support, one.comparisons_to_support),
        f"{one.decides}{missing}",
    )


def _needed(people: int | None, comparisons: int | None) -> str:
    return f"more than {MOST_PEOPLE}" if people is None else f"{people} ({comparisons})"


def _effects(plan: Plan) -> str:
    named = plan.assumed.by_threshold.items()
    return ", ".join(f"{effect:.3g} at {name}" for name, effect in named) or f"{plan.assumed.nonmated:.3g}"


def _trials(group: PlannedGroup) -> tuple[str, ...]:
    searches = ", ".join(f"{count} {protocol}" for protocol, count in group.searches.items())
    counts = (group.people, group.samples, group.mated, group.nonmated)
    return (group.grouping or "-", group.group, *map(str, counts), searches)


def _seen(group: PlannedGroup, k: int) -> tuple[str, ...]:
    seen = group.seen[k]
    ratios = ("none" if ratio is None else ratio_text(ratio) for ratio in (seen.ratio_80, seen.ratio_90))
    people = ("-" if n is None else str(n) for n in (seen.people_1_5, seen.people_2, seen.people_3))
    return (group.grouping, group.group, seen.metric, *ratios, *people)


def _time(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.0f} h"
    )


def _size(count: float) -> str:
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
