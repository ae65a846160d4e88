"""Tables of 1:n: FNIR(N, R, T), FPIR(N, T) and CMC by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from facegap import count
from facegap.cards.study import Identification
from facegap.estimate import cautions
from facegap.records import ErrorCounts, Failures, Searches, Threshold
from facegap.schema import CmcRow, IdentificationRow
from facegap.tables.search_intervals import interval_cells
from facegap.tables.shared_cells import BOTH, estimate_cells
from facegap.tables.workbench import NO_THRESHOLD, Workbench

CMC_RANKS = 20


def rows(bench: Workbench) -> Iterator[IdentificationRow]:
    """FNIR at every rank and threshold, and FPIR at every threshold, both ways of failures."""
    evidence = bench.evidence
    rule = evidence.study.identification
    if rule is None:
        return
    for searches in evidence.searches.values():
        points = bench.operating_points(searches)
        for columns in evidence.groupings:
            for failures in BOTH:
                yield from _fnir_rows(bench, rule, searches, columns, points, failures)
                yield from _fpir_rows(bench, searches, columns, points, failures)


def _fnir_rows(
    bench: Workbench,
    rule: Identification,
    searches: Searches,
    columns: tuple[str, ...],
    points: Sequence[Threshold],
    failures: Failures,
) -> Iterator[IdentificationRow]:
    if not searches.mated.any():
        return
    asked: list[tuple[int | None, Threshold | None]] = [(None, at) for at in points]
    asked += [(rank, None) for rank in rule.ranks]
    asked += [(1, at) for at in points]
    for rank, at in asked:
        value = None if at is None else at.value
        if why := count.unknown(searches, "FNIR", rank, value):
            yield from _blank(bench, searches, columns, "FNIR", at, rank, failures, why)
            continue
        for counts in count.fnir_counts(searches, bench.evidence.samples, columns, rank, value, failures):
            yield _row(bench, searches, counts, at, rank)


def _fpir_rows(
    bench: Workbench,
    searches: Searches,
    columns: tuple[str, ...],
    points: Sequence[Threshold],
    failures: Failures,
) -> Iterator[IdentificationRow]:
    if searches.mated.all():
        return
    for at in points:
        if why := count.unknown(searches, "FPIR", None, at.value):
            yield from _blank(bench, searches, columns, "FPIR", at, None, failures, why)
            continue
        for counts in count.fpir_counts(searches, bench.evidence.samples, columns, at.value, failures):
            yield _row(bench, searches, counts, at, None)


def _blank(
    bench: Workbench,
    searches: Searches,
    columns: tuple[str, ...],
    metric: str,
    at: Threshold | None,
    rank: int | None,
    failures: Failures,
    why: str,
) -> Iterator[IdentificationRow]:
    """Who searched, and in place of a rate why candidate lists do not hold it."""
    for counts in count.searched(searches, bench.evidence.samples, columns, metric, failures):
        yield IdentificationRow(
            **_keys(searches, counts, rank),
            threshold_name=NO_THRESHOLD if at is None else at.name,
            threshold=None if at is None else at.value,
            trials=counts.trials,
            completed=counts.completed,
            failed=counts.failed,
            subjects=counts.subjects,
            note=why,
        )


def _row(
    bench: Workbench, searches: Searches, counts: ErrorCounts, at: Threshold | None, rank: int | None
) -> IdentificationRow:
    cells = estimate_cells(bench, counts, NO_THRESHOLD if at is None else at.name)
    if at is not None:
        cells |= interval_cells(bench, searches, at, counts, rank)
    return IdentificationRow(**_keys(searches, counts, rank), **cells)


def _keys(searches: Searches, counts: ErrorCounts, rank: int | None) -> dict[str, Any]:
    return {
        "model": counts.model,
        "condition": counts.condition,
        "protocol": searches.protocol,
        "metric": counts.metric,
        "failures": counts.failures,
        "grouping": counts.grouping,
        "group": counts.group,
        "gallery_size": searches.gallery_size,
        "rank": "" if counts.metric == "FPIR" else "N" if rank is None else str(rank),
    }


def cmc_rows(bench: Workbench) -> Iterator[CmcRow]:
    """Hits at rank 1 to 20 in the closed protocol, as far as candidate lists tell them; failed searches are misses."""
    evidence = bench.evidence
    for (model, condition, protocol), searches in evidence.searches.items():
        if protocol != "closed" or not len(searches.probe):
            continue
        ranks = min(CMC_RANKS, searches.gallery_size, count.rank_limit(searches))
        if not ranks:
            continue
        for columns in evidence.groupings:
            counts = {c.group: c for c in count.fnir_counts(searches, evidence.samples, columns, 1, None)}
            for curve in count.cmc(searches, evidence.samples, columns, ranks):
                for rank, hits, optimistic in zip(curve.ranks, curve.hits, curve.hits_optimistic, strict=True):
                    yield CmcRow(
                        model=model,
                        condition=condition,
                        grouping=", ".join(columns),
                        group=curve.group,
                        gallery_size=searches.gallery_size,
                        rank=int(rank),
                        hits=int(hits),
                        trials=curve.trials,
                        subjects=counts[curve.group].subjects,
                        rate=_share(hits, curve.trials),
                        rate_optimistic=_share(optimistic, curve.trials),
                        caution=_caution(cautions.of_people(counts[curve.group]), curve.trials, int(hits)),
                    )


def _caution(of_people: list[str], trials: int, hits: int) -> str:
    return cautions.as_text([*of_people, *cautions.of_number(trials - hits)]) if trials else ""


def _share(hits: np.integer[Any], trials: int) -> float | None:
    return int(hits) / trials if trials else None
