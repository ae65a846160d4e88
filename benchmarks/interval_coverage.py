"""How often intervals hold the true rate: simulated faces, three kinds of interval, one table.

    python benchmarks/interval_coverage.py --replicates 2000 --out benchmarks/interval_coverage.md

People are Gaussian vectors of 50 dimensions, images are their person plus noise whose size differs from person to
person, scores are cosines. `wolves` moves people towards one direction by an exponential amount each, so that a few
resemble everybody; `uneven` gives people a geometric number of images instead of the same. The true rate of a design is
the mean over its own replicates. The second table does the same for summaries of groups, with binomial errors.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.estimate import differentials, estimate
from bench.estimate.clustered import effective_size, wilson_n_eff
from bench.estimate.measures import MEASURES
from bench.estimate.rates import wilson
from bench.records import ClusterSums, ErrorCounts

Array = npt.NDArray[np.float64]
DIMENSIONS, NOISE, LEVEL = 50, 0.8, 0.95


@dataclass(frozen=True)
class Design:
    """People, images of each, and the thresholds of the two rates."""

    people: int
    images: int
    fmr_at: float
    fnmr_at: float
    wolves: float = 0.0
    uneven: bool = False
    probes: int = 0
    """People of another group to compare with, in a cross-group cell; 0 compares inside the group."""

    def __str__(self) -> str:
        if self.probes:
            return f"{self.people} against {self.probes} x {self.images}, wolves {self.wolves:g}"
        extras = (f", wolves {self.wolves:g}" if self.wolves else "") + (", uneven" if self.uneven else "")
        return f"{self.people} x {self.images}{extras}"


DESIGNS = (
    Design(50, 5, 0.35, 0.5),
    Design(50, 5, 0.45, 0.45),
    Design(100, 3, 0.45, 0.45),
    Design(30, 8, 0.45, 0.45),
    Design(30, 3, 0.35, 0.5),
    Design(20, 4, 0.35, 0.3),
    Design(200, 2, 0.45, 0.4),
    Design(50, 5, 0.5, 0.3),
    Design(30, 8, 0.5, 0.15),
    Design(300, 3, 0.5, 0.3),
    Design(100, 4, 0.45, 0.45, uneven=True),
    Design(40, 6, 0.4, 0.3, uneven=True),
    Design(50, 5, 0.45, 0.45, wolves=1.0),
    Design(100, 3, 0.6, 0.4, wolves=1.5),
    Design(100, 4, 0.45, 0.45, wolves=1.0, uneven=True),
    Design(100, 3, 0.7, 0.3, wolves=1.0),
    Design(50, 5, 0.65, 0.2, wolves=0.7),
    Design(10, 3, 0.4, 0.5, probes=100),
    Design(30, 4, 0.4, 0.5, probes=30),
    Design(15, 3, 0.4, 0.5, probes=60, wolves=0.5),
    Design(50, 3, 0.5, 0.5, probes=50, wolves=0.7),
)
"""The first four are those of the published comparison (naive Wilson covers 51 to 80 %). Where wolves meet a high
threshold a few people make nearly all false matches, and a sample that has none of them cannot know: these are there to
fail. The last four are cross-group cells."""


def naive(counts: ErrorCounts) -> tuple[float, float]:
    return wilson(counts.errors, counts.trials, LEVEL)


def published(counts: ErrorCounts) -> tuple[float, float]:
    """Wilson at the plug-in effective size, capped; without errors on the people (FNMR) or the comparisons (FMR)."""
    size = effective_size(counts)
    if size is None:
        size = counts.subjects if counts.by_pair is None else counts.trials
    return wilson_n_eff(counts.errors, counts.trials, min(size, counts.trials), LEVEL)


def ours(counts: ErrorCounts) -> tuple[float, float]:
    found = estimate(counts, LEVEL)
    assert found.low is not None and found.high is not None
    return found.low, found.high


METHODS: dict[str, Callable[[ErrorCounts], tuple[float, float]]] = {
    "naive Wilson": naive,
    "published n_eff": published,
    "facegap": ours,
}


def replicate(rng: np.random.Generator, design: Design) -> tuple[ErrorCounts, ...]:
    """FMR and FNMR counts of one simulated study; of a cross-group cell the FMR alone."""
    if design.probes:
        return (_cross(rng, design),)
    sizes = np.full(design.people, design.images)
    if design.uneven:
        sizes = np.clip(rng.geometric(1 / design.images, design.people), 1, 60)
    scores = _scores(rng, design, sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    matches = _blocks(scores >= design.fmr_at, starts)
    np.fill_diagonal(matches, 0)
    comparisons = np.outer(sizes, sizes)
    np.fill_diagonal(comparisons, 0)
    upper = np.triu_indices(design.people, 1)
    fmr = _counts(
        "FMR",
        (matches.sum(1), comparisons.sum(1)),
        (matches[upper], comparisons[upper]),
    )
    misses = np.diag(_blocks(np.triu(scores < design.fnmr_at, 1), starts))
    mated = sizes * (sizes - 1) // 2
    return fmr, _counts("FNMR", (misses[mated > 0], mated[mated > 0]), None)


def _cross(rng: np.random.Generator, design: Design) -> ErrorCounts:
    people = design.people + design.probes
    scores = _scores(rng, design, np.full(people, design.images))
    blocks = _blocks(scores >= design.fmr_at, np.arange(people) * design.images)
    matches = blocks[: design.people, design.people :]
    comparisons = np.full_like(matches, design.images**2)
    rows = [np.concatenate([side.sum(1), side.sum(0)]) for side in (matches, comparisons)]
    return _counts("FMR", (rows[0], rows[1]), (matches.ravel(), comparisons.ravel()))


def _scores(rng: np.random.Generator, design: Design, sizes: npt.NDArray[np.int64]) -> Array:
    person = rng.normal(size=(len(sizes), DIMENSIONS))
    person[:, 0] += design.wolves * rng.exponential(size=len(sizes)) * np.sqrt(DIMENSIONS) / 2
    noise = NOISE * np.exp(0.3 * rng.normal(size=len(sizes)))
    whose = np.repeat(np.arange(len(sizes)), sizes)
    faces = person[whose] + noise[whose, None] * rng.normal(size=(len(whose), DIMENSIONS))
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    return np.asarray(faces @ faces.T)


def _blocks(errors: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.add.reduceat(np.add.reduceat(errors.astype(np.int64), starts, 0), starts, 1)


def _counts(metric: str, by_subject: tuple[Array, Array], by_pair: tuple[Array, Array] | None) -> ErrorCounts:
    errors, comparisons = (int(values.sum()) for values in (by_pair or by_subject))
    people = len(by_subject[0])
    sums = [None if side is None else _sums(*side) for side in (by_subject, by_pair)]
    return ErrorCounts(metric, "", "", "", "", None, errors, comparisons, 0, people, *sums)


def _sums(x: Array, m: Array) -> ClusterSums:
    return ClusterSums(int(x @ x), int(x @ m), int(m @ m))


@dataclass(frozen=True)
class Coverage:
    """One design and rate: share of intervals that hold the truth, lie below it, and their mean width over it."""

    design: Design
    metric: str
    truth: float
    errors: float
    holds: dict[str, float]
    below: dict[str, float]
    width: dict[str, float]


def coverage(design: Design, replicates: int, seed: int = 0) -> Iterator[Coverage]:
    """A row for each rate of the design."""
    rng = np.random.default_rng(seed)
    for counts in zip(*(replicate(rng, design) for _ in range(replicates)), strict=True):
        rates = np.array([c.errors / c.trials for c in counts])
        if design.uneven:
            rates = np.array([sum(c.errors for c in counts) / sum(c.trials for c in counts)])
        truth = float(rates.mean())
        found = {name: np.array([method(c) for c in counts]) for name, method in METHODS.items()}
        yield Coverage(
            design,
            counts[0].metric,
            truth,
            float(np.mean([c.errors for c in counts])),
            {name: float(np.mean((b[:, 0] <= truth) & (truth <= b[:, 1]))) for name, b in found.items()},
            {name: float(np.mean(b[:, 1] < truth)) for name, b in found.items()},
            {name: float(np.mean(b[:, 1] - b[:, 0])) / truth for name, b in found.items()},
        )


GROUPS = (
    ((0.02, 0.02, 0.02, 0.02), 500),
    ((0.02, 0.02, 0.02, 0.04), 500),
    ((0.01, 0.02, 0.04, 0.08), 500),
    ((0.001, 0.01, 0.02, 0.05), 500),
    ((0.005, 0.01, 0.02, 0.02, 0.03, 0.03), 300),
    ((0.005, 0.01, 0.02, 0.02, 0.03, 0.03), 3000),
    ((0.02,) * 8, 1000),
)
"""True rates of groups, and independent comparisons in each."""


def summary_coverage(rates: tuple[float, ...], trials: int, replicates: int) -> dict[str, float]:
    """Share of replicates whose interval of each measure (the smoothed one where a rate is zero) holds the truth."""
    rng = np.random.default_rng(1)
    held = {measure.name: 0 for measure in MEASURES}
    truth = {measure.name: float(measure.function(np.array(rates))) for measure in MEASURES}
    for _ in range(replicates):
        counts = [
            ErrorCounts("FNMR", "", "", "", str(k), None, int(rng.binomial(trials, p)), trials, 0, trials)
            for k, p in enumerate(rates)
        ]
        for found in differentials(counts):
            name = found.measure.removesuffix(" (smoothed)")
            if found.low is not None:
                high = np.inf if found.high is None else found.high
                held[name] += found.low - 1e-9 <= truth[name] <= high + 1e-9
    return {name: count / replicates for name, count in held.items()}


def report(replicates: int, summaries: int) -> str:
    names = list(METHODS)
    lines = [
        "# Measured coverage of 95 % intervals",
        "",
        f"Written by `benchmarks/interval_coverage.py`: {replicates} replicates a row for rates (Monte Carlo standard "
        f"error at most {100 * np.sqrt(0.25 / replicates):.1f} points, "
        f"{100 * np.sqrt(0.0475 / replicates):.1f} near 95 %), "
        f"{summaries} for summaries; numpy {np.__version__}, Python {sys.version.split()[0]}.",
        "",
        "## Rates",
        "",
        "Coverage in %, in brackets the share of intervals that lie wholly below the true rate, and the mean width of "
        "the interval over the true rate. Designs are people x images.",
        "",
        f"| design | rate | true | errors | {' | '.join(names)} | widths |",
        "|---|---|---|---|" + "---|" * (len(names) + 1),
    ]
    for design in DESIGNS:
        for row in coverage(design, replicates):
            cells = " | ".join(f"{100 * row.holds[n]:.1f} ({100 * row.below[n]:.1f})" for n in names)
            widths = " / ".join(f"{row.width[n]:.2f}" for n in names)
            lines.append(f"| {design} | {row.metric} | {row.truth:.2g} | {row.errors:.1f} | {cells} | {widths} |")
    lines += [
        "",
        "## Summaries of groups",
        "",
        "Coverage in % of the interval of each measure; at equal rates it holds where the interval reaches equality.",
        "",
        f"| true rates | trials a group | {' | '.join(m.name for m in MEASURES)} |",
        "|---|---|" + "---|" * len(MEASURES),
    ]
    for rates, trials in GROUPS:
        held = summary_coverage(rates, trials, summaries)
        shown = ", ".join(f"{p:g}" for p in rates)
        lines.append(f"| {shown} | {trials} | {' | '.join(f'{100 * held[m.name]:.0f}' for m in MEASURES)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--summaries", type=int, default=400)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    started = time.perf_counter()
    text = report(options.replicates, options.summaries)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
