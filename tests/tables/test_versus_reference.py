"""Each group against the one that the study names: what differs is found, what is missing is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facegap.evidence import Evidence
from facegap.report.versus_reference import verdict
from facegap.schema import ReferenceRow, VersusRow
from facegap.tables import Workbench, build, versus_reference
from made_evidence import chosen, evidence_of, searched_evidence


def named(evidence: Evidence, **reference: str) -> Evidence:
    names = {name.replace("_", ", "): group for name, group in reference.items()}
    return replace(evidence, study=evidence.study.model_copy(update={"reference": names}))


def rows_of(evidence: Evidence) -> list[ReferenceRow]:
    return list(versus_reference.rows(Workbench(evidence)))


def test_without_a_name_there_are_no_rows() -> None:
    assert rows_of(evidence_of(60)) == []


def test_of_two_groups_the_reference_is_the_rest() -> None:
    built = build(named(searched_evidence(shift=1.5), colour="green"))
    assert {row.group for row in built[ReferenceRow]} == {"red"}
    assert {row.metric for row in built[ReferenceRow]} == {"FMR", "FNMR", "FNIR", "FPIR"}
    for row in built[ReferenceRow]:
        key = {name: getattr(row, name) for name in ("metric", "grouping", "threshold_name", "threshold", "group")}
        (rest,) = chosen(built[VersusRow], **key)
        assert (row.errors, row.trials, row.reference_errors, row.ratio, row.low, row.high, row.p_holm) == (
            rest.errors,
            rest.trials,
            rest.rest_errors,
            rest.ratio,
            rest.low,
            rest.high,
            rest.p_holm,
        )
        assert row.verdict == rest.verdict


def test_the_others_are_adjusted_together_and_nobody_is_compared_with_themselves() -> None:
    rows = rows_of(named(evidence_of(shift=1.0), colour_size="green, big"))
    assert {row.grouping for row in rows} == {"colour, size"}
    one = chosen(rows, metric="FMR", threshold_name="FMR 0.02")
    assert [row.group for row in one] == ["green, small", "red, big", "red, small"]
    assert all(row.p <= row.p_holm <= 3 * row.p for row in one)
    big = one[1]
    assert big.verdict == "differs" and "times the rate of green, big" in big.sentence
    assert verdict(big).startswith(f"{big.ratio:.1f} times its rate")
    alike = one[0]
    assert alike.verdict == "not shown to differ" and "would have seen a ratio" in alike.sentence
    assert verdict(alike).startswith("not shown to differ; this test would have seen a ratio of")


def test_one_test_decides_what_the_page_says() -> None:
    row = chosen(rows_of(named(evidence_of(shift=1.0), colour="green")), metric="FMR", threshold_name="FMR 0.02")[0]
    assert "times its rate" in verdict(row)
    assert verdict(replace(row, verdict="not shown to differ")).startswith("not shown to differ")
    assert verdict(replace(row, verdict="")) == "–"


@pytest.mark.parametrize(
    ("people", "least", "reference", "expected"),
    [
        (60, 30, "red", "no reference: 20 people, fewer than 30"),
        (60, 10, "blue", "no reference: nobody is 'blue' here"),
    ],
)
def test_a_reference_that_cannot_be_is_said(people: int, least: int, reference: str, expected: str) -> None:
    rows = rows_of(named(evidence_of(people, min_subjects=least), colour=reference))
    assert rows and {row.note for row in rows} == {expected}
    assert {row.ratio for row in rows} == {None} and {row.verdict for row in rows} == {""}


def test_people_of_both_groups_are_counted_and_noted() -> None:
    evidence = named(evidence_of(60), colour="green")
    colour = evidence.samples.groups["colour"].copy()
    subject = evidence.samples.subjects
    for person in ("p001", "p002"):
        colour[np.flatnonzero(subject == person)[0]] = "red"  # the others of this person are green
    evidence = replace(evidence, samples=replace(evidence.samples, groups={"colour": colour, "size": colour}))
    evidence = replace(evidence, study=evidence.study.model_copy(update={"groups": (("colour",),)}))
    for row in rows_of(evidence):
        assert row.shared_subjects == 2
        assert "2 people are in both groups" in row.note
