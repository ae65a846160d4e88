"""From a folder of synthetic heads to quality values and templates by facegap's own pipeline, for the scripts beside.

Weights come from the cache ($FACEGAP_CACHE), where what was computed stays, too.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegap import acquire, conditions, datasets, pipeline, weights
from facegap.cards import card_path, load_dataset, load_detector, load_model
from facegap.cards.study import Acquire
from facegap.compare import exact_scores
from facegap.embed import Recogniser
from facegap.records import Acquisitions, Samples, Templates

MODELS = ("dlib-resnet29", "mobilefacenet")
DETECTOR = "mtcnn"
THREADS = 2


@dataclass(frozen=True, eq=False)
class Measured:
    """What the pipeline made of every picture of a folder; `place` finds a sample's row by its name."""

    samples: Samples
    acquisitions: Acquisitions
    templates: Templates
    place: dict[str, int]

    def quality(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Native values at rows of any shape, NaN where no face was acquired."""
        values = np.where(self.acquisitions.ok, self.acquisitions.quality[name].astype(float), np.nan)
        return values[rows]

    def scores(self, photos: np.ndarray, selfies: np.ndarray) -> np.ndarray:
        """(photos, selfies) scores of rows of samples, NaN where either has no template."""
        template = np.full(len(self.samples), -1)
        template[self.templates.rows] = np.arange(len(self.templates.rows))
        i, j = (grid.ravel() for grid in np.meshgrid(template[photos], template[selfies], indexing="ij"))
        out = np.full(len(i), np.nan)
        there = (i >= 0) & (j >= 0)
        vectors = self.templates.vectors
        out[there] = exact_scores(vectors, vectors, i[there], j[there], self.templates.similarity)
        return out.reshape(len(photos), len(selfies))


def measured(folder: Path, dataset: str, model: str) -> Measured:
    """Every picture of the manifest in `folder`, acquired with MTCNN and embedded with the model of that name."""
    samples = datasets.load(load_dataset(dataset), folder).samples
    card, detector_card = load_model(model), load_detector(DETECTOR)
    recogniser = Recogniser(card, weights.find_model(card, card_path("models", model)), threads=THREADS)
    files = weights.find_detector(detector_card, card_path("models", DETECTOR))
    detector = acquire.open_detector(detector_card, files)
    clean = conditions.load("clean")
    line = pipeline.Pipeline(
        condition=clean,
        detector=detector,
        detector_card=detector_card,
        recogniser=recogniser,
        rules=Acquire(),
        seed=1,
        threads=THREADS,
        batch=32,
    )
    digests = pipeline.hash_files(samples, THREADS)
    acquisitions, templates = pipeline.run(line, samples, digests, lambda _: None)
    return Measured(samples, acquisitions, templates, {name: row for row, name in enumerate(samples.ids.tolist())})


def labels(folder: Path) -> list[dict[str, str]]:
    """The rows of a folder's manifest."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
