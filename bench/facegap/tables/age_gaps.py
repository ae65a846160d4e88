"""Table of FNMR by the years between reference and probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap import count
from facegap.cards.observed import bin_names
from facegap.evidence import Evidence, gap_of
from facegap.records import NO_LABEL, AgeGaps, Comparisons, Strings
from facegap.schema import AgeGapRow
from facegap.tables.hidden import Parts, hidden_groups, hidden_parts
from facegap.tables.observed import hidden_note
from facegap.tables.shared_cells import rate_cells
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[AgeGapRow]:
    """FNMR of every group in every bin of years in which it has comparisons."""
    evidence = bench.evidence
    cuts = evidence.study.age_gap or ()
    if evidence.gaps is None or not cuts or not evidence.identities:
        return
    names = (*bin_names(cuts), NO_LABEL)
    years = {key: _years(evidence, evidence.gaps, one, names) for key, one in evidence.comparisons.items()}
    rows_of = [one.mated.probe for one in evidence.comparisons.values()]
    parts = Parts(rows=np.concatenate(rows_of), part=np.concatenate([*years.values()]))
    hidden = hidden_parts(evidence, hidden_groups(evidence), parts) if len(parts.rows) else frozenset()
    for key, comparisons in evidence.comparisons.items():
        for columns in evidence.groupings:
            for name in names:
                yield from _of_bin(bench, count.of_mated(comparisons, years[key] == name), columns, name, hidden)


def _years(evidence: Evidence, gaps: AgeGaps, comparisons: Comparisons, names: tuple[str, ...]) -> Strings:
    """(k,) the bin of every mated comparison; `names` has that of -1, unknown, at its end."""
    found = gap_of(gaps, len(evidence.samples), comparisons.mated, evidence.study.age_gap or ())
    return np.array(names, dtype=np.str_)[found]


def _of_bin(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    years: str,
    hidden: frozenset[tuple[str, str, str]],
) -> Iterator[AgeGapRow]:
    for threshold in bench.thresholds_of(comparisons):
        for counts in count.fnmr_counts(comparisons, bench.evidence.samples, columns, threshold.value):
            key: dict[str, Any] = {
                "model": counts.model,
                "condition": counts.condition,
                "years": years,
                "grouping": counts.grouping,
                "group": counts.group,
            }
            if counts.trials and (counts.grouping, counts.group, years) in hidden:
                note = hidden_note(bench.evidence.study.statistics.suppress_below)
                yield AgeGapRow(**key, threshold_name=threshold.name, threshold=threshold.value, note=note)
            elif counts.trials:
                yield AgeGapRow(**key, **rate_cells(bench.estimate(counts), threshold.name))
