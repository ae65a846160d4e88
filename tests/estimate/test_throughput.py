"""Accepted people an hour: by hand, by plain loops over transactions, and how often the interval holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import count
from facegap.cards.study import Transactions
from facegap.estimate.throughput import throughput
from facegap.records import Attempts
from facegap.tables import Workbench
from facegap.tables import throughput as table
from made import make_samples
from made_evidence import chosen, evidence_of


def attempts_of(score: np.ndarray, seconds: np.ndarray) -> Attempts:
    """(transactions, attempts) of scores and seconds; NaN scores failed before."""
    rows = np.repeat(np.arange(len(score)), score.shape[1])
    flat = score.ravel().astype(np.float32)
    return Attempts(
        model="m", condition="clean", policy="first", frames=1, per_transaction=score.shape[1], reference=rows,
        probe=rows, outcome=np.where(np.isnan(flat), "no_face", "ok"), score=flat,
        sent=np.full(len(flat), np.nan, np.float32), seconds=seconds.ravel().astype(np.float32),
    )  # fmt: skip


def test_by_hand() -> None:
    """Twenty people: half are accepted at once in 30 s, half at the second attempt in 60 s: 20 in 900 s, 80 an hour."""
    found = throughput(np.ones(20, np.int64), np.repeat([30.0, 60.0], 10))
    assert found.per_hour == pytest.approx(80) and found.note == ""
    assert found.low is not None and found.high is not None and found.low < 80 < found.high
    # By hand: residuals 1 - 30/45 = 1/3 and 1 - 60/45 = -1/3; 18 people as if all took as long; t of 17 is 2.1098.
    reach = 2.109816 * np.sqrt(20 / 9 * 18 / 17) / 20
    assert found.high == pytest.approx(80 * np.exp(reach), rel=1e-6)
    refused = throughput(np.repeat([1, 0], 10), np.repeat([30.0, 60.0], 10))
    assert refused.per_hour == pytest.approx(40)  # the time of those who were turned away counts


def test_what_cannot_be_had_is_said() -> None:
    ones = np.ones(20, np.int64)
    assert throughput(ones[:0], np.zeros(0)).note == "no transactions"
    seconds = np.full(20, 30.0)
    seconds[:3] = np.nan
    assert throughput(ones, seconds) == (None, None, None, "the time of 3 of 20 people is not known")
    assert throughput(0 * ones, np.full(20, 30.0)) == (0.0, None, None, "nobody was accepted: no interval")
    few = throughput(ones[:4], np.full(4, 30.0))
    assert few.per_hour == pytest.approx(120) and few.low is None and "as if 4 people" in few.note
    assert throughput(ones, np.zeros(20)).per_hour is None


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), per=st.integers(1, 4))
def test_counts_are_loops(seed: int, per: int) -> None:
    rng = np.random.default_rng(seed)
    n = 15
    score = np.where(rng.random((n, per)) < 0.3, np.nan, rng.random((n, per)))
    seconds = np.where(rng.random((n, per)) < 0.05, np.nan, rng.integers(1, 60, (n, per)).astype(float))
    attempts = attempts_of(score, seconds)
    subject, label = rng.integers(0, 6, n), rng.choice(["a", "b"], n)
    samples = make_samples([f"p{k}" for k in subject], {"g": label.tolist()})
    people = samples.people()
    for after in range(1, per + 1):
        expected: dict[tuple[str, int], list[float]] = {}
        for t in range(n):
            mine = expected.setdefault((str(label[t]), int(people[t])), [0, 0, 0.0])
            mine[0] += 1
            for k in range(after):
                mine[2] += seconds[t, k]
                if np.float64(np.float32(score[t, k])) >= 0.5:
                    mine[1] += 1
                    break
        found = {
            (one.group, int(person)): [one.transactions[k], one.accepted[k], one.seconds[k]]
            for one in count.times_by_person(attempts, samples, ("g",), 0.5, after)
            for k, person in enumerate(one.people)
        }
        assert found.keys() == expected.keys()
        for key, cells in expected.items():
            np.testing.assert_allclose(found[key], cells, rtol=1e-6)


def test_the_table() -> None:
    evidence = evidence_of(90, each=2)
    n, rng = len(evidence.samples), np.random.default_rng(2)
    red = evidence.samples.groups["colour"] == "red"
    score = rng.normal(4, 1, (n, 3)) - 2 * red[:, None]
    attempts = attempts_of(score, np.full((n, 3), 20.0))
    study = evidence.study.model_copy(update={"transactions": Transactions(attempts=2, restarts=0)})
    evidence = replace(evidence, study=study, attempts={("m", "clean"): attempts})
    rows = list(table.rows(Workbench(evidence)))
    assert {row.attempts for row in rows} == {1, 2, 3}
    for name in ("FMR 0.02", "FMR 0.005"):
        everyone, green, slow = (
            chosen(rows, group=group, threshold_name=name, attempts=3, grouping=grouping)[0]
            for group, grouping in (("everyone", ""), ("green", "colour"), ("red", "colour"))
        )
        assert everyone.transactions == green.transactions + slow.transactions == n
        assert slow.high < green.low and slow.seconds_per_transaction > green.seconds_per_transaction
        assert green.per_hour == pytest.approx(
            3600 * green.accepted / (green.seconds_per_transaction * green.transactions)
        )
    unknown = replace(attempts, seconds=np.full(n * 3, np.nan, np.float32))
    rows = list(table.rows(Workbench(replace(evidence, attempts={("m", "clean"): unknown}))))
    assert all(row.per_hour is None and "is not known" in row.note for row in rows)


def test_the_interval_holds_nearly_as_often_as_it_says() -> None:
    """People differ in how often they pass and how long an attempt takes them; 80 of them with 1 to 6 transactions."""
    rng = np.random.default_rng(7)
    missed = [0, 0]

    def study(people: int) -> tuple[np.ndarray, np.ndarray]:
        each, chance = rng.integers(1, 7, people), rng.beta(4, 1, people)
        slow = rng.lognormal(3, 0.5, people)
        accepted = rng.binomial(each, chance)
        seconds = slow * (accepted + 3 * (each - accepted))
        return accepted, seconds

    many = study(400_000)
    truth = 3600 * many[0].sum() / many[1].sum()
    for _ in range(400):
        found = throughput(*study(80))
        assert found.low is not None and found.high is not None
        missed[0] += truth < found.low
        missed[1] += truth > found.high
    assert sum(missed) <= 32  # 20 expected, standard error 4.4
