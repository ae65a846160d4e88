"""Tables of two models on the same people, of one test over all groups, of MAPE and the area under the FDR."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from facegap import count
from facegap.errors import InputError
from facegap.estimate.bootstrap import fmr_draws, percentiles
from facegap.estimate.discordant import mcnemar_p, swap_p
from facegap.estimate.measures import fdr
from facegap.estimate.multiplicity import holm
from facegap.evidence import Evidence
from facegap.tables import between_models, homogeneity, set_thresholds, target_measures
from facegap.tables.build import TABLES
from facegap.tables.suppress import suppressed
from facegap.tables.workbench import people_draws
from made_evidence import chosen, evidence_of


def two_models(people: int = 90, worse: float = 0.7, **more: object) -> Evidence:
    """Models m and n on the same samples: n's mated scores are m's less `worse`, with noise; its tail is its own."""
    one, other = evidence_of(people, **more), evidence_of(people, seed=9)
    m, n = one.comparisons["m", "clean"], other.comparisons["m", "clean"]
    noise = np.random.default_rng(2).normal(0, 0.4, len(m.mated)).astype(np.float32)
    mated = replace(m.mated, score=np.where(np.arange(len(m.mated)) % 50 == 7, np.nan, m.mated.score - worse + noise))
    second = replace(n, model="n", mated=replace(mated, score=mated.score.astype(np.float32)))
    models = [{"card": "m", "detector": "d"}, {"card": "n", "detector": "d"}]
    study = type(one.study).model_validate({**one.study.model_dump(), "models": models}, strict=False)
    return replace(one, study=study, comparisons={**one.comparisons, ("n", "clean"): second})


@pytest.fixture(scope="module")
def two() -> Evidence:
    return two_models()


@pytest.fixture(scope="module")
def between(two: Evidence) -> list[dict[str, object]]:
    return list(between_models.rows(two, set_thresholds(two)))


def errors_of(evidence: Evidence, model: str, row: dict[str, object], metric: str) -> dict[tuple[int, int], bool]:
    """Comparison -> whether it errs, of the row's group, by a loop over comparisons."""
    comparisons = evidence.comparisons[model, "clean"]
    columns = tuple(str(row["grouping"]).split(", ")) if row["grouping"] else ()
    group = evidence.samples.grouping(columns)
    threshold = row["threshold" if model == "m" else "other_threshold"]
    if metric == "FNMR":
        pairs = zip(comparisons.mated.reference, comparisons.mated.probe, comparisons.mated.score, strict=True)
        return {(a, b): not score >= threshold for a, b, score in pairs if group[b] == row["group"]}
    tail = zip(comparisons.tail.reference, comparisons.tail.probe, comparisons.tail.score, strict=True)
    matched = {(a, b) for a, b, score in tail if score >= threshold}
    subject, n = evidence.samples.subjects, len(group)
    within = [
        (a, b) for a, b in combinations(range(n), 2)
        if subject[a] != subject[b] and group[a] == group[b] == row["group"]
    ]  # fmt: skip
    return {pair: pair in matched for pair in within}


@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_discordant_comparisons_are_those_of_a_loop(two: Evidence, between, metric: str) -> None:
    for row in chosen(between, metric=metric, threshold_name="FMR 0.02"):
        first, second = (errors_of(two, model, row, metric) for model in ("m", "n"))
        assert list(first) == list(second)
        assert row["comparisons"] == len(first)
        assert row["only_model"] == sum(first[k] and not second[k] for k in first)
        assert row["only_other"] == sum(second[k] and not first[k] for k in first)
        assert row["difference"] == pytest.approx((sum(first.values()) - sum(second.values())) / len(first))
        assert row["difference"] == pytest.approx(row["rate"] - row["other_rate"])
        assert row["p_mcnemar"] == mcnemar_p(row["only_model"], row["only_other"])
        assert row["low"] <= row["difference"] <= row["high"]


def test_p_by_person_of_mated_comparisons(two: Evidence, between) -> None:
    row = chosen(between, metric="FNMR", grouping="colour", group="red", threshold_name="FMR 0.005")[0]
    first, second = (errors_of(two, model, row, "FNMR") for model in ("m", "n"))
    totals: dict[str, int] = {}
    for a, b in first:
        name = str(two.samples.subjects[b])
        totals[name] = totals.get(name, 0) + int(first[a, b]) - int(second[a, b])
    assert row["p"] == swap_p(np.array(list(totals.values())))
    assert row["verdict"] == "differs"
    assert row["difference"] < 0


