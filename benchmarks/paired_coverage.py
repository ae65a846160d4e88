"""How often the paired table's intervals hold the true change, and how often equal changes are found to differ.

    python benchmarks/paired_coverage.py --replicates 1000 --out benchmarks/paired_coverage.md

Errors under clean and under a condition come from scores that share the person and half of what is left; rates are
those of everybody in the population. Beside what the table does stands Student's t on the variance of sums over people,
with Welch's test of the difference, which needs many people who changed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.estimate.multiplicity import holm
from facegap.estimate.paired import Change, Turned, against, change, change_interval, turned, turned_interval, visible
from facegap.tables.paired import _no_verdict, _verdicts

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Spread = Literal["alike", "geometric", "1/k", "one 60 %"]
LEVEL, SHARE = 0.95, 0.3


@dataclass(frozen=True, kw_only=True)
class Side:
    """One group's people, their mean number of comparisons and how it spreads; error rates under clean, and added."""

    people: int
    each: int = 3
    spread: Spread = "alike"
    clean: float = 0.02
    harm: float = 0.05
    heavy: bool = False
    """People differ by Student's t on 3 degrees of freedom and account for twice the usual share of the variance."""

    def counts(self, rng: np.random.Generator) -> Integers:
        if self.spread == "geometric":
            return np.clip(rng.geometric(1 / self.each, self.people), 1, 60)
        if self.spread == "1/k":
            return np.maximum(self.people // np.arange(1, self.people + 1), 1)
        counts = np.full(self.people, self.each)
        if self.spread == "one 60 %":
            counts[0] = 1.5 * self.each * (self.people - 1)
        return counts

    def draw(self, rng: np.random.Generator) -> tuple[Integers, Floats]:
        """(n,) person of each comparison, and error less error under clean."""
        person = np.repeat(np.arange(self.people), self.counts(rng))
        share = 2 * SHARE if self.heavy else SHARE
        own = _effects(self.people, self.heavy, rng)[person] * np.sqrt(share)
        common = own + rng.normal(0, np.sqrt((1 - share) / 2), len(person))
        clean, other = (common + rng.normal(0, np.sqrt((1 - share) / 2), len(person)) for _ in range(2))
        worse = other < _quantile(self.clean + self.harm, share, self.heavy)
        return person, worse.astype(np.float64) - (clean < _quantile(self.clean, share, self.heavy))

    def __str__(self) -> str:
        much = {"alike": f"x {self.each}", "geometric": f"x geometric {self.each}"}.get(self.spread, self.spread)
        return f"{self.people} {much}" + (", heavy" if self.heavy else "")


def _effects(people: int, heavy: bool, rng: np.random.Generator) -> Floats:
    return rng.standard_t(3, people) / np.sqrt(3) if heavy else rng.normal(0, 1, people)


@lru_cache
def _quantile(rate: float, share: float, heavy: bool) -> float:
    if not heavy:
        return float(special.ndtri(rate))
    rng = np.random.default_rng(7)
    draws = _effects(2_000_000, True, rng) * np.sqrt(share) + rng.normal(0, np.sqrt(1 - share), 2_000_000)
    return float(np.quantile(draws, rate))


class Study(NamedTuple):
    """One simulated study of several groups: each one's changes and its others', both ways."""

    old: list[tuple[Change, Change]]
    new: list[tuple[Turned, Turned]]


def study(sides: tuple[Side, ...], rng: np.random.Generator) -> Study:
    """Every group against the others together; of two groups the first alone."""
    drawn = [side.draw(rng) for side in sides]
    group = np.repeat(np.arange(len(sides)), [len(person) for person, _ in drawn])
    person = np.concatenate([whose + 10_000 * k for k, (whose, _) in enumerate(drawn)])
    difference = np.concatenate([values for _, values in drawn])
    old, new = [], []
    for k in range(1 if len(sides) == 2 else len(sides)):
        mine = group == k
        pairs = [
            (make(person[mine], difference[mine]), make(person[~mine], difference[~mine])) for make in (change, turned)
        ]
        old.append(pairs[0])
        new.append(pairs[1])
    return Study(old, new)  # type: ignore[arg-type]


def welch(a: Change, b: Change) -> tuple[float, float, float]:
    """Interval of a's change less b's, and p-value."""
    value, spread = a.mean - b.mean, a.variance + b.variance
    if spread == 0:
        return value, value, 1.0
    freedom = spread**2 / (a.variance**2 / (a.people - 1) + b.variance**2 / (b.people - 1))
    error = np.sqrt(spread)
    half = float(special.stdtrit(freedom, 0.5 + LEVEL / 2)) * error
    return value - half, value + half, float(2 * special.stdtr(freedom, -abs(value) / error))


def verdicts(found: Study) -> list[str]:
    """The table's verdict on each group, "" where it gives none."""
    tested = {str(k): pair for k, pair in enumerate(found.new) if not _no_verdict(*pair)}
    rows = _verdicts(tested, LEVEL)
    return [rows[str(k)]["verdict"] if str(k) in rows else "" for k in range(len(found.new))]


def by_side(ends: list[tuple[float, float]], truth: float) -> str:
    """Coverage in %, in brackets the shares wholly below and wholly above the truth."""
    low, high = np.array(ends).T
    below, above = 100 * (high < truth).mean(), 100 * (low > truth).mean()
    return f"{100 - below - above:.1f} ({below:.1f}, {above:.1f})"


def two_sides(sides: tuple[Side, Side], replicates: int) -> str:
    """A row of the table of coverage: the first side against the second, equal changes."""
    rng = np.random.default_rng(11)
    studies = [study(sides, rng) for _ in range(replicates)]
    a, b = sides
    truth, apart = a.harm, a.harm - b.harm
    old = [welch(*s.old[0]) for s in studies]
    said = [verdicts(s)[0] for s in studies]
    given = np.array([bool(word) for word in said])
    wrong = np.array([word == "changes otherwise" for word in said])
    among = f"{100 * wrong[given].mean():.1f}" if given.mean() > 0.1 else "-"
    cells = (
        f"{a} against {b}",
        f"{100 * a.clean:g} + {100 * a.harm:g}"
        + ("" if a.clean == b.clean else f"; {100 * b.clean:g} + {100 * b.harm:g}"),
        f"{np.mean([s.new[0][0].changed for s in studies]):.1f}",
        by_side([change_interval(s.old[0][0], LEVEL) for s in studies], truth),
        by_side([turned_interval(s.new[0][0], LEVEL) for s in studies], truth),
        by_side([one[:2] for one in old], apart),
        by_side([against(*s.new[0], LEVEL) for s in studies], apart),
        f"{100 * np.mean([one[2] < 1 - LEVEL for one in old]):.1f}",
        f"{100 * wrong.mean():.1f}",
        f"{100 * given.mean():.0f}",
        among,
    )
    return f"| {' | '.join(cells)} |"


def many_groups(sides: tuple[Side, ...], replicates: int) -> str:
    """A row of the table of families: any group of equal changes said to change otherwise, after Holm."""
    rng = np.random.default_rng(12)
    old = new = 0
    for _ in range(replicates):
        found = study(sides, rng)
        old += min(holm([welch(*pair)[2] for pair in found.old])) < 1 - LEVEL
        new += "changes otherwise" in verdicts(found)
    rates = f"{100 * sides[0].clean:g} + {100 * sides[0].harm:g}"
    names = ", ".join(str(side) for side in sides) if len(set(sides)) > 1 else f"{len(sides)} of {sides[0]}"
    return f"| {names} | {rates} | {100 * old / replicates:.1f} | {100 * new / replicates:.1f} |"


def power(sides: tuple[Side, Side], replicates: int) -> str:
    """A row of the table of power: at a difference of 10 points, and at the smallest that the table says it sees."""
    rng = np.random.default_rng(13)
    said = [visible(*study(sides, rng).new[0]) for _ in range(min(replicates, 200))]
    smallest = float(np.median([1.0 if one is None else one for one in said]))
    cells = []
    for more in (0.1, smallest):
        worse = (replace(sides[0], harm=sides[0].harm + more), sides[1])
        studies = [study(worse, rng) for _ in range(replicates)]
        seen = [welch(*s.old[0])[2] < 1 - LEVEL for s in studies]
        shown = [verdicts(s)[0] == "changes otherwise" for s in studies]
        cells += [f"{100 * np.mean(seen):.0f}", f"{100 * np.mean(shown):.0f}"]
    rates = f"{100 * sides[0].clean:g} + {100 * sides[0].harm:g}"
    return f"| {sides[0]} against {sides[1]} | {rates} | {cells[0]} | {cells[1]} | {100 * smallest:.1f} | {cells[3]} |"


def _designs() -> list[tuple[Side, Side]]:
    shapes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"people": 60}, {"people": 180}),
        ({"people": 40, "each": 1}, {"people": 120, "each": 1}),
        ({"people": 40, "each": 1}, {"people": 600, "each": 1}),
        ({"people": 60, "spread": "geometric"}, {"people": 180, "spread": "geometric"}),
        ({"people": 40}, {"people": 280}),
        ({"people": 30}, {"people": 530}),
    ]
    rates = ((0.01, 0.01), (0.01, 0.05), (0.1, 0.1), (0.2, 0.2))
    found = [
        (Side(clean=clean, harm=harm, **a), Side(clean=clean, harm=harm, **b))
        for a, b in shapes
        for clean, harm in rates
    ]
    found += [(Side(clean=0.02, **a), Side(clean=0.2, **b)) for a, b in shapes]
    found += [(Side(harm=0.1, heavy=True, **a), Side(harm=0.1, heavy=True, **b)) for a, b in shapes]
    for people in (12, 20):
        for heavy in (False, True):
            side = Side(people=people, each=20, harm=0.1, heavy=heavy)
            found.append((side, replace(side, people=180)))
    for people, spread in ((60, "1/k"), (400, "1/k"), (60, "one 60 %")):
        for heavy in (False, True):
            side = Side(people=people, spread=spread, harm=0.1, heavy=heavy)  # type: ignore[arg-type]
            found.append((side, replace(side, people=3 * people)))
    return found


