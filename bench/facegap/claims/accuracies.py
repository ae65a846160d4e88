"""Claims on an accuracy: every error rate that it could mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from facegap.claims.rates import judge_rates
from facegap.claims.text import Claim
from facegap.claims.verdict import CARRIED, Ends, Judged, Verdict
from facegap.estimate.accuracy import mean_error, p_values
from facegap.estimate.at_most import enough_people, p_refute, p_support, too_few
from facegap.estimate.multiplicity import holm
from facegap.evidence import Evidence
from facegap.records import ErrorCounts


def judge_accuracy(
    counts: Mapping[str, tuple[ErrorCounts, ...]], claim: Claim, evidence: Evidence, ends: Ends
) -> Iterator[Judged]:
    """Each error that the claim could mean: either rate alone, both of them, and their mean.

    Only the mean over listed pairs is like LFW's accuracy, so that no other bears its name.
    """
    rules, listed, limit = evidence.study.statistics, evidence.study.trials.by_list, claim.number
    level, least = rules.level, rules.min_subjects
    for metric in ("FNMR", "FMR"):
        yield from judge_rates(replace(claim, kind="at most", metric=metric), counts[metric], level, least, ends)
    pairs, *at_ends = (_pairs(found) for found in (counts, *(end.counts for end in ends)))
    places = list(zip(*(at_ends or [pairs]), strict=True))
    both = [_shared([_both_p_values(pair, limit, level, least) for pair in place], ends) for place in places]
    yield from _combined(pairs, both, f"FMR and FNMR both <= {limit:.6g}", level, least, mean=False, carried=bool(ends))
    name = "LFW-style accuracy" if listed else "mean of both"
    means = [_shared([mean_p_values(pair, limit, level, least) for pair in place], ends) for place in places]
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


def mean_p_values(pair: tuple[ErrorCounts, ErrorCounts], limit: float, level: float, least: int) -> tuple[float, float]:
    """The same of the mean of FMR and FNMR: both need the people that either alone would need.

    To refute takes half of the error, as with margins (`held`).
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
            note="; ".join(part for part in (why, CARRIED if carried else "") if part),
        )
