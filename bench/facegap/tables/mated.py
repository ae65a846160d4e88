"""Tables of causes: error against discard, the gap split into quality and the rest, and paired changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap.acquire.scalars import FORMER_NAMES
from facegap.evidence import Evidence
from facegap.records import Comparisons, Rows, Strings, Threshold, has_label, matches
from facegap.tables.workbench import Workbench

HIGHER_IS_BETTER = {
    "DynamicRange": True,
    "HeadPoseRoll": False,
    "HeadPoseYaw": False,
    "IlluminationUniformity": True,
    "InterEyeDistance": True,
    "NaturalColour": False,
    "OverExposurePrevention": False,
    "LaplacianSharpness": True,
    "UnderExposurePrevention": False,
}
HIGHER_IS_BETTER |= {old: HIGHER_IS_BETTER[new] for old, new in FORMER_NAMES.items() if new in HIGHER_IS_BETTER}
"""Quality values with a direction; angles by their size."""

NO_DIRECTION = ("LuminanceMean", "LuminanceVariance")
"""Their best value lies in between: they split a gap, and nothing is discarded by them. A typology angle is in neither
list: it moves with the skin, so that what it explains would be taken off the differential."""


Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Mated:
    """Mated comparisons of one run of a model at one threshold.

    Attributes:
        error, completed: (k,) whether each errs, failed ones included, and whether it has a score.
        person, group: (k,) number and group of the probe's person.
        people: how many numbers there are.
    """

    error: Flags
    completed: Flags
    person: Rows
    group: Strings
    people: int


def mated_at(evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: float) -> Mated:
    """The mated comparisons at `threshold`, by groups over `columns`."""
    mated = comparisons.mated
    subject = evidence.samples.people()
    matched = matches(mated.score, threshold)
    group = evidence.samples.grouping(columns)[mated.probe]
    return Mated(
        error=~matched,
        completed=~np.isnan(mated.score),
        person=subject[mated.probe],
        group=group,
        people=int(subject.max(initial=-1)) + 1,
    )


def qualities(evidence: Evidence, comparisons: Comparisons) -> dict[str, Floats]:
    """Name -> (k,) quality of each mated comparison, NaN where there is none; a value that does not vary is left out.

    The worse of its two samples where both went through the condition, else the probe's own.
    """
    acquired = evidence.acquired(comparisons.model, comparisons.condition)
    if acquired is None:
        return {}
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


def each(bench: Workbench) -> Iterator[tuple[Comparisons, tuple[str, ...], Threshold]]:
    """Every comparison, grouping and threshold with mated comparisons of known people."""
    evidence = bench.evidence
    for comparisons in evidence.comparisons.values():
        if evidence.identities and len(comparisons.mated):
            for columns in evidence.groupings:
                for threshold in bench.thresholds_of(comparisons):
                    yield comparisons, columns, threshold


def key_of(comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold, group: str) -> dict[str, Any]:
    """The columns that say what a row is about."""
    return {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "group": group,
        "threshold_name": threshold.name,
        "threshold": threshold.value,
    }


def entering(bench: Workbench, columns: tuple[str, ...], mated: Mated) -> list[str]:
    """Groups with a label and enough people that are shown: a rest with one that is not would give it away."""
    least = bench.evidence.study.statistics.min_subjects
    hidden = bench.hidden_of(", ".join(columns)).every
    return [
        str(name)
        for name in np.unique(mated.group)
        if has_label(str(name)) and name not in hidden and len(np.unique(mated.person[mated.group == name])) >= least
    ]
