"""What a study's comparisons would take on a cluster: the same model as docs/scale.md, from measured rates."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

from facegap.compare.cluster import MERGED, MULTIPLICATIONS_A_SECOND, TASK_SECONDS
from facegap.compare.engine import BINS

SCHEDULER_SECONDS = 1e-3
"""Of dask's scheduler for one task (benchmarks/cluster_scale.md)."""

BYTES_A_SECOND = 1e8
"""Of a slow network, 1 Gbit/s, into or out of one machine."""

OWN_BYTES = 3e8
"""Of a worker before it has any templates: Python, numpy and compiled code."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Comparisons of some models under some conditions.

    Attributes:
        passes: models times conditions; each is a pass over all pairs.
        comparisons: of one pass.
        templates: of both sides of one pass.
        dim: components of the longest template.
        tables: of the histogram.
        kept: comparisons of one pass that the tail keeps.
    """

    passes: int
    comparisons: float
    templates: int
    dim: int
    tables: int
    kept: float


@dataclass(frozen=True, kw_only=True)
class ClusterCost:
    """What a job takes: `bound` is what it waits for most, "products", "network" or "scheduler"."""

    workers: int
    tasks: int
    seconds: float
    bytes_a_worker: float
    bytes_moved: float
    bound: str


def cluster_cost(job: Job, workers: int) -> ClusterCost:
    """Seconds, memory and traffic of a job on `workers` processes of one thread."""
    products = job.comparisons * job.dim / MULTIPLICATIONS_A_SECOND
    tasks = max(1, ceil(products / TASK_SECONDS))
    part = 8.0 * job.tables * BINS
    plan = job.templates * (4.0 * job.dim + 28)
    # Every part moves once to the task that merges it, and each level of the tree has an eighth of them.
    merged = tasks * part * MERGED / (MERGED - 1) + 8 * job.kept * 2
    waits = {
        "products": products / min(workers, tasks),
        # The scheduler hands the templates to one worker; workers that have them hand them on, twice as many each time.
        "network": plan * (1 + log2(workers)) / BYTES_A_SECOND + merged / (BYTES_A_SECOND * min(workers, tasks)),
        "scheduler": tasks * SCHEDULER_SECONDS * MERGED / (MERGED - 1),
    }
    return ClusterCost(
        workers=workers,
        tasks=tasks * job.passes,
        seconds=job.passes * (waits["products"] + waits["network"] + waits["scheduler"]),
        bytes_a_worker=OWN_BYTES + 2 * plan + (MERGED + 1) * part + 16 * job.kept / min(workers, tasks),
        bytes_moved=job.passes * (plan * workers + merged),
        bound=max(waits, key=lambda name: waits[name]),
    )
