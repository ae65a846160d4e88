"""Verdicts of a finished run on a claim: refuted, supported or undecided, by group."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np

from facegap import estimate
from facegap.claims.counts import gallery_of, group_counts_of, points_of, searches_of
from facegap.claims.summaries import judge_summary
from facegap.claims.text import COMPARED, Claim
from facegap.errors import InputError
from facegap.estimate import cautions
from facegap.estimate.accuracy import mean_error, p_values
from facegap.estimate.at_most import ClaimVerdict, enough_people, judge, p_refute, p_support, too_few
from facegap.estimate.clustered import pooled, with_room
from facegap.estimate.differentials import EqualRates, enter
from facegap.estimate.equivalence import (
    Equivalence,
    at_most_times,
    equivalent_difference,
    equivalent_ratio,
    growth_to_decide,
    spanning,
)
from facegap.estimate.interval import effective_sample
from facegap.estimate.multiplicity import holm
from facegap.estimate.people import design_effect_at, effective_trials, people_for_mated, people_for_nonmated
from facegap.estimate.two_groups import Rate
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Threshold, has_label
from facegap.tables.equal_groups import equal_rates
from facegap.tables.search_intervals import drawn_point, interval_cells, threshold_ends
from facegap.tables.workbench import NO_THRESHOLD, Workbench, ends_of
from facegap.words import did_you_mean

Verdict = Literal["refuted", "supported", "undecided"]
_LARGEST = 1e12
"""Comparisons beyond which an answer is none that a study could use."""

_CARRIED = "p-values carry the threshold's own uncertainty"
_SPANNED = "the interval carries the threshold's own uncertainty"
_ENDS_DIFFER = "decided at the threshold as it stands, not at both ends of its interval: more people would narrow it"


class _End(NamedTuple):
    """One end of a threshold's own interval, with the groups' counts there, in the order of those at the threshold."""

    threshold: float
    counts: Mapping[str, tuple[ErrorCounts, ...]]


Ends = Sequence[_End]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One group's verdict under one reading of the claim at one threshold.

    Attributes:
        reading: what the claim was taken to mean.
        value, low, high: the rate, ratio or difference with its interval at the study's level, or at the level that two
            one-sided tests come to; None where there is none.
        p_refute, p_support: adjusted over the groups (Holm); None for margins, whose intervals are adjusted.
        decided_as: how so many people and comparisons of this kind would have decided at the observed rate, or for
            margins at the observed rates of both sides, both grown by the same factor; None where decided, or where no
            number up to 10^12 would.
        decided_trials, decided_people: the group's comparisons and people then.
        caution: why to read the verdict with care (`estimate.cautions`), as the tables say of the same rates.
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
    decided_as: Verdict | None = None
    decided_trials: int | None = None
    decided_people: int | None = None
    caution: str = ""
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
    bench = Workbench(evidence)
    found: list[Judged] = []
    for comparisons in evidence.comparisons.values():
        if (not models or comparisons.model in models) and comparisons.condition in conditions:
            for threshold in points_of(bench, claim, comparisons):
                found += _judged(bench, claim, comparisons, columns, threshold)
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


def _in_scope(claim: Claim, found: list[Judged]) -> tuple[Judged, ...]:
    if claim.scope in ("every group", "overall"):
        return tuple(found)
    one = tuple(row for row in found if row.group.lower() == claim.scope.lower())
    if not one:
        names = ", ".join(dict.fromkeys(row.group for row in found))
        raise InputError(f"claim '{claim.text}': no group '{claim.scope}'; groups: {names}")
    return one


def _judged(
    bench: Workbench, claim: Claim, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> list[Judged]:
    evidence = bench.evidence
    level = evidence.study.statistics.level
    if claim.scope not in ("every group", "overall") and claim.kind not in COMPARED:
        # One group was named beforehand, so the others are no further chances to be wrong.
        chosen = group_counts_of(bench, claim, comparisons, columns, threshold)
        counts: Mapping[str, tuple[ErrorCounts, ...]] = {
            m: tuple(c for c in cs if c.group.lower() == claim.scope.lower()) or cs for m, cs in chosen.items()
        }
    else:
        counts = group_counts_of(bench, claim, comparisons, columns, threshold)
    counts = {metric: _labelled(cs) for metric, cs in counts.items()}
    gallery = gallery_of(evidence, claim, comparisons)
    ends = _at_the_ends(bench, claim, comparisons, columns, threshold, counts)
    point = None if threshold.name == NO_THRESHOLD else threshold.value
    if isinstance(ends, str):
        found = [
            replace(_row(c, _reading(claim), level), note=f"not judged: {ends}") for c in next(iter(counts.values()))
        ]
    elif claim.kind == "accuracy":
        found = list(_accuracy(counts, claim, evidence, ends))
    elif claim.kind == "summary":
        equal = [
            partial(equal_rates, bench, comparisons, columns, at)
            for at in (threshold.value, *(end.threshold for end in ends))
        ]
        found = list(_summary(counts[claim.metric], claim, evidence, ends, equal))
    elif claim.kind in COMPARED:
        found = list(_margin(counts[claim.metric], claim, level, evidence.study.statistics.min_subjects, ends))
    else:
        found = list(_single(claim, counts[claim.metric], level, evidence.study.statistics.min_subjects, ends))
        if claim.protocol and ends:
            found = [_with_interval(bench, claim, comparisons, threshold, counts[claim.metric], row) for row in found]
    return [
        replace(
            row,
            reading=f"{row.reading}{gallery}",
            condition=comparisons.condition,
            model=comparisons.model,
            threshold_name=threshold.name,
            threshold=point,
            caution=_caution(counts, row.group, level),
        )
        for row in found
    ]


def _with_interval(
    bench: Workbench,
    claim: Claim,
    comparisons: Comparisons,
    threshold: Threshold,
    counts: Sequence[ErrorCounts],
    row: Judged,
) -> Judged:
    """The row with the interval that its group has in identification.csv, which carries the threshold's uncertainty."""
    searches = searches_of(bench.evidence, claim, comparisons)
    mine = next(c for c in counts if c.group == row.group)
    cells = interval_cells(bench, searches, threshold, mine, claim.rank)
    return replace(row, low=cells["low"], high=cells["high"]) if cells else row


