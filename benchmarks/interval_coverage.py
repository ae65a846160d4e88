"""How often intervals hold the true value: simulated faces, rates by three kinds of interval, groups, one table.

    python benchmarks/interval_coverage.py --replicates 2000 --out benchmarks/interval_coverage.md

People are Gaussian vectors of 50 dimensions, images are their person plus noise whose size differs from person to
person, scores are cosines. `wolves` moves people towards one direction by an exponential amount each, so that a few
resemble everybody; `uneven` gives people a geometric number of images instead of the same. In studies of groups each
group has its own number of people, its own noise, and a direction that its people share, so that FNMR and FMR differ.
The true value of a design is that of the mean rates over its own replicates.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap.count.groups import heaviest, leverage_sums
from facegap.estimate import differentials, estimate
from facegap.estimate.binomial import wilson
from facegap.estimate.cautions import FEW_ERRORS, FEW_SUBJECTS
from facegap.estimate.clustered import effective_size, wilson_n_eff
from facegap.estimate.measures import MEASURES, Measure
from facegap.estimate.versus_rest import against_rest
from facegap.records import ClusterSums, ErrorCounts

Array = npt.NDArray[np.float64]
Sums = tuple[npt.NDArray[Any], npt.NDArray[Any]]
"""Errors and comparisons."""
DIMENSIONS, NOISE, LEVEL = 50, 0.8, 0.95


@dataclass(frozen=True, kw_only=True)
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
    Design(people=50, images=5, fmr_at=0.35, fnmr_at=0.5),
    Design(people=50, images=5, fmr_at=0.45, fnmr_at=0.45),
    Design(people=100, images=3, fmr_at=0.45, fnmr_at=0.45),
    Design(people=30, images=8, fmr_at=0.45, fnmr_at=0.45),
    Design(people=30, images=3, fmr_at=0.35, fnmr_at=0.5),
    Design(people=20, images=4, fmr_at=0.35, fnmr_at=0.3),
    Design(people=200, images=2, fmr_at=0.45, fnmr_at=0.4),
    Design(people=50, images=5, fmr_at=0.5, fnmr_at=0.3),
    Design(people=30, images=8, fmr_at=0.5, fnmr_at=0.15),
    Design(people=300, images=3, fmr_at=0.5, fnmr_at=0.3),
    Design(people=100, images=2, fmr_at=0.2, fnmr_at=0.5),
    Design(people=60, images=10, fmr_at=0.45, fnmr_at=0.35),
    Design(people=500, images=2, fmr_at=0.5, fnmr_at=0.35),
    Design(people=100, images=4, fmr_at=0.45, fnmr_at=0.45, uneven=True),
    Design(people=300, images=4, fmr_at=0.45, fnmr_at=0.35, uneven=True),
    Design(people=40, images=6, fmr_at=0.4, fnmr_at=0.3, uneven=True),
    Design(people=50, images=5, fmr_at=0.45, fnmr_at=0.45, wolves=1.0),
    Design(people=100, images=3, fmr_at=0.6, fnmr_at=0.4, wolves=1.5),
    Design(people=100, images=4, fmr_at=0.45, fnmr_at=0.45, wolves=1.0, uneven=True),
    Design(people=100, images=3, fmr_at=0.7, fnmr_at=0.3, wolves=1.0),
    Design(people=50, images=5, fmr_at=0.65, fnmr_at=0.2, wolves=0.7),
    Design(people=10, images=3, fmr_at=0.4, fnmr_at=0.5, probes=100),
    Design(people=30, images=4, fmr_at=0.4, fnmr_at=0.5, probes=30),
    Design(people=15, images=3, fmr_at=0.4, fnmr_at=0.5, probes=60, wolves=0.5),
    Design(people=50, images=3, fmr_at=0.5, fnmr_at=0.5, probes=50, wolves=0.7),
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


def replicate(
    rng: np.random.Generator, design: Design, shared: float = 0.0, noise: float = 1.0
) -> tuple[ErrorCounts, ...]:
    """FMR and FNMR counts of one simulated study; of a cross-group cell the FMR alone.

    `shared` and `noise` are those of `GroupDesign`.
    """
    if design.probes:
        return (_cross(rng, design),)
    sizes = np.full(design.people, design.images)
    if design.uneven:
        sizes = np.clip(rng.geometric(1 / design.images, design.people), 1, 60)
    scores = _scores(rng, design, sizes, shared, noise)
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


def _scores(
    rng: np.random.Generator, design: Design, sizes: npt.NDArray[np.int64], shared: float = 0.0, noise: float = 1.0
) -> Array:
    person = rng.normal(size=(len(sizes), DIMENSIONS))
    person[:, 0] += shared + design.wolves * rng.exponential(size=len(sizes)) * np.sqrt(DIMENSIONS) / 2
    spread = noise * NOISE * np.exp(0.3 * rng.normal(size=len(sizes)))
    whose = np.repeat(np.arange(len(sizes)), sizes)
    faces = person[whose] + spread[whose, None] * rng.normal(size=(len(whose), DIMENSIONS))
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    return np.asarray(faces @ faces.T)


def _blocks(errors: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.add.reduceat(np.add.reduceat(errors.astype(np.int64), starts, 0), starts, 1)


def _counts(metric: str, by_subject: Sums, by_pair: Sums | None) -> ErrorCounts:
    errors, comparisons = (int(values.sum()) for values in (by_pair or by_subject))
    people = len(by_subject[0])
    return ErrorCounts(
        metric=metric,
        model="",
        condition="",
        grouping="",
        group="",
        threshold=None,
        errors=errors,
        completed=comparisons,
        failed=0,
        subjects=people,
        by_subject=_sums(*by_subject),
        by_pair=None if by_pair is None else _sums(*by_pair),
        leverage=leverage_sums(*by_subject),
        heaviest=heaviest(*by_subject),
    )


def _sums(x: Array, m: Array) -> ClusterSums:
    return ClusterSums(int(x @ x), int(x @ m), int(m @ m))


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """One design and rate: share of intervals that hold the truth, lie below it, and their mean width over it.

    `warned`: share of replicates in which a note on few people or few errors is printed beside the interval.
    """

    design: Design
    metric: str
    truth: float
    errors: float
    warned: float
    holds: dict[str, float]
    below: dict[str, float]
    width: dict[str, float]

    @property
    def in_scope(self) -> bool:
        """At least 50 people and 10 errors, which are what an interval without a warning needs."""
        people = self.design.people + self.design.probes
        return people >= FEW_SUBJECTS and self.errors >= FEW_ERRORS and self.warned < 0.5


def coverage(design: Design, replicates: int, seed: int = 0) -> list[Coverage]:
    """A row for each rate of the design."""
    rng = np.random.default_rng(seed)
    rows = []
    for counts in zip(*(replicate(rng, design) for _ in range(replicates)), strict=True):
        rates = np.array([c.errors / c.trials for c in counts])
        if design.uneven:
            rates = np.array([sum(c.errors for c in counts) / sum(c.trials for c in counts)])
        truth = float(rates.mean())
        found = {name: np.array([method(c) for c in counts]) for name, method in METHODS.items()}
        rows.append(
            Coverage(
                design=design,
                metric=counts[0].metric,
                truth=truth,
                errors=float(np.mean([c.errors for c in counts])),
                warned=float(np.mean([_warned(c) for c in counts])),
                holds={name: float(np.mean((b[:, 0] <= truth) & (truth <= b[:, 1]))) for name, b in found.items()},
                below={name: float(np.mean(b[:, 1] < truth)) for name, b in found.items()},
                width={name: float(np.mean(b[:, 1] - b[:, 0])) / truth for name, b in found.items()},
            )
        )
    return rows


@dataclass(frozen=True, kw_only=True)
class GroupDesign:
    """Groups of one study: people of each, images of each person, and the thresholds of the two rates.

    Attributes:
        shared: of each group, how far its people lie along one direction: it raises the FMR inside the group.
        noise: of each group, the size of the noise of its images over that of the other designs: it raises the FNMR.
    """

    people: tuple[int, ...]
    images: int
    fmr_at: float
    fnmr_at: float
    shared: tuple[float, ...] = ()
    noise: tuple[float, ...] = ()

    def __str__(self) -> str:
        alike = len(set(self.people)) == 1
        people = (
            f"{len(self.people)} groups of {self.people[0]}"
            if alike
            else "groups of " + ", ".join(map(str, self.people))
        )
        return f"{people} x {self.images}, {'unequal' if self.shared or self.noise else 'equal'} rates"


GROUPS = (
    GroupDesign(people=(50,) * 4, images=5, fmr_at=0.40, fnmr_at=0.40),
    GroupDesign(
        people=(50,) * 4, images=5, fmr_at=0.40, fnmr_at=0.40, shared=(0.0, 0.0, 0.0, 1.6), noise=(1.0, 1.0, 1.0, 1.15)
    ),
    GroupDesign(people=(100, 100), images=3, fmr_at=0.40, fnmr_at=0.45, shared=(0.0, 1.6), noise=(1.0, 1.15)),
    GroupDesign(
        people=(200, 100, 80, 60),
        images=4,
        fmr_at=0.40,
        fnmr_at=0.40,
        shared=(0.0, 1.0, 1.5, 2.0),
        noise=(1.0, 1.1, 1.1, 1.2),
    ),
    GroupDesign(
        people=(100,) * 6,
        images=3,
        fmr_at=0.38,
        fnmr_at=0.45,
        shared=(0.0, 0.5, 1.0, 1.3, 1.6, 2.0),
        noise=(1.0, 1.0, 1.1, 1.1, 1.2, 1.2),
    ),
    GroupDesign(people=(100,) * 6, images=3, fmr_at=0.38, fnmr_at=0.45),
    GroupDesign(people=(250, 250), images=2, fmr_at=0.48, fnmr_at=0.40, shared=(0.0, 1.3), noise=(1.0, 1.1)),
    GroupDesign(
        people=(500, 300, 200), images=2, fmr_at=0.49, fnmr_at=0.40, shared=(0.0, 0.0, 1.6), noise=(1.0, 1.1, 1.0)
    ),
    GroupDesign(
        people=(60,) * 8,
        images=4,
        fmr_at=0.15,
        fnmr_at=0.50,
        shared=(0.0,) * 6 + (1.3, 1.3),
        noise=(1.0,) * 6 + (0.9, 1.1),
    ),
    GroupDesign(
        people=(60, 60, 60), images=10, fmr_at=0.40, fnmr_at=0.40, shared=(0.0, 1.0, 1.6), noise=(1.0, 1.0, 1.1)
    ),
    GroupDesign(
        people=(20,) * 4, images=10, fmr_at=0.35, fnmr_at=0.40, shared=(0.0, 0.0, 1.0, 1.6), noise=(1.0, 1.0, 1.1, 1.2)
    ),
    GroupDesign(
        people=(20, 50, 200), images=3, fmr_at=0.45, fnmr_at=0.35, shared=(0.0, 1.6, 0.0), noise=(1.1, 1.0, 1.0)
    ),
)
"""The last two hold groups of fewer than 50 people."""

SHOWN = tuple(m for m in MEASURES if m.name in ("max/min", "max-min", "max/geomean", "gini"))


@dataclass(frozen=True, kw_only=True)
class GroupCoverage:
    """One design and rate: true rates, mean errors of each group, share of intervals that hold the true value."""

    design: GroupDesign
    metric: str
    truth: tuple[float, ...]
    errors: tuple[float, ...]
    ratios: tuple[float, ...]
    summaries: dict[str, float]

    @property
    def in_scope(self) -> bool:
        return min(self.design.people) >= FEW_SUBJECTS and min(self.errors) >= FEW_ERRORS


def group_coverage(design: GroupDesign, replicates: int, seed: int = 1) -> list[GroupCoverage]:
    """A row for each rate of the design: every group against the others, and the summaries."""
    rng = np.random.default_rng(seed)
    studies = [_study(rng, design) for _ in range(replicates)]
    return [_held(design, [study[k] for study in studies]) for k in range(2)]


def _study(rng: np.random.Generator, design: GroupDesign) -> tuple[list[ErrorCounts], list[ErrorCounts]]:
    found: tuple[list[ErrorCounts], list[ErrorCounts]] = ([], [])
    for g, people in enumerate(design.people):
        inside = Design(people=people, images=design.images, fmr_at=design.fmr_at, fnmr_at=design.fnmr_at)
        shared = design.shared[g] if design.shared else 0.0
        noise = design.noise[g] if design.noise else 1.0
        for kind, counts in zip(found, replicate(rng, inside, shared, noise), strict=True):
            kind.append(replace(counts, group=str(g)))
    return found


def _held(design: GroupDesign, studies: list[list[ErrorCounts]]) -> GroupCoverage:
    errors = np.array([[c.errors for c in counts] for counts in studies])
    trials = np.array([c.trials for c in studies[0]])
    truth = errors.mean(0) / trials
    rest = (errors.mean(0).sum() - errors.mean(0)) / (trials.sum() - trials)
    ratios = np.zeros(len(truth))
    summaries = {m.name: 0 for m in SHOWN}
    for k, counts in enumerate(studies):
        for g, row in enumerate(against_rest(counts)[0]):
            ratios[g] += _holds(row.low, row.high, truth[g] / rest[g])
        for found in differentials(counts, seed=k):
            name = found.measure.removesuffix(" (smoothed)")
            measure = next((m for m in SHOWN if m.name == name), None)
            if measure is not None and found.low is not None:
                summaries[name] += _holds(found.low, found.high, _true_value(design, measure, truth))
    return GroupCoverage(
        design=design,
        metric=studies[0][0].metric,
        truth=tuple(truth),
        errors=tuple(errors.mean(0)),
        ratios=tuple(ratios / len(studies)),
        summaries={name: count / len(studies) for name, count in summaries.items()},
    )


def _true_value(design: GroupDesign, measure: Measure, truth: Array) -> float:
    """At equal rates exactly that of equality: the replicates' means differ by chance."""
    return float(measure.function(truth)) if design.shared or design.noise else measure.at_equality


