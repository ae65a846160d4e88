"""Table of two models on the same people: the difference of their rates on the same comparisons, by group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap import count
from facegap.errors import InputError
from facegap.estimate import cautions
from facegap.estimate.bootstrap import fmr_draws, percentiles
from facegap.estimate.differentials import enter
from facegap.estimate.discordant import drawn_p, mcnemar_p, swap_p
from facegap.estimate.multiplicity import holm
from facegap.estimate.paired import Turned, turned, turned_interval
from facegap.estimate.power import NORMAL, visible_difference
from facegap.records import Comparisons, ErrorCounts, Estimate, Rows, matches
from facegap.schema import BetweenRow
from facegap.tables.paired import uneven
from facegap.tables.workbench import GroupCounts, Workbench

FEW_DISCORDANT = 5
"""Below so many non-mated comparisons on which two models disagree, draws of people would be too narrow an interval."""


class _Discordant(NamedTuple):
    """Comparisons that err under one model alone: +1 the first, -1 the second; (k,) rows of samples on either side."""

    reference: Rows
    probe: Rows
    sign: Rows


@dataclass(frozen=True, eq=False, kw_only=True)
class _Found:
    """What one group shows: comparisons that err under either model alone, interval of the difference, p by person.

    `error` is the difference's standard error on `freedom` degrees of freedom; None where there is no interval.
    """

    first: int
    second: int
    interval: tuple[float, float] | None
    p: float
    error: float | None = None
    freedom: float = NORMAL
    note: str = ""


def rows(bench: Workbench) -> Iterator[BetweenRow]:
    """FMR (within group) and FNMR of every pair of models, in the study's order, at thresholds of the same name.

    Raises:
        InputError: two models were not compared on the same comparisons.
    """
    evidence = bench.evidence
    by_key = {_key(found): found for found in bench.group_counts}
    order = [use.card for use in evidence.study.models]
    for model, other in combinations(order, 2):
        for key, mine in by_key.items():
            theirs = by_key.get((other, *key[1:])) if key[0] == model else None
            if theirs is None:
                continue
            _check(mine.comparisons, theirs.comparisons)
            for metric in mine.by_metric:
                yield from _rows(bench, mine, theirs, metric)


def _key(found: GroupCounts) -> tuple[str, str, tuple[str, ...], str]:
    return found.comparisons.model, found.comparisons.condition, found.columns, found.threshold.name


def _check(a: Comparisons, b: Comparisons) -> None:
    pairs = (
        (a.trials.reference, b.trials.reference),
        (a.trials.probe, b.trials.probe),
        (a.mated.reference, b.mated.reference),
        (a.mated.probe, b.mated.probe),
    )
    if a.trials.symmetric != b.trials.symmetric or not all(np.array_equal(x, y) for x, y in pairs):
        raise InputError(
            f"{a.model} and {b.model} under {a.condition} were not compared on the same comparisons in the same order; "
            "the run's folder is damaged: run the study again"
        )


def _rows(bench: Workbench, mine: GroupCounts, theirs: GroupCounts, metric: str) -> Iterator[BetweenRow]:
    evidence = bench.evidence
    find = _nonmated if metric == "FMR" else _mated
    found = dict(zip((c.group for c in mine.by_metric[metric]), find(bench, mine, theirs), strict=True))
    entering, _ = enter(mine.by_metric[metric], evidence.study.statistics.min_subjects)
    tested = [c.group for c in entering]
    adjusted = dict(zip(tested, holm([found[name].p for name in tested]), strict=True))
    alpha = (1 - evidence.study.statistics.level) / max(len(tested), 1)
    estimates = [_estimates(bench, one)[metric] for one in (mine, theirs)]
    for a, b in zip(mine.by_metric[metric], theirs.by_metric[metric], strict=True):
        p_holm, one = adjusted.get(a.group), found[a.group]
        yield BetweenRow(
            model=mine.comparisons.model,
            other_model=theirs.comparisons.model,
            condition=mine.comparisons.condition,
            metric=metric,
            grouping=", ".join(mine.columns),
            group=a.group,
            threshold_name=mine.threshold.name,
            threshold=mine.threshold.value,
            other_threshold=theirs.threshold.value,
            **_cells(a, b, one, evidence.study.statistics.level),
            p_holm=p_holm,
            verdict=_verdict(p_holm, evidence.study.statistics.level),
            visible_80=None if one.error is None else visible_difference(one.error, one.freedom, 0.8, alpha),
            caution=cautions.by_name(
                (c.model, side[c.group].cautions) for c, side in zip((a, b), estimates, strict=True)
            ),
            by_people=estimates[0][a.group].people.value,
            other_by_people=estimates[1][a.group].people.value,
        )


def _estimates(bench: Workbench, found: GroupCounts) -> Mapping[str, Mapping[str, Estimate]]:
    return bench.estimates(found.comparisons, found.columns, found.threshold.value)


def _verdict(p_holm: float | None, level: float) -> str:
    if p_holm is None:
        return ""
    return "differs" if p_holm < 1 - level else "not shown to differ"


def _cells(a: ErrorCounts, b: ErrorCounts, found: _Found, level: float) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "comparisons": a.trials,
        "subjects": a.subjects,
        "errors": a.errors,
        "other_errors": b.errors,
        "level": level,
        "only_model": found.first,
        "only_other": found.second,
    }
    if a.trials == 0:
        return {**cells, "note": "no comparisons"}
    rate, other_rate = a.errors / a.trials, b.errors / b.trials
    difference = (a.errors - b.errors) / a.trials
    low, high = found.interval or (None, None)
    if low is not None and high is not None:
        low, high = max(min(low, difference), -1.0), min(max(high, difference), 1.0)
    disagree = found.first + found.second
    note = "the models agree on every comparison: an interval would say nothing" if disagree == 0 else found.note
    if disagree > 0 and found.interval is None:
        note = f"the models disagree on {disagree} comparisons, too few for an interval"
    return {
        **cells,
        "rate": rate,
        "other_rate": other_rate,
        "difference": difference,
        "low": low,
        "high": high,
        "p_mcnemar": mcnemar_p(found.first, found.second),
        "p": found.p,
        "note": note,
    }


def _mated(bench: Workbench, mine: GroupCounts, theirs: GroupCounts) -> Iterator[_Found]:
    """By group of the probe: the paired difference of every comparison, failed ones counted as errors.

    The interval is that of `paired.csv`, Tango's at the effective comparisons by person; Student's t on people's sums
    left the truth out in up to 30 % where a few have most images (`benchmarks/paired_coverage.md`).
    """
    level, samples = bench.evidence.study.statistics.level, bench.evidence.samples
    mated = mine.comparisons.mated
    errors = [~matches(one.comparisons.mated.score, one.threshold.value) for one in (mine, theirs)]
    difference = errors[0].astype(np.int64) - errors[1]
    person, group = samples.people()[mated.probe], samples.grouping(mine.columns)[mated.probe]
    for c in mine.by_metric["FNMR"]:
        own = group == c.group
        first, second = int((difference[own] > 0).sum()), int((difference[own] < 0).sum())
        totals = np.bincount(person[own], weights=difference[own]).astype(np.int64)
        found = turned(person[own], difference[own].astype(np.float64)) if first + second else None
        if found is None:
            yield _Found(first=first, second=second, interval=None, p=swap_p(totals))
        else:
            yield _Found(
                first=first,
                second=second,
                interval=turned_interval(found, level),
                p=swap_p(totals),
                error=_error(found),
                freedom=found.freedom,
                note=uneven(found),
            )


def _error(found: Turned) -> float:
    """Standard error of the difference at its effective comparisons."""
    return math.sqrt((found.worse + found.better - found.mean**2) / found.size)


def _nonmated(bench: Workbench, mine: GroupCounts, theirs: GroupCounts) -> Iterator[_Found]:
    """Inside each group: the discordant comparisons alone make the drawn difference, over the drawn comparisons."""
    samples, level, draws = bench.evidence.samples, bench.evidence.study.statistics.level, bench.people_draws
    group, person = samples.grouping(mine.columns), samples.people()
    apart = _discordant(mine, theirs, len(samples))
    within = np.where(group[apart.reference] == group[apart.probe], group[apart.probe], "")
    for side in count.pair_errors(mine.comparisons, samples, mine.columns, np.inf):
        own = within == side.group
        i, j, sign = person[apart.reference[own]], person[apart.probe[own]], apart.sign[own]
        first, second = int((sign > 0).sum()), int((sign < 0).sum())
        if first + second == 0:
            yield _Found(first=0, second=0, interval=None, p=1.0)
            continue
        drawn = fmr_draws(draws, i, j, sign, side.compared)
        interval = percentiles(drawn, level) if first + second >= FEW_DISCORDANT else None
        yield _Found(
            first=first,
            second=second,
            interval=interval,
            p=drawn_p(drawn),
            error=float(np.nanstd(drawn)) if interval else None,
        )


def _discordant(mine: GroupCounts, theirs: GroupCounts, samples: int) -> _Discordant:
    first, second = (_false_matches(one, samples) for one in (mine, theirs))
    only = np.setdiff1d(first, second, assume_unique=True), np.setdiff1d(second, first, assume_unique=True)
    both = np.concatenate(only)
    sign = np.repeat(np.array([1, -1], dtype=np.int64), [len(side) for side in only])
    return _Discordant(both // samples, both % samples, sign)


def _false_matches(found: GroupCounts, samples: int) -> npt.NDArray[np.int64]:
    """(k,) one number for each non-mated comparison at or above the threshold, alike in every model."""
    tail = found.comparisons.tail
    above = matches(tail.score, found.threshold.value)
    a, b = tail.reference[above], tail.probe[above]
    if found.comparisons.trials.symmetric:
        a, b = np.minimum(a, b), np.maximum(a, b)
    return np.asarray(a * samples + b)
