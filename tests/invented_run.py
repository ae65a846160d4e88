"""Writes a results folder of invented numbers, with every table and the awkward cases a report must live through."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from facegap.records import OUTCOMES, RunManifest

HOSTILE = ("<script>alert(1)</script>", "A & \"B\" 'C' $x^2$", "-</svg>\u202eevil", "группа 東京", "unknown")
PLAIN = ("East, female", "East, male", "West, female", "West, male")
TARGETS = {"FMR 0.01": 0.01, "FMR 0.0001": 0.0001}
DET_STEPS = 60

_RATE_END = "errors trials completed failed subjects n_eff rate low high level method note"
_COLUMNS = {
    "acquisition": "detector condition grouping group outcome samples share",
    "quality": "detector condition grouping group quality samples mean p05 p50 p95",
    "thresholds": "model name policy target threshold realised false_matches comparisons note",
    "rates": f"model condition metric failures grouping group threshold_name threshold {_RATE_END}",
    "cross_fmr": "model condition failures grouping reference_group probe_group threshold_name threshold " + _RATE_END,
    "differentials": (
        "model condition metric grouping threshold_name threshold measure value low high null_low null_high "
        "worst best groups left_out note"
    ),
    "identification": (
        "model condition protocol metric failures grouping group gallery_size rank threshold_name threshold "
        + _RATE_END
    ),
    "cmc": "model condition grouping group gallery_size rank hits trials rate rate_optimistic",
    "det": "model condition grouping group threshold fmr fnmr",
    "distributions": "model condition grouping group kind low high count",
    "versus_rest": (
        "model condition metric grouping threshold_name threshold group ratio low high p_holm verdict note"
    ),
    "power": (
        "model condition metric grouping threshold_name threshold group subjects trials n_eff tests ratio_80 ratio_90 "
        "people_1_5 people_2 people_3 sentence note"
    ),
    "at_target_fmr": (
        "model condition metric grouping group target threshold_name threshold threshold_low threshold_high errors "
        "trials subjects rate low high method note"
    ),
    "marginals": (
        "model condition metric grouping threshold_name measure value low high null_low null_high groups left_out note"
    ),
    "policies": (
        "model condition grouping policy target group threshold subjects share_of_people false_matches nonmated fmr "
        "fmr_low fmr_high false_nonmatches mated fnmr fnmr_low fnmr_high share_of_false_matches "
        "share_of_false_nonmatches note"
    ),
    "edc": (
        "model condition quality grouping group threshold_name threshold discard kept errors fnmr discarded_share note"
    ),
    "quality_split": (
        "model condition quality grouping group threshold_name gap gap_low gap_high by_quality by_quality_low "
        "by_quality_high at_same_quality at_same_quality_low at_same_quality_high note"
    ),
    "paired": (
        "model condition grouping group threshold_name comparisons subjects fnmr_clean fnmr change low high "
        "against_others against_others_low against_others_high p_holm verdict visible_80 note"
    ),
    "gallery_model": (
        "model condition grouping group threshold_name threshold gallery_size mix fpir_model fpir_model_low "
        "fpir_model_high fpir_measured fpir_measured_low fpir_measured_high share_of_searches searches_per_day "
        "false_alarms_per_day note"
    ),
    "transactions": (
        "model condition policy frames grouping group attempts stage threshold_name threshold errors trials failed "
        "subjects rate low high note attempt_rate independent correlated"
    ),
    "between_models": (
        "model other_model condition metric grouping group threshold_name comparisons subjects rate other_rate "
        "difference low high only_model only_other p_holm verdict visible_80 note"
    ),
    "homogeneity": (
        "model condition metric grouping threshold_name groups people p_chi_square p_permutation left_out note"
    ),
    "differentials_at_target": "model condition metric grouping threshold_name measure value low high note",
    "target_measures": (
        "model condition metric grouping threshold_name measure value low high null_low null_high groups left_out note"
    ),
    "extrapolated": (
        "model condition grouping group target tail comparisons own_threshold own_threshold_low own_threshold_high "
        "shared_threshold fmr fmr_low fmr_high label note"
    ),
}
FURTHER = (
    *("versus_rest", "power", "at_target_fmr", "marginals", "policies"),
    *("edc", "quality_split", "paired", "gallery_model", "transactions", "between_models", "extrapolated"),
    *("homogeneity", "differentials_at_target", "target_measures"),
)
HEADERS = {name: columns.split() for name, columns in _COLUMNS.items()}


@dataclass(frozen=True)
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
    rng = np.random.default_rng(5)
    tables = folder / "tables"
    tables.mkdir(parents=True)
    rows: dict[str, list[Sequence[object]]] = {name: [] for name in HEADERS}
    for condition in plan.conditions:
        _acquisition(rows, plan, condition, rng)
    for model in plan.models:
        for name, target in TARGETS.items():
            matches = round(target * plan.impostors * 10)
            rows["thresholds"].append(
                (
                    model,
                    name,
                    "highest FMR <= target over all non-mated comparisons",
                    target,
                    _score(target),
                    target,
                    matches,
                    plan.impostors * 10,
                    "",
                )
            )
        rows["thresholds"].append((model, "vendor", "the vendor's own threshold", "", 0.4, "", "", "", ""))
        for condition in plan.conditions:
            _one(rows, plan, model, condition, rng)
            _further(rows, plan, model, condition)
    for name, table in rows.items():
        if name in ("identification", "cmc") and not plan.identification:
            continue
        if name in FURTHER and not plan.further:
            continue
        with (tables / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADERS[name])
            writer.writerows(table)
    (folder / "manifest.json").write_text(json.dumps(asdict(_manifest(plan))), encoding="utf-8")
    return folder


def _score(fmr: float) -> float:
    return round(0.25 + 0.1 * NormalDist().inv_cdf(1 - fmr), 6)


def wilson(errors: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval."""
    z = NormalDist().inv_cdf(0.975)
    p = errors / trials
    centre, half = p + z * z / (2 * trials), z * np.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2))
    scale = 1 + z * z / trials
    return max(0.0, float((centre - half) / scale)), min(1.0, float((centre + half) / scale))


