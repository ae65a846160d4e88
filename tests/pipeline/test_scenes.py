"""Conditions that take the scene anew: true linear light, the face that a camera is told of, moments of attempts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny
from facegap import acquire, conditions, pipeline, synth
from facegap.acquire.detect import WholeImage
from facegap.cards import ConditionCard, load_detector
from facegap.cards.study import Acquire
from facegap.embed import Recogniser
from facegap.errors import DatasetError
from facegap.records import NO_LABEL, Samples

SHOT = "old-2015+backlit-window+wifi"
CLEAN = ConditionCard(name="clean", title="t", source="s", steps=())


class Seen(WholeImage):
    """Keeps the pictures that reach it."""

    def __init__(self) -> None:
        self.pictures: list[np.ndarray] = []

    def detect(self, image: np.ndarray) -> acquire.Faces:
        self.pictures.append(image)
        return super().detect(image)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """Two pictures of 32 x 32; the second has linear light beside it."""
    root = tmp_path / "data"
    (root / "linear").mkdir(parents=True)
    for name, value in (("a", 90), ("b", 160)):
        Image.fromarray(np.full((32, 32, 3), value, dtype=np.uint8)).save(root / f"{name}.png")
    np.save(root / "linear" / "b.npy", np.full((32, 32, 3), 0.03, dtype=np.float16))
    (root / "manifest.csv").write_text("path,linear_path\na.png,\nb.png,linear/b.npy\n", encoding="utf-8")
    names = np.array(["a", "b"])
    blank = np.full(2, "")
    return Samples(
        ids=names,
        subjects=names,
        paths=np.array(["a.png", "b.png"]),
        sessions=blank,
        roles=blank,
        groups={"g": np.full(2, NO_LABEL)},
        root=root,
    )


def line(tmp_path: Path, condition: ConditionCard, detector: Seen) -> pipeline.Pipeline:
    card = tiny.make_model(tmp_path / "models")
    recogniser = Recogniser(card, tmp_path / "models" / "tiny.onnx", "cpu", 1)
    return pipeline.Pipeline(
        condition=condition,
        detector=detector,
        detector_card=load_detector("aligned-none"),
        recogniser=recogniser,
        rules=Acquire(),
        seed=7,
        threads=1,
        batch=4,
    )


def received(tmp_path: Path, samples: Samples, name: str, scenes: pipeline.Scenes | None) -> list[np.ndarray]:
    detector = Seen()
    card = CLEAN if name == "clean" else conditions.load(name)
    pipeline.run(line(tmp_path, card, detector), samples, pipeline.hash_files(samples, 1), lambda _: None, scenes)
    return detector.pictures


def scenes_of(samples: Samples, boxes: list[list[float]] | None = None) -> pipeline.Scenes:
    found = np.array(boxes if boxes is not None else [[np.nan] * 4] * len(samples), dtype=np.float32)
    return pipeline.scenes(samples, synth.linear_files(samples.root), found, 1)


def test_linear_light_takes_the_place_of_the_picture(samples: Samples, tmp_path: Path) -> None:
    pictures = received(tmp_path, samples, SHOT, scenes_of(samples))
    card = conditions.load(SHOT)
    _, photo = acquire.read_image(samples.root / "a.png")
    linear = np.full((32, 32, 3), 0.03, dtype=np.float16).astype(np.float32)
    starts: tuple[conditions.Image, ...] = (photo, linear)
    for picture, name, start in zip(pictures, "ab", starts, strict=True):
        np.testing.assert_array_equal(picture, conditions.apply(card, start, conditions.rng_for(7, name, SHOT)))


def test_conditions_of_finished_pictures_take_the_picture(samples: Samples, tmp_path: Path) -> None:
    for name in ("clean", "low-res-jpeg"):
        with_scenes = received(tmp_path, samples, name, scenes_of(samples))
        np.testing.assert_allclose(with_scenes[1], 160, atol=2)
        assert received(tmp_path, samples, name, None) == []  # the cache's key is the picture's alone


def test_the_camera_is_told_of_the_face(samples: Samples, tmp_path: Path) -> None:
    box = [8.0, 8.0, 24.0, 24.0]
    told = received(tmp_path, samples, SHOT, scenes_of(samples, [box, box]))
    card = conditions.load(SHOT)
    _, photo = acquire.read_image(samples.root / "a.png")
    wanted = conditions.apply(card, photo, conditions.rng_for(7, "a", SHOT), (8.0, 8.0, 24.0, 24.0))
    np.testing.assert_array_equal(told[0], wanted)
    untold = received(tmp_path, samples, SHOT, scenes_of(samples))
    assert len(untold) == 2 and (untold[0] != told[0]).any()


def test_the_key_holds_the_linear_light_and_the_box(samples: Samples, tmp_path: Path) -> None:
    box = [8.0, 8.0, 24.0, 24.0]
    assert len(received(tmp_path, samples, SHOT, scenes_of(samples, [box, box]))) == 2
    assert received(tmp_path, samples, SHOT, scenes_of(samples, [box, box])) == []
    assert len(received(tmp_path, samples, SHOT, scenes_of(samples, [box, [*box[:3], 25.0]]))) == 1
    np.save(samples.root / "linear" / "b.npy", np.full((32, 32, 3), 0.04, dtype=np.float16))
    assert len(received(tmp_path, samples, SHOT, scenes_of(samples, [box, box]))) == 1


def test_a_moment_moves_the_picture_alike_under_every_condition(samples: Samples, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(samples.root / "a.png")
    taken = replace(samples.take(np.array([0, 0])), ids=np.array(["a#a1f1", "a#a1f3"]))
    moments = pipeline.Moments(np.array(["a", "a"]), np.array([1, 1]), np.array([1, 3]))
    scenes = replace(scenes_of(taken), moments=moments)
    still, moved = received(tmp_path, taken, "clean", scenes)
    _, photo = acquire.read_image(samples.root / "a.png")
    np.testing.assert_array_equal(still, photo)
    path = conditions.rng_for(7, "a#a1", "the hand")
    np.testing.assert_array_equal(moved, conditions.selfie.moment(photo, path, 1, 3)[0])
    assert received(tmp_path, taken, "clean", scenes) == []
    card = conditions.load(SHOT)
    again = received(tmp_path, taken, SHOT, scenes)
    np.testing.assert_array_equal(again[1], conditions.apply(card, moved, conditions.rng_for(7, "a#a1f3", SHOT)))


def test_frames_of_an_attempt_are_one_video_that_is_made_once(
    samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av", reason="H.264 is coded with PyAV: install facegap[video]")
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(samples.root / "a.png")
    names = [f"a#a{attempt}f{frame}" for attempt in (1, 2) for frame in (1, 2, 3)]
    taken = replace(samples.take(np.zeros(6, dtype=np.int64)), ids=np.array(names))
    moments = pipeline.Moments(np.full(6, "a"), np.repeat([1, 2], 3), np.tile([1, 2, 3], 2), together=3)
    scenes = replace(scenes_of(taken), moments=moments)
    card = conditions.load("budget-2019-video+office+wifi")
    films: list[list[conditions.Photo | conditions.Unreadable]] = []
    real = conditions.film

    def film(*given: Any) -> list[conditions.Photo | conditions.Unreadable]:
        films.append(real(*given))
        return films[-1]

    monkeypatch.setattr(conditions, "film", film)
    pictures = received(tmp_path, taken, card.name, scenes)
    assert len(films) == 2 and len(pictures) == 6
    sent = [photo for film in films for photo in film]
    for picture, photo in zip(pictures, sent, strict=True):
        assert isinstance(photo, conditions.Photo)
        np.testing.assert_array_equal(picture, photo.pixels)
    assert received(tmp_path, taken, card.name, scenes) == []
    # Its frames are those that the hand held: the third is not the first.
    assert not np.array_equal(pictures[0], pictures[2])


def test_bytes_and_seconds_are_kept(samples: Samples, tmp_path: Path) -> None:
    card, detector = conditions.load("old-2015+office+2g"), Seen()
    pipe, sha256 = line(tmp_path, card, detector), pipeline.hash_files(samples, 1)
    for _ in range(2):  # computed, then from the cache
        found, _templates = pipeline.run(pipe, samples, sha256, lambda _: None)
        assert found.sent is not None and found.seconds is not None
        assert (found.sent > 300).all()
        np.testing.assert_allclose(found.seconds, found.sent * 8 / 40_000, rtol=1e-6)


def test_damaged_linear_light_stops_the_run_with_a_line(samples: Samples, tmp_path: Path) -> None:
    file = samples.root / "linear" / "b.npy"
    for content in (b"", b"\x93NUMPY", file.read_bytes()[:300]):
        file.write_bytes(content)
        with pytest.raises(DatasetError, match=r"b\.npy: cannot be read: .*rendered anew"):
            received(tmp_path, samples, SHOT, scenes_of(samples))
    np.save(file, np.full((32, 32, 3), np.nan, dtype=np.float16))
    with pytest.raises(DatasetError, match="expected finite"):
        received(tmp_path, samples, SHOT, scenes_of(samples))
    (samples.root / "manifest.csv").write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="delete the folder"):
        synth.linear_files(samples.root)
