"""The measuring part of a run: templates, comparisons and searches of every model under every condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from facegap import pipeline, search, synth, trials
from facegap.cards import ConditionCard
from facegap.compare import Engine, TailRule, compare, exact_scores
from facegap.errors import ModelRefused
from facegap.evidence import Evidence
from facegap.pipeline import Progress
from facegap.records import Acquisitions, Comparisons, Floats, Searches, Strings, Templates, Trials
from facegap.run.inputs import Inputs
from facegap.run.outside import GivenScores, symmetric_under
from facegap.tables.workbench import at_target_fmrs

Key = tuple[str, str]
"""Model, or detector, and condition."""

CHANCE_AUC = 0.7
"""A recogniser that puts a mated above a non-mated score less often is wired up wrongly; the poorest real one that the
maintainers measured is above 0.95."""


@dataclass(frozen=True)
class Ran:
    """How the nets ran: on which provider, and model -> why it was given one picture at a time, "" where it was not.

    The provider is "" where no net ran.
    """

    provider: str
    notes: Mapping[str, str]


def templates(
    inputs: Inputs, sha256: Strings, threads: int, progress: Progress
) -> tuple[dict[tuple[str, str], Acquisitions], dict[tuple[str, str], Templates], Ran]:
    """Acquisitions by (detector, condition), templates by (model, condition), and how the nets ran.

    `sha256` are the (n,) digests of the samples' files.

    Raises:
        BackendMissing, ModelRefused, StoreError: as the stages do.
    """
    study, samples = inputs.study, inputs.loaded.samples
    acquired: dict[tuple[str, str], Acquisitions] = {}
    embedded: dict[tuple[str, str], Templates] = {}
    provider, notes = "", {}
    judge = samples.roles == study.trials.probe_role if inputs.liveness is not None else None
    for model in inputs.nets:
        nets = pipeline.open_model(model, study, threads, inputs.liveness)
        provider, notes[model.card.name] = nets.recogniser.provider, nets.note
        scenes = None
        for condition in sorted(inputs.conditions, key=lambda card: card.name != "clean"):
            with progress(f"{model.card.name}, {condition.name}", len(samples)) as advance:
                acquisitions, made = pipeline.run(nets.under(condition), samples, sha256, advance, scenes, judge)
            _refuse_without_templates(made, acquisitions, nets.note)
            acquisitions, made = _of_the_living(inputs, acquisitions, made)
            if condition.name == "clean":
                # Cameras that meter the face are told of the one that is found in the picture as it is.
                scenes = pipeline.scenes(samples, linear_files(inputs), acquisitions.box, threads)
            acquired[model.detector.name, condition.name] = acquisitions
            embedded[model.card.name, condition.name] = made
    names = [card.name for card in inputs.conditions]
    detectors = dict.fromkeys(model.detector.name for model in inputs.nets)
    return (
        {
            (detector, name): _beside(acquired[detector, name], inputs.standard)
            for detector in detectors
            for name in names
        },
        {(model.card.name, name): embedded[model.card.name, name] for model in inputs.nets for name in names},
        Ran(provider, notes),
    )


def _beside(acquisitions: Acquisitions, standard: Mapping[str, Floats]) -> Acquisitions:
    """With OFIQ's values beside ours, where the pictures are as they are and a face was acquired."""
    if acquisitions.condition != "clean" or not standard:
        return acquisitions
    values = {name: np.where(acquisitions.ok, one, np.float32(np.nan)) for name, one in standard.items()}
    return replace(acquisitions, quality={**acquisitions.quality, **values})


def _of_the_living(inputs: Inputs, found: Acquisitions, made: Templates) -> tuple[Acquisitions, Templates]:
    """The acquisitions with those refused that the net of liveness does not take as live, and the others' templates."""
    if inputs.liveness is None:
        return found, made
    after = pipeline.refused(found, inputs.liveness.card)
    keep = after.ok[made.rows]
    return after, replace(made, rows=made.rows[keep], vectors=made.vectors[keep])


def linear_files(inputs: Inputs) -> dict[str, str]:
    """Picture -> its true linear light, where the study's data set was rendered with it."""
    rendering = inputs.study.dataset.synthetic
    return synth.linear_files(inputs.loaded.samples.root) if rendering is not None and rendering.linear else {}


