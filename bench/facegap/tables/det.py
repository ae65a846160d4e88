"""Tables behind the curves: DET by group at equal thresholds, and histograms of the scores."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from facegap import count
from facegap.estimate import cautions
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Mask
from facegap.schema import DetRow, DistributionRow
from facegap.tables.workbench import Workbench

DET_POINTS = 80
DISTRIBUTION_BINS = 128

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


def rows(bench: Workbench) -> Iterator[DetRow]:
    """FMR within the group and FNMR, failures counted, at thresholds that are the same for every group."""
    evidence = bench.evidence
    if not evidence.identities:
        return
    for (model, condition), comparisons in evidence.comparisons.items():
        everywhere = _det_thresholds(comparisons)
        for columns in evidence.groupings:
            names, group = np.unique(evidence.samples.grouping(columns), return_inverse=True)
            nonmated, mated = _counts_above_all(evidence, comparisons, columns)
            within = comparisons.within(group)
            thresholds = everywhere if within is not None else everywhere[everywhere >= comparisons.floor]
            for d, name in enumerate(names):
                counts = within[d] if within is not None else None
                matches = _false_matches(comparisons, group == d, counts, thresholds)
                fnmr = _fnmr(comparisons, group == d, thresholds)
                both = nonmated[str(name)], mated[str(name)]
                for threshold, found, missed in zip(thresholds, matches, fnmr, strict=True):
                    if both[0].trials and np.isfinite(missed):
                        yield DetRow(
                            model=model,
                            condition=condition,
                            grouping=", ".join(columns),
                            group=str(name),
                            threshold=float(threshold),
                            fmr=int(found) / both[0].trials,
                            fnmr=float(missed),
                            caution=_caution(both, (int(found), round(missed * both[1].trials))),
                        )


def _det_thresholds(comparisons: Comparisons) -> Values:
    """Ascending thresholds, evenly spread over the decades of the pooled FMR: bin edges below the floor, scores of the
    exact tail above it."""
    counts = comparisons.pooled
    above = np.cumsum(counts[::-1])[::-1]
    total, tail = int(counts.sum()), np.sort(comparisons.tail.score.astype(np.float64))[::-1]
    if not total:
        return np.empty(0)
    wanted = np.unique(np.round(np.geomspace(1, max(total * 0.5, 1), DET_POINTS)).astype(np.int64))
    exact = tail[wanted[wanted <= len(tail)] - 1]
    edges = [comparisons.edges[np.searchsorted(-above, -k)] for k in wanted[wanted > len(tail)]]
    highest = [np.nextafter(tail[0], np.inf)] if len(tail) else []
    return np.unique(np.concatenate([exact, [edge for edge in edges if edge < comparisons.floor], highest]))


def _counts_above_all(
    evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...]
) -> tuple[dict[str, ErrorCounts], dict[str, ErrorCounts]]:
    """Group -> counts of FMR and FNMR above the highest score, for what they say of comparisons and people."""
    beyond = max(float(comparisons.edges[-1]), float(comparisons.floor))
    sides = (
        counted(comparisons, evidence.samples, columns, beyond) for counted in (count.fmr_counts, count.fnmr_counts)
    )
    fmr, fnmr = ({c.group: c for c in counts} for counts in sides)
    return fmr, fnmr


def _caution(both: tuple[ErrorCounts, ErrorCounts], errors: tuple[int, int]) -> str:
    """The cautions of a point of the curve: whose comparisons they are, and how many errors stand behind it."""
    return cautions.by_name(
        (c.metric, [*cautions.of_people(c), *cautions.of_number(n)]) for c, n in zip(both, errors, strict=True)
    )


def _false_matches(comparisons: Comparisons, inside: Mask, counts: Counts | None, thresholds: Values) -> Counts:
    """(thresholds,) matches among the non-mated comparisons within a group of (bins,) `counts`.

    None where the histogram does not know the group: then no threshold is below the floor.
    """
    tail = comparisons.tail
    exact = np.sort(tail.score[inside[tail.reference] & inside[tail.probe]].astype(np.float64))
    by_tail = len(exact) - np.searchsorted(exact, thresholds, side="left")
    if counts is None:
        return np.asarray(by_tail)
    above = np.cumsum(counts[::-1])[::-1]
    at = np.clip(np.searchsorted(comparisons.edges, thresholds - 1e-12), 0, len(above) - 1)
    return np.asarray(np.where(thresholds >= comparisons.floor, by_tail, above[at]))


def _fnmr(comparisons: Comparisons, in_group: Mask, thresholds: Values) -> Values:
    """(thresholds,) FNMR of the mated comparisons whose probe is in the group; NaN where there are none."""
    mine = in_group[comparisons.mated.probe]
    score = comparisons.mated.score[mine].astype(np.float64)
    if not len(score):
        return np.full(len(thresholds), np.nan)
    completed = np.sort(score[~np.isnan(score)])
    matches = len(completed) - np.searchsorted(completed, thresholds, side="left")
    return np.asarray(1 - matches / len(score))


def distribution_rows(bench: Workbench) -> Iterator[DistributionRow]:
    """Histograms of mated and non-mated scores by group; empty bins are left out."""
    evidence = bench.evidence
    for (model, condition), comparisons in evidence.comparisons.items():
        per_bin = len(comparisons.edges) // DISTRIBUTION_BINS
        edges = comparisons.edges[::per_bin]
        for columns in evidence.groupings:
            names, group = np.unique(evidence.samples.grouping(columns), return_inverse=True)
            within = comparisons.within(group)
            for d, name in enumerate(names):
                mated = comparisons.mated.score[(group == d)[comparisons.mated.probe]].astype(np.float64)
                kinds = {"mated": np.histogram(mated, edges)[0]}
                if within is not None:
                    kinds["nonmated"] = within[d].reshape(-1, per_bin).sum(axis=1)
                for kind, counts in kinds.items():
                    for k in np.flatnonzero(counts):
                        yield DistributionRow(
                            model=model,
                            condition=condition,
                            grouping=", ".join(columns),
                            group=str(name),
                            kind=kind,
                            low=float(edges[k]),
                            high=float(edges[k + 1]),
                            count=int(counts[k]),
                        )
