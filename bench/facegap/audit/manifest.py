"""The manifest held against what it follows from: the study's text, the evidence, its cards, its own fields."""

from __future__ import annotations

import datetime
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic import ValidationError

from facegap import backend, store
from facegap.audit.case import Case
from facegap.audit.verified import Remark, Unknown
from facegap.cards import ConditionCard, DatasetCard, DetectorCard, LivenessCard, ModelCard, Study
from facegap.cards.outside import OUTSIDE
from facegap.cards.toml import Card
from facegap.datasets.asked import observing
from facegap.evidence import Seal, departures, follows, read_seal
from facegap.evidence.kept import NO_TEXT, kept_card, kept_study
from facegap.evidence.sealed import KEPT
from facegap.outside import as_score
from facegap.records import RunManifest
from facegap.version import __version__

_GIVEN_ELSEWHERE = ("root", "card")
"""Of dataset: where it lay, and under which file its card, which a run need not keep."""


def study_differences(case: Case) -> Iterator[str]:
    """Whether study.toml is the manifest's text, and the resolved study that text's."""
    manifest = case.manifest
    if (case.run / "study.toml").read_bytes() != manifest.config_text.encode():
        yield "study.toml: differs from the text in manifest.json"
    if manifest.config_text == NO_TEXT:
        yield Remark("study.toml: names a folder in its text, of which therefore nothing was kept")
        return
    try:
        written = Study.model_validate_json(json.dumps(tomllib.loads(manifest.config_text)))
    except (ValueError, TypeError):
        if case.same_version:
            yield "study.toml: no study of this version"
        else:
            yield Unknown(f"study.toml: a study of another version than {__version__}")
        return
    changed = follows.changes_of(manifest.derived_from)
    wanted = _shown(written, manifest.dataset, changed) if "suppress_below" in manifest.study["statistics"] else written
    if "observed" in manifest.study:
        card: DatasetCard = _card(DatasetCard, manifest.dataset)
        wanted = observing(wanted, card)
    kept = kept_study(wanted, str(manifest.dataset["name"]))
    kept["reference"] = follows.references(case.evidence.samples, written, manifest.derived_from)
    yield from (f"manifest.json: study: {line}" for line in _departing(kept, manifest.study, changed))


def _shown(study: Study, card: Mapping[str, Any], changed: Mapping[str, Any]) -> Study:
    """The study with the number of people below which no group is shown, as a run or an analysis sets it."""
    statistics = study.statistics.showing(real=card["status"] != "synthetic")
    if "suppress_below" in changed:
        statistics = statistics.hiding(changed["suppress_below"])
    return study.model_copy(update={"statistics": statistics})


def _departing(written: Mapping[str, Any], kept: Mapping[str, Any], changed: Mapping[str, Any]) -> Iterator[str]:
    """Fields of the resolved study that are neither as written nor as an analysis changed them."""
    asked = {
        "groups": ("groups",),
        "fmr": ("thresholds", "fmr"),
        "level": ("statistics", "level"),
        "impostors": ("thresholds", "impostors"),
        "extrapolate": ("statistics", "extrapolate"),
        "suppress_below": ("statistics", "suppress_below"),
        "observed": ("observed",),
        "age_gap": ("age_gap",),
    }
    free = {("thresholds", "condition"), *(path for name, path in asked.items() if name in changed)}
    if "fmr" in changed:
        free.add(("thresholds", "from_run"))
    for name, path in asked.items():
        if name in changed and _json(_at(kept, path)) != _json(changed[name]):
            yield f"{'.'.join(path)}: says {_at(kept, path)}, the analysis set {changed[name]}"
    for key in dict.fromkeys((*written, *kept)):
        if key == "liveness" and (written.get(key) is None) == (kept.get(key) is None):
            continue
        if key in ("models", "conditions", "applies_to"):
            # By the names in their cards here, perhaps by paths there.
            if len(written.get(key) or ()) != len(kept.get(key) or ()):
                yield f"{key}: {len(kept.get(key) or ())}, the file names {len(written.get(key) or ())}"
            continue
        for path, there, here in _leaves((key,), written.get(key), kept.get(key)):
            elsewhere = path[0] == "dataset" and path[-1] in _GIVEN_ELSEWHERE
            if there != here and path not in free and not elsewhere:
                yield f"{'.'.join(path)}: says {here}, the file says {there}"


def _leaves(path: tuple[str, ...], written: Any, kept: Any) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(written, Mapping) and isinstance(kept, Mapping) and len(path) < 2:
        for key in dict.fromkeys((*written, *kept)):
            yield from _leaves((*path, key), written.get(key), kept.get(key))
    else:
        yield path, written, kept


