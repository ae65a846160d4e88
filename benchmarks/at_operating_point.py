"""Everything that is said at a target FMR, where the threshold is set on the same people: intervals and verdicts.

    python benchmarks/at_operating_point.py --replicates 200 --out benchmarks/at_operating_point.md

Faces are those of `claims_coverage.py`, of people in groups of whom the last is unlike the others: its images have more
noise, so that its FNMR is higher, and its people share a direction, so that its FMR is higher too. In every study the
threshold is set at the target over all of its strangers, then tables and claims are made from it as in a run. The truth
is at the threshold that all studies together have at the target: errors over comparisons of all of them there.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from claims_coverage import Design, pictures

from facegap import estimate
from facegap.cards import Study
from facegap.claims.judge import _judged
from facegap.claims.text import parse
from facegap.claims.verdict import Judged
from facegap.estimate import interval
from facegap.estimate.measures import MEASURES
from facegap.evidence import Evidence
from facegap.records import Comparisons, RuledTrials, Samples, ScoredPairs, Threshold
from facegap.tables import at_target, versus_rest
from facegap.tables.workbench import Workbench

DRAWS, STEP_DRAWS, LEVEL, TARGETS = 200, 100, 0.95, (0.01, 0.001)
NOISE, SHARED = 1.15, 1.2
"""Of the last group's images, over that of the others', and how far its people lie along their own direction."""

DESIGNS = (
    Design(people=(80,) * 4, images="even", wolves="normal"),
    Design(people=(150, 80, 60, 60), images="geometric", wolves="t3"),
    Design(people=(300, 150, 80), images="as in LFW", wolves="exponential"),
    Design(people=(80,) * 4, images="geometric", wolves="normal", family=4),
    Design(people=(200, 100, 100), images="geometric", wolves="exponential"),
    Design(people=(50,) * 8, images="geometric", wolves="normal"),
)
STUDY: dict[str, Any] = {
    "name": "simulated",
    "title": "simulated",
    "seed": 5,
    "dataset": {"card": "none"},
    "models": [{"card": "m", "detector": "d"}],
    "groups": [["group"]],
    "thresholds": {"fmr": list(TARGETS)},
    "identification": None,
    "statistics": {"draws": DRAWS},
}
SHOWN = tuple(m for m in MEASURES if m.name in ("max/min", "max/geomean", "max-min", "gini"))
HIGHEST_FLOOR = 0.06
"""Share of the strangers' comparisons that is kept, exactly: draws of people set the threshold lower."""

Rates = dict[tuple[str, float], npt.NDArray[np.float64]]


def study(design: Design, seed: int) -> Evidence:
    """One study: its scores, in the form that tables are made from."""
    vectors, people, groups = [], [], []
    for g, size in enumerate(design.people):
        last = g == len(design.people) - 1
        rng = np.random.default_rng([2027, seed, g, size])
        sizes, own = pictures(design, size, rng, NOISE if last else 1.0, SHARED if last else 0.0)
        vectors.append(own)
        people.append(1000 * g + np.repeat(np.arange(size), sizes))
        groups.append(np.full(len(own), f"g{g}"))
    person, face = np.concatenate(people), np.concatenate(vectors)
    n = len(person)
    ids = np.array([f"s{k:05}" for k in range(n)])
    samples = Samples(
        ids=ids,
        subjects=np.array([f"p{k:05}" for k in person]),
        paths=ids,
        sessions=np.full(n, ""),
        roles=np.full(n, ""),
        groups={"group": np.concatenate(groups)},
        root=Path("nowhere"),
    )
    return Evidence(
        study=Study.model_validate(STUDY, strict=False),
        samples=samples,
        images=ids,
        acquisitions={},
        comparisons={("m", "clean"): _compared(face, person, samples)},
        searches={},
        vendor={},
        given=(),
        identities=True,
    )


