"""How often the intervals of score shifts hold the true one, by side, in studies of simulated scores.

    python benchmarks/score_shift_coverage.py --replicates 400 --out benchmarks/score_shift_coverage.md

A score is a sum of what is particular to a person (of one alone where both images are theirs), to a pair of people, to
each image, and to chance; mates score higher, groups lie apart. People's own part is normal, or Student's t with three
degrees of freedom: a few people then match many others. The truth is that of all people there could be, in groups of
the same shares. Intervals are those of the table `score_shifts`, from evidence of scores alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.cards import Study
from facegap.estimate.bootstrap import PeopleDraws, interval_around, pair_trials, threshold_draws
from facegap.evidence import Evidence
from facegap.records import Comparisons, RuledTrials, Samples, SamplesOfPeople, ScoredPairs
from facegap.schema import ScoreShiftRow
from facegap.tables import Workbench, score_shifts

Array = npt.NDArray[np.float64]
LEVEL = 0.95
DRAWS = 500
TARGETS = (1e-2, 1e-3)
KEPT = 0.1
"""Share of the non-mated scores that a study keeps."""

MATES, PERSON, PAIR, IMAGE, CHANCE = 3.0, 0.5, 0.4, 0.3, 0.7
MOST_IMAGES = 530
"""As many as the man with most images in LFW has."""

MEASURES = ("mean of mated scores", "d' of mated scores", "AUC of mated scores")


@dataclass(frozen=True)
class Design:
    """People by group, their images, and how far each group's mated and non-mated scores lie from the first's.

    Attributes:
        sizes: "even"; "uneven": geometric of mean `images`; "long": n or more with chance n^-1.55, as in LFW;
            "one man": the same, but the first has 300.
        wolves: whether people's own part is heavy-tailed.
    """

    people: tuple[int, ...]
    sizes: str
    images: int = 0
    wolves: bool = False
    mated: tuple[float, ...] = ()
    strangers: tuple[float, ...] = ()

    def __str__(self) -> str:
        images = f" x {self.images}" if self.images else ""
        wolves = ", wolves" if self.wolves else ""
        return f"{', '.join(map(str, self.people))}{images}, {self.sizes}{wolves}{'' if self.mated else ', equal'}"

    @property
    def shifts(self) -> tuple[Array, Array]:
        """Of the mated scores and of the non-mated ones inside each group."""
        nothing = (0.0,) * len(self.people)
        return np.array(self.mated or nothing), np.array(self.strangers or nothing)


FOUR: dict[str, Any] = {"mated": (0.0, -0.4, 0.3, -0.6), "strangers": (0.0, 0.4, 0.3, 0.6)}
TWO: dict[str, Any] = {"mated": (-0.4, 0.0), "strangers": (0.5, 0.0)}
THREE: dict[str, Any] = {"mated": (0.0, -0.4, 0.3), "strangers": (0.0, 0.4, 0.6)}

DESIGNS = (
    Design((60, 60, 60, 60), "even", 4),
    Design((60, 60, 60, 60), "even", 4, **FOUR),
    Design((60, 60, 60, 60), "uneven", 3, wolves=True),
    Design((150, 80, 50, 30), "uneven", 3, **FOUR),
    Design((150, 80, 50, 30), "uneven", 3, wolves=True, **FOUR),
    Design((40, 120), "uneven", 4, **TWO),
    Design((40, 120), "uneven", 4, wolves=True, **TWO),
    Design((100, 30, 20, 12), "even", 4),
    Design((100, 30, 20, 12), "even", 4, wolves=True),
    Design((300, 150, 80), "long", **THREE),
    Design((300, 150, 80), "long", wolves=True, **THREE),
    Design((300, 150, 80), "one man", **THREE),
)


class Scores(NamedTuple):
    """One study: images of each person, each person's group, and the mated and the kept non-mated comparisons."""

    sizes: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    mated: ScoredPairs
    tail: ScoredPairs
    floor: float


def own_parts(rng: np.random.Generator, design: Design, n: int) -> Array:
    """What is particular to each of n people."""
    if design.wolves:
        return PERSON / np.sqrt(1.5) * rng.standard_t(3, n)
    return PERSON * rng.normal(size=n)


def images_of(rng: np.random.Generator, design: Design) -> npt.NDArray[np.int64]:
    n = sum(design.people)
    if design.sizes == "even":
        return np.full(n, design.images)
    if design.sizes == "uneven":
        return np.minimum(rng.geometric(1 / design.images, n), 60)
    sizes = np.minimum(rng.random(n) ** (-1 / 1.55), MOST_IMAGES).astype(np.int64)
    if design.sizes == "one man":
        sizes[0] = 300
    return sizes


