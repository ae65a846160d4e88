"""What a finished run says of a data set with photos and selfies: faces found, EER, rank 1.

    python benchmarks/synth_study.py results/synthetic-population-...

EER is read off the mated scores and the non-mated histogram of the run's own evidence, at the bin where FMR and FNMR
cross; failed comparisons are left out and counted beside.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from facegap import store
from facegap.evidence import read_evidence
from facegap.records import Comparisons


def eer(mated: np.ndarray, nonmated: np.ndarray, edges: np.ndarray) -> float:
    """Equal error rate of (k,) mated scores and (bins,) non-mated counts."""
    fmr = np.cumsum(nonmated[::-1])[::-1] / nonmated.sum()
    fnmr = np.searchsorted(np.sort(mated.astype(np.float64)), edges[:-1]) / len(mated)
    crossing = int(np.argmin(np.abs(fmr - fnmr)))
    return float((fmr[crossing] + fnmr[crossing]) / 2)


def within(comparisons: Comparisons, group: np.ndarray) -> np.ndarray:
    """(bins,) non-mated histogram of pairs inside one group, of all groups."""
    found = comparisons.within(np.unique(group, return_inverse=True)[1])
    assert found is not None
    return np.asarray(found.sum(axis=0))


def main() -> None:
    folder = Path(sys.argv[1])
    evidence = read_evidence(folder, store.read_manifest(folder))
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        print(f"{detector}, {condition}: {int(acquisitions.ok.sum())} of {len(acquisitions.ok)} faces acquired")
    print("\n| model | condition | mated | failed | EER, any non-mated | EER, same group | rank 1 |")
    print("|---|---|---|---|---|---|---|")
    group = evidence.samples.grouping(evidence.study.groups[0])
    for (model, condition), comparisons in evidence.comparisons.items():
        score = comparisons.mated.score
        mated = score[~np.isnan(score)]
        everyone = eer(mated, comparisons.pooled, comparisons.edges)
        same = eer(mated, within(comparisons, group), comparisons.edges)
        searches = evidence.searches[model, condition, "closed"]
        first = f"{(searches.mate_rank == 1).mean():.2%} of {len(searches.probe)}"
        failed = len(score) - len(mated)
        print(f"| {model} | {condition} | {len(mated)} | {failed} | {everyone:.2%} | {same:.2%} | {first} |")


if __name__ == "__main__":
    main()
