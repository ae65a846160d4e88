"""Claims on a rate of every group: "at most", and "at least", which is its mirror image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from facegap.claims.text import Claim
from facegap.claims.verdict import CARRIED, Ends, Judged, Verdict, grown_trials, row_of
from facegap.estimate.at_most import ClaimVerdict, judge, too_few
from facegap.estimate.people import people_for_mated, people_for_nonmated
from facegap.records import ErrorCounts


def judge_rates(claim: Claim, counts: Sequence[ErrorCounts], level: float, least: int, ends: Ends) -> Iterator[Judged]:
    """ "At most the number"; "at least" is its mirror image. Groups of fewer people than `least` are not judged."""
    large = [k for k, c in enumerate(counts) if c.subjects >= least]
    at_ends = [[end.counts[claim.metric][k] for k in large] for end in ends]
    verdicts = judge([counts[k] for k in large], claim.number, level, at_ends)
    by_group = {verdict.counts.group: verdict for verdict in verdicts}
    for c in counts:
        row = row_of(c, reading_of(claim), level)
        if c.group not in by_group:
            yield replace(row, note=f"not judged: fewer than {least} people")
        else:
            yield _one_verdict(row, by_group[c.group], claim, carried=bool(ends))


def reading_of(claim: Claim) -> str:
    """What a claim on a rate was taken to mean."""
    return f"{claim.measured} {'>=' if claim.kind == 'at least' else '<='} {claim.number:.6g}"


def _one_verdict(row: Judged, verdict: ClaimVerdict, claim: Claim, carried: bool) -> Judged:
    swapped: dict[Verdict, Verdict] = {"refuted": "supported", "supported": "refuted", "undecided": "undecided"}
    mirrored, c = claim.kind == "at least", verdict.counts
    p = (verdict.p_support, verdict.p_refute) if mirrored else (verdict.p_refute, verdict.p_support)
    said = CARRIED if carried else ""
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


def _with_decided(row: Judged, counts: ErrorCounts, effective: float, n_eff: float) -> Judged:
    """The people who give `effective` comparisons, and all comparisons that so many people of this kind give."""
    people = _people(counts, effective, n_eff)
    if people is None:
        return row
    pairs = counts.by_pair is not None
    trials = grown_trials(counts, people / counts.subjects) if pairs else counts.trials * effective / n_eff
    return replace(row, decided_people=people, decided_trials=math.ceil(trials - 1e-9))


def _people(counts: ErrorCounts, effective: float, n_eff: float) -> int | None:
    if counts.by_pair is None:
        return people_for_mated(effective, n_eff, counts.subjects)
    return people_for_nonmated(effective, counts.trials, counts.trials / n_eff, counts.subjects)
