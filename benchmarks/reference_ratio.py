"""How often verdicts on a ratio to a named group are wrong, in even and uneven designs.

    python benchmarks/reference_ratio.py --replicates 500 --out benchmarks/reference_ratio.md

Studies are those of null_band_coverage.py. The first group has 1.5 times the rate of the others. The claim is that it
has at most 1.5 times that of the last one, the smallest where sizes differ, so that both verdicts are wrong; and, where
all groups are equal, that any of the others differs from it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from null_band_coverage import DESIGNS, Design, _fmr, _fnmr, _sizes

from facegap.claims.margins import judge_margin
from facegap.claims.text import parse
from facegap.estimate.equal_groups import dealt
from facegap.estimate.versus_rest import against_group
from facegap.records import ErrorCounts

LIMIT, LEVEL, LEAST = 1.5, 0.95, 10


def study(rng: np.random.Generator, design: Design) -> dict[str, tuple[ErrorCounts, ...]]:
    label = np.repeat(np.arange(len(design.people)), design.people)
    sizes, deals = _sizes(rng, design.images, len(label)), dealt(design.people, 2, rng)
    return {
        "FMR": _fmr(rng, design, label, sizes, deals)[0],
        "FNMR": _fnmr(rng, design, label, sizes, deals)[0],
    }


def verdict(counts: Sequence[ErrorCounts]) -> str:
    last = counts[-1].group
    claim = parse(f"{counts[0].metric} of {counts[0].group} at most {LIMIT} times that of {last}")
    return next(row.verdict for row in judge_margin(counts, claim, LEVEL, LEAST) if row.group == counts[0].group)


def differs(counts: Sequence[ErrorCounts]) -> bool:
    rows, _ = against_group(counts, counts[-1].group, LEAST, LEVEL)
    return any(row.p_holm < 1 - LEVEL for row in rows)


def measured(design: Design, replicates: int) -> list[str]:
    rng = np.random.default_rng(0)
    at_limit = [study(rng, replace(design, first=LIMIT)) for _ in range(replicates)]
    equal = [study(rng, design) for _ in range(replicates)]
    lines = []
    for metric in ("FMR", "FNMR"):
        said = [verdict(one[metric]) for one in at_limit]
        cells = [100 * np.mean([word == wrong for word in said]) for wrong in ("supported", "refuted")]
        cells.append(100 * np.mean([differs(one[metric]) for one in equal]))
        lines.append(f"| {design} | {metric} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")
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
            "group from the last one, where all are equal.",
            "",
            "| design | rate | supported, % | refuted, % | differs, % |",
            "|---|---|---|---|---|",
            *(line for lines in rows for line in lines),
            "",
        ]
    )
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
