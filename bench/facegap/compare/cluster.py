"""The all-pairs pass on a cluster: units as tasks of dask.distributed, merged in a tree.

A task is lost with its worker and done again by another; what it hands back does not hang on who did it. So a killed
worker costs its own tasks and changes no number. The floor is fixed before the pass (`pairs.Passes` sets it by a pilot
on this machine), because a tail adds up only above a fixed floor.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from facegap.compare.engine import Part, TilePlan, merged
from facegap.compare.tiles import run_units
from facegap.errors import BackendMissing, InputError
from facegap.version import __version__

TASK_SECONDS = 1.0
"""Of one task, about; ten milliseconds of scheduling are then a hundredth."""

MULTIPLICATIONS_A_SECOND = 2.5e10
"""Of a slow core's matrix product, so that tasks last TASK_SECONDS or less (benchmarks/all_pairs.md)."""

MERGED = 8
"""Parts that one task of the tree merges."""

RETRIES = 10
"""How often a task may be begun again on another worker."""


@dataclass(frozen=True)
class DaskEngine:
    """The engine of a cluster: `client` is a `distributed.Client` whose workers have this version of facegap."""

    client: Any

    def run(self, plan: TilePlan) -> Part:
        """Every unit of the plan; see `engine.Engine`.

        Raises:
            InputError: a worker has another version of facegap.
            BackendMissing: the scheduler cannot be reached any more, or tasks fail on every worker.
        """
        self._check_versions()
        with warnings.catch_warnings(), _said():
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            # An argument of a task stays with the scheduler, so that the plan outlives every worker that had it.
            there = self.client.submit(_as_it_is, plan, pure=False, retries=RETRIES)
            bare = replace(plan, a=plan.a.take(plan.a.rows[:0]), b=plan.b.take(plan.b.rows[:0]))
            parts = [self.client.submit(_task, there, units, pure=False, retries=RETRIES) for units in tasks(plan)]
            while len(parts) > 1:
                parts = [
                    self.client.submit(_merge, bare, parts[k : k + MERGED], pure=False, retries=RETRIES)
                    for k in range(0, len(parts), MERGED)
                ]
            return merged(plan, [part.result() for part in parts])

    def _check_versions(self) -> None:
        others = {found for found in self.client.run(_version).values() if found != __version__}
        if others:
            raise InputError(
                f"cluster: facegap {min(others)} on a worker, expected {__version__} as here; install it there"
            )


@contextmanager
def connected(scheduler: str | None, workers: int) -> Iterator[DaskEngine]:
    """An engine of the cluster at the address `scheduler`, or of `workers` processes on this machine.

    Raises:
        BackendMissing: dask.distributed is not installed, or the scheduler does not answer.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise BackendMissing("cluster: dask.distributed is not installed; pip install 'facegap[cluster]'") from None
    if scheduler is None:
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
            Client(cluster) as client,
        ):
            yield DaskEngine(client)
        return
    with _said():
        client = Client(scheduler, timeout=20)
    with client:
        client.wait_for_workers(1, timeout=120)
        yield DaskEngine(client)


@contextmanager
def _said() -> Iterator[None]:
    """Errors of the cluster as one line."""
    try:
        yield
    except (InputError, BackendMissing):
        raise
    except Exception as error:  # distributed raises what tasks raised, and errors of its own and of the network
        raise BackendMissing(f"cluster: {type(error).__name__}: {' '.join(str(error).split())[:300]}") from None


def tasks(plan: TilePlan) -> list[range]:
    """The plan's units in runs that take about TASK_SECONDS on one core, the same on every machine."""
    dim = max(plan.a.vectors.shape[-1] if plan.a.vectors.ndim == 2 else 1, 1)
    budget = TASK_SECONDS * MULTIPLICATIONS_A_SECOND / dim
    found: list[range] = []
    begin, pairs = 0, 0.0
    for k, start in enumerate(plan.units):
        pairs += plan.tile[0] * (len(plan.b) - (start if plan.symmetric else 0))
        if pairs >= budget or k == len(plan.units) - 1:
            found.append(plan.units[begin : k + 1])
            begin, pairs = k + 1, 0.0
    return found


def _as_it_is(plan: TilePlan) -> TilePlan:
    return plan


def _task(plan: TilePlan, units: range) -> Part:
    return run_units(plan, units)


def _merge(plan: TilePlan, parts: Sequence[Part]) -> Part:
    return merged(plan, parts)


def _version() -> str:
    return __version__
