"""What a results folder keeps of a study and its data: all but where files lie on this machine, and their names."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from facegap.cards import DatasetCard, Study
from facegap.cards.toml import Card

LEFT_OUT = "left-out"

NO_TEXT = (
    "# The study's text names a folder in a way that cannot be taken out of it; manifest.json holds the study as "
    "resolved.\n"
)

_RULES = ("all", "listed")
"""Values of trials.pairs that name no file."""

_CARDS = (
    "card",
    "detector",
    "liveness",
    "conditions",
    "condition",
    "applies_to",
    "from_run",
    "templates",
    "scores",
    "searches",
    "ofiq",
)
"""Keys of a study whose texts may be paths of cards, runs and files that arrived."""

_NAMED = re.compile(
    r"""(?P<key>["']?\b(?P<name>root|pairs)\b["']?\s*=\s*)(?P<value>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?!["'])"""
)


def kept_study(study: Study, dataset: str) -> dict[str, Any]:
    """The study as resolved, without folders: its data set by the name of its card, other runs by their own names."""
    found = study.model_dump(mode="json")
    found["dataset"] |= {"root": None, "card": dataset}
    found["trials"]["pairs"] = _list(study.trials.pairs)
    found["trials"]["templates"] = [_last(name) for name in study.trials.templates]
    for use in found["models"]:
        for key in ("templates", "scores"):
            use[key] = _last_files(use[key])
        use["searches"] = {protocol: _last_files(files) for protocol, files in use["searches"].items()}
    if study.ofiq is not None:
        found["ofiq"] = _last(study.ofiq)
    if study.thresholds.from_run is not None:
        found["thresholds"]["from_run"] = _last(study.thresholds.from_run)
    return found


def _kept_protocol(one: dict[str, Any]) -> dict[str, Any]:
    """Without the names of its files; each that there is leaves its place."""
    references = LEFT_OUT if one["references"] else ""
    return {**one, "pairs": LEFT_OUT, "templates": [LEFT_OUT for _ in one["templates"]], "references": references}


def _last_files(files: dict[str, list[str]]) -> dict[str, list[str]]:
    return {condition: [_last(file) for file in some] for condition, some in files.items()}


def kept_dataset(card: DatasetCard) -> dict[str, Any]:
    """The card, without the names of its files."""
    found = card.model_dump(mode="json")
    # A name stays a name and a pattern a pattern, so that what is kept is still a card.
    found["files"] = {key: "*" if "*" in value else LEFT_OUT for key, value in found["files"].items()}
    found["protocols"] = {name: _kept_protocol(one) for name, one in found["protocols"].items()}
    return found


def kept_card(card: Card) -> dict[str, Any]:
    """A card of any kind; weights by the name of their file, without its folder."""
    if isinstance(card, DatasetCard):
        return kept_dataset(card)
    found = card.model_dump(mode="json")
    if found.get("file"):
        found["file"] = _last(found["file"])
    if found.get("files"):
        found["files"] = {part: _last(file) for part, file in found["files"].items()}
    return found


def kept_text(text: str) -> str:
    """The study's file, byte for byte but for its data's folder and list, and for the folders of what else it names.

    Where that cannot be done in the text, a line that says so.
    """
    content = tomllib.loads(text)
    wanted = _without_folders(content)
    for value in sorted(_folders(content), key=len, reverse=True):
        text = text.replace(value, _last(value)).replace(json.dumps(value)[1:-1], _last(value))
    text = _NAMED.sub(_left_out, text)
    try:
        return text if tomllib.loads(text) == wanted else NO_TEXT
    except tomllib.TOMLDecodeError:
        return NO_TEXT


def _left_out(found: re.Match[str]) -> str:
    (value,) = tomllib.loads(f"value = {found['value']}").values()
    kept = LEFT_OUT if found["name"] == "root" else _list(value)
    return found[0] if kept == value else f'{found["key"]}"{kept}"'


def _list(pairs: str) -> str:
    """What stands for a list of the study's own, whose name may be that of a person; its ending says its form."""
    ending = PurePath(pairs).suffix.lower()
    return pairs if pairs in _RULES else LEFT_OUT + (ending if ending in (".csv", ".json") else "")


def _without_folders(content: Any, key: str = "") -> Any:
    if isinstance(content, dict):
        within = key if key in _CARDS else ""
        return {_kept(name, within): _without_folders(value, within or name) for name, value in content.items()}
    if isinstance(content, list):
        return [_without_folders(value, key) for value in content]
    if not isinstance(content, str):
        return content
    if key == "pairs":
        return _list(content)
    return LEFT_OUT if key == "root" else _kept(content, key)


def _kept(text: str, key: str) -> str:
    return _last(text) if _in_folder(text, key) else text


def _folders(content: Any, key: str = "") -> set[str]:
    """Every path among the keys and values but those that are left out as a whole."""
    if isinstance(content, dict):
        within = key if key in _CARDS else ""
        names = {name for name in content if _in_folder(name, within)}
        return names.union(*(_folders(value, within or name) for name, value in content.items()))
    if isinstance(content, list):
        return {path for value in content for path in _folders(value, key)}
    named = isinstance(content, str) and key != "pairs" and _in_folder(content, key)
    return {content} if named else set()


def _in_folder(text: str, key: str) -> bool:
    """Whether it names a folder: from the root of a machine, or in a place where a path is expected."""
    absolute = len(text) > 1 and (text.startswith(("/", "~", "\\\\")) or bool(re.match(r"[A-Za-z]:[\\/]", text)))
    return absolute or (key in _CARDS and ("/" in text or "\\" in text))


def _last(path: str) -> str:
    return PureWindowsPath(path).name or PurePosixPath(path).name or LEFT_OUT
