"""What every table costs, beside another tree of this repository: processor time of `tables.build`, one thread.

    python benchmarks/tables_cost.py OTHER [images] [rounds]

OTHER is a checkout (`git worktree add OTHER COMMIT`). Each tree makes the evidence of its own benchmarks/reanalysis.py
and builds its tables in a process of its own, in turns; the least of the rounds counts. The first build of a process
compiles and is not counted. Prints ratios to the whole of the other tree: a machine's seconds say nothing elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
SMALL = 400
"""Images of the build that compiles."""


def costs_of(images: int) -> dict[str, float]:
    """Seconds on the processor of each table of the tree that is imported, in the order of its build."""
    import sklearn.linear_model  # noqa: F401  (a table imports it when it first needs it)
    from reanalysis import evidence_of
    from threadpoolctl import threadpool_limits

    from facegap.tables.build import TABLES
    from facegap.tables.suppress import suppressed
    from facegap.tables.workbench import Workbench

    found: dict[str, float] = {}
    with threadpool_limits(1):
        for size in (SMALL, images):
            evidence = evidence_of(size)
            bench = Workbench(evidence)
            for row, rows in TABLES.items():
                start = time.process_time()
                list(suppressed(evidence, row, rows(bench)))
                found[row.__name__] = time.process_time() - start
    return found


def measured(tree: Path, images: int) -> dict[str, float]:
    paths = os.pathsep.join((str(tree / "bench"), str(tree / "benchmarks")))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    environment["NUMBA_CACHE_DIR"] = f"{os.environ.get('NUMBA_CACHE_DIR', '/tmp/numba')}-{tree.name}"
    said = subprocess.run(
        [sys.executable, __file__, "--one", str(images)], env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(said.stdout)
    return found


def least(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: min(one[name] for one in rounds) for name in rounds[0]}


def report(here: dict[str, float], other: dict[str, float]) -> str:
    whole = sum(other.values())
    lines = ["| table | other tree | this tree |", "|---|---|---|"]
    for name, took in sorted(here.items(), key=lambda pair: -pair[1]):
        before = f"{other[name] / whole:.3f}" if name in other else "-"
        lines.append(f"| {name} | {before} | {took / whole:.3f} |")
    shared = sum(took for name, took in here.items() if name in other)
    lines.append(f"| tables of both | 1 | {shared / whole:.2f} |")
    lines.append(f"| all | 1 | {sum(here.values()) / whole:.2f} |")
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1] == "--one":
        print(json.dumps(costs_of(int(sys.argv[2]))))
        return
    other = Path(sys.argv[1]).resolve()
    images = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    pairs = [(measured(HERE, images), measured(other, images)) for _ in range(rounds)]
    here, there = (least([pair[k] for pair in pairs]) for k in (0, 1))
    print(f"{images} images, least of {rounds}; shares of the whole of the other tree\n")
    print(report(here, there))
    print(f"\nthe whole of the other tree: {sum(there.values()):.2f} s on the processor", file=sys.stderr)


if __name__ == "__main__":
    main()
