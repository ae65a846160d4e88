"""The study that tries what the constants of a study's conditions are not known well by."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from facegap import conditions, store
from facegap.cards import load_study
from facegap.errors import InputError, StoreError

ENDING = "-sensitivity"
"""Of the name and of the file of such a study."""


def write_study(name: str) -> Path:
    """The study beside `name` with every range of its conditions at both ends; an equal file is left as it is.

    It is the study in all else, so that its run is one like any other, and can be verified and repeated.

    Raises:
        InputError: no condition gives a range, or the text is not one in which they can be named.
        StoreError: another file has the name.
    """
    study, file = load_study(name)
    cards = [conditions.load(one) for one in study.conditions]
    named = dict(zip((card.name for card in cards), study.conditions, strict=True))
    tried = [
        f"{named[card.name]}@{end.condition.partition('@')[2]}"
        for card in cards
        if "@" not in card.name
        for end in conditions.ends(card)
    ]
    tried = [one for one in tried if one not in study.conditions]
    if not tried:
        raise InputError(
            f"{file}: no condition of {', '.join(study.conditions)} gives a range; in its card write "
            "max_gain = { use = 16.0, low = 8.0, high = 32.0 } in place of a number"
        )
    target = file.with_name(f"{file.stem}{ENDING}.toml")
    text = widened(file.read_bytes().decode(), (*study.conditions, *tried), f"{study.name}{ENDING}", str(file))
    if target.exists() and target.read_text(encoding="utf-8") != text:
        raise StoreError(f"{target}: is there and another study; move it away")
    if not target.exists():
        store.write_atomic(target, text.encode())
    return target


def widened(text: str, names: tuple[str, ...], study_name: str, where: str) -> str:
    """The study's text with other conditions and another name, and byte for byte the same in all else.

    Raises:
        InputError: the text names them in a way in which that cannot be done.
    """
    wanted: dict[str, Any] = {**tomllib.loads(text), "conditions": list(names), "name": study_name}
    head, tables = _parted(text)
    array = "conditions = [\n" + "".join(f"    {json.dumps(one)},\n" for one in names) + "]\n"
    head, found = re.subn(r"(?m)^conditions\s*=\s*\[[^\]]*\][ \t]*(#[^\n]*)?\n?", lambda _: array, head)
    head = head if found else f"{head.rstrip()}\n{array}\n"
    head = re.sub(r"(?m)^name\s*=[^\n]*\n", lambda _: f"name = {json.dumps(study_name)}\n", head)
    new = head + tables
    try:
        if tomllib.loads(new) == wanted:
            return new
    except tomllib.TOMLDecodeError:
        pass
    raise InputError(f'{where}: write its conditions as one array, conditions = ["clean", ...], above its tables')


def _parted(text: str) -> tuple[str, str]:
    """What comes before the first table, and the tables."""
    found = re.search(r"(?m)^[ \t]*\[", re.sub(r"(?ms)^conditions\s*=\s*\[[^\]]*\]", lambda m: " " * len(m[0]), text))
    start = found.start() if found is not None else len(text)
    return text[:start], text[start:]
