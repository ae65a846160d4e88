"""What a study would measure, take and see, before anything is computed: from its samples' names and labels alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from facegap import datasets, pipeline, store, trials
from facegap.cards import DatasetCard, Study, load_dataset, load_model, load_study
from facegap.cards.study import Synthetic
from facegap.compare.pairs import mated_pairs
from facegap.errors import InputError
from facegap.estimate.planning import design_effect_at, effective_trials, people_for_mated, people_for_nonmated
from facegap.estimate.power import trials_to_see, visible_ratio
from facegap.records import NO_LABEL, Rows, Samples, Trials
from facegap.run.inputs import check_study, draw_subjects, root_of
from facegap.synth import Spec
from facegap.synth.designs import labels, shots

DESIGN_EFFECT = 4.0
"""Assumed for non-mated comparisons where neither a pilot nor a number is given: 2.3 to 7.8 were measured on 250 images
(docs/statistics.md)."""

FNMR = 0.02
SECONDS = 0.03
"""Core-seconds a sample, model and condition: MTCNN with a small net on a laptop's core; large nets: ten times."""

RENDER_SECONDS = (0.03, 0.05)
"""Core-seconds a synthetic picture: its own, and for every 256 x 256 rendered samples (benchmarks/synth_results.md)."""

PAIRS_A_SECOND = 2e7
BYTES_A_COMPARISON = 6
"""Of a kept comparison in a results folder, compressed; 5.2 were measured."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Seen:
    """The smallest ratio to the other groups that a group's test would see, and the people that three ratios take."""

    metric: str
    rate: float
    n_eff: float
    ratio_80: float | None
    ratio_90: float | None
    people_1_5: int | None
    people_2: int | None
    people_3: int | None


@dataclass(frozen=True)
class PlannedGroup:
    """Trials of one group under the clean condition, and what its tests would see."""

    grouping: str
    group: str
    people: int
    samples: int
    mated: int
    nonmated: int
    searches: dict[str, int]
    seen: tuple[Seen, ...]


@dataclass(frozen=True)
class Plan:
    """A study before it runs.

    Attributes:
        comparisons: 1:1 comparisons of one model under one symmetric condition.
        seconds, cache_bytes, results_bytes: estimates, good to a factor of about three.
    """

    study: str
    samples: int
    people: int
    models: int
    conditions: int
    comparisons: int
    seconds: float
    cores: int
    cache_bytes: float
    results_bytes: float
    assumed: Assumed
    groups: tuple[PlannedGroup, ...]


def plan_study(
    name: str,
    root: Path | None = None,
    pilot: Path | None = None,
    design_effect: float | None = None,
    fnmr: float | None = None,
) -> Plan:
    """What the study `name` (or path) would do; no image is read and no model is opened.

    Args:
        pilot: a finished run on similar data: its design effects, FNMR and speed are used.
        design_effect: of the non-mated comparisons within a group, instead.
        fnmr: assumed rate of the other groups, instead.

    Raises:
        FacegapError: as `resolve` does for the study and its data set, or the pilot is no finished run.
    """
    study, file = load_study(name)
    card = load_dataset(study.dataset.card)
    check_study(study, card, file)
    rendering = 0.0
    if study.dataset.synthetic is not None and root is None:
        samples = _to_render(study.dataset.synthetic, card)
        rendering = len(samples) * _render_seconds(study.dataset.synthetic)
    else:
        samples = datasets.load(card, root_of(study, card, file, root)).samples
    samples = draw_subjects(study, samples)
    if not len(samples):
        raise InputError(f"{file}: dataset '{card.name}': no sample is left")
    assumed = _assumed(pilot, design_effect, fnmr)
    rule = trials.verification(samples, study.trials, same_condition=True)
    groups = tuple(
        row for columns in ((), *study.groups) for row in _groups(study, card, samples, rule, columns, assumed)
    )
    everyone = groups[0]
    cores = study.backend.threads or pipeline.cores()
    made = len(study.models) * len(study.conditions)
    comparisons = everyone.mated + everyone.nonmated
    kept = everyone.mated + 1.5 * max(study.thresholds.fmr, default=0.0) * everyone.nonmated
    template = sum(4 * load_model(use.card).dim + 150 for use in study.models) * len(study.conditions)
    return Plan(
        study=study.name,
        samples=len(samples),
        people=everyone.people,
        models=len(study.models),
        conditions=len(study.conditions),
        comparisons=comparisons,
        seconds=(rendering + len(samples) * made * assumed.seconds + comparisons * made / PAIRS_A_SECOND) / cores + 10,
        cores=cores,
        cache_bytes=float(len(samples) * (template + 400 * len(study.conditions))),
        results_bytes=made * kept * BYTES_A_COMPARISON + 3e6,
        assumed=assumed,
        groups=groups,
    )


