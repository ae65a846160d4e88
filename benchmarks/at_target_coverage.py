"""How often the intervals of FNMR at a target FMR hold the true one, with and without the threshold's own chance.

    python benchmarks/at_target_coverage.py --replicates 500 --out benchmarks/at_target_coverage.md

Simulated faces as in `interval_coverage.py`. In each study the threshold is set on its own non-mated comparisons. The
true FNMR is that of all replicates together at the threshold that has the target FMR on all of them.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from interval_coverage import LEVEL, Design, _scores

from facegap.count.groups import heaviest
from facegap.estimate import estimate, threshold_at_fmr
from facegap.estimate.bootstrap import double_or_nothing_draws, fnmr_at_draws, pair_trials, percentiles, threshold_draws
from facegap.records import ClusterSums, ErrorCounts, SamplesOfPeople

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
DRAWS = 500

CASES = (
    (Design(people=50, images=5, fmr_at=0, fnmr_at=0), 1e-2),
    (Design(people=50, images=5, fmr_at=0, fnmr_at=0), 1e-3),
    (Design(people=100, images=3, fmr_at=0, fnmr_at=0), 1e-3),
    (Design(people=200, images=3, fmr_at=0, fnmr_at=0), 1e-3),
    (Design(people=300, images=2, fmr_at=0, fnmr_at=0), 1e-4),
    (Design(people=100, images=4, fmr_at=0, fnmr_at=0, uneven=True), 1e-2),
    (Design(people=100, images=3, fmr_at=0, fnmr_at=0, wolves=1.5), 1e-2),
)


class Study(NamedTuple):
    """Scores of one simulated study with the people on either side; mated comparisons by person."""

    sizes: Integers
    i: Integers
    j: Integers
    nonmated: Floats
    person: Integers
    mated: Floats


def study(rng: np.random.Generator, design: Design) -> Study:
    sizes = np.full(design.people, design.images)
    if design.uneven:
        sizes = np.clip(rng.geometric(1 / design.images, design.people), 1, 60)
    whose = np.repeat(np.arange(design.people), sizes)
    scores = _scores(rng, design, sizes).astype(np.float32)
    a, b = np.triu_indices(len(whose), 1)
    same = whose[a] == whose[b]
    other = ~same
    return Study(sizes, whose[a[other]], whose[b[other]], scores[a, b][other], whose[a[same]], scores[a, b][same])


def intervals(found: Study, target: float, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """At the threshold as it stands, and with the threshold set again in each draw."""
    threshold = threshold_at_fmr(found.nonmated, len(found.nonmated), target).threshold
    errors = np.bincount(found.person[found.mated < threshold], minlength=len(found.sizes))
    trials = np.bincount(found.person, minlength=len(found.sizes))
    sums = ClusterSums(int(errors @ errors), int(errors @ trials), int(trials @ trials))
    people = int((trials > 0).sum())
    counts = ErrorCounts(
        metric="FNMR",
        model="",
        condition="",
        grouping="",
        group="",
        threshold=None,
        errors=int(errors.sum()),
        completed=int(trials.sum()),
        failed=0,
        subjects=people,
        by_subject=sums,
        heaviest=heaviest(errors, trials),
    )
    fixed = estimate(counts, LEVEL)
    assert fixed.low is not None
    assert fixed.high is not None
    draws = double_or_nothing_draws(len(found.sizes), DRAWS, rng)
    total = pair_trials(draws, SamplesOfPeople(found.sizes, found.sizes, True))
    high = found.nonmated >= np.quantile(found.nonmated, 1 - min(5 * target, 0.5))
    drawn = threshold_draws(draws, found.i[high], found.j[high], found.nonmated[high], total, target)
    again = percentiles(fnmr_at_draws(draws, found.person, found.mated, drawn), LEVEL)
    again = again or (0.0, 1.0)
    both = min(fixed.low, again[0]), max(fixed.high, again[1])
    return {"threshold as it stands": (fixed.low, fixed.high), "threshold set again": again, "both": both}


def row(design: Design, target: float, replicates: int) -> str:
    rng = np.random.default_rng(3)
    studies = [study(rng, design) for _ in range(replicates)]
    highest = np.concatenate([np.sort(s.nonmated)[-int(20 * target * len(s.nonmated) + 50) :] for s in studies])
    everything = sum(len(s.nonmated) for s in studies)
    at = np.sort(highest)[-int(target * everything)]
    mated = np.concatenate([s.mated for s in studies])
    truth = float((mated < at).mean())
    found = [intervals(s, target, rng) for s in studies]
    cells = []
    for name in found[0]:
        ends = np.array([one[name] for one in found])
        held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
        below = ends[:, 1] < truth
        width = float((ends[:, 1] - ends[:, 0]).mean()) / truth
        cells.append(f"{100 * held.mean():.1f} ({100 * below.mean():.1f}) {width:.2f}")
    errors = truth * len(mated) / replicates
    return f"| {design} | {target:g} | {truth:.3g} | {errors:.0f} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        designs, targets = zip(*CASES, strict=True)
        rows = list(pool.map(row, designs, targets, [options.replicates] * len(CASES)))
    error = 100 * np.sqrt(0.0475 / options.replicates)
    text = "\n".join(
        [
            "# Measured coverage of FNMR at a target FMR",
            "",
            f"Written by `benchmarks/at_target_coverage.py`: {options.replicates} replicates a row (Monte Carlo "
            f"standard error {error:.1f} points near 95 %), {DRAWS} draws; numpy {np.__version__}, Python "
            f"{sys.version.split()[0]}. Coverage of 95 % intervals in %, in brackets the share that lies wholly below "
            "the true FNMR, then the mean width over it. Designs are people x images.",
            "",
            "| design | target FMR | true FNMR | errors | threshold as it stands | set again | span of both |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
