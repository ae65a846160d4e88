"""What a plan assumes: stated, or measured in a pilot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from facegap import store
from facegap.errors import InputError
from facegap.schema import RateRow

DESIGN_EFFECT = 4.0
"""Assumed for non-mated comparisons where neither a pilot nor a number is given: 2.3 to 7.8 were measured on 250 images
(docs/statistics.md)."""

FNMR = 0.02

SECONDS = 0.03
"""Core-seconds a sample, model and condition: MTCNN with a small net on a laptop's core; large nets: ten times."""


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What the power rests on: FNMR of the other groups, design effects, and where they come from.

    `people`: those behind the measured design effect of non-mated comparisons, which grows with them; None: as stated.
    `by_threshold`: the effects at thresholds of the same name, where a pilot measured them: they grow with the FMR.
    """

    fnmr: float
    mated: float | None
    nonmated: float
    people: float | None
    source: str
    seconds: float = SECONDS
    by_threshold: Mapping[str, float] = field(default_factory=dict)


def assumed(pilot: Path | None, design_effect: float | None, fnmr: float | None) -> Assumed:
    """What is stated, else what the run `pilot` measured, else what is assumed.

    Raises:
        InputError: a number is out of its range, or the pilot says nothing about design effects.
    """
    for option, value, least, most in (("--design-effect", design_effect, 1, 1e6), ("--fnmr", fnmr, 0, 1)):
        if value is not None and not least <= value < most:
            raise InputError(f"{option}: expected {least:g} or more and below {most:g}, found {value:g}")
    found = Assumed(
        fnmr=FNMR,
        mated=None,
        nonmated=DESIGN_EFFECT,
        people=None,
        source="assumed: state --design-effect and --fnmr, or give --pilot",
    )
    if pilot is not None:
        found = _measured(pilot)
    stated: dict[str, Any] = (
        {"nonmated": design_effect, "people": None, "mated": None, "by_threshold": {}}
        if design_effect is not None
        else {}
    )
    if stated or fnmr is not None:
        source = "stated" if stated and fnmr is not None else f"stated in part; the rest {found.source}"
        rate = {"fnmr": fnmr} if fnmr is not None else {}
        return replace(found, **{**stated, **rate, "source": source})
    return found


def _measured(pilot: Path) -> Assumed:
    """Medians over the pilot's groups of its study's own groupings, under the clean condition."""
    manifest = store.read_manifest(pilot)
    rows = store.read_rows(pilot, RateRow)
    clean = [row for row in rows if row.condition == "clean" and row.failures == "counted" and row.n_eff]
    used = [row for row in clean if row.grouping and row.errors]
    effects = {
        metric: [(_effect(row), row.subjects or 0) for row in used if row.metric == metric]
        for metric in ("FNMR", "FMR")
    }
    if not effects["FMR"]:
        raise InputError(f"{pilot}: no group of this run has false matches, so it says nothing about design effects")
    named = {row.threshold_name for row in used if row.metric == "FMR"}
    by_threshold = {name: _median_effect(used, name) for name in sorted(named)}
    fmr = np.median(np.array(effects["FMR"]), axis=0)
    rates = [row.rate for row in clean if not row.grouping and row.metric == "FNMR" and row.rate]
    images = manifest.samples["samples"] * len(manifest.study["models"]) * len(manifest.study["conditions"])
    spent = manifest.stages.get("acquire and embed", 0.0) * int(manifest.machine.get("cores", 1))
    return Assumed(
        fnmr=float(np.median(rates)) if rates else FNMR,
        mated=float(np.median([effect for effect, _ in effects["FNMR"]])) if effects["FNMR"] else None,
        nonmated=float(fmr[0]),
        people=float(fmr[1]),
        source=f"measured in pilot {manifest.run_id}",
        seconds=max(spent / max(images, 1), SECONDS / 10),
        by_threshold=by_threshold,
    )


def _effect(row: RateRow) -> float:
    """Comparisons that make one independent one."""
    return (row.trials or 0) / row.n_eff if row.n_eff else 1.0


def _median_effect(rows: list[RateRow], threshold: str) -> float:
    return float(np.median([_effect(row) for row in rows if (row.metric, row.threshold_name) == ("FMR", threshold)]))
