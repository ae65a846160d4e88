"""What a results folder keeps of a study: all of it but where its data lie on this machine."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from facegap.cards import Study

LEFT_OUT = "left-out"

_NO_TEXT = (
    "# The study's text names a folder in a way that cannot be taken out of it; manifest.json holds the study as "
    "resolved.\n"
)

_ROOT = re.compile(r"""(?P<key>["']?\broot\b["']?\s*=\s*)(?P<value>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')""")


def kept_study(study: Study, dataset: str) -> dict[str, Any]:
    """The study as resolved, without folders: its data set by the name of its card, other runs by their own names."""
    found = study.model_dump(mode="json")
    found["dataset"] |= {"root": None, "card": dataset}
    if study.thresholds.from_run is not None:
        found["thresholds"]["from_run"] = _last(study.thresholds.from_run)
    return found


def kept_text(text: str) -> str:
    """The study's file, byte for byte but for `dataset.root`, and for folders that are named from the machine's root.

    Where that cannot be done in the text, a line that says so.
    """
    wanted = _without_folders(tomllib.loads(text))
    for value in sorted(_folders(tomllib.loads(text)), key=len, reverse=True):
        text = text.replace(value, _last(value)).replace(json.dumps(value)[1:-1], _last(value))
    text = _ROOT.sub(rf'\g<key>"{LEFT_OUT}"', text)
    try:
        return text if tomllib.loads(text) == wanted else _NO_TEXT
    except tomllib.TOMLDecodeError:
        return _NO_TEXT


def _without_folders(content: Any, key: str = "") -> Any:
    if isinstance(content, dict):
        return {name: _without_folders(value, name) for name, value in content.items()}
    if isinstance(content, list):
        return [_without_folders(value) for value in content]
    if not isinstance(content, str):
        return content
    return LEFT_OUT if key == "root" else _last(content) if _absolute(content) else content


def _folders(content: Any) -> set[str]:
    """Every absolute path among the values."""
    if isinstance(content, dict):
        return {path for value in content.values() for path in _folders(value)}
    if isinstance(content, list):
        return {path for value in content for path in _folders(value)}
    return {content} if isinstance(content, str) and _absolute(content) else set()


def _absolute(text: str) -> bool:
    return len(text) > 1 and (text.startswith(("/", "~", "\\\\")) or bool(re.match(r"[A-Za-z]:[\\/]", text)))


def _last(path: str) -> str:
    return PureWindowsPath(path).name or PurePosixPath(path).name or LEFT_OUT
