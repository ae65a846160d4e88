"""Tables of 1:n: FNIR(N, R, T), FPIR(N, T) and CMC by group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bench import count, estimate
from bench.cards.study import Identification
from bench.records import ErrorCounts, Failures, Searches, Threshold
from bench.tables.evidence import Evidence
from bench.tables.thresholds import NO_THRESHOLD
from bench.tables.verification import BOTH, estimate_cells

CMC_RANKS = 20


def rate_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """FNIR at every rank and threshold, and FPIR at every threshold, both ways of failures."""
    rule = evidence.study.identification
    if rule is None:
        return
    for searches in evidence.searches.values():
        points = _operating_points(evidence, rule, searches, thresholds)
        for columns in evidence.groupings:
            for failures in BOTH:
                yield from _fnir_rows(evidence, rule, searches, columns, points, failures)
                yield from _fpir_rows(evidence, searches, columns, points, failures)


def _operating_points(
    evidence: Evidence, rule: Identification, searches: Searches, thresholds: tuple[Threshold, ...]
) -> list[tuple[str, float]]:
    """The 1:1 thresholds, and in the open protocol those at target FPIRs, set under the clean condition."""
    points = [(threshold.name, threshold.value) for threshold in thresholds if threshold.model == searches.model]
    if searches.protocol == "closed":
        return points
    reference = evidence.searches.get((searches.model, evidence.study.thresholds.condition, "open"), searches)
    scores = reference.top_nonmate[~reference.mated & reference.completed]
    for target in rule.fpir:
        if len(scores):
            value, *_ = estimate.threshold_at_fmr(scores, len(scores), target, -np.inf)
            points.append((f"FPIR {target:g}", value))
    return points


def _fnir_rows(
    evidence: Evidence,
    rule: Identification,
    searches: Searches,
    columns: tuple[str, ...],
    points: list[tuple[str, float]],
    failures: Failures,
) -> Iterator[dict[str, Any]]:
    if not searches.mated.any():
        return
    asked: list[tuple[int | None, str, float | None]] = [(None, name, value) for name, value in points]
    asked += [(rank, NO_THRESHOLD, None) for rank in rule.ranks]
    asked += [(1, name, value) for name, value in points]
    for rank, name, value in asked:
        for counts in count.fnir_counts(searches, evidence.samples, columns, rank, value, failures):
            yield _row(evidence, searches, counts, name, "N" if rank is None else rank)


def _fpir_rows(
    evidence: Evidence,
    searches: Searches,
    columns: tuple[str, ...],
    points: list[tuple[str, float]],
    failures: Failures,
) -> Iterator[dict[str, Any]]:
    if searches.mated.all():
        return
    for name, value in points:
        for counts in count.fpir_counts(searches, evidence.samples, columns, value, failures):
            yield _row(evidence, searches, counts, name, None)


def _row(
    evidence: Evidence, searches: Searches, counts: ErrorCounts, threshold_name: str, rank: int | str | None
) -> dict[str, Any]:
    return {
        "model": counts.model,
        "condition": counts.condition,
        "protocol": searches.protocol,
        "metric": counts.metric,
        "failures": counts.failures,
        "grouping": counts.grouping,
        "group": counts.group,
        "gallery_size": searches.gallery_size,
        "rank": rank,
        **estimate_cells(evidence, counts, threshold_name),
    }


def cmc_rows(evidence: Evidence, _: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Hits at rank 1 to 20 in the closed protocol; failed searches are misses."""
    for (model, condition, protocol), searches in evidence.searches.items():
        if protocol != "closed" or not len(searches.probe):
            continue
        ranks = min(CMC_RANKS, searches.gallery_size)
        for columns in evidence.groupings:
            for curve in count.cmc(searches, evidence.samples, columns, ranks):
                for rank, hits, optimistic in zip(curve.ranks, curve.hits, curve.hits_optimistic, strict=True):
                    yield {
                        "model": model,
                        "condition": condition,
                        "grouping": ", ".join(columns),
                        "group": curve.group,
                        "gallery_size": searches.gallery_size,
                        "rank": int(rank),
                        "hits": int(hits),
                        "trials": curve.trials,
                        "rate": _share(hits, curve.trials),
                        "rate_optimistic": _share(optimistic, curve.trials),
                    }


def _share(hits: np.integer[Any], trials: int) -> float | None:
    return int(hits) / trials if trials else None
