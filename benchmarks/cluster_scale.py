"""What a cluster's scheduler costs: measured on small tasks, and simulated at 100,000 tasks with workers that die.

    python benchmarks/cluster_scale.py [measured tasks] [simulated tasks]

Measured: processor time of this process, which holds the scheduler and idle workers, over tasks that do nothing, with
the tree that merges eight parts at a time. Simulated: one scheduler that serves one event after the other in the
measured time, workers that take about a second a task, and a worker that dies and comes back after every so many tasks;
efficiency is work over workers times time.
"""

from __future__ import annotations

import heapq
import sys
import time

import numpy as np

from facegap.compare.cluster import MERGED, TASK_SECONDS

WORKERS = (2, 32, 256, 1000)
LOSSES = (0.0, 1e-3, 1e-2)
BACK = 60.0
"""Seconds until a worker that died is replaced."""


def measured(tasks: int) -> float:
    """Seconds of the scheduler, its idle workers and this client for one task."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=4, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.submit(int, 0).result()
        start = time.process_time()
        parts = client.map(int, range(tasks), pure=False)
        while len(parts) > 1:
            parts = [client.submit(max, parts[k : k + MERGED], pure=False) for k in range(0, len(parts), MERGED)]
        parts[0].result()
        return (time.process_time() - start) / (tasks * MERGED / (MERGED - 1))


def simulated(tasks: int, workers: int, each: float, loss: float, seed: int = 0) -> tuple[float, int]:
    """Efficiency of a run of `tasks`, and the tasks that were done again.

    Args:
        each: seconds of the scheduler for one event.
        loss: share of the tasks in whose middle their worker dies.
    """
    rng = np.random.default_rng(seed)
    free = [(0.0, k) for k in range(workers)]
    scheduler = work = end = 0.0
    left, again = tasks, 0
    while left:
        ready, worker = heapq.heappop(free)
        scheduler = max(scheduler, ready) + each
        took = TASK_SECONDS * rng.lognormal(0, 0.2)
        if rng.random() < loss:
            again += 1
            heapq.heappush(free, (scheduler + took * rng.random() + BACK, worker))
            continue
        left -= 1
        work += took
        end = max(end, scheduler + took)
        heapq.heappush(free, (scheduler + took, worker))
    merging = each * tasks / (MERGED - 1)
    return work / (workers * (end + merging)), again


def main() -> None:
    few = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    import distributed

    each = measured(few)
    print(f"distributed {distributed.__version__}, Python {sys.version.split()[0]}")
    print(f"scheduler, client and idle workers: {each * 1e3:.2f} ms of processor time a task over {few} tasks\n")
    print(f"{many:,} tasks of {TASK_SECONDS:g} s, simulated; efficiency (tasks done again)\n")
    print("| workers | " + " | ".join(f"{loss:g} of tasks lose their worker" for loss in LOSSES) + " |")
    print("|---|" + "---|" * len(LOSSES))
    for workers in WORKERS:
        found = [simulated(many, workers, each, loss) for loss in LOSSES]
        print(f"| {workers} | " + " | ".join(f"{share:.3f} ({again})" for share, again in found) + " |", flush=True)


if __name__ == "__main__":
    main()
