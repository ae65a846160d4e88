"""How often one margin of error holds for all groups at once, and how often one test over equal groups errs.

    python benchmarks/common_margin.py --replicates 500 --out benchmarks/common_margin.md

Studies are those of null_band_coverage.py: errors of people who differ, uneven numbers of images, people of a heavy
tail, families. Every study is drawn again by people as the tables do it. The margin is right where every group's
true rate lies within it of the group's own; the test is wrong where it finds equal groups to differ at 5 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from interval_coverage import LEVEL, _counts
from null_band_coverage import DESIGNS, Array, Design, Integers, Labels, _effects, _sizes

from facegap.estimate.bootstrap import PeopleDraws, double_or_nothing_draws
from facegap.estimate.common_margin import (
    GroupDraws,
    common_margin,
    mated_draws,
    nonmated_draws,
    omnibus,
    with_everyone,
)
from facegap.records import ErrorCounts, SamplesOfPeople

Rng = np.random.Generator
DRAWS = 500
FURTHER = (
    Design(people=(300, 150, 80, 30), images="geometric", fnmr=0.02, fmr=0.0005),
    Design(people=(30,) * 4, images="geometric"),
    Design(people=(30,) * 4, images="geometric", people_t=True),
    Design(people=(200, 60), images="zipf"),
    Design(people=(200,) * 4, images="zipf"),
)


class Answer(NamedTuple):
    """Of one study: by how much the group that is furthest below or above its true rate misses; margins; p-value."""

    below: float
    above: float
    plain: float
    margin: float
    p: float
    errors: int


def of_mated(rng: Rng, design: Design, label: Labels, sizes: Integers, draws: PeopleDraws) -> Answer:
    rate = design.fnmr * np.where(label == 0, design.first, 1.0)
    comparisons = sizes * (sizes - 1) // 2
    expected = np.minimum(rate * np.exp(_effects(rng, design, len(label))) / np.exp(0.5), 0.95)
    errors = rng.binomial(comparisons, expected)
    groups, counts = [], []
    for d in range(len(design.people)):
        own = np.flatnonzero((label == d) & (comparisons > 0))
        groups.append(mated_draws(draws, own, errors[own], comparisons[own]))
        counts.append(replace(_counts("FNMR", (errors[own], comparisons[own]), None), group=str(d)))
    return _answer(groups, counts, truth_mated(design))


def of_nonmated(rng: Rng, design: Design, label: Labels, sizes: Integers, draws: PeopleDraws) -> Answer:
    people = len(label)
    i, j = (np.concatenate(side) for side in zip(*(_within(label, d) for d in range(len(design.people))), strict=True))
    effect = np.exp(0.5 * _effects(rng, design, people) - 0.125)
    rate = design.fmr * effect[i] * effect[j] * np.where(label[i] == 0, design.first, 1.0)
    if design.families:
        family = rng.random(people // 4 + 1) < 0.2
        rate = np.where((i // 4 == j // 4) & family[i // 4], 0.3, rate)
    compared = sizes[i] * sizes[j]
    errors = rng.binomial(compared, np.minimum(rate, 0.95))
    groups, counts = [], []
    for d in range(len(design.people)):
        own = label[i] == d
        wrong = own & (errors > 0)
        samples = np.where(label == d, sizes, 0)
        of = SamplesOfPeople(samples, samples, True)
        groups.append(nonmated_draws(draws, i[wrong], j[wrong], errors[wrong], of))
        pair = errors[own], compared[own]
        x, m = (
            (np.bincount(i[own], v, people) + np.bincount(j[own], v, people))[label == d].astype(np.int64) for v in pair
        )
        counts.append(replace(_counts("FMR", (x, m), pair), group=str(d)))
    return _answer(groups, counts, truth_nonmated(design))


def _within(label: Labels, d: int) -> tuple[Integers, Integers]:
    own = np.flatnonzero(label == d)
    a, b = np.triu_indices(len(own), 1)
    return own[a], own[b]


def truth_mated(design: Design) -> Array:
    """(groups,) expected rates: the mean over a million people."""
    effect = np.exp(_effects(np.random.default_rng(9), replace(design), 1_000_000)) / np.exp(0.5)
    rate = design.fnmr * np.where(np.arange(len(design.people)) == 0, design.first, 1.0)
    return np.array([np.minimum(one * effect, 0.95).mean() for one in rate])


def truth_nonmated(design: Design) -> Array:
    """(groups,) expected rates; families share of the pairs of a group that are in one."""
    effect = np.exp(0.5 * _effects(np.random.default_rng(9), design, 1_000_000) - 0.125).mean() ** 2
    rate = design.fmr * np.where(np.arange(len(design.people)) == 0, design.first, 1.0) * effect
    if design.families:
        kin = np.array([0.2 * (n // 4) * 6 / (n * (n - 1) / 2) for n in design.people])
        rate = rate * (1 - kin) + 0.3 * kin
    return np.asarray(rate)


def _answer(groups: Sequence[GroupDraws], counts: Sequence[ErrorCounts], truth: Array) -> Answer:
    plain = omnibus(list(groups), LEVEL)
    seen = np.array([group.rates[0] for group in groups])
    margin = common_margin(plain.margin, counts, LEVEL)
    return Answer(
        below=float((truth - seen).max()),
        above=float((seen - truth).max()),
        plain=np.nan if plain.margin is None else plain.margin,
        margin=np.nan if margin is None else margin,
        p=np.nan if plain.p is None else plain.p,
        errors=min(c.errors for c in counts),
    )


def measured(design: Design, replicates: int) -> list[str]:
    """Lines of the table: FMR and FNMR."""
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(len(design.people)), design.people)
    found: dict[str, list[Answer]] = {"FMR": [], "FNMR": []}
    for _ in range(replicates):
        sizes = _sizes(rng, design.images, len(label))
        draws = with_everyone(double_or_nothing_draws(len(label), DRAWS, rng))
        found["FMR"].append(of_nonmated(rng, design, label, sizes, draws))
        found["FNMR"].append(of_mated(rng, design, label, sizes, draws))
    return [_line(design, metric, answers) for metric, answers in found.items()]


def _line(design: Design, metric: str, answers: list[Answer]) -> str:
    def share(values: Sequence[bool]) -> str:
        return f"{100 * np.mean(values):.1f}" if values else "-"

    plain = [a for a in answers if np.isfinite(a.plain)]
    there = [a for a in answers if np.isfinite(a.margin)]
    tested = [a for a in answers if np.isfinite(a.p)]
    cells = [
        str(design), metric, f"{np.mean([a.errors for a in answers]):.0f}",
        share([a.below > a.plain for a in plain]), share([a.above > a.plain for a in plain]),
        share([np.isfinite(a.margin) for a in answers]),
        share([a.below > a.margin for a in there]), share([a.above > a.margin for a in there]),
        share([a.p < 1 - LEVEL for a in tested]),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    same = [*DESIGNS, *FURTHER]
    designs = [*same, *(replace(design, first=2.0) for design in same)]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = list(pool.map(measured, designs, [options.replicates] * len(designs)))
    head = [
        "| design | rate | least errors | beyond the largest distance alone, % below / | above | given, % | "
        "beyond the margin, % below / | above | found to differ, % |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    equal, twice = ([line for lines in part for line in lines] for part in (rows[: len(same)], rows[len(same) :]))
    text = "\n".join(
        [
            "# One margin of error for all groups, and one test over them",
            "",
            f"Written by `benchmarks/common_margin.py`: {options.replicates} replicates a row, {DRAWS} draws of people "
            f"(Monte Carlo standard error near 5 %: {100 * np.sqrt(0.0475 / options.replicates):.1f} points); numpy "
            f"{np.__version__}, Python {sys.version.split()[0]}. Below: what was seen of some group lies more than the "
            "margin below its true rate; above: above it. Promised are at most 5 % in "
            "sum. The first pair is of the largest distance over the groups alone, the second of the margin as it is "
            "given, widened to every group's own interval; given: studies that have one.",
            "",
            "## Equal groups: at most 5 found to differ is promised",
            "",
            *head,
            *equal,
            "",
            "## The first group has twice the others' rates: the more found to differ the better",
            "",
            *head,
            *twice,
            "",
        ]
    )
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
