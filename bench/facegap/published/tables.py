"""Rates, ratios and summaries of published counts, at an assumed design effect and how far beyond it they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from facegap import estimate
from facegap.estimate import cautions
from facegap.estimate.assumed import equal_p, ratio_of, turning_point, visible_above
from facegap.estimate.clustered import pooled
from facegap.estimate.multiplicity import holm
from facegap.estimate.two_groups import Rate
from facegap.published.asked import Asked
from facegap.published.groups import Group, at_design_effect, entering
from facegap.published.sentences import of_ratio
from facegap.records import ErrorCounts
from facegap.schema.judged import JudgedRateRow, JudgedRatioRow, JudgedSummaryRow

OTHERS = "the other groups"


def rate_row(group: Group, asked: Asked) -> JudgedRateRow:
    """The rate of one group, with its interval at the assumed design effect and as if a person's trials agreed."""
    row = group.row
    base = partial(
        JudgedRateRow,
        **group.key,
        group=row.group,
        errors=row.errors,
        trials=row.trials,
        people=row.people,
        rate=row.rate,
        design_effect=asked.design_effect,
        level=asked.level,
    )
    if group.counts is None:
        return base(note="a rate without trials: its uncertainty is not known")
    found = estimate.estimate(group.counts, asked.level)
    notes = [_trials(found.note)]
    if row.errors_from_rate:
        notes.append("errors computed from the printed rate")
    alike = None
    if group.possible is not None and row.trials:
        alike = estimate.estimate(at_design_effect(group, max(group.possible, asked.design_effect)), asked.level)
    return base(
        low=found.low,
        high=found.high,
        low_alike=None if alike is None else alike.low,
        high_alike=None if alike is None else alike.high,
        caution=_trials(cautions.as_text(found.cautions)),
        note="; ".join(note for note in notes if note),
    )


def ratio_rows(family: Sequence[Group], asked: Asked) -> Iterator[JudgedRatioRow]:
    """Every group against the others together, then against the reference, then those left out with the reason."""
    kept, left_out = entering(family)
    if len(kept) > 1:
        yield from _compared(kept, [_pooled([g for g in kept if g is not one]) for one in kept], OTHERS, asked)
    reference = next((g for g in family if g.row.group == asked.reference), None)
    if reference is not None:
        others = [g for g in kept if g is not reference]
        if reference in kept and others:
            assert reference.counts is not None
            yield from _compared(others, [Side.of(reference)] * len(others), reference.row.group, asked)
        elif reference.counts is None:
            yield from _ratios_of_rates(family, reference)
    for group in family:
        if group.row.group in left_out:
            yield JudgedRatioRow(
                **group.key, group=group.row.group, against=OTHERS, note=f"left out: {left_out[group.row.group]}"
            )


@dataclass(frozen=True, kw_only=True)
class Side:
    """What a group is compared with: counts, and the largest design effect that their people could make."""

    counts: ErrorCounts
    possible: float | None

    @classmethod
    def of(cls, group: Group) -> Side:
        """The side that one group makes."""
        assert group.counts is not None
        return cls(counts=group.counts, possible=group.possible)


def _pooled(groups: Sequence[Group]) -> Side:
    possible = [group.possible for group in groups]
    known = [value for value in possible if value is not None]
    return Side(
        counts=pooled([group.counts for group in groups if group.counts is not None]),
        possible=max(known) if len(known) == len(possible) else None,
    )


def _scaled(counts: ErrorCounts, design_effect: float) -> Rate:
    return Rate(counts.errors / design_effect, counts.trials / design_effect)


