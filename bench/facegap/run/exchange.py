"""What a study asks of somebody else: its comparisons under opaque ids, and the pictures as they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegap import acquire, conditions, datasets, outside, pipeline, store, synth, trials, weights
from facegap.cards import ConditionCard, DatasetCard, Study, card_path, load_dataset, load_detector, load_study
from facegap.datasets.asked import check_study, drawn, root_of
from facegap.datasets.copies import find_copies
from facegap.errors import InputError, MissingError
from facegap.outside import Asked, Picture, Protocol
from facegap.outside.protocol import CLEAN
from facegap.pipeline import Progress, Scenes
from facegap.records import Finding, Floats, Mask, Samples, Trials
from facegap.run.inputs import Inputs, conditions_of, showing


@dataclass(frozen=True, eq=False, kw_only=True)
class Wanted:
    """A study's comparisons, with what making its pictures takes.

    Attributes:
        card: of the data set.
        left_out: samples that enter no comparison, since their picture is there more than once.
        findings: of the data set and its list.
        threads: that work at once.
    """

    asked: Asked
    study: Study
    card: DatasetCard
    left_out: int
    findings: Sequence[Finding]
    threads: int


def asked_of(name: str, root: Path | None, progress: Progress) -> Wanted:
    """What the study `name` (or path) asks to be compared: what a run of it compares; no model is needed.

    Raises:
        CardError, DatasetError, DatasetMissing, InputError: the first thing that is wrong.
    """
    study, file = load_study(name)
    card = load_dataset(study.dataset.card)
    study = showing(study, card)
    check_study(study, card, file)
    cards = conditions_of(study)
    if study.transactions is not None:
        raise InputError(f"{file}: transactions: attempts depend on what a system accepts; leave them out")
    rendering = study.dataset.synthetic
    folder = (
        pipeline.rendered(rendering, study.backend.threads, progress)
        if root is None and rendering is not None
        else root_of(study, card, file, root)
    )
    loaded = datasets.load(card, folder)
    samples = drawn(study, loaded.samples)
    if not len(samples):
        raise InputError(f"{file}: dataset '{card.name}': no sample is left; run `facegap datasets check` on it")
    pairs = datasets.asked_pairs(study.trials, file, card, None if rendering is not None else folder, samples)
    if pairs is not None and pairs.pools is not None:
        raise InputError(
            f"{file}: trials: templates of several pictures are not exported; a laboratory that pools its own gives "
            "them under the ids of the templates (a card of kind templates)"
        )
    threads = study.backend.threads if study.backend.threads is not None else pipeline.cores()
    looks = pipeline.look(samples, threads, progress)
    copies = find_copies(samples, looks, card.identities, study.trials.reference_role)
    out = copies.left_out if copies.left_out.any() else None
    asked = Asked(
        study=outside.study_digest(study, card, cards),
        samples=samples,
        ids=outside.ids_of(samples, store.local_secret()),
        trials=_trials(file, study, samples, pairs, out),
        searches=search_plans(study, card, samples, out),
        conditions=cards,
    )
    findings = (*loaded.findings, *(pairs.findings if pairs is not None else ()))
    return Wanted(
        asked=asked,
        study=study,
        card=card,
        left_out=int(copies.left_out.sum()),
        findings=findings,
        threads=threads,
    )


def check_protocols(inputs: Inputs, secret: bytes) -> None:
    """That what others were asked to score is what the study compares now, as far as they sent the record of it back.

    Raises:
        InputError: it is not.
    """
    records = [model.protocol for model in inputs.outside if model.protocol is not None]
    if not records:
        return
    study, samples, out = inputs.study, inputs.loaded.samples, inputs.left_out
    plan = trials.verification(samples, study.trials, True, out) if inputs.listed is None else inputs.listed
    asked = Asked(
        study=outside.study_digest(study, inputs.dataset, inputs.conditions),
        samples=samples,
        ids=outside.ids_of(samples, secret),
        trials=plan if out is None else trials.without(plan, out),
        searches=search_plans(study, inputs.dataset, samples, out),
        conditions=inputs.conditions,
    )
    for record in records:
        outside.check_protocol(record.path, asked)


def _trials(file: Path, study: Study, samples: Samples, pairs: datasets.Pairs | None, out: Mask | None) -> Trials:
    if pairs is None:
        found: Trials = trials.verification(samples, study.trials, True, out)
    else:
        found = pairs.trials() if out is None else trials.without(pairs.trials(), out)
    if not len(found.reference) or not len(found.probe):
        raise InputError(f"{file}: trials: no comparison is left; run `facegap datasets check` on the data set")
    return found


def search_plans(
    study: Study, card: DatasetCard, samples: Samples, out: Mask | None
) -> tuple[trials.SearchTrials, ...]:
    """The 1:n protocols of the study, as far as there is somebody who searches and somebody enrolled.

    `out` are the (n,) samples that are in none, since they are copies of others; None: none.
    """
    rule = study.identification
    if rule is None:
        return ()
    plans = (
        trials.identification(samples, study.trials, protocol, rule.enrolled, study.seed, out)
        for protocol in (rule.protocols if card.identities else ("open",))
    )
    return tuple(plan for plan in plans if len(plan.probe) and len(plan.gallery))


def export_protocol(wanted: Wanted, out: Path, images: bool, progress: Progress) -> Protocol:
    """Write the folder for whoever scores the study's comparisons; it is complete or does not exist.

    Raises:
        InputError: `out` is there already.
        DiskFull, StoreError: it cannot be written.
        DatasetError: the true light of a rendered picture is damaged.
    """
    asked = wanted.asked
    if not images:
        return outside.export(asked, out, None, (), wanted.threads, lambda _: None)
    boxes, notes = _faces(wanted, progress)
    rendering, root = wanted.study.dataset.synthetic, asked.samples.root
    linear = synth.linear_files(root) if rendering is not None and rendering.linear else {}
    scenes = pipeline.scenes(asked.samples, linear, boxes, wanted.threads)
    pictures = {card.name: _picture(card, wanted, scenes) for card in asked.conditions}
    total = sum(int(outside.concerned(asked, card).sum()) for card in asked.conditions)
    with progress("export", total) as advance:
        return outside.export(asked, out, pictures, notes, wanted.threads, advance)


def _picture(card: ConditionCard, wanted: Wanted, scenes: Scenes) -> Picture:
    samples, seed = wanted.asked.samples, wanted.study.seed
    scene = pipeline.needed(scenes, card)

    def clean(row: int) -> tuple[str, bytes] | None:
        try:
            return outside.plain_picture(*acquire.read_image(samples.root / str(samples.paths[row])))
        except acquire.Unreadable:
            return None

    def degraded(row: int) -> tuple[str, bytes] | None:
        try:
            return "png", outside.as_png(pipeline.received(card, seed, samples, scene, row).pixels)
        except (acquire.Unreadable, conditions.Unreadable):
            return None

    return clean if card.name == CLEAN else degraded


def _faces(wanted: Wanted, progress: Progress) -> tuple[Floats, list[str]]:
    """(n, 4) boxes of the faces that simulated cameras meter, NaN where none is known; and what is to be said of it.

    A run meters the face that the detector of its model finds. Here it is the first of the study's detectors.
    """
    samples = wanted.asked.samples
    boxes = np.full((len(samples), 4), np.nan, dtype=np.float32)
    if not any(conditions.starts_from_scene(card) for card in wanted.asked.conditions):
        return boxes, []
    names = list(dict.fromkeys(use.detector for use in wanted.study.models if use.detector))
    if not names:
        return boxes, ["simulated cameras meter the middle of the picture: the study names no detector"]
    card = load_detector(names[0])
    try:
        files = weights.find_detector(card, card_path("models", names[0]))
        detector = acquire.open_detector(card, dict(files), wanted.study.backend.provider, 1)
    except MissingError:
        return boxes, [f"simulated cameras meter the middle of the picture: {card.name} is not on this machine"]

    def box(row: int) -> Floats:
        return acquire.acquire_one(_pixels(samples, row), detector, wanted.study.acquire).box

    concerned = np.flatnonzero(outside.concerned(wanted.asked, _both(wanted.asked.conditions)))
    with progress("faces", len(concerned)) as advance, ThreadPoolExecutor(wanted.threads) as pool:
        for row, found in zip(concerned.tolist(), pool.map(box, concerned.tolist()), strict=True):
            boxes[row] = found
            advance(1)
    others = f"; a run with {', '.join(names[1:])} meters the faces that those find" if names[1:] else ""
    return boxes, [f"simulated cameras meter the faces that {card.name} finds{others}"]


def _both(cards: Sequence[ConditionCard]) -> ConditionCard:
    return next(card for card in cards if card.name == CLEAN)


def _pixels(samples: Samples, row: int) -> acquire.load.Pixels | acquire.Unreadable:
    return acquire.open_image(samples.root / str(samples.paths[row]))[1]
