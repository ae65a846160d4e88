"""Tables of what did not enter the rates, and of what the rates would be otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from facegap import trials
from facegap.compare.pairs import mated_pairs
from facegap.evidence import Evidence
from facegap.records import (
    COPY_AGAIN,
    COPY_OF_OTHER,
    NEAR_AGAIN,
    NEAR_OTHER,
    Comparisons,
    ErrorCounts,
    Mask,
    RuledTrials,
    Samples,
    ScoredPairs,
    Threshold,
    Trials,
)
from facegap.schema import LossRow, OtherwiseRow, keys_of
from facegap.tables.shared_cells import caution_of
from facegap.tables.workbench import Workbench

REFUSED, UNREADABLE, SAME, NEAR = "refused", "unreadable", "copy", "near copy"
AS_FAILURES, COPIES_KEPT, NEAR_LEFT_OUT = "refused counted as failures", "copies kept", "near copies left out too"

_COPY_REASONS = {
    COPY_OF_OTHER: (SAME, "under two people: nobody can tell whose it is"),
    COPY_AGAIN: (SAME, "twice under one person: one is kept"),
    NEAR_OTHER: (NEAR, "under two people"),
    NEAR_AGAIN: (NEAR, "twice under one person"),
}


_OF_LOSS = {AS_FAILURES: REFUSED, COPIES_KEPT: SAME, NEAR_LEFT_OUT: NEAR}
"""Variant -> the loss whose effect it shows."""


@dataclass(frozen=True, eq=False)
class _Everything:
    """All samples that there would be, the refused ones at the end, and their trials by rule.

    Attributes:
        samples: used and refused.
        used: how many of them, from the first, the run measured.
        trials: of all of them but the copies that are left out; None where the run's trials are a list.
    """

    samples: Samples
    used: int
    trials: RuledTrials | None


def rows(bench: Workbench) -> Iterator[LossRow]:
    """Refused, unreadable and repeated pictures by reason and group, with the comparisons that go with them."""
    few, said = _few_lost(bench), set()
    for row in _found(bench):
        where = (row.loss, row.reason, row.grouping)
        if (row.loss, row.grouping) not in few:
            yield row
        elif where not in said:
            said.add(where)
            yield LossRow(loss=row.loss, reason=row.reason, grouping=row.grouping, group="", note=_few(bench))


def _few_lost(bench: Workbench) -> set[tuple[str, str]]:
    """Losses and groupings of which no group is shown: few people are on the pictures of one, or it is not shown, and
    what is lost of everyone less the other groups would be that one's. What was lost of everyone is always said, and a
    row by itself would say which group it was: one row without a group says that they are not shown.
    """
    least = bench.evidence.study.statistics.suppress_below or 0
    return {
        (row.loss, row.grouping)
        for row in _found(bench)
        if row.grouping and least
        if (row.subjects or 0) < least or row.group in bench.hidden_of(row.grouping).every
    }


def _few(bench: Workbench) -> str:
    least = bench.evidence.study.statistics.suppress_below
    return f"suppressed: fewer than {least} people stand behind a group of this loss"


def _found(bench: Workbench) -> Sequence[LossRow]:
    return bench.once(("losses",), lambda: tuple(_losses(bench.evidence)))


def _losses(evidence: Evidence) -> Iterator[LossRow]:
    found = list(_lost(evidence))
    if not found:
        return
    everything = _everything(evidence, with_copies=True)
    compared = _compared(evidence, everything)
    for loss, reason, mask in found:
        for columns in evidence.groupings:
            names = everything.samples.grouping(columns)
            for name in np.unique(names[mask]):
                yield _row(everything, compared, (loss, reason), mask, (columns, str(name)))


def _lost(evidence: Evidence) -> Iterator[tuple[str, str, Mask]]:
    """Kind, reason and (all samples,) mask of what was lost, refused samples after the used ones."""
    used = len(evidence.samples)
    count = used + (len(evidence.lost) if evidence.lost is not None else 0)
    reasons = np.array([""] * used + list(evidence.lost_reasons), dtype=np.str_)
    for reason in dict.fromkeys(evidence.lost_reasons):
        yield REFUSED, reason, reasons == reason
    clean = next((found for (_, name), found in evidence.acquisitions.items() if name == "clean"), None)
    if clean is not None:
        why = np.where(clean.outcome == "unreadable", clean.reason, "")
        for reason in dict.fromkeys(why[clean.outcome == "unreadable"].tolist()):
            yield UNREADABLE, str(reason), _padded((clean.outcome == "unreadable") & (why == reason), count)
    if len(evidence.copies):
        for kind, (loss, reason) in _COPY_REASONS.items():
            mask = evidence.copies == kind
            if mask.any():
                yield loss, reason, _padded(mask, count)


def _padded(mask: Mask, count: int) -> Mask:
    return np.concatenate([mask, np.zeros(count - len(mask), dtype=bool)])


def _everything(evidence: Evidence, with_copies: bool) -> _Everything:
    samples = evidence.samples
    if evidence.lost is not None and len(evidence.lost):
        samples = _joined(samples, evidence.lost)
    listed = not all(isinstance(one.trials, RuledTrials) for one in evidence.comparisons.values())
    if listed:
        return _Everything(samples, len(evidence.samples), None)
    unknown = samples.subjects == ""
    copies = None if with_copies else evidence.left_out
    out = unknown if copies is None else unknown | _padded(copies, len(samples))
    ruled = trials.verification(samples, evidence.study.trials, same_condition=True, left_out=out)
    return _Everything(samples, len(evidence.samples), ruled)


def _joined(first: Samples, second: Samples) -> Samples:
    return Samples(
        ids=np.concatenate([first.ids, second.ids]),
        subjects=np.concatenate([first.subjects, second.subjects]),
        paths=np.concatenate([first.paths, second.paths]),
        sessions=np.concatenate([first.sessions, second.sessions]),
        roles=np.concatenate([first.roles, second.roles]),
        groups={name: np.concatenate([values, second.groups[name]]) for name, values in first.groups.items()},
        root=first.root,
    )


def _compared(evidence: Evidence, everything: _Everything) -> Mask:
    """(all samples,) True where a sample is in some comparison of the run."""
    found = np.zeros(len(everything.samples), dtype=bool)
    for comparisons in evidence.comparisons.values():
        found[comparisons.trials.reference] = True
        found[comparisons.trials.probe] = True
    return found


def _row(
    everything: _Everything, compared: Mask, what: tuple[str, str], mask: Mask, where: tuple[tuple[str, ...], str]
) -> LossRow:
    samples, (columns, name) = everything.samples, where
    mine = samples.grouping(columns) == name
    people = set(samples.subjects[mask & mine].tolist()) - {""}
    left = set(samples.subjects[compared & mine].tolist())
    mated, nonmated = _comparisons_of(everything, mask, mine)
    return LossRow(
        loss=what[0],
        reason=what[1],
        grouping=", ".join(columns),
        group=name,
        samples=int(np.count_nonzero(mask & mine)),
        subjects=len(people),
        subjects_lost=len(people - left),
        subjects_left=len(left),
        mated=mated,
        nonmated=nonmated,
        note="" if mated is not None else "comparisons come from a list; see what was refused of it",
    )


def _comparisons_of(everything: _Everything, mask: Mask, mine: Mask) -> tuple[int | None, int | None]:
    """Mated comparisons of the group's probes, and non-mated ones inside the group, with a sample of `mask`."""
    if everything.trials is None:
        return None, None
    with_them = _numbers(everything, mine)
    without = _numbers(replace(everything, trials=_dropped(everything.trials, mask)), mine)
    return with_them[0] - without[0], with_them[1] - without[1]


