"""What a study needs, found and checked before anything is computed: cards, data, weights, given thresholds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from facegap import backend, conditions, datasets, store, weights
from facegap.cards import (
    ConditionCard,
    DatasetCard,
    DetectorCard,
    LivenessCard,
    ModelCard,
    OutsideCard,
    ScoresCard,
    Study,
    card_path,
    load_dataset,
    load_liveness,
    load_study,
    load_used,
)
from facegap.cards.study import DETECTOR, ModelUse
from facegap.datasets.asked import check_study, drawn, images_left_out, observing, root_of
from facegap.datasets.pools import Pools
from facegap.errors import InputError
from facegap.evidence import Seal
from facegap.outside import Standard, as_score, read_ofiq
from facegap.pipeline import Progress, UsedLiveness, UsedModel, rendered
from facegap.records import NO_LABEL, Finding, Floats, ListedTrials, Mask, RunManifest, Threshold
from facegap.run.outside import OutsideModel, outside_model
from facegap.schema import ThresholdRow

AnyCard = ModelCard | OutsideCard


@dataclass(frozen=True, eq=False, kw_only=True)
class Inputs:
    """A study with everything that it names.

    Attributes:
        study: as resolved: models and conditions by the names in their cards, also where it gives paths.
        text: content of the study's file.
        models: in the study's order; those that run here, and those of which only scores or templates arrive.
        liveness: the net that judges whether a probe shows a living person; None: none does.
        listed: the comparisons that the data set lists, where the study asks for those; None: trials by rule.
        given: thresholds that this run takes from elsewhere.
        sealed: the protocol that was sealed before the data, if any.
        left_out: (n,) samples that enter no trial, since their picture is there more than once; None: none.
        images_left_out: images of these people that are left out by `trials.images_per_person`.
        pools: templates of several pictures, where the list compares those: `listed` names them, not the samples.
        standard: what OFIQ measured of the pictures as they are, name -> (n,) values; see `outside.ofiq`.
        places: where root, card and list lie on this machine; for the private cache alone.
    """

    study: Study
    text: str
    dataset: DatasetCard
    loaded: datasets.Loaded
    models: tuple[UsedModel | OutsideModel, ...]
    conditions: tuple[ConditionCard, ...]
    given: tuple[Threshold, ...]
    liveness: UsedLiveness | None = None
    listed: ListedTrials | None = None
    standard: Mapping[str, Floats] = field(default_factory=dict)
    sealed: Seal | None = None
    left_out: Mask | None = None
    images_left_out: int = 0
    pools: Pools | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def remarked(self, *findings: Finding) -> Inputs:
        """With these findings behind those that there are."""
        return replace(self, loaded=replace(self.loaded, findings=(*self.loaded.findings, *findings)))

    @property
    def nets(self) -> tuple[UsedModel, ...]:
        """The models that run here."""
        return tuple(model for model in self.models if isinstance(model, UsedModel))

    @property
    def outside(self) -> tuple[OutsideModel, ...]:
        """The models that others ran."""
        return tuple(model for model in self.models if isinstance(model, OutsideModel))


def resolve(name: str, root: Path | None, progress: Progress, sealed: Seal | None = None) -> Inputs:
    """The study `name` (or path) with all its inputs; `root` overrides the folder of its data set.

    A synthetic data set is rendered here, as far as it is not in the cache.

    Raises:
        CardError, DatasetError, DatasetMissing, ModelMissing, ModelRefused, InputError,
        BackendMissing: the first thing that is wrong.
    """
    study, file = load_study(name)
    return resolve_study(study, file, file.read_bytes().decode(), root, progress, sealed)


def resolve_study(
    asked: Study, file: Path, text: str, root: Path | None, progress: Progress, sealed: Seal | None = None
) -> Inputs:
    """A study with the text that says it, as if it stood in `file`; see `resolve`."""
    card = load_dataset(asked.dataset.card)
    check_study(asked, card, file)
    study = showing(asked, card)
    if study.runs_nets:
        backend.require(study.backend.provider)
    condition_cards = conditions_of(study)
    cards = [load_used(use) for use in study.models]
    uses, live = study.models, _liveness(study)
    study = by_name(study, file, cards, condition_cards, live.card if live is not None else None)
    models = tuple(_model(file, use, named, *pair) for use, named, pair in zip(uses, study.models, cards, strict=True))
    given = thresholds_of(study, file, [model.card for model in models])
    folder = _root(study, card, file, root, progress)
    everything = datasets.load(card, folder, images=study.runs_nets)
    loaded = _draw(study, everything)
    if not len(loaded.samples):
        raise InputError(f"{file}: dataset '{card.name}': no sample is left; run `facegap datasets check` on it")
    _check_labels(study, card, loaded, file)
    _check_observed(asked, card, loaded, file)
    loaded, listed, pools = _with_list(study, file, card, folder, loaded)
    standard = _standard(study, file, loaded)
    if standard is not None:
        loaded = replace(loaded, findings=(*loaded.findings, *standard.findings))
    return Inputs(
        study=study,
        text=text,
        dataset=card,
        loaded=loaded,
        models=models,
        conditions=condition_cards,
        given=given,
        liveness=live,
        listed=listed,
        pools=pools,
        standard={} if standard is None else standard.values,
        sealed=sealed,
        images_left_out=images_left_out(study, everything.samples),
        places=_places(study, file, folder) | _files_of(models),
    )


def showing(study: Study, card: DatasetCard) -> Study:
    """The study with the number of people below which no group of this data set is shown, and what was observed."""
    shown = study.statistics.showing(real=card.status != "synthetic")
    return observing(study.model_copy(update={"statistics": shown}), card)


def _places(study: Study, file: Path, root: Path) -> dict[str, str]:
    card, own = study.dataset.card, study.trials.file
    places = {"root": str(root.absolute()), "card": str(Path(card).absolute()) if card.endswith(".toml") else card}
    named = {f"templates {k}": name for k, name in enumerate(study.trials.templates)}
    named |= {} if own is None else {"list": own}
    return places | {what: str((file.parent / name).resolve()) for what, name in named.items()}


def conditions_of(study: Study) -> tuple[ConditionCard, ...]:
    """The cards of the study's conditions, each with the side that it applies to here.

    Raises:
        CardError: there is no such card, or it breaks a rule.
        MissingError: a step of one needs what is not installed.
    """
    return tuple(_condition(study, name) for name in study.conditions)


def cards_of(study: Study) -> list[tuple[AnyCard, DetectorCard | None]]:
    """The cards of the study's models, whether or not their weights, scores or templates are on this machine.

    Raises:
        CardError, InputError: there is no such card, it breaks a rule, or pins no weights.
    """
    found = [load_used(use) for use in study.models]
    for use, (card, _) in zip(study.models, found, strict=True):
        if isinstance(card, ModelCard):
            _require_pin(card, use.card)
    return found


def liveness_of(study: Study) -> LivenessCard | None:
    """The card of the net that judges liveness, whether or not its weights are on this machine; None: none does.

    Raises:
        CardError, InputError: there is no such card, it breaks a rule, or pins no weights.
    """
    if study.liveness is None:
        return None
    card = load_liveness(study.liveness)
    _require_pin(card, study.liveness)
    return card


def _liveness(study: Study) -> UsedLiveness | None:
    card = liveness_of(study)
    if card is None or study.liveness is None:
        return None
    return UsedLiveness(card, weights.find_model(card, card_path("models", study.liveness)))


def thresholds_of(study: Study, file: Path, models: Sequence[AnyCard]) -> tuple[Threshold, ...]:
    """The thresholds that the study takes from elsewhere than its own comparisons.

    Raises:
        InputError: a model that the study has not, or no such run, or one of other weights.
    """
    return _fixed(study, models) + _from_run(study, file, models)


def _root(study: Study, card: DatasetCard, file: Path, root: Path | None, progress: Progress) -> Path:
    if root is None and study.dataset.synthetic is not None:
        return rendered(study.dataset.synthetic, study.backend.threads, progress)
    return root_of(study, card, file, root)


def _draw(study: Study, loaded: datasets.Loaded) -> datasets.Loaded:
    return replace(loaded, samples=drawn(study, loaded.samples))


def _check_labels(study: Study, card: DatasetCard, loaded: datasets.Loaded, file: Path) -> None:
    for column in dict.fromkeys(column for columns in study.groups for column in columns):
        if (loaded.samples.groups[column] == NO_LABEL).all():
            raise InputError(
                f"{file}: groups: not one of {len(loaded.samples)} samples of '{card.name}' has a label in '{column}'; "
                "run `facegap datasets check` on it, or group by another label"
            )


def _check_observed(asked: Study, card: DatasetCard, loaded: datasets.Loaded, file: Path) -> None:
    """Whether a condition that the study itself names was observed at all."""
    for name in asked.observed or ():
        if (loaded.samples.observed[name] == NO_LABEL).all():
            raise InputError(
                f"{file}: observed: not one of {len(loaded.samples)} samples of '{card.name}' has a value of '{name}'; "
                "run `facegap datasets check` on it, or leave it out"
            )


def _with_list(
    study: Study, file: Path, card: DatasetCard, root: Path, loaded: datasets.Loaded
) -> tuple[datasets.Loaded, ListedTrials | None, Pools | None]:
    """The data set with what was found in the list of comparisons that the study asks for, and that list.

    Raises:
        InputError: no comparison of the list can be made.
    """
    rendered = study.dataset.synthetic is not None
    pairs = datasets.asked_pairs(study.trials, file, card, None if rendered else root, loaded.samples)
    if pairs is None:
        return loaded, None, None
    if not len(pairs):
        why = "; ".join(finding.message for finding in pairs.findings) or "it lists none"
        raise InputError(f"{file}: trials: no comparison of the list can be made: {why}")
    found = replace(loaded, findings=(*loaded.findings, *pairs.findings))
    if pairs.pools is not None:
        _check_pooled(study, file)
        return found, pairs.trials(), pairs.pools
    return replace(found, samples=datasets.related(loaded.samples, pairs)), pairs.trials(), None


def _check_pooled(study: Study, file: Path) -> None:
    """That nothing is asked that a template of several pictures cannot answer.

    Raises:
        InputError: it is.
    """
    if study.transactions is not None:
        raise InputError(f"{file}: transactions: an attempt is one picture, and the list compares templates of several")


def _standard(study: Study, file: Path, loaded: datasets.Loaded) -> Standard | None:
    """OFIQ's values of the study's pictures, where it names a file of them.

    Raises:
        InputError: the file cannot be read, or no picture is seen as it is, so that they stand beside nothing.
    """
    if study.ofiq is None:
        return None
    if not study.runs_nets or "clean" not in study.conditions:
        raise InputError(
            f"{file}: ofiq: stands beside values of the pictures as they are: a net, and condition 'clean'"
        )
    return read_ofiq(file.parent / study.ofiq, loaded.samples.paths)


def _condition(study: Study, name: str) -> ConditionCard:
    card = conditions.load(name)
    conditions.require(card)
    return card.model_copy(update={"applies_to": study.applies_to.get(name, card.applies_to)})


def _model(
    file: Path, use: ModelUse, named: ModelUse, card: AnyCard, detector: DetectorCard | None
) -> UsedModel | OutsideModel:
    """The model with its files: `use` as the study says it, `named` by the names of its cards."""
    if not isinstance(card, ModelCard):
        return outside_model(file, card, named.given, named.searches)
    assert detector is not None
    net = weights.find_model(card, card_path("models", use.card))
    parts = weights.find_detector(detector, card_path("models", use.detector or DETECTOR))
    _require_pin(card, use.card)
    return UsedModel(card=card, file=net, detector=detector, detector_files=parts)


def _files_of(models: Sequence[UsedModel | OutsideModel]) -> dict[str, str]:
    """Digest -> where the file of scores or templates lies."""
    outside = [model for model in models if isinstance(model, OutsideModel)]
    return {file.sha256: str(file.path) for model in outside for file in model.all_files()}


def _require_pin(card: ModelCard | LivenessCard, name: str) -> None:
    if card.sha256 is None:
        raise InputError(f"model '{card.name}': its card pins no sha256; run `facegap models pin {name} FILE`")


def by_name(
    study: Study,
    file: Path,
    models: Sequence[tuple[AnyCard, DetectorCard | None]],
    condition_cards: tuple[ConditionCard, ...],
    live: LivenessCard | None,
) -> Study:
    """The study with its models, its net of liveness and its conditions by the names that their cards bear.

    Raises:
        InputError: two cards have one name.
    """
    names = dict(zip(study.conditions, (card.name for card in condition_cards), strict=True))
    uses = tuple(_named(use, *pair, names) for use, pair in zip(study.models, models, strict=True))
    for what, found in (("models", [use.card for use in uses]), ("conditions", list(names.values()))):
        twice = sorted({name for name in found if found.count(name) > 1})
        if twice:
            raise InputError(f"{file}: {what}: two cards are named '{twice[0]}'; give one of them another name")
    condition = study.thresholds.condition
    thresholds = study.thresholds.model_copy(update={"condition": names.get(condition, condition)})
    changes = {
        "models": uses,
        "liveness": live.name if live is not None else None,
        "conditions": tuple(names.values()),
        "thresholds": thresholds,
        "applies_to": {names.get(name, name): side for name, side in study.applies_to.items()},
    }
    return study.model_copy(update=changes)


def _named(use: ModelUse, card: AnyCard, detector: DetectorCard | None, names: Mapping[str, str]) -> ModelUse:
    """By the names of the cards; a file that is of the only condition is of that."""
    only = next(iter(names.values()))
    return use.model_copy(
        update={
            "card": card.name,
            "detector": detector.name if detector is not None else None,
            "templates": {names.get(name, only): files for name, files in use.templates.items()},
            "scores": {names.get(name, only): files for name, files in use.scores.items()},
            "searches": {
                protocol: {names.get(name, only): files for name, files in some.items()}
                for protocol, some in use.searches.items()
            },
        }
    )


def _fixed(study: Study, models: Sequence[AnyCard]) -> tuple[Threshold, ...]:
    unknown = set(study.thresholds.fixed) - {use.card for use in study.models}
    if unknown:
        raise InputError(f"thresholds.fixed: no model '{min(unknown)}' in this study")
    policy, cards = "given in the study", {card.name: card for card in models}
    return tuple(
        Threshold(name="fixed", model=model, value=as_given(cards[model], value), policy=policy)
        for model, value in study.thresholds.fixed.items()
    )


def as_given(card: AnyCard, value: float) -> float:
    """A threshold as a score; of scores that were read as text, in their precision."""
    return as_score(value) if isinstance(card, ScoresCard) else value


def threshold_of(card: AnyCard) -> float | None:
    """The vendor's threshold as a score, None where the card has none."""
    return None if card.score_threshold is None else as_given(card, card.score_threshold)


