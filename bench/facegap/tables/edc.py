"""Table of error against discard, and of who is discarded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facegap.estimate import cautions
from facegap.schema import EdcRow
from facegap.tables.mated import HIGHER_IS_BETTER, each, key_of, mated_at, qualities
from facegap.tables.workbench import Workbench

DISCARDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


def rows(bench: Workbench) -> Iterator[EdcRow]:
    """FNMR of each group after the worst share of all mated comparisons is discarded, and how much of each group goes.

    Comparisons without a face have no quality; they are discarded first. Equal ones go in a seeded random order, so
    that no group's place in the data set decides.
    """
    evidence = bench.evidence
    for comparisons, columns, threshold in each(bench):
        mated = mated_at(evidence, comparisons, columns, threshold.value)
        by_group = bench.fnmr(comparisons, columns, threshold.value)
        for quality, values in qualities(evidence, comparisons).items():
            if quality not in HIGHER_IS_BETTER:
                continue
            goodness = np.nan_to_num(values if HIGHER_IS_BETTER[quality] else -values, nan=-np.inf)
            tie = np.random.default_rng(evidence.study.seed).permutation(len(goodness))
            place = np.empty(len(goodness), dtype=np.int64)
            place[np.lexsort((tie, goodness))] = np.arange(len(goodness))
            for name in np.unique(mated.group):
                mine = mated.group == name
                who = cautions.of_people(by_group[str(name)].counts)
                for share in DISCARDS:
                    kept = mine & (place >= int(share * len(goodness)))
                    count, errors = int(kept.sum()), int((kept & mated.error).sum())
                    yield EdcRow(
                        **key_of(comparisons, columns, threshold, str(name)),
                        quality=quality,
                        discard=share,
                        kept=count,
                        subjects=len(np.unique(mated.person[kept])),
                        errors=errors,
                        fnmr=errors / count if count else None,
                        discarded_share=1 - count / int(mine.sum()),
                        caution=cautions.as_text([*who, *(cautions.of_number(errors) if count else [])]),
                        note="" if count else "no comparison of this group is left",
                    )
