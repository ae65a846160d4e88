"""Wrong verdicts, power, and intervals by side, in designs that are not even: families, heavy tails, uneven images.

    python benchmarks/claims_coverage.py --replicates 400 --out benchmarks/claims_coverage.md

Faces are unit vectors of 64 dimensions: a person, a family where there are some, an image's noise. A heavy-tailed
amount of one shared direction makes some people resemble everybody ("wolves"), and the size of the noise differs from
person to person. Numbers of images: three each; geometric; a power law; or as in LFW, one for most and hundreds for a
few. The truth of a group is the ratio of its errors to its comparisons over all replicates.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facegap.count.groups import heaviest
from facegap.estimate import estimate
from facegap.estimate.at_most import ClaimVerdict, judge, supporting_people
from facegap.estimate.clustered import balanced_people
from facegap.records import ClusterSums, ErrorCounts

LEVEL, DIMENSIONS = 0.95, 64
Integers = npt.NDArray[np.int64]
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
)
FMR, FNMR = (1e-2, 1e-3), (0.1, 0.02)


def images(kind: str, people: int, rng: np.random.Generator) -> Integers:
    """(people,) numbers of images."""
    if kind == "even":
        return np.full(people, 3)
    if kind == "geometric":
        return np.clip(rng.geometric(1 / 3, people), 1, 60)
    if kind == "power law":
        return np.clip((rng.pareto(1.1, people) + 1).astype(int), 1, 150)
    many = np.clip((2 * (rng.pareto(1.2, people) + 1)).astype(int), 2, 200)
    return np.where(rng.random(people) < 0.7, 1, many)


def faces(design: Design, people: int, rng: np.random.Generator) -> tuple[Integers, Scores]:
    """(people,) numbers of images, and the scores of all images."""
    sizes = images(design.images, people, rng)
    person = rng.normal(size=(people, DIMENSIONS))
    if design.family > 1:
        family = rng.normal(size=(people // design.family + 1, DIMENSIONS))
        person = 0.8 * person + 0.6 * family[np.arange(people) // design.family]
    person[:, 0] += {
        "t3": lambda: 0.8 * np.abs(rng.standard_t(3, people)),
        "exponential": lambda: rng.exponential(size=people),
        "normal": lambda: 1.5 * np.abs(rng.normal(size=people)),
    }[design.wolves]()
    heavy = 0.25 * rng.standard_t(3, people).clip(-4, 4) if design.wolves == "t3" else 0.3 * rng.normal(size=people)
    who = np.repeat(np.arange(people), sizes)
    face = person[who] + 0.8 * np.exp(heavy)[who, None] * rng.normal(size=(len(who), DIMENSIONS))
    face = (face / np.linalg.norm(face, axis=1, keepdims=True)).astype(np.float32)
    return sizes, face @ face.T


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
        heaviest=heaviest(x, m),
        most=int(m.max(initial=0)),
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


def rows(design: Design, replicates: int) -> list[str]:
    """A line for each rate of the design."""
    fmr_at, fnmr_at = thresholds(design)
    found: dict[tuple[str, float], list[list[ErrorCounts]]] = {}
    for k in range(replicates):
        groups = [
            faces(design, people, np.random.default_rng([k, g, people])) for g, people in enumerate(design.people)
        ]
        for rate, at in zip(FMR, fmr_at, strict=True):
            found.setdefault(("FMR", rate), []).append([nonmated(*group, at) for group in groups])
        for rate, at in zip(FNMR, fnmr_at, strict=True):
            found.setdefault(("FNMR", rate), []).append([mated(*group, at) for group in groups])
    return [_line(design, *key, studies) for key, studies in found.items()]


def _line(design: Design, metric: str, rate: float, studies: list[list[ErrorCounts]]) -> str:
    groups = range(len(design.people))
    truth = [sum(s[g].errors for s in studies) / sum(s[g].trials for s in studies) for g in groups]
    relative = [[_scaled(c, truth[g]) for g, c in enumerate(study)] for study in studies]
    wrong = {
        verdict: np.mean([any(v.verdict == verdict for v in _judged(study, 1.0)) for study in relative])
        for verdict in ("supported", "refuted")
    }
    given = np.mean([[balanced_people(c) >= supporting_people(c) for c in study] for study in studies], axis=0)
    power = [
        np.mean([[v.verdict == verdict for v in _judged(study, factor)] for study in relative], axis=0)
        for verdict, factor in (("supported", 2.0), ("refuted", 0.5))
    ]
    sides = np.array([[_side(c, truth[g]) for g, c in enumerate(study)] for study in studies])
    notes = np.array([[estimate(c, LEVEL).note != "" for c in study] for study in studies])
    missed = sides != 0
    silent = missed & ~notes
    cells = (
        f"{100 * wrong['supported']:.1f}, {100 * wrong['refuted']:.1f}",
        _each(given),
        _each(power[0]),
        _each(power[1]),
        _each((sides < 0).mean(axis=0)),
        _each((sides > 0).mean(axis=0)),
        f"{100 * missed.mean():.1f}" + (f", {100 * notes[missed].mean():.0f} with a note" if missed.any() else ""),
        f"{100 * (1 - silent.sum() / max((~notes).sum(), 1)):.1f} ({100 * (~notes).mean():.0f})"
        if (~notes).any()
        else "-",
    )
    return f"| {design} | {metric} {rate:g} | " + " | ".join(cells) + " |"


def _scaled(counts: ErrorCounts, truth: float) -> tuple[ErrorCounts, float]:
    return counts, truth


def _judged(study: list[tuple[ErrorCounts, float]], factor: float) -> list[ClaimVerdict]:
    """On the claim that each group's rate is at most `factor` times its own truth, adjusted over the groups."""
    return list(judge([c for c, _ in study], [factor * truth for _, truth in study], LEVEL))


def _side(counts: ErrorCounts, truth: float) -> int:
    """-1 where the interval lies wholly below the truth, 1 where above."""
    found = estimate(counts, LEVEL)
    assert found.low is not None and found.high is not None
    return -1 if found.high < truth else 1 if found.low > truth else 0


def _each(values: npt.NDArray[np.float64]) -> str:
    return ", ".join(f"{100 * value:.0f}" for value in values)


HEAD = """\
# Verdicts and intervals in uneven designs

Written by `benchmarks/claims_coverage.py`: {replicates} replicates a row, level 95 % (Monte Carlo standard error 1.1
points at 5 % and 400 replicates); numpy {numpy}, Python {python}. Shares in %.

A claim is set at each group's own true rate: whatever is then "supported" or "refuted" in any group is wrong, and at
most 5 % is promised for both together. Power: supported at twice the true rate, refuted at half of it, by group.
`given`: share of studies in which the group has enough people to be supported; fewer are enough to be refuted.
Intervals: share wholly below and wholly above the truth by group, share of misses that carry a note, and coverage where
no note is printed (in brackets how often none is).

| design | rate | wrong: supported, refuted | given | power: supported | refuted | below | above | missed | no note |
|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    head = HEAD.format(replicates=options.replicates, numpy=np.__version__, python=platform.python_version())
    lines = []
    for design in DESIGNS:
        lines += rows(design, options.replicates)
        print(lines[-4], lines[-3], lines[-2], lines[-1], sep="\n", flush=True)
    if options.out is not None:
        options.out.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
