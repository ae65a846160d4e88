"""What this machine has: cores, and the synthetic pictures in its cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from facegap import store, synth
from facegap.cards.study import Synthetic

Advance = Callable[[int], None]

Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""`progress(stage, total)` opens a stage; the callable that it gives is told how many more items are done."""


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        return os.cpu_count() or 1


def rendered(synthetic: Synthetic, workers: int | None, progress: Progress) -> Path:
    """Folder of the synthetic data set that the study describes; what is not in the cache is rendered.

    Raises:
        InputError: a value is not one that the renderer takes.
    """
    spec = synth.Spec(**synthetic.model_dump())
    done = 0

    with progress("render", spec.identities) as advance:

        def tell(now: int, _: int) -> None:
            nonlocal done
            advance(now - done)
            done = now

        return synth.ensure(
            spec, store.cache_dir(write=False) / "synthetic", workers if workers is not None else cores(), tell
        )
