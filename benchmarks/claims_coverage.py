"""Wrong verdicts, power, and intervals by side, in designs that are not even: families, heavy tails, uneven images.

    python benchmarks/claims_coverage.py --replicates 400 --out benchmarks/claims_coverage.md

Faces are unit vectors of 64 dimensions: a person, a family where there are some, an image's noise. A heavy-tailed
amount of one shared direction makes some people resemble everybody ("wolves"), and the size of the noise differs from
person to person. Numbers of images: three each; geometric; power laws; or as in LFW, one for most and hundreds for a
few. No rule was chosen by the last four designs, nor by studies of this seed. The truth of a group is the ratio of its
errors to its comparisons over all replicates.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.claims.accuracies import mean_p_values
from facegap.claims.margins import held, verdict_within
from facegap.claims.text import parse
from facegap.count.groups import heaviest, leverage_sums
from facegap.estimate import estimate
from facegap.estimate.at_most import judge, supporting_people, too_few
from facegap.estimate.clustered import balanced_people, pooled
from facegap.estimate.multiplicity import holm
from facegap.estimate.versus_rest import against_rest
from facegap.records import ClusterSums, ErrorCounts, Estimate

LEVEL, DIMENSIONS = 0.95, 64
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Design:
    """People of each group, how images are spread over people, how wolves are, and people of a family."""

    people: tuple[int, ...]
    images: str
    wolves: str
    family: int = 1

    def __str__(self) -> str:
        alike = len(set(self.people)) == 1
        groups = f"{len(self.people)} x {self.people[0]}" if alike else "/".join(map(str, self.people))
        family = f", families of {self.family}" if self.family > 1 else ""
        return f"{groups}, {self.images} images, {self.wolves} wolves{family}"


DESIGNS = (
    Design(people=(60,) * 4, images="even", wolves="normal"),
    Design(people=(150, 80, 50, 30), images="geometric", wolves="t3"),
    Design(people=(300, 150, 80), images="as in LFW", wolves="exponential"),
    Design(people=(40,) * 8, images="geometric", wolves="normal"),
    Design(people=(150, 80, 50, 30), images="power law", wolves="t3"),
    Design(people=(80,) * 4, images="geometric", wolves="normal", family=4),
    Design(people=(300, 150, 80, 30), images="geometric", wolves="t3", family=2),
    Design(people=(400, 200, 100, 100), images="geometric", wolves="t3"),
)
OTHERS_THAN_CHOSEN_BY = (
    Design(people=(250, 120, 60, 25), images="Pareto 1.5", wolves="lognormal"),
    Design(people=(100,) * 4, images="geometric", wolves="normal", family=5),
    Design(people=(200, 100, 80), images="geometric", wolves="one super"),
    Design(people=(120,) * 4, images="Zipf", wolves="lognormal"),
)
"""Designs that no rule was chosen by: neither cautions, nor least people, nor the room that bounds leave."""
FMR, FNMR = (1e-2, 1e-3), (0.1, 0.02)
HIGHER = (("FMR", 1e-2, 1e-3), ("FNMR", 0.1, 0.02))
"""Rates of one group and of the others, for margins."""
MARGIN = parse("FMR within a ratio of 2")


def images(kind: str, people: int, rng: np.random.Generator) -> Integers:
    """(people,) numbers of images."""
    if kind == "even":
        return np.full(people, 3)
    if kind == "geometric":
        return np.clip(rng.geometric(1 / 3, people), 1, 60)
    if kind == "Pareto 1.5":
        return np.clip((rng.pareto(1.5, people) + 1).astype(int), 1, 100)
    if kind == "Zipf":
        return np.minimum(1 + rng.zipf(2.0, people), 60)
    if kind == "power law":
        return np.clip((rng.pareto(1.1, people) + 1).astype(int), 1, 150)
    many = np.clip((2 * (rng.pareto(1.2, people) + 1)).astype(int), 2, 200)
    return np.where(rng.random(people) < 0.7, 1, many)


def faces(design: Design, people: int, rng: np.random.Generator) -> tuple[Integers, Scores]:
    """(people,) numbers of images, and the scores of all images."""
    sizes, face = pictures(design, people, rng)
    return sizes, face @ face.T


def pictures(
    design: Design, people: int, rng: np.random.Generator, noise: float = 1.0, shared: float = 0.0
) -> tuple[Integers, Scores]:
    """(people,) numbers of images, and the (images, dimensions) unit vectors of all of them.

    Args:
        noise: of images, over that of other groups.
        shared: how far the people lie along a direction of their own group.
    """
    sizes = images(design.images, people, rng)
    person = rng.normal(size=(people, DIMENSIONS))
    if design.family > 1:
        family = rng.normal(size=(people // design.family + 1, DIMENSIONS))
        person = 0.8 * person + 0.6 * family[np.arange(people) // design.family]
    person[:, 0] += {
        "t3": lambda: 0.8 * np.abs(rng.standard_t(3, people)),
        "exponential": lambda: rng.exponential(size=people),
        "normal": lambda: 1.5 * np.abs(rng.normal(size=people)),
        "lognormal": lambda: 0.6 * rng.lognormal(0, 0.8, people),
        "one super": lambda: _with_one(1.5 * np.abs(rng.normal(size=people)), rng),
    }[design.wolves]()
    heavy = {
        "t3": lambda: 0.25 * rng.standard_t(3, people).clip(-4, 4),
        "lognormal": lambda: 0.3 * rng.lognormal(0, 0.8, people) - 0.3,
    }.get(design.wolves, lambda: 0.3 * rng.normal(size=people))()
    person[:, 1] += shared
    who = np.repeat(np.arange(people), sizes)
    face = person[who] + 0.8 * noise * np.exp(heavy)[who, None] * rng.normal(size=(len(who), DIMENSIONS))
    return sizes, (face / np.linalg.norm(face, axis=1, keepdims=True)).astype(np.float32)


def _with_one(shared: Floats, rng: np.random.Generator) -> Floats:
    """(people,) amounts of what all share, of whom one person has far more than any other."""
    shared[rng.integers(len(shared))] = 5.0
    return shared


def by_person(errors: npt.NDArray[np.bool_], sizes: Integers) -> Integers:
    """(people, people) errors of the images of either."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.asarray(np.add.reduceat(np.add.reduceat(errors.astype(np.int64), starts, 0), starts, 1))