def _rate_end(errors: int, trials: int, failed: int, subjects: int) -> tuple[object, ...]:
    if trials == 0:
        return (errors, 0, 0, failed, subjects, "", "", "", "", 0.95, "wilson_n_eff", "no comparisons")
    low, high = wilson(errors, trials)
    end = (trials / 2, errors / trials, low, high, 0.95, "wilson_n_eff", "")
    return (errors, trials, trials - failed, failed, subjects, *end)


def _everyone(plan: Plan) -> Iterable[tuple[str, str, float]]:
    yield "", "everyone", 1.0
    for k, group in enumerate(plan.groups):
        yield "region, gender", group, 0.4 + 0.5 * k
    if all(", " in group for group in plan.groups):
        for k, gender in enumerate(("female", "male")):
            yield "gender", gender, 1.2 - 0.4 * k


def _acquisition(rows: dict[str, list[Sequence[object]]], plan: Plan, condition: str, rng: np.random.Generator) -> None:
    harm = 1 + 2 * plan.conditions.index(condition)
    for grouping, group, factor in _everyone(plan):
        n = 400 if not grouping else 100
        missed = 0 if plan.zero_errors else int(rng.binomial(n, min(0.5, 0.01 * factor * harm)))
        for outcome in OUTCOMES:
            count = {"ok": n - missed, "no_face": missed}.get(outcome, 0)
            rows["acquisition"].append(("mtcnn", condition, grouping, group, outcome, count, count / n))
        for quality in ("Sharpness", "InterEyeDistance"):
            rows["quality"].append(("mtcnn", condition, grouping, group, quality, n, 50.0, 30.0, 51.0, 70.5))


