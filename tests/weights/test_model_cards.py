"""Every card in models/ says what a run needs, and says so where nobody could check it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facegap import acquire, backend, cards, embed, weights
from facegap.cards import DetectorCard, LivenessCard, ModelCard
from facegap.cards.model import card_kind
from facegap.errors import ModelMissing
from pulled import detector_files

FOLDER = Path(__file__).parents[2] / "models"
OUTSIDE = ("scores", "templates")
"""Kinds of cards without a net, which tests/cards keeps to their rules."""

FILES = [path for path in sorted(FOLDER.glob("*.toml")) if card_kind(path) not in OUTSIDE]
LOADERS: dict[str, Callable[[str], ModelCard | DetectorCard | LivenessCard]] = {
    "recogniser": cards.load_model,
    "detector": cards.load_detector,
    "liveness": cards.load_liveness,
}
TEMPLATE_SIZES = {"arcface-112": (112, 112), "dlib-150": (150, 150)}


def load(path: Path) -> ModelCard | DetectorCard | LivenessCard:
    return LOADERS[card_kind(path)](str(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_card_is_complete(path: Path) -> None:
    card = load(path)
    assert card.name == path.stem
    assert card.licence
    assert card.source
    if isinstance(card, ModelCard):
        size = TEMPLATE_SIZES.get(card.preprocess.template, card.preprocess.size)
        assert card.preprocess.size == size, "a template's points are pixels of its own size"
        assert bool(card.vendor_threshold_source) == (card.vendor_threshold is not None)
    if not isinstance(card, DetectorCard):
        assert card.verified or "Nobody here could run this file" in card.notes
    for claim in card.claims:
        assert claim.source


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_verified_card_pins_its_file(path: Path) -> None:
    card = load(path)
    if card.verified and not (isinstance(card, DetectorCard) and card.family == "none"):
        assert card.sha256 or (isinstance(card, DetectorCard) and set(card.sha256s) == {"pnet", "rnet", "onet"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_without_its_file_a_card_says_what_to_do(path: Path) -> None:
    card = load(path)
    if isinstance(card, DetectorCard) and card.family == "none":
        return
    command = f"facegap models (pull|pin) {card.name}"
    with pytest.raises(ModelMissing, match=command):
        if not isinstance(card, DetectorCard):
            weights.find_model(card, Path("elsewhere.toml"))
        else:
            weights.find_detector(card, Path("elsewhere.toml"))


@pytest.mark.parametrize("name", ["mobilefacenet", "mobileface"])
def test_recognisers_for_trials_tell_people_apart(name: str, shared: Path) -> None:
    """Mean scores of mated and non-mated pairs lie apart by more than the spread of the non-mated ones."""
    card = cards.load_model(name)
    assert card.file is not None
    net = backend.open_net(weights.find_model(card, shared / "models" / "card.toml"))
    detector = acquire.open_detector(cards.load_detector("mtcnn"), detector_files())
    folders = sorted((shared / "data" / "lfw-subset" / "images").iterdir())[:20]
    crops, people = [], []
    for person, folder in enumerate(folders):
        for file in sorted(folder.glob("*.jpg"))[:2]:
            found = acquire.acquire_one(image := acquire.read_image(file)[1], detector, cards.study.Acquire())
            if found.outcome == "ok":
                crops.append(acquire.align(image, found.landmarks, card.preprocess))
                people.append(person)
    (vectors,) = net.run({net.inputs[0].name: embed.to_tensor(np.stack(crops), card.preprocess)})
    assert vectors.shape[1] == card.dim
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores, same = unit @ unit.T, np.equal.outer(people, people)
    mated, other = scores[same & ~np.eye(len(people), dtype=bool)], scores[~same]
    assert mated.mean() - other.mean() > 1.5 * other.std()
