"""Writes a results folder of invented numbers, with every table and the awkward cases a report must live through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from facegap import store
from facegap.records import OUTCOMES, Finding, RunManifest
from facegap.schema import (
    ROWS,
    AcquisitionRow,
    AtTargetRow,
    AtTargetSummaryRow,
    BetweenRow,
    CmcRow,
    CommonMarginRow,
    CrossRow,
    DetRow,
    DifferentialRow,
    DistributionRow,
    EdcRow,
    ExtrapolatedRow,
    GalleryRow,
    HomogeneityRow,
    IdentificationRow,
    MarginalRow,
    PairedRow,
    PolicyRow,
    PowerRow,
    QualityRow,
    RateRow,
    ReferenceRow,
    RelativeRow,
    Row,
    ShrunkenRow,
    SplitRow,
    TargetMeasureRow,
    ThresholdRow,
    ThroughputRow,
    TransactionRow,
    VersusRow,
)

HOSTILE = ("<script>alert(1)</script>", "A & \"B\" 'C' $x^2$", "-</svg>\u202eevil", "группа 東京", "unknown")
PLAIN = ("East, female", "East, male", "West, female", "West, male")
GROUPING = "region, gender"
TARGETS = {"FMR 0.01": 0.01, "FMR 0.0001": 0.0001}
MAIN = "FMR 0.0001"
DET_STEPS = 60
REMARK = Finding(
    level="warning",
    rule="half-labelled",
    message="one person has samples with and without a label",
    examples=("Jane_Doe", "Conan O'Brien"),
    advice="label all of them",
    count=3,
)
SUPPRESSED = "suppressed: fewer than 10 people"

SEARCHED = (IdentificationRow, CmcRow)
FIRST = (QualityRow, *SEARCHED)
"""Tables that the first runs had, where their studies asked for them, beside those of every run."""

Key = dict[str, Any]
"""Cells that say what a row is about."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the invented run holds."""

    models: tuple[str, ...] = ("resnet",)
    conditions: tuple[str, ...] = ("clean",)
    groups: tuple[str, ...] = PLAIN
    identification: bool = True
    mated: bool = True
    zero_errors: bool = False
    further: bool = True
    extrapolated: bool = False
    suppressed: bool = False
    trials: int = 600
    impostors: int = 40_000
    banners: tuple[str, ...] = ("Synthetic heads: says nothing about a real deployment.",)


def write_run(folder: Path, plan: Plan = Plan()) -> Path:
    """Write the run's manifest and tables into `folder`."""
    rows = list(_rows(plan, np.random.default_rng(5)))
    for row_class in ROWS.values():
        if _holds(plan, row_class):
            store.write_rows(folder, row_class, [row for row in rows if type(row) is row_class])
    store.write_manifest(folder, _manifest(plan))
    return folder


def _holds(plan: Plan, row_class: type[Row]) -> bool:
    if row_class in SEARCHED:
        return plan.identification
    # The page does not read shrunken cells.
    return row_class.always or row_class in FIRST or (plan.further and row_class is not ShrunkenRow)


def _rows(plan: Plan, rng: np.random.Generator) -> Iterator[Row]:
    for condition in plan.conditions:
        yield from _acquisition(plan, condition, rng)
    for model in plan.models:
        yield from _thresholds(plan, model)
        for condition in plan.conditions:
            yield from _one(plan, model, condition, rng)
            yield from _further(plan, model, condition)


def _thresholds(plan: Plan, model: str) -> Iterator[ThresholdRow]:
    for name, target in TARGETS.items():
        yield ThresholdRow(
            model=model,
            name=name,
            policy="highest FMR <= target over all non-mated comparisons",
            target=target,
            threshold=_score(target),
            realised=target,
            false_matches=round(target * plan.impostors * 10),
            comparisons=plan.impostors * 10,
        )
    yield ThresholdRow(model=model, name="vendor", policy="the vendor's own threshold", threshold=0.4)


def _score(fmr: float) -> float:
    return round(0.25 + 0.1 * NormalDist().inv_cdf(1 - fmr), 6)


