"""What a claim takes: the verdict's own rules on simulated people, and the lines that say so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import tiny
from facegap.cards import load_study
from facegap.claims.text import parse
from facegap.errors import InputError
from facegap.estimate.at_most import SUPPORTING, SUPPORTING_OF_PAIRS
from facegap.planning import plan_study
from facegap.planning import verdicts as planned
from facegap.planning.pilot import Assumed
from facegap.planning.verdicts import AIM, POWER, PlannedVerdict, Takers, correlation_of, planned_verdicts, spread_of

ASSUMED = Assumed(fnmr=0.02, mated=None, nonmated=2.0, people=None, source="")


def takers(images: list[int], group: str = "a") -> Takers:
    sizes = np.array(images)
    return Takers(group=group, mated=sizes * (sizes - 1) // 2, reference=sizes, probe=sizes, symmetric=True)


def verdict(claim: str, *groups: Takers, assumed: Assumed = ASSUMED) -> list[PlannedVerdict]:
    return list(planned_verdicts(parse(claim), load_study("quickstart")[0], groups, assumed))


def exact_power(people: int, limit: float, alpha: float) -> float:
    """Of the exact binomial test that refutes a limit, where the rate is twice that."""
    critical = int(stats.binom.isf(alpha, people, limit)) + 1
    return float(stats.binom.sf(critical - 1, people, 2 * limit))


def test_with_one_comparison_each_it_is_about_what_the_exact_binomial_test_asks() -> None:
    """The exact test goes up and down with every person, so that what it asks is known to a few."""
    (found,) = verdict("FNMR <= 0.2 in every group at vendor", takers([2] * 100))
    exact = next(n for n in range(10, 2000) if min(exact_power(m, 0.2, 0.05) for m in range(n, n + 20)) >= POWER)
    assert found.people_to_refute is not None
    assert 0.8 * exact <= found.people_to_refute <= 1.5 * exact
    assert found.comparisons_to_refute == found.people_to_refute


def test_a_share_of_the_error_is_each_groups_and_half_of_it_an_own_thresholds() -> None:
    alone = verdict("FNMR <= 0.2 in every group at vendor", takers([2] * 100))[0]
    three = verdict("FNMR <= 0.2 in every group at vendor", *(takers([2] * 100, g) for g in "abc"))[0]
    own = verdict("FNMR <= 0.2 in every group", *(takers([2] * 100, g) for g in "abc"))[0]
    needed = [one.people_to_refute or 0 for one in (alone, three, own)]
    assert needed == sorted(set(needed))
    assert [one.threshold_is_own for one in (alone, three, own)] == [False, False, True]


@pytest.mark.parametrize(("metric", "least"), [("FNMR", SUPPORTING), ("FMR", SUPPORTING_OF_PAIRS)])
def test_nothing_is_supported_by_fewer_people_than_any_verdict_takes(metric: str, least: int) -> None:
    (found,) = verdict(f"{metric} <= 0.4 in every group at vendor", takers([4] * 80))
    assert found.people_to_support is not None
    assert found.people_to_support >= least
    assert found.decides == "could decide"


def test_a_few_people_with_most_images_take_more_people() -> None:
    even, uneven = (
        verdict("FNMR <= 0.2 in every group at vendor", takers(images))[0]
        for images in ([3] * 100, [2] * 90 + [12] * 10)
    )
    assert (uneven.people_to_support or 0) > 1.5 * (even.people_to_support or 0)


def test_more_people_have_the_numbers_of_images_that_there_are() -> None:
    some = takers([1, 2, 3, 30])
    assert sorted(some.grown(4).mated) == sorted(some.mated)
    assert sorted(some.grown(12).mated) == sorted([*some.mated] * 3)


def test_an_assumed_design_effect_is_that_of_the_simulated_errors() -> None:
    group = takers([4] * 80)
    correlation, spread = correlation_of(group.mated, 2.0), spread_of(group, 0.02, 3.0)
    assert correlation == pytest.approx(1 / 5)
    rng = np.random.default_rng(0)
    rates = [
        (planned._mated(group, 0.1, rng, correlation), planned._nonmated(group, 0.02, rng, spread)) for _ in range(500)
    ]
    for side, rate, effect in ((0, 0.1, 2.0), (1, 0.02, 3.0)):
        seen = np.array([pair[side].errors / pair[side].trials for pair in rates])
        assert seen.mean() == pytest.approx(rate, rel=0.05)
        assert seen.var() * rates[0][side].trials / (rate * (1 - rate)) == pytest.approx(effect, rel=0.25)


def test_sums_over_pairs_are_those_of_every_pair() -> None:
    """Of two sides that differ, and of one compared with itself; with fewer errors than pairs, and with more."""
    rng = np.random.default_rng(1)
    for symmetric in (True, False):
        a = rng.integers(1, 6, 30)
        b = a if symmetric else rng.integers(0, 4, 30)
        group = Takers(group="", mated=a, reference=a, probe=b, symmetric=symmetric)
        m = np.outer(a, b) + np.outer(b, a)
        m = m // 2 if symmetric else m
        np.fill_diagonal(m, 0)
        for rate in (0.01, 0.2):
            found = planned._nonmated(group, rate, rng, 0.3)
            assert found.by_subject is not None
            assert found.by_pair is not None
            assert found.trials == m.sum() // 2
            assert found.by_pair.mm == (m**2).sum() // 2
            assert found.by_subject.mm == (m.sum(1) ** 2).sum()
            assert found.errors <= found.by_pair.xx
            mean = [planned._nonmated(group, rate, rng, 0.3).errors for _ in range(100)]
            assert np.mean(mean) == pytest.approx(rate * found.trials, rel=0.15)


def test_the_people_stated_decide_where_they_are() -> None:
    """A study of just as many people could decide, and one of a fifth fewer could not."""
    (found,) = verdict("FNMR <= 0.2 in every group at vendor", takers([2] * 100))
    most = max(found.people_to_refute or 0, found.people_to_support or 0)
    for people, decides in ((most, True), (int(0.8 * most), False)):
        (again,) = verdict("FNMR <= 0.2 in every group at vendor", takers([2] * people))
        assert (again.decides == "could decide") is decides
    assert AIM > POWER


def test_lines_for_people(finished: Path) -> None:
    claims = ("--claim", "FNMR <= 30 % in every group", "--claim", "FMR <= 1 % overall at FMR 0.01")
    code, out, error = tiny.facegap(finished.parents[1], "plan", "tiny.toml", *claims)
    assert code == 0, error
    assert "claim 'FNMR <= 30 % in every group': the people with whom a verdict is 80 % likely" in out
    assert "could not decide: deciding needs" in out
    assert "the run sets this threshold itself" in out
    code, out, _ = tiny.facegap(finished.parents[1], "plan", "tiny.toml", *claims[:2], "--json")
    found = json.loads(out)["verdicts"]
    assert {row["group"] for row in found} == {"amber", "blue"}
    assert all(row["people_to_support"] > row["people"] for row in found)


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("FNMR within a ratio of 1.25 in every group", "expected an upper limit of FNMR or FMR"),
        ("FNMR >= 1 % in every group", "expected an upper limit of FNMR or FMR"),
        ("FNIR <= 1 % in every group", "expected an upper limit of FNMR or FMR"),
        ("FNMR <= 0 in every group", "expected a rate above 0"),
        ("FNMR <= 60 % in every group", "above 0 and below 0.5"),
        ("FNMR <= 1 % in group femal of sex", "no group 'femal', did you mean 'female'?"),
        ("FNMR <= 1 % in every group of gender", "no label column 'gender'"),
        ("FNMR <= 1 % in every group at FMR 0.005", "the study sets no threshold 'FMR 0.005'"),
        ("it is good", "claim 'it is good'"),
    ],
)
def test_what_cannot_be_planned_is_one_line(claim: str, why: str) -> None:
    with pytest.raises(InputError) as found:
        plan_study("synthetic-population", claims=[claim])
    assert why in str(found.value)
    assert "\n" not in str(found.value)