def _caution(counts: Mapping[str, Sequence[ErrorCounts]], group: str, level: float) -> str:
    """The cautions of the rates of `group` that a claim is judged on; over several groups those of all of them."""
    every = [estimate.estimate(c, level) for side in counts.values() for c in side]
    own = [one for one in every if one.counts.group == group]
    if len(own) == 1:
        return cautions.as_text(own[0].cautions)
    return cautions.by_name((one.counts.metric, one.cautions) for one in own) if own else cautions.of_several(every)


def _is_own_target(evidence: Evidence, threshold: Threshold) -> bool:
    """Whether this run set the threshold at a target FMR, so that other people would have put it elsewhere."""
    return threshold.target is not None and threshold not in evidence.given


def _labelled(counts: tuple[ErrorCounts, ...]) -> tuple[ErrorCounts, ...]:
    """People without a label are no group that a claim could speak of."""
    return tuple(c for c in counts if has_label(c.group))


def _row(counts: ErrorCounts, reading: str, level: float) -> Judged:
    found = estimate.estimate(counts, level)
    return Judged(
        model="",
        condition="",
        reading=reading,
        threshold_name="",
        threshold=None,
        grouping=counts.grouping,
        group=counts.group,
        verdict="undecided",
        errors=counts.errors,
        trials=counts.trials,
        subjects=counts.subjects,
        value=found.value,
        low=found.low,
        high=found.high,
        note="" if counts.trials else found.note,
    )


def _single(claim: Claim, counts: Sequence[ErrorCounts], level: float, least: int, ends: Ends) -> Iterator[Judged]:
    """ "At most the number"; "at least" is its mirror image. Groups of fewer people than `least` are not judged."""
    large = [k for k, c in enumerate(counts) if c.subjects >= least]
    at_ends = [[end.counts[claim.metric][k] for k in large] for end in ends]
    verdicts = judge([counts[k] for k in large], claim.number, level, at_ends)
    by_group = {verdict.counts.group: verdict for verdict in verdicts}
    for c in counts:
        row = _row(c, _reading(claim), level)
        if c.group not in by_group:
            yield replace(row, note=f"not judged: fewer than {least} people")
        else:
            yield _one_verdict(row, by_group[c.group], claim, carried=bool(ends))


