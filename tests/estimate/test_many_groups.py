"""Multiplicity (R10), equivalence (R11), power (R12), gallery model (R15), claims (R18), shrinkage."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

from facegap.estimate.at_most import at_least, at_most, judge
from facegap.estimate.binomial import wilson
from facegap.estimate.equivalence import equivalent_difference, equivalent_ratio, growth_to_decide
from facegap.estimate.gallery_model import modelled_fpir
from facegap.estimate.multiplicity import holm, homogeneity_p
from facegap.estimate.power import NORMAL, trials_to_see, visible_difference, visible_ratio
from facegap.estimate.shrinkage import fit_beta, shrink
from facegap.estimate.two_groups import Rate
from facegap.records import ClusterSums, ErrorCounts

REFERENCE = Path(__file__).parents[1] / "reference"


def reference(name):
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


def test_one_against_the_rest_of_r10():
    case = reference("R10_multiplicity.json")
    errors, trials = np.array(case["errors"]), np.array(case["n"])
    assert holm(case["one_vs_rest_fisher_p"]) == pytest.approx(case["adjusted"]["holm"], rel=1e-9)
    assert homogeneity_p(errors, trials) == pytest.approx(case["chi2_homogeneity"]["p"], rel=1e-9)
    found = [wilson(x, n, 1 - 0.05 / len(errors)) for x, n in zip(errors, trials, strict=True)]
    assert np.allclose(found, case["simultaneous_wilson_bonferroni"], rtol=1e-9)


def test_homogeneity_needs_two_groups_and_an_error():
    assert homogeneity_p([3], [10]) is None
    assert homogeneity_p([0, 0], [10, 10]) is None
    assert homogeneity_p([], []) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_p_values_are_in_order_and_no_smaller(p_values):
    adjusted = holm(p_values)
    assert all(q >= p * (1 - 1e-12) for p, q in zip(p_values, adjusted, strict=True))
    assert [adjusted[k] for k in np.argsort(p_values)] == sorted(adjusted)


@pytest.mark.parametrize("row", reference("R11_tost.json")["rows"], ids=lambda row: f"{row['x1']}of{row['n1']}")
def test_equivalence_of_r11(row):
    a, b = Rate(row["x1"], row["n1"]), Rate(row["x2"], row["n2"])
    difference = equivalent_difference(a, b, row["margin"][1])
    assert (difference.low, difference.high) == pytest.approx(row["ci90_newcombe"], rel=1e-9)
    assert difference.equivalent == row["equivalent_by_ci"] == row["equivalent"]
    assert equivalent_ratio(b, a, 1.25).equivalent == row["ratio_equiv_1.25"]
    assert equivalent_ratio(b, a, 2).equivalent == row["ratio_equiv_2"]


def test_a_wide_interval_is_not_equivalence():
    assert not equivalent_ratio(Rate(0, 100), Rate(0, 100), 2).equivalent
    assert not equivalent_ratio(Rate(5, 100), Rate(0, 100), 100).equivalent


GROWN = {
    "inside a ratio": (equivalent_ratio, Rate(12, 600), Rate(13, 600), 1.25, "equivalent"),
    "outside a ratio": (equivalent_ratio, Rate(20, 1000), Rate(12, 1000), 1.25, "outside"),
    "below a ratio": (equivalent_ratio, Rate(12, 1000), Rate(20, 1000), 1.25, "outside"),
    "no errors on one side": (equivalent_ratio, Rate(0, 30), Rate(2, 60), 1.25, "outside"),
    "no errors on the other": (equivalent_ratio, Rate(2, 60), Rate(0, 30), 1.25, "outside"),
    "inside a difference": (equivalent_difference, Rate(2, 1000), Rate(3, 1000), 0.002, "equivalent"),
    "outside a difference": (equivalent_difference, Rate(28, 1000), Rate(20, 1000), 0.005, "outside"),
    "no errors at all": (equivalent_difference, Rate(0, 30), Rate(0, 60), 0.01, "equivalent"),
}


@pytest.mark.parametrize("case", GROWN.values(), ids=GROWN)
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_growth_that_would_have_decided_does_and_a_little_less_does_not(case, alpha):
    function, a, b, margin, how = case

    def at(growth):
        return function(
            Rate(a.errors * growth, a.trials * growth), Rate(b.errors * growth, b.trials * growth), margin, alpha
        )

    growth = growth_to_decide(at)
    assert growth > 1 and not at(1).decided
    assert getattr(at(growth), how) and not at(0.99 * growth).decided
    assert growth_to_decide(lambda s: at(10 * growth * s)) == 1


def test_growth_by_the_closed_form():
    """Large equal rates: Newcombe's interval is p -+ z sqrt(2 p q / n), so n = 2 p q (z / margin)^2."""
    rate, margin = 0.4, 0.001
    growth = growth_to_decide(lambda s: equivalent_difference(Rate(40 * s, 100 * s), Rate(40 * s, 100 * s), margin))
    assert 100 * growth == pytest.approx(2 * rate * (1 - rate) * (1.6448536 / margin) ** 2, rel=1e-3)


