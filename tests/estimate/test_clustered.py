"""Clustered variances and intervals against cimat's published code (R13), from pairs counted by facegap.count."""

import csv
import itertools
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.estimate.clustered import (
    corrected_variance,
    degrees_of_freedom,
    effective_size,
    rate,
    residual_squares,
    variance,
    wilson_n_eff,
)
from facegap.records import ClusterSums, ErrorCounts

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = json.loads((REFERENCE / "R13_clustered.json").read_text(encoding="utf-8"))["cases"]


def cluster_sums(rows):
    return ClusterSums(sum(x * x for x, _ in rows), sum(x * m for x, m in rows), sum(m * m for _, m in rows))


def counts_of(metric, by_pair, threshold=0.5):
    """Counts from {(i, j): (errors, comparisons)}; FNMR takes the pairs (i, i)."""
    people = sorted({person for pair in by_pair for person in pair})
    rows = [
        (sum(x for k, (x, _) in by_pair.items() if q in k), sum(m for k, (_, m) in by_pair.items() if q in k))
        for q in people
    ]
    return ErrorCounts(
        metric=metric,
        model="net",
        condition="clean",
        grouping="",
        group="everyone",
        threshold=threshold,
        errors=sum(x for x, _ in by_pair.values()),
        completed=sum(m for _, m in by_pair.values()),
        failed=0,
        subjects=len(people),
        by_subject=cluster_sums(rows),
        by_pair=cluster_sums(by_pair.values()) if metric == "FMR" else None,
    )


def published_pairs(threshold):
    """FNMR and FMR counts of R13; cimat's variance takes a non-mated score equal to the threshold for no error."""
    mated: dict[tuple[str, ...], tuple[Any, Any]] = {}
    nonmated: dict[tuple[str, ...], tuple[Any, Any]] = {}
    with (REFERENCE / "R13_pairs.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pair = tuple(sorted((row["id1"], row["id2"])))
            side = mated if pair[0] == pair[1] else nonmated
            error = (float(row["score"]) >= threshold) == (side is nonmated)
            x, m = side.get(pair, (0, 0))
            side[pair] = x + error, m + 1
    return counts_of("FNMR", mated, threshold), counts_of("FMR", nonmated, threshold)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"T={case['threshold']}")
def test_published_variances_and_intervals(case):
    fnmr, fmr = published_pairs(case["threshold"])
    for counts, name in ((fnmr, "FNMR"), (fmr, "FMR")):
        assert rate(counts) == pytest.approx(case[name], rel=1e-12)
        assert variance(counts) == pytest.approx(case[f"var_{name}_own"], rel=1e-9, abs=1e-18)
        n_eff = effective_size(counts) if 0 < counts.errors < counts.trials else counts.trials
        assert n_eff == pytest.approx(case[f"n_eff_{name}"], rel=1e-9)
        # With zero errors cimat's bound rests on every pair twice; the re-derived one does not.
        expected = case.get(f"wilson_neff_{name}_own", case[f"wilson_neff_{name}_cimat"])
        assert wilson_n_eff(counts.errors, counts.trials, n_eff) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_zero_errors_are_counted_once_where_cimat_counts_twice():
    _, fmr = published_pairs(0.9)
    case = CASES[-1]
    assert wilson_n_eff(0, fmr.trials, fmr.trials)[1] == pytest.approx(2 * case["wilson_neff_FMR_cimat"][1], rel=5e-3)


@st.composite
def pair_tables(draw):
    people = draw(st.integers(2, 6))
    table = {}
    for i in range(people):
        for j in range(i + 1, people):
            m = draw(st.integers(1, 4))
            table[i, j] = draw(st.integers(0, m)), m
    return table


@settings(deadline=None)
@given(pair_tables())
def test_variance_equals_the_sum_over_all_pairs_of_comparisons(table):
    counts = counts_of("FMR", table)
    p = counts.errors / counts.trials
    r = {pair: x - p * m for pair, (x, m) in table.items()}
    covariance = sum(r[a] * r[b] for a in r for b in r if a != b and set(a) & set(b))
    expected = (sum(v * v for v in r.values()) + max(covariance, 0)) / counts.trials**2
    assert variance(counts) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_one_comparison_per_person_is_the_binomial():
    counts = counts_of("FNMR", {(k, k): (k < 3, 1) for k in range(40)})
    assert variance(counts) == pytest.approx(0.075 * 0.925 / 40)
    assert effective_size(counts) == pytest.approx(40)


def test_identical_images_of_a_person_add_nothing():
    once = counts_of("FNMR", {(k, k): (k < 3, 1) for k in range(40)})
    fivefold = counts_of("FNMR", {(k, k): (5 * (k < 3), 5) for k in range(40)})
    assert variance(fivefold) == pytest.approx(variance(once))
    assert effective_size(fivefold) == pytest.approx(40)


