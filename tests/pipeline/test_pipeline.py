"""From files to templates: what is computed once, what survives an interruption, what must not change a template."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny
from facegap import acquire, datasets, pipeline, store
from facegap.acquire.detect import WholeImage
from facegap.cards import ConditionCard, load_dataset, load_detector
from facegap.cards.study import Acquire
from facegap.embed import Recogniser
from facegap.records import Acquisitions, Samples, Templates

CLEAN = ConditionCard(name="clean", title="t", source="s", steps=())
LOSSY = ConditionCard.model_validate(
    {"name": "lossy", "title": "t", "source": "s", "steps": ({"step": "lose", "probability": 0.5},)}
)


class Counted(WholeImage):
    """Counts the images that it looks at; fails at the image of that number."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.calls, self.fail_at = 0, fail_at

    def detect(self, image: Any) -> Any:
        self.calls += 1
        if self.calls == self.fail_at:
            raise RuntimeError("power cut")
        return super().detect(image)


class CountedRecogniser(Recogniser):
    """Counts the crops that reach the net."""

    crops = 0

    def embed(self, crops: Any) -> Any:
        self.crops += len(crops)
        return super().embed(crops)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    (tmp_path / "patterns.toml").write_text(tiny.DATASET, encoding="utf-8")
    root = tiny.make_data(tmp_path / "data", subjects=10)
    return datasets.load(load_dataset(str(tmp_path / "patterns.toml")), root).samples


@pytest.fixture
def line(tmp_path: Path) -> pipeline.Pipeline:
    card = tiny.make_model(tmp_path / "models")
    return pipeline.Pipeline(
        condition=CLEAN,
        detector=Counted(),
        detector_card=load_detector("aligned-none"),
        recogniser=CountedRecogniser(card, tmp_path / "models" / "tiny.onnx"),
        rules=Acquire(),
        seed=3,
        threads=1,
        batch=4,
    )


def run(line: pipeline.Pipeline, samples: Samples) -> tuple[Acquisitions, Templates]:
    done: list[int] = []
    found = pipeline.run(line, samples, pipeline.hash_files(samples, 1), done.append)
    assert sum(done) == len(samples)
    return found


def same(a: tuple[Acquisitions, Templates], b: tuple[Acquisitions, Templates]) -> None:
    for name in ("outcome", "reason", "box", "landmarks", "sha256"):
        np.testing.assert_array_equal(getattr(a[0], name), getattr(b[0], name))
    assert a[0].quality.keys() == b[0].quality.keys()
    for name, values in a[0].quality.items():
        np.testing.assert_array_equal(values, b[0].quality[name])
    np.testing.assert_array_equal(a[1].rows, b[1].rows)
    np.testing.assert_array_equal(a[1].vectors, b[1].vectors)