def _one(
    rows: dict[str, list[Sequence[object]]], plan: Plan, model: str, condition: str, rng: np.random.Generator
) -> None:
    harm = 1 + 2 * plan.conditions.index(condition) + 0.5 * plan.models.index(model)
    thresholds = {name: (_score(target), target) for name, target in TARGETS.items()} | {"vendor": (0.4, 0.07)}
    for grouping, group, factor in _everyone(plan):
        subjects = 8 if group == plan.groups[-1] else 120
        key = (model, condition)
        fta = 0 if plan.zero_errors else int(rng.binomial(100, min(0.5, 0.01 * factor * harm)))
        rows["rates"].append((*key, "FTA", "counted", grouping, group, "none", "", *_rate_end(fta, 100, fta, subjects)))
        for name, (threshold, target) in thresholds.items():
            _rates(rows, plan, (*key, grouping, group, name, threshold, target), factor * harm, subjects, rng)
        _curves(rows, plan, (model, condition, grouping, group), factor * harm, rng)
    for name, (threshold, target) in thresholds.items():
        _cross(rows, plan, (model, condition), name, threshold, target, rng)
        for metric, measure in itertools.product(("FMR", "FNMR"), ("max-min", "max/min", "gini")):
            value: tuple[object, ...] = (2.5, 1.6, 4.0, 1.0, 1.9, plan.groups[-1], plan.groups[0])
            if measure == "max-min":
                value = (0.0123, *value[1:])
            if metric == "FNMR" and not plan.mated:
                value = ("", "", "", "", "", "", "")
            rows["differentials"].append(
                (model, condition, metric, "region, gender", name, threshold, measure, *value, len(plan.groups), "", "")
            )


def _rates(
    rows: dict[str, list[Sequence[object]]],
    plan: Plan,
    key: tuple[str, str, str, str, str, float, float],
    factor: float,
    subjects: int,
    rng: np.random.Generator,
) -> None:
    model, condition, grouping, group, name, threshold, target = key
    for failures in ("counted", "excluded"):
        failed = 0 if plan.zero_errors else round(6 * factor)
        trials = (plan.trials - (failed if failures == "excluded" else 0)) if plan.mated else 0
        errors = (
            0 if plan.zero_errors or not plan.mated else int(rng.binomial(trials - failed, min(0.4, 0.02 * factor)))
        )
        errors += failed if failures == "counted" and plan.mated else 0
        end = _rate_end(errors, trials, failed if failures == "counted" else 0, subjects)
        rows["rates"].append((model, condition, "FNMR", failures, grouping, group, name, threshold, *end))
        false = 0 if plan.zero_errors else int(rng.binomial(plan.impostors, min(0.5, target * factor)))
        end = _rate_end(false, plan.impostors, 30, subjects)
        rows["rates"].append((model, condition, "FMR", failures, grouping, group, name, threshold, *end))
    if not plan.identification:
        return
    for protocol, metric, rank in (
        ("closed", "FNIR", "1"),
        ("closed", "FNIR", "N"),
        ("open", "FNIR", "N"),
        ("open", "FPIR", ""),
    ):
        errors = 0 if plan.zero_errors else int(rng.binomial(150, min(0.5, 0.03 * factor)))
        searched = 0 if rank == "1" and not plan.mated else 150
        head = (model, condition, protocol, metric, "counted", grouping, group, 200, rank)
        at = ("none", "") if rank == "1" else (name.replace("FMR", "FPIR"), threshold)
        rows["identification"].append((*head, *at, *_rate_end(errors, searched, 2, subjects)))


def _curves(
    rows: dict[str, list[Sequence[object]]],
    plan: Plan,
    key: tuple[str, str, str, str],
    factor: float,
    rng: np.random.Generator,
) -> None:
    normal = NormalDist()
    for threshold in np.linspace(0.1, 0.9, DET_STEPS):
        fmr = 1 - normal.cdf((threshold - 0.25 - 0.02 * factor) / 0.1)
        fnmr = normal.cdf((threshold - 0.75 + 0.02 * factor) / 0.12)
        floor = 1 / plan.impostors
        rows["det"].append((*key, round(float(threshold), 4), fmr if fmr > floor else 0.0, fnmr if plan.mated else ""))
    for kind, centre, n in (("nonmated", 0.25 + 0.02 * factor, 20_000), ("mated", 0.75 - 0.02 * factor, plan.trials)):
        if kind == "mated" and not plan.mated:
            continue
        counts, edges = np.histogram(rng.normal(centre, 0.1, n), bins=np.linspace(-1, 1, 101))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
            if count:
                rows["distributions"].append((*key, kind, round(float(low), 4), round(float(high), 4), int(count)))
    if plan.identification and plan.mated:
        for rank in (1, 2, 5, 10, 20, 50):
            hits = round(150 * (1 - 0.05 * factor / rank))
            rows["cmc"].append((*key, 200, rank, hits, 150, hits / 150, hits / 150))


