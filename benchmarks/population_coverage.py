"""How often the intervals of a population's numbers hold: people turned away, of a mix of groups and conditions.

    python benchmarks/population_coverage.py --replicates 400 --out benchmarks/population_coverage.md

People have a chance of an error of their own, which is partly the same under both conditions; rates are those of the
whole population. Two groups of other people, two conditions of the same people, a threshold that was given. Beside what
`population` does stand cells taken for independent, and for wholly dependent.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from facegap.count.groups import each_once, exact_dot, heaviest
from facegap.estimate import estimate
from facegap.estimate.bootstrap import double_or_nothing_draws, fnmr_draws
from facegap.estimate.cautions import FEW_ERRORS
from facegap.estimate.combined import Cell, correlations, weighted_sum
from facegap.records import ClusterSums, ErrorCounts

Integers = npt.NDArray[np.int64]
LEVEL, DRAWS, SEED = 0.95, 300, 20261128
WEIGHTS = np.array([0.35, 0.35, 0.15, 0.15])
"""Group a under both conditions, then group b."""


@dataclass(frozen=True)
class Design:
    """People in each of two groups, images of each, rates of the four cells, what people share between conditions."""

    people: int
    images: str
    rates: tuple[float, float, float, float]
    shared: float = 0.8

    def numbers(self, rng: np.random.Generator) -> Integers:
        if self.images == "3 each":
            return np.full(self.people, 3)
        return np.clip(rng.geometric(1 / 4, self.people), 1, 30)


DESIGNS = tuple(
    Design(people, images, rates)
    for people in (30, 60, 200)
    for images in ("3 each", "geometric")
    for rates in ((0.1, 0.2, 0.1, 0.2), (0.01, 0.05, 0.02, 0.1), (0.002, 0.01, 0.002, 0.01))
)


class Made(NamedTuple):
    """Errors of each person under either condition, and comparisons."""

    errors: tuple[Integers, Integers]
    trials: Integers


def group(rng: np.random.Generator, design: Design, rates: tuple[float, float]) -> Made:
    """A comparison errs where person, condition and comparison together lie below the quantile of its rate."""
    numbers = design.numbers(rng)
    person = np.repeat(np.arange(design.people), numbers)
    own = rng.normal(size=design.people)
    found = []
    for rate in rates:
        mine = np.sqrt(design.shared) * own + np.sqrt(1 - design.shared) * rng.normal(size=design.people)
        score = np.sqrt(0.4) * mine[person] + np.sqrt(0.6) * rng.normal(size=len(person))
        found.append(np.bincount(person[score < stats.norm.ppf(rate)], minlength=design.people))
    return Made((found[0], found[1]), numbers)


def counts(x: Integers, m: Integers) -> ErrorCounts:
    return ErrorCounts(
        metric="FNMR",
        model="",
        condition="",
        grouping="",
        group="",
        threshold=0.0,
        errors=int(x.sum()),
        completed=int(m.sum()),
        failed=0,
        subjects=len(m),
        by_subject=ClusterSums(exact_dot(x, x), exact_dot(x, m), exact_dot(m, m)),
        heaviest=heaviest(x, m),
        people=each_once(x, m),
    )


def intervals(rng: np.random.Generator, design: Design) -> dict[str, tuple[float, float]]:
    """Interval of the weighted sum: as `population` makes it, with cells independent, with cells wholly dependent."""
    made = [group(rng, design, design.rates[:2]), group(rng, design, design.rates[2:])]
    draws = double_or_nothing_draws(2 * design.people, DRAWS, rng)
    cells: list[Cell] = []
    drawn = []
    for k, one in enumerate(made):
        people = np.arange(design.people) + k * design.people
        for x in one.errors:
            found = estimate(counts(x, one.trials), LEVEL).people
            assert found.value is not None and found.low is not None and found.high is not None
            cells.append(Cell(float(WEIGHTS[len(cells)]), found.value, found.low, found.high))
            few = min(int(x.sum()), int(one.trials.sum() - x.sum())) < FEW_ERRORS
            drawn.append(None if few else fnmr_draws(draws, people, x, one.trials))
    shared = np.kron(np.eye(2), np.ones((2, 2))).astype(bool)
    matrices = {"population": correlations(drawn, shared), "independent": np.eye(4), "dependent": np.ones((4, 4))}
    return {name: weighted_sum(cells, matrix)[1:] for name, matrix in matrices.items()}


def row_of(design: Design, replicates: int, number: int) -> str:
    truth = float(WEIGHTS @ np.array(design.rates))
    held: dict[str, list[bool]] = {}
    width: dict[str, list[float]] = {}
    for k in range(replicates):
        for name, (low, high) in intervals(np.random.default_rng([SEED, number, k]), design).items():
            held.setdefault(name, []).append(low <= truth <= high)
            width.setdefault(name, []).append(high - low)
    said = [f"{np.mean(held[name]):.3f} ({1e4 * np.mean(width[name]):.0f})" for name in held]
    rates = ", ".join(f"{rate:g}" for rate in design.rates)
    return f"| {design.people} | {design.images} | {rates} | {' | '.join(said)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    lines = [
        "# Populations: how often the interval of people turned away holds",
        "",
        f"`python benchmarks/population_coverage.py --replicates {asked.replicates}`; level {LEVEL:g}. Share of "
        "replicates whose interval holds the true number, in brackets its mean width, of 10,000 applicants. Two groups "
        f"of so many people each, two conditions, weights {', '.join(f'{w:g}' for w in WEIGHTS)}.",
        "",
        "| people | images | rates | population | cells independent | cells wholly dependent |",
        "|---|---|---|---|---|---|",
        *(row_of(design, asked.replicates, k) for k, design in enumerate(DESIGNS)),
    ]
    text = "\n".join(lines) + "\n"
    if asked.out is None:
        print(text)
    else:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