def _from_run(study: Study, file: Path, models: Sequence[AnyCard]) -> tuple[Threshold, ...]:
    """The thresholds that another run set, for the same weights.

    Raises:
        InputError: the run measured another model, or another one under the same name.
    """
    if study.thresholds.from_run is None:
        return ()
    folder = _finished(file, (file.parent / study.thresholds.from_run).resolve())
    changed = store.sums_differences(folder)
    if changed:
        raise InputError(f"{file}: thresholds.from_run: {folder.name} was changed since it was written: {changed[0]}")
    manifest = store.read_manifest(folder)
    for card in models:
        if not _measured(manifest, card):
            what = "these weights of" if isinstance(card, ModelCard) else f"this version ({card.version}) of"
            raise InputError(f"{file}: thresholds.from_run: {folder.name} did not measure {what} '{card.name}'")
    rows = store.read_rows(folder, ThresholdRow)
    wanted = {card.name for card in models}
    return tuple(_taken(row, manifest.run_id) for row in rows if row.model in wanted and row.target)


def _measured(manifest: RunManifest, card: AnyCard) -> bool:
    """Whether the run measured the same model: the same weights, or of a model that others ran the same version."""
    entry = next((one for one in manifest.models if (one["kind"], one["name"]) == (card.kind, card.name)), None)
    key = "sha256" if isinstance(card, ModelCard) else "version"
    return entry is not None and bool(entry[key] == getattr(card, key))


def _finished(file: Path, path: Path) -> Path:
    """The run folder at `path`, or the newest run of the study whose name stands there ("../results/lfw-gender")."""
    if (path / "manifest.json").is_file():
        return path
    stamped = re.compile(re.escape(path.name) + r"-\d{8}T\d{6}Z-[0-9a-f]{8}(\.\d+)?")
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
        caution=row.caution,
    )