def test_drawn_differences_are_the_difference_of_the_drawn_rates(two: Evidence, between) -> None:
    """The fast path draws the discordant comparisons alone; the slow one draws both rates."""
    row = chosen(between, metric="FMR", grouping="colour", group="green", threshold_name="FMR 0.02")[0]
    drawn = []
    for model, threshold in (("m", row["threshold"]), ("n", row["other_threshold"])):
        sides = count.pair_errors(two.comparisons[model, "clean"], two.samples, ("colour",), threshold)
        side = next(one for one in sides if one.group == "green")
        people = people_draws(two)
        drawn.append(fmr_draws(people, side.i, side.j, side.errors, side.references, side.probes, side.once))
    low, high = percentiles(drawn[0] - drawn[1], two.study.statistics.level)
    assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_holm_is_over_the_groups_that_enter(two: Evidence, between) -> None:
    rows = chosen(between, metric="FNMR", grouping="colour, size", threshold_name="FMR 0.02")
    assert [row["p_holm"] for row in rows] == holm([row["p"] for row in rows])
    few = two_models(min_subjects=40)
    rows = chosen(between_models.rows(few, set_thresholds(few)), grouping="colour", metric="FMR")
    assert all((row["verdict"] == "") == (row["group"] == "red") for row in rows)  # 30 red people of 90


def test_one_model_has_nothing_to_compare_with() -> None:
    alone = evidence_of(60)
    assert list(between_models.rows(alone, set_thresholds(alone))) == []


def test_a_model_against_itself_shows_nothing(two: Evidence) -> None:
    same = replace(two.comparisons["m", "clean"], model="n")
    evidence = replace(two, comparisons={("m", "clean"): two.comparisons["m", "clean"], ("n", "clean"): same})
    for row in between_models.rows(evidence, set_thresholds(evidence)):
        assert (row["difference"], row["only_model"], row["only_other"], row["p"]) == (0, 0, 0, 1)
        assert row["low"] is None
        assert row["note"] == "the models agree on every comparison: an interval would say nothing"
        assert row["verdict"] == "not shown to differ"


def test_few_disagreements_have_no_interval(two: Evidence) -> None:
    mine = two.comparisons["m", "clean"]
    score = mine.mated.score.copy()
    score[:3] = np.nan
    theirs = replace(mine, model="n", mated=replace(mine.mated, score=score))
    evidence = replace(two, comparisons={("m", "clean"): mine, ("n", "clean"): theirs})
    row = chosen(between_models.rows(evidence, set_thresholds(evidence)), metric="FNMR", grouping="")[0]
    assert 0 < row["only_other"] <= 3
    assert row["low"] is None
    assert "too few for an interval" in row["note"]


def test_models_of_other_comparisons_are_refused(two: Evidence) -> None:
    theirs = two.comparisons["n", "clean"]
    mated = replace(theirs.mated, probe=theirs.mated.probe[::-1])
    evidence = replace(two, comparisons={**two.comparisons, ("n", "clean"): replace(theirs, mated=mated)})
    with pytest.raises(InputError, match="m and n under clean were not compared on the same comparisons"):
        list(between_models.rows(evidence, set_thresholds(evidence)))


def test_a_suppressed_group_keeps_both_names_and_no_number(two: Evidence) -> None:
    evidence = two_models(suppress_below=40, min_subjects=40)
    rows = list(suppressed(evidence, between_models.COLUMNS, between_models.rows(evidence, set_thresholds(evidence))))
    red = chosen(rows, group="red", grouping="colour")[0]
    assert (red["model"], red["other_model"]) == ("m", "n")
    assert "rate" not in red
    assert "only_model" not in red


@pytest.fixture(scope="module")
def tested() -> list[dict[str, object]]:
    evidence = evidence_of(shift=1.0)
    return list(homogeneity.rows(evidence, set_thresholds(evidence)))


