"""What the tables of a study of many groups cost: processor time of each, one thread.

    OMP_NUM_THREADS=1 python benchmarks/tables_many_groups.py [images] [rounds] [--profile]

30 groups (five ethnicities, two genders, three bins of age), four conditions, four target FMRs; templates are random
directions around a person's own, noisier under each condition. The first build compiles and is not counted. Prints
seconds, which say something beside those of another tree on the same machine only, and digests of the tables, which
another tree that computes the same must print as well.
"""

from __future__ import annotations

import cProfile
import hashlib
import pstats
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
import reanalysis
from threadpoolctl import threadpool_limits

from facegap.cards import Study
from facegap.compare import LocalEngine, TailRule, compare
from facegap.evidence import Evidence
from facegap.records import RuledTrials, Templates
from facegap.tables.build import TABLES
from facegap.tables.suppress import suppressed
from facegap.tables.workbench import Workbench

CONDITIONS = {"clean": 0.8, "dim": 0.9, "wet": 1.0, "far": 1.1}
LABELS = {"ethnicity": tuple("abcde"), "gender": ("female", "male"), "age": ("-30", "31-50", "51-")}
GROUPS = tuple(LABELS)
FMRS = (1e-2, 3e-3, 1e-3, 3e-4)


def evidence_of(images: int) -> Evidence:
    rng = np.random.default_rng(1)
    made = reanalysis.evidence_of(64)
    people = images // 4
    samples = reanalysis.samples_of(images, rng)
    labels = {name: rng.choice(values, people).repeat(4) for name, values in LABELS.items()}
    samples = replace(samples, groups=labels)
    study = Study.model_validate(
        {**reanalysis.STUDY, "groups": [list(GROUPS)], "conditions": list(CONDITIONS), "thresholds": {"fmr": FMRS}},
        strict=False,
    )
    trials = RuledTrials(np.arange(images), np.arange(images), symmetric=True)
    centres = rng.standard_normal((people, 64)).repeat(4, axis=0)
    acquired = made.acquisitions["none", "clean"]
    compared, acquisitions = {}, {}
    for name, noise in CONDITIONS.items():
        vectors = centres + noise * rng.standard_normal((images, 64))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        templates = Templates(
            rows=np.arange(images), vectors=vectors, model="random", condition=name, similarity="cosine"
        )
        rule = TailRule(max(FMRS))
        compared["random", name] = compare(samples, trials, templates, templates, GROUPS, rule, LocalEngine())
        acquisitions["none", name] = replace(
            acquired,
            condition=name,
            outcome=np.full(images, "ok"),
            reason=np.full(images, ""),
            box=np.full((images, 4), np.nan, np.float32),
            landmarks=np.full((images, 5, 2), np.nan, np.float32),
            quality={"Sharpness": rng.normal(10, 3, images).astype(np.float32)},
            sha256=samples.ids,
        )
    return replace(
        made, study=study, samples=samples, images=samples.ids, acquisitions=acquisitions, comparisons=compared
    )


def built(evidence: Evidence) -> dict[str, tuple[float, int, str]]:
    """Table -> seconds on the processor, rows, and a digest of them."""
    bench = Workbench(evidence)
    found = {}
    for row, rows in TABLES.items():
        start = time.process_time()
        table: list[Any] = list(suppressed(evidence, row, rows(bench)))
        took = time.process_time() - start
        found[row.__name__] = took, len(table), hashlib.sha256(repr(table).encode()).hexdigest()[:12]
    return found


def main() -> None:
    words = [word for word in sys.argv[1:] if word != "--profile"]
    images, rounds = int(words[0]) if words else 4000, int(words[1]) if len(words) > 1 else 1
    with threadpool_limits(1):
        built(evidence_of(240))  # compiles
        evidence = evidence_of(images)
        if "--profile" in sys.argv:
            profile = cProfile.Profile(time.process_time)
            profile.runcall(built, evidence)
            pstats.Stats(profile).sort_stats("cumtime").print_stats(70)
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
            return
        every = [built(evidence) for _ in range(rounds)]
    least = {name: min(one[name][0] for one in every) for name in every[0]}
    print("| table | seconds | rows | digest |\n|---|---|---|---|")
    for name, took in sorted(least.items(), key=lambda pair: -pair[1]):
        print(f"| {name} | {took:.2f} | {every[0][name][1]} | {every[0][name][2]} |")
    print(f"| all | {sum(least.values()):.2f} | | |")


if __name__ == "__main__":
    main()
