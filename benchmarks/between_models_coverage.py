"""Coverage by side of the difference of two models' FNMR and FMR on the same comparisons.

    python benchmarks/between_models_coverage.py --replicates 400 --out benchmarks/between_models_coverage.md

A person's chance of a false non-match is log-normal, in part the same under both models, and half of a comparison's
chance is. FMR: a pair's chance is the product of two people's factors, likewise in part the same under both models; the
interval and p are those of people drawn again, double or nothing. Numbers of images are those of `claims_coverage`.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

import numpy as np
from claims_coverage import images

from facegap.estimate.bootstrap import double_or_nothing_draws, fmr_draws, percentiles
from facegap.estimate.discordant import drawn_p, swap_p
from facegap.estimate.paired import change, change_interval, turned, turned_interval
from facegap.records import SamplesOfPeople

LEVEL = 0.95
PEOPLE = (("even", 60), ("even", 150), ("geometric", 60), ("geometric", 200), ("as in LFW", 200), ("power law", 150))
RATES = ((0.1, 1.0), (0.02, 1.0), (0.05, 2.0))
MOST = 3000
"""Comparisons of a person."""


def line(kind: str, people: int, rate: float, ratio: float, replicates: int) -> str:
    """Shares of intervals wholly below and above the truth, and of p-values by person below 5 %."""
    ends: dict[str, list[tuple[float, float]]] = {"Student": [], "Tango": []}
    total, rejected = np.zeros(2), 0
    for k in range(replicates):
        rng = np.random.default_rng([k, people])
        sizes = images(kind, people, rng)
        mated = np.minimum(sizes * (sizes - 1) // 2, MOST)
        shared = rng.normal(size=people)
        effects = [np.exp(0.8 * shared + 0.6 * rng.normal(size=people) - 0.5) for _ in range(2)]
        chances = [np.repeat(np.minimum(p * e, 0.9), mated) for p, e in zip((rate, rate * ratio), effects, strict=True)]
        person = np.repeat(np.arange(people), mated)
        first = rng.random(len(person))
        second = np.where(rng.random(len(person)) < 0.5, first, rng.random(len(person)))
        difference = (first < chances[0]).astype(float) - (second < chances[1])
        total += difference.sum(), len(difference)
        student, tango = change(person, difference), turned(person, difference)
        if student is None or tango is None or not student.variance:
            continue
        ends["Student"].append(change_interval(student, LEVEL))
        ends["Tango"].append(turned_interval(tango, LEVEL))
        rejected += swap_p(np.bincount(person, weights=difference).astype(np.int64)) < 1 - LEVEL
    truth = total[0] / total[1]
    cells = [_sides(found, truth) for found in ends.values()]
    return (
        f"| {people}, {kind} | {rate:g}, {rate * ratio:g} | {' | '.join(cells)} | {100 * rejected / replicates:.1f} |"
    )


FMRS = ((1e-2, 1.0), (1e-3, 1.0), (1e-3, 2.0))
DRAWS, FEW = 600, 5


def fmr_line(kind: str, people: int, rate: float, ratio: float, replicates: int) -> str:
    """The same of FMR inside one group."""
    ends: list[tuple[float, float]] = []
    total, rejected = np.zeros(2), 0
    i, j = np.triu_indices(people, 1)
    for k in range(replicates):
        rng = np.random.default_rng([k, people])
        sizes = images(kind, people, rng).astype(np.int64)
        shared = rng.normal(size=people)
        first, second = (
            np.minimum(p * (factor := np.exp(0.4 * shared + 0.3 * rng.normal(size=people) - 0.125))[i] * factor[j], 0.5)
            for p in (rate, rate * ratio)
        )
        compared = sizes[i] * sizes[j]
        alike = rng.binomial(compared, 0.5)
        turned_over = rng.binomial(alike, np.abs(first - second)) * np.sign(first - second).astype(np.int64)
        one, other = (rng.binomial(compared - alike, p) for p in (first * (1 - second), second * (1 - first)))
        sign = turned_over + one - other
        total += sign.sum(), compared.sum()
        if (np.abs(turned_over) + one + other).sum() < FEW:
            continue
        at = sign != 0
        draws = double_or_nothing_draws(people, DRAWS, rng)
        drawn = fmr_draws(draws, i[at], j[at], sign[at], SamplesOfPeople(sizes, sizes, True))
        ends.append(percentiles(drawn, LEVEL))
        rejected += drawn_p(drawn) < 1 - LEVEL
    return (
        f"| {people}, {kind} | {rate:g}, {rate * ratio:g} | {_sides(ends, total[0] / total[1])} | "
        f"{100 * rejected / replicates:.1f} |"
    )


def _sides(ends: list[tuple[float, float]], truth: float) -> str:
    below, above = (np.mean(side) for side in zip(*((high < truth, low > truth) for low, high in ends), strict=True))
    return f"{100 * below:.1f}, {100 * above:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = [line(*people, *rates, options.replicates) for people in PEOPLE for rates in RATES]
    error = 100 * np.sqrt(0.0244 / options.replicates)
    text = f"""\
# Two models on the same comparisons: intervals of the difference of their FNMR, and of their FMR

Written by `benchmarks/between_models_coverage.py`: {options.replicates} replicates a row, level 95 % (Monte Carlo
standard error near 2.5 %: {error:.1f} points); numpy {np.__version__}, Python {platform.python_version()}. Shares of
intervals wholly below and wholly above the true difference, in %; `between_models.csv` has Tango's. Last: how often the
test by person finds a difference, which is 5 % at most where both rates are the same.

| people, images | FNMR | Student's t below, above | Tango below, above | p < 0.05 |
|---|---|---|---|---|
"""
    text += "\n".join(lines) + "\n"
    text += f"""
## FMR: people drawn again

{options.replicates // 2} replicates a row, {DRAWS} draws, all pairs inside one group.

| people, images | FMR | below, above | p < 0.05 |
|---|---|---|---|
"""
    text += "\n".join(fmr_line(*people, *rates, options.replicates // 2) for people in PEOPLE for rates in FMRS) + "\n"
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