def test_a_group_that_differs_is_found_by_both_tests(tested) -> None:
    row = chosen(tested, metric="FMR", grouping="colour", threshold_name="FMR 0.02")[0]
    assert row["p_permutation"] == 1 / 1000
    assert row["p_chi_square"] < 1e-3
    assert (row["people"], row["people_left_out"], row["groups"]) == (120, 0, 2)
    assert "strangers of one label" in row["note"]
    other = chosen(tested, metric="FNMR", grouping="colour", threshold_name="FMR 0.02")[0]
    assert other["p_permutation"] > 0.05


def test_counts_of_the_permutation_are_those_of_the_rates(tested) -> None:
    evidence = evidence_of(shift=1.0)
    found = evidence.comparisons["m", "clean"]
    for row in chosen(tested, grouping="colour, size"):
        find = count.fmr_counts if row["metric"] == "FMR" else count.fnmr_counts
        counts = find(found, evidence.samples, ("colour", "size"), row["threshold"])
        assert row["errors"] == sum(c.errors for c in counts)
        assert row["trials"] == sum(c.trials for c in counts)


def test_people_of_several_labels_or_none_are_left_out_and_counted() -> None:
    evidence = evidence_of(60)
    colour = evidence.samples.groups["colour"].astype("U9")
    subject = evidence.samples.subjects
    colour[subject == "p001"] = "unknown"
    colour[np.flatnonzero(subject == "p002")[0]] = "red"  # the others of this person are green
    samples = replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour})
    evidence = replace(evidence, samples=samples)
    row = chosen(homogeneity.rows(evidence, set_thresholds(evidence)), metric="FNMR", grouping="colour")[0]
    assert (row["people"], row["people_left_out"]) == (58, 2)
    assert row["left_out"] == "unknown: no label"
    assert row["trials"] == 58 * 3


def test_without_errors_or_groups_there_is_no_p() -> None:
    evidence = evidence_of(60, min_subjects=30)
    rows = list(homogeneity.rows(evidence, set_thresholds(evidence)))
    alone = chosen(rows, grouping="colour")[0]
    assert alone["note"] == "fewer than two groups"
    assert "p_permutation" not in alone
    evidence = evidence_of(60)
    mated = evidence.comparisons["m", "clean"].mated
    perfect = replace(evidence.comparisons["m", "clean"], mated=replace(mated, score=np.full_like(mated.score, 99)))
    evidence = replace(evidence, comparisons={("m", "clean"): perfect})
    row = chosen(homogeneity.rows(evidence, set_thresholds(evidence)), metric="FNMR", grouping="colour")[0]
    assert (row["note"], row["errors"], row["p_chi_square"]) == ("no errors", 0, None)
    colour = np.where(np.arange(len(evidence.samples)) % 3 == 0, "red", "green")
    both = replace(evidence, samples=replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour}))
    row = chosen(homogeneity.rows(both, set_thresholds(both)), metric="FMR", grouping="colour")[0]
    assert row["people"] == 0
    assert row["note"].startswith("fewer than two groups of people with one label")


def test_equal_groups_are_called_unequal_as_often_as_the_level_says() -> None:
    """Labels without any effect, people with their own scores: p-values are spread evenly."""
    found: dict[str, list[float]] = {"FMR": [], "FNMR": []}
    for seed in range(40):
        evidence = evidence_of(60, seed=seed)
        for row in homogeneity.rows(evidence, set_thresholds(evidence)):
            if row["grouping"] == "colour" and row["threshold_name"] == "FMR 0.02":
                found[row["metric"]].append(row["p_permutation"])
    for values in found.values():
        assert sum(p <= 0.1 for p in values) <= 9  # 4 expected; more than 9 has a chance of 0.5 %
        assert 0.3 < np.mean(values) < 0.7


@pytest.fixture(scope="module")
def aimed() -> tuple[Evidence, list[dict[str, object]]]:
    evidence = evidence_of(shift=1.0)
    return evidence, list(target_measures.rows(evidence, set_thresholds(evidence)))


