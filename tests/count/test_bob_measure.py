"""Counts, thresholds and ranks against bob.measure 6.1.1: its documented examples, and its answers to random scores.

Where the conventions differ on purpose: a threshold that no score reaches is the next number above the highest in the
scores' own precision; a false alarm, a hit and a rank keep ties with the threshold as matches, as bob's identification
rates do, while its `recognition_rate` drops them.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from facegap.count import cmc, fmr_counts, fnir_counts, fnmr_counts, fpir_counts
from facegap.estimate import threshold_at_fmr
from facegap.estimate.at_most import at_least, at_most
from facegap.records import Comparisons, RuledTrials, Samples, ScoredPairs, Searches

FILE = Path(__file__).parents[1] / "reference" / "bob_measure_examples.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
PUBLISHED, VERIFICATION, IDENTIFICATION = (CONTENT[key] for key in ("published", "verification", "identification"))


def people(n):
    names = np.array([str(k) for k in range(n)])
    return Samples(ids=names, subjects=names, paths=names, sessions=names, roles=names, groups={}, root=Path())


def compared(negatives, positives):
    """One reference against a person for every negative score; the positive ones stand among the mated."""
    n = max(len(negatives), len(positives)) + 1
    one = np.zeros(n, np.int64)
    strangers = np.arange(1, len(negatives) + 1)
    mates = np.arange(1, len(positives) + 1)
    return Comparisons(
        model="net",
        condition="clean",
        trials=RuledTrials(np.zeros(1, np.int64), strangers, symmetric=False),
        reference_ok=np.ones(n, bool),
        probe_ok=np.ones(n, bool),
        mated=ScoredPairs(one[: len(positives)], mates, np.array(positives, np.float32)),
        tail=ScoredPairs(one[: len(negatives)], strangers, np.array(negatives, np.float32)),
        floor=-np.inf,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=one,
        cell_names=("everyone",),
        edges=np.array([0.0, 1.0]),
    )


def errors_at(negatives, positives, threshold):
    comparisons = compared(negatives, positives)
    samples = people(len(comparisons.cells))
    (fmr,) = fmr_counts(comparisons, samples, (), threshold)
    (fnmr,) = fnmr_counts(comparisons, samples, (), threshold)
    assert (fmr.trials, fnmr.trials) == (len(negatives), len(positives))
    return fmr.errors, fnmr.errors


@pytest.mark.parametrize("case", VERIFICATION)
def test_farfrr_and_what_is_classified_correctly(case):
    negatives, positives = case["negatives"], case["positives"]
    for row in case["at"]:
        false_matches, false_nonmatches = errors_at(negatives, positives, row["threshold"])
        assert false_matches / len(negatives) == row["far"]
        assert false_nonmatches / len(positives) == row["frr"]
        assert len(negatives) - false_matches == row["correct_negatives"]
        assert len(positives) - false_nonmatches == row["correct_positives"]


def test_some_thresholds_are_scores():
    """Otherwise the rule score >= T would not have been tried."""
    tied = [row["threshold"] in case["negatives"] + case["positives"] for case in VERIFICATION for row in case["at"]]
    assert sum(tied) > 80


@pytest.mark.parametrize("case", VERIFICATION)
def test_far_threshold_and_the_curves_through_it(case):
    negatives = np.array(case["negatives"], np.float32)
    for row in case["targets"]:
        found = threshold_at_fmr(negatives, len(negatives), row["target"])
        if row["threshold"] is None:
            assert found.threshold == float(np.nextafter(negatives.max(), np.float32(np.inf)))
        else:
            assert found.threshold == row["threshold"]
        assert found.realised == row["far"]
        false_matches, false_nonmatches = errors_at(negatives, case["positives"], found.threshold)
        on_roc = [false_matches / len(negatives), false_nonmatches / len(case["positives"])]
        assert on_roc == [row["far"], row["frr"]] == row["roc_for_far"]


def test_documented_thresholds_at_a_far():
    case = PUBLISHED["obvious_thresholds"]
    negatives = np.array(case["negatives"])
    for target, far in case["targets_and_far"]:
        assert threshold_at_fmr(negatives, len(negatives), target).realised == far


@pytest.mark.parametrize("row", PUBLISHED["uncomputable"]["rows"])
def test_documented_thresholds_at_an_frr(row):
    """No threshold is set at an FNMR here: theirs is the highest score at which our counts still meet the target."""
    positives = sorted(set(row["positives"]))
    met = [t for t in positives if errors_at([0.0], row["positives"], float(np.float32(t)))[1] / len(row["positives"])
           <= row["target"]]  # fmt: skip
    assert met[-1] == row["threshold"]


@pytest.mark.parametrize("row", PUBLISHED["confidence_for_indicator_variable"]["rows"])
def test_documented_confidence_intervals(row):
    """Clopper and Pearson's: each tail of the exact test holds 2.5 % at its limit, unless that is 0 or 1."""
    errors, trials, low, high = row
    assert low == errors == 0 or at_least(errors, trials, low) == pytest.approx(0.025, rel=1e-9)
    assert (high == 1 and errors == trials) or at_most(errors, trials, high) == pytest.approx(0.025, rel=1e-9)


