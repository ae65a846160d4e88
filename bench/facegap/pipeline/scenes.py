"""What a condition is told beside the picture: true light, the face's place, the moment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import numpy as np

from facegap import acquire, conditions, store
from facegap.cards import ConditionCard
from facegap.records import Floats, Rows, Samples, Strings


def hash_files(samples: Samples, threads: int) -> Strings:
    """(n,) hex SHA-256 of every image file, "" where it cannot be read or is larger than pictures are read."""
    return _hashed(samples.root, samples.paths, threads, acquire.MAX_BYTES)


def _hashed(root: Path, paths: Strings, threads: int, most: float = float("inf")) -> Strings:
    """(n,) hex SHA-256 of the files below `root`, "" where there is none of at most `most` bytes that can be read."""

    def one(name: str) -> str:
        path = root / name
        try:
            # A named pipe would be waited for.
            return store.sha256_file(path) if path.is_file() and path.stat().st_size <= most else ""
        except OSError:
            return ""

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(one, paths.tolist()))
    return np.array(found, dtype="U64")


class Films:
    """What arrived of the last few attempts whose frames are one video: it is made once for all of them."""

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._lock = Lock()
        self._made: OrderedDict[object, Future[list[conditions.Photo | conditions.Unreadable]]] = OrderedDict()

    def get(
        self, key: object, make: Callable[[], list[conditions.Photo | conditions.Unreadable]]
    ) -> list[conditions.Photo | conditions.Unreadable]:
        """What `make` gives for the key; whoever asks while another makes it waits."""
        with self._lock:
            waiting = self._made.get(key)
            mine: Future[list[conditions.Photo | conditions.Unreadable]] = Future()
            if waiting is None:
                self._made[key] = mine
                if len(self._made) > self._most:
                    self._made.popitem(last=False)
        if waiting is not None:
            return waiting.result()
        try:
            mine.set_result(make())
        except BaseException as error:
            mine.set_exception(error)
            raise
        return mine.result()


@dataclass(frozen=True, eq=False)
class Moments:
    """When each of (n,) samples is taken: the picture that it is taken from, its attempt and its frame, from 1.

    `together` frames of an attempt are sent as one upload; `films` holds those that were made as one video.
    """

    picture: Strings
    attempt: Rows
    frame: Rows
    together: int = 1
    films: Films = field(default_factory=Films)

    def upload(self, seed: int, row: int, condition: str) -> conditions.Upload:
        """The upload that sample `row` is part of: one fate for all frames of an attempt."""
        attempt = f"{self.picture[row]}#a{int(self.attempt[row])}"
        rng = conditions.rng_for(seed, attempt, f"{condition}, the upload")
        return conditions.Upload(int(rng.integers(1 << 63)), self.together)

    def attempt_of(self, row: int) -> list[int]:
        """The rows of the frames that are sent with sample `row`, in order; they stand together."""
        first = row - int(self.frame[row]) + 1
        return list(range(first, first + self.together)) if int(self.frame[row]) <= self.together else [row]


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
    """The samples' scenes, from `linear` (picture -> linear file) and (n, 4) face boxes of the clean acquisition."""
    paths = np.array([linear.get(path, "") for path in samples.paths.tolist()], dtype=np.str_)
    return Scenes(paths, _hashed(samples.root, paths, threads), boxes)


def needed(known: Scenes | None, condition: ConditionCard) -> Scenes | None:
    """As much of the scenes as the condition makes use of."""
    if known is None or conditions.starts_from_scene(condition):
        return known
    if known.moments is None:
        return None
    return replace(known, linear=np.full_like(known.linear, ""), sha256=np.full_like(known.sha256, ""))


def moved(
    seed: int, moments: Moments, row: int, image: conditions.Image, box: conditions.Box | None
) -> tuple[conditions.Image, conditions.Box | None]:
    """The (h, w, 3) picture and its face's box as the hand holds them at their moment.

    The path is the same under every condition.
    """
    attempt, frame = int(moments.attempt[row]), int(moments.frame[row])
    path = conditions.rng_for(seed, f"{moments.picture[row]}#a{attempt}", "the hand")
    return conditions.selfie.moment(image, path, attempt, frame, face_box=box)


def box_of(box: Floats) -> conditions.Box | None:
    """The (4,) left, top, right, bottom as a box; None where they are NaN."""
    if np.isnan(box).any():
        return None
    left, top, right, bottom = box.tolist()
    return left, top, right, bottom
