"""MTCNN: three nets, each looking closer at what the one before proposed.

Zhang, Zhang, Li, Qiao: "Joint face detection and alignment using multitask cascaded convolutional networks", IEEE SPL
2016. Thresholds, box arithmetic and suppression are those of the published package `mtcnn` 1.0.0, from which the
weights come, with one difference: the pyramid ends where the picture falls below the first net's window; the package
counts its levels without regard to the smallest face.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facegap import backend
from facegap.acquire.faces import Faces, Floats, Pixels, no_faces, overlap
from facegap.cards import DetectorCard
from facegap.errors import ModelRefused

_FACTOR = 0.709
_WINDOW = 12
_STRIDE = 2
_PROPOSAL_SCORE, _REFINED_SCORE = 0.6, 0.7
_LEVEL_OVERLAP, _OVERLAP = 0.5, 0.7
_MAX_PROPOSALS = 1000
"""Best proposals that one net hands on; keeps the work bounded on a picture that is all texture."""

_EXACT_VALUES = 16_000_000
"""Pictures of more values are resized as bytes, at most half a grey value off, to spare four times their memory."""


class Mtcnn:
    """The opened cascade."""

    def __init__(self, card: DetectorCard, files: dict[str, Path], provider: str, threads: int) -> None:
        self._proposal = backend.open_net(files["pnet"], provider, threads, card.sha256s.get("pnet"))
        self._refine = backend.open_net(files["rnet"], provider, threads, card.sha256s.get("rnet"))
        self._output = backend.open_net(files["onet"], provider, threads, card.sha256s.get("onet"))
        self._name = card.name
        self._min_face = card.min_face
        self._score = card.score

    def detect(self, image: Pixels) -> Faces:
        """Faces of an (h, w, 3) uint8 RGB image, at least `min_face` pixels large.

        Raises:
            ModelRefused: a net fails, or its outputs have not the shapes of MTCNN's.
        """
        try:
            return self._detect(image)
        except (IndexError, ValueError) as error:
            raise ModelRefused(f"{self._name}: the outputs of its nets are not those of MTCNN: {error}") from None

    def _detect(self, image: Pixels) -> Faces:
        boxes = self._propose(image)
        if len(boxes) == 0:
            return no_faces()
        score, shift = self._refine.run({"image": patches(image, boxes, 24)}, ["score", "box"])
        boxes, scores, _ = _kept(_moved(boxes, shift), score[:, 0], _REFINED_SCORE, score)
        order = suppress(boxes, scores, _OVERLAP)
        boxes = squared(boxes[order])
        if len(boxes) == 0:
            return no_faces()
        return self._finish(image, boxes)

    def _propose(self, image: npt.NDArray[Any]) -> Floats:
        """(k, 4) square proposals of the first net over the pyramid."""
        boxes, scores = [], []
        image = image.astype(np.float32) if image.size <= _EXACT_VALUES else image
        for scale in pyramid(image.shape[0], image.shape[1], self._min_face):
            # Truncated like the package's sizes.
            size = (int(image.shape[1] * scale), int(image.shape[0] * scale))
            level = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
            score, shift = self._proposal.run({"image": _normal(level[None])}, ["score", "box"])
            found, confidence = _windows(score[0, 0], shift[0], scale)
            order = suppress(found, confidence, _LEVEL_OVERLAP)
            boxes.append(found[order])
            scores.append(confidence[order])
        if not boxes:
            return np.zeros((0, 4), dtype=np.float32)
        every = np.concatenate(boxes)
        return squared(every[suppress(every, np.concatenate(scores), _OVERLAP)])

    def _finish(self, image: Pixels, boxes: Floats) -> Faces:
        score, shift, points = self._output.run({"image": patches(image, boxes, 48)}, ["score", "box", "landmarks"])
        landmarks = _landmarks(boxes, points)
        boxes, scores, landmarks = _kept(_moved(boxes, shift), score[:, 0], self._score, landmarks)
        order = suppress(boxes, scores, _OVERLAP, of_smaller=True)
        return Faces(boxes[order], landmarks[order], scores[order])


def pyramid(height: int, width: int, min_face: float) -> Iterator[float]:
    """Scales at which a face of `min_face` pixels and larger ones fill the first net's window."""
    scale = _WINDOW / min_face
    while min(height, width) * scale >= _WINDOW:
        yield scale
        scale *= _FACTOR


