"""The whole chain of a condition beside the nearest operations of imagecorruptions and ofiq-syngen, in one run.

    python benchmarks/conditions_peers.py

A peer is left out, and said so, where it is not installed (imagecorruptions; ofiq_syngen). Severities are the middle of
each peer's scale. One core, best of `REPEATS`, milliseconds per 640 x 480 frame: read them as ratios within the run.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from conditions_speed import CODING, frame, times

from facegap import conditions

REPEATS = 15
CHAIN = "budget-2019+shelter-fluorescent+3g"
CORRUPTIONS = ("shot_noise", "gaussian_noise", "defocus_blur", "motion_blur", "brightness", "jpeg_compression")
SYNGEN = ("_gaussian_noise", "_blur", "_motion_blur", "_reduce_dynamic_range", "_jpeg_compression")


def best(work: Callable[[], Any]) -> float:
    """Best milliseconds of `REPEATS`."""
    found = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        found = min(found, 1e3 * (time.perf_counter() - start))
    return found


def peers(image: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Name -> the operation on `image`, of the peers that are installed."""
    found: dict[str, Callable[[], Any]] = {}
    try:
        corrupt = importlib.import_module("imagecorruptions").corrupt
        for name in CORRUPTIONS:
            found[f"imagecorruptions {name}"] = partial(corrupt, image, corruption_name=name, severity=3)
    except Exception as error:
        print(f"imagecorruptions left out: {type(error).__name__} {error}")
    try:
        components = importlib.import_module("ofiq_syngen.components")
        for name in SYNGEN:
            function = getattr(components, name)
            found[f"ofiq-syngen {name.strip('_')}"] = partial(function, image, 0.5, 0)
    except Exception as error:
        print(f"ofiq-syngen left out: {type(error).__name__} {error}")
    return found


def main() -> None:
    cv2.setNumThreads(1)
    image = frame()
    card = conditions.load(CHAIN)
    steps = times(CHAIN, image)
    coding = sum(spent for step, spent in steps.items() if step in CODING)
    whole = best(lambda: conditions.apply(card, image, conditions.rng_for(0, "peer", CHAIN)))
    print("| operation | ms | over our whole chain |\n|---|---|---|")
    print(f"| {CHAIN}, whole chain | {whole:.1f} | 1.00 |\n| of it coding | {coding:.1f} | {coding / whole:.2f} |")
    for name, work in peers(image).items():
        spent = best(work)
        print(f"| {name} | {spent:.1f} | {spent / whole:.2f} |")


if __name__ == "__main__":
    main()
