"""Two models on the same people: differences and discordant comparisons against loops."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from facegap import count
from facegap.errors import InputError
from facegap.estimate.bootstrap import fmr_draws, percentiles
from facegap.estimate.discordant import mcnemar_p, swap_p
from facegap.estimate.multiplicity import holm
from facegap.estimate.paired import turned, turned_interval
from facegap.evidence import Evidence
from facegap.schema import BetweenRow
from facegap.tables import Workbench, between_models
from facegap.tables.suppress import suppressed
from made import keys_of_several
from made_evidence import chosen, evidence_of


def two_models(people: int = 90, worse: float = 0.7, **more: Any) -> Evidence:
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
def between(two: Evidence) -> list[BetweenRow]:
    return list(between_models.rows(Workbench(two)))


def errors_of(evidence: Evidence, model: str, row: BetweenRow, metric: str) -> dict[tuple[int, int], bool]:
    """Comparison -> whether it errs, of the row's group, by a loop over comparisons."""
    comparisons = evidence.comparisons[model, "clean"]
    columns = tuple(row.grouping.split(", ")) if row.grouping else ()
    group = evidence.samples.grouping(columns)
    threshold = row.threshold if model == "m" else row.other_threshold
    if metric == "FNMR":
        pairs = zip(comparisons.mated.reference, comparisons.mated.probe, comparisons.mated.score, strict=True)
        return {(a, b): not score >= threshold for a, b, score in pairs if group[b] == row.group}
    tail = zip(comparisons.tail.reference, comparisons.tail.probe, comparisons.tail.score, strict=True)
    matched = {(a, b) for a, b, score in tail if score >= threshold}
    subject, n = evidence.samples.subjects, len(group)
    within = [
        (a, b) for a, b in combinations(range(n), 2)
        if subject[a] != subject[b] and group[a] == group[b] == row.group
    ]  # fmt: skip
    return {pair: pair in matched for pair in within}


@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_discordant_comparisons_are_those_of_a_loop(two: Evidence, between: list[BetweenRow], metric: str) -> None:
    for row in chosen(between, metric=metric, threshold_name="FMR 0.02"):
        first, second = (errors_of(two, model, row, metric) for model in ("m", "n"))
        assert list(first) == list(second)
        assert row.comparisons == len(first)
        assert row.only_model == sum(first[k] and not second[k] for k in first)
        assert row.only_other == sum(second[k] and not first[k] for k in first)
        assert row.difference == pytest.approx((sum(first.values()) - sum(second.values())) / len(first))
        assert row.difference == pytest.approx(row.rate - row.other_rate)
        assert row.p_mcnemar == mcnemar_p(row.only_model, row.only_other)
        assert row.low <= row.difference <= row.high


def test_keys_say_which_row_it_is(between: list[BetweenRow]) -> None:
    assert keys_of_several(BetweenRow, between) == []


def test_p_by_person_of_mated_comparisons(two: Evidence, between: list[BetweenRow]) -> None:
    row = chosen(between, metric="FNMR", grouping="colour", group="red", threshold_name="FMR 0.005")[0]
    first, second = (errors_of(two, model, row, "FNMR") for model in ("m", "n"))
    totals: dict[str, int] = {}
    for a, b in first:
        name = str(two.samples.subjects[b])
        totals[name] = totals.get(name, 0) + int(first[a, b]) - int(second[a, b])
    assert row.p == swap_p(np.array(list(totals.values())))
    assert row.verdict == "differs"
    assert row.difference < 0


def test_drawn_differences_are_the_difference_of_the_drawn_rates(two: Evidence, between: list[BetweenRow]) -> None:
    """The fast path draws the discordant comparisons alone; the slow one draws both rates."""
    row = chosen(between, metric="FMR", grouping="colour", group="green", threshold_name="FMR 0.02")[0]
    drawn = []
    for model, threshold in (("m", row.threshold), ("n", row.other_threshold)):
        sides = count.pair_errors(two.comparisons[model, "clean"], two.samples, ("colour",), threshold)
        side = next(one for one in sides if one.group == "green")
        people = Workbench(two).people_draws
        drawn.append(fmr_draws(people, side.i, side.j, side.errors, side.compared))
    low, high = percentiles(drawn[0] - drawn[1], two.study.statistics.level)
    assert (row.low, row.high) == pytest.approx((low, high))


def test_holm_is_over_the_groups_that_enter(two: Evidence, between: list[BetweenRow]) -> None:
    rows = chosen(between, metric="FNMR", grouping="colour, size", threshold_name="FMR 0.02")
    assert [row.p_holm for row in rows] == holm([row.p for row in rows])
    few = two_models(min_subjects=40)
    rows = chosen(between_models.rows(Workbench(few)), grouping="colour", metric="FMR")
    assert all((row.verdict == "") == (row.group == "red") for row in rows)  # 30 red people of 90


def test_one_model_has_nothing_to_compare_with() -> None:
    alone = evidence_of(60)
    assert list(between_models.rows(Workbench(alone))) == []


def test_a_model_against_itself_shows_nothing(two: Evidence) -> None:
    same = replace(two.comparisons["m", "clean"], model="n")
    evidence = replace(two, comparisons={("m", "clean"): two.comparisons["m", "clean"], ("n", "clean"): same})
    for row in between_models.rows(Workbench(evidence)):
        assert (row.difference, row.only_model, row.only_other, row.p) == (0, 0, 0, 1)
        assert row.low is None
        assert row.note == "the models agree on every comparison: an interval would say nothing"
        assert row.verdict == "not shown to differ"


def test_few_disagreements_have_tango_s_interval(two: Evidence) -> None:
    """At the effective comparisons by person, as in paired.csv; zero is inside, as three people say little."""
    mine = two.comparisons["m", "clean"]
    score = mine.mated.score.copy()
    score[:3] = np.nan
    theirs = replace(mine, model="n", mated=replace(mine.mated, score=score))
    evidence = replace(two, comparisons={("m", "clean"): mine, ("n", "clean"): theirs})
    row = chosen(between_models.rows(Workbench(evidence)), metric="FNMR", grouping="")[0]
    assert 0 < row.only_other <= 3
    mated = evidence.comparisons["m", "clean"].mated
    errors = [~(one.mated.score >= row.threshold) for one in (mine, theirs)]
    person = evidence.samples.people()[mated.probe]
    wanted = turned(person, errors[0].astype(float) - errors[1].astype(float))
    assert wanted is not None
    assert (row.low, row.high) == pytest.approx(turned_interval(wanted, 0.95))
    assert row.low is not None and row.high is not None and row.low < row.difference < 0 < row.high


def test_models_of_other_comparisons_are_refused(two: Evidence) -> None:
    theirs = two.comparisons["n", "clean"]
    mated = replace(theirs.mated, probe=theirs.mated.probe[::-1])
    evidence = replace(two, comparisons={**two.comparisons, ("n", "clean"): replace(theirs, mated=mated)})
    with pytest.raises(InputError, match="m and n under clean were not compared on the same comparisons"):
        list(between_models.rows(Workbench(evidence)))


def test_a_suppressed_group_keeps_both_names_and_no_number(two: Evidence) -> None:
    evidence = two_models(suppress_below=40, min_subjects=40)
    rows = list(suppressed(evidence, BetweenRow, between_models.rows(Workbench(evidence))))
    red = chosen(rows, group="red", grouping="colour")[0]
    assert (red.model, red.other_model) == ("m", "n")
    assert red.rate is None
    assert red.only_model is None
