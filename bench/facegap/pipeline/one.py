"""One sample on its way: loaded, degraded, acquired, aligned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from facegap import acquire, conditions, synth
from facegap.cards import ConditionCard
from facegap.embed import Crops
from facegap.errors import InputError
from facegap.pipeline.line import Pipeline
from facegap.pipeline.scenes import Scenes, box_of, moved
from facegap.records import Samples


@dataclass(frozen=True, eq=False)
class Prepared:
    """One sample on its way: what acquisition made of it, its aligned (h, w, 3) crop where it has one, and its score of
    liveness where it was judged.
    """

    acquisition: Mapping[str, Any]
    crop: Crops | None
    liveness: float | None = None


def prepare(
    pipeline: Pipeline, samples: Samples, scene: Scenes | None, row: int, known: bytes | None, judge: bool = False
) -> Prepared:
    """Load, degrade, acquire (unless it is known already), judge where it is to be, and align one sample."""
    if known is not None and json.loads(known)["outcome"] != "ok":
        return Prepared(json.loads(known), None)
    try:
        photo = received(pipeline.condition, pipeline.seed, samples, scene, row)
    except (acquire.Unreadable, conditions.Unreadable) as failure:
        return Prepared(_failed("unreadable", str(failure)), None)
    image = photo.pixels
    acquisition = json.loads(known) if known is not None else {**_acquire(pipeline, image), **_sent(photo)}
    if acquisition["outcome"] != "ok":
        return Prepared(acquisition, None)
    landmarks = np.array(acquisition["landmarks"], dtype=np.float32)
    net = pipeline.liveness if judge else None
    live = net.score(image, acquisition["box"]) if net is not None else None
    try:
        crop = acquire.align(image, landmarks, pipeline.recogniser.card.preprocess)
    except InputError:
        # Acquired, but this net gets no crop: no template, and so a failed comparison.
        return Prepared(acquisition, None, live)
    return Prepared(acquisition, crop, live)


def received(condition: ConditionCard, seed: int, samples: Samples, scene: Scenes | None, row: int) -> conditions.Photo:
    """What arrives of one sample under the condition; `scene` as far as the condition makes use of it, see `needed`.

    Raises:
        acquire.Unreadable, conditions.Unreadable: nothing does.
        DatasetError: its linear light is damaged.
    """
    moments = scene.moments if scene is not None else None
    if moments is None or not conditions.filmed_by(condition):
        upload = moments.upload(seed, row, condition.plain_name) if moments is not None else None
        take = _take(condition, seed, samples, scene, row)
        return conditions.photograph(condition, take.image, take.rng, take.face_box, upload)
    rows = moments.attempt_of(row)

    def film() -> list[conditions.Photo | conditions.Unreadable]:
        takes = [_take(condition, seed, samples, scene, one) for one in rows]
        return conditions.film(condition, takes, moments.upload(seed, row, condition.plain_name))

    # Detectors differ in the face that the camera is told of.
    key = (conditions.digest(condition), seed, rows[0], scene.boxes[rows[0]].tobytes() if scene is not None else b"")
    arrived = moments.films.get(key, film)[rows.index(row)]
    if isinstance(arrived, conditions.Unreadable):
        raise arrived
    return arrived


def _take(condition: ConditionCard, seed: int, samples: Samples, scene: Scenes | None, row: int) -> conditions.Take:
    """What the camera sees of one sample, with its random numbers."""
    image: conditions.Image
    if scene is not None and scene.linear[row]:
        image = synth.read_linear(samples.root / str(scene.linear[row]))
    else:
        _, image = acquire.read_image(samples.root / str(samples.paths[row]))
    box = box_of(scene.boxes[row]) if scene is not None else None
    if scene is not None and scene.moments is not None:
        image, box = moved(seed, scene.moments, row, image, box)
    return conditions.Take(image, conditions.rng_for(seed, str(samples.ids[row]), condition.plain_name), box)


def _failed(outcome: str, reason: str) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "box": None, "landmarks": None, "quality": {}}


def _sent(photo: conditions.Photo) -> dict[str, Any]:
    return {"sent": photo.size, "seconds": photo.seconds}


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


def pack(prepared: Prepared) -> bytes:
    """What the cache keeps of an acquisition."""
    return json.dumps(prepared.acquisition).encode()