def _compared(face: npt.NDArray[np.float32], person: npt.NDArray[np.int64], samples: Samples) -> Comparisons:
    n = len(person)
    score = face @ face.T
    upper = np.triu(np.ones((n, n), dtype=bool), 1)
    same = person[:, None] == person[None]
    strangers = upper & ~same
    floor = float(np.quantile(score[strangers], 1 - HIGHEST_FLOOR))
    names, cells = samples.coded(("group",))
    mated, kept = np.nonzero(upper & same), np.nonzero(strangers & (score >= floor))
    everything = np.ones(n, bool)
    return Comparisons(
        model="m",
        condition="clean",
        trials=RuledTrials(np.arange(n), np.arange(n), symmetric=True),
        reference_ok=everything,
        probe_ok=everything,
        mated=ScoredPairs(mated[0], mated[1], score[mated]),
        tail=ScoredPairs(kept[0], kept[1], score[kept]),
        floor=floor,
        # Only curves and policies ask for what lies below the floor.
        histogram=np.zeros((len(names), len(names), 1), np.int64),
        cells=cells,
        cell_names=names,
        edges=np.array([-1.1, 1.1]),
    )


def truth(design: Design, replicates: int) -> Rates:
    """(metric, target) -> (groups,) rates at the threshold that all studies together have at the target."""
    tails, strangers = [], 0
    for seed in range(replicates):
        comparisons = study(design, seed).comparisons["m", "clean"]
        tails.append(np.sort(comparisons.tail.score)[-int(len(comparisons.tail) / HIGHEST_FLOOR * 0.03) :])
        strangers += round(len(comparisons.tail) / HIGHEST_FLOOR)
    highest = np.sort(np.concatenate(tails))[::-1]
    at = {target: float(highest[int(target * strangers)]) for target in TARGETS}
    errors: dict[tuple[str, float], Any] = defaultdict(int)
    trials: dict[tuple[str, float], Any] = defaultdict(int)
    for seed in range(replicates):
        evidence = study(design, seed)
        for target, threshold in at.items():
            found = Workbench(evidence).counts(evidence.comparisons["m", "clean"], ("group",), threshold)
            for metric, counts in found.items():
                errors[metric, target] += np.array([c.errors for c in counts])
                trials[metric, target] += np.array([c.trials for c in counts])
    return {key: errors[key] / trials[key] for key in errors}


class Said:
    """What was said in all studies of a design, held against the truth."""

    def __init__(self) -> None:
        self.intervals: dict[tuple[str, float], list[tuple[int, bool]]] = defaultdict(list)
        self.verdicts: dict[tuple[str, float], list[tuple[bool, bool]]] = defaultdict(list)
        self.right: dict[tuple[str, float], list[bool]] = defaultdict(list)

    def interval(
        self, what: str, target: float, low: float | None, high: float | None, true: float, caution: str
    ) -> None:
        """Whether it lies wholly below (-1) or above (1) the truth."""
        side = -1 if high is not None and high < true else 1 if low is not None and low > true else 0
        self.intervals[what, target].append((side, bool(caution)))


def _quicker() -> None:
    """What no line of the tables shows is not computed: other measures, bands by people, samples that would decide."""
    made: dict[Any, Any] = {}
    summaries = estimate.differentials

    def remembered(counts: Any, least: int, level: float, seed: int, equal: Any) -> Any:
        key = tuple(counts), level
        if key not in made:
            if len(made) > 9:
                made.clear()
            made[key] = summaries([replace(c, people=None) for c in counts], least, level, seed, equal)
        return made[key]

    changed: dict[str, dict[str, Any]] = {
        "facegap.estimate": {"differentials": remembered, "estimate": lru_cache(interval.estimate)},
        "facegap.estimate.differentials": {"MEASURES": SHOWN, "DRAWS": STEP_DRAWS},
        "facegap.tables.at_target": {"MEASURES": SHOWN},
        "facegap.claims.margins": {
            "_with_growth": lambda row, *_: row,
            "effective_sample": lru_cache(interval.effective_sample),
        },
        "facegap.claims.judge": {"_caution": lambda *_: ""},
    }
    for module, values in changed.items():
        for name, value in values.items():
            setattr(importlib.import_module(module), name, value)


def say(said: Said, evidence: Evidence, true: Rates) -> None:
    """The intervals and verdicts of one study."""
    bench = Workbench(evidence)
    name = {f"FMR {target:g}": target for target in TARGETS}
    for row in at_target.rows(bench):
        if row.grouping:
            value = float(true[row.metric, row.target][int(row.group[1:])])
            said.interval(row.metric, row.target, row.low, row.high, value, row.caution)
    for summary in at_target.summary_rows(bench):
        of = next(m for m in SHOWN if m.name == summary.measure).function
        value = float(of(true[summary.metric, summary.target]))
        if summary.low is not None:
            what = f"{summary.measure} {summary.metric}"
            said.interval(what, summary.target, summary.low, summary.high, value, summary.caution)
    for ratio in versus_rest.rows(bench):
        target = name[ratio.threshold_name]
        value = _ratio(evidence, bench, ratio.metric, target, int(ratio.group[1:]), true)
        said.interval(f"ratio {ratio.metric}", target, ratio.low, ratio.high, value, ratio.caution)
    _verdicts(said, bench, true)


