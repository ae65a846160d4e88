"""From image files to templates: load, condition, acquire, align, embed, with decoding beside inference and a cache.

What was computed for an image is cached under the digest of everything that shaped it, batch by batch, so that a run
that was killed goes on where it stopped, and a run that changes only thresholds or groups computes no image again.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from facegap import backend, conditions, store
from facegap.embed import Crops, Recogniser, apart
from facegap.errors import ModelRefused
from facegap.pipeline.line import Pipeline
from facegap.pipeline.machine import Advance
from facegap.pipeline.one import Prepared, pack, prepare
from facegap.pipeline.scenes import Scenes, needed
from facegap.records import Acquisitions, Floats, Mask, Rows, Samples, Strings, Templates


def run(
    pipeline: Pipeline,
    samples: Samples,
    sha256: Strings,
    advance: Advance,
    known_scenes: Scenes | None = None,
    judge: Mask | None = None,
) -> tuple[Acquisitions, Templates]:
    """Acquire and embed every sample.

    Scores of liveness stand beside the outcomes: who is refused by them is decided afterwards.

    Args:
        pipeline: what to do to each.
        samples: whom.
        sha256: (n,) from `hash_files`.
        advance: called with a number of samples whenever so many more are done.
        known_scenes: from `scenes`; without it conditions start from the pictures, and cameras are told of no face.
        judge: (n,) which samples the pipeline's net of liveness looks at; None: nobody.

    Raises:
        ModelRefused: the recogniser fails on its own input, or a template depends on the rest of its batch.
        StoreError: the cache cannot be written.
    """
    cv2.setNumThreads(1)  # the workers are the threads; more inside each would only wait for one another
    scene = needed(known_scenes, pipeline.condition)
    keys = _keys(pipeline, samples, sha256, scene)
    judging = judge is not None and pipeline.liveness is not None
    wanted = (
        {key for key, mine in zip(keys, judge.tolist(), strict=True) if mine}
        if judging and judge is not None
        else set()
    )
    with (
        store.RowCache("acquisitions", pipeline.acquisition_digest) as acquired,
        store.RowCache("templates", pipeline.template_digest) as embedded,
        _scores_of_liveness(pipeline, wanted) as live,
    ):
        found, vectors, scores = acquired.get_many(keys), embedded.get_many(keys), live.get_many(wanted)
        lacking = {key for key in keys if key not in found or key not in vectors} | (wanted - scores.keys())
        missing = {key: row for row, key in reversed(list(enumerate(keys))) if key in lacking}
        missed = sorted(missing.values())
        advance(len(keys) - len(missed))
        for number, (rows, results) in enumerate(_batches(pipeline, samples, scene, keys, found, missed, wanted)):
            new = {keys[row]: pack(result) for row, result in zip(rows, results, strict=True)}
            templates = _embed(pipeline.recogniser, results, number == 0)
            acquired.put_many(new)
            embedded.put_many({keys[row]: value for row, value in zip(rows, templates, strict=True)})
            judged = {keys[row]: _score(result) for row, result in zip(rows, results, strict=True)}
            live.put_many({key: value for key, value in judged.items() if key in wanted})
            scores.update(judged)
            found.update(new)
            vectors.update({keys[row]: value for row, value in zip(rows, templates, strict=True)})
            advance(len(rows))
    acquisitions = _acquisitions(pipeline, [json.loads(found[key]) for key in keys], sha256)
    if judge is not None and pipeline.liveness is not None:
        own = [scores.get(key, b"") if mine else b"" for key, mine in zip(keys, judge.tolist(), strict=True)]
        acquisitions = _judged(acquisitions, own)
    return acquisitions, _templates(pipeline, [vectors[key] for key in keys])


class _Nobody:
    """In place of a cache where nobody is judged."""

    def get_many(self, _: Iterable[str]) -> dict[str, bytes]:
        """Nothing is known."""
        return {}

    def put_many(self, _: Mapping[str, bytes]) -> None:
        """Nothing is kept."""


@contextmanager
def _scores_of_liveness(pipeline: Pipeline, wanted: set[str]) -> Iterator[store.RowCache | _Nobody]:
    if not wanted:
        yield _Nobody()
        return
    with store.RowCache("liveness", pipeline.liveness_digest) as found:
        yield found


def _score(result: Prepared) -> bytes:
    """What the cache keeps of a score of liveness; nothing where the sample was not judged."""
    return b"" if result.liveness is None else np.float32(result.liveness).tobytes()


def _judged(acquisitions: Acquisitions, scores: Sequence[bytes]) -> Acquisitions:
    found = [np.frombuffer(score, dtype=np.float32)[0] if score else np.nan for score in scores]
    return replace(
        acquisitions,
        judged=np.array([bool(score) for score in scores], dtype=bool),
        liveness=np.array(found, dtype=np.float32),
    )


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
    if scene.moments is not None:
        keys = [f"{key}:sent with {scene.moments.together}" for key in keys]
    boxes = ["none" if np.isnan(box).any() else box.astype("<f4").tobytes().hex() for box in scene.boxes]
    return [f"{key}:{light}:{box}" for key, light, box in zip(keys, scene.sha256, boxes, strict=True)]


def _batches(
    pipeline: Pipeline,
    samples: Samples,
    scene: Scenes | None,
    keys: list[str],
    found: Mapping[str, bytes],
    missed: list[int],
    wanted: set[str],
) -> Iterator[tuple[list[int], list[Prepared]]]:
    """Batches of prepared samples in order; workers prepare the next ones while the caller embeds."""
    chunks = [missed[start : start + pipeline.batch] for start in range(0, len(missed), pipeline.batch)]
    waiting: deque[tuple[list[int], list[Future[Prepared]]]] = deque()
    pool = ThreadPoolExecutor(pipeline.threads)

    def submit(rows: list[int]) -> None:
        futures = [
            pool.submit(prepare, pipeline, samples, scene, row, found.get(keys[row]), keys[row] in wanted)
            for row in rows
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
    except KeyboardInterrupt:
        _stop(pool, [future for _, futures in waiting for future in futures])
        raise
    finally:
        pool.shutdown(wait=not backend.left_running(), cancel_futures=True)


_PATIENCE = 10
"""How often, a tenth of a second apart, workers are told to stop before they are left alone."""


def _stop(pool: ThreadPoolExecutor, futures: list[Future[Prepared]]) -> None:
    """End what the workers have begun: a detector's net may be one that never ends, and each may run several."""
    pool.shutdown(wait=False, cancel_futures=True)
    for _ in range(_PATIENCE):
        backend.interrupt()
        if not wait(futures, timeout=0.1).not_done:
            break


