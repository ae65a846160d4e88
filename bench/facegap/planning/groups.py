"""What each group of a study would have and see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facegap.cards import DatasetCard, Study
from facegap.compare.pairs import mated_pairs
from facegap.estimate.people import design_effect_at, effective_trials, people_for_mated, people_for_nonmated
from facegap.estimate.power import trials_to_see, visible_ratio
from facegap.planning.pilot import Assumed
from facegap.planning.size import mated_trials, nonmated_trials, searching
from facegap.planning.verdicts import Takers, takers_of
from facegap.records import Mask, Rows, Samples, Trials, has_label
from facegap.tables.order import group_rank


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The smallest ratio to the other groups that a group's test would see, and the people that three ratios take."""

    metric: str
    rate: float
    n_eff: float
    ratio_80: float | None
    ratio_90: float | None
    people_1_5: int | None
    people_2: int | None
    people_3: int | None


@dataclass(frozen=True, kw_only=True)
class PlannedGroup:
    """Trials of one group under the clean condition, and what its tests would see."""

    grouping: str
    group: str
    people: int
    samples: int
    mated: int
    nonmated: int
    searches: dict[str, int]
    seen: tuple[Seen, ...]


def takers(samples: Samples, card: DatasetCard, rule: Trials, columns: tuple[str, ...]) -> list[Takers]:
    """What each person of every group of one grouping would take part in; groups in the card's order."""
    names, group = _groups(samples, card, columns)
    known, subject = np.unique(samples.subjects, return_inverse=True)
    mated = mated_pairs(samples, rule)[1] if card.identities else np.empty(0, np.int64)
    return [takers_of(name, len(known), subject, group == d, rule, mated) for d, name in enumerate(names)]


def _groups(samples: Samples, card: DatasetCard, columns: tuple[str, ...]) -> tuple[list[str], Rows]:
    """The groups of one grouping, and the number of each sample's."""
    names, group = np.unique(samples.grouping(columns), return_inverse=True)
    values = {name: tuple(labels.values) for name, labels in card.groups.items()}
    order = sorted(range(len(names)), key=lambda k: (group_rank(values, columns, str(names[k])), str(names[k])))
    return [str(names[k]) for k in order], np.argsort(order)[group]


def planned_groups(
    study: Study, card: DatasetCard, samples: Samples, rule: Trials, columns: tuple[str, ...], assumed: Assumed
) -> Iterator[PlannedGroup]:
    """The groups of one grouping, in the card's order."""
    names, group = _groups(samples, card, columns)
    _, subject = np.unique(samples.subjects, return_inverse=True)
    of_probe = mated_trials(samples, rule) if card.identities else np.zeros(len(samples), dtype=np.int64)
    searches = searching(study, card, samples)
    people = [len(np.unique(subject[group == d])) for d in range(len(names))]
    mated = [_by_person(subject, of_probe, group == d) for d in range(len(names))]
    nonmated = [nonmated_trials(rule, subject, group == d) for d in range(len(names))]
    compared = [
        d for d, name in enumerate(names)
        if columns and people[d] >= study.statistics.min_subjects and has_label(str(name))
    ]  # fmt: skip
    for d, name in enumerate(names):
        others = [e for e in compared if e != d]
        seen: tuple[Seen, ...] = ()
        if d in compared and others:
            tests = 1 if len(compared) == 2 else len(compared)
            sides = [(people[e], mated[e], nonmated[e]) for e in (d, *others)]
            seen = tuple(_seen(study, assumed, sides, (1 - study.statistics.level) / tests))
        yield PlannedGroup(
            grouping=", ".join(columns),
            group=str(name),
            people=people[d],
            samples=int((group == d).sum()),
            mated=int(mated[d].sum()),
            nonmated=nonmated[d],
            searches={protocol: int((group[rows] == d).sum()) for protocol, rows in searches.items()},
            seen=seen,
        )


def _by_person(subject: Rows, of_probe: Rows, inside: Mask) -> Rows:
    """Mated comparisons of each person who has any in the group."""
    counts = np.bincount(subject[inside], weights=of_probe[inside]).astype(np.int64)
    return np.asarray(counts[counts > 0])


def _seen(study: Study, assumed: Assumed, sides: list[tuple[int, Rows, int]], alpha: float) -> Iterator[Seen]:
    """FMR at every target and FNMR, of the first side against the others together."""
    people, _, total = sides[0]
    for target in study.thresholds.fmr:
        effects = [_effect(assumed, f"FMR {target:g}", people) for people, _, _ in sides]
        effective = [effective_trials(total, effect) for (_, _, total), effect in zip(sides, effects, strict=True)]
        rest = float(np.sum(effective[1:]))
        if total and rest:
            needed = [
                people_for_nonmated(trials_to_see(target, ratio, 0.8, alpha), total, effects[0], people)
                for ratio in (1.5, 2.0, 3.0)
            ]
            yield _row(f"FMR {target:g}", target, effective[0], rest, alpha, needed)
    balanced = [_balanced(mated, assumed.mated) for _, mated, _ in sides]
    rest = float(np.sum(balanced[1:]))
    if balanced[0] and rest:
        needed = [
            people_for_mated(trials_to_see(assumed.fnmr, ratio, 0.8, alpha), balanced[0], people)
            for ratio in (1.5, 2.0, 3.0)
        ]
        yield _row("FNMR", assumed.fnmr, balanced[0], rest, alpha, needed)


def _effect(assumed: Assumed, threshold: str, people: int) -> float:
    effect = assumed.by_threshold.get(threshold, assumed.nonmated)
    return effect if assumed.people is None else design_effect_at(effect, people / assumed.people)


def _balanced(mated: Rows, effect: float | None) -> float:
    """Effective mated comparisons: by the measured design effect, else as if all of one person agreed."""
    total = int(mated.sum())
    if not total:
        return 0.0
    return total / max(effect, 1.0) if effect is not None else total**2 / float((mated.astype(np.float64) ** 2).sum())


def _row(metric: str, rate: float, n: float, rest: float, alpha: float, needed: list[int | None]) -> Seen:
    at_80, at_90 = (visible_ratio(rate, n, rest, power, alpha) for power in (0.8, 0.9))
    return Seen(
        metric=metric,
        rate=rate,
        n_eff=n,
        ratio_80=at_80,
        ratio_90=at_90,
        people_1_5=needed[0],
        people_2=needed[1],
        people_3=needed[2],
    )
