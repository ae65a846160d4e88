"""One test over all groups: what it finds, counts and leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facegap import count
from facegap.schema import HomogeneityRow
from facegap.tables import Workbench, homogeneity
from made_evidence import chosen, evidence_of


@pytest.fixture(scope="module")
def tested() -> list[HomogeneityRow]:
    evidence = evidence_of(shift=1.0)
    return list(homogeneity.rows(Workbench(evidence)))


def test_a_group_that_differs_is_found_by_both_tests(tested: list[HomogeneityRow]) -> None:
    row = chosen(tested, metric="FMR", grouping="colour", threshold_name="FMR 0.02")[0]
    assert row.p_permutation == 1 / 1000
    assert row.p_chi_square < 1e-3
    assert (row.people, row.people_left_out, row.groups) == (120, 0, 2)
    assert "strangers of one label" in row.note
    other = chosen(tested, metric="FNMR", grouping="colour", threshold_name="FMR 0.02")[0]
    assert other.p_permutation > 0.05


def test_counts_of_the_permutation_are_those_of_the_rates(tested: list[HomogeneityRow]) -> None:
    evidence = evidence_of(shift=1.0)
    found = evidence.comparisons["m", "clean"]
    for row in chosen(tested, grouping="colour, size"):
        find = count.fmr_counts if row.metric == "FMR" else count.fnmr_counts
        counts = find(found, evidence.samples, ("colour", "size"), row.threshold)
        assert row.errors == sum(c.errors for c in counts)
        assert row.trials == sum(c.trials for c in counts)


def test_people_of_several_labels_or_none_are_left_out_and_counted() -> None:
    evidence = evidence_of(60)
    colour = evidence.samples.groups["colour"].astype("U9")
    subject = evidence.samples.subjects
    colour[subject == "p001"] = "unknown"
    colour[np.flatnonzero(subject == "p002")[0]] = "red"  # the others of this person are green
    samples = replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour})
    evidence = replace(evidence, samples=samples)
    row = chosen(homogeneity.rows(Workbench(evidence)), metric="FNMR", grouping="colour")[0]
    assert (row.people, row.people_left_out) == (58, 2)
    assert row.left_out == "unknown: no label"
    assert row.trials == 58 * 3


def test_without_errors_or_groups_there_is_no_p() -> None:
    evidence = evidence_of(60, min_subjects=30)
    rows = list(homogeneity.rows(Workbench(evidence)))
    alone = chosen(rows, grouping="colour")[0]
    assert alone.note == "fewer than two groups"
    assert alone.p_permutation is None
    evidence = evidence_of(60)
    mated = evidence.comparisons["m", "clean"].mated
    perfect = replace(evidence.comparisons["m", "clean"], mated=replace(mated, score=np.full_like(mated.score, 99)))
    evidence = replace(evidence, comparisons={("m", "clean"): perfect})
    row = chosen(homogeneity.rows(Workbench(evidence)), metric="FNMR", grouping="colour")[0]
    assert (row.note, row.errors, row.p_chi_square) == ("no errors", 0, None)
    colour = np.where(np.arange(len(evidence.samples)) % 3 == 0, "red", "green")
    both = replace(evidence, samples=replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour}))
    row = chosen(homogeneity.rows(Workbench(both)), metric="FMR", grouping="colour")[0]
    assert row.people == 0
    assert row.note.startswith("fewer than two groups of people with one label")


@pytest.mark.slow
def test_equal_groups_are_called_unequal_as_often_as_the_level_says() -> None:
    """Labels without any effect, people with their own scores: p-values are spread evenly."""
    found: dict[str, list[float]] = {"FMR": [], "FNMR": []}
    for seed in range(40):
        evidence = evidence_of(60, seed=seed)
        for row in homogeneity.rows(Workbench(evidence)):
            if row.grouping == "colour" and row.threshold_name == "FMR 0.02":
                found[row.metric].append(row.p_permutation)
    for values in found.values():
        assert sum(p <= 0.1 for p in values) <= 9  # 4 expected; more than 9 has a chance of 0.5 %
        assert 0.3 < np.mean(values) < 0.7
