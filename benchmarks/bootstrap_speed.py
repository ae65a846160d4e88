"""Bootstrap of people: weighted forms in numba against scipy.sparse and against gathering resampled comparisons.

    OMP_NUM_THREADS=1 python benchmarks/bootstrap_speed.py

False match rates of one group at four thresholds, 1000 draws of 20,000 people; pairs with a false match are drawn at
random. Times are CPU seconds of one process. The three give the same numbers; the gather is timed on few draws of a
tenth of the people and scaled to a thousand draws.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy
from scipy import sparse

from facegap.estimate.bootstrap import PeopleDraws, double_or_nothing_draws, fmr_draws, pair_trials
from facegap.records import SamplesOfPeople

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]
PEOPLE, DRAWS, SAMPLES = 20_000, 1000, 3
FALSE_MATCHES = (200_000, 60_000, 20_000, 6_000)


def random_pairs(rng: np.random.Generator, people: int, count: int) -> Pairs:
    i, j = rng.integers(0, people, (2, count))
    low, high = np.minimum(i, j)[i != j], np.maximum(i, j)[i != j]
    keys, errors = np.unique(low * people + high, return_counts=True)
    return keys // people, keys % people, errors


def by_numba(draws: PeopleDraws, pairs: Pairs, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return fmr_draws(draws, *pairs, SamplesOfPeople(samples, samples, True))


def by_sparse(draws: PeopleDraws, pairs: Pairs, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    weights = draws.weights.astype(np.float64)
    matrix = sparse.csr_array((pairs[2].astype(np.float64), (pairs[0], pairs[1])), shape=(len(weights),) * 2)
    false_matches = (weights * (matrix @ weights)).sum(0)
    return np.asarray(false_matches / pair_trials(draws, SamplesOfPeople(samples, samples, True)))


def by_gather(draws: PeopleDraws, pairs: Pairs, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    people = len(samples)
    errors = np.zeros((people, people), np.int32)
    errors[pairs[0], pairs[1]] = pairs[2]
    errors += errors.T
    comparisons = np.outer(samples, samples)
    np.fill_diagonal(comparisons, 0)
    found = []
    for column in draws.weights.T:
        drawn = np.repeat(np.arange(people), column)
        block = np.ix_(drawn, drawn)
        found.append(errors[block].sum() / comparisons[block].sum())
    return np.array(found)


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def main() -> None:
    rng = np.random.default_rng(0)
    samples = np.full(PEOPLE, SAMPLES)
    small = random_pairs(rng, PEOPLE // 10, 2000)
    few = double_or_nothing_draws(PEOPLE // 10, 4, rng)
    by_numba(few, small, samples[: PEOPLE // 10])
    made, draws = seconds(lambda: double_or_nothing_draws(PEOPLE, DRAWS, rng))
    tables = [random_pairs(rng, PEOPLE, count) for count in FALSE_MATCHES]
    ours, first = seconds(lambda: [by_numba(draws, table, samples) for table in tables])
    peer, second = seconds(lambda: [by_sparse(draws, table, samples) for table in tables])
    naive, third = seconds(lambda: by_gather(few, small, samples[: PEOPLE // 10]))
    assert np.allclose(first, second)
    assert np.allclose(third, by_numba(few, small, samples[: PEOPLE // 10]))
    versions = f"numpy {np.__version__}, scipy {scipy.__version__}, numba {numba.__version__}"
    print(f"{PEOPLE} people, {DRAWS} draws, {len(tables)} thresholds; {versions}, Python {sys.version.split()[0]}")
    print(f"weights {made:.2f} s (shared by all)")
    print(f"numba form {ours:.2f} s, scipy.sparse {peer:.2f} s ({peer / ours:.1f} x)")
    print(f"gather, a tenth of the people, one threshold: {naive * DRAWS / 4:.0f} s for {DRAWS} draws")


if __name__ == "__main__":
    main()