def test_mape_of_the_rates_by_hand(aimed) -> None:
    evidence, rows = aimed
    for row in chosen(rows, measure="MAPE", threshold_name="FMR 0.02"):
        columns = tuple(row["grouping"].split(", "))
        threshold = next(t.value for t in set_thresholds(evidence) if t.name == "FMR 0.02")
        counts = count.fmr_counts(evidence.comparisons["m", "clean"], evidence.samples, columns, threshold)
        expected = sum(abs(c.errors / c.trials - 0.02) / 0.02 for c in counts) / len(counts) * 100
        assert row["value"] == pytest.approx(expected)
        assert row["low"] <= row["value"] <= row["high"]
        assert row["value"] > row["null_high"]  # red strangers score higher: not by chance alone


def test_mape_of_equal_groups_lies_in_its_null_band() -> None:
    evidence = evidence_of(240, each=2)
    row = chosen(target_measures.rows(evidence, set_thresholds(evidence)), measure="MAPE", grouping="colour")[0]
    assert row["null_low"] <= row["value"] <= row["null_high"]


def test_mape_with_few_errors_has_no_interval() -> None:
    evidence = evidence_of(40)
    rows = chosen(target_measures.rows(evidence, set_thresholds(evidence)), measure="MAPE", threshold_name="FMR 0.005")
    few = [row for row in rows if row["low"] is None]
    assert few
    assert all("fewer than 5 errors in a group" in row["note"] for row in few)


def test_thresholds_without_a_target_have_no_mape(aimed) -> None:
    evidence, rows = aimed
    assert {row["threshold_name"] for row in chosen(rows, measure="MAPE")} == {"FMR 0.02", "FMR 0.005"}
    vendor = replace(evidence, vendor={"m": 2.5})
    with_vendor = chosen(target_measures.rows(vendor, set_thresholds(vendor)), measure="MAPE")
    assert {row["threshold_name"] for row in with_vendor} == {"FMR 0.02", "FMR 0.005"}


def test_area_under_fdr_is_that_of_the_slow_path(aimed) -> None:
    evidence, rows = aimed
    comparisons = evidence.comparisons["m", "clean"]
    grid = target_measures.reached(evidence, comparisons)
    values = []
    for threshold in grid.thresholds:
        fmr, fnmr = (
            np.array([c.errors / c.trials for c in find(comparisons, evidence.samples, ("colour",), float(threshold))])
            for find in (count.fmr_counts, count.fnmr_counts)
        )
        values.append(float(fdr(fmr, fnmr, 0.5)))
    expected = np.trapezoid(values, grid.log_fmr) / (grid.log_fmr[-1] - grid.log_fmr[0])
    (row,) = chosen(rows, measure="area under FDR", grouping="colour")
    assert row["value"] == pytest.approx(expected, rel=1e-12)
    assert 0.5 < row["value"] < 1
    assert row["points"] == len(grid.log_fmr)


def test_the_grid_ends_where_the_comparisons_do(aimed) -> None:
    """63,000 pairs of strangers resolve 1e-4.7; a tenth of them is kept, which reaches just below 1e-1."""
    evidence, rows = aimed
    (row,) = chosen(rows, measure="area under FDR", grouping="colour")
    total = 360 * 359 // 2 - 120 * 3
    assert row["fmr_from"] == pytest.approx(10 ** (np.ceil(-10 * np.log10(total)) / 10))
    assert 10**-1.2 < row["fmr_to"] < 10**-0.99
    comparisons = evidence.comparisons["m", "clean"]
    higher = replace(comparisons, floor=float(np.quantile(comparisons.tail.score, 0.9)))
    short = target_measures.reached(evidence, higher)
    assert short.thresholds.min() >= higher.floor
    assert len(short.log_fmr) < row["points"]
    none = replace(evidence, comparisons={("m", "clean"): replace(comparisons, floor=1e9)})
    assert len(target_measures.reached(none, none.comparisons["m", "clean"]).log_fmr) == 0


def test_fewer_than_two_groups_have_neither() -> None:
    evidence = evidence_of(60, min_subjects=30)
    for row in chosen(target_measures.rows(evidence, set_thresholds(evidence)), grouping="colour"):
        assert row["note"] == "fewer than two groups"
        assert "value" not in row


def test_every_row_has_no_other_columns_than_its_table(two: Evidence) -> None:
    thresholds = set_thresholds(two)
    for name in ("between_models", "homogeneity", "target_measures"):
        spec = TABLES[name]
        rows = list(spec.rows(two, thresholds))
        assert rows
        assert all(set(row) <= set(spec.columns) for row in rows)
