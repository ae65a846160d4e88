"""From image files to templates: load, condition, acquire, align, embed, with decoding beside inference and a cache.

What was computed for an image is cached under the digest of everything that shaped it, batch by batch, so that a run
that was killed goes on where it stopped, and a run that changes only thresholds or groups computes no image again.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL

from facegap import acquire, backend, conditions, store, synth
from facegap.cards import ConditionCard, DetectorCard
from facegap.cards.study import Acquire, Synthetic
from facegap.embed import Crops, Recogniser
from facegap.errors import InputError
from facegap.records import Acquisitions, Floats, Rows, Samples, Strings, Templates

REVISION = 3
"""Raised whenever the same image would be acquired or embedded differently, so that the old cache is not used."""

Advance = Callable[[int], None]

Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""`progress(stage, total)` opens a stage; the callable that it gives is told how many more items are done."""


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Everything that shapes a template but the image: open nets, rules, condition, seed; and how much runs at once."""

    condition: ConditionCard
    detector: acquire.Detector
    detector_card: DetectorCard
    recogniser: Recogniser
    rules: Acquire
    seed: int
    threads: int
    batch: int

    @property
    def acquisition_digest(self) -> str:
        """Digest of what shapes an acquisition."""
        return store.digest(
            {
                "revision": REVISION,
                "detector": [self.detector_card.model_dump(mode="json"), self.recogniser.provider],
                "rules": self.rules.model_dump(mode="json"),
                "condition": conditions.digest(self.condition),
                "seed": self.seed if conditions.stochastic(self.condition) else None,
                "versions": [cv2.__version__, PIL.__version__, backend.version()],
            }
        )

    @property
    def template_digest(self) -> str:
        """Digest of what shapes a template."""
        card = self.recogniser.card
        return store.digest(
            {
                "acquisition": self.acquisition_digest,
                "model": card.sha256,
                "preprocess": card.preprocess.model_dump(mode="json"),
                "output": card.output,
                "dim": card.dim,
                "similarity": card.similarity,
                "provider": self.recogniser.provider,
            }
        )


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        return os.cpu_count() or 1


def rendered(synthetic: Synthetic, workers: int | None, progress: Progress) -> Path:
    """Folder of the synthetic data set that the study describes; what is not in the cache is rendered.

    Raises:
        InputError: a value is not one that the renderer takes.
    """
    spec = synth.Spec(**synthetic.model_dump())
    done = 0

    with progress("render", spec.identities) as advance:

        def tell(now: int, _: int) -> None:
            nonlocal done
            advance(now - done)
            done = now

        return synth.ensure(spec, store.cache_dir() / "synthetic", workers if workers is not None else cores(), tell)


def hash_files(samples: Samples, threads: int) -> Strings:
    """(n,) hex SHA-256 of every image file, "" where it cannot be read."""
    return _hashed(samples.root, samples.paths, threads)


def _hashed(root: Path, paths: Strings, threads: int) -> Strings:
    """(n,) hex SHA-256 of the files below `root`, "" where there is none or it cannot be read."""

    def one(name: str) -> str:
        path = root / name
        try:
            # A named pipe would be waited for.
            return store.sha256_file(path) if path.is_file() else ""
        except OSError:
            return ""

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(one, paths.tolist()))
    return np.array(found, dtype="U64")


@dataclass(frozen=True, eq=False)
class Moments:
    """When each of (n,) samples is taken: the picture that it is taken from, its attempt and its frame, from 1."""

    picture: Strings
    attempt: Rows
    frame: Rows


@dataclass(frozen=True, eq=False)
class Scenes:
    """What a condition that takes a new photo of the scene is told beside the picture, one entry a sample.

    Attributes:
        linear: (n,) paths of true linear light below the samples' root, "" where there is none.
        sha256: (n,) digests of those files, "" likewise.
        boxes: (n, 4) left, top, right, bottom of the face in the picture as it is, NaN where none is known.
        moments: in transactions, the moment that a picture is taken at; any condition then sees it moved.
    """

    linear: Strings
    sha256: Strings
    boxes: Floats
    moments: Moments | None = None


def scenes(samples: Samples, linear: Mapping[str, str], boxes: Floats, threads: int) -> Scenes:
    """The samples' scenes, from `linear` (picture -> linear file) and the face boxes of the clean acquisition."""
    paths = np.array([linear.get(path, "") for path in samples.paths.tolist()], dtype=np.str_)
    return Scenes(paths, _hashed(samples.root, paths, threads), boxes)


