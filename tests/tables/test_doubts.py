"""Differences of false matches that are found and not stated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facegap.evidence import Evidence
from facegap.report import versus_reference as said_of_reference
from facegap.report import versus_rest as said_of_rest
from facegap.tables import Workbench, differentials, versus_reference, versus_rest
from facegap.tables.doubts import doubt
from made_evidence import chosen, evidence_of


def families(evidence: Evidence, first: int) -> Evidence:
    """Three families of three red people whose comparisons with one another all match."""
    person, found = evidence.samples.people(), evidence.comparisons["m", "clean"]
    family = np.where((person % 3 == 0) & (person < 27), person // 9, -1)
    tail = found.tail
    kin = (family[tail.reference] == family[tail.probe]) & (family[tail.probe] >= 0)
    a, b = np.nonzero(np.triu((family[:, None] == family[None]) & (family >= 0) & (person[:, None] != person[None]), 1))
    high = np.full(len(a), tail.score.max() + first, np.float32)
    tail = replace(
        tail,
        reference=np.concatenate([tail.reference[~kin], a]),
        probe=np.concatenate([tail.probe[~kin], b]),
        score=np.concatenate([tail.score[~kin], high]),
    )
    study = evidence.study.model_copy(update={"reference": {"colour": "green"}})
    return replace(evidence, study=study, comparisons={("m", "clean"): replace(found, tail=tail)})


def test_what_three_families_make_is_no_difference_between_groups() -> None:
    bench = Workbench(families(evidence_of(120), 1))
    wanted = {"metric": "FMR", "grouping": "colour", "threshold_name": "FMR 0.005", "group": "red"}
    (row,) = chosen(versus_rest.rows(bench), **wanted)
    assert row.p_holm is not None and row.p_holm < 0.05
    assert row.verdict == row.by_people_verdict == "not shown to differ"
    assert "most false matches of red lie in a few clusters of people" in row.note
    assert row.sentence.endswith(row.note) and "80 % power" not in row.sentence
    assert said_of_rest.withheld(row)
    (held,) = chosen(versus_reference.rows(bench), **wanted)
    assert (held.verdict, held.note) == (row.verdict, row.note)
    assert said_of_reference.verdict(held) == f"not shown to differ; {row.note}"
    (mated,) = chosen(versus_rest.rows(bench), **{**wanted, "metric": "FNMR"})
    assert "clusters" not in mated.sentence
    for summary in chosen(differentials.rows(bench), grouping="colour", threshold_name="FMR 0.005"):
        assert ("the null band may be too narrow" in summary.caution) == (summary.metric != "FNMR")


def test_a_difference_that_many_people_make_is_stated() -> None:
    bench = Workbench(evidence_of(120, shift=2.0))
    wanted = {"metric": "FMR", "grouping": "colour", "threshold_name": "FMR 0.005", "group": "red"}
    (row,) = chosen(versus_rest.rows(bench), **wanted)
    assert (row.verdict, row.note) == ("differs", "")
    assert not said_of_rest.withheld(row)


def test_clusters_of_those_with_fewer_false_matches_are_no_doubt() -> None:
    """Three families among the red: what they make may be why red has more, never why another group has."""
    bench = Workbench(families(evidence_of(120), 1))
    cells = {"model": "m", "condition": "clean", "metric": "FMR", "grouping": "colour"}
    (threshold,) = [
        one for one in bench.thresholds_of(bench.evidence.comparisons["m", "clean"]) if one.name == "FMR 0.005"
    ]
    key = {**cells, "threshold": threshold.value}
    comparisons = bench.evidence.comparisons["m", "clean"]
    some = {c.group: c for c in bench.counts(comparisons, ("colour",), threshold.value)["FMR"]}
    red, green = some["red"], some["green"]
    assert red.errors / red.trials > green.errors / green.trials
    assert "most false matches of red" in doubt(bench, key, (red, green), (["red"], ["green"]))
    assert "most false matches of red" in doubt(bench, key, (green, red), (["green"], ["red"]))
    fewer = replace(red, errors=0)
    assert doubt(bench, key, (fewer, green), (["red"], ["green"])) == ""
    assert doubt(bench, {**key, "metric": "FNMR"}, (red, green), (["red"], ["green"])) == ""
