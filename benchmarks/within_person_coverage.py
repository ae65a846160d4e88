"""How often the table within a person holds the true difference, and how often equal labels are found to differ.

    python benchmarks/within_person_coverage.py --replicates 1000 --out benchmarks/within_person_coverage.md

Heads are shown at three tones under clean and in a place. Scores share the head and the picture (the same at every
tone) and have noise of their own; rates are those of everybody in the population. What is printed is what
`within_person.csv` does: verdicts over the three pairs of tones, adjusted by Holm, none with fewer than 5 heads that
differ or 20 heads.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.estimate.paired import turned_interval
from facegap.estimate.within_person import by_person, change_against, swap_of_labels_p
from facegap.tables.within_person import holm_of_tested, no_verdict

Floats = npt.NDArray[np.float64]
LEVEL = 0.95
PAIRS = tuple(combinations(range(3), 2))
HEAD, PICTURE = 0.3, 0.4
"""Shares of the variance of scores."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """Heads, comparisons of each at a tone, and error rates at the three tones under clean and in the place, in %."""

    heads: int = 40
    each: int = 1
    clean: tuple[float, float, float]
    place: tuple[float, float, float]

    def draw(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """(heads, 3) rates in the place, and changes from clean."""
        head = rng.normal(0, np.sqrt(HEAD), (self.heads, 1, 1))
        picture = rng.normal(0, np.sqrt(PICTURE), (self.heads, self.each, 1))
        own = np.sqrt(1 - HEAD - PICTURE)

        def errors(rates: tuple[float, float, float]) -> Floats:
            score = head + picture + rng.normal(0, own, (self.heads, self.each, 3))
            return (score < special.ndtri(np.array(rates) / 100)).mean(axis=1)

        clean, place = errors(self.clean), errors(self.place)
        return place, place - clean

    def __str__(self) -> str:
        clean, place = (" / ".join(f"{rate:g}" for rate in rates) for rates in (self.clean, self.place))
        return f"{self.heads} x {self.each} | {clean} | {place}"


@dataclass(kw_only=True)
class Tally:
    """Of one question: intervals below, holding and above the truth of the last tone less the first, and verdicts."""

    below: int = 0
    above: int = 0
    tested: int = 0
    wrong: int = 0
    found: int = 0

    def add(self, values: Floats, truth: Floats, each: int, changes: bool) -> None:
        """One replicate: (heads, 3) means over `each` comparisons, whose truth is (3,) `truth`."""
        differences = [values[:, b] - values[:, a] for a, b in PAIRS]
        low, high = _interval(values[:, 2] - values[:, 0], each, changes)
        true = truth[2] - truth[0]
        self.below += high < true
        self.above += low > true
        p = holm_of_tested([None if no_verdict(one, 0) else swap_of_labels_p(one) for one in differences])
        equal = [abs(truth[b] - truth[a]) < 1e-12 for a, b in PAIRS]
        shown = [one is not None and one < 1 - LEVEL for one in p]
        self.tested += p[1] is not None
        self.wrong += any(one and same for one, same in zip(shown, equal, strict=True))
        self.found += shown[1]

    def cells(self, replicates: int, equal: bool, some_equal: bool) -> Iterator[str]:
        each = 100 / replicates
        yield f"{100 - each * (self.below + self.above):.1f} ({each * self.below:.1f}, {each * self.above:.1f})"
        yield f"{each * self.tested:.0f}"
        yield f"{each * self.wrong:.1f}" if some_equal else "–"
        yield "–" if equal else f"{each * self.found:.0f}"


def _interval(difference: Floats, each: int, changes: bool) -> tuple[float, float]:
    if changes:
        found = change_against(difference, each * len(difference), LEVEL)
        assert found is not None
        return found
    turned = by_person(difference, each * len(difference))
    assert turned is not None
    return turned_interval(turned, LEVEL)


DESIGNS = tuple(
    Design(heads=heads, each=each, clean=clean, place=place)
    for heads, each in ((20, 1), (40, 1), (40, 2), (40, 4), (200, 2))
    for clean, place in (
        ((1, 1, 1), (5, 5, 5)),
        ((2, 2, 2), (20, 20, 20)),
        ((2, 2, 12), (12, 12, 22)),
        ((1, 1, 1), (5, 10, 25)),
        ((1, 1, 1), (5, 5, 50)),
    )
)


def line(design: Design, replicates: int, seed: int) -> str:
    """One row of the table."""
    rng = np.random.default_rng(seed)
    own, changes = Tally(), Tally()
    truth = np.array(design.place) / 100
    harm = truth - np.array(design.clean) / 100
    for _ in range(replicates):
        place, change = design.draw(rng)
        own.add(place, truth, design.each, False)
        changes.add(change, harm, design.each, True)
    cells = [cell for tally, true in ((own, truth), (changes, harm)) for cell in tally.cells(replicates, *_equal(true))]
    return f"| {design} | {' | '.join(cells)} |"


def _equal(truth: Floats) -> tuple[bool, bool]:
    """Whether the last tone is as the first, and whether any two are alike."""
    alike = [abs(truth[b] - truth[a]) < 1e-12 for a, b in PAIRS]
    return alike[1], any(alike)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = [line(design, given.replicates, given.seed + k) for k, design in enumerate(DESIGNS)]
    error = 100 * np.sqrt(0.05 * 0.95 / given.replicates)
    text = "\n".join(
        [
            "# Measured coverage and errors of the table within a person",
            "",
            f"Written by `benchmarks/within_person_coverage.py`: {given.replicates} replicates a row (Monte Carlo "
            f"standard error {error:.1f} points near 95 %), level 95 %; numpy {np.__version__}, Python "
            f"{sys.version.split()[0]}. Heads x comparisons of each at a tone; the head accounts for "
            f"{100 * HEAD:.0f} % of the variance of scores, the picture, which is the same at every tone, for "
            f"{100 * PICTURE:.0f} %. Rates: FNMR in % at the three tones. Coverage is of the last tone less the first "
            "(intervals wholly below the truth, wholly above). Verdicts: how often the two are tested at all; wrong "
            "ones, of any of the pairs that are alike, of which 5 % are promised; and how often the last tone is found "
            "to differ from the first.",
            "",
            "| heads | clean | in the place | difference: coverage | tested | wrong | found "
            "| change from clean: coverage | tested | wrong | found |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