def run(
    pipeline: Pipeline, samples: Samples, sha256: Strings, advance: Advance, known_scenes: Scenes | None = None
) -> tuple[Acquisitions, Templates]:
    """Acquire and embed every sample.

    Args:
        pipeline: what to do to each.
        samples: whom.
        sha256: from `hash_files`.
        advance: called with a number of samples whenever so many more are done.
        known_scenes: from `scenes`; without it conditions start from the pictures, and cameras are told of no face.

    Raises:
        ModelRefused: the recogniser fails on its own input.
        StoreError: the cache cannot be written.
    """
    cv2.setNumThreads(1)  # the workers are the threads; more inside each would only wait for one another
    scene = _needed(known_scenes, pipeline.condition)
    keys = _keys(pipeline, samples, sha256, scene)
    with (
        store.RowCache("acquisitions", pipeline.acquisition_digest) as acquired,
        store.RowCache("templates", pipeline.template_digest) as embedded,
    ):
        found, vectors = acquired.get_many(keys), embedded.get_many(keys)
        missing = {key: row for row, key in reversed(list(enumerate(keys))) if key not in found or key not in vectors}
        todo = sorted(missing.values())
        advance(len(keys) - len(todo))
        for rows, results in _batches(pipeline, samples, scene, keys, found, todo):
            new = {keys[row]: _pack(result) for row, result in zip(rows, results, strict=True)}
            templates = _embed(pipeline.recogniser, results)
            acquired.put_many(new)
            embedded.put_many({keys[row]: value for row, value in zip(rows, templates, strict=True)})
            found.update(new)
            vectors.update({keys[row]: value for row, value in zip(rows, templates, strict=True)})
            advance(len(rows))
    acquisitions = _acquisitions(pipeline, [json.loads(found[key]) for key in keys], sha256)
    return acquisitions, _templates(pipeline, [vectors[key] for key in keys])


def _needed(known: Scenes | None, condition: ConditionCard) -> Scenes | None:
    """As much of the scenes as the condition makes use of."""
    if known is None or conditions.starts_from_scene(condition):
        return known
    if known.moments is None:
        return None
    return replace(known, linear=np.full_like(known.linear, ""), sha256=np.full_like(known.sha256, ""))


def _keys(pipeline: Pipeline, samples: Samples, sha256: Strings, scene: Scenes | None) -> list[str]:
    """The cache's key of each sample: the image, the sample where its noise is its own or its file is missing, and
    the scene where the condition starts from it."""
    own = conditions.stochastic(pipeline.condition) or (scene is not None and scene.moments is not None)
    keys = [
        f"{digest}:{sample}" if own or not digest else str(digest)
        for digest, sample in zip(sha256, samples.ids, strict=True)
    ]
    if scene is None:
        return keys
    boxes = ["none" if np.isnan(box).any() else box.astype("<f4").tobytes().hex() for box in scene.boxes]
    return [f"{key}:{light}:{box}" for key, light, box in zip(keys, scene.sha256, boxes, strict=True)]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """One sample on its way: what acquisition made of it, and its aligned crop where it has one."""

    acquisition: Mapping[str, Any]
    crop: Crops | None


def _batches(
    pipeline: Pipeline,
    samples: Samples,
    scene: Scenes | None,
    keys: list[str],
    found: Mapping[str, bytes],
    todo: list[int],
) -> Iterator[tuple[list[int], list[_Prepared]]]:
    """Batches of prepared samples in order; workers prepare the next ones while the caller embeds."""
    chunks = [todo[start : start + pipeline.batch] for start in range(0, len(todo), pipeline.batch)]
    waiting: deque[tuple[list[int], list[Future[_Prepared]]]] = deque()
    pool = ThreadPoolExecutor(pipeline.threads)

    def submit(rows: list[int]) -> None:
        known = [found.get(keys[row]) for row in rows]
        futures = [
            pool.submit(_prepare, pipeline, samples, scene, row, value) for row, value in zip(rows, known, strict=True)
        ]
        waiting.append((rows, futures))

    try:
        for chunk in chunks:
            submit(chunk)
            if len(waiting) > 2:
                rows, futures = waiting.popleft()
                yield rows, [future.result() for future in futures]
        while waiting:
            rows, futures = waiting.popleft()
            yield rows, [future.result() for future in futures]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare(pipeline: Pipeline, samples: Samples, scene: Scenes | None, row: int, known: bytes | None) -> _Prepared:
    """Load, degrade, acquire (unless it is known already) and align one sample."""
    if known is not None and json.loads(known)["outcome"] != "ok":
        return _Prepared(json.loads(known), None)
    try:
        photo = _received(pipeline, samples, scene, row)
    except (acquire.Unreadable, conditions.Unreadable) as failure:
        return _Prepared(_failed("unreadable", str(failure)), None)
    image = photo.pixels
    acquisition = json.loads(known) if known is not None else {**_acquire(pipeline, image), **_sent(photo)}
    if acquisition["outcome"] != "ok":
        return _Prepared(acquisition, None)
    landmarks = np.array(acquisition["landmarks"], dtype=np.float32)
    try:
        crop = acquire.align(image, landmarks, pipeline.recogniser.card.preprocess)
    except InputError:
        # Acquired, but this net gets no crop: no template, and so a failed comparison.
        return _Prepared(acquisition, None)
    return _Prepared(acquisition, crop)