def _at(value: Any, path: Iterable[str]) -> Any:
    for key in path:
        value = value[key]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def manifest_differences(case: Case) -> Iterator[str]:
    """Whether every field that follows from others does."""
    said = list(_follows(case))
    yield from (f"manifest.json: {where}: says {_short(a)}, follows {_short(b)}" for where, a, b in said if a != b)
    yield from (f"manifest.json: {line}" for line in _itself(case))


def _short(value: Any) -> str:
    text = _json(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 160 else f"{text[:160]}…"


def _follows(case: Case) -> Iterator[tuple[str, Any, Any]]:
    """(field, what it says, what follows from the rest)."""
    manifest, evidence, study = case.manifest, case.evidence, case.evidence.study
    refused = sum(manifest.refused.values())
    yield "status", manifest.status, "complete"
    counted = follows.sample_counts(evidence, refused)
    if not (case.same_version or (evidence.images != "").any()):
        # Digests that nothing keys were not read.
        counted.pop("unreadable files", None)
    yield "samples", {name: manifest.samples.get(name) for name in counted}, counted
    if case.same_version or "images_digest" in manifest.dataset:
        yield "dataset.images_digest", manifest.dataset.get("images_digest"), follows.images_digest(evidence)
    yield "banners", _not_derived(case), follows.banners(_card(DatasetCard, manifest.dataset), manifest.models)
    yield "provider_asked", manifest.provider_asked, study.backend.provider
    ran = backend.PROVIDERS[study.backend.provider].execution_provider if study.runs_nets else ""
    yield "provider_actual", manifest.provider_actual, ran
    yield "run_id", *_run_id(case)
    recognisers = [card for card in manifest.models if card["kind"] == "recogniser"]
    yield (
        "models",
        [(card["name"], card["detector"]) for card in recognisers],
        [(u.card, u.detector) for u in study.models if not u.outside],
    )
    yield from _outside_follows(case)
    for card in recognisers:
        model = _card(ModelCard, card)
        yield f"models '{model.name}'.score_threshold", card["score_threshold"], model.score_threshold
        yield f"models '{model.name}'.file_sha256", card["file_sha256"], model.sha256
    for card in manifest.models:
        if card["kind"] == "detector":
            pinned = dict(_card(DetectorCard, card).sha256s) or card["file_sha256"]
            yield f"models '{card['name']}'.file_sha256", card["file_sha256"], pinned
    live = [_card(LivenessCard, card) for card in manifest.models if card["kind"] == "liveness"]
    yield "liveness", [card.name for card in live], [] if study.liveness is None else [study.liveness]
    yield (
        "liveness.file_sha256",
        [c["file_sha256"] for c in manifest.models if c["kind"] == "liveness"],
        [card.sha256 for card in live],
    )
    yield "conditions", [card["name"] for card in manifest.conditions], list(study.conditions)
    for card in manifest.conditions:
        side = study.applies_to.get(card["name"], card["applies_to"])
        yield f"conditions '{card['name']}'.applies_to", card["applies_to"], side
        _card(ConditionCard, card)
    fixed = {row["model"]: row["value"] for row in manifest.given_thresholds if row["name"] == "fixed"}
    scored = {use.card for use in study.models if use.scores}
    wanted = {name: as_score(value) if name in scored else value for name, value in study.thresholds.fixed.items()}
    yield "given_thresholds", fixed, wanted


def _outside_follows(case: Case) -> Iterator[tuple[str, Any, Any]]:
    """Likewise of the models that others ran."""
    study = case.evidence.study
    entries = [card for card in case.manifest.models if card["kind"] in OUTSIDE]
    said = [(card["kind"], card["name"]) for card in entries]
    yield "models", said, [("templates" if use.templates else "scores", use.card) for use in study.outside]
    for card, use in zip(entries, study.outside, strict=False):
        model = _card(OUTSIDE[card["kind"]], card)
        score = model.score_threshold
        rounded = as_score(score) if score is not None and card["kind"] == "scores" else score
        yield f"models '{model.name}'.score_threshold", card["score_threshold"], rounded
        files = [(one.get("searches", ""), one["condition"], one["file"]) for one in card["given"]]
        wanted = [
            (protocol, condition, file)
            for protocol, by_condition in (("", use.given), *use.searches.items())
            for condition, files in by_condition.items()
            for file in files
        ]
        yield f"models '{model.name}'.given", files, wanted


def _run_id(case: Case) -> tuple[str, str]:
    """The run's id, and the one that its start and content give; a number behind it tells runs of one second apart."""
    manifest, named = case.manifest, case.manifest.derived_from
    if named:
        wanted = follows.derived_name(named["run"], named["sha256sums"], named["changes"])
    elif not case.same_version:
        return manifest.run_id, manifest.run_id
    else:
        content = follows.content_digest(manifest.study, case.evidence, manifest.models, __version__)
        wanted = follows.run_name(case.evidence.study.name, manifest.started, content)
    base, _, number = manifest.run_id.rpartition(".")
    return (base if number.isdigit() and base == wanted else manifest.run_id), wanted


def _not_derived(case: Case) -> list[str]:
    """The banners without those of analyses, which follow from what was changed where this version wrote them."""
    banners, named = list(case.manifest.banners), case.manifest.derived_from
    said = follows.derived_banners(named)
    if named and case.same_version:
        return banners[: -len(said)] if banners[-len(said) :] == said else banners
    while named and banners and banners[-1].startswith(follows.DERIVED):
        banners.pop()
    return banners


def _card(schema: type[Any], said: Mapping[str, Any]) -> Any:
    """The card in a manifest's entry.

    Raises:
        ValueError: it breaks a rule of cards.
    """
    known = {key: value for key, value in said.items() if key in schema.model_fields}
    try:
        return schema.model_validate_json(json.dumps(known))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"card '{said.get('name')}': {where}: {first['msg']}") from None