def test_no_growth_decides_what_lies_on_the_margin():
    at_ratio = growth_to_decide(lambda s: equivalent_ratio(Rate(25 * s, 1000 * s), Rate(20 * s, 1000 * s), 1.25))
    at_difference = growth_to_decide(lambda s: equivalent_difference(Rate(s, 4 * s), Rate(s, 2 * s), 0.25))
    nothing_seen = growth_to_decide(lambda s: equivalent_ratio(Rate(0, 10 * s), Rate(0, 10 * s), 2))
    assert (at_ratio, at_difference, nothing_seen) == (None, None, None)


@pytest.mark.parametrize(
    "row", reference("R12_power.json")["rows"], ids=lambda r: f"{r['p1']}x{r['ratio']}@{r['power']}"
)
def test_sample_sizes_of_r12(row):
    case = row["p1"], row["ratio"], row["power"], row["alpha"]
    assert int(np.ceil(trials_to_see(*case))) == row["n_per_group_normal"]
    trials = trials_to_see(*case)
    seen = visible_ratio(row["p1"], trials, trials, row["power"], row["alpha"])
    assert seen == pytest.approx(row["ratio"], rel=1e-9)


def test_too_few_trials_see_no_ratio():
    assert visible_ratio(0.2, 3, 3) is None
    assert trials_to_see(0.6, 2) == trials_to_see(0.1, 1) == np.inf


@pytest.mark.parametrize(("rate", "ratio"), [(0.02, 2), (0.001, 3), (0.1, 1.5)])
def test_equal_groups_see_the_same_ratio_either_way(rate, ratio):
    trials = trials_to_see(rate, ratio)
    assert visible_ratio(rate, trials, trials) == pytest.approx(ratio, rel=1e-9)
    assert visible_ratio(rate, trials, 10 * trials) < ratio < visible_ratio(rate, trials / 10, 10 * trials)


def test_a_test_of_three_people_sees_nothing():
    assert visible_ratio(0.5, 2, 1000) is None
    assert visible_ratio(0.0, 100, 100) is None


def test_gallery_model_of_r15():
    case = reference("R15_fpir_model.json")
    for row in case["homogeneous"]:
        assert modelled_fpir({"A": row["FMR"]}, {"A": row["N"]}) == pytest.approx(row["FPIR"], rel=1e-9)
    fmr = case["FMR_matrix"]
    for row in case["mixed"]:
        gallery = {"A": round(row["N"] * row["share_A"]), "B": round(row["N"] * row["share_B"])}
        a = modelled_fpir({"A": fmr["AA"], "B": fmr["AB"]}, gallery)
        b = modelled_fpir({"A": fmr["BA"], "B": fmr["BB"]}, gallery)
        assert (a, b) == pytest.approx((row["FPIR_A"], row["FPIR_B"]), rel=1e-9)
        assert b / a == pytest.approx(row["ratio_B_over_A"], rel=1e-9)
    assert modelled_fpir({"A": 1.0}, {"A": 3}) == 1.0
    assert modelled_fpir({"A": 1.0}, {"A": 0}) == 0.0


def independent(group, errors, trials):
    return ErrorCounts(
        metric="FNMR",
        model="net",
        condition="clean",
        grouping="group",
        group=group,
        threshold=0.5,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=trials,
    )


