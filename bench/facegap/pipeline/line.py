"""Everything that shapes a template but the image, and the digests of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import PIL

from facegap import acquire, backend, conditions, store
from facegap.cards import ConditionCard, DetectorCard, ModelCard, Study
from facegap.cards.study import Acquire
from facegap.embed import Recogniser, made_up, settled
from facegap.errors import ModelRefused
from facegap.pipeline.liveness import Liveness, UsedLiveness, open_liveness

REVISION = 5
"""Raised whenever the same image would be acquired or embedded differently, so that the old cache is not used."""

_TRIED = 8
"""Made-up pictures that a recogniser is tried with before a run."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pipeline:
    """Everything that shapes a template but the image: open nets, rules, condition, seed; and how much runs at once."""

    condition: ConditionCard
    detector: acquire.Detector
    detector_card: DetectorCard
    recogniser: Recogniser
    liveness: Liveness | None = None
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
                "versions": [cv2.__version__, PIL.__version__, backend.version(), *self._video],
            }
        )

    @property
    def _video(self) -> list[str]:
        return [conditions.video.version(self.condition)] if conditions.filmed_by(self.condition) else []

    @property
    def liveness_digest(self) -> str:
        """Digest of what shapes a score of liveness; without a net, of none."""
        net = self.liveness.digest if self.liveness is not None else None
        return store.digest({"acquisition": self.acquisition_digest, "net": net})

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
                # In other batches the last bits differ, and all of them where a net cheats `settled`.
                "batch": 1 if self.recogniser.single else self.batch,
            }
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class UsedModel:
    """A recogniser and the detector that finds its faces, each with its files (of the detector: part -> file)."""

    card: ModelCard
    file: Path
    detector: DetectorCard
    detector_files: Mapping[str, Path]


@dataclass(frozen=True, eq=False, kw_only=True)
class OpenModel:
    """The open nets of a used model, and what a study says of every pipeline that uses them.

    `note` says why the recogniser is given one picture at a time where the study asks for more; "" where it is not.
    """

    recogniser: Recogniser
    note: str
    detector: acquire.Detector
    detector_card: DetectorCard
    liveness: Liveness | None = None
    study: Study
    threads: int

    def under(self, condition: ConditionCard) -> Pipeline:
        """The pipeline of this model under a condition."""
        return Pipeline(
            condition=condition,
            detector=self.detector,
            detector_card=self.detector_card,
            recogniser=self.recogniser,
            liveness=self.liveness,
            rules=self.study.acquire,
            seed=self.study.seed,
            threads=self.threads,
            batch=self.study.backend.batch,
        )


def open_model(model: UsedModel, study: Study, threads: int, live: UsedLiveness | None = None) -> OpenModel:
    """Open the nets of a model with the study's backend, the recogniser in batches that do not change its templates.

    `live` is the net that judges liveness, where the study has one.

    Raises:
        BackendMissing, ModelRefused: as the stages do.
        ModelRefused: the net gives other templates when it is run again.
    """
    provider = study.backend.provider
    pictures = made_up(model.card.preprocess, min(study.backend.batch, _TRIED))
    found = settled(Recogniser(model.card, model.file, provider, threads), pictures)
    if found.problem:
        raise ModelRefused(f"{model.card.name}: {found.problem}")
    return OpenModel(
        recogniser=found.recogniser,
        note=found.note,
        detector=acquire.open_detector(model.detector, dict(model.detector_files), provider, 1),
        detector_card=model.detector,
        liveness=open_liveness(live, provider) if live is not None else None,
        study=study,
        threads=threads,
    )