def _ratio(evidence: Evidence, bench: Workbench, metric: str, target: float, group: int, true: Rates) -> float:
    """True rate of a group over that of the others, who weigh as their comparisons do."""
    threshold = next(t for t in bench.thresholds if t.target == target)
    counts = bench.counts(evidence.comparisons["m", "clean"], ("group",), threshold.value)[metric]
    others = [k for k in range(len(counts)) if k != group]
    trials = np.array([counts[k].trials for k in others])
    return float(true[metric, target][group] / ((true[metric, target][others] * trials).sum() / trials.sum()))


def _verdicts(said: Said, bench: Workbench, true: Rates) -> None:
    for target in TARGETS:
        threshold = next(t for t in bench.thresholds if t.target == target)
        for metric in ("FMR", "FNMR"):
            rates = true[metric, target]
            alike, last = float(np.mean(rates[:-1])), float(rates[-1])
            verdicts = _asked(bench, f"{metric} <= {alike:.12f} in every group at {threshold.name}", threshold)
            # The others have just the rate that is claimed, the last a higher one.
            supported = "supported" in verdicts
            said.verdicts[f"rate {metric}", target].append((supported, "refuted" in verdicts[:-1]))
            twice = _asked(bench, f"{metric} <= {2 * last:.12f} in every group at {threshold.name}", threshold)
            half = _asked(bench, f"{metric} <= {alike / 2:.12f} in every group at {threshold.name}", threshold)
            said.right[f"{metric}, supported at twice the last group's rate", target].append(twice[0] == "supported")
            said.right[f"{metric}, refuted at half the rate", target].append(half[0] == "refuted")
            for measure in SHOWN:
                limit = float(measure.function(rates))
                text = f"{'Gini' if measure.name == 'gini' else measure.name} {metric} <= {limit:.12f} in every group"
                verdicts = _asked(bench, f"{text} at {threshold.name}", threshold)
                wrong = "supported" in verdicts, "refuted" in verdicts
                said.verdicts[f"{measure.name} {metric}", target].append(wrong)
            _margins(said, bench, metric, target, threshold, rates)
        both = (true["FMR", target] + true["FNMR", target]) / 2
        text = f"accuracy >= {1 - float(np.mean(both[:-1])):.12f} in every group at {threshold.name}"
        rows = _rows(bench, text, threshold)
        mean = [row.verdict for row in rows if "(FMR + FNMR) / 2" in row.reading]
        said.verdicts["accuracy, mean of both", target].append(("supported" in mean, "refuted" in mean[:-1]))


def _margins(
    said: Said, bench: Workbench, metric: str, target: float, threshold: Threshold, rates: npt.NDArray[np.float64]
) -> None:
    """Each margin is just the last group's distance from the first one: both verdicts on it are wrong."""
    ratio, apart = float(rates[-1] / rates[0]), abs(float(rates[-1] - rates[0]))
    for what, margin in (
        ("times, ratio", f"at most {ratio:.12f} times that of g0"),
        ("within a ratio", f"within a ratio of {max(ratio, 1 / ratio):.12f} of that of g0"),
        ("within a difference", f"within {1e4 * apart:.9f} per 10,000 of that of g0"),
    ):
        verdicts = _asked(bench, f"{metric} {margin} in every group at {threshold.name}", threshold)
        wrong = verdicts[-1] == "supported", verdicts[-1] == "refuted"
        said.verdicts[f"margin {metric}, {what}", target].append(wrong)
    twice = _asked(
        bench, f"{metric} at most {2 * ratio:.12f} times that of g0 in every group at {threshold.name}", threshold
    )
    half = _asked(
        bench, f"{metric} at most {ratio / 2:.12f} times that of g0 in every group at {threshold.name}", threshold
    )
    said.right[f"{metric}, supported at twice the last group's ratio", target].append(twice[-1] == "supported")
    said.right[f"{metric}, refuted at half of it", target].append(half[-1] == "refuted")


