"""Tables of acquisition: outcomes, and quality of the acquired faces, by group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from facegap.acquire.scalars import SHAPE_OF_A_FACE, scalar
from facegap.estimate import cautions
from facegap.estimate.scores import people_alike
from facegap.records import NOT_LIVE, OUTCOMES, Rows
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
                for quality, values in acquisitions.quality.items():
                    if quality in SHAPE_OF_A_FACE:
                        continue
                    here = values[(group == name) & np.isfinite(values)].astype(np.float64)
                    if len(here):
                        person = evidence.samples.people()[(group == name) & np.isfinite(values)]
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
                            scalar=_mean_scalar(quality, here),
                            caution=_caution(person) if evidence.identities else "",
                        )


def _caution(person: Rows) -> str:
    """What to know of a mean over (n,) people's pictures."""
    pictures = np.bincount(person)
    return cautions.as_text(cautions.of_participation(int(np.count_nonzero(pictures)), people_alike(pictures)))


def _mean_scalar(quality: str, native: npt.NDArray[np.float64]) -> float | None:
    """Mean of the values on the scale 0 to 100; None where the name has none."""
    values = scalar(quality, native)
    return float(values.mean()) if values is not None else None