def test_against_cimat_where_it_is_installed():
    cimat = pytest.importorskip("cimat", reason="needs cimat (pins numpy below 2; install it without dependencies)")
    rng = np.random.default_rng(1)
    people = [str(k) for k in range(8)]
    scores: dict[str, dict[str, Any]] = {a: {} for a in people}
    table = {}
    for a in people:
        for b in people:
            if a < b:
                values = rng.normal(0, 1, rng.integers(1, 5))
                scores[a][b] = scores[b][a] = values.tolist()
                table[a, b] = int((values >= 0.6).sum()), len(values)
        scores[a][a] = rng.normal(1.5, 1, 3).tolist()
    theirs = cimat.uncertainty_estimator.UncertaintyEstimator(scores)
    _, expected = theirs.compute_variance(threshold=0.6)
    assert variance(counts_of("FMR", table)) == pytest.approx(expected, rel=1e-9)


def test_the_variance_is_as_much_too_small_as_the_correction_says():
    """All 1,024 ways in which ten pairs of five people can match, each pair as often as not: Var = 0.25 / 10."""
    pairs = list(itertools.combinations(range(5), 2))
    total = 0.0
    for matches in itertools.product((0, 1), repeat=10):
        of_person = np.zeros(5, dtype=np.int64)
        for (i, j), x in zip(pairs, matches, strict=True):
            of_person[[i, j]] += x
        errors = sum(matches)
        by_subject = ClusterSums(int(of_person @ of_person), 4 * 2 * errors, 5 * 16)
        rows = residual_squares(by_subject, errors, 10)
        of_pairs = residual_squares(ClusterSums(errors, errors, 10), errors, 10)
        total += float(rows - of_pairs) / 100
    assert total / 1024 == pytest.approx(0.025 * (3 * 2) / (5 * 4))


@pytest.mark.parametrize(("spread", "low", "high"), [(0.0, 1.0, 1.3), (0.8, 0.9, 1.1)])
def test_the_corrected_variance_is_that_of_other_samples(spread, low, high):
    """Pairs that match because of their people (0.8): within a tenth. For their own sake (0): rather too large."""
    rng = np.random.default_rng(5)
    i, j = np.triu_indices(40, 1)
    rates, variances = [], []
    for _ in range(1500):
        own = np.exp(rng.normal(-spread * spread / 2, spread, 40))
        x = rng.binomial(4, np.minimum(0.03 * own[i] * own[j], 1.0))
        of_person = np.bincount(i, x, 40) + np.bincount(j, x, 40)
        errors, m = int(x.sum()), 4 * 39
        by_subject = ClusterSums(int(of_person @ of_person), 2 * errors * m, 40 * m * m)
        by_pair = ClusterSums(int(x @ x), 4 * errors, 16 * len(x))
        counts = ErrorCounts(
            metric="FMR",
            model="",
            condition="",
            grouping="",
            group="",
            threshold=0.5,
            errors=errors,
            completed=4 * len(x),
            failed=0,
            subjects=40,
            by_subject=by_subject,
            by_pair=by_pair,
        )
        rates.append(errors / counts.trials)
        variances.append(corrected_variance(counts))
    assert low < np.mean(variances) / np.var(rates) < high


def test_where_every_comparison_errs_nobody_is_behind_the_successes():
    """As many degrees of freedom as people balanced over comparisons leave, as where a few succeed."""
    six = dict.fromkeys(itertools.combinations(range(6), 2), (1, 1))
    assert degrees_of_freedom(counts_of("FMR", six)) == pytest.approx(5)
    assert degrees_of_freedom(counts_of("FMR", {(0, 1): (1, 1)})) == 2
    assert degrees_of_freedom(counts_of("FNMR", {(i, i): (3, 3) for i in range(6)})) == pytest.approx(5)


@given(
    errors=st.one_of(st.integers(0, 500), st.floats(0, 500)),
    trials=st.integers(1, 10**9),
    squares=st.one_of(st.integers(0, 10**12), st.floats(0, 1e12)),
    products=st.one_of(st.integers(0, 10**12), st.floats(0, 1e12)),
    mm=st.integers(0, 10**15),
)
def test_one_fraction_at_the_end_is_the_sum_of_fractions(
    errors: float, trials: int, squares: float, products: float, mm: int
) -> None:
    p = Fraction(errors) / trials
    expected = Fraction(squares) - 2 * p * Fraction(products) + p * p * mm
    sums = ClusterSums(squares, products, mm)  # type: ignore[arg-type]
    assert residual_squares(sums, errors, trials) == expected
