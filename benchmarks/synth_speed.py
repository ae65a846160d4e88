"""What a synthetic picture costs: CPU seconds per 256 x 256 picture, peak memory, and wall time with two workers.

    python benchmarks/synth_speed.py [identities]

Machine code is compiled before anything is timed. CPU seconds are user + system time of this process and its children.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from facegap.synth import Spec, ensure


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of a call."""
    before, start = os.times(), time.perf_counter()
    work()
    after, wall = os.times(), time.perf_counter() - start
    cpu = sum(getattr(after, f) - getattr(before, f) for f in ("user", "system", "children_user", "children_system"))
    return cpu, wall


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        ensure(Spec(identities=1, size=64, seed=99), cache)
        print("| what | pictures | workers | CPU s / picture | wall s in all |\n|---|---|---|---|---|")
        for oversample, workers in ((1, 1), (2, 1), (2, 2)):
            spec = Spec(identities=count, oversample=oversample, seed=100 + 10 * oversample + workers)
            cpu, wall = cost(partial(ensure, spec, cache, workers))
            pictures = 3 * count
            print(
                f"| {oversample} x {oversample} samples | {pictures} | {workers} | {cpu / pictures:.3f} | {wall:.1f} |"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory of the process: {peak:.0f} MiB.")


if __name__ == "__main__":
    main()