def _numbers(everything: _Everything, mine: Mask) -> tuple[int, int]:
    ruled = everything.trials
    assert ruled is not None
    people = everything.samples.people()
    reference, probe = (side[mine[side]] for side in (ruled.reference, ruled.probe))
    count = int(people.max(initial=-1)) + 1
    inside = np.bincount(people[reference], minlength=count) @ np.bincount(people[probe], minlength=count)
    nonmated = len(reference) * len(probe) - int(inside)
    _, mated_probe = mated_pairs(everything.samples, ruled)
    return int(np.count_nonzero(mine[mated_probe])), nonmated // 2 if ruled.symmetric else nonmated


def _dropped(ruled: RuledTrials, mask: Mask) -> RuledTrials:
    found = trials.without(ruled, mask)
    assert isinstance(found, RuledTrials)
    return found


def otherwise_rows(bench: Workbench) -> Iterator[OtherwiseRow]:
    """Rates beside those that are stated: refused pictures counted as failures, copies kept, near copies left out."""
    evidence, few = bench.evidence, _few_lost(bench)
    stated = {_key(counts, point): (counts, point) for counts, point in _rates(bench)}
    for variant, other in _variants(evidence):
        for counts, point in _rates(other):
            key = _key(counts, point)
            if key in stated:
                row = _otherwise(variant, counts, point, *stated[key])
                row = replace(row, caution=caution_of(bench, [counts]))
                hide = (_OF_LOSS[variant], counts.grouping) in few
                yield _blank(row, _few(bench)) if hide else row