def _rows(bench: Workbench, text: str, threshold: Threshold) -> list[Judged]:
    claim = replace(parse(text), columns=("group",))
    return _judged(bench, claim, bench.evidence.comparisons["m", "clean"], ("group",), threshold)


def _asked(bench: Workbench, text: str, threshold: Threshold) -> list[str]:
    return [row.verdict for row in _rows(bench, text, threshold)]


def lines(design: Design, replicates: int) -> tuple[list[str], list[str], list[str]]:
    """Lines of the tables of intervals, of wrong verdicts and of right ones."""
    true, said = truth(design, replicates), Said()
    for seed in range(replicates):
        say(said, study(design, seed), true)
    intervals = [
        f"| {design} | {what} | {target:g} | {_sides(seen)} |" for (what, target), seen in said.intervals.items()
    ]
    verdicts = [
        f"| {design} | {what} | {target:g} | {_percent(*np.mean(seen, axis=0))} |"
        for (what, target), seen in said.verdicts.items()
    ]
    right = [
        f"| {design} | {what} | {target:g} | {_percent(np.mean(seen))} |" for (what, target), seen in said.right.items()
    ]
    return intervals, verdicts, right


def _sides(seen: list[tuple[int, bool]]) -> str:
    sides, noted = np.array([side for side, _ in seen]), np.array([note for _, note in seen])
    plain = sides[~noted]
    cells = (
        f"{len(seen)}",
        _percent(np.mean(sides < 0), np.mean(sides > 0)),
        f"{100 * noted.mean():.0f}",
        f"{100 * np.mean(plain == 0):.1f} ({_percent(np.mean(plain < 0), np.mean(plain > 0))})" if len(plain) else "-",
    )
    return " | ".join(cells)


def _percent(*shares: Any) -> str:
    return ", ".join(f"{100 * share:.1f}" for share in shares)


HEAD = """\
# What is said at a target FMR, the threshold set on the same people

Written by `benchmarks/at_operating_point.py --replicates {replicates} --designs {designs}`: {replicates}
replicates a row, {draws} draws of people and of every step
of a summary's band, level 95 % (Monte Carlo standard error of a share of 5 %: {error:.1f} points by study, less by
interval); numpy {numpy}, Python {python}. Shares in %. The last group has a higher FMR and FNMR than the others.
Cautions as in the tables.

## Intervals by side

Of rates and of summaries those of `at_target_fmr.csv` and `differentials_at_target.csv`, which carry the threshold's
uncertainty; of ratios those of `versus_rest.csv`, at the threshold as it stands. Share wholly below and wholly above
the truth; share with a caution; coverage where there is none, in brackets how many lie below and above.

| design | number | target FMR | intervals | below, above | with a caution | without: coverage (below, above) |
|---|---|---|---|---|---|---|
"""
WRONG = """
## Wrong verdicts: at most 5 % is promised of both together

Every claim has the true value as its limit, so that each verdict is wrong: on a rate, of any of the groups that have
just that one (or supported of the last, whose rate is higher).

| design | claim | target FMR | supported, refuted |
|---|---|---|---|
"""
RIGHT = """
## Right verdicts on the first group

| design | claim | target FMR | share |
|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--designs", type=int, nargs="*", default=range(len(DESIGNS)))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    chosen = [DESIGNS[k] for k in options.designs]
    with ProcessPoolExecutor(options.workers, initializer=_quicker) as pool:
        found = [_shown(one) for one in pool.map(lines, chosen, [options.replicates] * len(chosen))]
    head = HEAD.format(
        replicates=options.replicates,
        designs=" ".join(map(str, options.designs)),
        draws=DRAWS,
        error=100 * np.sqrt(0.0475 / options.replicates),
        numpy=np.__version__,
        python=platform.python_version(),
    )
    intervals, wrong, right = ("\n".join(line for part in side for line in part) for side in zip(*found, strict=True))
    text = f"{head}{intervals}\n{WRONG}{wrong}\n{RIGHT}{right}\n"
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)


def _shown(parts: tuple[list[str], ...]) -> tuple[list[str], ...]:
    print("\n".join(line for part in parts for line in part), file=sys.stderr, flush=True)
    return parts


if __name__ == "__main__":
    main()