def scores_of(rng: np.random.Generator, design: Design) -> Scores:
    sizes = images_of(rng, design)
    n = len(sizes)
    group = np.repeat(np.arange(len(design.people)), design.people)
    whose = np.repeat(np.arange(n), sizes)
    of_mates, of_strangers = design.shifts
    looks, own = (own_parts(rng, design, n).astype(np.float32) for _ in range(2))
    inside = np.where(group[:, None] == group, of_strangers[group], 0.0)
    pairs = PAIR * rng.normal(size=(n, n)) + looks[:, None] + looks + inside
    np.fill_diagonal(pairs, MATES + own + of_mates[group])
    pairs = np.triu(pairs).astype(np.float32)
    image = (IMAGE * rng.normal(size=len(whose))).astype(np.float32)
    score = CHANCE * rng.standard_normal((len(whose), len(whose)), dtype=np.float32)
    # Images lie in the order of their people, so that the upper triangle of images is that of people.
    score += np.repeat(np.repeat(pairs, sizes, axis=0), sizes, axis=1)
    score += image[:, None] + image
    upper = np.triu(np.ones(score.shape, bool), 1)
    same = whose[:, None] == whose
    mated = np.nonzero(upper & same)
    strangers = score[upper & ~same]
    floor = float(np.partition(strangers, -int(KEPT * len(strangers)))[-int(KEPT * len(strangers))])
    tail = np.nonzero(upper & ~same & (score >= floor))
    of_mated, of_tail = ScoredPairs(mated[0], mated[1], score[mated]), ScoredPairs(tail[0], tail[1], score[tail])
    return Scores(sizes, group, of_mated, of_tail, floor)


def evidence_of(found: Scores, seed: int) -> Evidence:
    """Evidence of scores alone: enough for this table, and for no other."""
    whose = np.repeat(np.arange(len(found.sizes)), found.sizes)
    n = len(whose)
    names = np.char.add("p", np.char.zfill(whose.astype(str), 4))
    samples = Samples(
        ids=np.arange(n).astype(str),
        subjects=names,
        paths=np.full(n, ""),
        sessions=np.full(n, ""),
        roles=np.full(n, ""),
        groups={"group": found.group[whose].astype(str)},
        root=Path("nowhere"),
    )
    everything = np.ones(n, bool)
    compared = Comparisons(
        model="m",
        condition="clean",
        trials=RuledTrials(np.arange(n), np.arange(n), symmetric=True),
        reference_ok=everything,
        probe_ok=everything,
        mated=found.mated,
        tail=found.tail,
        floor=found.floor,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=np.zeros(n, np.int64),
        cell_names=("",),
        edges=np.array([-100.0, 100.0]),
    )
    study = Study.model_validate(
        {
            "name": "made",
            "title": "made",
            "seed": seed,
            "dataset": {"card": "none"},
            "models": [{"card": "m", "detector": "d"}],
            "groups": [["group"]],
            "thresholds": {"fmr": list(TARGETS)},
            "statistics": {"draws": DRAWS, "level": LEVEL},
        },
        strict=False,
    )
    return Evidence(
        study=study,
        samples=samples,
        images=samples.ids,
        acquisitions={},
        comparisons={("m", "clean"): compared},
        searches={},
        vendor={},
        given=(),
        identities=True,
    )


def percentiles_alone(
    found: Scores, draws: PeopleDraws, rows: list[ScoreShiftRow]
) -> dict[tuple[int, str], tuple[float, float]]:
    """What the intervals of tails would be if percentiles of the draws were all there is to them."""
    whose = np.repeat(np.arange(len(found.sizes)), found.sizes)
    i, j = whose[found.tail.reference], whose[found.tail.probe]
    ends = {}
    for target in TARGETS:
        everyone = _thresholds(found.sizes, draws, i, j, found.tail.score, target)
        for row in rows:
            if row.target == target and row.low is not None and row.value is not None:
                g = int(row.group)
                mine = (found.group[i] == g) & (found.group[j] == g)
                sizes = np.where(found.group == g, found.sizes, 0)
                own = _thresholds(sizes, draws, i[mine], j[mine], found.tail.score[mine], target)
                low, high = interval_around(row.value, own - everyone, LEVEL)
                if low is not None and high is not None:
                    ends[g, f"{target:g} alone"] = (low, high)
    return ends


def _thresholds(
    sizes: npt.NDArray[np.int64],
    draws: PeopleDraws,
    i: npt.NDArray[np.int64],
    j: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float32],
    target: float,
) -> Array:
    return threshold_draws(draws, i, j, scores, pair_trials(draws, SamplesOfPeople(sizes, sizes, True)), target)


def intervals(rng: np.random.Generator, design: Design, seed: int) -> dict[tuple[int, str], tuple[float, float]]:
    """Every interval that the table gives in one study, by group and measure."""
    found = scores_of(rng, design)
    bench = Workbench(evidence_of(found, seed))
    rows = list(score_shifts.rows(bench))
    ends = percentiles_alone(found, bench.people_draws, rows)
    for row in rows:
        if row.low is not None and row.high is not None:
            measure = row.measure if row.target is None else f"{row.target:g}"
            ends[int(row.group), measure] = (row.low, row.high)
    return ends


