"""What the sanity gate found of a model, kept on this machine for runs to state."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facegap import store
from facegap.cards import ModelCard
from facegap.version import __version__
from facegap.words import one_line


@dataclass(frozen=True)
class Gate:
    """One outcome of the gate.

    Attributes:
        passed: whether the model was let through.
        verdict: "passed", or why not.
        when: date and time in UTC.
        dataset, detector: names of the cards that it was tried with.
        people: whose faces; 0 where the net did not get so far.
        facegap, onnxruntime: versions.
    """

    passed: bool
    verdict: str
    when: str
    dataset: str
    people: int
    detector: str
    facegap: str
    onnxruntime: str

    @classmethod
    def of(cls, verdict: str, passed: bool, dataset: str, people: int, detector: str, onnxruntime: str) -> Gate:
        """An outcome of now, without the folders of this machine."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        dataset, detector = (Path(name).stem if name.endswith(".toml") else name for name in (dataset, detector))
        said = re.sub(r"[^\s']*[/\\](?=[^/\\\s]+\.(?:onnx|toml))", "", one_line(verdict))
        return cls(passed, said, now, dataset, people, detector, __version__, onnxruntime)


def stated(entry: Mapping[str, Any]) -> str:
    """What a run says of the gate of a recogniser, by its entry in the manifest: one sentence without its full stop."""
    name, gate = entry.get("name", "model"), entry.get("gate")
    if "gate" not in entry:
        return f"{name}: whether it passed the sanity gate was not kept by the version that made this run"
    if gate is None:
        return f"{name}: not put through the sanity gate before this run (`facegap models check {name}`)"
    people = f"{gate['people']} people of {gate['dataset']}"
    on = f"on {gate['when'][:10]} by facegap {gate['facegap']} and onnxruntime {gate['onnxruntime']}, {people}"
    if gate["passed"]:
        return f"{name}: passed the sanity gate {on}"
    return f"{name}: refused by the sanity gate {on}: {gate['verdict']}"


def keep(card: ModelCard, gate: Gate) -> None:
    """Keep the outcome for these weights behind this card, in place of an earlier one.

    Raises:
        StoreError: it cannot be written.
    """
    if card.sha256 is not None:
        store.write_atomic(_path(card), json.dumps(dataclasses.asdict(gate), indent=1).encode())


def find(card: ModelCard) -> Gate | None:
    """The last outcome for these weights behind this card; None where there is none on this machine."""
    try:
        content: dict[str, Any] = json.loads(_path(card).read_text(encoding="utf-8"))
        return Gate(**{field.name: content[field.name] for field in dataclasses.fields(Gate)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(card: ModelCard) -> Path:
    """By all that shapes a template and a score: another scale is another model."""
    shapes = ("sha256", "preprocess", "output", "dim", "similarity")
    content = {key: value for key, value in card.model_dump(mode="json").items() if key in shapes}
    return store.cache_dir() / "gates" / f"{store.digest(content)}.json"
