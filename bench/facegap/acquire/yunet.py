"""YuNet: one net, an anchor-free head at three strides.

Wu, Peng, Yu: "YuNet: a tiny millisecond-level face detector", MIR 2023. The decoding is that of OpenCV's
`FaceDetectorYN`: a cell's score is the geometric mean of class and objectness, its box a centre and the logarithm of a
size in strides, its landmarks offsets in strides.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from facegap import backend
from facegap.acquire.faces import Faces, Floats, Pixels, no_faces, overlap
from facegap.cards import DetectorCard
from facegap.errors import ModelRefused

_STRIDES = (8, 16, 32)
_HEADS = ("cls", "obj", "bbox", "kps")
_VALUES = (1, 1, 4, 10)
"""Of each head in a cell."""

_OVERLAP = 0.3
_MAX_CANDIDATES = 5000


class Yunet:
    """The opened net."""

    def __init__(self, card: DetectorCard, files: dict[str, Path], provider: str, threads: int) -> None:
        """Open `files["net"]`.

        Raises:
            BackendMissing: the provider does not run here.
            ModelRefused: the file is no YuNet net of free height and width.
        """
        self._net = backend.open_net(files["net"], provider, threads, card.sha256)
        self._outputs = [f"{head}_{stride}" for stride in _STRIDES for head in _HEADS]
        missing = sorted(set(self._outputs) - {port.name for port in self._net.outputs})
        if missing:
            raise ModelRefused(f"{files['net']}: not a YuNet file: no output {', '.join(missing)}")
        sides = self._net.inputs[0].shape[2:] if len(self._net.inputs) == 1 else ()
        if len(sides) != 2 or any(isinstance(side, int) for side in sides):
            raise ModelRefused(f"{files['net']}: expected a YuNet file of free height and width, found {sides}")
        self._input = self._net.inputs[0].name
        self._min_face = card.min_face
        self._score = card.score

    def detect(self, image: Pixels) -> Faces:
        """Faces of an (h, w, 3) uint8 RGB image, at least `min_face` pixels large.

        Raises:
            ModelRefused: the net fails, or gives maps that are no YuNet's.
        """
        padded = _padded(image)
        feed = np.ascontiguousarray(padded[None, :, :, ::-1].transpose(0, 3, 1, 2), dtype=np.float32)
        maps = self._net.run({self._input: feed}, self._outputs)
        self._check(maps, padded.shape[0] * padded.shape[1])
        found = [
            _decode(maps[4 * level : 4 * level + 4], stride, padded.shape[1] // stride, self._score)
            for level, stride in enumerate(_STRIDES)
        ]
        boxes, landmarks, scores = (np.concatenate(part) for part in zip(*found, strict=True))
        large = np.max(boxes[:, 2:] - boxes[:, :2], axis=1, initial=0) >= self._min_face
        boxes, landmarks, scores = boxes[large], landmarks[large], scores[large]
        if len(scores) == 0:
            return no_faces()
        order = _greedy(boxes, scores)
        return Faces(boxes[order], landmarks[order], scores[order])

    def _check(self, maps: list[Floats], pixels: int) -> None:
        """A row of each map for every cell of a stride."""
        for k, (name, found) in enumerate(zip(self._outputs, maps, strict=True)):
            cells, values = pixels // _STRIDES[k // 4] ** 2, _VALUES[k % 4]
            if np.shape(found) != (1, cells, values) or np.asarray(found).dtype != np.float32:
                shown = f"{np.asarray(found).dtype} {list(np.shape(found))}"
                raise ModelRefused(
                    f"{self._net.file}: not a YuNet file: output {name}: expected float32 [1, {cells}, {values}], "
                    f"found {shown}"
                )


def _padded(image: Pixels) -> Pixels:
    """The image with black at the right and bottom, so that its sides are multiples of the largest stride."""
    down, right = (-image.shape[0]) % _STRIDES[-1], (-image.shape[1]) % _STRIDES[-1]
    return np.asarray(cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_CONSTANT, value=0), dtype=np.uint8)


def _decode(maps: list[Floats], stride: int, columns: int, limit: float) -> tuple[Floats, Floats, Floats]:
    """Boxes (k, 4), landmarks (k, 5, 2) and scores (k,) of the cells that score at least `limit`."""
    kind, presence, box, points = (head[0] for head in maps)
    scores = np.sqrt(np.clip(kind[:, 0], 0, 1) * np.clip(presence[:, 0], 0, 1))
    cells = np.nonzero(scores >= limit)[0]
    corner = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    centre = (corner + box[cells, :2]) * stride
    half = np.exp(box[cells, 2:]) * stride / 2
    landmarks = (corner[:, None, :] + points[cells].reshape(-1, 5, 2)) * stride
    return np.concatenate([centre - half, centre + half], axis=1), landmarks, scores[cells]


def _greedy(boxes: Floats, scores: Floats) -> npt.NDArray[np.intp]:
    """Indices, best first, of the boxes that no better-scored kept box overlaps by more than the limit."""
    order = np.argsort(-scores, kind="stable")[:_MAX_CANDIDATES]
    kept: list[np.intp] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        order = order[overlap(boxes[None, best], boxes[order])[0] <= _OVERLAP]
    return np.array(kept, dtype=np.intp)
