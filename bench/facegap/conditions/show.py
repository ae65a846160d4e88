"""One face through many conditions, side by side, for inspection."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facegap.cards import ConditionCard
from facegap.conditions.chain import apply, rng_for
from facegap.conditions.profiles import combinations, load
from facegap.conditions.stages import Box, Bytes8, Image, Unreadable
from facegap.conditions.video import installed, require
from facegap.errors import InputError

_LABEL_PX = 18
_GREY, _INK = 200, (20, 20, 20)


def grid(
    image: Image,
    names: Sequence[str] | None = None,
    *,
    columns: int = 6,
    tile_px: int = 200,
    seed: int = 0,
    sample_id: str = "shown",
    face_box: Box | None = None,
) -> Bytes8:
    """A sheet of `image` under each named condition, labelled, as (h, w, 3) uint8 sRGB.

    Where `names` is None, they are all combined ones for which all is installed.

    Each picture is fitted into a tile of `tile_px`, drawn as it would be for sample `sample_id` of a run with `seed`;
    an unreadable one is a grey tile with its reason. `image` and `face_box` are as for `apply`.

    Raises:
        CardError: a name is not a condition.
        InputError: there is no name.
        MissingError: a step needs what is not installed.
    """
    cards = [load(name) for name in (names if names is not None else combinations())]
    if names is None:
        cards = [card for card in cards if installed(card)]
    for card in cards:
        require(card)
    lines = max((card.name.count("+") + 1 for card in cards), default=1)
    tiles = [_tile(image, card, tile_px, lines, rng_for(seed, sample_id, card.plain_name), face_box) for card in cards]
    if not tiles:
        raise InputError("conditions show: expected at least one condition, found none")
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return np.vstack(rows)


def _tile(
    image: Image, card: ConditionCard, tile_px: int, lines: int, rng: np.random.Generator, face_box: Box | None
) -> Bytes8:
    tile = np.full((tile_px + _LABEL_PX * lines, tile_px, 3), 255, dtype=np.uint8)
    for line, part in enumerate(card.name.split("+")):
        _write(tile, part, tile_px + _LABEL_PX * line + 13)
    try:
        picture = apply(card, image, rng, face_box)
    except Unreadable as failure:
        tile[:tile_px] = _GREY
        _write(tile, f"unreadable: {failure.reason}"[: tile_px // 7], tile_px // 2)
        return tile
    scale = tile_px / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    fitted = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (tile_px - size[0]) // 2, (tile_px - size[1]) // 2
    tile[top : top + size[1], left : left + size[0]] = fitted
    return tile


def _write(tile: Bytes8, text: str, baseline: int) -> None:
    cv2.putText(tile, text, (2, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.38, _INK, 1, cv2.LINE_AA)