def _reading(claim: Claim) -> str:
    return f"{claim.measured} {'>=' if claim.kind == 'at least' else '<='} {claim.number:.6g}"


def _one_verdict(row: Judged, verdict: ClaimVerdict, claim: Claim, carried: bool) -> Judged:
    swapped: dict[Verdict, Verdict] = {"refuted": "supported", "supported": "refuted", "undecided": "undecided"}
    mirrored, c = claim.kind == "at least", verdict.counts
    p = (verdict.p_support, verdict.p_refute) if mirrored else (verdict.p_refute, verdict.p_support)
    said = _CARRIED if carried else ""
    why = verdict.note
    if c.trials and verdict.verdict == "undecided":
        why = too_few(c, "supported", mirrored)
    row = replace(
        row,
        verdict=swapped[verdict.verdict] if mirrored else verdict.verdict,
        p_refute=p[0],
        p_support=p[1],
        note="; ".join(part for part in (row.note, why, said) if part),
    )
    if verdict.decided_at is not None and verdict.n_eff is not None:
        row = _with_decided(row, c, verdict.decided_at * verdict.n_eff / c.trials, verdict.n_eff)
        above = c.errors / c.trials > claim.number
        row = replace(row, decided_as="refuted" if above != mirrored else "supported")
    return row


def _at_the_ends(
    bench: Workbench,
    claim: Claim,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: Threshold,
    counts: Mapping[str, tuple[ErrorCounts, ...]],
) -> Ends | str:
    """Both ends of a threshold's own interval, where this run set it at a target FMR or FPIR; else none.

    A claim "at FMR 0.001" is one about that operating point, which other people would have put elsewhere. A reason
    where that interval is not known.
    """
    evidence = bench.evidence
    if claim.metric in ("FTA", "FTE") or not _is_own_target(evidence, threshold):
        return ()
    half = _half(evidence.study.statistics.level)
    if claim.protocol:
        drawn = drawn_point(bench, searches_of(evidence, claim, comparisons), threshold)
        ends = threshold_ends(drawn, half) if drawn is not None else None
        if ends is None:
            return "in too many draws of people the threshold cannot be set again"
    else:
        assert threshold.target is not None
        ends = ends_of(bench.drawn(comparisons.model, threshold.target).thresholds, half, -np.inf)
        if ends is None or ends[0] < comparisons.floor:
            return "the kept scores end above the lower end of the threshold's interval"
    found = [group_counts_of(bench, claim, comparisons, columns, replace(threshold, value=end)) for end in ends]
    return [_End(end, _in_order(there, counts)) for end, there in zip(ends, found, strict=True)]


