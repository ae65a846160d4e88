"""What a study needs, found and checked before anything is computed: cards, data, weights, given thresholds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from facegap import backend, conditions, datasets, store, weights
from facegap.cards import (
    ConditionCard,
    DatasetCard,
    Study,
    card_path,
    load_dataset,
    load_detector,
    load_model,
    load_study,
)
from facegap.cards.study import ModelUse
from facegap.datasets.asked import check_study, drawn, root_of
from facegap.errors import InputError
from facegap.pipeline import Progress, UsedModel, rendered
from facegap.records import ListedTrials, Threshold
from facegap.schema import ThresholdRow


@dataclass(frozen=True, eq=False, kw_only=True)
class Inputs:
    """A study with everything that it names.

    Attributes:
        study: as resolved: models and conditions by the names in their cards, also where it gives paths.
        text: content of the study's file.
        models: in the study's order.
        listed: the comparisons that the data set lists, where the study asks for those; None: trials by rule.
        given: thresholds that this run takes from elsewhere.
    """

    study: Study
    text: str
    dataset: DatasetCard
    loaded: datasets.Loaded
    models: tuple[UsedModel, ...]
    conditions: tuple[ConditionCard, ...]
    given: tuple[Threshold, ...]
    listed: ListedTrials | None = None


def resolve(name: str, root: Path | None, progress: Progress) -> Inputs:
    """The study `name` (or path) with all its inputs; `root` overrides the folder of its data set.

    A synthetic data set is rendered here, as far as it is not in the cache.

    Raises:
        CardError, DatasetError, DatasetMissing, ModelMissing, ModelRefused, InputError,
        BackendMissing: the first thing that is wrong.
    """
    study, file = load_study(name)
    text = file.read_bytes().decode()
    card = load_dataset(study.dataset.card)
    shown = study.statistics.showing(real=card.status != "synthetic")
    study = study.model_copy(update={"statistics": shown})
    check_study(study, card, file)
    backend.require(study.backend.provider)
    condition_cards = tuple(_condition(study, name) for name in study.conditions)
    models = tuple(_model(use.card, use.detector) for use in study.models)
    study = _by_name(study, file, models, condition_cards)
    given = _fixed(study) + _from_run(study, file, models)
    folder = _root(study, card, file, root, progress)
    loaded = _draw(study, datasets.load(card, folder))
    if not len(loaded.samples):
        raise InputError(f"{file}: dataset '{card.name}': no sample is left; run `facegap datasets check` on it")
    loaded, listed = _with_list(study, card, folder, loaded)
    return Inputs(
        study=study,
        text=text,
        dataset=card,
        loaded=loaded,
        models=models,
        conditions=condition_cards,
        given=given,
        listed=listed,
    )


def _root(study: Study, card: DatasetCard, file: Path, root: Path | None, progress: Progress) -> Path:
    if root is None and study.dataset.synthetic is not None:
        return rendered(study.dataset.synthetic, study.backend.threads, progress)
    return root_of(study, card, file, root)


def _draw(study: Study, loaded: datasets.Loaded) -> datasets.Loaded:
    if study.dataset.subjects is None:
        return loaded
    return datasets.Loaded(drawn(study, loaded.samples), loaded.refused, loaded.findings)


def _with_list(
    study: Study, card: DatasetCard, root: Path, loaded: datasets.Loaded
) -> tuple[datasets.Loaded, ListedTrials | None]:
    """The data set with what was found in its list of pairs, and that list, where the study asks for it."""
    if study.trials.pairs != "listed":
        return loaded, None
    pairs = datasets.load_pairs(card, root, loaded.samples)
    return replace(loaded, findings=(*loaded.findings, *pairs.findings)), ListedTrials(pairs.reference, pairs.probe)


def _condition(study: Study, name: str) -> ConditionCard:
    card = conditions.load(name)
    return card.model_copy(update={"applies_to": study.applies_to.get(name, card.applies_to)})


def _model(card_name: str, detector_name: str) -> UsedModel:
    card, detector = load_model(card_name), load_detector(detector_name)
    file = weights.find_model(card, card_path("models", card_name))
    files = weights.find_detector(detector, card_path("models", detector_name))
    if card.sha256 is None:
        raise InputError(f"model '{card.name}': its card pins no sha256; run `facegap models pin {card_name} FILE`")
    return UsedModel(card=card, file=file, detector=detector, detector_files=files)


def _by_name(
    study: Study, file: Path, models: tuple[UsedModel, ...], condition_cards: tuple[ConditionCard, ...]
) -> Study:
    """The study with its models and conditions by the names that their cards bear."""
    uses = tuple(ModelUse(card=model.card.name, detector=model.detector.name) for model in models)
    names = dict(zip(study.conditions, (card.name for card in condition_cards), strict=True))
    for what, found in (("models", [use.card for use in uses]), ("conditions", list(names.values()))):
        twice = sorted({name for name in found if found.count(name) > 1})
        if twice:
            raise InputError(f"{file}: {what}: two cards are named '{twice[0]}'; give one of them another name")
    condition = study.thresholds.condition
    thresholds = study.thresholds.model_copy(update={"condition": names.get(condition, condition)})
    changes = {"models": uses, "conditions": tuple(names.values()), "thresholds": thresholds}
    return study.model_copy(update=changes)


def _fixed(study: Study) -> tuple[Threshold, ...]:
    unknown = set(study.thresholds.fixed) - {use.card for use in study.models}
    if unknown:
        raise InputError(f"thresholds.fixed: no model '{min(unknown)}' in this study")
    policy = "given in the study"
    return tuple(
        Threshold(name="fixed", model=model, value=value, policy=policy)
        for model, value in study.thresholds.fixed.items()
    )


def _from_run(study: Study, file: Path, models: tuple[UsedModel, ...]) -> tuple[Threshold, ...]:
    """The thresholds that another run set, for the same weights.

    Raises:
        InputError: the run measured another model, or other weights under the same name.
    """
    if study.thresholds.from_run is None:
        return ()
    folder = _finished(file, (file.parent / study.thresholds.from_run).resolve())
    changed = store.sums_differences(folder)
    if changed:
        raise InputError(f"{file}: thresholds.from_run: {folder.name} was changed since it was written: {changed[0]}")
    manifest = store.read_manifest(folder)
    digests = {model["name"]: model["sha256"] for model in manifest.models if model["kind"] == "recogniser"}
    for card in (model.card for model in models):
        if digests.get(card.name) != card.sha256:
            raise InputError(
                f"{file}: thresholds.from_run: {folder.name} did not measure these weights of '{card.name}'"
            )
    rows = store.read_rows(folder, ThresholdRow)
    wanted = {model.card.name for model in models}
    return tuple(_taken(row, manifest.run_id) for row in rows if row.model in wanted and row.target)


def _finished(file: Path, path: Path) -> Path:
    """The run folder at `path`, or the newest run of the study whose name stands there ("../results/lfw-gender")."""
    if (path / "manifest.json").is_file():
        return path
    stamped = re.compile(re.escape(path.name) + r"-\d{8}T\d{6}Z-[0-9a-f]{8}")
    runs = sorted(found for found in path.parent.glob(f"{path.name}-*") if stamped.fullmatch(found.name))
    if not runs:
        raise InputError(f"{file}: thresholds.from_run: no run at {path}; run `facegap run {path.name}` first")
    return runs[-1]


def _taken(row: ThresholdRow, run_id: str) -> Threshold:
    return Threshold(
        name=row.name,
        model=row.model,
        value=row.threshold,
        policy=f"taken from run {run_id}: {row.policy}",
        target=row.target,
        realised=row.realised,
        false_matches=row.false_matches,
        comparisons=row.comparisons,
        note=row.note,
        low=row.low,
        high=row.high,
    )
