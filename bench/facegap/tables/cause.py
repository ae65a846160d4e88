"""Tables of causes: error against discard, the gap split into quality and the rest, and paired changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.estimate.bootstrap import percentiles
from facegap.estimate.cause import (
    Change,
    Term,
    by_person,
    change,
    change_interval,
    interaction,
    logistic,
    split,
    strata,
)
from facegap.estimate.multiplicity import holm
from facegap.estimate.power import visible_difference
from facegap.estimate.rates import z_value
from facegap.records import NO_LABEL, Comparisons, Rows, Strings, Threshold
from facegap.tables.at_target import people_draws
from facegap.tables.evidence import Evidence
from facegap.tables.thresholds import for_model

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

DISCARDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
_KEYS = ("model", "condition", "grouping", "group", "threshold_name", "threshold")
EDC_COLUMNS = (
    *("model", "condition", "quality", "grouping", "group", "threshold_name", "threshold", "discard"),
    *("kept", "errors", "fnmr", "discarded_share", "note"),
)
SPLIT_COLUMNS = (
    *("model", "condition", "quality", "grouping", "group", "threshold_name", "threshold"),
    *("gap", "gap_low", "gap_high", "by_quality", "by_quality_low", "by_quality_high"),
    *("at_same_quality", "at_same_quality_low", "at_same_quality_high", "level"),
    *("odds_ratio", "odds_ratio_low", "odds_ratio_high", "odds_p", "quality_odds_ratio", "interaction_p", "note"),
)
PAIRED_COLUMNS = (
    *(*_KEYS, "comparisons", "subjects", "fnmr_clean", "fnmr", "change", "low", "high", "level"),
    *("against_others", "against_others_low", "against_others_high", "p", "p_holm", "verdict"),
    *("visible_80", "note"),
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class _Mated(NamedTuple):
    """Mated comparisons of one run of a model: errors at one threshold, failed ones counted, people, groups."""

    error: Flags
    completed: Flags
    person: Rows
    group: Strings
    people: int


def _mated(evidence: Evidence, comparisons: Comparisons, columns: tuple[str, ...], threshold: float) -> _Mated:
    mated = comparisons.mated
    subject = evidence.samples.people()
    matched = mated.score.astype(np.float64) >= threshold
    group = evidence.samples.grouping(columns)[mated.probe]
    return _Mated(~matched, ~np.isnan(mated.score), subject[mated.probe], group, int(subject.max(initial=-1)) + 1)


def _qualities(evidence: Evidence, comparisons: Comparisons) -> dict[str, Floats]:
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


def _each(
    evidence: Evidence, thresholds: tuple[Threshold, ...]
) -> Iterator[tuple[Comparisons, tuple[str, ...], Threshold]]:
    for comparisons in evidence.comparisons.values():
        if evidence.identities and len(comparisons.mated):
            for columns in evidence.groupings:
                for threshold in for_model(thresholds, comparisons):
                    yield comparisons, columns, threshold


def _key(comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold, group: str) -> dict[str, Any]:
    return {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "group": group,
        "threshold_name": threshold.name,
        "threshold": threshold.value,
    }


def edc_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """FNMR of each group after the worst share of all mated comparisons is discarded, and how much of each group goes.

    Comparisons without a face have no quality; they are discarded first. Equal ones go in a seeded random order, so
    that no group's place in the data set decides.
    """
    for comparisons, columns, threshold in _each(evidence, thresholds):
        mated = _mated(evidence, comparisons, columns, threshold.value)
        for quality, values in _qualities(evidence, comparisons).items():
            if quality not in HIGHER_IS_BETTER:
                continue
            goodness = np.nan_to_num(values if HIGHER_IS_BETTER[quality] else -values, nan=-np.inf)
            tie = np.random.default_rng(evidence.study.seed).permutation(len(goodness))
            place = np.empty(len(goodness), dtype=np.int64)
            place[np.lexsort((tie, goodness))] = np.arange(len(goodness))
            for name in np.unique(mated.group):
                mine = mated.group == name
                for share in DISCARDS:
                    kept = mine & (place >= int(share * len(goodness)))
                    count, errors = int(kept.sum()), int((kept & mated.error).sum())
                    yield {
                        **_key(comparisons, columns, threshold, str(name)),
                        "quality": quality,
                        "discard": share,
                        "kept": count,
                        "errors": errors,
                        "fnmr": errors / count if count else None,
                        "discarded_share": 1 - count / int(mine.sum()),
                        "note": "" if count else "no comparison of this group is left",
                    }


def split_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """Each group's FNMR less the others', split by quality, and the logistic model of the same comparisons."""
    for comparisons, columns, threshold in _each(evidence, thresholds):
        mated = _mated(evidence, comparisons, columns, threshold.value)
        names = [str(name) for name in _entering(evidence, mated)] if columns else []
        for quality, values in _qualities(evidence, comparisons).items() if len(names) > 1 else ():
            stratum = strata(values)
            labelled = np.isin(mated.group, names)
            for name in names:
                mine = mated.group == name
                yield {
                    **_key(comparisons, columns, threshold, name),
                    "quality": quality,
                    **_split_cells(evidence, mated, stratum, mine, labelled & ~mine),
                    **_logistic_cells(evidence, mated, values, mine, labelled),
                }


def _entering(evidence: Evidence, mated: _Mated) -> list[str]:
    """Groups with a label and enough people."""
    least = evidence.study.statistics.min_subjects
    return [
        str(name)
        for name in np.unique(mated.group)
        if NO_LABEL not in str(name).split(", ") and len(np.unique(mated.person[mated.group == name])) >= least
    ]


def _split_cells(evidence: Evidence, mated: _Mated, stratum: Rows, mine: Flags, others: Flags) -> dict[str, Any]:
    weights = people_draws(evidence).weights.astype(np.float64)
    level = evidence.study.statistics.level
    sums = [
        by_person(mated.person[side], stratum[side], values[side].astype(np.float64), mated.people)
        for side in (mine, others)
        for values in (mated.error, np.ones(len(mine)))
    ]
    value = split(*(side.sum(axis=1) for side in sums))
    drawn = split(*(side @ weights for side in sums))
    cells: dict[str, Any] = {"level": level}
    for name, one, draws in zip(("gap", "by_quality", "at_same_quality"), value, drawn, strict=True):
        low, high = percentiles(draws, level) or (None, None)
        cells |= {name: float(one), f"{name}_low": low, f"{name}_high": high}
    return cells


def _logistic_cells(evidence: Evidence, mated: _Mated, values: Floats, mine: Flags, labelled: Flags) -> dict[str, Any]:
    """Odds of an error in the group against the others at mean quality, and whether quality acts otherwise on it."""
    used = labelled & mated.completed & np.isfinite(values)
    z = values[used] - values[used].mean() if used.any() else values[used]
    spread = float(z.std()) if used.any() else 0.0
    note = "no logistic model: too few errors or people, or separated groups"
    if spread == 0 or min(int(mated.error[used & side].sum()) for side in (mine, ~mine)) < 5:
        return {"note": note}
    member = mine[used].astype(np.float64)
    design = np.column_stack([member, z / spread, member * z / spread])
    terms = logistic(design, ["group", "quality", "group x quality"], mated.error[used], mated.person[used])
    if terms is None:
        return {"note": note}
    by_name = {term.name: term for term in terms}
    low, high = _odds(by_name["group"], evidence.study.statistics.level)
    return {
        "odds_ratio": float(np.exp(by_name["group"].value)),
        "odds_ratio_low": low,
        "odds_ratio_high": high,
        "odds_p": by_name["group"].p,
        "quality_odds_ratio": float(np.exp(by_name["quality"].value)),
        "interaction_p": by_name["group x quality"].p,
    }


def _odds(term: Term, level: float) -> tuple[float, float]:
    half = z_value(level) * term.error
    return float(np.exp(term.value - half)), float(np.exp(term.value + half))


def paired_rows(evidence: Evidence, thresholds: tuple[Threshold, ...]) -> Iterator[dict[str, Any]]:
    """The same mated comparisons under clean and under another condition: change of the FNMR by group."""
    for comparisons, columns, threshold in _each(evidence, thresholds):
        clean = evidence.comparisons.get((comparisons.model, "clean"))
        if clean is None or comparisons.condition == "clean":
            continue
        here = _mated(evidence, comparisons, columns, threshold.value)
        before, paired = _before(clean, comparisons, threshold.value)
        difference = here.error.astype(np.float64) - before
        found: dict[str, Change | None] = {}
        rows: dict[str, dict[str, Any]] = {}
        for name in np.unique(here.group):
            mine = paired & (here.group == name)
            found[str(name)] = change(here.person[mine], difference[mine])
            rows[str(name)] = {
                **_key(comparisons, columns, threshold, str(name)),
                **_change_cells(found[str(name)], evidence.study.statistics.level),
                "fnmr_clean": float(before[mine].mean()) if mine.any() else None,
                "fnmr": float(here.error[mine].mean()) if mine.any() else None,
            }
        others = _against_others(evidence, here, difference, paired, found) if columns else {}
        yield from ({**row, **others.get(name, {})} for name, row in rows.items())


def _before(clean: Comparisons, here: Comparisons, threshold: float) -> tuple[Floats, Flags]:
    """Errors of the same comparisons under clean, and which of them are there."""

    def keys(comparisons: Comparisons) -> Rows:
        a, b = comparisons.mated.reference, comparisons.mated.probe
        low, high = (np.minimum(a, b), np.maximum(a, b)) if clean.trials.symmetric else (a, b)
        return np.asarray(low * (int(max(a.max(initial=0), b.max(initial=0))) + 1 + 2**20) + high)

    there, wanted = keys(clean), keys(here)
    order = np.argsort(there)
    place = np.minimum(np.searchsorted(there[order], wanted), len(there) - 1)
    paired = there[order][place] == wanted
    error = ~(clean.mated.score.astype(np.float64) >= threshold)
    return error[order][place].astype(np.float64), np.asarray(paired)


def _change_cells(found: Change | None, level: float) -> dict[str, Any]:
    if found is None:
        return {"level": level, "note": "fewer than two people"}
    low, high = (min(max(end, -1.0), 1.0) for end in change_interval(found, level))
    note = "no comparison changed: the interval says nothing" if found.variance == 0 else ""
    return {
        "comparisons": found.comparisons,
        "subjects": found.people,
        "change": found.mean,
        "low": low if found.variance else None,
        "high": high if found.variance else None,
        "level": level,
        "note": note,
    }


def _against_others(
    evidence: Evidence, here: _Mated, difference: Floats, paired: Flags, found: dict[str, Change | None]
) -> dict[str, dict[str, Any]]:
    """Whether the condition harms a group more than the others, adjusted over the groups by Holm."""
    level = evidence.study.statistics.level
    names = [name for name in _entering(evidence, here) if found[name] is not None]
    tested = {}
    for name in names if len(names) > 1 else ():
        rest = paired & np.isin(here.group, [other for other in names if other != name])
        mine, others = found[name], change(here.person[rest], difference[rest])
        one = interaction(mine, others, level) if mine is not None and others is not None else None
        if one is not None:
            tested[name] = one
    p_values = [one.p for one in tested.values()]
    adjusted = p_values if len(p_values) == 2 else holm(p_values)
    tests = 1 if len(p_values) == 2 else max(len(p_values), 1)
    return {
        name: {
            "against_others": one.value,
            "against_others_low": one.low,
            "against_others_high": one.high,
            "p": one.p,
            "p_holm": p,
            "visible_80": visible_difference(one.error, one.freedom, 0.8, (1 - level) / tests),
            "verdict": "changes otherwise" if p < 1 - level else "not shown to change otherwise",
        }
        for (name, one), p in zip(tested.items(), adjusted, strict=True)
    }
