"""The all-pairs pass on a cluster: units as tasks of dask.distributed, merged in a tree.

A task is lost with its worker and done again by another; what it hands back does not hang on who did it. So a killed
worker costs its own tasks and changes no number. The floor is fixed before the pass (`pairs.Passes` sets it by a pilot
on this machine), because a tail adds up only above a fixed floor.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from facegap.compare.engine import Engine, Part, TilePlan, merged
from facegap.compare.tiles import LocalEngine, run_units
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
def chosen(engine: str, scheduler: str, workers: int, threads: int) -> Iterator[Engine]:
    """The engine that a study asks for, as long as the context lasts."""
    if engine == "local":
        yield LocalEngine(threads)
        return
    with connected(scheduler, workers) as found:
        yield found


@contextmanager
def connected(scheduler: str, workers: int) -> Iterator[DaskEngine]:
    """An engine of the cluster that `scheduler` says, which is a value of `[backend] scheduler`.

    Raises:
        BackendMissing: dask.distributed or dask-jobqueue is not installed, or the scheduler does not answer.
    """
    distributed = _imported("distributed")
    if scheduler == "address":
        address = os.environ.get("DASK_SCHEDULER_ADDRESS")
        if not address:
            raise BackendMissing('cluster: scheduler = "address": DASK_SCHEDULER_ADDRESS is not set')
        with _said():
            client = distributed.Client(address, timeout=20)
        with client:
            yield DaskEngine(_with_workers(client))
        return
    with _said():
        cluster = _started(distributed, scheduler, workers)
    with cluster, distributed.Client(cluster) as client:
        yield DaskEngine(_with_workers(client))


def _started(distributed: Any, scheduler: str, workers: int) -> Any:
    """Worker processes on this machine, or jobs of a batch system, of which dask-jobqueue's configuration says more."""
    if scheduler == "local":
        return distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        )
    cluster = getattr(_imported("dask_jobqueue"), f"{scheduler.upper()}Cluster")()
    cluster.scale(n=workers)
    return cluster


def _with_workers(client: Any) -> Any:
    with _said():
        client.wait_for_workers(1, timeout=600)
    return client


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise BackendMissing(
            f"cluster: {name.replace('_', '-')} is not installed; pip install 'facegap[cluster]'"
        ) from None


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