def fresh(line: pipeline.Pipeline, cache: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> pipeline.Pipeline:
    """The same line with an empty cache and its own counters."""
    monkeypatch.setenv("FACEGAP_CACHE", str(cache))
    line.recogniser.crops = 0  # type: ignore[attr-defined]
    return replace(line, **{"detector": Counted(), **changes})


def test_templates_equal_the_plain_way(line: pipeline.Pipeline, samples: Samples) -> None:
    acquisitions, templates = run(line, samples)
    assert acquisitions.outcome.tolist().count("ok") == 39
    # s00-1 cannot be read; s01-2 is acquired, but has another size than the net takes.
    assert templates.rows.tolist() == [row for row in range(40) if samples.ids[row] not in ("s00-1", "s01-2")]
    for row, vector in zip(templates.rows, templates.vectors, strict=True):
        pixels = np.asarray(Image.open(samples.root / str(samples.paths[row])).convert("RGB"))
        np.testing.assert_array_equal(vector, line.recogniser.embed(pixels[None])[0])
    assert (templates.model, templates.condition, templates.similarity) == ("tiny", "clean", "cosine")


def test_a_second_run_computes_nothing(line: pipeline.Pipeline, samples: Samples, monkeypatch: Any) -> None:
    first = run(line, samples)
    reads: list[Path] = []
    real = acquire.read_image

    def counted(path: Path) -> Any:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(acquire, "read_image", counted)
    again = replace(line, detector=Counted())
    line.recogniser.crops = 0  # type: ignore[attr-defined]
    same(first, run(again, samples))
    assert again.detector.calls == 0 and line.recogniser.crops == 0 and reads == []  # type: ignore[attr-defined]


def test_another_model_uses_the_same_acquisitions(line: pipeline.Pipeline, samples: Samples, tmp_path: Path) -> None:
    run(line, samples)
    other = tiny.make_model(tmp_path / "models", "other", similarity="negative-l2")
    net = CountedRecogniser(other, tmp_path / "models" / "other.onnx")
    second = replace(line, detector=Counted(), recogniser=net)
    run(second, samples)
    assert second.detector.calls == 0 and net.crops == 38  # type: ignore[attr-defined]


@pytest.mark.parametrize("at", [1, 9, 38])
def test_an_interrupted_run_goes_on_where_it_stopped(
    line: pipeline.Pipeline, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    undisturbed = run(line, samples)
    cut = fresh(line, tmp_path / "other", monkeypatch, detector=Counted(fail_at=at))
    with pytest.raises(RuntimeError, match="power cut"):
        run(cut, samples)
    before = line.recogniser.crops  # type: ignore[attr-defined]
    again = replace(cut, detector=Counted())
    same(undisturbed, run(again, samples))
    assert line.recogniser.crops == 38  # type: ignore[attr-defined]
    assert before <= at and 39 - again.detector.calls >= before  # type: ignore[attr-defined]


@pytest.mark.parametrize(("threads", "batch"), [(2, 4), (1, 1), (1, 32), (2, 7)])
def test_neither_threads_nor_batches_change_a_template(
    line: pipeline.Pipeline,
    samples: Samples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    batch: int,
) -> None:
    first = run(line, samples)
    same(first, run(fresh(line, tmp_path / "other", monkeypatch, threads=threads, batch=batch), samples))


def test_equal_files_are_computed_once(line: pipeline.Pipeline, samples: Samples) -> None:
    copied = (samples.root / "images" / "s02-0.png").read_bytes()
    for name in ("s03-0", "s03-1", "s09-3"):
        (samples.root / "images" / f"{name}.png").write_bytes(copied)
    _, templates = run(line, samples)
    assert line.detector.calls == 36  # type: ignore[attr-defined]
    place = {str(samples.ids[row]): vector for row, vector in zip(templates.rows, templates.vectors, strict=True)}
    for name in ("s03-0", "s03-1", "s09-3"):
        np.testing.assert_array_equal(place[name], place["s02-0"])


def test_a_changed_image_is_computed_again(line: pipeline.Pipeline, samples: Samples) -> None:
    before = run(line, samples)[1].vectors
    Image.fromarray(tiny.picture(77, 0, 0)).save(samples.root / "images" / "s05-0.png")
    line.detector.calls = 0  # type: ignore[attr-defined]
    after = run(line, samples)[1].vectors
    assert line.detector.calls == 1  # type: ignore[attr-defined]
    assert (before != after).any(axis=1).sum() == 1


def test_every_kind_of_broken_file_is_counted_with_its_reason(
    line: pipeline.Pipeline, samples: Samples, tmp_path: Path
) -> None:
    images = samples.root / "images"
    (images / "s02-0.png").unlink()
    (images / "s02-1.png").write_bytes(b"")
    (images / "s02-2.png").write_bytes(b"this is text")
    (images / "s02-3.png").unlink()
    (images / "s02-3.png").mkdir()
    Image.fromarray(np.zeros((32, 32), dtype=np.int32)).save(images / "s03-0.png.tif")
    (images / "s03-0.png.tif").replace(images / "s03-0.png")
    acquisitions, templates = run(line, samples)
    said = dict(zip(samples.ids.tolist(), zip(acquisitions.outcome, acquisitions.reason, strict=True), strict=True))
    expected = {
        "s00-1": "damaged image: ",
        "s02-0": "no such file",
        "s02-1": "empty file",
        "s02-2": "not an image of a known format",
        "s02-3": "not a regular file",
        "s03-0": "pixels of 32 bits",
    }
    for name, reason in expected.items():
        assert said[name][0] == "unreadable" and said[name][1].startswith(reason), said[name]
    assert (acquisitions.outcome == "unreadable").sum() == len(expected)
    assert not set(samples.ids[templates.rows]) & set(expected)
    unreadable = {str(name) for name, sha256 in zip(samples.ids, acquisitions.sha256, strict=True) if not sha256}
    assert unreadable == {"s02-0", "s02-3"}
    same((acquisitions, templates), run(line, samples))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(line: pipeline.Pipeline, samples: Samples) -> None:
    (samples.root / "images" / "s02-0.png").unlink()
    os.mkfifo(samples.root / "images" / "s02-0.png")
    acquisitions, _ = run(line, samples)
    assert acquisitions.reason[samples.ids == "s02-0"][0] == "not a regular file"


def test_chance_is_the_samples_own(
    line: pipeline.Pipeline, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal files under different names meet different luck; order, batches and threads change nothing."""
    lossy = replace(line, condition=LOSSY)
    copied = (samples.root / "images" / "s02-0.png").read_bytes()
    copies = [f"s{subject:02}-{k}" for subject in (3, 4) for k in range(4)]
    for name in copies:
        (samples.root / "images" / f"{name}.png").write_bytes(copied)
    first = run(lossy, samples)
    lost = dict(zip(samples.ids.tolist(), first[0].outcome == "unreadable", strict=True))
    assert {lost[name] for name in copies} == {True, False}
    same(first, run(fresh(lossy, tmp_path / "b", monkeypatch, threads=2, batch=7), samples))
    turned = samples.take(np.arange(len(samples))[::-1])
    backwards, _ = run(fresh(lossy, tmp_path / "c", monkeypatch), turned)
    np.testing.assert_array_equal(backwards.outcome[::-1], first[0].outcome)
    np.testing.assert_array_equal(backwards.reason[::-1], first[0].reason)
    other, _ = run(fresh(lossy, tmp_path / "d", monkeypatch, seed=4), samples)
    assert (other.outcome != first[0].outcome).any()


def test_a_file_larger_than_pictures_is_not_hashed(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted as unreadable, with its size, and nobody waits for its digest."""
    large = samples.root / str(samples.paths[3])
    with large.open("r+b") as file:
        file.truncate(acquire.MAX_BYTES + 1)  # sparse
    hashed: list[Path] = []
    real = store.sha256_file

    def seen(path: Path) -> str:
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(store, "sha256_file", seen)
    sha256 = pipeline.hash_files(samples, 2)
    assert sha256[3] == "" and (np.delete(sha256, 3) != "").all()
    assert large not in hashed and len(hashed) == len(samples) - 1


def test_what_shapes_a_template_is_in_its_digest(line: pipeline.Pipeline, tmp_path: Path) -> None:
    card = line.recogniser.card
    changed = {
        "condition": replace(line, condition=LOSSY),
        "rules": replace(line, rules=Acquire(min_inter_eye=10.0)),
        "detector": replace(line, detector_card=line.detector_card.model_copy(update={"score": 0.9})),
        "scale": replace(
            line,
            recogniser=line.recogniser.with_preprocess(card.preprocess.model_copy(update={"std": (2.0, 2.0, 2.0)})),
        ),
    }
    digests = {name: other.template_digest for name, other in changed.items()}
    assert len({line.template_digest, *digests.values()}) == len(digests) + 1
    for key, value in {"dim": 8, "sha256": "0" * 64, "output": "y", "similarity": "negative-l2"}.items():
        net = line.recogniser.with_preprocess(card.preprocess)
        net.card = card.model_copy(update={key: value})
        assert replace(line, recogniser=net).template_digest != line.template_digest, key
    indifferent = replace(line, seed=99, threads=2)
    assert indifferent.template_digest == line.template_digest
    assert replace(line, batch=32).template_digest != line.template_digest
    single = replace(line, recogniser=line.recogniser.one_at_a_time())
    assert replace(single, batch=32).template_digest == single.template_digest == replace(line, batch=1).template_digest
    assert replace(line, condition=LOSSY, seed=99).template_digest != replace(line, condition=LOSSY).template_digest


def test_cores_are_at_least_one() -> None:
    assert pipeline.cores() >= 1