def _in_order(
    there: Mapping[str, Sequence[ErrorCounts]], wanted: Mapping[str, Sequence[ErrorCounts]]
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """The counts of the groups of `wanted`, metric by metric."""
    by_name = {metric: {c.group: c for c in counts} for metric, counts in there.items()}
    return {metric: tuple(by_name[metric][c.group] for c in counts) for metric, counts in wanted.items()}


def _half(level: float) -> float:
    """The level that leaves half of the error: the other half is the threshold's."""
    return 1 - (1 - level) / 2


def _with_decided(row: Judged, counts: ErrorCounts, effective: float, n_eff: float) -> Judged:
    """The people who give `effective` comparisons, and all comparisons that so many people of this kind give."""
    people = _people(counts, effective, n_eff)
    if people is None:
        return row
    pairs = counts.by_pair is not None
    trials = _trials(counts, people / counts.subjects) if pairs else counts.trials * effective / n_eff
    return replace(row, decided_people=people, decided_trials=math.ceil(trials - 1e-9))


def _trials(counts: ErrorCounts, growth: float) -> float:
    """Comparisons of so many times the people: non-mated ones grow with the square."""
    return counts.trials * (growth if counts.by_pair is None else growth**2)


def _people(counts: ErrorCounts, effective: float, n_eff: float) -> int | None:
    if counts.by_pair is None:
        return people_for_mated(effective, n_eff, counts.subjects)
    return people_for_nonmated(effective, counts.trials, counts.trials / n_eff, counts.subjects)


def _accuracy(
    counts: Mapping[str, tuple[ErrorCounts, ...]], claim: Claim, evidence: Evidence, ends: Ends
) -> Iterator[Judged]:
    """Each error that the claim could mean: either rate alone, both of them, and their mean.

    Only the mean over listed pairs is like LFW's accuracy, so that no other bears its name.
    """
    rules, listed, limit = evidence.study.statistics, evidence.study.trials.by_list, claim.number
    level, least = rules.level, rules.min_subjects
    for metric in ("FNMR", "FMR"):
        yield from _single(replace(claim, kind="at most", metric=metric), counts[metric], level, least, ends)
    pairs, *at_ends = (_pairs(found) for found in (counts, *(end.counts for end in ends)))
    places = list(zip(*(at_ends or [pairs]), strict=True))
    both = [_shared([_both_p_values(pair, limit, level, least) for pair in place], ends) for place in places]
    yield from _combined(pairs, both, f"FMR and FNMR both <= {limit:.6g}", level, least, mean=False, carried=bool(ends))
    name = "LFW-style accuracy" if listed else "mean of both"
    means = [_shared([_mean_p_values(pair, limit, level, least) for pair in place], ends) for place in places]
    reading = f"{name}: (FMR + FNMR) / 2 <= {limit:.6g}"
    yield from _combined(pairs, means, reading, level, least, mean=True, carried=bool(ends))


def _pairs(counts: Mapping[str, Sequence[ErrorCounts]]) -> list[tuple[ErrorCounts, ErrorCounts]]:
    """FMR and FNMR of every group that has both."""
    return [(a, b) for a, b in zip(counts["FMR"], counts["FNMR"], strict=True) if a.trials and b.trials]


def _shared(p: Sequence[tuple[float, float]], ends: Ends) -> tuple[float, float]:
    """The larger p-values of both ends, doubled: half of the error is the threshold's."""
    tests = 2 if ends else 1
    refute, support = (min(1.0, tests * max(side)) for side in zip(*p, strict=True))
    return refute, support


def _both_p_values(
    pair: tuple[ErrorCounts, ErrorCounts], limit: float, level: float, least: int
) -> tuple[float, float]:
    """Both must hold: each is tested for support, and either may refute."""
    a, b = (_p_values(c, limit, level, least) for c in pair)
    return min(1.0, 2 * min(a[0], b[0])), max(a[1], b[1])


def _p_values(counts: ErrorCounts, limit: float, level: float, least: int) -> tuple[float, float]:
    """Of "at most" and "at least" the limit; neither decides where too few people took part."""
    if counts.subjects < least or not enough_people(counts):
        return 1.0, 1.0
    return p_refute(counts, limit, level), p_support(counts, limit, level)


def _mean_p_values(
    pair: tuple[ErrorCounts, ErrorCounts], limit: float, level: float, least: int
) -> tuple[float, float]:
    """The same of the mean of FMR and FNMR: both need the people that either alone would need.

    To refute takes half of the error, as with margins (`_held`).
    """
    refute, support = p_values(*pair, limit, level)
    refute = min(1.0, 2 * refute)
    if any(c.subjects < least or not enough_people(c) for c in pair):
        return 1.0, 1.0
    return refute, 1.0 if any(too_few(c, "supported") for c in pair) else support


def _why_undecided(pair: tuple[ErrorCounts, ErrorCounts], least: int) -> str:
    if min(c.subjects for c in pair) < least:
        return f"not judged: fewer than {least} people"
    reasons = ((c.metric, too_few(c, "supported")) for c in pair)
    return next((f"{metric}: {why}" for metric, why in reasons if why), "")


def _combined(
    pairs: Sequence[tuple[ErrorCounts, ErrorCounts]],
    p_raw: Sequence[tuple[float, float]],
    reading: str,
    level: float,
    least: int,
    mean: bool,
    carried: bool,
) -> Iterator[Judged]:
    refute, support = (holm([p[side] for p in p_raw]) for side in (0, 1))
    for (a, b), against, for_it in zip(pairs, refute, support, strict=True):
        verdict: Verdict = "refuted" if against < 1 - level else "supported" if for_it < 1 - level else "undecided"
        value = mean_error(a, b) if mean else max(a.errors / a.trials, b.errors / b.trials)
        why = _why_undecided((a, b), least) if verdict == "undecided" else ""
        yield Judged(
            model="",
            condition="",
            reading=reading,
            threshold_name="",
            threshold=None,
            grouping=a.grouping,
            group=a.group,
            verdict=verdict,
            errors=None,
            trials=None,
            subjects=b.subjects,
            value=value,
            low=None,
            high=None,
            p_refute=against,
            p_support=for_it,
            note="; ".join(part for part in (why, _CARRIED if carried else "") if part),
        )


def _margin(counts: Sequence[ErrorCounts], claim: Claim, level: float, least: int, ends: Ends = ()) -> Iterator[Judged]:
    """Each group against the others or the named one: two one-sided tests, adjusted over the groups (Bonferroni).

    With `ends` the tests at the threshold and at both ends of its interval must decide alike, each with half the error.
    """
    kept, left_out = enter(counts, least)
    base = _reference(counts, claim)
    names = {c.group for c in kept}
    places = [kept, *([c for c in end.counts[claim.metric] if c.group in names] for end in ends)]
    compared = list(zip(*(_sides(place, base) for place in places), strict=True))
    tests = _tests(claim, compared)
    alpha = (1 - level) / tests / (2 if ends else 1)
    for sides in compared:
        yield _one_margin(sides, claim, base, level, alpha, tests)
    for c in counts:
        reason = dict(left_out).get(c.group) or _why_not_compared(kept, base, dict(left_out))
        if reason and c.group != base:
            row = _row(c, _margin_reading(claim), level)
            yield replace(row, value=None, low=None, high=None, note=f"left out: {reason}")


def _one_margin(
    places: Sequence[tuple[ErrorCounts, ErrorCounts]],
    claim: Claim,
    base: str,
    level: float,
    alpha: float,
    tests: int,
) -> Judged:
    """A group and the others at the threshold, and at the ends of its interval where there are any."""
    sides = places[0]
    found = [_held(place, claim, level, alpha, 1.0) for place in places]
    verdict = _agreed([_verdict(one) for one in found])
    low, high = _spanned([(one.low, one.high) for one in found])
    note = f"interval of two one-sided tests, adjusted over {tests} test{'s' * (tests > 1)}"
    if len(places) > 1:
        note = f"{note}; {_SPANNED}"
    row = replace(_row(sides[0], _margin_reading(claim), level), verdict=verdict, low=low, high=high, note=note)
    row = replace(row, value=_compared(*sides, claim.kind != "difference"))
    why = next(filter(None, (too_few(side, row.verdict) for side in sides)), "")
    if why:
        return replace(row, verdict="undecided", note=f"{row.note}; {why}")
    if verdict == "undecided" and found[0].decided:
        return replace(row, note=f"{row.note}; {_ENDS_DIFFER}")
    if verdict != "undecided":
        return row
    return _with_growth(row, sides, partial(_held, sides, claim, level, alpha), base)


def _agreed(verdicts: Sequence[Verdict]) -> Verdict:
    return verdicts[0] if len(set(verdicts)) == 1 else "undecided"


def _spanned(intervals: Sequence[tuple[float | None, float | None]]) -> tuple[float | None, float | None]:
    """From the lowest end to the highest; None where one has none."""
    lows, highs = zip(*intervals, strict=True)
    return None if None in lows else min(lows), None if None in highs else max(highs)


def _reference(counts: Sequence[ErrorCounts], claim: Claim) -> str:
    """The group that the claim holds others against, as the run writes it; "" for the others together."""
    if not claim.reference:
        return ""
    names = [c.group for c in counts]
    found = next((name for name in names if name.lower() == claim.reference.lower()), None)
    if found is None:
        meant = did_you_mean(claim.reference, names)
        raise InputError(f"claim '{claim.text}': no group '{claim.reference}'{meant}; groups: {', '.join(names)}")
    return found


def _sides(kept: Sequence[ErrorCounts], base: str) -> list[tuple[ErrorCounts, ErrorCounts]]:
    """Every group that enters with what it is held against; none where that does not enter."""
    if base:
        one = next((c for c in kept if c.group == base), None)
        return [(c, one) for c in kept if c is not one] if one is not None else []
    return [(c, pooled([other for other in kept if other is not c])) for c in kept] if len(kept) > 1 else []


def _tests(claim: Claim, compared: Sequence[object]) -> int:
    """How many verdicts could be wrong: margins of two groups on each other are one, and so is a named group's."""
    if claim.kind == "times" and claim.scope != "every group":
        return 1
    both = claim.kind != "times" and not claim.reference and len(compared) == 2
    return 1 if both else max(len(compared), 1)


def _margin_reading(claim: Claim) -> str:
    of = f" of that of {claim.reference}" if claim.reference else ""
    if claim.kind == "times":
        return f"{claim.measured} <= {claim.number:g} times that of {claim.reference or 'the other groups'}"
    if claim.kind == "ratio":
        return f"{claim.measured} within a ratio of {claim.number:g}{of}"
    return f"{claim.measured} within {claim.number * 1e4:g} per 10,000{of}"


def _why_not_compared(kept: Sequence[ErrorCounts], base: str, left_out: Mapping[str, str]) -> str | None:
    if base in left_out:
        return f"nothing to compare with: {base}: {left_out[base]}"
    return "no other group to compare with" if len(kept) < 2 else None


def _summary(
    counts: Sequence[ErrorCounts], claim: Claim, evidence: Evidence, ends: Ends, equal: Sequence[EqualRates]
) -> Iterator[Judged]:
    """The summary over all groups, and each group that is in none; their interval needs no adjustment over groups.

    With `ends` it is judged at the threshold and at both ends of its interval, each with half the error. `equal` is of
    each of these places.
    """
    if counts:
        rules = evidence.study.statistics
        level = _half(rules.level) if ends else rules.level
        places = [(counts, equal[0]), *zip((end.counts[claim.metric] for end in ends), equal[1:], strict=True)]
        yield from _summary_rows(places, claim, level, rules.min_subjects, evidence.study.seed)


def _summary_rows(
    places: Sequence[tuple[Sequence[ErrorCounts], EqualRates | None]], claim: Claim, level: float, least: int, seed: int
) -> Iterator[Judged]:
    """`places` are the groups at the threshold, and at the ends of its interval where there are any."""
    counts, ends = places[0][0], len(places) > 1
    judged = [judge_summary(at, claim.measure, claim.number, least, level, seed, equal) for at, equal in places]
    _, found, left_out, why = judged[0]
    verdict = _agreed([place.verdict for place in judged])
    low, high = _spanned([(place.found.low, place.found.high) for place in judged])
    differ = _ENDS_DIFFER if verdict == "undecided" and judged[0].verdict != "undecided" else ""
    reading = f"{claim.measured} <= {claim.number:.6g}"
    extremes = f"highest: {found.worst}, lowest: {found.best}" if found.worst != found.best else ""
    over = Judged(
        model="",
        condition="",
        reading=reading,
        threshold_name="",
        threshold=None,
        grouping=found.grouping,
        group=f"over {found.groups} groups",
        verdict=verdict,
        errors=None,
        trials=None,
        subjects=sum(c.subjects for c in enter(counts, least)[0]),
        value=found.value,
        low=low,
        high=high,
        note="; ".join(part for part in (extremes, found.note, why, differ, _SPANNED if ends else "") if part),
    )
    yield over
    of = {c.group: c for c in counts}
    for group, reason in left_out:
        yield replace(_row(of[group], reading, level), value=None, low=None, high=None, note=f"left out: {reason}")


def _held(
    sides: tuple[ErrorCounts, ErrorCounts], claim: Claim, level: float, alpha: float, growth: float
) -> Equivalence:
    """The two one-sided tests at the observed rates and `growth` times the people on both sides.

    What refutes is the interval at half of `alpha`: to refute wrongly and to support wrongly are two chances of an
    error, and people who take part unevenly leave less room for the first (`benchmarks/claims_coverage.md`). As in the
    interval of a rate, the side that an end takes for high has room for one more person who errs most.
    """
    function = {"ratio": equivalent_ratio, "times": at_most_times}.get(claim.kind, equivalent_difference)
    a, b = (_grown(side, level, growth) for side in sides)
    roomy_a, roomy_b = (_with_room(side, seen, growth) for side, seen in zip(sides, (a, b), strict=True))
    inner, outer = (
        spanning(function(a, roomy_b, claim.number, at), function(roomy_a, b, claim.number, at))
        for at in (alpha, alpha / 2)
    )
    return replace(inner, refuting=(outer.low, outer.high))


def _with_room(counts: ErrorCounts, seen: Rate, growth: float) -> Rate:
    """Room for one more person, beyond the one error that any interval allows; less of it among more people."""
    if counts.by_subject is None:
        return seen
    room = with_room(counts, 1, beyond=1) - counts.errors / counts.trials
    return Rate(min(seen.errors + room / growth * seen.trials, seen.trials), seen.trials) if room > 0 else seen


def _compared(group: ErrorCounts, rest: ErrorCounts, ratio: bool) -> float | None:
    a, b = (side.errors / side.trials for side in (group, rest))
    if not ratio:
        return a - b
    return a / b if rest.errors else None


def _with_growth(
    row: Judged, sides: tuple[ErrorCounts, ErrorCounts], at: Callable[[float], Equivalence], base: str
) -> Judged:
    """The row of an undecided margin, with the sample that decides at the observed rates of both sides."""
    growth = growth_to_decide(at)
    if growth is None or max(_trials(side, growth) for side in sides) > _LARGEST:
        return replace(row, note=f"{row.note}; no larger sample with these rates would have decided")
    group, rest = (math.ceil(side.subjects * growth - 1e-9) for side in sides)
    return replace(
        row,
        decided_as=_verdict(at(growth)),
        decided_people=group,
        decided_trials=math.ceil(_trials(sides[0], growth) - 1e-9),
        note=f"{row.note}; what would have decided has {rest} people in {base or 'the other groups'}",
    )


def _grown(counts: ErrorCounts, level: float, growth: float) -> Rate:
    """The observed rate on the effective comparisons of `growth` times the people.

    Mated comparisons and searches grow with people, and their effective number alike; of non-mated ones the design
    effect grows too (`planning.design_effect_at`).
    """
    n = effective_sample(counts, level)
    if counts.by_pair is None:
        n *= growth
    else:
        n = effective_trials(_trials(counts, growth), design_effect_at(counts.trials / n, growth))
    return Rate(counts.errors / counts.trials * n, n)


def _verdict(found: Equivalence) -> Verdict:
    return "supported" if found.equivalent else "refuted" if found.outside else "undecided"


def judge_groups(
    claim: Claim, counts: Sequence[ErrorCounts], level: float, least: int, seed: int
) -> tuple[Judged, ...]:
    """Verdicts on groups whose counts stand alone, as published ones do: no threshold's uncertainty, no people.

    Margins and summaries are over all of `counts`; `least` people make a group that enters.

    Raises:
        InputError: the claim is of an accuracy, which is no error rate of one table.
    """
    if claim.kind == "accuracy":
        raise InputError(f"claim '{claim.text}': counts have error rates; claim FNMR or FMR instead")
    if claim.kind == "summary":
        return tuple(_summary_rows([(counts, None)], claim, level, least, seed))
    if claim.kind in COMPARED:
        return tuple(_margin(counts, claim, level, least))
    return tuple(_single(claim, counts, level, least, ()))


def verdict_of(rows: Sequence[Judged]) -> Verdict:
    """Of all groups together: refuted where one is, supported where all are."""
    verdicts = {row.verdict for row in rows}
    return "refuted" if "refuted" in verdicts else "supported" if verdicts == {"supported"} else "undecided"


def by_reading(rows: Sequence[Judged]) -> Iterator[tuple[tuple[str, str, str, str], list[Judged]]]:
    """Rows by (model, condition, reading, threshold)."""
    for key, some in groupby(rows, lambda row: (row.model, row.condition, row.reading, row.threshold_name)):
        yield key, list(some)
