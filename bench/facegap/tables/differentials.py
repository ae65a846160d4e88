"""Table of summaries over the groups' rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from facegap import estimate
from facegap.estimate.cautions import as_text
from facegap.estimate.differentials import Kept, enter
from facegap.records import Comparisons, Differential, ErrorCounts
from facegap.schema import DifferentialRow
from facegap.tables.doubts import in_few_clusters
from facegap.tables.equal_groups import equal_rates
from facegap.tables.shared_cells import caution_of, left_out_text
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[DifferentialRow]:
    """Summary measures over the groups: per metric, and of FMR and FNMR together; failures counted."""
    evidence = bench.evidence
    least, level, seed = evidence.study.statistics.min_subjects, evidence.study.statistics.level, evidence.study.seed
    for comparisons in evidence.comparisons.values():
        for columns in evidence.study.groups:
            for threshold in bench.thresholds_of(comparisons):
                by_metric = bench.counts(comparisons, columns, threshold.value)
                equal = partial(equal_rates, bench, comparisons, columns, threshold.value)
                made: Kept = {}
                found = [
                    row
                    for counts in by_metric.values()
                    for row in estimate.differentials(counts, least, level, seed, equal, made)
                ]
                if evidence.identities:
                    fmr, fnmr = by_metric["FMR"], by_metric["FNMR"]
                    found += estimate.combined_differentials(
                        fmr, fnmr, min_subjects=least, level=level, seed=seed, equal=equal, made=made
                    )
                cautions = _cautions(bench, comparisons, columns, threshold.value, by_metric)
                yield from _differential_rows(found, threshold.name, cautions)


def _cautions(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: float,
    by_metric: Mapping[str, Sequence[ErrorCounts]],
) -> dict[str, str]:
    """By metric, and of both together, the cautions of the groups that enter."""
    least = bench.evidence.study.statistics.min_subjects
    kept = {metric: enter(counts, least)[0] for metric, counts in by_metric.items()}
    few = in_few_clusters(bench, comparisons, columns, threshold, {c.group for c in kept["FMR"]})
    narrow = [f"{few}: the null band may be too narrow"] if few else []

    def said(counts: Sequence[ErrorCounts], fmr: bool) -> str:
        return as_text([*(narrow if fmr else []), *filter(None, [caution_of(bench, counts)])])

    every = [c for counts in kept.values() for c in counts]
    return {
        **{metric: said(counts, metric == "FMR") for metric, counts in kept.items()},
        "FMR+FNMR": said(every, True),
    }


def _differential_rows(
    found: Sequence[Differential], threshold_name: str, cautions: Mapping[str, str]
) -> Iterator[DifferentialRow]:
    for one in found:
        yield DifferentialRow(
            model=one.model,
            condition=one.condition,
            metric=one.metric,
            grouping=one.grouping,
            threshold_name=threshold_name,
            threshold=one.threshold,
            measure=one.measure,
            value=one.value,
            low=one.low,
            high=one.high,
            null_low=one.null_low,
            null_high=one.null_high,
            by_people=one.by_people,
            by_people_low=one.by_people_low,
            by_people_high=one.by_people_high,
            worst=one.worst or "",
            best=one.best or "",
            groups=one.groups,
            left_out=left_out_text(one.left_out),
            caution=cautions[one.metric],
            note=one.note,
        )
