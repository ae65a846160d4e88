"""A claim's verdicts as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from facegap.claims import Examined
from facegap.claims.judge import by_reading, verdict_of
from facegap.claims.verdict import Judged
from facegap.cli.listings import columns

HEADER = ("GROUP", "VERDICT", "FOUND", "ERRORS", "TRIALS", "PEOPLE", "P", "WOULD HAVE DECIDED")


def lines(found: Examined) -> Iterator[str]:
    """The run's banners, the claim as understood, each reading with its groups, and the verdict."""
    yield from found.banners
    yield f"claim:      {found.claim}"
    yield f"understood: {found.understood}"
    yield f"run:        {found.run}, digest {found.digest}"
    if found.protocol:
        yield f"protocol:   {found.protocol[0]}"
        yield from (f"  departs: {line}" for line in found.protocol[1:])
    if found.note:
        yield f"note:       {found.note}"
    if found.stated:
        yield f"margin:     stated beforehand in {found.stated}"
    for (model, condition, reading, threshold), rows in by_reading(found.judged):
        at = "" if rows[0].threshold is None else f", at {threshold} (score >= {rows[0].threshold:.6g})"
        yield f"\n{model}, {condition}: {reading}{at}: {verdict_of(rows)}"
        yield from columns([HEADER, *(_cells(row) for row in rows)])
        yield from dict.fromkeys(f"  {row.group}: {row.note}" for row in rows if row.note)
        yield from dict.fromkeys(f"  read with care: {row.group}: {row.caution}" for row in rows if row.caution)
    # A verdict on the errors of this run is none on a figure that was measured otherwise.
    of = " as errors of this run, not as a published accuracy" if found.note else ""
    yield (
        f"\n{found.verdict}{of}: verdicts hold together over the groups of one reading at one threshold with "
        f"{found.level:.0%} confidence; undecided is not met"
    )


def _cells(row: Judged) -> tuple[str, ...]:
    p = {"refuted": row.p_refute, "supported": row.p_support}.get(row.verdict)
    if p is None and row.p_refute is not None and row.p_support is not None:
        p = min(row.p_refute, row.p_support)
    return (
        row.group,
        row.verdict,
        _value(row),
        *("" if number is None else str(number) for number in (row.errors, row.trials, row.subjects)),
        "" if p is None else f"{p:.2g}" if p > 1e-12 else "< 1e-12",
        _decided(row),
    )


def _value(row: Judged) -> str:
    value = "-" if row.value is None else f"{row.value:.3g}"
    if row.low is None and row.high is None:
        return value
    low = "-" if row.low is None else f"{row.low:.3g}"
    return f"{value} ({low} to {'no bound' if row.high is None else f'{row.high:.3g}'})"


def _decided(row: Judged) -> str:
    if row.decided_people is None:
        return ""
    return f"{row.decided_as}: about {row.decided_people} people, {row.decided_trials} trials"
