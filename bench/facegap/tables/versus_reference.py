"""Each group against the one that the study names for its grouping: the ratio, its test, and what that could see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from facegap.estimate.versus_rest import AgainstRest, against_group
from facegap.records import Samples
from facegap.schema import ReferenceRow
from facegap.tables.doubts import doubt
from facegap.tables.shared_cells import caution_of
from facegap.tables.versus_rest import (
    DIFFERS,
    NOT_SHOWN,
    compared_rates,
    not_tested,
    power_sentence,
    ratio_text,
    smallest_visible,
)
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[ReferenceRow]:
    """Every group of a grouping with a reference against it: ratio, interval, p-value by Holm, the verdict in words."""
    evidence = bench.evidence
    rule, references = evidence.study.statistics, evidence.study.reference
    for key, counts in compared_rates(bench) if references else ():
        reference = references.get(key["grouping"])
        if reference is None:
            continue
        found, left_out = against_group(counts, reference, rule.min_subjects, rule.level)
        of: dict[str, Any] = {"reference": reference}
        missing = _why_no_reference(reference, [c.group for c in counts], dict(left_out))
        for c in counts if missing else ():
            if c.group != reference:
                yield ReferenceRow(**key, **of, group=c.group, note=f"no reference: {missing}")
        for row in found:
            shared = _shared(evidence.samples, key["grouping"], row.counts.group, reference)
            caution = caution_of(bench, [row.counts, row.rest])
            why = doubt(bench, key, (row.counts, row.rest), ([row.counts.group], [reference]))
            yield ReferenceRow(**key, **of, **_cells(row, reference, len(found), shared, why), caution=caution)
        for group, reason in left_out if not missing else ():
            yield ReferenceRow(**key, **of, group=group, note=f"left out: {reason}")


def _why_no_reference(reference: str, groups: list[str], left_out: dict[str, str]) -> str:
    return left_out.get(reference, "") if reference in groups else f"nobody is '{reference}' here"


def _shared(samples: Samples, grouping: str, group: str, reference: str) -> int:
    """People with samples in both groups, whose labels differ from sample to sample."""
    names, code = samples.coded(tuple(grouping.split(", ")))
    person = samples.people()
    both = (person[code == names.index(name)] for name in (group, reference))
    return len(np.intersect1d(*both))


def _cells(row: AgainstRest, reference: str, tests: int, shared: int, why: str) -> dict[str, Any]:
    """`why` no difference is stated; empty where one may be."""
    found = row.p_holm < 1 - row.level
    visible = smallest_visible(row, tests, 0.8)
    said = not_tested(row) or (why if found else "")
    differs = found and not said
    return {
        "group": row.counts.group,
        "errors": row.counts.errors,
        "trials": row.counts.trials,
        "subjects": row.counts.subjects,
        "reference_errors": row.rest.errors,
        "reference_trials": row.rest.trials,
        "reference_subjects": row.rest.subjects,
        "shared_subjects": shared,
        "ratio": row.ratio,
        "low": row.low,
        "high": row.high,
        "level": row.level,
        "p": row.p,
        "p_holm": row.p_holm,
        "verdict": DIFFERS if differs else NOT_SHOWN,
        "ratio_80": visible,
        "sentence": _sentence(row, reference, differs, visible, smallest_visible(row, tests, 0.9), said),
        "note": _note(row, shared, said),
    }


def _sentence(
    row: AgainstRest, reference: str, differs: bool, at_80: float | None, at_90: float | None, why: str
) -> str:
    counts, base = row.counts, row.rest
    seen = f"{counts.errors} of {counts.trials} against {base.errors} of {base.trials} of {reference}"
    if not differs:
        power = why or power_sentence(counts.subjects, at_80, at_90)
        return f"{counts.group}: not shown to differ from {reference} ({seen}); {power}"
    ratio = f"{ratio_text(row.ratio)} times the rate" if row.ratio is not None else "another rate than that"
    return f"{counts.group}: {ratio} of {reference} ({seen}; p = {row.p_holm:.2g} after Holm's adjustment)"


def _note(row: AgainstRest, shared: int, why: str) -> str:
    notes = [
        why,
        "no ratio: one side has no errors; the bounds say at least or at most" if row.ratio is None else "",
        f"{shared} people are in both groups, which interval and test take for different ones" if shared else "",
    ]
    return "; ".join(note for note in notes if note)
