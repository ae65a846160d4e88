"""Rates of searches at thresholds that the run set: their intervals against draws written out, search by search."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from facegap import count, estimate
from facegap.cards.study import Identification
from facegap.evidence import Evidence
from facegap.records import Searches, Threshold
from facegap.schema import GalleryRow, IdentificationRow
from facegap.tables import Workbench, gallery_model, identification
from facegap.tables.search_intervals import drawn_point, threshold_ends
from made_evidence import chosen, evidence_of, searched_evidence


def with_gallery(fpir: float = 0.05, people: int = 120) -> Evidence:
    """Searches of the made comparisons themselves: every other person enrolled with the first of three pictures."""
    evidence = evidence_of(people, shift=1.0)
    compared, n = evidence.comparisons["m", "clean"], len(evidence.samples)
    person, first = np.arange(n) // 3, np.arange(n) % 3 == 0
    enrolled = first & (person % 2 == 0)
    probe = np.flatnonzero(~first)
    top, mate = np.full(n, compared.floor - 1, np.float32), np.full(n, np.nan, np.float32)
    for pairs, best in ((compared.tail, top), (compared.mated, mate)):
        for a, b, score in zip(pairs.reference, pairs.probe, pairs.score, strict=True):
            for one, other in ((a, b), (b, a)):
                if enrolled[other]:
                    best[one] = max(score, best[one]) if best[one] == best[one] else score
    mated = person[probe] % 2 == 0
    rank = np.where(mated, 1 + (top[probe] >= mate[probe]), 0)
    searches = Searches(
        model="m",
        condition="clean",
        protocol="open",
        probe=probe,
        mated=mated,
        completed=np.ones(len(probe), bool),
        mate_score=np.where(mated, mate[probe], np.nan).astype(np.float32),
        mate_rank=rank,
        mate_rank_optimistic=rank,
        top_nonmate=top[probe],
        gallery_size=people // 2,
        gallery_failed=0,
    )
    rule = Identification(fpir=(fpir,), gallery_sizes=(people // 2,))
    study = evidence.study.model_copy(update={"identification": rule})
    return replace(evidence, study=study, searches={("m", "clean", "open"): searches})


def returned_by_hand(evidence: Evidence, searches: Searches) -> dict[int, int]:
    """Search -> the enrolled person who gave its highest score."""
    compared = evidence.comparisons["m", "clean"]
    person = evidence.samples.people()
    found = {}
    for k in np.flatnonzero(~searches.mated):
        for t in np.flatnonzero(compared.tail.score == searches.top_nonmate[k]):
            for one, other in itertools.permutations((compared.tail.reference[t], compared.tail.probe[t])):
                if one == searches.probe[k] and person[other] % 2 == 0:
                    found[int(k)] = int(person[other])
    return found


def drawn_by_hand(
    evidence: Evidence, searches: Searches, target: float, gallery: bool
) -> tuple[list[float], dict[str, list[float]]]:
    """Thresholds of the draws, and the rates of everyone at them, each search written out."""
    weights = Workbench(evidence).people_draws.weights.astype(float)
    person = evidence.samples.people()[searches.probe]
    strangers = np.flatnonzero(~searches.mated)
    enrolled = np.unique(person[searches.mated])
    returned = returned_by_hand(evidence, searches) if gallery else {}
    thresholds: list[float] = []
    rates: dict[str, list[float]] = {"FNIR": [], "FPIR": []}
    for w in weights.T:
        of = {k: w[returned[k]] / w[enrolled].mean() if k in returned else 1.0 for k in strangers.tolist()}
        searched = sum(w[person[k]] for k in strangers)
        alarms, at = 0.0, float(np.nextafter(searches.top_nonmate[strangers].max(), np.float32(np.inf)))
        for k in strangers[np.argsort(-searches.top_nonmate[strangers])]:
            alarms += w[person[k]] * of[int(k)]
            if alarms / searched > target:
                break
            at = float(searches.top_nonmate[k])
        missed = searches.mated & ~(searches.mate_score.astype(float) >= at)
        flagged = sum(w[person[k]] * of[int(k)] for k in strangers if searches.top_nonmate[k] >= at)
        thresholds.append(at)
        rates["FNIR"].append(w[person[missed]].sum() / w[person[searches.mated]].sum())
        rates["FPIR"].append(flagged / searched)
    return thresholds, rates


def ends(values: list[float], level: float = 0.95) -> tuple[float, float]:
    ordered = sorted(values)
    k = int((1 - level) / 2 * len(ordered))
    return ordered[k], ordered[-1 - k]


def fixed(evidence: Evidence, searches: Searches, metric: str, at: float) -> tuple[float, float]:
    """The interval at the threshold as it stands."""
    (counts,) = (
        count.fnir_counts(searches, evidence.samples, (), None, at)
        if metric == "FNIR"
        else count.fpir_counts(searches, evidence.samples, (), at)
    )
    found = estimate.estimate(counts, 0.95)
    assert found.low is not None and found.high is not None
    return found.low, found.high


@pytest.mark.parametrize("gallery", [True, False], ids=["gallery drawn", "given the gallery"])
def test_intervals_are_those_of_draws_written_out(gallery: bool) -> None:
    evidence = with_gallery() if gallery else searched_evidence(shift=1.0)
    searches = evidence.searches["m", "clean", "open"]
    assert evidence.study.identification is not None
    (target,) = evidence.study.identification.fpir
    found = list(identification.rows(Workbench(evidence)))
    thresholds, rates = drawn_by_hand(evidence, searches, target, gallery)
    for metric in ("FNIR", "FPIR"):
        wanted = {"grouping": "", "failures": "counted", "threshold_name": f"FPIR {target:g}"}
        row = chosen(found, metric=metric, rank="N" if metric == "FNIR" else "", **wanted)[0]
        low, high = fixed(evidence, searches, metric, row.threshold)
        assert (row.threshold_low, row.threshold_high) == pytest.approx(ends(thresholds))
        assert row.low == pytest.approx(min(low, ends(rates[metric])[0]))
        assert row.high == pytest.approx(max(high, ends(rates[metric])[1]))
        assert ("searchers and gallery" in row.method) == gallery
        assert row.method.endswith("; given this gallery")
        if metric == "FNIR":
            assert row.high - row.low > high - low


def test_only_thresholds_that_the_run_set_have_an_interval_of_their_own() -> None:
    evidence = searched_evidence()
    given = (Threshold(name="given", model="m", value=4.0, policy="given in the study"),)
    rows = list(identification.rows(Workbench(replace(evidence, given=given))))
    for row in rows:
        own = row.threshold_name.startswith(("FMR", "FPIR"))
        assert (row.threshold_low is not None) == own
        assert ("threshold set again" in row.method) == own
        if row.rate is not None and row.low is not None:
            assert row.low <= row.rate <= row.high
        if own:
            assert row.threshold_low <= row.threshold <= row.threshold_high
    assert {row.threshold_name for row in rows} == {"FMR 0.02", "FMR 0.005", "FPIR 0.1", "given", "none"}


def test_a_target_that_the_searches_do_not_bound_leaves_the_rates_open() -> None:
    """Of 120 x 2 non-mated searches 1.2 may be false alarms: with other people the threshold may lie above them all."""
    evidence = searched_evidence()
    rule = Identification(fpir=(0.005, 0.01))
    study = evidence.study.model_copy(update={"identification": rule})
    rows = list(identification.rows(Workbench(replace(evidence, study=study))))
    for row in chosen(rows, threshold_name="FPIR 0.005"):
        assert row.threshold_high is None
        assert "240 searches do not bound the threshold of FPIR 0.005 from above" in row.note
        assert (row.high if row.metric == "FNIR" else row.low) == (1.0 if row.metric == "FNIR" else 0.0)
    for row in chosen(rows, threshold_name="FPIR 0.01"):
        assert row.threshold_high is not None
        assert "the threshold of FPIR 0.01 rests on 2 false alarms; 30 are needed to trust it" in row.note


def test_too_few_searchers_to_set_the_threshold_again() -> None:
    evidence = searched_evidence()
    searches = evidence.searches["m", "clean", "open"]
    kept = searches.mated | (np.arange(len(searches.mated)) < 8)
    fields = {
        name: getattr(searches, name)[kept]
        for name in ("probe", "mated", "completed", "mate_score", "mate_rank", "mate_rank_optimistic", "top_nonmate")
    }
    few = replace(evidence, searches={("m", "clean", "open"): replace(searches, **fields)})
    for row in chosen(identification.rows(Workbench(few)), threshold_name="FPIR 0.1", failures="counted", grouping=""):
        assert (row.low, row.high, row.method) == (0.0, 1.0, "threshold unknown")
        assert "in too many draws of people the threshold of FPIR 0.1 cannot be set again" in row.note


def test_a_group_of_few_searches_has_the_span_at_the_ends_of_the_threshold() -> None:
    """Of two people one draw in four holds none, so draws say nothing of their rate."""
    evidence = searched_evidence()
    searches = evidence.searches["m", "clean", "open"]
    two = evidence.samples.people() < 2
    groups = {**evidence.samples.groups, "colour": np.where(two, "blue", "green")}
    few = replace(evidence, samples=replace(evidence.samples, groups=groups))
    bench = Workbench(few)
    row = chosen(identification.rows(bench), metric="FNIR", rank="N", threshold_name="FPIR 0.1", group="blue")[0]
    point = next(p for p in bench.operating_points(searches) if p.name == "FPIR 0.1")
    drawn = drawn_point(bench, searches, point)
    assert drawn is not None
    reach = threshold_ends(drawn, 0.975)
    assert reach is not None
    found = []
    for at, level in ((row.threshold, 0.95), *((end, 0.975) for end in reach)):
        counts = count.fnir_counts(searches, few.samples, ("colour",), None, at)
        found.append(estimate.estimate(next(c for c in counts if c.group == "blue"), level))
    assert row.low == min(one.low for one in found) and row.high == max(one.high for one in found)


def test_scores_at_thresholds_say_what_the_counts_say() -> None:
    evidence = searched_evidence()
    opened = evidence.searches["m", "clean", "open"]
    lost = np.arange(len(opened.probe)) % 7 == 0
    failed = replace(
        opened,
        completed=~lost,
        mate_score=np.where(lost, np.float32(np.nan), opened.mate_score),
        top_nonmate=np.where(lost, np.float32(np.nan), opened.top_nonmate),
        mate_rank=np.where(lost, 0, opened.mate_rank),
    )
    for failures in ("counted", "excluded"):
        for at in (1.0, 2.5, 4.0):
            for rank in (None, 1):
                (counts,) = count.fnir_counts(failed, evidence.samples, (), rank, at, failures)
                _, scores = count.mate_scores(failed, rank, failures)
                assert (counts.errors, counts.trials) == (int((~(scores >= at)).sum()), len(scores))
            (counts,) = count.fpir_counts(failed, evidence.samples, (), at, failures)
            _, scores = count.alarm_scores(failed, failures)
            assert (counts.errors, counts.trials) == (int((scores >= at).sum()), len(scores))


def test_the_measured_fpir_of_a_gallery_carries_the_threshold_as_the_searches_table_does() -> None:
    evidence = with_gallery()
    bench = Workbench(evidence)
    searched = list(identification.rows(bench))
    rows = [row for row in gallery_model.rows(bench) if row.fpir_measured is not None]
    assert {row.threshold_name for row in rows} >= {"FPIR 0.05", "FMR 0.02"}
    for row in rows:
        key = {"metric": "FPIR", "failures": "excluded", "threshold_name": row.threshold_name, "group": row.group}
        of = chosen(searched, **key)[0]
        assert (row.fpir_measured_low, row.fpir_measured_high) == (of.low, of.high)


def test_modelled_fpir_reaches_to_the_ends_of_the_threshold() -> None:
    evidence = with_gallery()
    bench = Workbench(evidence)
    searches = evidence.searches["m", "clean", "open"]
    point = next(p for p in bench.operating_points(searches) if p.name == "FPIR 0.05")
    drawn = drawn_point(bench, searches, point)
    assert drawn is not None
    reach = threshold_ends(drawn, 0.95)
    assert reach is not None
    rows = chosen(gallery_model.rows(bench), threshold_name="FPIR 0.05", mix="as in this run", group="red")
    cells = {
        at: gallery_model._matrix(bench, evidence.comparisons["m", "clean"], ("colour",), at, {"red": 1, "green": 1})
        for at in reach
    }
    row: GalleryRow = rows[0]
    size = {"green": 40, "red": 20}
    lows = {group: float(cells[reach[1]]["red"][group].low or 0) for group in size}
    highs = {group: float(cells[reach[0]]["red"][group].high or 0) for group in size}
    assert row.fpir_model_low == pytest.approx(estimate_fpir(lows, size))
    assert row.fpir_model_high == pytest.approx(estimate_fpir(highs, size))


def estimate_fpir(rates: dict[str, float], size: dict[str, int]) -> float:
    passed: npt.NDArray[np.float64] = np.array([(1 - rates[group]) ** size[group] for group in size])
    return 1 - float(passed.prod())


def test_row_class_says_what_the_columns_are() -> None:
    row = chosen(identification.rows(Workbench(searched_evidence())), threshold_name="none")[0]
    assert isinstance(row, IdentificationRow) and row.threshold_low is None
