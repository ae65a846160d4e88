"""Tables of causes: error against discard, the gap split into quality and the rest, and paired changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.evidence import Evidence
from facegap.records import NO_LABEL, Comparisons, Rows, Strings, Threshold
from facegap.tables.workbench import for_model

HIGHER_IS_BETTER = {
    "DynamicRange": True,
    "HeadPosePitch": False,
    "HeadPoseRoll": False,
    "HeadPoseYaw": False,
    "IlluminationUniformity": True,
    "InterEyeDistance": True,
    "NaturalColour": False,
    "OverExposurePrevention": False,
    "Sharpness": True,
    "UnderExposurePrevention": False,
}
"""Quality values with a direction; angles by their size."""

NO_DIRECTION = ("LuminanceMean", "LuminanceVariance")
"""Their best value lies in between: they split a gap, and nothing is discarded by them. A typology angle is in neither
list: it moves with the skin, so that what it explains would be taken off the differential."""

KEYS = ("model", "condition", "grouping", "group", "threshold_name", "threshold")

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Mated(NamedTuple):
    """Mated comparisons of one run of a model: errors at one threshold, failed ones counted, people, groups."""

    error: Flags
    completed: Flags
    person: Rows
    group: Strings
    people: int


def mated_at(evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: float) -> Mated:
    mated = comparisons.mated
    subject = evidence.samples.people()
    matched = mated.score.astype(np.float64) >= threshold
    group = evidence.samples.grouping(columns)[mated.probe]
    return Mated(~matched, ~np.isnan(mated.score), subject[mated.probe], group, int(subject.max(initial=-1)) + 1)


def qualities(evidence: Evidence, comparisons: Comparisons) -> dict[str, Floats]:
    """Quality of each mated comparison: the worse of its two samples where both went through the condition, else the
    probe's own; NaN where there is none."""
    detector = next(use.detector for use in evidence.study.models if use.card == comparisons.model)
    acquired = evidence.acquisitions[detector, comparisons.condition]
    reference, probe = comparisons.mated.reference, comparisons.mated.probe
    found = {}
    for name, native in sorted(acquired.quality.items()):
        if name not in HIGHER_IS_BETTER and name not in NO_DIRECTION:
            continue
        values = native.astype(np.float64)
        if name.startswith("HeadPose"):
            values = np.abs(values)
        pair = values[probe]
        if comparisons.trials.symmetric and name in HIGHER_IS_BETTER:
            pair = (np.minimum if HIGHER_IS_BETTER[name] else np.maximum)(values[reference], values[probe])
        if np.isfinite(pair).sum() > 1 and np.nanmax(pair) > np.nanmin(pair):
            found[name] = pair
    return found


def each(
    evidence: Evidence, thresholds: tuple[Threshold, ...]
) -> Iterator[tuple[Comparisons, tuple[str, ...], Threshold]]:
    for comparisons in evidence.comparisons.values():
        if evidence.identities and len(comparisons.mated):
            for columns in evidence.groupings:
                for threshold in for_model(thresholds, comparisons):
                    yield comparisons, columns, threshold


def key_of(comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold, group: str) -> dict[str, Any]:
    return {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "group": group,
        "threshold_name": threshold.name,
        "threshold": threshold.value,
    }


def entering(evidence: Evidence, mated: Mated) -> list[str]:
    """Groups with a label and enough people."""
    least = evidence.study.statistics.min_subjects
    return [
        str(name)
        for name in np.unique(mated.group)
        if NO_LABEL not in str(name).split(", ") and len(np.unique(mated.person[mated.group == name])) >= least
    ]
