"""Opens the detector that a card describes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facegap.acquire.faces import Detector, Faces, Pixels
from facegap.acquire.mtcnn import Mtcnn
from facegap.acquire.yunet import Yunet
from facegap.cards import DetectorCard


class WholeImage:
    """For samples that are aligned crops already: the face is the image, and its landmarks are unknown (NaN)."""

    def detect(self, image: Pixels) -> Faces:
        """One face that fills the (h, w, 3) uint8 RGB image, of score 1 and without landmarks (NaN)."""
        height, width = image.shape[:2]
        box = np.array([[0, 0, width, height]], dtype=np.float32)
        return Faces(box, np.full((1, 5, 2), np.nan, dtype=np.float32), np.ones(1, dtype=np.float32))


def open_detector(card: DetectorCard, files: dict[str, Path], provider: str = "cpu", threads: int = 1) -> Detector:
    """The card's detector, ready to be used by several threads.

    Args:
        files: part name -> ONNX file, as `weights.find_detector` gives them.
        provider, threads: as for `backend.open_net`.

    Raises:
        BackendMissing, ModelRefused: as `backend.open_net`.
    """
    if card.family == "none":
        return WholeImage()
    if card.family == "yunet":
        return Yunet(card, files, provider, threads)
    return Mtcnn(card, files, provider, threads)