def _refuse_without_templates(made: Templates, acquisitions: Acquisitions, note: str) -> None:
    """Stop where the net gives no template, or the same one for every picture.

    Raises:
        ModelRefused: it does.
    """
    if made.condition != "clean":
        return
    if not len(made.rows):
        why = _why_none(acquisitions, note)
        raise ModelRefused(f"{made.model}: not one of {len(acquisitions.outcome)} samples gave a template; {why}")
    different = len(np.unique(acquisitions.sha256[made.rows])) > 1
    if different and float(np.abs(made.vectors - made.vectors[0]).max()) <= 1e-6 * float(np.abs(made.vectors).max()):
        raise ModelRefused(f"{made.model}: the net gives every face the same template")


def _why_none(acquisitions: Acquisitions, note: str) -> str:
    reasons = [str(reason) for reason in acquisitions.reason if reason]
    if not acquisitions.ok.any():
        return f"the first reason: {reasons[0]}" if reasons else "nothing was acquired"
    outputs = (
        f"{acquisitions.ok.sum()} were acquired: are they crops of the size that the card says? are the net's outputs "
        "finite and of a length? `facegap models check` says"
    )
    return f"{note}; {outputs}" if note else outputs


@dataclass(frozen=True, eq=False)
class Scored:
    """Where the scores of every (model, condition) come from: its templates, or scores that arrived."""

    templates: Mapping[Key, Templates]
    scores: Mapping[Key, GivenScores]


def comparisons(
    inputs: Inputs, evidence: Evidence, scored: Scored, threads: int, engine: Engine, progress: Progress
) -> dict[tuple[str, str], Comparisons]:
    """All 1:1 comparisons by (model, condition).

    Thresholds are set where the study says; every other condition's tail then reaches down to them.

    Raises:
        ModelRefused: a model is near chance.
    """
    study = inputs.study
    found: dict[tuple[str, str], Comparisons] = {}
    order = sorted(inputs.conditions, key=lambda card: card.name != study.thresholds.condition)
    with progress("compare", len(inputs.models) * len(order)) as advance:
        for card in (model.card for model in inputs.models):
            floor = _lowest(evidence, card.name)
            advice = _ADVICE[card.kind].format(model=card.name)
            for condition in order:
                key = (card.name, condition.name)
                found[key] = _compare(inputs, scored, key, condition, floor, threads, engine)
                if condition.name == "clean":
                    refuse_near_chance(found[key], advice)
                if condition.name == study.thresholds.condition:
                    set_here = at_target_fmrs(_with(evidence, found), card.name)
                    # Where the thresholds were set the tail reaches deeper, to where they might have lain as well.
                    floor = min([floor, found[key].floor, *(threshold.value for threshold in set_here)])
                advance(1)
    wanted = [(model.card.name, condition.name) for model in inputs.models for condition in inputs.conditions]
    return {key: found[key] for key in wanted}


def _with(evidence: Evidence, found: Mapping[tuple[str, str], Comparisons]) -> Evidence:
    return replace(evidence, comparisons=found)


def _lowest(evidence: Evidence, model: str) -> float:
    """The lowest threshold that is known before anything is compared."""
    known = [threshold.value for threshold in evidence.given if threshold.model == model]
    if evidence.study.thresholds.vendor and model in evidence.vendor:
        known.append(evidence.vendor[model])
    return min(known, default=np.inf)


def _compare(
    inputs: Inputs, scored: Scored, key: Key, condition: ConditionCard, floor: float, threads: int, engine: Engine
) -> Comparisons:
    # By their own names: opaque ones would sort, and so draw, otherwise on every machine.
    study, samples = inputs.study, inputs.loaded.samples
    plan = _plan(inputs, symmetric_under(condition))
    cells = tuple(dict.fromkeys(column for columns in study.groups for column in columns))
    group = samples.grouping(study.groups[0]) if study.thresholds.impostors == "same-group" else None
    given = scored.scores.get(key)
    if given is not None:
        rule = TailRule(_share(inputs, given.completed), floor, group)
        return given.compare(samples, plan, cells, rule, inputs.left_out, threads)
    reference, probe = sides(scored.templates, key[0], condition)
    there = [
        np.isin(*side).mean() for side in ((plan.reference, reference.rows), (plan.probe, probe.rows)) if len(side[0])
    ]
    completed = float(np.prod(there))
    rule = TailRule(_share(inputs, completed), floor, group)
    return compare(samples, plan, reference, probe, cells, rule, engine)