def nonmated(sizes: Integers, scores: Scores, threshold: float) -> ErrorCounts:
    """FMR counts of one group."""
    x, m = by_person(scores >= threshold, sizes), np.outer(sizes, sizes)
    np.fill_diagonal(x, 0)
    np.fill_diagonal(m, 0)
    upper = np.triu_indices(len(sizes), 1)
    return _counts("FMR", x.sum(1), m.sum(1), (x[upper], m[upper]))


def mated(sizes: Integers, scores: Scores, threshold: float) -> ErrorCounts:
    """FNMR counts of one group."""
    x, m = np.diag(by_person(np.triu(scores < threshold, 1), sizes)), sizes * (sizes - 1) // 2
    return _counts("FNMR", x[m > 0], m[m > 0], None)


def _counts(metric: str, x: Integers, m: Integers, pairs: tuple[Integers, Integers] | None) -> ErrorCounts:
    errors, comparisons = (int(side.sum()) for side in (pairs if pairs is not None else (x, m)))
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
        subjects=len(x),
        by_subject=_sums(x, m),
        by_pair=None if pairs is None else _sums(*pairs),
        leverage=leverage_sums(x, m),
        heaviest=heaviest(x, m),
    )


def _sums(x: Integers, m: Integers) -> ClusterSums:
    big = m.astype(object)
    return ClusterSums(int(x @ x), int(x @ big), int(big @ big))


def thresholds(design: Design) -> tuple[list[float], list[float]]:
    """Those of `FMR` and `FNMR` in a large sample of the design's people."""
    rng = np.random.default_rng(99)
    strangers, mates = [], []
    for _ in range(12):
        sizes, scores = faces(design, 300, rng)
        who = np.repeat(np.arange(300), sizes)
        upper = np.triu(np.ones_like(scores, dtype=bool), 1)
        same = who[:, None] == who[None]
        strangers.append(scores[upper & ~same])
        mates.append(scores[upper & same])
    far, near = np.concatenate(strangers), np.concatenate(mates)
    return [float(np.quantile(far, 1 - rate)) for rate in FMR], [float(np.quantile(near, rate)) for rate in FNMR]


Study = list[ErrorCounts]


class Lines(NamedTuple):
    """Of one design, by table."""

    rates: list[str]
    intervals: list[str]
    others: list[str]


def lines(design: Design, replicates: int, seed: int) -> Lines:
    """Lines of a design: verdicts on rates, intervals, and other verdicts."""
    return lines_of(design, studies(design, replicates, seed))


