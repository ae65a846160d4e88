"""CMC, FNIR and FPIR against bob.measure's own tests (R02, R03)."""

import json
from pathlib import Path

import numpy as np
import pytest

from facegap.count import cmc, fnir_counts, fnmr_counts, fpir_counts
from facegap.records import Comparisons, RuledTrials, Samples, ScoredPairs, Searches

REFERENCE = Path(__file__).parents[1] / "reference"
CMC = json.loads((REFERENCE / "R02_cmc.json").read_text(encoding="utf-8"))
OPEN = json.loads((REFERENCE / "R03_openset.json").read_text(encoding="utf-8"))["cases"]


def searches(rows, protocol):
    """Searches from [(non-mate scores, mate scores or None)]."""
    mate = np.array([max(pos) if pos else np.nan for _, pos in rows])
    rank = [1 + sum(n >= best for n in neg) if best == best else 0 for (neg, _), best in zip(rows, mate, strict=True)]
    optimistic = [1 + sum(n > b for n in neg) if b == b else 0 for (neg, _), b in zip(rows, mate, strict=True)]
    return Searches(
        model="net",
        condition="clean",
        protocol=protocol,
        probe=np.arange(len(rows)),
        mated=~np.isnan(mate),
        completed=np.ones(len(rows), bool),
        mate_score=mate.astype(np.float32),
        mate_rank=np.array(rank),
        mate_rank_optimistic=np.array(optimistic),
        top_nonmate=np.array([max(neg) for neg, _ in rows], np.float32),
        gallery_size=9,
        gallery_failed=0,
    )


def people(n):
    names = np.array([str(k) for k in range(n)])
    return Samples(ids=names, subjects=names, paths=names, sessions=names, roles=names, groups={}, root=Path())


def test_published_cmc():
    toy = [(row["neg"], row["pos"]) for row in CMC["toy"]]
    (curve,) = cmc(searches(toy, "closed"), people(4), (), 5)
    assert (curve.hits / curve.trials).tolist() == CMC["toy_cmc"]
    (fnir,) = fnir_counts(searches(toy, "closed"), people(4), (), 1, None)
    assert 1 - fnir.errors / fnir.trials == CMC["toy_rank1"]
    big = list(zip(CMC["big"]["neg"], CMC["big"]["pos"], strict=True))
    (curve,) = cmc(searches(big, "closed"), people(100), (), len(CMC["big"]["cmc"]))
    assert (curve.hits / curve.trials).tolist() == pytest.approx(CMC["big"]["cmc"])


@pytest.mark.parametrize("name", OPEN)
def test_published_open_set_rates(name):
    case = OPEN[name]
    found = searches([(row["neg"], row["pos"]) for row in case["scores"]], "open")
    (fnir,) = fnir_counts(found, people(9), (), 1, case["threshold"])
    assert fnir.errors / fnir.trials == pytest.approx(case["FNIR"])
    (fpir,) = fpir_counts(found, people(9), (), case["threshold"])
    assert fpir.errors / fpir.trials == pytest.approx(case["FPIR"])


R08 = json.loads((REFERENCE / "R08_results.json").read_text(encoding="utf-8"))["policies"]


@pytest.mark.parametrize("policy", R08)
def test_fnmr_of_r08_with_failures(policy):
    lines = (REFERENCE / "R08_scores.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split(",") for line in lines]
    mated = [(row[1], float(row[4] or "nan")) for row in rows if row[3] == "1"]
    n = len(mated)
    names = np.array([str(k) for k in range(n)])
    groups = {"group": np.repeat([group for group, _ in mated], 2)}
    samples = Samples(
        ids=np.arange(2 * n).astype(str),
        subjects=np.repeat(names, 2),
        paths=np.full(2 * n, ""),
        sessions=np.full(2 * n, ""),
        roles=np.full(2 * n, ""),
        groups=groups,
        root=Path(),
    )
    scores = ScoredPairs(np.arange(0, 2 * n, 2), np.arange(1, 2 * n, 2), np.array([s for _, s in mated], np.float32))
    nothing = ScoredPairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    rows_of_all, ok = np.arange(2 * n), np.ones(2 * n, bool)
    comparisons = Comparisons(
        model="net",
        condition="clean",
        trials=RuledTrials(rows_of_all, rows_of_all, True),
        reference_ok=ok,
        probe_ok=ok,
        mated=scores,
        tail=nothing,
        floor=-np.inf,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=np.zeros(2 * n, np.int64),
        cell_names=("everyone",),
        edges=np.array([0.0, 1.0]),
    )
    threshold = float(np.float32(R08[policy]["threshold"]))
    for counts in fnmr_counts(comparisons, samples, ("group",), threshold):
        expected = R08[policy]["groups"][counts.group]
        assert counts.errors == expected["false_nonmatches_incl_fte"]
        assert (counts.trials, counts.failed) == (expected["n_mated"], expected["n_fte_mated"])
        assert counts.errors / counts.trials == expected["FNMR_nist_fte_as_error"]
    for counts in fnmr_counts(comparisons, samples, ("group",), threshold, "excluded"):
        expected = R08[policy]["groups"][counts.group]
        assert counts.errors == expected["false_nonmatches_excl_fte"]
        assert counts.errors / counts.trials == expected["FNMR_excl_fte"]