def _received(pipeline: Pipeline, samples: Samples, scene: Scenes | None, row: int) -> conditions.Photo:
    """What arrives of one sample under the condition.

    Raises:
        acquire.Unreadable, conditions.Unreadable: nothing does.
        DatasetError: its linear light is damaged.
    """
    image: conditions.Image
    if scene is not None and scene.linear[row]:
        image = synth.read_linear(samples.root / str(scene.linear[row]))
    else:
        _, image = acquire.read_image(samples.root / str(samples.paths[row]))
    box = _box(scene.boxes[row]) if scene is not None else None
    if scene is not None and scene.moments is not None:
        image, box = _moved(pipeline.seed, scene.moments, row, image, box)
    rng = conditions.rng_for(pipeline.seed, str(samples.ids[row]), pipeline.condition.name)
    return conditions.photograph(pipeline.condition, image, rng, box)


def _moved(
    seed: int, moments: Moments, row: int, image: conditions.Image, box: conditions.Box | None
) -> tuple[conditions.Image, conditions.Box | None]:
    """The picture as the hand holds it at its moment: the same path under every condition."""
    attempt, frame = int(moments.attempt[row]), int(moments.frame[row])
    path = conditions.rng_for(seed, f"{moments.picture[row]}#a{attempt}", "the hand")
    return conditions.selfie.moment(image, path, attempt, frame, face_box=box)


def _box(box: Floats) -> conditions.Box | None:
    if np.isnan(box).any():
        return None
    left, top, right, bottom = box.tolist()
    return left, top, right, bottom


def _failed(outcome: str, reason: str) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "box": None, "landmarks": None, "quality": {}}


def _sent(photo: conditions.Photo) -> dict[str, Any]:
    return {"sent": len(photo.file) if photo.file is not None else None, "seconds": photo.seconds}


def _acquire(pipeline: Pipeline, image: Crops) -> dict[str, Any]:
    one = acquire.acquire_one(image, pipeline.detector, pipeline.rules)
    if one.outcome != "ok":
        return _failed(one.outcome, one.reason)
    return {
        "outcome": "ok",
        "reason": "",
        "box": [float(x) for x in one.box],
        "landmarks": [[float(x) for x in point] for point in one.landmarks],
        "quality": {name: float(value) for name, value in one.quality.items()},
    }


def _pack(prepared: _Prepared) -> bytes:
    return json.dumps(prepared.acquisition).encode()


def _embed(recogniser: Recogniser, results: list[_Prepared]) -> list[bytes]:
    """Template bytes per result; empty where there is none."""
    crops = [result.crop for result in results if result.crop is not None]
    vectors = iter(recogniser.embed(np.stack(crops))) if crops else iter(())
    out = []
    for result in results:
        vector = next(vectors) if result.crop is not None else None
        out.append(vector.tobytes() if vector is not None and np.isfinite(vector).all() else b"")
    return out


def _acquisitions(pipeline: Pipeline, rows: list[Mapping[str, Any]], sha256: Strings) -> Acquisitions:
    names = sorted({name for row in rows for name in row["quality"]})
    return Acquisitions(
        condition=pipeline.condition.name,
        detector=pipeline.detector_card.name,
        outcome=np.array([row["outcome"] for row in rows], dtype=np.str_),
        reason=np.array([row["reason"] for row in rows], dtype=np.str_),
        box=_floats([row["box"] for row in rows], (4,)),
        landmarks=_floats([row["landmarks"] for row in rows], (5, 2)),
        quality={name: _floats([row["quality"].get(name) for row in rows], ()) for name in names},
        sha256=sha256,
        sent=_floats([row.get("sent") for row in rows], ()),
        seconds=_floats([row.get("seconds") for row in rows], ()),
    )


def _floats(values: list[Any], shape: tuple[int, ...]) -> Floats:
    out = np.full((len(values), *shape), np.nan, dtype=np.float32)
    for row, value in enumerate(values):
        if value is not None:
            out[row] = value
    return out


def _templates(pipeline: Pipeline, values: list[bytes]) -> Templates:
    card = pipeline.recogniser.card
    rows: Rows = np.array([row for row, value in enumerate(values) if value], dtype=np.int64)
    data = b"".join(values)
    vectors = np.frombuffer(data, dtype=np.float32).reshape(-1, card.dim)
    return Templates(rows, vectors, card.name, pipeline.condition.name, card.similarity)
