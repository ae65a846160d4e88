"""Everything that shapes a template but the image, and the digests of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import PIL

from facegap import acquire, backend, conditions, store
from facegap.cards import ConditionCard, DetectorCard
from facegap.cards.study import Acquire
from facegap.embed import Recogniser

REVISION = 3
"""Raised whenever the same image would be acquired or embedded differently, so that the old cache is not used."""


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