def studies(design: Design, replicates: int, seed: int) -> dict[tuple[str, float], list[Study]]:
    """Counts of the groups in every study, by metric and rate."""
    fmr_at, fnmr_at = thresholds(design)
    found: dict[tuple[str, float], list[Study]] = {}
    for k in range(replicates):
        groups = [
            faces(design, people, np.random.default_rng([seed, k, g, people])) for g, people in enumerate(design.people)
        ]
        for rate, at in zip(FMR, fmr_at, strict=True):
            found.setdefault(("FMR", rate), []).append(_named([nonmated(*group, at) for group in groups]))
        for rate, at in zip(FNMR, fnmr_at, strict=True):
            found.setdefault(("FNMR", rate), []).append(_named([mated(*group, at) for group in groups]))
    return found


def lines_of(design: Design, found: dict[tuple[str, float], list[Study]]) -> Lines:
    """Lines of a design whose studies are these."""
    others = [_margins(design, found[metric, high], found[metric, low]) for metric, high, low in HIGHER]
    others += [_accuracies(design, found["FMR", FMR[0]], found["FNMR", rate], rate) for rate in FNMR]
    return Lines(
        [_rates(design, *key, studies) for key, studies in found.items()],
        [line for key, studies in found.items() for line in _intervals(design, *key, studies)],
        others,
    )


def _named(study: Study) -> Study:
    return [replace(c, group=str(g)) for g, c in enumerate(study)]


def _truth(studies: list[Study]) -> list[float]:
    """By group: errors over comparisons, of all replicates."""
    return [sum(s[g].errors for s in studies) / sum(s[g].trials for s in studies) for g in range(len(studies[0]))]


def _rates(design: Design, metric: str, rate: float, studies: list[Study]) -> str:
    truth = _truth(studies)
    wrong = {
        verdict: np.mean([any(v.verdict == verdict for v in judge(study, truth, LEVEL)) for study in studies])
        for verdict in ("supported", "refuted")
    }
    given = np.mean([[balanced_people(c) >= supporting_people(c) for c in study] for study in studies], axis=0)
    power = [
        np.mean(
            [[v.verdict == verdict for v in judge(study, [factor * t for t in truth], LEVEL)] for study in studies],
            axis=0,
        )
        for verdict, factor in (("supported", 2.0), ("refuted", 0.5))
    ]
    cells = (_percent(wrong["supported"], wrong["refuted"]), _each(given), _each(power[0]), _each(power[1]))
    return f"| {design} | {metric} {rate:g} | " + " | ".join(cells) + " |"


def _intervals(design: Design, metric: str, rate: float, studies: list[Study]) -> Iterator[str]:
    """Of the rates, and of their ratios to the other groups."""
    truth = _truth(studies)
    seen = [
        _seen(found.low, found.high, truth[g], bool(found.cautions))
        for study in studies
        for g, found in _estimates(study)
    ]
    yield f"| {design} | {metric} {rate:g} | {_sides(seen)} |"
    everyone = [pooled(study) for study in studies]
    ratios = []
    for g, own in enumerate(truth):
        rest = sum(c.errors - s[g].errors for c, s in zip(everyone, studies, strict=True))
        ratios.append(own * sum(c.trials - s[g].trials for c, s in zip(everyone, studies, strict=True)) / rest)
    seen = []
    for study in studies:
        for row in against_rest(study, 2, LEVEL)[0]:
            noted = any(estimate(side, LEVEL).cautions for side in (row.counts, row.rest))
            seen.append(_seen(row.low, row.high, ratios[int(row.counts.group)], noted))
    yield f"| {design} | ratio of {metric} {rate:g} | {_sides(seen)} |"


def _estimates(study: Study) -> Iterator[tuple[int, Estimate]]:
    for g, c in enumerate(study):
        if c.trials:
            yield g, estimate(c, LEVEL)


def _seen(low: float | None, high: float | None, truth: float, noted: bool) -> tuple[int, bool]:
    """-1 where the interval lies wholly below the truth, 1 where above; and whether a caution stands beside it."""
    side = -1 if high is not None and high < truth else 1 if low is not None and low > truth else 0
    return side, noted


def _sides(seen: list[tuple[int, bool]]) -> str:
    sides, notes = np.array([side for side, _ in seen]), np.array([note for _, note in seen])
    missed, plain = sides != 0, sides[~notes]
    cells = (
        _percent(np.mean(sides < 0)),
        _percent(np.mean(sides > 0)),
        f"{100 * notes.mean():.0f}",
        f"{100 * notes[missed].mean():.0f}" if missed.any() else "-",
        f"{100 * np.mean(plain == 0):.1f} ({_percent(np.mean(plain < 0), np.mean(plain > 0))})" if len(plain) else "-",
    )
    return " | ".join(cells)