def wilson(errors: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval."""
    z = NormalDist().inv_cdf(0.975)
    p = errors / trials
    centre, half = p + z * z / (2 * trials), z * np.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2))
    scale = 1 + z * z / trials
    return max(0.0, float((centre - half) / scale)), min(1.0, float((centre + half) / scale))


def _rate_cells(errors: int, trials: int, failed: int, subjects: int) -> dict[str, Any]:
    counts = {"errors": errors, "trials": trials, "failed": failed, "subjects": subjects}
    method = {"level": 0.95, "method": "wilson_n_eff"}
    if trials == 0:
        return {**counts, **method, "completed": 0, "note": "no comparisons"}
    low, high = wilson(errors, trials)
    rate = {"n_eff": trials / 2, "rate": errors / trials, "low": low, "high": high}
    people = {"by_people": errors / trials, "by_people_low": low, "by_people_high": high}
    return {**counts, **method, **rate, **people, "completed": trials - failed}


def _everyone(plan: Plan) -> Iterator[tuple[str, str, float]]:
    yield "", "everyone", 1.0
    for k, group in enumerate(plan.groups):
        yield GROUPING, group, 0.4 + 0.5 * k
    if all(", " in group for group in plan.groups):
        for k, gender in enumerate(("female", "male")):
            yield "gender", gender, 1.2 - 0.4 * k


def _acquisition(plan: Plan, condition: str, rng: np.random.Generator) -> Iterator[Row]:
    harm = 1 + 2 * plan.conditions.index(condition)
    for grouping, group, factor in _everyone(plan):
        key: Key = {"detector": "mtcnn", "condition": condition, "grouping": grouping, "group": group}
        n = 400 if not grouping else 100
        missed = 0 if plan.zero_errors else int(rng.binomial(n, min(0.5, 0.01 * factor * harm)))
        for outcome in OUTCOMES:
            count = {"ok": n - missed, "no_face": missed}.get(outcome, 0)
            yield AcquisitionRow(**key, outcome=outcome, samples=count, share=count / n)
        for quality in ("LaplacianSharpness", "InterEyeDistance"):
            yield QualityRow(**key, quality=quality, samples=n, mean=50.0, p05=30.0, p50=51.0, p95=70.5)


def _one(plan: Plan, model: str, condition: str, rng: np.random.Generator) -> Iterator[Row]:
    harm = 1 + 2 * plan.conditions.index(condition) + 0.5 * plan.models.index(model)
    thresholds = {name: (_score(target), target) for name, target in TARGETS.items()} | {"vendor": (0.4, 0.07)}
    for grouping, group, factor in _everyone(plan):
        subjects = 8 if group == plan.groups[-1] else 120
        key: Key = {"model": model, "condition": condition, "grouping": grouping, "group": group}
        fta = 0 if plan.zero_errors else int(rng.binomial(100, min(0.5, 0.01 * factor * harm)))
        cells = _rate_cells(fta, 100, fta, subjects)
        yield RateRow(**key, metric="FTA", failures="counted", threshold_name="none", **cells)
        for name, (threshold, target) in thresholds.items():
            at = {**key, "threshold_name": name, "threshold": threshold}
            yield from _rates(plan, at, target, factor * harm, subjects, rng)
            if plan.identification:
                yield from _searches(plan, at, factor * harm, subjects, rng)
        yield from _curves(plan, key, factor * harm, rng)
    for name, (threshold, target) in thresholds.items():
        at = {"model": model, "condition": condition, "grouping": GROUPING}
        at |= {"threshold_name": name, "threshold": threshold}
        yield from _cross(plan, at, target, rng)
        yield from _differentials(plan, at)


def _differentials(plan: Plan, at: Key) -> Iterator[DifferentialRow]:
    for metric, measure in itertools.product(("FMR", "FNMR"), ("max-min", "max/min", "gini")):
        value = 0.0123 if measure == "max-min" else 2.5
        ends = {"low": 1.6, "high": 4.0, "null_low": 1.0, "null_high": 1.9}
        cells: dict[str, Any] = {"value": value, **ends, "worst": plan.groups[-1], "best": plan.groups[0]}
        if metric == "FNMR" and not plan.mated:
            cells = {}
        yield DifferentialRow(**at, metric=metric, measure=measure, **cells, groups=len(plan.groups))


def _rates(
    plan: Plan, at: Key, target: float, factor: float, subjects: int, rng: np.random.Generator
) -> Iterator[RateRow]:
    for failures in ("counted", "excluded"):
        failed = 0 if plan.zero_errors else round(6 * factor)
        trials = (plan.trials - (failed if failures == "excluded" else 0)) if plan.mated else 0
        errors = (
            0 if plan.zero_errors or not plan.mated else int(rng.binomial(trials - failed, min(0.4, 0.02 * factor)))
        )
        errors += failed if failures == "counted" and plan.mated else 0
        cells = _rate_cells(errors, trials, failed if failures == "counted" else 0, subjects)
        yield RateRow(**at, metric="FNMR", failures=failures, **cells)
        false = 0 if plan.zero_errors else int(rng.binomial(plan.impostors, min(0.5, target * factor)))
        yield RateRow(**at, metric="FMR", failures=failures, **_rate_cells(false, plan.impostors, 30, subjects))


def _searches(
    plan: Plan, at: Key, factor: float, subjects: int, rng: np.random.Generator
) -> Iterator[IdentificationRow]:
    for protocol, metric, rank in (
        ("closed", "FNIR", "1"),
        ("closed", "FNIR", "N"),
        ("open", "FNIR", "N"),
        ("open", "FPIR", ""),
    ):
        errors = 0 if plan.zero_errors else int(rng.binomial(150, min(0.5, 0.03 * factor)))
        searched = 0 if rank == "1" and not plan.mated else 150
        key = {**at, "threshold_name": at["threshold_name"].replace("FMR", "FPIR")}
        if rank == "1":
            key |= {"threshold_name": "none", "threshold": None}
        yield IdentificationRow(
            **key,
            protocol=protocol,
            metric=metric,
            failures="counted",
            gallery_size=200,
            rank=rank,
            **_rate_cells(errors, searched, 2, subjects),
        )


def _curves(plan: Plan, key: Key, factor: float, rng: np.random.Generator) -> Iterator[Row]:
    normal = NormalDist()
    for threshold in np.linspace(0.1, 0.9, DET_STEPS):
        fmr = 1 - normal.cdf((threshold - 0.25 - 0.02 * factor) / 0.1)
        fnmr = normal.cdf((threshold - 0.75 + 0.02 * factor) / 0.12)
        floor = 1 / plan.impostors
        yield DetRow(
            **key,
            threshold=round(float(threshold), 4),
            fmr=fmr if fmr > floor else 0.0,
            fnmr=fnmr if plan.mated else None,
        )
    for kind, centre, n in (("nonmated", 0.25 + 0.02 * factor, 20_000), ("mated", 0.75 - 0.02 * factor, plan.trials)):
        if kind == "mated" and not plan.mated:
            continue
        counts, edges = np.histogram(rng.normal(centre, 0.1, n), bins=np.linspace(-1, 1, 101))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
            if count:
                ends: dict[str, Any] = {"low": round(float(low), 4), "high": round(float(high), 4)}
                yield DistributionRow(**key, kind=kind, **ends, count=int(count))
    if plan.identification and plan.mated:
        for rank in (1, 2, 5, 10, 20, 50):
            hits = round(150 * (1 - 0.05 * factor / rank))
            rates: dict[str, Any] = {"rate": hits / 150, "rate_optimistic": hits / 150}
            yield CmcRow(**key, gallery_size=200, rank=rank, hits=hits, trials=150, **rates)


def _further(plan: Plan, model: str, condition: str) -> Iterator[Row]:
    """Rows of the tables that a run may lack; the second group differs, the last one is suppressed where asked for."""
    here: Key = {"model": model, "condition": condition}
    yield from _over_groups(plan, here)
    for k, group in enumerate(("everyone", *plan.groups)):
        key = {**here, "grouping": GROUPING if k else "", "group": group}
        hidden = plan.suppressed and group == plan.groups[-1]
        yield from _between(plan, key, k)
        if plan.mated:
            yield from _further_mated(plan, key, k, hidden)
            yield from _gallery(here, group, k)
        if plan.extrapolated:
            yield _extrapolated(key, k)
        yield _at_target(key)
        if k:
            yield from _tests(plan, key, k, hidden)
        if k > 1:
            yield from _against_the_first(plan, key, k, hidden)
        if k == 0:
            yield _relatives(key)


def _against_the_first(plan: Plan, key: Key, k: int, hidden: bool) -> Iterator[ReferenceRow]:
    at: Key = {**key, "metric": "FNMR", "threshold_name": MAIN, "threshold": 0.62, "reference": plan.groups[0]}
    differs: dict[str, Any] = {"ratio": 2.5, "low": 1.4, "high": 4.5, "p_holm": 0.004, "verdict": "differs"}
    alike: dict[str, Any] = {"ratio": 1.2, "low": 0.7, "high": 2.0, "p_holm": 0.4, "verdict": "not shown to differ"}
    if hidden:
        yield ReferenceRow(**at, note=SUPPRESSED)
    else:
        yield ReferenceRow(**at, subjects=120, ratio_80=2.3, **(differs if k == 2 else alike))


def _relatives(key: Key) -> RelativeRow:
    of_kin: dict[str, Any] = {"families": 40, "people": 80, "errors": 64, "trials": 320, "rate": 0.2}
    others: dict[str, Any] = {"stranger_errors": 8, "stranger_trials": 80_000, "stranger_rate": 0.0001}
    ratio: dict[str, Any] = {"ratio": 2000.0, "ratio_low": 800.0, "ratio_high": 5000.0}
    return RelativeRow(**key, relation="twin of", threshold_name=MAIN, threshold=0.62, **of_kin, **others, **ratio)


def _over_groups(plan: Plan, here: Key) -> Iterator[Row]:
    """One row for all groups together."""
    key = {**here, "metric": "FMR", "grouping": GROUPING, "threshold_name": MAIN}
    yield HomogeneityRow(
        **key,
        groups=len(plan.groups),
        people=240,
        p_chi_square=0.0031,
        p_permutation=0.002,
    )
    yield CommonMarginRow(**key, groups=len(plan.groups), p=0.004, margin=0.0123)
    yield AtTargetSummaryRow(**key, measure="max/min", value=3.2, low=1.9, note="set again")
    yield TargetMeasureRow(
        **key,
        measure="MAPE",
        value=61.0,
        low=22.0,
        high=140.0,
        null_low=3.0,
        null_high=44.0,
        groups=len(plan.groups),
        note="per cent of the target",
    )
    yield MarginalRow(**key, measure="same group / anyone", value=3.25, low=2.0, high=5.5, groups=4)


def _between(plan: Plan, key: Key, k: int) -> Iterator[BetweenRow]:
    differs: dict[str, Any] = {"rate": 0.05, "other_rate": 0.09, "difference": -0.04, "low": -0.06, "high": -0.02}
    differs |= {"only_model": 4, "only_other": 28, "p_holm": 0.004, "verdict": "differs", "visible_80": 0.03}
    alike: dict[str, Any] = {"rate": 0.05, "other_rate": 0.0492, "difference": 0.0008, "only_model": 2, "only_other": 1}
    alike |= {"p_holm": 1.0, "verdict": "not shown to differ", "visible_80": 0.04}
    for other in plan.models[plan.models.index(key["model"]) + 1 :]:
        yield BetweenRow(
            **key,
            other_model=other,
            metric="FNMR",
            threshold_name=MAIN,
            comparisons=600,
            subjects=120,
            **(alike if k == 1 else differs),
        )


def _extrapolated(key: Key, k: int) -> ExtrapolatedRow:
    own: dict[str, Any] = {"own_threshold": 0.71, "own_threshold_low": 0.68, "own_threshold_high": 0.79}
    rate: dict[str, Any] = {"shared_threshold": 0.7, "fmr": 1.4e-7, "fmr_high": 3.1e-6}
    return ExtrapolatedRow(
        **key,
        target=1e-6,
        tail=300,
        comparisons=40_000,
        **({**own, **rate} if k else {}),
        label="extrapolation, not a measurement",
        note="the interval has no lower end within reach" if k else "40000 comparisons resolve FMR 1e-06",
    )


def _at_target(key: Key) -> AtTargetRow:
    return AtTargetRow(
        **key,
        metric="FMR",
        target=0.0001,
        threshold_name=MAIN,
        threshold=0.62,
        threshold_low=0.6,
        threshold_high=0.64,
        errors=9,
        trials=4000,
        subjects=120,
        rate=0.00225,
        low=0.001,
        high=0.004,
        method="b",
    )


def _tests(plan: Plan, key: Key, k: int, hidden: bool) -> Iterator[Row]:
    """A group against the others, and what that test sees."""
    differs: dict[str, Any] = {"ratio": 2.5, "low": 1.4, "high": 4.5, "p_holm": 0.004, "verdict": "differs"}
    alike: dict[str, Any] = {"ratio": 1.2, "low": 0.7, "high": 2.0, "p_holm": 0.4, "verdict": "not shown to differ"}
    for metric, (name, target) in itertools.product(("FMR", "FNMR", "FNIR", "FPIR"), TARGETS.items()):
        of_searches = metric in ("FNIR", "FPIR")
        if of_searches and not plan.identification:
            continue
        at: Key = {"threshold_name": name.replace("FMR", "FPIR") if of_searches else name, "threshold": _score(target)}
        if hidden:
            yield VersusRow(**key, metric=metric, **at, note=SUPPRESSED)
            yield PowerRow(**key, metric=metric, **at, note=SUPPRESSED)
            continue
        yield VersusRow(**key, metric=metric, **at, **(differs if k == 2 else alike))
        yield PowerRow(
            **key,
            metric=metric,
            **at,
            subjects=120,
            trials=600,
            n_eff=300.0,
            tests=4,
            ratio_80=2.74,
            ratio_90=3.1,
            people_1_5=500,
            people_2=250,
            people_3=90,
            sentence="this test would have seen a ratio of 2.7",
        )


def _gallery(here: Key, group: str, k: int) -> Iterator[GalleryRow]:
    low, value, high = 0.01 * k, 0.02 * k, 0.05 + 0.02 * k
    measured: dict[str, Any] = {"fpir_measured": value, "fpir_measured_low": low, "fpir_measured_high": high}
    for size, beside in ((200, measured), (100_000, {})):
        for mix in ("as in this run", "groups of equal size"):
            value, low, high = (0.03, 0.01, 0.06) if size == 200 else (0.9, 0.7, 1.0)
            yield GalleryRow(
                **here,
                grouping=GROUPING,
                group=group,
                threshold_name=MAIN,
                threshold=0.62,
                gallery_size=size,
                mix=mix,
                fpir_model=value,
                fpir_model_low=low,
                fpir_model_high=high,
                **beside,
                share_of_searches=0.25,
                searches_per_day=1000,
                false_alarms_per_day=1000 * value,
            )


def _further_mated(plan: Plan, key: Key, k: int, hidden: bool) -> Iterator[Row]:
    if k:
        yield from _policies(plan, key, k, hidden)
    yield from _causes(plan, key, k)
    yield from _transactions(plan, key)


def _policies(plan: Plan, key: Key, k: int, hidden: bool) -> Iterator[PolicyRow]:
    for policy, factor in (("pooled", 1.0), ("worst group", 0.4), ("set by " + plan.groups[0], 0.8), ("vendor", 5.0)):
        target = None if policy == "vendor" else 0.0001
        if hidden:
            yield PolicyRow(**key, policy=policy, target=target, note=SUPPRESSED)
            continue
        fmr, fnmr = 0.0002 * k * factor, 0.02 * k / factor**0.3
        yield PolicyRow(
            **key,
            policy=policy,
            target=target,
            threshold=0.5,
            subjects=120,
            share_of_people=0.25,
            false_matches=8,
            nonmated=40_000,
            fmr=fmr,
            fmr_low=fmr / 2,
            fmr_high=2 * fmr,
            false_nonmatches=30,
            mated=600,
            fnmr=fnmr,
            fnmr_low=fnmr / 2,
            fnmr_high=2 * fnmr,
            share_of_false_matches=0.3,
            share_of_false_nonmatches=0.2,
        )


def _causes(plan: Plan, key: Key, k: int) -> Iterator[Row]:
    at = {**key, "threshold_name": MAIN}
    for quality, share in itertools.product(("LaplacianSharpness", "DynamicRange"), (0.0, 0.1, 0.2, 0.5)):
        fnmr = 0.0 if plan.zero_errors else 0.05 * (1 - share) * (0.5 if quality == "LaplacianSharpness" else 1)
        here: dict[str, Any] = {"quality": quality, "threshold": 0.62, "discard": share}
        yield EdcRow(**at, **here, kept=500, errors=20, fnmr=fnmr, discarded_share=share * (k or 2) / 2)
    yield SplitRow(
        **at,
        quality="LaplacianSharpness",
        gap=0.05,
        gap_low=0.01,
        gap_high=0.09,
        by_quality=0.03,
        by_quality_low=0.0,
        by_quality_high=0.06,
        at_same_quality=0.02,
        at_same_quality_low=-0.01,
        at_same_quality_high=0.05,
    )
    if key["condition"] != plan.conditions[0]:
        against: dict[str, Any] = {"against_others": 0.08, "against_others_low": 0.02, "against_others_high": 0.14}
        against |= {"p_holm": 0.01, "verdict": "changes otherwise", "visible_80": 0.09}
        change: dict[str, Any] = {"fnmr_clean": 0.02, "fnmr": 0.12, "change": 0.1, "low": 0.06, "high": 0.14}
        yield PairedRow(**at, comparisons=600, subjects=120, **change, **(against if k == 2 else {}))


def _transactions(plan: Plan, key: Key) -> Iterator[TransactionRow | ThroughputRow]:
    yield ThroughputRow(
        **key,
        policy="sharpest",
        frames=2,
        attempts=3,
        threshold_name=MAIN,
        threshold=0.62,
        transactions=120,
        accepted=100,
        subjects=120,
        seconds_per_transaction=41.5,
        per_hour=72.3,
        low=60.1,
        high=87.0,
    )
    for attempts, stage in itertools.product((1, 2, 3), ("turned away", "no_match")):
        errors = 0 if plan.zero_errors else (30 if key["condition"] == plan.conditions[0] else 60) // attempts
        low, high = wilson(errors, 120)
        yield TransactionRow(
            **key,
            policy="sharpest",
            frames=2,
            attempts=attempts,
            stage=stage,
            threshold_name=MAIN,
            threshold=0.62,
            errors=errors,
            trials=120,
            failed=0,
            subjects=120,
            rate=errors / 120,
            low=low,
            high=high,
            attempt_rate=0.5,
            independent=0.5**attempts,
            correlated=0.4,
        )


def _cross(plan: Plan, at: Key, target: float, rng: np.random.Generator) -> Iterator[CrossRow]:
    for (i, one), (j, other) in itertools.product(enumerate(plan.groups), repeat=2):
        near = 10 if i == j else 2 if i // 2 == j // 2 else 0.3
        errors = 0 if plan.zero_errors else int(rng.binomial(4000, min(0.5, target * near)))
        cells = _rate_cells(errors, 4000, 10, 8 if i == len(plan.groups) - 1 else 120)
        yield CrossRow(**at, failures="counted", reference_group=one, probe_group=other, **cells)


def _manifest(plan: Plan) -> RunManifest:
    return RunManifest(
        schema="facegap-run-1",
        run_id="fake-20260101T120000Z-0a1b2c3d",
        status="complete",
        study={
            "name": "fake",
            "title": "An invented study <b>",
            "seed": 7,
            "dataset": {"card": "heads", "root": "/home/someone/secret"},
            "models": [{"card": model, "detector": "mtcnn"} for model in plan.models],
            "conditions": list(plan.conditions),
            "groups": [["region", "gender"], ["gender"]],
            "statistics": {"level": 0.95, "min_subjects": 10, "suppress_below": 10 if plan.suppressed else 0},
        },
        config_text='name = "fake"\n[dataset]\ncard = "heads"\nroot = "/home/someone/secret"\n',
        dataset={
            "name": "heads",
            "title": "Invented heads",
            "version": "1",
            "licence": "CC0-1.0",
            "terms": "none <i>",
            "status": "synthetic",
            "citation": "Nobody, 2026",
            "groups": {"gender": {"label_source": "generated"}, "region": {"label_source": "generated"}},
        },
        models=[
            {
                "name": model,
                "version": "2",
                "licence": "MIT",
                "sha256": "ab" * 32,
                "preprocess": {"size": [112, 112], "colour": "RGB", "mean": [127.5, 127.5, 127.5]},
                "claims": [{"text": "99.8 % on LFW", "source": "https://example.org/paper"}],
                "sanity": [{"level": "info", "rule": "self-match", "message": "score of an image with itself: 1.000"}],
            }
            for model in plan.models
        ],
        conditions=[
            {
                "name": name,
                "title": f"As {name} makes it",
                "source": "assumed, typical",
                "applies_to": "probe",
                "steps": [],
            }
            for name in plan.conditions
        ],
        given_thresholds=[],
        provider_asked="cpu",
        provider_actual="CPUExecutionProvider",
        versions={"facegap": "0.1", "numpy": "2.4"},
        machine={"system": "Linux", "cpu": "invented"},
        commit="0123456789abcdef",
        dirty=True,
        started="2026-01-01T12:00:00Z",
        finished="2026-01-01T12:03:00Z",
        banners=list(plan.banners),
        samples={"listed": 410, "used": 400, "refused": 10},
        refused={"unreadable: not an image": 4, "no label <x>": 6},
        findings=[REMARK.kept()],
        stages={"acquire": 12.5, "embed": 30.25},
    )
