"""Milliseconds a 640 x 480 frame spends in each step of a condition, on one core, beside naive numpy for the noise.

    python -m benchmarks.conditions_speed [condition ...]

Prints one table: a row a condition, the steps' best times of `REPEATS` in turn, and the sum with and without the
encoding of files (jpeg, webp, upload_cap). Times are the best of many, so that other work on the machine shows least;
ratios inside one run are what counts.
"""

from __future__ import annotations

import sys
import time

import cv2
import numba
import numpy as np

from facegap import conditions
from facegap.conditions.parameters import signature
from facegap.conditions.stages import Photo

REPEATS = 40
CODING = ("jpeg", "webp", "upload_cap")
SHOWN = (
    "flagship-2024+office+wifi",
    "mid-range-2021+dim-tent+wifi",
    "budget-2019+shelter-fluorescent+3g",
    "old-2015+backlit-window+wifi",
    "webcam-vga+street-night+wifi",
    "low-res-jpeg",
)


def frame() -> np.ndarray:
    """A smooth picture with grain, (480, 640, 3) uint8."""
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.random((480, 640, 3)), (0, 0), 6)
    smooth = (smooth - smooth.min()) / np.ptp(smooth) * 235
    return np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)


def times(name: str, image: np.ndarray) -> dict[str, float]:
    """Best milliseconds of each step."""
    card = conditions.load(name)
    best: dict[str, float] = {}
    for repeat in range(REPEATS):
        rng = conditions.rng_for(0, str(repeat), name)
        stage = Photo(image)
        for step in card.steps:
            function = conditions.STEPS[step.step]
            arguments = (stage, rng) if signature(function).random else (stage,)
            start = time.perf_counter()
            stage = function(*arguments, **step.parameters)
            spent = 1e3 * (time.perf_counter() - start)
            best[step.step] = min(best.get(step.step, spent), spent)
    return best


def naive_noise(image: np.ndarray) -> float:
    """Best milliseconds of numpy's own Poisson and normal numbers for as many values, one per pixel and colour."""
    rng = np.random.default_rng(0)
    light = image.astype(np.float64) * 20
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        rng.poisson(light) + rng.normal(0, 3, light.shape)
        spent.append(1e3 * (time.perf_counter() - start))
    return min(spent)


def main() -> None:
    cv2.setNumThreads(1)
    image = frame()
    print(
        f"numpy {np.__version__}, OpenCV {cv2.__version__}, numba {numba.__version__}; ms per 640 x 480 frame, one core"
    )
    for name in sys.argv[1:] or SHOWN:
        best = times(name, image)
        coding = sum(value for step, value in best.items() if step in CODING)
        total = sum(best.values())
        print(f"{name}: {total - coding:.2f} + {coding:.2f} coding = {total:.2f}")
        print("    " + ", ".join(f"{step} {value:.2f}" for step, value in best.items()))
    print(f"numpy's Poisson and normal numbers alone: {naive_noise(image):.1f}")


if __name__ == "__main__":
    main()
