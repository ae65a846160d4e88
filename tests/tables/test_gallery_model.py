"""The FMR-matrix model in the tables: the published case, mixes, measured beside modelled, alarms a day."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facegap import count
from facegap.cards.study import Identification
from facegap.errors import InputError
from facegap.evidence import Evidence
from facegap.records import ErrorCounts, Estimate, ScoredPairs, Searches
from facegap.tables import Workbench
from facegap.tables.gallery_model import _rows, people_enrolled, rows
from facegap.tables.workbench import at_target_fpirs
from made_evidence import chosen, evidence_of

R15 = json.loads((Path(__file__).parents[1] / "reference" / "R15_fpir_model.json").read_text(encoding="utf-8"))


def with_searches(evidence: Evidence, **rule: Any) -> Evidence:
    """Every sample's highest score against 40 enrolled strangers of the made comparisons' kind."""
    n = len(evidence.samples)
    rng = np.random.default_rng(8)
    top = rng.normal(0, 1.2, (n, 40)).max(axis=1).astype(np.float32)
    none = np.zeros(n, np.int64)
    searches = Searches(
        model="m",
        condition="clean",
        protocol="open",
        probe=np.arange(n),
        mated=np.zeros(n, bool),
        completed=np.ones(n, bool),
        mate_score=np.full(n, np.nan, np.float32),
        mate_rank=none,
        mate_rank_optimistic=none,
        top_nonmate=top,
        gallery_size=40,
        gallery_failed=0,
    )
    study = evidence.study.model_copy(update={"identification": Identification(**rule)})
    return replace(evidence, study=study, searches={("m", "clean", "open"): searches})


def fmr(rate: float) -> Estimate:
    counts = ErrorCounts(
        metric="FMR",
        model="m",
        condition="clean",
        grouping="g",
        group="a",
        threshold=0.5,
        errors=10,
        completed=1000,
        failed=0,
        subjects=100,
    )
    return Estimate(counts=counts, value=rate, low=rate / 2, high=rate * 2, method="", level=0.95)


KEY = {"model": "m", "condition": "clean", "grouping": "g", "threshold_name": "FMR 0.001", "mix": "as in this run"}


def test_the_published_case() -> None:
    """R15: with one matrix of FMRs a group has 18, 94 or 2.3 times the other's false alarms, by the gallery's mix."""
    matrix = {d: {e: fmr(R15["FMR_matrix"][d + e]) for e in "AB"} for d in "AB"}
    for case in R15["mixed"]:
        gallery = people_enrolled(case["N"], {"A": case["share_A"], "B": case["share_B"]})
        found = {row.group: row.fpir_model for row in _rows(KEY, matrix, gallery, {"A": 0.5, "B": 0.5}, 1000, {})}
        assert found["A"] == pytest.approx(case["FPIR_A"], rel=1e-6)
        assert found["B"] / found["A"] == pytest.approx(case["ratio_B_over_A"], rel=1e-6)


def test_galleries_add_up() -> None:
    for size in (1, 7, 1000, 99999):
        found = people_enrolled(size, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})
        assert sum(found.values()) == size
        assert max(found.values()) - min(found.values()) <= 1


def test_sizes_mixes_and_alarms() -> None:
    evidence = with_searches(
        evidence_of(shift=1.0),
        gallery_sizes=(500,),
        gallery_mix={"red": 3, "green": 1},
        searches_per_day=200,
        search_mix={"red": 1.0},
    )
    found = list(rows(Workbench(evidence)))
    at = [row for row in chosen(found, threshold_name="FMR 0.005") if row.gallery_size == 500]
    by_mix = {row.mix: row for row in chosen(at, group="red")}
    assert set(by_mix) == {"as in this run", "groups of equal size", "as stated in the study", "90 % red", "90 % green"}
    assert by_mix["90 % red"].fpir_model > by_mix["as stated in the study"].fpir_model
    assert by_mix["as stated in the study"].fpir_model > by_mix["90 % green"].fpir_model
    for row in by_mix.values():
        assert row.fpir_model_low <= row.fpir_model <= row.fpir_model_high
        assert row.fpir_model <= row.selectivity
        assert row.false_alarms_per_day == pytest.approx(200 * row.fpir_model)
    everyone = chosen(at, group="everyone", mix="90 % red")[0]
    assert everyone.fpir_model == pytest.approx(by_mix["90 % red"].fpir_model)


def test_measured_stands_beside_modelled_where_it_was_measured() -> None:
    evidence = with_searches(evidence_of())
    found = list(rows(Workbench(evidence)))
    seen = [row for row in found if row.fpir_measured is not None]
    assert {(row.gallery_size, row.mix) for row in seen} == {(40, "as in this run")}
    assert {row.group for row in seen} == {"red", "green", "everyone"}


def test_the_thresholds_of_searches_are_modelled_where_the_kept_comparisons_reach_down_to_them() -> None:
    evidence = with_searches(evidence_of(60), fpir=(0.3, 0.02), gallery_sizes=(40,))
    comparisons, searches = evidence.comparisons["m", "clean"], evidence.searches["m", "clean", "open"]
    found = list(rows(Workbench(evidence)))
    for point in at_target_fpirs(evidence, searches):
        # By brute force: the share of the searches whose best stranger is at the threshold or above it.
        alarms = np.mean(searches.top_nonmate.astype(np.float64) >= point.value)
        assert (point.realised, point.false_matches) == (pytest.approx(alarms), round(alarms * len(searches.probe)))
        assert alarms <= point.target
        of = chosen(found, threshold_name=point.name, mix="as in this run", group="everyone")
        assert [row.threshold for row in of] == [point.value]
        assert of[0].fpir_measured == pytest.approx(alarms)
        assert of[0].model_less_measured == of[0].fpir_model - of[0].fpir_measured
        cells = count.cross_fmr_counts(comparisons, evidence.samples, ("colour",), point.value, "excluded")
        rate = {(c.probe_group, c.group): c.errors / c.trials for c in cells}
        gallery = people_enrolled(40, {"green": 2 / 3, "red": 1 / 3})
        by_hand = 1 - np.prod([(1 - rate["red", e]) ** n for e, n in gallery.items()])
        red = chosen(found, threshold_name=point.name, mix="as in this run", group="red")[0]
        assert red.fpir_model == pytest.approx(by_hand)
    floor = Workbench(evidence).thresholds[0].value - 0.01
    kept = comparisons.tail.score >= floor
    tail = ScoredPairs(*(side[kept] for side in vars(comparisons.tail).values()))
    cut = {("m", "clean"): replace(comparisons, tail=tail, floor=floor)}
    low = replace(with_searches(evidence, fpir=(0.9,), gallery_sizes=(40,)), comparisons=cut)
    assert at_target_fpirs(low, low.searches["m", "clean", "open"])[0].value < floor
    left = chosen(list(rows(Workbench(low))), threshold_name="FPIR 0.9")
    assert [row.group for row in left] == ["green", "red", "everyone"]
    assert all(row.note.startswith("not modelled: non-mated comparisons are kept from a score of") for row in left)
    assert all(row.fpir_model is None for row in left) and all(row.fpir_measured > 0.5 for row in left)


def test_a_stated_mix_of_searches_is_not_laid_beside_another_one() -> None:
    evidence = with_searches(evidence_of(60), search_mix={"red": 1.0}, gallery_sizes=(40,))
    seen = [row for row in rows(Workbench(evidence)) if row.fpir_measured is not None]
    assert {row.group for row in seen} == {"red", "green"}


def test_an_unknown_group_is_one_line() -> None:
    evidence = with_searches(evidence_of(30), search_mix={"blue": 1.0})
    with pytest.raises(InputError, match=r"identification.search_mix: no group 'blue' .* there: green, red"):
        list(rows(Workbench(evidence)))