def _share(inputs: Inputs, completed: float) -> float:
    """The share of the impostors that the tail holds.

    Failed comparisons count in the denominator of the FMR, so that it must reach a little deeper.
    """
    return min(1.0, max(inputs.study.thresholds.fmr, default=0.0) / max(min(completed, 1.0), 1e-9))


def _plan(inputs: Inputs, same_condition: bool) -> Trials:
    if inputs.listed is None:
        return trials.verification(inputs.loaded.samples, inputs.study.trials, same_condition, inputs.left_out)
    return inputs.listed if inputs.left_out is None else trials.without(inputs.listed, inputs.left_out)


def sides(
    embedded: Mapping[tuple[str, str], Templates], model: str, condition: ConditionCard
) -> tuple[Templates, Templates]:
    """Reference and probe templates: the condition's own where it applies, the clean ones elsewhere."""
    own = embedded[model, condition.name]
    clean = embedded[model, "clean"]
    return (
        own if condition.applies_to in ("reference", "both") else clean,
        own if condition.applies_to in ("probe", "both") else clean,
    )


_ADVICE = {
    "recogniser": "`facegap models check {model}` tries colour order, scale and alignment",
    "templates": "is every vector that of the sample beside it, and is the similarity the one that the card says?",
    "scores": "does every score stand with its own pair, and is the direction the one that the card says?",
}
"""Kind of card -> what to look at where a model is near chance."""


def refuse_near_chance(found: Comparisons, advice: str) -> None:
    """Stop when mated scores are hardly above non-mated ones: a report on such a model would mislead.

    Raises:
        ModelRefused: the area under the curve is below `CHANCE_AUC`.
    """
    mated = found.mated.score[~np.isnan(found.mated.score)]
    nonmated = found.pooled
    if len(mated) < 20 or not nonmated.any():
        return
    counts = np.histogram(mated, found.edges)[0]
    below = np.cumsum(nonmated) - nonmated / 2
    auc = float((counts * below).sum() / (counts.sum() * nonmated.sum()))
    if auc < CHANCE_AUC:
        raise ModelRefused(
            f"{found.model}: near chance: a mated score is above a non-mated one in {auc:.1%} of the cases, expected "
            f"{CHANCE_AUC:.0%} or more; {advice}"
        )


def searches(inputs: Inputs, scored: Scored, threads: int, progress: Progress) -> dict[tuple[str, str, str], Searches]:
    """All 1:n searches by (model, condition, protocol); protocols without a search are left out.

    Scores of a list hold no searches.
    """
    study = inputs.study
    if study.identification is None:
        return {}
    found: dict[tuple[str, str, str], Searches] = {}
    asked = study.identification.protocols if inputs.dataset.identities else ("open",)
    with progress("search", len(inputs.models) * len(inputs.conditions) * len(asked)) as advance:
        for protocol in asked:
            plan = trials.identification(
                inputs.loaded.samples,
                study.trials,
                protocol,
                study.identification.enrolled,
                study.seed,
                inputs.left_out,
            )
            for card in (model.card for model in inputs.models):
                for condition in inputs.conditions:
                    made = _search(scored, plan, card.name, condition, threads)
                    if made is not None:
                        found[card.name, condition.name, protocol] = made
                    advance(1)
    order = [(model.card.name, condition.name) for model in inputs.models for condition in inputs.conditions]
    return {(*key, protocol): found[*key, protocol] for key in order for protocol in asked if (*key, protocol) in found}


def _search(
    scored: Scored, plan: trials.SearchTrials, model: str, condition: ConditionCard, threads: int
) -> Searches | None:
    if not (len(plan.probe) and len(plan.gallery)):
        return None
    given = scored.scores.get((model, condition.name))
    if given is not None:
        return given.search(plan) if given.searched(plan.protocol) else None
    reference, probe = sides(scored.templates, model, condition)
    return search.search(plan.protocol, plan.gallery, plan.probe, plan.mate, reference, probe, exact_scores, threads)