def _blank(row: OtherwiseRow, note: str) -> OtherwiseRow:
    kept: dict[str, Any] = {name: getattr(row, name) for name in keys_of(OtherwiseRow)}
    return OtherwiseRow(**kept, note=note)


def _variants(evidence: Evidence) -> Iterator[tuple[str, Workbench]]:
    if evidence.lost is not None and (evidence.lost.subjects != "").any():
        everything = _everything(evidence, with_copies=False)
        if everything.trials is not None:
            yield AS_FAILURES, _AtStated(evidence, _with_lost(evidence, everything))
    if evidence.kept:
        yield COPIES_KEPT, Workbench(replace(evidence, comparisons=evidence.kept))
    near = np.isin(evidence.copies, (NEAR_AGAIN, NEAR_OTHER))
    if near.any():
        fewer = {key: _without(one, near) for key, one in evidence.comparisons.items()}
        yield NEAR_LEFT_OUT, Workbench(replace(evidence, comparisons=fewer))


class _AtStated(Workbench):
    """Counts of changed evidence at the thresholds of the run itself."""

    def __init__(self, stated: Evidence, changed: Evidence) -> None:
        super().__init__(changed)
        self._stated = Workbench(stated)

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """The run's own operating points."""
        return self._stated.thresholds


def _with_lost(evidence: Evidence, everything: _Everything) -> Evidence:
    """The evidence as it would be had every refused sample failed."""
    count = len(everything.samples)
    changed = {key: _failed(one, everything, count) for key, one in evidence.comparisons.items()}
    return replace(evidence, samples=everything.samples, comparisons=changed)


def _failed(comparisons: Comparisons, everything: _Everything, count: int) -> Comparisons:
    assert everything.trials is not None
    ruled = replace(everything.trials, symmetric=comparisons.trials.symmetric)
    reference, probe = mated_pairs(everything.samples, ruled)
    new = (reference >= everything.used) | (probe >= everything.used)
    mated = comparisons.mated
    return replace(
        comparisons,
        trials=ruled,
        reference_ok=_padded(comparisons.reference_ok, count),
        probe_ok=_padded(comparisons.probe_ok, count),
        mated=ScoredPairs(
            np.concatenate([mated.reference, reference[new]]),
            np.concatenate([mated.probe, probe[new]]),
            np.concatenate([mated.score, np.full(np.count_nonzero(new), np.nan, dtype=np.float32)]),
        ),
    )


def _without(comparisons: Comparisons, left_out: Mask) -> Comparisons:
    """The comparisons but for those of the (n,) samples; the histogram, of which no count here is made, stays."""
    kept: Trials = trials.without(comparisons.trials, left_out)
    completed = comparisons.completed
    if completed is not None:
        completed = completed[~(left_out[comparisons.trials.reference] | left_out[comparisons.trials.probe])]
    pairs = (_pairs_without(pairs, left_out) for pairs in (comparisons.mated, comparisons.tail))
    mated, tail = pairs
    return replace(comparisons, trials=kept, mated=mated, tail=tail, completed=completed)


def _pairs_without(pairs: ScoredPairs, left_out: Mask) -> ScoredPairs:
    keep = ~(left_out[pairs.reference] | left_out[pairs.probe])
    return ScoredPairs(pairs.reference[keep], pairs.probe[keep], pairs.score[keep])


def _rates(bench: Workbench) -> Iterator[tuple[ErrorCounts, Threshold]]:
    for found in bench.group_counts:
        for counts in found.by_metric.values():
            yield from ((one, found.threshold) for one in counts)


def _key(counts: ErrorCounts, point: Threshold) -> tuple[str, ...]:
    return counts.model, counts.condition, counts.metric, point.name, counts.grouping, counts.group


def _otherwise(variant: str, counts: ErrorCounts, point: Threshold, stated: ErrorCounts, at: Threshold) -> OtherwiseRow:
    rates: Mapping[str, float | None] = {
        name: one.errors / one.trials if one.trials else None for name, one in (("rate", counts), ("stated", stated))
    }
    return OtherwiseRow(
        model=counts.model,
        condition=counts.condition,
        variant=variant,
        metric=counts.metric,
        threshold_name=point.name,
        grouping=counts.grouping,
        group=counts.group,
        threshold=point.value,
        errors=counts.errors,
        trials=counts.trials,
        rate=rates["rate"],
        stated_threshold=at.value,
        stated_errors=stated.errors,
        stated_trials=stated.trials,
        stated_rate=rates["stated"],
        note="" if counts.trials and stated.trials else "no comparisons",
    )