def _holds(low: float | None, high: float | None, truth: float) -> bool:
    return (low is None or low - 1e-9 <= truth) and (high is None or truth <= high + 1e-9)


def report(replicates: int, groups: int) -> str:
    names = list(METHODS)
    with ProcessPoolExecutor() as pool:
        rates = [row for rows in pool.map(coverage, DESIGNS, [replicates] * len(DESIGNS)) for row in rows]
        studies = [row for rows in pool.map(group_coverage, GROUPS, [groups] * len(GROUPS)) for row in rows]
    lines = [
        "# Measured coverage of 95 % intervals",
        "",
        f"Written by `benchmarks/interval_coverage.py`: {replicates} replicates a row for rates, {groups} for groups "
        f"(Monte Carlo standard error near 95 %: {100 * np.sqrt(0.0475 / replicates):.1f} and "
        f"{100 * np.sqrt(0.0475 / groups):.1f} points); numpy {np.__version__}, Python {sys.version.split()[0]}.",
        "",
        "Rows in **bold** have at least 50 people and 10 errors, in every group; those of rates mostly carry no "
        "warning either. "
        + _range("Rates", [row.holds["facegap"] for row in rates if row.in_scope])
        + _range("Ratios", [share for row in studies if row.in_scope for share in row.ratios])
        + _range("Max/geomean", [row.summaries["max/geomean"] for row in studies if row.in_scope])
        + _range("Gini", [row.summaries["gini"] for row in studies if row.in_scope]).rstrip(),
        "",
        "## Rates",
        "",
        "Coverage in %, in brackets the share of intervals that lie wholly below the true rate, and the mean width of "
        "the interval over the true rate. Designs are people x images. Warned: share of replicates, in %, beside whose "
        "interval a note says that people or errors are few or uneven.",
        "",
        f"| design | rate | true | errors | {' | '.join(names)} | widths | warned |",
        "|---|---|---|---|" + "---|" * (len(names) + 2),
    ]
    for row in rates:
        cells = " | ".join(f"{100 * row.holds[n]:.1f} ({100 * row.below[n]:.1f})" for n in names)
        widths = " / ".join(f"{row.width[n]:.2f}" for n in names)
        lines.append(
            f"| {_bold(str(row.design), row.in_scope)} | {row.metric} | {row.truth:.2g} | {row.errors:.1f} | {cells} | "
            f"{widths} | {100 * row.warned:.0f} |"
        )
    lines += [
        "",
        "## Groups",
        "",
        "Coverage in % of the ratio of each group to the others together, and of the summaries of all groups. Where "
        "the true rates are equal a summary's interval holds where it reaches equality.",
        "",
        f"| design | rate | true rates | least errors | ratio of each group | {' | '.join(m.name for m in SHOWN)} |",
        "|---|---|---|---|---|" + "---|" * len(SHOWN),
    ]
    for study in studies:
        rates_shown = ", ".join(f"{p:.2g}" for p in study.truth)
        ratios = ", ".join(f"{100 * share:.1f}" for share in study.ratios)
        cells = " | ".join(f"{100 * study.summaries[m.name]:.1f}" for m in SHOWN)
        lines.append(
            f"| {_bold(str(study.design), study.in_scope)} | {study.metric} | {rates_shown} | "
            f"{min(study.errors):.0f} | {ratios} | {cells} |"
        )
    return "\n".join(lines) + "\n"


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def _range(what: str, shares: list[float]) -> str:
    return f"{what}: {100 * min(shares):.1f} to {100 * max(shares):.1f} %, {len(shares)} values. " if shares else ""


def _warned(counts: ErrorCounts) -> bool:
    """Whether a note or a caution stands beside the interval."""
    found = estimate(counts, LEVEL)
    return bool(found.note or found.cautions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--groups", type=int, default=1000, help="replicates of studies of groups")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    started = time.perf_counter()
    text = report(options.replicates, options.groups)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