def truths(design: Design, n: int = 2_000_000) -> dict[tuple[int, str], float]:
    """Of n scores of people drawn anew for each."""
    rng = np.random.default_rng(99)
    people = np.array(design.people)
    of_mates, of_strangers = design.shifts
    spread = np.hypot(np.sqrt(2) * IMAGE, CHANCE)
    mates = own_parts(rng, design, n // 4) + spread * rng.normal(size=n // 4)
    strangers = own_parts(rng, design, n) + own_parts(rng, design, n)
    strangers += np.hypot(spread, PAIR) * rng.normal(size=n)
    # Shares of comparisons: inside each group, then between groups, which have no shift.
    total = people.sum()
    shares = np.cumsum(people * (people - 1) / (total * (total - 1)))
    group = np.searchsorted(shares, rng.random(n))
    everyone = np.sort(strangers + np.append(of_strangers, 0.0)[group])
    strangers.sort()
    found = {}
    for g in range(len(people)):
        others = np.delete(np.arange(len(people)), g)
        weights = people[others] / people[others].sum()
        lower = rng.permutation(mates) + rng.choice(of_mates[others], len(mates), p=weights)
        mean = float(of_mates[g] - weights @ of_mates[others])
        found[g, MEASURES[0]] = mean
        found[g, MEASURES[1]] = mean / float(np.sqrt((mates.var() + lower.var()) / 2))
        found[g, MEASURES[2]] = float(np.searchsorted(np.sort(lower), mates + of_mates[g]).mean() / len(lower))
        for target in TARGETS:
            at = n - int(n * target)
            found[g, f"{target:g}"] = float(strangers[at] + of_strangers[g] - everyone[at])
            found[g, f"{target:g} alone"] = found[g, f"{target:g}"]
    return found


READING = """## What follows

- Percentiles of the draws alone are not good enough for tails: up to 17 % of the intervals of a small group lie wholly
  below the truth where a few people match many others, since a sample without such people says so neither in its value
  nor in its draws; up to 10 % where nobody does.
- So the interval of a tail reaches as far to either side as percentiles reach to one, times Student's t over the normal
  quantile at the people behind the tail (Kish, from the matches of each; the group's or everyone's, the fewer). At most
  5 % then miss on either side in groups that are worth 50 people or more. In smaller ones 6 to 7 % may lie too low
  where a few people match many others: a note says so. None is given under 10 people or 10 comparisons in the tail.
- The interval of mated scores is percentiles, drawn out in the same way at the people that a side is worth by the
  numbers of their comparisons: at most 4 % miss on either side. None is given where a side has under 10 people or is
  worth under 5: four of five studies with images as in LFW have none, nor has any in which one man has 300.
"""

COLUMNS = (*MEASURES, *(f"{t:g}" for t in TARGETS), *(f"{t:g} alone" for t in TARGETS))


def lines(design: Design, replicates: int) -> list[str]:
    """One for each group: share below, share above, mean width, and the share of studies with an interval."""
    truth = truths(design)
    rng = np.random.default_rng(3)
    found = [intervals(rng, design, seed) for seed in range(replicates)]
    out = []
    for g, people in enumerate(design.people):
        cells = [
            _cell([one[g, name] for one in found if (g, name) in one], truth[g, name], replicates) for name in COLUMNS
        ]
        out.append(f"| {design} | {people} | {' | '.join(cells)} |")
    return out


def _cell(ends: list[tuple[float, float]], truth: float, replicates: int) -> str:
    if len(ends) < replicates / 10:
        return "none"
    low, high = np.array(ends).T
    percent = round(100 * len(ends) / replicates)
    given = "" if percent == 100 else f" [{percent}]"
    return f"{100 * np.mean(high < truth):.1f} / {100 * np.mean(low > truth):.1f}, {np.mean(high - low):.2f}{given}"


def report(replicates: int, rows: list[str]) -> str:
    error = 100 * np.sqrt(0.025 * 0.975 / replicates)
    return "\n".join(
        [
            "# Measured coverage of score shifts",
            "",
            f"Written by `benchmarks/score_shift_coverage.py`: {replicates} replicates a row (Monte Carlo standard "
            f"error {error:.1f} points near 2.5 %), {DRAWS} draws; numpy {np.__version__}, Python "
            f"{sys.version.split()[0]}. 95 % intervals of the table `score_shifts`: % of them wholly below the true "
            "value / wholly above it, then their mean width; in square brackets the % of studies that have one, where "
            "not (nearly) all do; none: fewer than a tenth. Tails are those of non-mated scores at FMR 0.01 and 0.001; "
            "`alone`: percentiles of the same draws.",
            "",
            f"| people, images | group | mean | d' | AUC | {' | '.join('tail ' + name for name in COLUMNS[3:])} |",
            "|---|---|" + "---|" * len(COLUMNS),
            *rows,
            "",
            READING,
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    started = time.process_time()
    rows: list[str] = []
    for design in DESIGNS:
        rows += lines(design, options.replicates)
        print(f"{design}: {time.process_time() - started:.0f} s of processor time", file=sys.stderr)
    text = report(options.replicates, rows)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
