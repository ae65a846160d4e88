"""A study with the scores of a vendor in place of its models."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from facegap.cards import Study, card_path, load_scores_card, load_study, read_toml
from facegap.errors import InputError
from facegap.evidence import Seal
from facegap.pipeline import Progress
from facegap.run.inputs import Inputs, resolve_study
from facegap.run.outside import OutsideModel, given_file

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def import_scores(
    name: str,
    files: Sequence[Path],
    searches: Mapping[str, Sequence[Path]],
    vendor: str,
    root: Path | None,
    protocol: Path | None,
    progress: Progress,
    sealed: Seal | None = None,
) -> Inputs:
    """The study `name` (or path) as if its one model were the vendor's, whose scores these files hold.

    Args:
        searches: protocol -> files of candidate lists.
        vendor: name or path of its card, of kind `scores`.
        protocol: the `protocol.json` of what the vendor was asked to score; None: the one beside the files, if any.

    Raises:
        InputError: the study has several conditions; or as `resolve`.
    """
    written, file = load_study(name)
    if len(written.conditions) > 1:
        raise InputError(
            f"{file}: conditions: {', '.join(written.conditions)}: say in the study which files are of which "
            'condition: [[models]] scores = { clean = ["a.csv"], ... }, and run it'
        )
    content = _with_vendor(read_toml(card_path("configs", name)), files, searches, vendor)
    text = f"# {file.name} with scores that arrived in place of its models, by `facegap scores import`\n"
    inputs = resolve_study(_study(file, content), file, text + toml_text(content), root, progress, sealed)
    if protocol is None:
        return inputs
    if not protocol.is_file():
        raise InputError(f"{protocol}: no such file; expected the protocol.json of `facegap protocol export`")
    given = given_file(protocol.resolve())
    models = (replace(one, protocol=given) if isinstance(one, OutsideModel) else one for one in inputs.models)
    return replace(inputs, models=tuple(models))


def import_quality(name: str, file: Path, root: Path | None, progress: Progress, sealed: Seal | None = None) -> Inputs:
    """The study `name` (or path) with what OFIQ's own command wrote of its pictures, in `file`.

    Raises:
        InputError: it is no such file, or of other pictures; or as `resolve`.
    """
    _, place = load_study(name)
    content = {**read_toml(card_path("configs", name)), "ofiq": str(file.resolve())}
    text = f"# {place.name} with OFIQ's values of its pictures beside ours, by `facegap quality import`\n"
    return resolve_study(_study(place, content), place, text + toml_text(content), root, progress, sealed)


def _with_vendor(
    content: dict[str, Any], files: Sequence[Path], searches: Mapping[str, Sequence[Path]], vendor: str
) -> dict[str, Any]:
    """The study's content; a threshold that is given of another model goes with that model."""
    card = load_scores_card(vendor).name
    thresholds = dict(content.get("thresholds", {}))
    if "fixed" in thresholds:
        thresholds["fixed"] = {name: value for name, value in thresholds["fixed"].items() if name == card}
    use: dict[str, Any] = {"card": vendor, "scores": [str(path.resolve()) for path in files]}
    lists = {protocol: [str(path.resolve()) for path in some] for protocol, some in searches.items() if some}
    known = {"thresholds": thresholds} if thresholds else {}
    return {**content, "models": [use | ({"searches": lists} if lists else {})], **known}


def _study(file: Path, content: Mapping[str, Any]) -> Study:
    try:
        return Study.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise InputError(f"{file}: {error.errors()[0]['msg']}") from None


def toml_text(content: Mapping[str, Any]) -> str:
    """TOML that says this content, a line a key."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in content.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    """As JSON has it, but for a control character that TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
