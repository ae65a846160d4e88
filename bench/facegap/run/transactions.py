"""Transactions as applicants live them: every probe taken again and again, and what each attempt came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from facegap import acquire, pipeline, trials
from facegap.cards import ConditionCard, LivenessCard
from facegap.cards.study import Transactions
from facegap.compare import exact_scores
from facegap.conditions import selfie
from facegap.errors import InputError
from facegap.pipeline import Moments, Progress, Scenes
from facegap.records import NOT_LIVE, Acquisitions, Attempts, Floats, Mask, Rows, Samples, Strings, Templates
from facegap.run.inputs import Inputs
from facegap.run.measure import linear_files, sides

Key = tuple[str, str]


def attempts(
    inputs: Inputs,
    sha256: Strings,
    acquired: Mapping[Key, Acquisitions],
    embedded: Mapping[Key, Templates],
    threads: int,
    progress: Progress,
) -> dict[Key, Attempts]:
    """Attempts by (model, condition); none where the study asks for none, or nobody is known.

    `sha256` are the (n,) digests of the samples' files.

    Raises:
        InputError: `min_quality` names no quality value.
        BackendMissing, ModelRefused, StoreError: as the stages do.
    """
    rules = inputs.study.transactions
    if rules is None or not inputs.dataset.identities:
        return {}
    check_names(rules)
    samples = inputs.loaded.samples
    plan = trials.identification(samples, inputs.study.trials, "closed", 0.5, inputs.study.seed, inputs.left_out)
    reference, probe = plan.gallery[plan.mate], plan.probe
    taken, moments = taken_again(samples, probe, rules)
    files = sha256[np.repeat(probe, len(taken) // max(len(probe), 1))]
    found: dict[Key, Attempts] = {}
    for model in inputs.nets:
        nets = pipeline.open_model(model, inputs.study, threads, inputs.liveness)
        boxes = acquired[model.detector.name, "clean"].box[np.repeat(probe, len(taken) // max(len(probe), 1))]
        scenes = pipeline.scenes(taken, linear_files(inputs), boxes, threads)
        scenes = Scenes(scenes.linear, scenes.sha256, scenes.boxes, moments)
        for condition in _of_probes(inputs.conditions):
            name = model.card.name
            with progress(f"{name}, {condition.name}, attempts", len(taken)) as advance:
                judge = np.ones(len(taken), dtype=bool)
                frames, templates = pipeline.run(nets.under(condition), taken, files, advance, scenes, judge)
            references, _ = sides(embedded, name, condition)
            live = inputs.liveness.card if inputs.liveness is not None else None
            found[name, condition.name] = compared(rules, reference, probe, references, frames, templates, live)
    return found


def check_names(rules: Transactions) -> None:
    """Whether every quality value of `min_quality` is one.

    Raises:
        InputError: it is none, or has another name now.
    """
    for name in rules.min_quality:
        if name in acquire.FORMER_NAMES:
            now = acquire.FORMER_NAMES[name]
            raise InputError(
                f"transactions.min_quality: '{name}' is called '{now}' since 0.2.0: its scale is not OFIQ's"
            )
        if acquire.scalar(name, 0.0) is None:
            known = ", ".join(known for known in acquire.QUALITY_NAMES if acquire.scalar(known, 0.0) is not None)
            raise InputError(f"transactions.min_quality: no quality value '{name}'; there are: {known}")


def _of_probes(cards: tuple[ConditionCard, ...]) -> Iterator[ConditionCard]:
    return (card for card in cards if card.applies_to != "reference")


def taken_again(samples: Samples, probe: Rows, rules: Transactions) -> tuple[Samples, Moments]:
    """Every frame of every attempt of (t,) probes as a sample of its own, named "<id>#a<attempt>f<frame>", in order."""
    count = rules.attempts * (1 + rules.restarts)
    attempt, frame = (axis.ravel() + 1 for axis in np.indices((count, rules.frames)))
    taken = samples.take(np.repeat(probe, len(attempt)))
    attempt, frame = np.tile(attempt, len(probe)), np.tile(frame, len(probe))
    names = [f"{name}#a{a}f{f}" for name, a, f in zip(taken.ids, attempt, frame, strict=True)]
    moments = Moments(taken.ids, attempt, frame, _together(rules))
    named = Samples(
        ids=np.array(names, dtype=np.str_),
        subjects=taken.subjects,
        paths=taken.paths,
        sessions=taken.sessions,
        roles=taken.roles,
        groups=taken.groups,
        root=taken.root,
    )
    return named, moments


def compared(
    rules: Transactions,
    reference: Rows,
    probe: Rows,
    references: Templates,
    frames: Acquisitions,
    made: Templates,
    live: LivenessCard | None = None,
) -> Attempts:
    """What every attempt came to: which frame was used, and its score against the reference.

    Args:
        reference, probe: (t,) rows of the transactions.
        references: templates of the references, by their rows.
        frames: acquisitions of all frames in the order of `taken_again`.
        made: templates of those frames.
        live: by what the frames' scores of liveness are read, where a net gave any.
    """
    per = rules.attempts * (1 + rules.restarts)
    place = np.full(len(frames.outcome), -1)
    place[made.rows] = np.arange(len(made.rows))
    at = {int(row): k for k, row in enumerate(references.rows)}
    value, outcome = _values(rules, frames), _outcomes(rules, frames, place >= 0, live)
    outcomes, scores = [], []
    for attempt, rows in enumerate(np.arange(len(outcome)).reshape(-1, rules.frames)):
        chosen = _chosen(rules, rows, value, outcome)
        reached = max((str(name) for name in outcome[chosen]), key=ORDER.index)
        mine = at.get(int(reference[attempt // per]))
        if reached == "ok" and mine is not None:
            outcomes.append("ok")
            scores.append(_score(references.vectors[mine], made.vectors[place[chosen]], made))
        else:
            outcomes.append("no_reference" if reached == "ok" else reached)
            scores.append(np.nan)
    sent, seconds = _costs(rules, frames)
    return Attempts(
        model=made.model,
        condition=made.condition,
        policy=rules.policy,
        frames=rules.frames,
        per_transaction=per,
        reference=np.repeat(reference, per),
        probe=np.repeat(probe, per),
        outcome=np.array(outcomes, dtype=np.str_),
        score=np.array(scores, dtype=np.float32),
        sent=sent,
        seconds=seconds,
    )


def _together(rules: Transactions) -> int:
    """Frames of an attempt that are sent, as one upload."""
    return 1 if rules.policy == "first" else rules.frames


def _costs(rules: Transactions, frames: Acquisitions) -> tuple[Floats, Floats]:
    """(attempts,) bytes sent, and seconds of recording and sending; NaN where a frame's are not known."""
    used = _together(rules)
    recording = (used - 1) / selfie.FRAMES_PER_SECOND
    sums = []
    for values, more in ((frames.sent, 0.0), (frames.seconds, recording)):
        known = values if values is not None else np.full(len(frames.outcome), np.nan)
        sums.append(np.asarray(known.reshape(-1, rules.frames)[:, :used].sum(axis=1) + more, dtype=np.float32))
    return sums[0], sums[1]


