"""Tables of acquisition: outcomes, and quality of the acquired faces, by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from facegap.acquire.scalars import SCALAR, SHAPE_OF_A_FACE, STANDARD, scalar
from facegap.estimate import cautions
from facegap.estimate.scores import people_alike
from facegap.records import NOT_LIVE, OUTCOMES, Floats, Rows
from facegap.schema import AcquisitionRow, QualityRow
from facegap.tables.workbench import Workbench


def rows(bench: Workbench) -> Iterator[AcquisitionRow]:
    """How many of the samples that went through a condition ended in each outcome, by group."""
    evidence = bench.evidence
    known = [outcome for outcome in OUTCOMES if outcome != NOT_LIVE or evidence.study.liveness is not None]
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        concerned = evidence.concerned(condition)
        for columns in evidence.groupings:
            group = np.where(concerned, evidence.samples.grouping(columns), "")
            for name in np.unique(group[concerned]):
                outcomes = acquisitions.outcome[group == name]
                for outcome in known:
                    found = int(np.count_nonzero(outcomes == outcome))
                    yield AcquisitionRow(
                        detector=detector,
                        condition=condition,
                        grouping=", ".join(columns),
                        group=str(name),
                        outcome=outcome,
                        samples=found,
                        share=found / len(outcomes),
                    )


def quality_rows(bench: Workbench) -> Iterator[QualityRow]:
    """Native quality values of the acquired faces by group: mean, percentiles, mean on the scale 0 to 100."""
    evidence = bench.evidence
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        concerned = evidence.concerned(condition)
        for columns in evidence.groupings:
            group = np.where(concerned, evidence.samples.grouping(columns), "")
            for name in np.unique(group[concerned]):
                for quality, values in beside(acquisitions.quality):
                    known = (group == name) & np.isfinite(values)
                    here = values[known].astype(np.float64)
                    if len(here):
                        person = evidence.samples.people()[known]
                        given = acquisitions.quality.get(quality + SCALAR)
                        p05, p50, p95 = (float(value) for value in np.percentile(here, (5, 50, 95)))
                        yield QualityRow(
                            detector=detector,
                            condition=condition,
                            grouping=", ".join(columns),
                            group=str(name),
                            quality=quality,
                            samples=len(here),
                            subjects=len(np.unique(person)) if evidence.identities else None,
                            mean=float(here.mean()),
                            p05=p05,
                            p50=p50,
                            p95=p95,
                            scalar=_mean_scalar(quality, here, given[known] if given is not None else None),
                            caution=_caution(person) if evidence.identities else "",
                        )


def _caution(person: Rows) -> str:
    """What to know of a mean over (n,) people's pictures."""
    pictures = np.bincount(person)
    return cautions.as_text(cautions.of_participation(int(np.count_nonzero(pictures)), people_alike(pictures)))


def beside(quality: Mapping[str, Floats]) -> list[tuple[str, Floats]]:
    """Name and (n,) quality values that a table by group states; what OFIQ measured stands behind ours of that name."""
    shown = [
        name for name in quality if name.removeprefix(STANDARD) not in SHAPE_OF_A_FACE and not name.endswith(SCALAR)
    ]
    if not any(name.startswith(STANDARD) for name in shown):
        return [(name, quality[name]) for name in shown]
    ordered = sorted(shown, key=lambda name: (name.removeprefix(STANDARD), name.startswith(STANDARD)))
    return [(name, quality[name]) for name in ordered]


def _mean_scalar(quality: str, native: Floats, given: Floats | None) -> float | None:
    """Mean of the values on the scale 0 to 100, OFIQ's own where it gave them; None where the name has none."""
    values = given if given is not None else scalar(quality, native)
    return float(values.mean(dtype=np.float64)) if values is not None else None