def searches(rows):
    mate = np.array([max(pos) if pos else np.nan for _, pos in rows])
    ranks = [
        [1 + sum(op(score, best) for score in neg) if best == best else 0
         for (neg, _), best in zip(rows, mate, strict=True)]
        for op in (lambda a, b: a >= b, lambda a, b: a > b)
    ]  # fmt: skip
    return Searches(
        model="net",
        condition="clean",
        protocol="open",
        probe=np.arange(len(rows)),
        mated=~np.isnan(mate),
        completed=np.ones(len(rows), bool),
        mate_score=mate.astype(np.float32),
        mate_rank=np.array(ranks[0]),
        mate_rank_optimistic=np.array(ranks[1]),
        top_nonmate=np.array([max(neg) for neg, _ in rows], np.float32),
        gallery_size=9,
        gallery_failed=0,
    )


@pytest.mark.parametrize("case", IDENTIFICATION)
def test_cmc_and_rank_alone(case):
    found, samples = searches(case["probes"]), people(len(case["probes"]))
    (curve,) = cmc(found, samples, (), len(case["cmc"]))
    assert (curve.hits / curve.trials).tolist() == pytest.approx(case["cmc"])
    for rank, expected in enumerate(case["recognition_rate"], 1):
        (fnir,) = fnir_counts(found, samples, (), rank, None)
        assert 1 - fnir.errors / fnir.trials == pytest.approx(expected)


@pytest.mark.parametrize("case", IDENTIFICATION)
def test_open_set_rates(case):
    found, samples = searches(case["probes"]), people(len(case["probes"]))
    for row in case["at"]:
        (fpir,) = fpir_counts(found, samples, (), row["threshold"])
        assert fpir.errors / fpir.trials == row["false_alarm_rate"]
        tied = any(row["threshold"] in neg + (pos or []) for neg, pos in case["probes"])
        for rank, expected in enumerate(row["detection_identification_rate"], 1):
            (fnir,) = fnir_counts(found, samples, (), rank, row["threshold"])
            assert 1 - fnir.errors / fnir.trials == pytest.approx(expected)
            if not tied:
                assert expected == row["recognition_rate"][rank - 1]


def test_recognition_rate_drops_scores_at_the_threshold():
    """Their two rates of the same thing differ where the best mate's score is the threshold; ours is the other one."""
    apart = [
        row for case in IDENTIFICATION for row in case["at"]
        if row["recognition_rate"] != row["detection_identification_rate"]
    ]  # fmt: skip
    assert len(apart) > 5
    for row in apart:
        pairs = zip(row["recognition_rate"], row["detection_identification_rate"], strict=True)
        assert all(strict <= kept for strict, kept in pairs)
