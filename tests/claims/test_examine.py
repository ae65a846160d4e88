"""A claim against a finished run: every reading is judged as the counts say; a claim that is not met is exit code 1."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tiny
from facegap import store
from facegap.claims import examine_claim
from facegap.claims.judge import judge_claim
from facegap.claims.text import parse
from facegap.errors import InputError
from facegap.estimate.accuracy import mean_error, p_values
from facegap.estimate.at_most import judge
from facegap.estimate.binomial import wilson
from facegap.estimate.interval import effective_sample
from facegap.evidence import read_evidence
from facegap.records import ErrorCounts
from facegap.tables import Workbench
from facegap.tables.workbench import ends_of
from made_evidence import evidence_of


def counts(metric: str, errors: int, trials: int) -> ErrorCounts:
    return ErrorCounts(
        metric=metric,
        model="m",
        condition="clean",
        grouping="g",
        group="a",
        threshold=0.5,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=trials,
    )


def test_verdicts_are_those_of_the_counts(finished: Path) -> None:
    found = examine_claim(finished, "FNMR <= 0.05 in every group at FMR 0.05")
    evidence = read_evidence(finished, store.read_manifest(finished))
    bench = Workbench(evidence)
    threshold = next(t for t in bench.thresholds if t.name == "FMR 0.05")
    comparisons = evidence.comparisons["tiny", "clean"]
    there = ends_of(bench.drawn("tiny", 0.05).thresholds, 0.975, -np.inf)
    assert there is not None and there[0] < threshold.value < there[1]
    at = [bench.counts(comparisons, ("group",), value)["FNMR"] for value in (threshold.value, *there)]
    wanted = judge(at[0], 0.05, 0.95, at[1:])
    assert [(row.group, row.verdict, row.errors) for row in found.judged] == [
        (one.counts.group, one.verdict, one.counts.errors) for one in wanted
    ]
    assert all("carry the threshold's own uncertainty" in row.note for row in found.judged)
    for row, plain in zip(found.judged, judge(at[0], 0.05, 0.95), strict=True):
        assert row.p_refute is not None and row.p_refute >= plain.p_refute
    assert found.judged[0].decided_people is None or found.judged[0].decided_people > 0


def test_at_least_is_the_mirror_of_at_most(finished: Path) -> None:
    most = examine_claim(finished, "FNMR <= 0.05 at FMR 0.05").judged
    least = examine_claim(finished, "FNMR >= 0.05 at FMR 0.05").judged
    mirror = {"refuted": "supported", "supported": "refuted", "undecided": "undecided"}
    assert [mirror[row.verdict] for row in most] == [row.verdict for row in least]


def test_every_reading_of_an_accuracy_is_judged(finished: Path) -> None:
    found = examine_claim(finished, "99 % accurate at FMR 0.05")
    readings = list(dict.fromkeys(row.reading for row in found.judged))
    assert [reading.split(" <= ")[0] for reading in readings] == [
        "FNMR",
        "FMR",
        "FMR and FNMR both",
        "mean of both: (FMR + FNMR) / 2",
    ]
    assert found.verdict == "refuted"


def test_one_named_group_is_not_adjusted_for_the_others() -> None:
    evidence = evidence_of()
    one = judge_claim(evidence, parse("FNMR <= 0.55 in group red at FMR 0.02"))
    every = judge_claim(evidence, parse("FNMR <= 0.55 in every group of colour at FMR 0.02"))
    assert [row.group for row in one] == ["red"]
    (among,) = (row for row in every if row.group == "red")
    assert 0 < one[0].p_support <= among.p_support < 1


def test_what_few_people_cannot_show_is_said_in_the_words_of_the_claim() -> None:
    """24 people: "at most" can only be refuted, "at least", its mirror image, only be supported."""
    evidence = evidence_of(people=24)
    (most,) = judge_claim(evidence, parse("FNMR <= 0.9 overall at FMR 0.02"))
    (least,) = judge_claim(evidence, parse("FNMR >= 0.9 overall at FMR 0.02"))
    assert {most.verdict, least.verdict} == {"undecided"}
    assert "could only be refuted: 24 people" in most.note and "no support can be kept" in most.note
    assert "could only be supported: 24 people" in least.note and "no refutation can be kept" in least.note


@pytest.mark.parametrize("reading", ["FMR and FNMR both", "mean of both"])
def test_an_accuracy_needs_the_people_that_a_rate_needs(reading: str) -> None:
    def of(people: int, **statistics: int) -> tuple[str, str]:
        evidence = evidence_of(people=people, **statistics)
        found = judge_claim(evidence, parse("50 % accurate overall at FMR 0.02"))
        (row,) = (row for row in found if row.reading.startswith(reading))
        return row.verdict, row.note

    carried = "p-values carry the threshold's own uncertainty"
    assert of(120) == ("supported", carried)
    assert of(120, min_subjects=121) == ("undecided", f"not judged: fewer than 121 people; {carried}")
    verdict, note = of(40)
    assert verdict == "undecided" and note.startswith("FMR: could only be refuted: 40 people")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FNMR <= 0.1 in group green", "no group 'green'; groups: amber, blue"),
        ("FNMR <= 0.1 in every group of age", "'age' is no label of this run"),
        ("FNMR <= 0.1 at FMR 0.3", "no threshold 'FMR 0.3'; it has: FMR 0.05, FMR 0.01"),
        ("FNMR within a ratio of 1.25", "stated before the data were seen"),
    ],
)
def test_what_the_run_has_not(finished: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        examine_claim(finished, text)
    with pytest.raises(InputError, match="no model 'x' in this run; there: tiny"):
        examine_claim(finished, "FNMR <= 0.1", models=["x"])


def test_margins(finished: Path) -> None:
    wide = examine_claim(finished, "FNMR within a ratio of 500 at FMR 0.05", stated="the tests").judged
    assert {row.verdict for row in wide} <= {"supported", "undecided"}
    tight = examine_claim(finished, "FNMR within 1 per 10,000 at FMR 0.05", stated="the tests")
    assert tight.verdict != "supported"
    assert tight.stated == "the tests"


def test_the_command_line(finished: Path) -> None:
    place = finished.parents[1]
    code, out, error = tiny.facegap(place, "claim", str(finished), "FNMR <= 0.001 in every group")
    assert code == 1 and error.startswith("claim: 1 of 1 in ")
    assert "refuted" in out.splitlines()[-1]
    code, out, _ = tiny.facegap(place, "claim", str(finished), "FTA <= 0.9 overall", "--json")
    found = json.loads(out)
    assert (code, found["verdict"], found["judged"][0]["group"]) == (1, "undecided", "everyone")
    assert "with fewer than 30 no support can be kept at its level" in found["judged"][0]["note"]
    code, out, error = tiny.facegap(place, "claim", str(finished), "it is fair")
    assert (code, out, error.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(("fmr", "fnmr", "limit"), [((3, 900), (20, 500), 0.01), ((0, 900), (1, 500), 0.01)])
def test_the_accuracy_test_is_its_interval_turned_round(fmr, fnmr, limit) -> None:
    a, b = counts("FMR", *fmr), counts("FNMR", *fnmr)
    refute, support = p_values(a, b, limit)
    assert refute + support == pytest.approx(1)
    above = mean_error(a, b) > limit
    p = refute if above else support
    level = 1 - 2 * p
    ends = [(c.errors / c.trials, wilson(c.errors, effective_sample(c), level)) for c in (a, b)]
    half = sum((rate - bounds[0 if above else 1]) ** 2 for rate, bounds in ends) ** 0.5 / 2
    assert mean_error(a, b) + (-half if above else half) == pytest.approx(limit)
