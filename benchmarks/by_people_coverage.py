"""How often intervals of rates by people hold the true value, where people have very different numbers of images.

    python benchmarks/by_people_coverage.py --replicates 1000 --out benchmarks/by_people_coverage.md

People are Gaussian vectors of 50 dimensions, images are their person plus noise whose size differs from person to
person, scores are cosines. Numbers of images are the same for all, geometric, or of Zipf's law cut off at 150, as in
data sets that were collected from the press; `tied`: who has many images has less noise in them, so that the rate by
comparisons is another one than that by people; `wolves` moves people towards one direction, so that a few resemble
everybody. The true rate by people is the mean over people (over pairs of people) of their own rates: x / m of each is
unbiased, so that the mean over all replicates is taken for it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.count.closed_form import Block
from facegap.count.groups import each_once, exact_dot, heaviest
from facegap.count.nonmated import pairs_once
from facegap.estimate import estimate
from facegap.records import ClusterSums, ErrorCounts

DIMENSIONS, NOISE, LEVEL, MOST = 50, 0.8, 0.95, 150
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Design:
    """People, how many images they have, and the thresholds of the two rates."""

    people: int
    images: str
    fmr_at: float = 0.45
    fnmr_at: float = 0.4
    tied: bool = False
    wolves: float = 0.0

    def __str__(self) -> str:
        extras = (", tied" if self.tied else "") + (f", wolves {self.wolves:g}" if self.wolves else "")
        return f"{self.people} people, {self.images}{extras}"

    def numbers(self, rng: np.random.Generator) -> Integers:
        """(people,) images of each, two or more."""
        if self.images == "4 each":
            return np.full(self.people, 4)
        if self.images == "geometric":
            return np.minimum(1 + rng.geometric(1 / 3, self.people), MOST)
        return np.minimum(1 + rng.zipf(1.8, self.people), MOST)


DESIGNS = tuple(
    Design(people=people, images=images, fnmr_at=at, fmr_at=0.5 if people > 60 else 0.4, tied=tied, wolves=wolves)
    for people, at in ((30, 0.45), (60, 0.4), (200, 0.35))
    for images, tied, wolves in (
        ("4 each", False, 0.0),
        ("geometric", False, 0.0),
        ("geometric", True, 0.0),
        ("Zipf", False, 0.0),
        ("Zipf", True, 0.0),
        ("Zipf", False, 0.7),
    )
)


def replicate(rng: np.random.Generator, design: Design) -> tuple[ErrorCounts, ErrorCounts]:
    """Counts of the FMR and of the FNMR of one study."""
    numbers = design.numbers(rng)
    person = np.repeat(np.arange(design.people), numbers)
    centres = rng.normal(0, 1, (design.people, DIMENSIONS))
    centres[:, 0] += design.wolves * rng.exponential(1, design.people) * 2
    noise = NOISE * rng.uniform(0.6, 1.4, design.people)
    if design.tied:
        noise *= (4 / numbers) ** 0.2
    images = centres[person] + noise[person][:, None] * rng.normal(0, 1, (len(person), DIMENSIONS))
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    score = (images @ images.T).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(numbers)[:-1]])

    def by_pair(flags: npt.NDArray[np.bool_]) -> Integers:
        return np.add.reduceat(np.add.reduceat(flags.astype(np.int64), starts, axis=0), starts, axis=1)

    matched = by_pair(score >= design.fmr_at)
    np.fill_diagonal(matched, 0)
    missed = by_pair(score < design.fnmr_at).diagonal() // 2
    return _false_matches(matched, numbers), _false_non_matches(missed, numbers * (numbers - 1) // 2)


def _counts(metric: str, errors: int, trials: int, people: int, x: Integers, m: Integers) -> ErrorCounts:
    return ErrorCounts(
        metric=metric,
        model="",
        condition="",
        grouping="",
        group="",
        threshold=0.0,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=people,
        by_subject=ClusterSums(exact_dot(x, x), exact_dot(x, m), exact_dot(m, m)),
        heaviest=heaviest(x, m),
    )


def _false_non_matches(x: Integers, m: Integers) -> ErrorCounts:
    plain = _counts("FNMR", int(x.sum()), int(m.sum()), len(m), x, m)
    return ErrorCounts(**{**vars(plain), "people": each_once(x, m)})


def _false_matches(matched: Integers, numbers: Integers) -> ErrorCounts:
    block = Block(np.arange(len(numbers)), numbers, numbers, once=True)
    lower, upper = np.nonzero(np.triu(matched))
    x, m = matched[lower, upper], block.pairs(lower, upper)
    errors = matched.sum(axis=1)
    plain = _counts("FMR", int(x.sum()), block.trials, len(numbers), errors, block.row_sums)
    by_pair = ClusterSums(exact_dot(x, x), exact_dot(x, m), block.pair_mm)
    people = pairs_once(block, (lower, upper), x / m, errors)
    return ErrorCounts(**{**vars(plain), "by_pair": by_pair, "people": people})


def plain_t(counts: ErrorCounts) -> tuple[float, float]:
    """Student's t on the people's own rates, of FMR the normal quantile at the plug-in two-way variance."""
    people = counts.people
    assert people is not None
    n, value = people.trials, people.errors / people.trials

    def squares(xx: float, xm: float, mm: int) -> float:
        return xx - 2 * value * xm + value**2 * mm

    rows = squares(people.by_subject.xx, people.by_subject.xm, people.by_subject.mm)
    if people.by_pair is None:
        half = float(special.stdtrit(n - 1, 0.975)) * np.sqrt(max(rows, 0.0) / (n - 1) / n)
    else:
        pairs = squares(people.by_pair.xx, people.by_pair.xm, people.by_pair.mm)
        half = 1.96 * np.sqrt((pairs + max(rows - 2 * pairs, 0.0)) / n**2)
    return value - half, value + half


Ends = npt.NDArray[np.float64]


def sides(ends: Ends, true: float) -> str:
    """Coverage in %, and the shares of intervals wholly below and wholly above the true value."""
    below, above = (ends[:, 1] < true).mean(), (ends[:, 0] > true).mean()
    return f"{100 * (1 - below - above):.1f} ({100 * below:.1f}, {100 * above:.1f})"


def row_of(design: Design, metric: str, counts: list[ErrorCounts]) -> str:
    found = [estimate(c, LEVEL) for c in counts]
    people = np.array([one.people.value for one in found])
    comparisons = np.array([one.value for one in found])
    true, pooled = float(people.mean()), sum(c.errors for c in counts) / sum(c.trials for c in counts)
    by_people = np.array([(one.people.low, one.people.high) for one in found])
    by_comparisons = np.array([(one.low, one.high) for one in found])
    plain = np.array([plain_t(c) for c in counts])
    widths = " / ".join(f"{(ends[:, 1] - ends[:, 0]).mean() / true:.2f}" for ends in (plain, by_people, by_comparisons))
    errors, largest = np.mean([c.errors for c in counts]), np.mean([one.people.largest for one in found])
    spread = f"{people.std() / true:.2f} / {comparisons.std() / pooled:.2f}"
    coverage = " | ".join(sides(ends, true) for ends in (plain, by_people, by_comparisons))
    seen = f"{true:.2g} | {pooled:.2g} | {100 * largest:.0f} | {errors:.0f}"
    return f"| {design} | {metric} | {seen} | {spread} | {coverage} | {widths} |"


HEAD = """\
# Measured coverage of intervals of rates by people