def _margins(design: Design, high: list[Study], low: list[Study]) -> str:
    """Each group's ratio to the others, where the last group has the higher rate, held against its own truth."""
    studies = [[*a[:-1], b[-1]] for a, b in zip(low, high, strict=True)]
    errors = np.array([[c.errors for c in study] for study in studies]).sum(0)
    trials = np.array([[c.trials for c in study] for study in studies]).sum(0)
    ratios = errors / trials / ((errors.sum() - errors) / (trials.sum() - trials))
    found = []
    for study in studies:
        verdicts: set[str] = set()
        for g, ratio in enumerate(ratios):
            sides = study[g], pooled([*study[:g], *study[g + 1 :]])
            claim = replace(MARGIN, number=max(ratio, 1 / ratio))
            verdict = verdict_within(held(sides, claim, LEVEL, (1 - LEVEL) / len(study), 1.0))
            verdicts.add("undecided" if any(too_few(side, verdict) for side in sides) else verdict)
        found.append(verdicts)
    claimed = f"margin, ratios of {studies[0][0].metric} {ratios.min():.2g} to {ratios.max():.2g}"
    return f"| {design} | {claimed} | {_wrong(found)} |"


def _accuracies(design: Design, fmr: list[Study], fnmr: list[Study], rate: float) -> str:
    """The mean of FMR and FNMR, held against each group's own."""
    truth = [(a + b) / 2 for a, b in zip(_truth(fmr), _truth(fnmr), strict=True)]
    found = []
    for a, b in zip(fmr, fnmr, strict=True):
        p = [
            mean_p_values((one, other), limit, LEVEL, 2)
            for one, other, limit in zip(a, b, truth, strict=True)
            if other.trials
        ]
        refute, support = (min(holm([one[side] for one in p])) < 1 - LEVEL for side in (0, 1))
        found.append({verdict for verdict, is_so in (("supported", support), ("refuted", refute)) if is_so})
    return f"| {design} | accuracy, FMR {FMR[0]:g} and FNMR {rate:g} | {_wrong(found)} |"


def _wrong(found: list[set[str]]) -> str:
    return _percent(*(np.mean([verdict in one for one in found]) for verdict in ("supported", "refuted")))


def _percent(*shares: float | np.floating[Any]) -> str:
    return ", ".join(f"{100 * share:.1f}" for share in shares)


def _each(values: npt.NDArray[np.float64]) -> str:
    return ", ".join(f"{100 * value:.0f}" for value in values)


HEAD = """\
# Verdicts and intervals in uneven designs

Written by `benchmarks/claims_coverage.py`: {replicates} replicates a row, seed {seed}, level 95 % (Monte Carlo standard
error of a share of 5 %: {error:.1f} points by study, less by interval); numpy {numpy}, Python {python}. Shares in %.

## Verdicts on rates

A claim is set at each group's own true rate: whatever is then "supported" or "refuted" in any group is wrong, and at
most 5 % is promised for both together. Power: supported at twice the true rate, refuted at half of it, by group.
`given`: share of studies in which the group has enough people to be supported; fewer are enough to be refuted.

| design | rate | wrong: supported, refuted | given | power: supported | refuted |
|---|---|---|---|---|---|
"""
INTERVALS = """
## Intervals by side

Share of intervals wholly below and wholly above the truth, of all groups together; share that carries a caution, and of
those that miss; coverage where there is none, in brackets how many lie below and above. A ratio of a group to the
others carries the cautions of both. Where nearly all carry one, what is left is few and not like the rest.

| design | rate | below | above | with a caution | misses with one | without: coverage (below, above) |
|---|---|---|---|---|---|---|
"""
OTHERS = """
## Other verdicts

Held against the truth, as above: each group's ratio to the others (a margin, where the last group is given the higher
of the two rates), and each group's mean of FMR and FNMR.

| design | claim | wrong: supported, refuted |
|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--seed", type=int, default=31337)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    with ProcessPoolExecutor(options.workers) as pool:
        every = (*DESIGNS, *OTHERS_THAN_CHOSEN_BY)
        found = list(pool.map(lines, every, *([each] * len(every) for each in (options.replicates, options.seed))))
    text = table(found, options.replicates, options.seed)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)


def table(found: Sequence[Lines], replicates: int, seed: int) -> str:
    """All tables."""
    head = HEAD.format(
        replicates=replicates,
        seed=seed,
        error=100 * np.sqrt(0.0475 / replicates),
        numpy=np.__version__,
        python=platform.python_version(),
    )
    rates, intervals, others = ("\n".join(line for part in side for line in part) for side in zip(*found, strict=True))
    return f"{head}{rates}\n{INTERVALS}{intervals}\n{OTHERS}{others}\n"


if __name__ == "__main__":
    main()