ORDER = (
    "unreadable",
    "no_face",
    "several_faces",
    "too_small",
    "below_quality",
    "not_live",
    "no_template",
    "no_reference",
    "ok",
)
"""How far a frame got, from nowhere to a score."""


def _outcomes(
    rules: Transactions, frames: Acquisitions, has_template: npt.NDArray[np.bool_], live: LivenessCard | None
) -> Strings:
    """(n,) the frames' outcomes, with those below a least quality, those of attempts that are not taken as live, and
    those acquired that have no template.
    """
    outcome = frames.outcome.astype("U16")
    for name, least in rules.min_quality.items():
        scalars = acquire.scalar(name, frames.quality.get(name, np.full(len(outcome), np.nan)))
        assert scalars is not None  # check_names refuses others
        outcome[(outcome == "ok") & ~(scalars >= least)] = "below_quality"
    if live is not None and frames.liveness is not None:
        outcome[(outcome == "ok") & ~_alive(rules, frames.liveness, outcome == "ok", live)] = NOT_LIVE
    outcome[(outcome == "ok") & ~has_template] = "no_template"
    return outcome


def _alive(rules: Transactions, scores: Floats, usable: Mask, live: LivenessCard) -> Mask:
    """(n,) whether the attempt of each frame is taken as live: by its usable frames that are sent.

    A frame without a finite score is live in no way: neither is the mean that it enters.
    """
    shape = -1, rules.frames
    value = scores.astype(np.float64).reshape(shape)
    sent = usable.reshape(shape) & (np.arange(rules.frames) < _together(rules))
    if rules.live_frames == "every":
        alive = (pipeline.is_live(value, live) | ~sent).all(axis=1)
    else:
        mean = np.where(sent, value, 0.0).sum(axis=1) / np.maximum(sent.sum(axis=1), 1)
        alive = pipeline.is_live(mean, live)
    return np.repeat(alive, rules.frames)


def _values(rules: Transactions, frames: Acquisitions) -> npt.NDArray[np.float64]:
    """(n,) what the policy chooses a frame by; higher is better, NaN where nothing was measured."""
    if rules.policy == "sharpest":
        return np.asarray(
            frames.quality.get("LaplacianSharpness", np.full(len(frames.outcome), np.nan)), dtype=np.float64
        )
    known_names = [name for name in frames.quality if name not in acquire.SHAPE_OF_A_FACE]
    scalars = [acquire.scalar(name, frames.quality[name]) for name in known_names]
    known = np.array([values for values in scalars if values is not None])
    if not len(known):
        return np.full(len(frames.outcome), np.nan)
    there = np.isfinite(known)
    total = np.where(there, known, 0).sum(axis=0)
    return np.asarray(np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan))


def _chosen(rules: Transactions, rows: Rows, value: npt.NDArray[np.float64], outcome: Strings) -> Rows:
    """The frames whose template is compared: one, or for "mean-template" all that have one; all where none has."""
    if rules.policy == "first":
        return rows[:1]
    usable = rows[outcome[rows] == "ok"]
    if not len(usable) or rules.policy == "mean-template":
        return usable if len(usable) else rows
    ranked = np.where(np.isnan(value[usable]), -np.inf, value[usable])
    best = int(np.argmax(ranked))
    return np.asarray(usable[best : best + 1])


def _score(reference: Floats, vectors: Floats, made: Templates) -> float:
    """The exact score of the reference against one template, or against the mean of several."""
    if len(vectors) > 1:
        mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)[None]
        vectors = selfie.mean_template(vectors)[None] if made.similarity == "cosine" else mean
    first = np.zeros(1, dtype=np.int64)
    return float(exact_scores(reference[None], vectors, first, first, made.similarity)[0])
