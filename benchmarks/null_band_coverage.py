"""How often summaries of groups with equal rates lie outside their null bands, and where one group has twice the rate.

    python benchmarks/null_band_coverage.py --replicates 1000 --out benchmarks/null_band_coverage.md

Errors are drawn, not scores. A person's chance of a false non-match, and a pair's of a false match, follow from
effects of people, normal or of Student's t with three degrees of freedom, where a few people make most errors. A
fifth of people in fours may be families, who match at 0.3. The band of comparisons draws independent ones, as many as
each group's effective sample; the band of people deals people anew to the groups, and is the one in the tables. Pairs
across groups are in neither, so that it does not matter how much more alike strangers of one label are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from claims_coverage import images as images_of
from interval_coverage import LEVEL, _counts

from facegap.estimate.bands import _shown, _smoothed
from facegap.estimate.clusters import Together, together
from facegap.estimate.differentials import rates_of, smoothed_rates
from facegap.estimate.equal_groups import Deals, Equal, dealt, of_mated, of_nonmated
from facegap.estimate.interval import effective_sample
from facegap.estimate.measures import COMBINED, MEASURES, Combined, Measure, mape
from facegap.records import ErrorCounts

Integers = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
DEALS, DRAWS, MOST_IMAGES = 999, 1000, 60
SEED = 2028
"""Other studies than those that the band was chosen by."""
SHOWN = ("max/min", "max-min", "max/mean", "max/geomean", "vary geomean", "gini", "STD population")
SHOWN_TOGETHER = ("FDR", "IR", "GARBE", "SER")


@dataclass(frozen=True, kw_only=True)
class Design:
    """People of each group, how many images they have, how they differ, and the rates of all groups.

    Attributes:
        images: "even" (4 each), "geometric" (mean 4) or "zipf" (exponent 2), of which at most 60; "as in LFW", one for
            most and up to 200 for a few.
        people_t: people's effects have three degrees of freedom, else they are normal.
        first: the first group's rates over the others'.
    """

    people: tuple[int, ...]
    images: str
    fnmr: float = 0.05
    fmr: float = 0.002
    people_t: bool = False
    families: bool = False
    first: float = 1.0

    def __str__(self) -> str:
        same = len(set(self.people)) == 1
        people = f"{len(self.people)} x {self.people[0]}" if same else ", ".join(map(str, self.people))
        extras = [self.images, *(["t3 people"] if self.people_t else []), *(["families"] if self.families else [])]
        return f"{people}; {', '.join(extras)}"


DESIGNS = (
    Design(people=(40,) * 8, images="geometric"),
    Design(people=(60,) * 4, images="even"),
    Design(people=(300, 150, 80, 30), images="geometric"),
    Design(people=(60,) * 4, images="zipf"),
    Design(people=(100,) * 4, images="geometric", people_t=True),
    Design(people=(300, 150, 80, 30), images="geometric", people_t=True),
    Design(people=(60,) * 4, images="geometric", families=True),
    Design(people=(250, 250), images="even"),
    Design(people=(15,) * 4, images="geometric"),
    Design(people=(300, 150, 80), images="as in LFW"),
    Design(people=(300, 150, 80), images="as in LFW", people_t=True),
)


class Study(NamedTuple):
    """Counts of both rates by group, and the null rates by metric of either kind."""

    fmr: tuple[ErrorCounts, ...]
    fnmr: tuple[ErrorCounts, ...]
    bands: dict[str, dict[str, Equal]]


def study(rng: np.random.Generator, design: Design) -> Study:
    label = np.repeat(np.arange(len(design.people)), design.people)
    sizes = _sizes(rng, design.images, len(label))
    deals = dealt(design.people, DEALS, rng)
    fmr, dealt_fmr = _fmr(rng, design, label, sizes, deals)
    fnmr, dealt_fnmr = _fnmr(rng, design, label, sizes, deals)
    drawn = {"FMR": _by_comparisons(fmr, rng), "FNMR": _by_comparisons(fnmr, rng)}
    return Study(fmr, fnmr, {"comparisons": drawn, "people": {"FMR": dealt_fmr, "FNMR": dealt_fnmr}})


def _by_comparisons(counts: Sequence[ErrorCounts], rng: np.random.Generator) -> Equal:
    n = np.maximum([effective_sample(c) for c in counts], 1.0)
    size = np.rint(n).astype(np.int64)
    common = np.clip((rates_of(counts) * n).sum() / n.sum(), 0.25 / n.sum(), 1 - 0.25 / n.sum())
    seen = rng.binomial(size, common, (DRAWS, len(n))) / size
    return Equal(seen, _smoothed(seen, size))


def _sizes(rng: np.random.Generator, images: str, people: int) -> Integers:
    if images == "even":
        return np.full(people, 4)
    if images == "as in LFW":
        return images_of(images, people, rng)
    drawn = rng.geometric(1 / 4, people) if images == "geometric" else 1 + rng.zipf(2.0, people)
    return np.minimum(drawn, MOST_IMAGES).astype(np.int64)


def _effects(rng: np.random.Generator, design: Design, people: int) -> Array:
    """Of variance 1, cut off at 5."""
    drawn = rng.standard_t(3, people) / np.sqrt(3) if design.people_t else rng.normal(size=people)
    return np.asarray(np.clip(drawn, -5, 5))


def _fnmr(
    rng: np.random.Generator, design: Design, label: Labels, sizes: Integers, deals: Deals
) -> tuple[tuple[ErrorCounts, ...], Equal]:
    rate = design.fnmr * np.where(label == 0, design.first, 1.0)
    effect = np.exp(1.0 * _effects(rng, design, len(label)))
    comparisons = sizes * (sizes - 1) // 2
    errors = rng.binomial(comparisons, np.minimum(rate * effect / np.exp(0.5), 0.95))
    counts = []
    for d in range(len(design.people)):
        own = (label == d) & (comparisons > 0)
        counts.append(replace(_counts("FNMR", (errors[own], comparisons[own]), None), group=str(d)))
    return tuple(counts), of_mated(deals, errors, comparisons, float(rates_of(counts).mean()))


class Pairs(NamedTuple):
    """(pairs,) people of each pair, false matches and comparisons, and whether both are of one group."""

    i: Integers
    j: Integers
    errors: Integers
    compared: Integers
    same: npt.NDArray[np.bool_]


def false_matches(rng: np.random.Generator, design: Design, label: Labels, sizes: Integers) -> Pairs:
    people = len(label)
    i, j = np.triu_indices(people, 1)
    effect = np.exp(0.5 * _effects(rng, design, people) - 0.125)
    same = label[i] == label[j]
    rate = design.fmr * effect[i] * effect[j]
    rate *= np.where(same & (label[i] == 0), design.first, 1.0)
    if design.families:
        family = rng.random(people // 4 + 1) < 0.2
        rate = np.where(same & (i // 4 == j // 4) & family[i // 4], 0.3, rate)
    compared = sizes[i] * sizes[j]
    return Pairs(i, j, rng.binomial(compared, np.minimum(rate, 0.95)), compared, same)


def _fmr(
    rng: np.random.Generator, design: Design, label: Labels, sizes: Integers, deals: Deals
) -> tuple[tuple[ErrorCounts, ...], Equal]:
    pairs = false_matches(rng, design, label, sizes)
    counts, errors, comparisons = fmr_counts(design, label, pairs)
    return counts, of_nonmated(deals, counts, errors, comparisons, rng, _families(label, pairs, counts))


def _families(label: Labels, pairs: Pairs, counts: Sequence[ErrorCounts]) -> Together:
    """What the tables take from the pairs of all groups."""
    found = []
    for c in counts:
        own = pairs.same & (label[pairs.i] == int(c.group)) & (pairs.errors > 0)
        i, j, errors, compared = (side[own] for side in (pairs.i, pairs.j, pairs.errors, pairs.compared))
        found.append(together(i, j, errors, compared, c.errors / c.trials, errors.astype(np.float64)))
    return Together(*(sum(side) for side in zip(*found, strict=True)))


def fmr_counts(design: Design, label: Labels, pairs: Pairs) -> tuple[tuple[ErrorCounts, ...], Integers, Integers]:
    """Counts by group, and (people,) false matches and comparisons inside the own group."""
    people, (i, j, errors, compared, same) = len(label), pairs
    counts, own_errors, own_comparisons = [], [], []
    for d in range(len(design.people)):
        own = same & (label[i] == d)
        pair = errors[own], compared[own]
        x, m = (
            (np.bincount(i[own], v, people) + np.bincount(j[own], v, people))[label == d].astype(np.int64) for v in pair
        )
        own_errors.append(x)
        own_comparisons.append(m)
        counts.append(replace(_counts("FMR", (x, m), pair), group=str(d)))
    return tuple(counts), np.concatenate(own_errors), np.concatenate(own_comparisons)


def outside(found: Study, target: float) -> dict[tuple[str, str, str], bool]:
    """(metric, measure, kind of band) -> whether the value lies outside."""
    answer: dict[tuple[str, str, str], bool] = {}
    asked: list[tuple[str, list[tuple[ErrorCounts, ...]], Measure | Combined]] = []
    for m in MEASURES:
        if m.name in SHOWN:
            asked += [("FMR", [found.fmr], m), ("FNMR", [found.fnmr], m)]
    asked += [("FMR+FNMR", [found.fmr, found.fnmr], m) for m in COMBINED if m.name in SHOWN_TOGETHER]
    for metric, sides, measure in asked:
        zero = measure.positive and any(c.errors == 0 for side in sides for c in side)
        rates = [(smoothed_rates if zero else rates_of)(side) for side in sides]

        def function(*rates: Array, measure: Measure | Combined = measure) -> Array:
            if isinstance(measure, Combined):
                return measure.function(rates[0], rates[1], 0.5)
            return measure.function(rates[0])

        value = float(function(*rates))
        for kind, equal in found.bands.items():
            null = _shown(function, [equal[name] for name in metric.split("+")], measure.at_equality, measure.positive)
            away = -1 if np.median(null) < measure.at_equality else 1
            answer[metric, measure.name, kind] = bool(away * value > np.quantile(away * null, LEVEL) + 1e-12)
    for kind, equal in found.bands.items():
        ends = np.quantile(mape(equal["FMR"].seen, target), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        answer["FMR", "MAPE", kind] = not bool(ends[0] <= mape(rates_of(found.fmr), target) <= ends[1])
    return answer


def measured(design: Design, replicates: int) -> list[str]:
    """Lines of the table: FMR, FNMR and both."""
    studies = [study(np.random.default_rng([SEED, k]), design) for k in range(replicates)]
    found = [outside(one, design.fmr) for one in studies]
    lines = []
    for metric, names in (("FMR", (*SHOWN, "MAPE")), ("FNMR", SHOWN), ("FMR+FNMR", SHOWN_TOGETHER)):
        sides = [side for side in ("fmr", "fnmr") if side.upper() in metric.split("+")]
        least = np.mean([min(c.errors for side in sides for c in getattr(one, side)) for one in studies])
        cells = [
            f"{name} " + " / ".join(f"{100 * np.mean([f[metric, name, k] for f in found]):.1f}" for k in KINDS)
            for name in names
        ]
        lines.append(f"| {design} | {metric} | {least:.0f} | {'; '.join(cells)} |")
    return lines


KINDS = ("comparisons", "people")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    designs = [replace(design, first=first) for first in (1.0, 2.0) for design in DESIGNS]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = list(pool.map(measured, designs, [options.replicates] * len(designs)))
    head = ["| design | rate | least errors | outside, % |", "|---|---|---|---|"]
    equal, twice = ([line for lines in part for line in lines] for part in (rows[: len(DESIGNS)], rows[len(DESIGNS) :]))
    text = "\n".join(
        [
            "# How often summaries of groups lie outside their null bands",
            "",
            f"Written by `benchmarks/null_band_coverage.py`: {options.replicates} replicates a row (Monte Carlo "
            f"standard error near 5 %: {100 * np.sqrt(0.0475 / options.replicates):.1f} points); numpy "
            f"{np.__version__}, Python {sys.version.split()[0]}. Share of studies outside the 95 % band, in %, by "
            "independent comparisons / by people dealt anew. Designs are groups x people; numbers of images.",
            "",
            "## Equal groups: at most 5 is promised",
            "",
            *head,
            *equal,
            "",
            "## The first group has twice the others' rates: the more the better",
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