def card_of(schema: type[Card], said: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest's entry says of a card, by the fields of cards of this version."""
    found = kept_card(_card(schema, said))
    return {key: value for key, value in found.items() if key in said}


def _itself(case: Case) -> Iterator[str]:
    """Fields that contradict each other, and those that no run writes."""
    manifest = case.manifest
    raw = store.read_json(case.run / store.MANIFEST)
    known = {field.name for field in fields(RunManifest)}
    if case.same_version:
        yield from (f"{key}: no field of a manifest" for key in raw if key not in known)
        written = (json.dumps(asdict(manifest), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
        if (case.run / store.MANIFEST).read_bytes() != written and not raw.keys() - known:
            yield "not in the form in which a run writes it"
    started, finished = (datetime.datetime.fromisoformat(text) for text in (manifest.started, manifest.finished))
    if finished < started:
        yield f"finished: {manifest.finished} is before it started, {manifest.started}"
    spent = sum(manifest.stages.values())
    if min(manifest.stages.values(), default=0) < 0 or spent > (finished - started).total_seconds() + 2:
        yield f"stages: {spent:.1f} s in all, from start to finish {(finished - started).total_seconds():.0f} s"


def protocol_differences(case: Case) -> Iterator[str]:
    """Whether the sealed protocol is whole, and the run departs from it as it says."""
    there, said = (case.run / KEPT).exists(), dict(case.manifest.sealed)
    if not there and not said:
        yield Remark("none was sealed before the data")
        return
    if not there or not said:
        yield f"{KEPT}: {'missing, the manifest names it' if said else 'the manifest knows of no sealed protocol'}"
        return
    seal: Seal = read_seal(case.run / KEPT)
    wanted = {"digest": seal.digest, "sealed": seal.sealed, "departures": departures(seal, case.manifest)}
    for key in dict.fromkeys((*wanted, *said)):
        if said.get(key) != wanted.get(key):
            yield f"manifest.json: sealed.{key}: says {_short(said.get(key))}, follows {_short(wanted.get(key))}"


def trusted(manifest: RunManifest) -> Iterator[str]:
    """What the run says of itself that no recomputation from its folder can find wrong."""
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    machine = ", ".join(f"{name} {value}" for name, value in manifest.machine.items())
    yield f"computed on {manifest.provider_actual or 'no provider: no net ran'}; {machine}"
    yield f"versions: {versions}"
    dirty = {True: ", with changes that it does not have", False: ", unchanged", None: ""}[manifest.dirty]
    yield f"started {manifest.started}, finished {manifest.finished}; commit {manifest.commit or 'not known'}{dirty}"
    yield "scores, outcomes of acquisition and qualities of images: as kept; running the study again would show others"
    given = [str(card["name"]) for card in manifest.models if card["kind"] in OUTSIDE]
    if given:
        yield f"what {', '.join(given)} gave for each image: as it arrived; only whoever ran it knows how it was made"
    if manifest.sealed:
        yield f"the date of the sealed protocol, {manifest.sealed.get('sealed')}: whoever got its digest then knows"
