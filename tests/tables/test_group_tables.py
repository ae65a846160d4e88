"""Tables that compare groups: power, against the rest, at target FMRs, policies, marginals, shrunken, suppression."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from facegap.cards.study import Statistics
from facegap.estimate.at_target import fmr_at_draws
from facegap.estimate.bootstrap import double_or_nothing_draws
from facegap.estimate.people import design_effect_at, people_for_mated, people_for_nonmated
from facegap.records import Samples
from facegap.tables import at_target, build, set_thresholds, workbench
from facegap.tables.suppress import suppressed
from made_evidence import chosen, evidence_of, searched_evidence


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[dict[str, object], ...]]:
    return {name: table.rows for name, table in build(evidence_of(shift=1.0)).items()}


def test_a_group_that_differs_is_found_and_the_rest_say_what_they_could_have_seen(made) -> None:
    red = chosen(made["versus_rest"], metric="FMR", grouping="colour", group="red", threshold_name="FMR 0.02")[0]
    assert red["verdict"] == "differs"
    assert red["ratio"] > 2
    assert red["low"] < red["ratio"] < red["high"]
    assert "times the others' rate" in red["sentence"]
    same = [row for row in made["versus_rest"] if row["verdict"] == "not shown to differ"]
    assert same
    assert all("this test would have seen" in row["sentence"] for row in same)


def test_more_people_see_smaller_ratios() -> None:
    ratios = []
    for people in (60, 240):
        evidence = evidence_of(people, each=2)
        rows = build(evidence)["power"].rows
        ratios.append(chosen(rows, metric="FMR", grouping="colour", group="red", threshold_name="FMR 0.02")[0])
    assert ratios[1]["ratio_80"] < ratios[0]["ratio_80"] <= ratios[0]["ratio_90"]
    needed = [row["people_2"] for row in ratios]
    assert 1 / 4 < needed[0] / needed[1] < 4  # what is needed does not grow with the study that says so


def test_searches_are_compared_at_their_own_thresholds() -> None:
    evidence = searched_evidence(shift=1.5)
    tables = build(evidence)
    searches = evidence.searches["m", "clean", "open"]
    colour = evidence.samples.groups["colour"]
    for metric, of, is_error in (
        ("FNIR", searches.mated, lambda at: searches.mate_score < at),
        ("FPIR", ~searches.mated, lambda at: searches.top_nonmate >= at),
    ):
        rows = chosen(tables["versus_rest"].rows, metric=metric, grouping="colour")
        assert [row["threshold_name"] for row in rows[::2]] == ["FMR 0.02", "FMR 0.005", "FPIR 0.1"]
        for row in rows:
            for group, side in ((row["group"], ""), ("green" if row["group"] == "red" else "red", "rest_")):
                wrong = of & (colour == group) & is_error(row["threshold"])  # by brute force
                counted = (row[f"{side}errors"], row[f"{side}trials"], row[f"{side}subjects"])
                assert counted == (wrong.sum(), (of & (colour == group)).sum(), (of & (colour == group)).sum() / 2)
        of_table = chosen(tables["identification"].rows, metric=metric, grouping="colour", failures="counted")
        same = [row for row in of_table if row["rank"] in ("N", None) and row["threshold"] is not None]
        assert [(row["errors"], row["trials"]) for row in rows] == [(row["errors"], row["trials"]) for row in same]
        power = chosen(tables["power"].rows, metric=metric, grouping="colour", threshold_name="FPIR 0.1")
        assert all(row["n_eff"] <= row["trials"] and "would have seen" in row["sentence"] for row in power)
    red = chosen(tables["versus_rest"].rows, metric="FPIR", group="red", grouping="colour", threshold_name="FPIR 0.1")[
        0
    ]
    assert red["verdict"] == "differs" and red["ratio"] > 2


def test_closed_searches_are_not_compared() -> None:
    evidence = searched_evidence(shift=0.0)
    open_searches = evidence.searches["m", "clean", "open"]
    closed = replace(open_searches, protocol="closed")
    rows = build(replace(evidence, searches={("m", "clean", "closed"): closed}))["versus_rest"].rows
    assert {row["metric"] for row in rows} == {"FMR", "FNMR"}


def test_people_needed_turn_round_what_people_give() -> None:
    assert people_for_mated(1141, 300, 100) == 381
    trials, people, effect = 4950, 100, 3.0
    needed = people_for_nonmated(2 * trials / effect, trials, effect, people)
    growth = needed / people
    assert trials * growth**2 / design_effect_at(effect, growth) == pytest.approx(2 * trials / effect, rel=0.05)
    assert people_for_nonmated(float("inf"), trials, effect, people) is None
    assert people_for_mated(100.0, 0.0, 10) is None


def test_at_target_covers_its_value_and_is_wider_than_a_fixed_threshold(made) -> None:
    for row in made["at_target_fmr"]:
        if row["low"] is not None:
            assert row["low"] <= row["rate"] <= row["high"]
            assert row["threshold_low"] <= row["threshold"] <= row["threshold_high"]
    thresholds = {row["name"]: row for row in made["thresholds"]}
    at = chosen(made["at_target_fmr"], metric="FNMR", grouping="", threshold_name="FMR 0.005")[0]
    assert thresholds["FMR 0.005"]["low"] == at["threshold_low"]
    assert at["rate"] == chosen(made["rates"], failures="counted", metric="FNMR", threshold_name="FMR 0.005")[0]["rate"]


def test_fnmr_at_a_target_is_never_more_certain_than_at_the_fixed_threshold(made) -> None:
    spanned = [row for row in made["at_target_fmr"] if row["metric"] == "FNMR" and "span of both" in row["method"]]
    assert spanned
    for row in spanned:
        key = {name: row[name] for name in ("metric", "grouping", "group", "threshold_name")}
        fixed = chosen(made["rates"], failures="counted", **key)[0]
        assert row["low"] <= fixed["low"] and row["high"] >= fixed["high"]


def test_summaries_at_a_target_are_those_of_the_fixed_threshold_with_their_own_intervals(made) -> None:
    rows = [row for row in made["differentials_at_target"] if row.get("value") is not None]
    assert rows
    for row in rows:
        key = {name: row[name] for name in ("metric", "grouping", "threshold_name", "measure")}
        assert row["value"] == chosen(made["differentials"], **key)[0]["value"]
        assert row["low"] <= row["value"] and (row["high"] is None or row["value"] <= row["high"])
        assert row["null_low"] <= row["null_high"]
    left_out = [row for row in made["differentials_at_target"] if row.get("value") is None]
    assert all(row["note"] for row in left_out)


def test_intervals_at_a_target_are_as_wide_as_other_draws_of_people_differ() -> None:
    key = {"metric": "FNMR", "grouping": "", "threshold_name": "FMR 0.02"}
    rows = []
    for seed in range(16):
        evidence = evidence_of(80, seed=seed)
        rows.append(chosen(at_target.rows(evidence, set_thresholds(evidence)), **key)[0])
    for low, value, high in (("threshold_low", "threshold", "threshold_high"), ("low", "rate", "high")):
        spread = np.std([row[value] for row in rows], ddof=1)
        half = np.mean([row[high] - row[low] for row in rows]) / 2
        assert 0.6 < half / (1.96 * spread) < 1.7, value


def test_rates_at_drawn_thresholds_equal_the_plain_sum() -> None:
    rng = np.random.default_rng(3)
    draws = double_or_nothing_draws(9, 40, rng)
    i, j = (np.array(side) for side in zip(*combinations(range(9), 2), strict=True))
    scores = rng.normal(0, 1, len(i)).astype(np.float32)
    thresholds = rng.normal(0, 1, 40)
    w = draws.weights.astype(np.int64)
    trials = np.array([(w[i, b] * w[j, b]).sum() for b in range(40)], dtype=float)
    wanted = [
        (w[i, b] * w[j, b])[scores.astype(np.float64) >= thresholds[b]].sum() / trials[b] if trials[b] else np.nan
        for b in range(40)
    ]
    found = fmr_at_draws(draws, i, j, scores, trials, thresholds, -np.inf)
    np.testing.assert_allclose(found, wanted)
    below = fmr_at_draws(draws, i, j, scores, trials, thresholds, 0.5)
    np.testing.assert_array_equal(np.isnan(below), (thresholds < 0.5) | np.isnan(wanted))


def test_policies_move_errors_from_one_to_the_other(made) -> None:
    rows = chosen(made["policies"], grouping="colour", target=0.005)
    by_policy = {row["policy"]: [one for one in rows if one["policy"] == row["policy"]] for row in rows}
    assert set(by_policy) == {"pooled", "set by red", "set by green", "worst group", "each group its own"}
    for policy, groups in by_policy.items():
        assert sum(row["share_of_people"] for row in groups) == pytest.approx(1)
        assert sum(row["share_of_false_matches"] for row in groups) == pytest.approx(1)
        if policy in ("worst group", "each group its own"):
            assert all(row["fmr"] <= 0.005 for row in groups)
    pooled, worst = ({row["group"]: row for row in by_policy[name]} for name in ("pooled", "worst group"))
    assert pooled["red"]["fmr"] > 0.005
    assert worst["green"]["fnmr"] >= pooled["green"]["fnmr"]
    assert worst["green"]["threshold"] > pooled["green"]["threshold"]
    rate = chosen(made["rates"], metric="FNMR", grouping="colour", group="red", failures="counted")
    at = chosen(rate, threshold_name="FMR 0.005")[0]
    assert (pooled["red"]["fnmr"], pooled["red"]["fnmr_high"]) == (at["rate"], at["high"])
    assert pooled["red"]["wrongly_refused_per_10000"] == pytest.approx(1e4 * at["rate"])


def test_marginals_and_shrunken_cells(made) -> None:
    marginal = chosen(made["marginals"], metric="FMR", grouping="colour, size", threshold_name="FMR 0.02")
    by_measure = {row["measure"]: row for row in marginal}
    assert set(by_measure) == {"same group / anyone", "colour: red / green", "size: small / big"}
    assert by_measure["colour: red / green"]["low"] > 1
    assert by_measure["size: small / big"]["low"] < 1 < by_measure["size: small / big"]["high"]
    for row in made["shrunken"]:
        if row["own_weight"] < 0.05:
            assert row["low"] is None and row["note"].startswith("the groups were not seen to differ beyond chance")
        else:
            assert row["low"] <= row["shrunken"] <= row["high"]
        assert 0 <= row["own_weight"] <= 1
    cells = chosen(made["shrunken"], metric="FMR", grouping="colour, size", threshold_name="FMR 0.02")
    raw, shrunken = ([row[name] for row in cells] for name in ("rate", "shrunken"))
    assert max(shrunken) - min(shrunken) < max(raw) - min(raw)


def test_the_same_evidence_gives_the_same_tables() -> None:
    assert build(evidence_of(40)) == build(evidence_of(40))


def test_small_groups_are_blanked_everywhere() -> None:
    evidence = evidence_of(30, min_subjects=12, suppress_below=11)
    shown = build(replace(evidence, study=evidence.study.model_copy(update={"statistics": Statistics(draws=200)})))
    hidden = build(evidence)
    for name, table in hidden.items():
        for row in table.rows:
            if row.get("group") == "red" and row.get("grouping") == "colour":
                assert "note" in table.columns
                assert row["note"] == "suppressed: fewer than 11 people"
                assert not {"errors", "rate", "trials", "subjects", "low", "fmr"} & set(row), name
            assert not any("10 people" in str(value) for value in row.values()), (name, row)
    assert len(hidden["rates"].rows) == len(shown["rates"].rows)
    assert not [row for row in hidden["distributions"].rows if row["group"] == "red"]
    assert not [row for row in hidden["policies"].rows if row["policy"] == "set by red" and "fmr" in row]
    nothing = [{"group": "red", "grouping": "colour"}]
    none = replace(evidence, study=evidence.study.model_copy(update={"statistics": Statistics()}))
    assert list(suppressed(none, ("group",), nothing)) == nothing


def test_summaries_cannot_rest_on_suppressed_groups() -> None:
    with pytest.raises(ValueError, match="suppress_below: 20 is above min_subjects 10"):
        Statistics(suppress_below=20)


def test_nobody_is_dropped_where_people_have_no_label() -> None:
    evidence = evidence_of(60)
    colour = np.where(evidence.samples.groups["size"] == "big", evidence.samples.groups["colour"], "unknown")
    samples = replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour})
    assert isinstance(samples, Samples)
    rows = build(replace(evidence, samples=samples))["versus_rest"].rows
    unlabelled = chosen(rows, grouping="colour", group="unknown")
    assert all(row["note"] == "left out: no label" for row in unlabelled)


def test_draws_beyond_the_kept_scores_count_at_their_end() -> None:
    values = np.arange(100.0)
    assert workbench.ends_of(values, 0.95, -np.inf) == (2.0, 97.0)
    few, many = values.copy(), values.copy()
    few[:2], many[:3] = np.nan, np.nan
    assert workbench.ends_of(few, 0.95, -np.inf) == (2.0, 97.0)
    assert workbench.ends_of(many, 0.95, -np.inf) is None