def _compared(groups: Sequence[Group], sides: Sequence[Side], against: str, asked: Asked) -> Iterator[JudgedRatioRow]:
    pairs = [(Side.of(group), side) for group, side in zip(groups, sides, strict=True)]
    # Of two groups the one against the other is the other against the one: one test.
    tests = 1 if against == OTHERS and len(groups) == 2 else len(groups)

    def adjusted(design_effect: float) -> list[float]:
        raw = [equal_p(*(_scaled(side.counts, design_effect) for side in pair))[0] for pair in pairs]
        return raw if tests == 1 else holm(raw)

    now = adjusted(asked.design_effect)
    for k, (group, pair) in enumerate(zip(groups, pairs, strict=True)):
        differs = now[k] < 1 - asked.level

        def same(design_effect: float, k: int = k, differs: bool = differs) -> bool:
            return (adjusted(design_effect)[k] < 1 - asked.level) == differs

        turns = turning_point(same, asked.design_effect) if differs else None
        yield _ratio_row(group, pair, against, now[k], tests, differs, turns, asked)


def _ratio_row(
    group: Group,
    pair: tuple[Side, Side],
    against: str,
    p_holm: float,
    tests: int,
    differs: bool,
    turns: float | None,
    asked: Asked,
) -> JudgedRatioRow:
    a, b = (_scaled(side.counts, asked.design_effect) for side in pair)
    p, method = equal_p(a, b)
    low, high = ratio_of(a, b, asked.level)
    one, other = (side.counts for side in pair)
    visible = visible_above(a, b, (1 - asked.level) / tests)
    known = [side.possible for side in pair if side.possible is not None]
    row = JudgedRatioRow(
        **group.key,
        group=group.row.group,
        against=against,
        errors=one.errors,
        trials=one.trials,
        other_errors=other.errors,
        other_trials=other.trials,
        ratio=a.value / b.value if one.errors and other.errors else None,
        low=low,
        high=high,
        level=asked.level,
        method=method,
        p=p,
        p_holm=p_holm,
        verdict="differs" if differs else "not shown to differ",
        visible=visible,
        turns_at=turns,
        possible=max(known) if len(known) == 2 else None,
        caution=_caution(pair, group.row.group, against, asked.level),
        note=""
        if one.errors and other.errors
        else "no ratio: one side has no errors; the bounds say at least or at most",
    )
    return _with_sentence(row, asked.design_effect)


def _caution(pair: tuple[Side, Side], group: str, against: str, level: float) -> str:
    """The cautions of both sides' rates."""
    named = zip((group, against), (estimate.estimate(side.counts, level) for side in pair), strict=True)
    return _trials(cautions.by_name((name, found.cautions) for name, found in named))


def _trials(text: str) -> str:
    """Published tables call comparisons trials."""
    return text.replace("comparisons", "trials")


def _with_sentence(row: JudgedRatioRow, assumed: float) -> JudgedRatioRow:
    return replace(row, sentence=of_ratio(row, assumed))


def _ratios_of_rates(family: Sequence[Group], reference: Group) -> Iterator[JudgedRatioRow]:
    """Ratios of published rates without trials: what they are, and that nothing tests them."""
    for group in family:
        if group is not reference and group.row.rate is not None and reference.row.rate:
            ratio = group.row.rate / reference.row.rate
            yield JudgedRatioRow(
                **group.key,
                group=group.row.group,
                against=reference.row.group,
                ratio=ratio,
                sentence=(
                    f"{group.row.group}: the published rate is {ratio:.3g} times that of {reference.row.group}; "
                    "without trials nothing can be said about chance"
                ),
                note="rates without trials: no interval and no test",
            )


def summary_rows(family: Sequence[Group], asked: Asked) -> Iterator[JudgedSummaryRow]:
    """Every summary measure over the groups that enter."""
    kept, left_out = entering(family)
    counts = [group.counts for group in kept if group.counts is not None]
    if len(counts) < 2:
        return
    caution = _trials(cautions.of_several(estimate.estimate(c, asked.level) for c in counts))
    for found in estimate.differentials(counts, 1, asked.level, asked.seed):
        yield JudgedSummaryRow(
            **family[0].key,
            measure=found.measure,
            value=found.value,
            low=found.low,
            high=found.high,
            null_low=found.null_low,
            null_high=found.null_high,
            groups=found.groups,
            worst=found.worst or "",
            best=found.best or "",
            left_out="; ".join(f"{name}: {reason}" for name, reason in left_out.items()),
            caution=caution,
            note=_trials(found.note),
        )