Written by `benchmarks/by_people_coverage.py`: {replicates} replicates a row (Monte Carlo standard error near 95 %:
{error:.1f} points); numpy {numpy}, Python {python}. The true value is the rate by people in every column of coverage.
In brackets the shares, in %, of intervals that lie wholly below it and wholly above it. Largest: mean share, in %, of
the comparisons that the person with most of them takes part in. Spread: standard deviation of the rate by people over
its mean, and of that by comparisons. Plain: Student's t on people's rates (FNMR), the normal quantile at the plug-in
two-way variance (FMR). Widths are over the true rate: plain, by people, by comparisons.

| design | rate | by people | by comparisons | largest | errors | spread | plain | facegap | by comparisons | widths |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    lines = []
    for k, design in enumerate(DESIGNS):
        rng = np.random.default_rng([2026, k])
        both = [replicate(rng, design) for _ in range(asked.replicates)]
        for metric, counts in zip(("FMR", "FNMR"), zip(*both, strict=True), strict=True):
            lines.append(row_of(design, metric, list(counts)))
            print(lines[-1], flush=True)
    error = 100 * (0.95 * 0.05 / asked.replicates) ** 0.5
    python = ".".join(map(str, sys.version_info[:3]))
    head = HEAD.format(replicates=asked.replicates, error=error, numpy=np.__version__, python=python)
    if asked.out:
        asked.out.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