def suppress(boxes: Floats, scores: Floats, limit: float, of_smaller: bool = False) -> npt.NDArray[np.intp]:
    """(n,) indices, best score first, of the boxes that no better-scored box overlaps by more than `limit`.

    A box that is itself suppressed still suppresses, as in the package (greedy suppression would let more pass). Only
    the `_MAX_PROPOSALS` best boxes are looked at.

    Args:
        boxes: (k, 4) left, top, right, bottom in pixels.
        scores: (k,) of the boxes.
        limit, of_smaller: a share, and of what, as for `overlap`.
    """
    order = np.argsort(-scores, kind="stable")[:_MAX_PROPOSALS]
    ranked = boxes[order]
    by_better = np.triu(overlap(ranked, ranked, of_smaller) > limit, k=1)
    return order[~by_better.any(axis=0)]


def squared(boxes: Floats) -> Floats:
    """(k, 4) boxes of the same centres as (k, 4) `boxes`, whose sides are the longer side."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = np.max(boxes[:, 2:] - boxes[:, :2], axis=1, initial=0)[:, None] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def patches(image: Pixels, boxes: Floats, side: int) -> Floats:
    """(k, 3, side, side) float32 crops of the boxes, (value - 127.5) / 128.

    Sampled bilinearly at `side` points a side, the first and last on the box's edges, with the box scaled by (n - 1)/n
    of the image's sides, as TensorFlow's `crop_and_resize` on relative boxes does; grey outside the image.

    Args:
        image: (h, w, 3) uint8 RGB.
        boxes: (k, 4) left, top, right, bottom in pixels.
    """
    columns = _samples(boxes[:, 0], boxes[:, 2], image.shape[1], side)
    rows = _samples(boxes[:, 1], boxes[:, 3], image.shape[0], side)
    x0, y0 = np.floor(columns).astype(np.intp), np.floor(rows).astype(np.intp)
    right = (columns - x0).astype(np.float32)[:, None, :, None]
    down = (rows - y0).astype(np.float32)[:, :, None, None]
    x, y = np.clip([x0, x0 + 1], 0, image.shape[1] - 1), np.clip([y0, y0 + 1], 0, image.shape[0] - 1)
    top = _lerp(_take(image, y[0], x[0]), _take(image, y[0], x[1]), right)
    bottom = _lerp(_take(image, y[1], x[0]), _take(image, y[1], x[1]), right)
    crops = (_lerp(top, bottom, down) - np.float32(127.5)) / np.float32(128)
    inside = _inside(rows, image.shape[0])[:, :, None] & _inside(columns, image.shape[1])[:, None, :]
    crops[~inside] = 0
    return np.ascontiguousarray(crops.transpose(0, 3, 1, 2))


def _samples(low: Floats, high: Floats, extent: int, side: int) -> npt.NDArray[np.float64]:
    """(k, side) positions from low to high."""
    steps = np.arange(side) / (side - 1)
    ends = np.stack([low, high]).astype(np.float64) * ((extent - 1) / extent)
    return np.asarray(ends[0][:, None] + (ends[1] - ends[0])[:, None] * steps)


def _inside(positions: npt.NDArray[np.float64], extent: int) -> npt.NDArray[np.bool_]:
    return np.asarray((positions >= 0) & (positions <= extent - 1))


def _take(image: Pixels, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
    return image[rows[:, :, None], columns[:, None, :]].astype(np.float32)


def _lerp(a: Floats, b: Floats, share: Floats) -> Floats:
    return a + (b - a) * share


def _normal(images: npt.NDArray[Any]) -> Floats:
    """(n, 3, h, w) float32 from (n, h, w, 3) grey values."""
    return np.ascontiguousarray(((images.astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2))


def _windows(score: Floats, shift: Floats, scale: float) -> tuple[Floats, Floats]:
    """Boxes in the image's pixels and scores of the windows that the first net takes for faces.

    A window's pixels count from 1 to 12, as in the authors' code, so that its sides are 11.
    """
    rows, columns = np.nonzero(score > _PROPOSAL_SCORE)
    corner = np.stack([columns, rows, columns, rows], axis=1) * _STRIDE + np.array([1, 1, _WINDOW, _WINDOW])
    boxes = (corner + shift[:, rows, columns].T * (_WINDOW - 1)) / scale
    return boxes.astype(np.float32), score[rows, columns]


def _sides(boxes: Floats) -> Floats:
    """(k, 2) widths and heights, counting both edge pixels."""
    return boxes[:, 2:] - boxes[:, :2] + 1


def _moved(boxes: Floats, shift: Floats) -> Floats:
    return boxes + shift * np.tile(_sides(boxes), 2)


def _landmarks(boxes: Floats, points: Floats) -> Floats:
    """(k, 5, 2) from shares of the box, five x and then five y."""
    return boxes[:, None, :2] + np.stack([points[:, :5], points[:, 5:]], axis=2) * _sides(boxes)[:, None, :] - 1


def _kept(boxes: Floats, scores: Floats, limit: float, more: Floats) -> tuple[Floats, Floats, Floats]:
    keep = scores > limit
    return boxes[keep], scores[keep], more[keep]
