"""Verdicts of a finished run on a claim: refuted, supported or undecided, by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from bench import count, estimate
from bench.errors import InputError
from bench.estimate.accuracy import mean_error, p_values
from bench.estimate.claims import at_least, at_most, judge
from bench.estimate.clustered import pooled
from bench.estimate.differentials import enter
from bench.estimate.equivalence import Equivalence, equivalent_difference, equivalent_ratio
from bench.estimate.interval import effective_sample
from bench.estimate.multiplicity import holm
from bench.estimate.planning import people_for_mated, people_for_nonmated
from bench.estimate.two_groups import Rate
from bench.records import NO_LABEL, Comparisons, ErrorCounts, Threshold
from bench.tables.by_threshold import counts_of
from bench.tables.claim_text import Claim
from bench.tables.evidence import Evidence
from bench.tables.thresholds import NO_THRESHOLD, for_model, set_thresholds

Verdict = Literal["refuted", "supported", "undecided"]


@dataclass(frozen=True)
class Judged:
    """One group's verdict under one reading of the claim at one threshold.

    Attributes:
        reading: what the claim was taken to mean.
        value, low, high: the rate, ratio or difference with its interval at the study's level, or at the level that two
            one-sided tests come to; None where there is none.
        p_refute, p_support: adjusted over the groups (Holm); None for margins, whose intervals are adjusted.
        decided_trials, decided_people: comparisons and people of this kind that would have decided at the observed
            rate; None where decided, or where no number would.
    """

    model: str
    condition: str
    reading: str
    threshold_name: str
    threshold: float | None
    grouping: str
    group: str
    verdict: Verdict
    errors: int | None
    trials: int | None
    subjects: int | None
    value: float | None
    low: float | None
    high: float | None
    p_refute: float | None = None
    p_support: float | None = None
    decided_trials: int | None = None
    decided_people: int | None = None
    note: str = ""


def judge_claim(
    evidence: Evidence, claim: Claim, models: Sequence[str] = (), conditions: Sequence[str] = ("clean",)
) -> tuple[Judged, ...]:
    """Every verdict on `claim`, model by model, condition by condition, threshold by threshold, group by group.

    Verdicts of the groups at one threshold are adjusted together. `models` empty: all of the run.

    Raises:
        InputError: the run has no such label, group, threshold, model, condition or error rate.
    """
    columns = _columns(evidence, claim)
    for what, asked, there in (
        ("model", models, [use.card for use in evidence.study.models]),
        ("condition", conditions, list(evidence.study.conditions)),
    ):
        unknown = [name for name in asked if name not in there]
        if unknown:
            raise InputError(f"claim: no {what} '{unknown[0]}' in this run; there: {', '.join(there)}")
    found: list[Judged] = []
    for comparisons in evidence.comparisons.values():
        if (not models or comparisons.model in models) and comparisons.condition in conditions:
            for threshold in _points(evidence, claim, comparisons):
                found += _judged(evidence, claim, comparisons, columns, threshold)
    return _in_scope(claim, found)


def _columns(evidence: Evidence, claim: Claim) -> tuple[str, ...]:
    if claim.scope == "overall":
        return ()
    columns = claim.columns or evidence.study.groups[0]
    unknown = [column for column in columns if column not in evidence.samples.groups]
    if unknown:
        known = ", ".join(evidence.samples.groups)
        raise InputError(f"claim '{claim.text}': '{unknown[0]}' is no label of this run; its labels: {known}")
    return columns


def _points(evidence: Evidence, claim: Claim, comparisons: Comparisons) -> list[Threshold]:
    if claim.metric in ("FTA", "FTE"):
        return [Threshold(NO_THRESHOLD, comparisons.model, 0.0, "")]
    there = for_model(set_thresholds(evidence), comparisons)
    asked = [point for point in there if claim.threshold is None or point.name.lower() == claim.threshold.lower()]
    if not asked:
        names = ", ".join(point.name for point in there)
        raise InputError(
            f"claim '{claim.text}': {comparisons.model} has no threshold '{claim.threshold}'; it has: {names}"
        )
    return asked


def _in_scope(claim: Claim, found: list[Judged]) -> tuple[Judged, ...]:
    if claim.scope in ("every group", "overall"):
        return tuple(found)
    one = tuple(row for row in found if row.group.lower() == claim.scope.lower())
    if not one:
        names = ", ".join(dict.fromkeys(row.group for row in found))
        raise InputError(f"claim '{claim.text}': no group '{claim.scope}'; groups: {names}")
    return one


def _judged(
    evidence: Evidence, claim: Claim, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> list[Judged]:
    level = evidence.study.statistics.level
    if claim.scope not in ("every group", "overall") and claim.kind not in ("ratio", "difference"):
        # One group was named beforehand, so the others are no further chances to be wrong.
        chosen = _counts(evidence, claim, comparisons, columns, threshold)
        counts: Mapping[str, tuple[ErrorCounts, ...]] = {
            m: tuple(c for c in cs if c.group.lower() == claim.scope.lower()) or cs for m, cs in chosen.items()
        }
    else:
        counts = _counts(evidence, claim, comparisons, columns, threshold)
    counts = {metric: _labelled(cs) for metric, cs in counts.items()}
    if claim.kind == "accuracy":
        found = list(_accuracy(counts, claim.number, level))
    elif claim.kind in ("ratio", "difference"):
        found = list(_margin(counts[claim.metric], claim, level, evidence.study.statistics.min_subjects))
    else:
        found = list(_single(counts[claim.metric], claim.number, level, claim.kind == "at least"))
    point = None if threshold.name == NO_THRESHOLD else threshold.value
    return [
        replace(
            row,
            condition=comparisons.condition,
            model=comparisons.model,
            threshold_name=threshold.name,
            threshold=point,
        )
        for row in found
    ]


def _labelled(counts: tuple[ErrorCounts, ...]) -> tuple[ErrorCounts, ...]:
    """People without a label are no group that a claim could speak of."""
    return tuple(c for c in counts if NO_LABEL not in c.group.split(", "))


def _counts(
    evidence: Evidence, claim: Claim, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    if claim.metric == "FTE":
        return {"FTE": count.fte_counts(comparisons, evidence.samples, columns)}
    if claim.metric == "FTA":
        detector = next(use.detector for use in evidence.study.models if use.card == comparisons.model)
        acquired = evidence.acquisitions[detector, comparisons.condition]
        return {"FTA": count.fta_counts(acquired, evidence.samples, columns)}
    if not evidence.identities and claim.metric != "FMR":
        raise InputError(f"claim '{claim.text}': nobody knows who is who in this data set, so there is no FNMR")
    return counts_of(evidence, comparisons, columns, threshold.value)


def _row(counts: ErrorCounts, reading: str, level: float) -> Judged:
    found = estimate.estimate(counts, level)
    return Judged(
        *("", "", reading, "", None, counts.grouping, counts.group, "undecided"),
        *(counts.errors, counts.trials, counts.subjects, found.value, found.low, found.high),
        note="" if counts.trials else found.note,
    )


def _single(counts: Sequence[ErrorCounts], limit: float, level: float, at_least_it: bool = False) -> Iterator[Judged]:
    """ "At most `limit`"; "at least" is its mirror image."""
    swapped: dict[Verdict, Verdict] = {"refuted": "supported", "supported": "refuted", "undecided": "undecided"}
    for verdict in judge(counts, limit, level):
        c, p = verdict.counts, (verdict.p_refute, verdict.p_support)
        reading = f"{c.metric} {'>=' if at_least_it else '<='} {limit:.6g}"
        people = None
        if verdict.decided_at is not None and verdict.n_eff is not None:
            people = _people(c, verdict.decided_at * verdict.n_eff / c.trials, verdict.n_eff)
        yield replace(
            _row(c, reading, level),
            verdict=swapped[verdict.verdict] if at_least_it else verdict.verdict,
            p_refute=p[1] if at_least_it else p[0],
            p_support=p[0] if at_least_it else p[1],
            decided_trials=verdict.decided_at,
            decided_people=people,
        )


def _people(counts: ErrorCounts, effective: float, n_eff: float) -> int | None:
    if counts.by_pair is None:
        return people_for_mated(effective, n_eff, counts.subjects)
    return people_for_nonmated(effective, counts.trials, counts.trials / n_eff, counts.subjects)


def _accuracy(counts: Mapping[str, tuple[ErrorCounts, ...]], limit: float, level: float) -> Iterator[Judged]:
    """Each error that the claim could mean: either rate alone, both of them, and their mean."""
    fmr, fnmr = counts["FMR"], counts["FNMR"]
    yield from _single(fnmr, limit, level)
    yield from _single(fmr, limit, level)
    pairs = [(a, b) for a, b in zip(fmr, fnmr, strict=True) if a.trials and b.trials]
    alone = [[_p_values(c, limit, level) for c in pair] for pair in pairs]
    # Both must hold: each is tested for support, and either may refute.
    both = [(min(1.0, 2 * min(a[0], b[0])), max(a[1], b[1])) for a, b in alone]
    yield from _combined(pairs, both, f"FMR and FNMR both <= {limit:.6g}", level, mean=False)
    means = [p_values(a, b, limit, level) for a, b in pairs]
    yield from _combined(pairs, means, f"LFW-style accuracy: (FMR + FNMR) / 2 <= {limit:.6g}", level, mean=True)


def _p_values(counts: ErrorCounts, limit: float, level: float) -> tuple[float, float]:
    n = effective_sample(counts, level)
    x = counts.errors / counts.trials * n
    return at_least(x, n, limit), at_most(x, n, limit)


def _combined(
    pairs: Sequence[tuple[ErrorCounts, ErrorCounts]],
    p_raw: Sequence[tuple[float, float]],
    reading: str,
    level: float,
    mean: bool,
) -> Iterator[Judged]:
    refute, support = (holm([p[side] for p in p_raw]) for side in (0, 1))
    for (a, b), p_refute, p_support in zip(pairs, refute, support, strict=True):
        verdict: Verdict = "refuted" if p_refute < 1 - level else "supported" if p_support < 1 - level else "undecided"
        value = mean_error(a, b) if mean else max(a.errors / a.trials, b.errors / b.trials)
        yield Judged(
            *("", "", reading, "", None, a.grouping, a.group, verdict, None, None, b.subjects, value, None, None),
            *(p_refute, p_support),
        )


def _margin(counts: Sequence[ErrorCounts], claim: Claim, level: float, least: int) -> Iterator[Judged]:
    """Each group against the others together: two one-sided tests, adjusted over the groups (Bonferroni)."""
    kept, left_out = enter(counts, least)
    tests = 1 if len(kept) == 2 else max(len(kept), 1)
    alpha = (1 - level) / tests
    reading = f"{claim.metric} within " + (
        f"a ratio of {claim.number:g}" if claim.kind == "ratio" else f"{claim.number * 1e4:g} per 10,000"
    )
    function = equivalent_ratio if claim.kind == "ratio" else equivalent_difference
    for c in kept if len(kept) > 1 else ():
        rest = pooled([other for other in kept if other is not c])
        a, b = (_effective(side, level) for side in (c, rest))
        found = function(a, b, claim.number, alpha)
        value = (a.value / b.value if b.errors else None) if claim.kind == "ratio" else a.value - b.value
        row = replace(_row(c, reading, level), verdict=_inside(found), value=value, low=found.low, high=found.high)
        yield replace(row, note=f"interval of two one-sided tests, adjusted over {tests} test{'s' * (tests > 1)}")
    for c in counts:
        reason = dict(left_out).get(c.group) or ("no other group to compare with" if len(kept) < 2 else None)
        if reason:
            yield replace(_row(c, reading, level), value=None, low=None, high=None, note=f"left out: {reason}")


def _effective(counts: ErrorCounts, level: float) -> Rate:
    n = effective_sample(counts, level)
    return Rate(counts.errors / counts.trials * n, n)


def _inside(found: Equivalence) -> Verdict:
    if found.equivalent:
        return "supported"
    low, high = found.margin
    outside = (found.low is not None and found.low > high) or (found.high is not None and found.high < low)
    return "refuted" if outside else "undecided"


def verdict_of(rows: Sequence[Judged]) -> Verdict:
    """Of all groups together: refuted where one is, supported where all are."""
    verdicts = {row.verdict for row in rows}
    return "refuted" if "refuted" in verdicts else "supported" if verdicts == {"supported"} else "undecided"


def by_reading(rows: Sequence[Judged]) -> Iterator[tuple[tuple[str, str, str, str], list[Judged]]]:
    """Rows by (model, condition, reading, threshold)."""
    for key, some in groupby(rows, lambda row: (row.model, row.condition, row.reading, row.threshold_name)):
        yield key, list(some)
