"""Images a second from files to templates, beside onnxruntime alone on the slowest net, in one run.

    python -m benchmarks.pipeline_speed [FOLDER] [--images 96] [--model dlib-resnet29] [--condition CONDITION]

The pictures of FOLDER, or synthetic heads, go through the pipeline with an empty cache (a temporary one), then once
more with a full one. "Nets alone" runs the recogniser on as many crops, in the same batches, with as many threads, and
MTCNN on as many decoded pictures, with nothing else around them: what no pipeline can beat by more than overlapping.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from facegap import acquire, conditions, pipeline, weights
from facegap.cards import card_path, load_detector, load_model
from facegap.cards.study import Acquire, Synthetic
from facegap.cli.progress import progress
from facegap.datasets.files import is_image
from facegap.embed import Recogniser
from facegap.records import Samples

HEADS = Synthetic(
    identities=48, sessions=("studio", "overhead"), size=320, oversample=1, ages=(18.0, 70.0), linear=True
)


def samples_in(root: Path, count: int) -> Samples:
    """The first `count` pictures below `root`."""
    paths = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and is_image(p.name))[:count]
    names, blank = np.array(paths), np.full(len(paths), "")
    return Samples(ids=names, subjects=names, paths=names, sessions=blank, roles=blank, groups={}, root=root)


def pictures_a_second(line: pipeline.Pipeline, samples: Samples, scenes: pipeline.Scenes | None) -> float:
    sha256 = pipeline.hash_files(samples, line.threads)
    start = time.perf_counter()
    pipeline.run(line, samples, sha256, lambda _: None, scenes)
    return len(samples) / (time.perf_counter() - start)


def nets_alone(line: pipeline.Pipeline, samples: Samples) -> tuple[float, float]:
    """Pictures a second of the detector on decoded pictures, and of the recogniser on ready crops."""
    images = [acquire.read_image(samples.root / str(path))[1] for path in samples.paths]
    start = time.perf_counter()
    with ThreadPoolExecutor(line.threads) as pool:
        list(pool.map(line.detector.detect, images))
    detector = len(images) / (time.perf_counter() - start)
    width, height = line.recogniser.card.preprocess.size
    crops = np.zeros((len(images), height, width, 3), dtype=np.uint8)
    start = time.perf_counter()
    for first in range(0, len(crops), line.batch):
        line.recogniser.embed(crops[first : first + line.batch])
    return detector, len(crops) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--images", type=int, default=96)
    parser.add_argument("--model", default="dlib-resnet29")
    parser.add_argument("--condition", default="budget-2019+shelter-fluorescent+3g")
    options = parser.parse_args()
    root = options.folder if options.folder is not None else pipeline.rendered(HEADS, None, progress)
    samples = samples_in(root, options.images)
    detector_card, card = load_detector("mtcnn"), load_model(options.model)
    parts = weights.find_detector(detector_card, card_path("models", "mtcnn"))
    file = weights.find_model(card, card_path("models", options.model))
    cv2.setNumThreads(1)
    for threads in sorted({1, pipeline.cores()}):
        recogniser = Recogniser(card, file, "cpu", threads)
        detector = acquire.open_detector(detector_card, parts, "cpu", 1)
        for name in ("clean", options.condition):
            line = pipeline.Pipeline(
                condition=conditions.load(name),
                detector=detector,
                detector_card=detector_card,
                recogniser=recogniser,
                rules=Acquire(),
                seed=0,
                threads=threads,
                batch=32,
            )
            with tempfile.TemporaryDirectory() as cache:
                os.environ["FACEGAP_CACHE"] = cache
                pictures_a_second(line, samples.take(np.arange(4)), None)  # compiles
                cold = pictures_a_second(line, samples, None)
                warm = pictures_a_second(line, samples, None)
            print(f"{threads} threads, {name}: {cold:.1f} pictures/s, from the cache {warm:.0f}")
        of_detector, of_recogniser = nets_alone(line, samples)
        both = 1 / (1 / of_detector + 1 / of_recogniser)
        print(
            f"{threads} threads, nets alone: mtcnn {of_detector:.1f}, {card.name} {of_recogniser:.1f}, one after the "
            f"other {both:.1f} pictures/s"
        )


if __name__ == "__main__":
    main()
