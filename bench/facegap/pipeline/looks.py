"""A first look at every picture: whether it can be decoded, and digests that tell whether it is there twice.

The digests are kept in the private cache only, under the digest of the file.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL

from facegap import acquire, store
from facegap.acquire.load import Pixels
from facegap.datasets.copies import Looks
from facegap.pipeline.line import REVISION
from facegap.pipeline.machine import Progress
from facegap.pipeline.scenes import hash_files
from facegap.records import Samples, Strings

_SIDE, _LOW, _WORDS = 64, 16, 4
_BATCH = 256

_FLAT = 1.0
"""Frequencies weaker than this would be above or below the median by chance."""

Hash = npt.NDArray[np.uint64]


def look(samples: Samples, threads: int, progress: Progress, sha256: Strings | None = None) -> Looks:
    """A look at every sample's picture; `sha256` are the (n,) digests of the files where they are known.

    Raises:
        StoreError: the cache cannot be read or written.
    """
    sha256 = hash_files(samples, threads) if sha256 is None else sha256
    # A file that cannot even be hashed has no name in the cache.
    keys = [digest or f"row {row}" for row, digest in enumerate(sha256.tolist())]
    with store.RowCache("looks", store.digest([REVISION, PIL.__version__, cv2.__version__])) as cache:
        found = cache.get_many(set(sha256.tolist()) - {""})
        wanted = {key: row for row, key in enumerate(keys) if key not in found}
        with progress("look", len(wanted)) as advance, ThreadPoolExecutor(threads) as pool:
            missed = list(wanted.items())
            for start in range(0, len(missed), _BATCH):
                batch = missed[start : start + _BATCH]
                looks = pool.map(lambda item: _look(samples, item[1]), batch)
                new = {key: value for (key, _), value in zip(batch, looks, strict=True)}
                found.update(new)
                cache.put_many({key: value for key, value in new.items() if sha256[wanted[key]]})
                advance(len(batch))
    entries = [json.loads(found[key]) for key in keys]
    return Looks(
        sha256=sha256,
        pixels=np.array([entry["pixels"] for entry in entries], dtype="U64"),
        hashes=np.array([entry["hash"] for entry in entries], dtype=np.uint64).reshape(-1, _WORDS),
        reasons=np.array([entry["reason"] for entry in entries], dtype=np.str_),
    )


def _look(samples: Samples, row: int) -> bytes:
    try:
        _, pixels = acquire.read_image(samples.root / str(samples.paths[row]))
    except acquire.Unreadable as problem:
        return _packed("", [0] * _WORDS, problem.reason)
    shape = f"{pixels.shape[0]} x {pixels.shape[1]}:".encode()
    return _packed(hashlib.sha256(shape + pixels.tobytes()).hexdigest(), perceptual_hash(pixels).tolist(), "")


def _packed(pixels: str, words: list[Any], reason: str) -> bytes:
    return json.dumps({"pixels": pixels, "hash": words, "reason": reason}).encode()


def perceptual_hash(pixels: Pixels) -> Hash:
    """(4,) uint64, 256 bits of an (h, w, 3) picture: its lowest spatial frequencies above their median or not.

    Few bits differ between a picture and the same one scaled or coded again (Zauner, Implementation and Benchmarking of
    Perceptual Image Hash Functions, 2010: the DCT hash).
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_LOW, :_LOW].ravel()
    low[0] = 0  # the mean brightness is nobody's
    bits = low > np.median(low) + _FLAT
    return np.packbits(bits).view(np.uint64)