def _further(rows: dict[str, list[Sequence[object]]], plan: Plan, model: str, condition: str) -> None:
    """Rows of the tables that a run may lack; the second group differs, the last one is suppressed where asked for."""
    names = ("everyone", *plan.groups)
    same = (model, condition, "FMR", "region, gender")
    rows["homogeneity"].append((*same, "FMR 0.0001", len(plan.groups), 240, 0.0031, 0.002, "", ""))
    rows["differentials_at_target"].append((*same, "FMR 0.0001", "max/min", 3.2, 1.9, "", "set again"))
    mape = ("FMR 0.0001", "MAPE", 61.0, 22.0, 140.0, 3.0, 44.0, len(plan.groups), "", "per cent of the target")
    rows["target_measures"].append((*same, *mape))
    for k, group in enumerate(names):
        grouping = "region, gender" if k else ""
        key = (model, condition, grouping, group)
        hidden = plan.suppressed and group == plan.groups[-1]
        for other in plan.models[plan.models.index(model) + 1 :]:
            seen = (600, 120, 0.05, 0.09, -0.04, -0.06, -0.02, 4, 28, 0.004, "differs", 0.03)
            if k == 1:
                seen = (600, 120, 0.05, 0.0492, 0.0008, "", "", 2, 1, 1, "not shown to differ", 0.04)
            rows["between_models"].append((model, other, condition, "FNMR", grouping, group, "FMR 0.0001", *seen, ""))
        if plan.mated:
            _further_mated(rows, plan, key, k, hidden)
            _gallery(rows, key, k)
        if plan.extrapolated:
            values = (0.71, 0.68, 0.79, 0.7, 1.4e-7, "", 3.1e-6) if k else [""] * 7
            note = "the interval has no lower end within reach" if k else "40000 comparisons resolve FMR 1e-06"
            rows["extrapolated"].append((*key, 1e-6, 300, 40_000, *values, "extrapolation, not a measurement", note))
        rows["at_target_fmr"].append(
            (
                *key[:2],
                "FMR",
                *key[2:],
                0.0001,
                "FMR 0.0001",
                0.62,
                0.6,
                0.64,
                9,
                4000,
                120,
                0.00225,
                0.001,
                0.004,
                "b",
                "",
            )
        )
        if not k:
            ratio = ("FMR", "region, gender", "FMR 0.0001", "same group / anyone", 3.25, 2.0, 5.5, "", "", 4, "", "")
            rows["marginals"].append((*key[:2], *ratio))
            continue
        for metric, (name, target) in itertools.product(("FMR", "FNMR", "FNIR", "FPIR"), TARGETS.items()):
            of_searches = metric in ("FNIR", "FPIR")
            if of_searches and not plan.identification:
                continue
            name = name.replace("FMR", "FPIR") if of_searches else name
            test = (model, condition, metric, grouping, name, _score(target), group)
            note = "suppressed: fewer than 10 people"
            if hidden:
                rows["versus_rest"].append((*test, "", "", "", "", "", note))
                rows["power"].append((*test, *[""] * 10, note))
                continue
            seen = (2.5, 1.4, 4.5, 0.004, "differs") if k == 2 else (1.2, 0.7, 2.0, 0.4, "not shown to differ")
            rows["versus_rest"].append((*test, *seen, ""))
            rows["power"].append(
                (*test, 120, 600, 300.0, 4, 2.74, 3.1, 500, 250, 90, "this test would have seen a ratio of 2.7", "")
            )