def _families() -> list[tuple[Side, ...]]:
    found: list[tuple[Side, ...]] = []
    for clean, harm in ((0.01, 0.05), (0.1, 0.1)):
        base = Side(people=40, clean=clean, harm=harm)
        found += [
            (base,) * 8,
            (replace(base, each=1),) * 8,
            (replace(base, spread="geometric"),) * 8,
            (replace(base, heavy=True),) * 8,
            tuple(replace(base, people=people) for people in (300, 150, 80, 30)),
        ]
    return found


def _powers() -> list[tuple[Side, Side]]:
    found = []
    for a, b, each in ((60, 180, 3), (40, 120, 1), (40, 600, 1), (40, 280, 3)):
        found += [
            (Side(people=a, each=each, clean=clean, harm=harm), Side(people=b, each=each, clean=clean, harm=harm))
            for clean, harm in ((0.01, 0.01), (0.02, 0.05), (0.1, 0.1))
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()

    def rows(make: Callable[..., str], cases: list[Any]) -> list[str]:
        with ProcessPoolExecutor(options.workers) as pool:
            return list(pool.map(make, cases, [options.replicates] * len(cases)))

    error = 100 * np.sqrt(0.0475 / options.replicates)
    text = "\n".join(
        [
            "# Measured coverage and errors of the paired table",
            "",
            f"Written by `benchmarks/paired_coverage.py`: {options.replicates} replicates a row (Monte Carlo standard "
            f"error {error:.1f} points near 95 %), level 95 %; numpy {np.__version__}, Python "
            f"{sys.version.split()[0]}. Designs are people x comparisons of each; people account for 30 % of the "
            "variance of scores (heavy: 60 %, and differ by Student's t on 3 degrees of freedom). Rates: FNMR under "
            "clean + what the condition adds, in points, alike in both unless two are given. t: Student's t and "
            "Welch's test on sums over people.",
            "",
            "## Equal changes: coverage in % (wholly below the truth, wholly above), wrong verdicts",
            "",
            "Of the first group. 5 % wrong verdicts are promised. Fewer come where few people change: whole people are "
            "too coarse for exactly 5 %. The last column is over the studies with a verdict alone.",
            "",
            "| design | rates | changed | change: t | change | difference: t | difference | wrong: t | wrong "
            "| verdict given | wrong among given |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *rows(two_sides, _designs()),
            "",
            "## Any of several groups with equal changes said to change otherwise, after Holm, %",
            "",
            "| groups | rates | t | table |",
            "|---|---|---|---|",
            *rows(many_groups, _families()),
            "",
            "## Power: the group changes by more, % found",
            "",
            "`visible_80`: the median of what the table says. Whole people are too coarse for exactly 80 %.",
            "",
            "| design | rates | t, at 10 points | table, at 10 points | visible_80, points | table, at visible_80 |",
            "|---|---|---|---|---|---|",
            *rows(power, _powers()),
            "",
        ]
    )
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