_SINGLY = 4
"""Pictures of a first batch that are embedded once more by themselves."""


def _embed(recogniser: Recogniser, results: list[Prepared], singly: bool) -> list[bytes]:
    """Template bytes per result; empty where there is none. `singly`: see that the batch changes no template.

    Raises:
        ModelRefused: it does, though it did not with the made-up pictures of `settled`.
    """
    crops = [result.crop for result in results if result.crop is not None]
    found = recogniser.embed(np.stack(crops)) if crops else np.empty((0, 0), dtype=np.float32)
    if singly and len(crops) > 1 and not recogniser.single:
        _refuse_dependent(recogniser, np.stack(crops[:_SINGLY]), found[:_SINGLY])
    vectors = iter(found)
    out = []
    for result in results:
        vector = next(vectors) if result.crop is not None else None
        out.append(vector.tobytes() if vector is not None and np.isfinite(vector).all() else b"")
    return out


def _refuse_dependent(recogniser: Recogniser, crops: Crops, found: Floats) -> None:
    far = apart(found, recogniser.one_at_a_time().embed(crops))
    if far > recogniser.tolerance:
        raise ModelRefused(
            f"{recogniser.card.name}: templates depend on the rest of a batch (they differ by {far:.1e} of their "
            f"length from those of one picture at a time, allowed {recogniser.tolerance:g}); set batch = 1 in [backend]"
        )


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
    return Templates(
        rows=rows, vectors=vectors, model=card.name, condition=pipeline.condition.name, similarity=card.similarity
    )
