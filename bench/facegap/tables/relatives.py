"""Table of relatives: the FMR of people who share a family beside that of strangers, at every threshold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from facegap import count, estimate
from facegap.count import Relatives
from facegap.estimate import cautions
from facegap.estimate.interval import effective_sample
from facegap.estimate.two_groups import Rate, koopman
from facegap.records import Comparisons, ErrorCounts, Estimate
from facegap.schema import RelativeRow
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[RelativeRow]:
    """Everyone and every group in which people are compared with a relative, by relation and threshold."""
    related = (one for one in bench.evidence.samples.relations if one != bench.evidence.same_person)
    for relation in related if bench.evidence.identities else ():
        for comparisons in bench.evidence.comparisons.values():
            for columns in bench.evidence.groupings:
                yield from _of_grouping(bench, relation, comparisons, columns)


def _of_grouping(
    bench: Workbench, relation: str, comparisons: Comparisons, columns: tuple[str, ...]
) -> Iterator[RelativeRow]:
    for threshold in bench.thresholds_of(comparisons):
        found = count.relative_counts(comparisons, bench.evidence.samples, relation, columns, threshold.value)
        for one in found:
            key: dict[str, Any] = {
                "model": comparisons.model,
                "condition": comparisons.condition,
                "grouping": one.kin.grouping,
                "group": one.kin.group,
                "relation": relation,
                "threshold_name": threshold.name,
                "threshold": threshold.value,
            }
            yield RelativeRow(**key, **_cells(one, bench.evidence.study.statistics.level))


def _cells(found: Relatives, level: float) -> dict[str, Any]:
    kin, strangers = (estimate.estimate(counts, level) for counts in (found.kin, found.strangers))
    ratio, low, high = _ratio(found.kin, found.strangers, level)
    return {
        "families": found.kin.subjects,
        "people": found.people,
        "errors": found.kin.errors,
        "trials": found.kin.trials,
        "failed": found.kin.failed,
        "rate": kin.value,
        "low": kin.low,
        "high": kin.high,
        "stranger_errors": found.strangers.errors,
        "stranger_trials": found.strangers.trials,
        "stranger_rate": strangers.value,
        "stranger_low": strangers.low,
        "stranger_high": strangers.high,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "level": level,
        "caution": _caution(kin, strangers),
        "note": _note(kin.note.replace("people", "families"), strangers.note),
    }


def _ratio(kin: ErrorCounts, strangers: ErrorCounts, level: float) -> tuple[float | None, float | None, float | None]:
    """Koopman's interval on the effective comparisons; the two rates share people, which makes it wide, not narrow."""
    if strangers.trials == 0:
        return None, None, None
    a, b = (Rate(c.errors / c.trials * n, n) for c in (kin, strangers) for n in (effective_sample(c, level),))
    return (a.value / b.value if kin.errors and strangers.errors else None, *koopman(a, b, level))


def _caution(kin: Estimate, strangers: Estimate) -> str:
    """The cautions of both rates; the clusters of relatives are families, so that what they call people are those."""
    families = [caution.replace("people", "families") for caution in kin.cautions]
    return cautions.by_name((("relatives", families), ("strangers", strangers.cautions)))


def _note(kin: str, strangers: str) -> str:
    return "; ".join([*([f"relatives: {kin}"] if kin else []), *([f"strangers: {strangers}"] if strangers else [])])
