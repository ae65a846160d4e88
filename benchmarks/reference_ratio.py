"""How often verdicts on a ratio to a named group are wrong, in even and uneven designs.

    python benchmarks/reference_ratio.py --replicates 500 --out benchmarks/reference_ratio.md

Studies are those of null_band_coverage.py. The first group has 1.5 times the rate of the others. The claim is that it
has at most 1.5 times that of the last one, the smallest where sizes differ, so that both verdicts are wrong; and, where
all groups are equal, that any of the others differs from it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from null_band_coverage import DESIGNS, Design, _fnmr, _sizes, false_matches, fmr_counts

from facegap.claims import margins
from facegap.claims.margins import judge_margin
from facegap.claims.text import parse
from facegap.estimate import versus_rest
from facegap.estimate.clusters import clusters
from facegap.estimate.equal_groups import dealt
from facegap.estimate.versus_rest import AgainstRest, against_group, against_rest
from facegap.records import ErrorCounts
from facegap.tables.versus_rest import one_test

LIMIT, LEVEL, LEAST, SEED = 1.5, 0.95, 10, 2029


class Study(NamedTuple):
    """Counts by metric, and the groups whose false matches lie in few clusters."""

    counts: dict[str, tuple[ErrorCounts, ...]]
    few: set[str]


def study(rng: np.random.Generator, design: Design) -> Study:
    label = np.repeat(np.arange(len(design.people)), design.people)
    sizes, deals = _sizes(rng, design.images, len(label)), dealt(design.people, 2, rng)
    pairs = false_matches(rng, design, label, sizes)
    fmr = fmr_counts(design, label, pairs)[0]
    few = set()
    for c in fmr:
        own = pairs.same & (label[pairs.i] == int(c.group)) & (pairs.errors > 0)
        i, j, errors, compared = (side[own] for side in (pairs.i, pairs.j, pairs.errors, pairs.compared))
        if c.errors and clusters(i, j, errors, compared, c.errors / c.trials).few:
            few.add(c.group)
    return Study({"FMR": fmr, "FNMR": _fnmr(rng, design, label, sizes, deals)[0]}, few)


def verdict(counts: Sequence[ErrorCounts]) -> str:
    """On the first group against the last one; the others have no part in it."""
    first, last = counts[0], counts[-1]
    claim = parse(f"{first.metric} of {first.group} at most {LIMIT} times that of {last.group}")
    return next(row.verdict for row in judge_margin([first, last], claim, LEVEL, LEAST) if row.group == first.group)


def differ(rows: Sequence[AgainstRest], others: Callable[[AgainstRest], set[str]], few: set[str]) -> tuple[bool, bool]:
    """Whether any test finds a difference, and whether any is stated (`tables.doubts`)."""
    seen = [row for row in rows if row.p_holm < 1 - LEVEL]
    stated = [row for row in seen if row.counts.metric != "FMR" or not (_more(row, others(row)) & few)]
    return bool(seen), bool(stated)


def _more(row: AgainstRest, others: set[str]) -> set[str]:
    """The groups on the side with more false matches."""
    first, second = (side.errors / side.trials for side in (row.counts, row.rest))
    return {row.counts.group} if first >= second else others


def found(one: Study, metric: str) -> tuple[bool, bool, bool, bool]:
    """Of the groups against the last one, and of each against the others: as `differ`."""
    counts, few = one.counts[metric], one.few
    last = counts[-1].group
    rest = one_test(against_rest(counts, LEAST, LEVEL)[0])
    everyone = {c.group for c in counts}
    return (
        *differ(against_group(counts, last, LEAST, LEVEL)[0], lambda _: {last}, few),
        *differ(rest, lambda row: everyone - {row.counts.group}, few),
    )


def measured(design: Design, replicates: int) -> list[str]:
    # What no column shows is not computed: who would have decided, ends of intervals, what would have been seen.
    margins._with_growth = lambda row, *_: row
    versus_rest.koopman, versus_rest.visible_ratio = lambda *_: (None, None), lambda *_, **__: None
    at_limit, equal, twice = (
        [study(np.random.default_rng([SEED, n, k]), replace(design, first=first)) for k in range(replicates)]
        for n, first in enumerate((LIMIT, 1.0, 2.0))
    )
    lines = []
    for metric in ("FMR", "FNMR"):
        said = [verdict(one.counts[metric]) for one in at_limit]
        cells = [f"{100 * np.mean([word == wrong for word in said]):.1f}" for wrong in ("supported", "refuted")]
        shares = (100 * np.mean([found(one, metric) for one in studies], axis=0) for studies in (equal, twice))
        for before, now, rest_before, rest_now in shares:
            cells += [f"{before:.1f} / {now:.1f}", f"{rest_before:.1f} / {rest_now:.1f}"]
        lines.append(f"| {design} | {metric} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.workers) as pool:
        rows = list(pool.map(measured, DESIGNS, [options.replicates] * len(DESIGNS)))
    text = "\n".join(
        [
            "# How often verdicts on a ratio to a named group are wrong",
            "",
            f"Written by `benchmarks/reference_ratio.py`: {options.replicates} replicates a row (Monte Carlo standard "
            f"error near 5 %: {100 * np.sqrt(0.0475 / options.replicates):.1f} points); numpy {np.__version__}, Python "
            f"{sys.version.split()[0]}. At most 5 is promised in each column. Supported and refuted: the claim that "
            f"the first group has at most {LIMIT} times the rate of the last one, where it has just that; differs: any "
            "group from the last one, or from the others together, where all are equal: found by the test / stated. "
            "Found of the first group's twice the rate: the more the better.",
            "",
            "| design | rate | supported, % | refuted, % | differs from the last, % | from the others, % "
            "| twice, from the last, % | twice, from the others, % |",
            "|---|---|---|---|---|---|---|---|",
            *(line for lines in rows for line in lines),
            "",
        ]
    )
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
