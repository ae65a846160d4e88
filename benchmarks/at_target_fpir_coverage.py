"""How often intervals of FNIR, and of a group's FPIR, at a target FPIR hold the true ones, by side.

    python benchmarks/at_target_fpir_coverage.py --replicates 500 --out benchmarks/at_target_fpir_coverage.md

Every replicate draws a gallery and people who search it, with uneven numbers of searches each, and sets the threshold
on its own non-mated searches. The true rates are those of all replicates together, at the threshold that has the
target FPIR on all of them: with other people, and other galleries of the same size.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.count.groups import heaviest
from facegap.estimate import estimate, threshold_at_fmr
from facegap.estimate.at_target import Alarms, fnir_at_draws, fpir_at_draws, fpir_threshold_draws, gallery_shares
from facegap.estimate.bootstrap import PeopleDraws, double_or_nothing_draws
from facegap.records import ClusterSums, ErrorCounts
from facegap.tables.search_intervals import FEWEST_ALARMS
from facegap.tables.workbench import ends_of

Floats = npt.NDArray[np.float32]
Draws = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Ends = tuple[float, float]
DRAWS = 500
LEVEL = 0.95
HALF = 1 - (1 - LEVEL) / 2
EASE = 0.5
"""How much higher a stranger of the second group, one in three, scores."""
METHODS = ("threshold as it stands", "set again, searchers", "set again, gallery too", "span", "ends, levels split")


class Design(NamedTuple):
    """Enrolled people and strangers, searches of each (on average where uneven), how far the enrolled differ."""

    enrolled: int
    strangers: int
    searches: int
    target: float
    uneven: bool = True
    wolves: float = 0.3
    mates: float = 6.0

    def __str__(self) -> str:
        uneven = "" if self.uneven else ", even"
        wolves = f", wolves {self.wolves:g}" if self.wolves > 0.3 else ""
        mates = f", mates {self.mates:g}" if self.mates != 6 else ""
        return f"{self.enrolled} enrolled, {self.strangers} x {self.searches}{uneven}{wolves}{mates}"


CASES = (
    Design(100, 100, 3, 0.1),
    Design(100, 100, 3, 0.03),
    Design(100, 100, 3, 0.01),
    Design(100, 100, 3, 0.005),
    Design(100, 100, 3, 0.001),
    Design(200, 200, 3, 0.01),
    Design(200, 200, 3, 0.01, uneven=False),
    Design(200, 200, 3, 0.01, mates=8),
    Design(200, 200, 8, 0.01),
    Design(200, 800, 3, 0.01),
    Design(400, 400, 3, 0.01, mates=9),
    Design(30, 30, 3, 0.1),
    Design(200, 400, 3, 0.03, wolves=1.0),
    Design(50, 400, 3, 0.1, wolves=1.0),
)


class Study(NamedTuple):
    """Who searched (strangers are numbered after the enrolled), whom they got, and how alike."""

    stranger: Integers
    returned: Integers
    top: Floats
    second: Mask
    person: Integers
    mate: Floats


def study(rng: np.random.Generator, design: Design) -> Study:
    people = design.enrolled + design.strangers
    sizes = np.full(people, design.searches)
    if design.uneven:
        sizes = np.clip(rng.geometric(1 / design.searches, people), 1, 60)
    own, wolf = rng.normal(0, 0.5, people), rng.normal(0, design.wolves, design.enrolled)
    person = np.repeat(np.arange(design.enrolled), sizes[: design.enrolled])
    stranger = np.repeat(np.arange(design.enrolled, people), sizes[design.enrolled :])
    second = stranger % 3 == 0
    scores = rng.normal(0, 1, (len(stranger), design.enrolled)) + wolf + (own[stranger] + EASE * second)[:, None]
    returned = scores.argmax(axis=1)
    top = scores[np.arange(len(stranger)), returned].astype(np.float32)
    mate = (rng.normal(design.mates, 1, len(person)) + 2 * own[person]).astype(np.float32)
    return Study(stranger, returned, top, second, person, mate)


def counts(metric: str, person: Integers, error: Mask) -> ErrorCounts:
    trials = np.bincount(person)
    errors = np.bincount(person[error], minlength=len(trials))
    return ErrorCounts(
        metric=metric,
        model="",
        condition="",
        grouping="",
        group="",
        threshold=None,
        errors=int(errors.sum()),
        completed=int(trials.sum()),
        failed=0,
        subjects=int((trials > 0).sum()),
        by_subject=ClusterSums(int(errors @ errors), int(errors @ trials), int(trials @ trials)),
        heaviest=heaviest(errors, trials),
    )


def at_threshold(found: Study, at: float, level: float) -> dict[str, Ends]:
    """Wilson's intervals of FNIR and of the second group's FPIR."""
    mine = found.second
    both = (
        counts("FNIR", found.person, found.mate < at),
        counts("FPIR", found.stranger[mine], found.top[mine] >= at),
    )
    ends = {}
    for one in both:
        made = estimate(one, level)
        assert made.low is not None
        assert made.high is not None
        ends[one.metric] = made.low, made.high
    return ends


def set_again(found: Study, draws: PeopleDraws, shares: Draws, returned: Integers, target: float) -> dict[str, Draws]:
    """(draws,) thresholds and rates."""
    mine = found.second
    at = fpir_threshold_draws(draws, shares, Alarms(found.stranger, returned, found.top), target)
    second = Alarms(found.stranger[mine], returned[mine], found.top[mine])
    return {
        "threshold": at,
        "FNIR": fnir_at_draws(draws, found.person, found.mate, at),
        "FPIR": fpir_at_draws(draws, shares, second, at),
    }


def percentile(values: Draws, level: float = LEVEL) -> Ends:
    return ends_of(values, level, -np.inf) or (-np.inf, np.inf)


def span(ends: Iterable[Ends]) -> Ends:
    lows, highs = zip(*ends, strict=True)
    return min(lows), max(highs)


def intervals(found: Study, design: Design, rng: np.random.Generator) -> dict[str, list[Ends]]:
    """Metric -> the intervals of `METHODS`; the last two as `tables.search_intervals` and claims make them."""
    at = threshold_at_fmr(found.top, len(found.top), design.target, -np.inf).threshold
    draws = double_or_nothing_draws(design.enrolled + design.strangers, DRAWS, rng)
    shares = gallery_shares(draws, np.arange(design.enrolled))
    searchers = set_again(found, draws, shares, np.full(len(found.top), -1), design.target)
    both = set_again(found, draws, shares, found.returned, design.target)
    fixed = at_threshold(found, at, LEVEL)
    bounded = len(found.top) * design.target >= FEWEST_ALARMS
    low, high = percentile(both["threshold"], HALF)
    ends = [at_threshold(found, end, HALF) for end in (low, high if bounded else np.inf)]
    rows = {}
    for metric, extreme in (("FNIR", 1.0), ("FPIR", 0.0)):
        again = percentile(both[metric])
        reached = [fixed[metric], again] if bounded else [fixed[metric], again, (extreme, extreme)]
        of_ends = span(end[metric] for end in ends)
        rows[metric] = [fixed[metric], percentile(searchers[metric]), again, span(reached), of_ends]
    return rows


def row(design: Design, replicates: int) -> str:
    rng = np.random.default_rng(3)
    studies = [study(rng, design) for _ in range(replicates)]
    top = np.concatenate([s.top for s in studies])
    at = np.sort(top)[-int(design.target * len(top))]
    mate, second = np.concatenate([s.mate for s in studies]), np.concatenate([s.second for s in studies])
    truth = {"FNIR": float((mate < at).mean()), "FPIR": float((top[second] >= at).mean())}
    found = [intervals(s, design, rng) for s in studies]
    alarms = design.target * len(top) / replicates
    lines = []
    for metric, true in truth.items():
        ends = np.array([one[metric] for one in found])
        cells = [_cell(ends[:, k], true) for k in range(len(METHODS))]
        lines.append(f"| {design} | {design.target:g} | {alarms:.1f} | {metric} | {true:.3g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(ends: Draws, true: float) -> str:
    below, above = ends[:, 1] < true, ends[:, 0] > true
    width = float((ends[:, 1] - ends[:, 0]).mean()) / true
    return f"{100 * (1 - (below | above).mean()):.1f} ({100 * below.mean():.1f}, {100 * above.mean():.1f}) {width:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(row, CASES, [options.replicates] * len(CASES)))
    error = 100 * np.sqrt(0.0475 / options.replicates)
    text = "\n".join(
        [
            "# Measured coverage of FNIR and FPIR at a target FPIR",
            "",
            f"Written by `benchmarks/at_target_fpir_coverage.py`: {options.replicates} replicates a row (Monte Carlo "
            f"standard error {error:.1f} points near 95 %), {DRAWS} draws; numpy {np.__version__}, Python "
            f"{sys.version.split()[0]}. Coverage of 95 % intervals in %; in brackets the shares that lie wholly below "
            "and wholly above the true rate; then the mean width over it. Designs are the people enrolled, and the "
            "strangers x their searches (a geometric number of each, but for even ones). FPIR is that of a group of a "
            f"third of the strangers, who score {EASE:g} higher. The tables hold the span; below {FEWEST_ALARMS} false "
            "alarms at the target it reaches to where nobody is found. Claims use the ends.",
            "",
            f"| design | target FPIR | alarms | metric | true | {' | '.join(METHODS)} |",
            "|---|---|---|---|---|" + "---|" * len(METHODS),
            *rows,
            "",
        ]
    )
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