def _render_seconds(synthetic: Synthetic) -> float:
    own, each = RENDER_SECONDS
    return own + each * (synthetic.size * synthetic.oversample / 256) ** 2


def _to_render(synthetic: Synthetic, card: DatasetCard) -> Samples:
    """The samples that would be rendered, without rendering one."""
    spec = Spec(**synthetic.model_dump())
    taken = [(shot, exposure) for k in range(spec.identities) for shot in shots(spec, k) for exposure in shot.exposures]
    said = [labels(shot) for shot, _ in taken]
    columns = {name: card.columns.get(name, name) for name in card.groups}
    blank = np.full(len(taken), "")
    return Samples(
        ids=np.array([shot.sample(exposure) for shot, exposure in taken]),
        subjects=np.array([shot.subject for shot, _ in taken]),
        paths=blank,
        sessions=blank,
        roles=np.array(["photo" if shot.light == spec.sessions[0] else "selfie" for shot, _ in taken]),
        groups={name: np.array([str(one.get(key, NO_LABEL)) for one in said]) for name, key in columns.items()},
        root=Path(),
    )


def _assumed(pilot: Path | None, design_effect: float | None, fnmr: float | None) -> Assumed:
    for option, value, least, most in (("--design-effect", design_effect, 1, 1e6), ("--fnmr", fnmr, 0, 1)):
        if value is not None and not least <= value < most:
            raise InputError(f"{option}: expected {least:g} or more and below {most:g}, found {value:g}")
    found = Assumed(FNMR, None, DESIGN_EFFECT, None, "assumed: state --design-effect and --fnmr, or give --pilot")
    if pilot is not None:
        found = _measured(pilot)
    stated: dict[str, object] = (
        {"nonmated": design_effect, "people": None, "mated": None, "by_threshold": {}}
        if design_effect is not None
        else {}
    )
    if stated or fnmr is not None:
        source = "stated" if stated and fnmr is not None else f"stated in part; the rest {found.source}"
        values = {**vars(found), **stated, "source": source}
        return Assumed(**(values | ({"fnmr": fnmr} if fnmr is not None else {})))
    return found


def _measured(pilot: Path) -> Assumed:
    """Medians over the pilot's groups of its study's own groupings, under the clean condition."""
    manifest = store.read_json(pilot / "manifest.json")
    table = store.read_table(pilot / "tables" / "rates.csv")
    clean = [row for row in table if row["condition"] == "clean" and row["failures"] == "counted" and row["n_eff"]]
    used = [row for row in clean if row["grouping"] and int(row["errors"]) > 0]
    effects = {
        metric: [
            (int(row["trials"]) / float(row["n_eff"]), int(row["subjects"])) for row in used if row["metric"] == metric
        ]
        for metric in ("FNMR", "FMR")
    }
    if not effects["FMR"]:
        raise InputError(f"{pilot}: no group of this run has false matches, so it says nothing about design effects")
    named = {row["threshold_name"] for row in used if row["metric"] == "FMR"}
    by_threshold = {name: _median_effect(used, name) for name in sorted(named)}
    fmr = np.median(np.array(effects["FMR"]), axis=0)
    rates = [
        float(row["rate"]) for row in clean if not row["grouping"] and row["metric"] == "FNMR" and float(row["rate"])
    ]
    mated = float(np.median([effect for effect, _ in effects["FNMR"]])) if effects["FNMR"] else None
    images = manifest["samples"]["samples"] * len(manifest["study"]["models"]) * len(manifest["study"]["conditions"])
    seconds = (
        manifest["stages"].get("acquire and embed", 0.0) * int(manifest["machine"].get("cores", 1)) / max(images, 1)
    )
    return Assumed(
        *(float(np.median(rates)) if rates else FNMR, mated, float(fmr[0]), float(fmr[1])),
        *(f"measured in pilot {manifest['run_id']}", max(seconds, SECONDS / 10), by_threshold),
    )


def _median_effect(rows: list[dict[str, str]], threshold: str) -> float:
    at = [row for row in rows if (row["metric"], row["threshold_name"]) == ("FMR", threshold)]
    return float(np.median([int(row["trials"]) / float(row["n_eff"]) for row in at]))


