"""Protocols sealed before the data: what was going to be measured, under a digest that others can keep."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from facegap import store
from facegap.errors import InputError
from facegap.records import RunManifest

SCHEMA = "facegap-seal-1"
ENDING = ".sealed.json"
KEPT = "sealed.json"
"""Name of the sealed protocol in a results folder."""

_LARGEST = 16 * 1024**2
_SHOWN = 120
"""Characters of a value in a sentence."""

Parts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Seal:
    """A sealed protocol.

    Attributes:
        sealed: when, in UTC, by the clock of whoever sealed it.
        facegap: the version that sealed it.
        study_text: content of the study's file.
        study: as resolved.
        models: cards of recognisers, detectors and a net of liveness, with the digests of their weights.
        conditions: cards.
        dataset: card.
        thresholds: those that come from elsewhere than the run's own comparisons.
        claims: each {"claim", "understood", "margin"}; the margin None where a claim has none.
        policy: {"text"} of the file that says what is required, or None.
        digests: what each of these hashes to.
    """

    sealed: str
    facegap: str
    study_text: str
    study: Parts
    models: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    dataset: Parts
    thresholds: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    policy: Mapping[str, str] | None
    digests: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The number to hand to somebody else before the data are seen."""
        return store.digest({"schema": SCHEMA, **asdict(self)})

    @property
    def says(self) -> str:
        """When it was sealed, and its digest."""
        return f"sealed {self.sealed}, digest {self.digest}"

    def before(self, manifest: RunManifest) -> bool:
        """Whether it was sealed before the run began, as both say."""
        return datetime.datetime.fromisoformat(self.sealed) <= datetime.datetime.fromisoformat(manifest.started)

    def has(self, claim: str) -> bool:
        """Whether the claim is among those that were sealed, in these words."""
        return " ".join(claim.split()) in {" ".join(str(one["claim"]).split()) for one in self.claims}


def digests_of(
    *, study_text: str, models: list[dict[str, Any]], conditions: list[dict[str, Any]], dataset: Parts, policy: Any
) -> dict[str, str]:
    """Name -> digest of the study's file, of every card, of all weights that cards pin, and of the policy's file."""
    found = {"study": store.sha256_bytes(study_text.encode()), "dataset card": store.digest(dict(dataset))}
    for card in models:
        found[f"{card['kind']} card '{card['name']}'"] = store.digest(card)
        for part, sha256 in _weights(card).items():
            found[f"{card['kind']} weights '{card['name']}'{part}"] = sha256
    for card in conditions:
        found[f"condition card '{card['name']}'"] = store.digest(card)
    if policy is not None:
        found["policy"] = store.sha256_bytes(policy["text"].encode())
    return found


def _weights(card: Mapping[str, Any]) -> dict[str, str]:
    several = {f" {part}": value for part, value in (card.get("sha256s") or {}).items()}
    return several | ({"": card["sha256"]} if card.get("sha256") else {})


def seal_bytes(seal: Seal) -> bytes:
    """The content of a seal's file: sorted JSON with the digest of all the rest."""
    content = {"schema": SCHEMA, **asdict(seal), "digest": seal.digest}
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_seal(path: Path) -> Seal:
    """The sealed protocol in `path`.

    Raises:
        InputError: there is none, it is no seal, or it was edited after it was sealed.
    """
    content = _content(path)
    names = {field.name for field in fields(Seal)}
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InputError(f"{path}: expected a protocol sealed by `facegap seal` (schema {SCHEMA})")
    if content.keys() != names | {"schema", "digest"}:
        odd = sorted(content.keys() ^ (names | {"schema", "digest"}))
        raise InputError(f"{path}: edited after it was sealed: keys missing or added: {', '.join(odd)[:200]}")
    try:
        seal = Seal(**{name: content[name] for name in names})
        gives, digests = seal.digest, _digests(seal)
        datetime.datetime.fromisoformat(seal.sealed)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise InputError(f"{path}: no sealed protocol: {type(error).__name__}: {str(error)[:200]}") from None
    if content["digest"] != gives or digests != seal.digests:
        raise InputError(
            f"{path}: edited after it was sealed: it says digest {str(content['digest'])[:64]}, its content gives "
            f"{gives}"
        )
    return seal


def _content(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a protocol sealed by `facegap seal`")
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: larger than any sealed protocol")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not JSON; expected a protocol sealed by `facegap seal`") from None


def _digests(seal: Seal) -> dict[str, str]:
    return digests_of(
        study_text=seal.study_text,
        models=seal.models,
        conditions=seal.conditions,
        dataset=seal.dataset,
        policy=seal.policy,
    )


def departures(seal: Seal, manifest: RunManifest) -> list[str]:
    """What a run did otherwise than its sealed protocol says, field by field, in words; none where nothing."""
    return [
        *_dates(seal, manifest),
        *_values("facegap", seal.facegap, manifest.versions.get("facegap")),
        *_study(seal, manifest),
        *_cards("", seal.models, manifest.models),
        *_cards("condition", seal.conditions, manifest.conditions),
        *_card("data set", seal.dataset, manifest.dataset),
        *_values("thresholds from elsewhere", seal.thresholds, manifest.given_thresholds),
    ]


def _dates(seal: Seal, manifest: RunManifest) -> Iterator[str]:
    if not seal.before(manifest):
        yield f"the protocol was sealed {seal.sealed}, after the run had begun, {manifest.started}"


def _study(seal: Seal, manifest: RunManifest) -> Iterator[str]:
    found = list(_values("study", seal.study, manifest.study))
    yield from found
    if not found and seal.study_text != manifest.config_text:
        yield "the study's file differs from the sealed one in its wording, in no field"


def _cards(kind: str, sealed: list[dict[str, Any]], found: list[dict[str, Any]]) -> Iterator[str]:
    """Cards by kind and name, so that their order tells nothing."""

    def named(cards: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {f"{kind or card['kind']} '{card['name']}'": card for card in cards}

    before, now = named(sealed), named(found)
    yield from (f"{name} was sealed, the run has it not" for name in before if name not in now)
    yield from (f"{name} was not sealed, the run has it" for name in now if name not in before)
    for name in before:
        if name in now:
            yield from _card(name, before[name], now[name])


def _card(name: str, sealed: Parts, found: Parts) -> Iterator[str]:
    """A run's entry says more than the card, such as what the file was."""
    yield from _values(name, sealed, {key: value for key, value in found.items() if key in sealed})


def _values(where: str, sealed: Any, found: Any) -> Iterator[str]:
    if isinstance(sealed, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys((*sealed, *found)):
            yield from _values(
                f"{where}: {key}" if ": " not in where else f"{where}.{key}", sealed.get(key), found.get(key)
            )
    elif sealed != found:
        yield f"{where} was sealed as {_shown(sealed)}, the run has {_shown(found)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