def test_claims_of_r18():
    case = reference("R18_claims.json")
    rows = case["rows"]
    found = judge([independent(r["group"], r["errors"], r["n"]) for r in rows], case["claim_error_rate"])
    for row, verdict in zip(rows, found, strict=True):
        assert verdict.verdict == row["verdict"]
        assert verdict.p_refute == pytest.approx(row["p_refute_holm"], rel=1e-6)
        assert verdict.p_support == pytest.approx(row["p_support_holm"], rel=1e-6)
        assert (verdict.decided_at is None) == (row["verdict"] != "undecided")
    for row in case["n_needed_to_support_claim_95"]:
        errors, trials = row["errors_allowed"], row["n_min"]
        assert at_most(errors, trials, case["claim_error_rate"]) <= 0.05
        assert at_most(errors, trials - 1, case["claim_error_rate"]) > 0.05


def test_the_sample_that_would_have_decided_does():
    (undecided,) = judge([independent("D", 0, 400)], 0.0012)
    assert undecided.decided_at == 2495
    (decided,) = judge([independent("D", 0, undecided.decided_at)], 0.0012)
    assert decided.verdict == "supported" and decided.decided_at is None
    (undecided,) = judge([independent("D", 3, 1000)], 0.0012)
    factor = undecided.decided_at / 1000
    (decided,) = judge([independent("D", int(np.ceil(3 * factor)), undecided.decided_at)], 0.0012)
    assert undecided.verdict == "undecided" and decided.verdict == "refuted"


def test_a_group_without_trials_is_undecided_and_costs_the_others_nothing():
    alone = judge([independent("A", 9, 1500)], 0.0012)[0]
    found = judge([independent("A", 9, 1500), independent("B", 0, 0)], 0.0012)
    assert found[0] == alone
    assert (found[1].verdict, found[1].note, found[1].n_eff) == ("undecided", "no trials", None)


def test_repeats_of_the_same_people_do_not_support_a_claim():
    people, each = 250, 10
    sums = ClusterSums(0, 0, people * each**2)
    counts = ErrorCounts(
        metric="FNMR",
        model="net",
        condition="clean",
        grouping="",
        group="A",
        threshold=0.5,
        errors=0,
        completed=people * each,
        failed=0,
        subjects=people,
        by_subject=sums,
    )
    (found,) = judge([counts], 0.0012)
    assert found.verdict == "undecided" and found.n_eff == people
    assert found.decided_at == 2495 * each


def test_shrinkage_moves_small_groups_most_and_keeps_the_order_of_equal_sizes():
    found = shrink([1, 20, 60, 4], [20, 1000, 1000, 20])
    raw = [0.05, 0.02, 0.06, 0.2]
    moved = [abs(s.value - r) for s, r in zip(found, raw, strict=True)]
    assert moved[3] > moved[2] and moved[0] > moved[1]
    assert found[1].value < found[2].value and found[0].value < found[3].value
    for s in found:
        assert s.low < s.value < s.high
    assert found[0].own_weight < found[1].own_weight < 1


def test_groups_that_do_not_differ_share_one_rate():
    found = shrink([20, 20, 20, 20], [1000, 1000, 1000, 1000])
    for s in found:
        assert s.value == pytest.approx(0.02, rel=1e-3) and s.own_weight < 0.01
    wide = proportion_confint(20, 1000, method="beta")
    assert found[0].high - found[0].low < wide[1] - wide[0]


def test_the_fit_finds_the_beta_that_made_the_rates():
    rng = np.random.default_rng(2)
    trials = np.full(400, 500.0)
    errors = rng.binomial(500, rng.beta(3, 97, size=400)).astype(float)
    mean, size = fit_beta(errors, trials)
    assert mean == pytest.approx(0.03, rel=0.1) and size == pytest.approx(100, rel=0.25)


@pytest.mark.parametrize("row", reference("R06_rule3_rule30.json")["rule_of_30"])
def test_the_rule_of_thirty(row):
    """Exact 90 % limits of so many errors among very many trials, relative to the rate (R06): 5 % in each tail."""
    trials = 10**7
    rate = row["errors"] / trials
    assert at_least(row["errors"], trials, rate * (1 + row["lower_rel_90"])) == pytest.approx(0.05, rel=1e-6)
    assert at_most(row["errors"], trials, rate * (1 + row["upper_rel_90"])) == pytest.approx(0.05, rel=1e-6)


def test_a_visible_difference_is_that_of_students_test():
    assert visible_difference(1.0, NORMAL) == pytest.approx(1.959964 + 0.841621, rel=1e-5)
    for people in (12, 40, 300):
        wanted = TTestPower().solve_power(nobs=people, alpha=0.05, power=0.8) / np.sqrt(people)
        assert visible_difference(1 / people, people - 1) == pytest.approx(wanted, rel=0.03)