def _groups(
    study: Study, card: DatasetCard, samples: Samples, rule: Trials, columns: tuple[str, ...], assumed: Assumed
) -> Iterator[PlannedGroup]:
    names, group = np.unique(samples.grouping(columns), return_inverse=True)
    _, subject = np.unique(samples.subjects, return_inverse=True)
    _, probes = mated_pairs(samples, rule) if card.identities else (None, np.empty(0, np.int64))
    searches = _searches(study, card, samples)
    people = [len(np.unique(subject[group == d])) for d in range(len(names))]
    mated = [np.bincount(subject[probes[group[probes] == d]]) for d in range(len(names))]
    nonmated = [_nonmated(rule, subject, group == d) for d in range(len(names))]
    compared = [
        d for d, name in enumerate(names)
        if columns and people[d] >= study.statistics.min_subjects and NO_LABEL not in str(name).split(", ")
    ]  # fmt: skip
    for d, name in enumerate(names):
        others = [e for e in compared if e != d]
        seen: tuple[Seen, ...] = ()
        if d in compared and others:
            tests = 1 if len(compared) == 2 else len(compared)
            sides = [(people[e], mated[e], nonmated[e]) for e in (d, *others)]
            seen = tuple(_seen(study, assumed, sides, (1 - study.statistics.level) / tests))
        yield PlannedGroup(
            *(", ".join(columns), str(name), people[d], int((group == d).sum()), int(mated[d].sum()), nonmated[d]),
            *({protocol: int((group[rows] == d).sum()) for protocol, rows in searches.items()}, seen),
        )


def _searches(study: Study, card: DatasetCard, samples: Samples) -> dict[str, Rows]:
    rule = study.identification
    if rule is None:
        return {}
    asked = rule.protocols if card.identities else ("open",)
    return {
        protocol: trials.identification(samples, study.trials, protocol, rule.enrolled, study.seed).probe
        for protocol in asked
    }


def _nonmated(rule: Trials, subject: Rows, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Comparisons of different people inside a group, in closed form."""
    n = int(subject.max(initial=0)) + 1
    a, b = (np.bincount(subject[side[inside[side]]], minlength=n) for side in (rule.reference, rule.probe))
    directed = int(a.sum()) * int(b.sum()) - int(a @ b)
    return directed // 2 if rule.symmetric else directed


def _seen(study: Study, assumed: Assumed, sides: list[tuple[int, Rows, int]], alpha: float) -> Iterator[Seen]:
    """FMR at every target and FNMR, of the first side against the others together."""
    people, _, total = sides[0]
    for target in study.thresholds.fmr:
        effects = [_effect(assumed, f"FMR {target:g}", people) for people, _, _ in sides]
        effective = [effective_trials(total, effect) for (_, _, total), effect in zip(sides, effects, strict=True)]
        rest = float(np.sum(effective[1:]))
        if total and rest:
            needed = [
                people_for_nonmated(trials_to_see(target, ratio, 0.8, alpha), total, effects[0], people)
                for ratio in (1.5, 2.0, 3.0)
            ]
            yield _row(f"FMR {target:g}", target, effective[0], rest, alpha, needed)
    balanced = [_balanced(mated, assumed.mated) for _, mated, _ in sides]
    rest = float(np.sum(balanced[1:]))
    if balanced[0] and rest:
        needed = [
            people_for_mated(trials_to_see(assumed.fnmr, ratio, 0.8, alpha), balanced[0], people)
            for ratio in (1.5, 2.0, 3.0)
        ]
        yield _row("FNMR", assumed.fnmr, balanced[0], rest, alpha, needed)


def _effect(assumed: Assumed, threshold: str, people: int) -> float:
    effect = assumed.by_threshold.get(threshold, assumed.nonmated)
    return effect if assumed.people is None else design_effect_at(effect, people / assumed.people)


def _balanced(mated: Rows, effect: float | None) -> float:
    """Effective mated comparisons: by the measured design effect, else as if all of one person agreed."""
    total = int(mated.sum())
    if not total:
        return 0.0
    return total / max(effect, 1.0) if effect is not None else total**2 / float((mated.astype(np.float64) ** 2).sum())


def _row(metric: str, rate: float, n: float, rest: float, alpha: float, needed: list[int | None]) -> Seen:
    at_80, at_90 = (visible_ratio(rate, n, rest, power, alpha) for power in (0.8, 0.9))
    return Seen(metric, rate, n, at_80, at_90, *needed)