def _gallery(rows: dict[str, list[Sequence[object]]], key: tuple[str, str, str, str], k: int) -> None:
    for size, measured in ((200, (0.02 * k, 0.01 * k, 0.05 + 0.02 * k)), (100_000, ("", "", ""))):
        for mix in ("as in this run", "groups of equal size"):
            model_ = (0.03, 0.01, 0.06) if size == 200 else (0.9, 0.7, 1.0)
            rows["gallery_model"].append(
                (*key[:2], "region, gender", key[3], "FMR 0.0001", 0.62, size, mix, *model_, *measured, 0.25, 1000,
                 1000 * model_[0], "")
            )  # fmt: skip


def _further_mated(
    rows: dict[str, list[Sequence[object]]], plan: Plan, key: tuple[str, str, str, str], k: int, hidden: bool
) -> None:
    model, condition, grouping, group = key
    for policy, factor in (("pooled", 1.0), ("worst group", 0.4), ("set by " + plan.groups[0], 0.8), ("vendor", 5.0)):
        target, fmr, fnmr = ("" if policy == "vendor" else 0.0001), 0.0002 * k * factor, 0.02 * k / factor**0.3
        end = (8, 40_000, fmr, fmr / 2, 2 * fmr, 30, 600, fnmr, fnmr / 2, 2 * fnmr, 0.3, 0.2, "")
        if grouping:
            blank = (*[""] * 15, "suppressed: fewer than 10 people")
            cells = blank if hidden else (0.5, 120, 0.25, *end)
            rows["policies"].append((model, condition, grouping, policy, target, group, *cells))
    for quality, share in itertools.product(("Sharpness", "DynamicRange"), (0.0, 0.1, 0.2, 0.5)):
        error = 0.0 if plan.zero_errors else 0.05 * (1 - share) * (0.5 if quality == "Sharpness" else 1)
        cells = (share, 500, 20, error, share * (k or 2) / 2, "")
        rows["edc"].append((model, condition, quality, grouping, group, "FMR 0.0001", 0.62, *cells))
    gap = (0.05, 0.01, 0.09, 0.03, 0.0, 0.06, 0.02, -0.01, 0.05, "")
    rows["quality_split"].append((model, condition, "Sharpness", grouping, group, "FMR 0.0001", *gap))
    if condition != plan.conditions[0]:
        against = (0.08, 0.02, 0.14, 0.01, "changes otherwise", 0.09) if k == 2 else [""] * 6
        change = (600, 120, 0.02, 0.12, 0.1, 0.06, 0.14, *against, "")
        rows["paired"].append((model, condition, grouping, group, "FMR 0.0001", *change))
    for attempts, stage in itertools.product((1, 2, 3), ("turned away", "no_match")):
        errors = 0 if plan.zero_errors else (30 if condition == plan.conditions[0] else 60) // attempts
        low, high = wilson(errors, 120)
        end = (errors, 120, 0, 120, errors / 120, low, high, "", 0.5, 0.5**attempts, 0.4)
        rows["transactions"].append(
            (model, condition, "sharpest", 2, grouping, group, attempts, stage, "FMR 0.0001", 0.62, *end)
        )


def _cross(
    rows: dict[str, list[Sequence[object]]],
    plan: Plan,
    key: tuple[str, str],
    name: str,
    threshold: float,
    target: float,
    rng: np.random.Generator,
) -> None:
    for (i, one), (j, other) in itertools.product(enumerate(plan.groups), repeat=2):
        near = 10 if i == j else 2 if i // 2 == j // 2 else 0.3
        errors = 0 if plan.zero_errors else int(rng.binomial(4000, min(0.5, target * near)))
        end = _rate_end(errors, 4000, 10, 8 if i == len(plan.groups) - 1 else 120)
        rows["cross_fmr"].append((*key, "counted", "region, gender", one, other, name, threshold, *end))


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
        findings=[{"level": "warning", "rule": "half-labelled", "message": "2 samples of 'Jane_Doe' without a label"}],
        stages={"acquire": 12.5, "embed": 30.25},
    )
