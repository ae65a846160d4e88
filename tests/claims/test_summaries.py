"""Claims on summaries over the groups: the verdict is that of the table's own interval."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import tiny
from facegap.claims import examine_claim
from facegap.claims.judge import judge_claim
from facegap.claims.summaries import judge_summary
from facegap.claims.text import parse
from facegap.errors import InputError
from facegap.estimate.measures import MEASURES
from facegap.records import ErrorCounts
from facegap.tables import Workbench
from facegap.tables.differentials import rows
from facegap.tables.equal_groups import equal_rates
from facegap.tables.workbench import ends_of
from made_evidence import chosen, evidence_of

EXAMPLE = Path(__file__).resolve().parents[2] / "results" / "example"


def counts(errors: dict[str, int], trials: int = 4000, people: int = 4000) -> list[ErrorCounts]:
    return [
        ErrorCounts(
            metric="FNMR",
            model="m",
            condition="clean",
            grouping="g",
            group=group,
            threshold=0.5,
            errors=n,
            completed=trials,
            failed=0,
            subjects=people,
        )
        for group, n in errors.items()
    ]


@pytest.mark.parametrize(
    ("errors", "limit", "verdict"),
    [
        ({"a": 200, "b": 200, "c": 210}, 2.0, "supported"),
        ({"a": 200, "b": 200, "c": 800}, 2.0, "refuted"),
        ({"a": 200, "b": 200, "c": 400}, 2.0, "undecided"),
        ({"a": 0, "b": 200, "c": 400}, 2.0, "refuted"),
        ({"a": 0, "b": 2, "c": 1}, 2.0, "undecided"),
        ({"a": 0, "b": 0, "c": 0}, 2.0, "undecided"),
    ],
)
def test_an_interval_below_the_limit_supports_and_one_above_refutes(
    errors: dict[str, int], limit: float, verdict: str
) -> None:
    found = judge_summary(counts(errors), "max/min", limit, 10, 0.95, 1)
    assert found.verdict == verdict
    if verdict == "supported":
        assert found.found.high is not None and found.found.high <= limit


def test_the_verdict_at_the_end_of_the_interval() -> None:
    made = counts({"a": 200, "b": 230, "c": 420})
    for measure in MEASURES:
        found = judge_summary(made, measure.name, 0.5, 10, 0.95, 1).found
        assert found.low is not None and found.high is not None
        assert judge_summary(made, measure.name, found.high, 10, 0.95, 1).verdict == "supported"
        assert judge_summary(made, measure.name, found.high - 1e-9, 10, 0.95, 1).verdict == "undecided"
        assert judge_summary(made, measure.name, found.low, 10, 0.95, 1).verdict == "undecided"
        assert judge_summary(made, measure.name, found.low - 1e-9, 10, 0.95, 1).verdict == "refuted"


def test_a_group_in_no_summary_leaves_the_claim_undecided() -> None:
    made = counts({"a": 200, "b": 205})
    few = replace(made[0], group="few", subjects=3)
    found = judge_summary([*made, few], "max/min", 2.0, 10, 0.95, 1)
    assert (found.verdict, found.left_out) == ("supported", (("few", "3 people, fewer than 10"),))


@pytest.mark.parametrize("measure", ["max/min", "max/geomean", "max/mean", "max-min", "gini", "gini corrected"])
@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_the_interval_is_that_of_the_table(measure: str, metric: str) -> None:
    evidence = evidence_of(shift=1.0)
    limit = 0.5 if "/" not in measure else 3
    evidence = replace(evidence, vendor={"m": 2.5})
    found = judge_claim(evidence, parse(f"{measure} {metric} <= {limit} at vendor"))
    wanted = chosen(
        rows(Workbench(evidence)), measure=measure, metric=metric, grouping="colour", threshold_name="vendor"
    )[0]
    assert [(row.value, row.low, row.high) for row in found] == [(wanted.value, wanted.low, wanted.high)]
    assert found[0].group == "over 2 groups" and found[0].reading == f"{measure} of {metric} <= {limit}"
    assert f"highest: {wanted.worst}" in found[0].note
    assert "threshold's own" not in found[0].note


@pytest.mark.parametrize("metric", ["FMR", "FNMR"])
def test_at_a_target_the_interval_spans_that_of_the_threshold(metric: str) -> None:
    """Half of the error is the threshold's: three intervals at the level that leaves the other half."""
    evidence = evidence_of(shift=1.0)
    found = judge_claim(evidence, parse(f"max/geomean {metric} <= 3 at FMR 0.02"))[0]
    bench, comparisons = Workbench(evidence), evidence.comparisons["m", "clean"]
    threshold = next(t.value for t in bench.thresholds if t.name == "FMR 0.02")
    ends = ends_of(bench.drawn("m", 0.02).thresholds, 0.975, -np.inf)
    assert ends is not None and ends[0] < threshold < ends[1]
    least, seed = evidence.study.statistics.min_subjects, evidence.study.seed
    there = [
        judge_summary(
            bench.counts(comparisons, ("colour",), at)[metric],
            "max/geomean",
            3,
            least,
            0.975,
            seed,
            partial(equal_rates, bench, comparisons, ("colour",), at),
        ).found
        for at in (threshold, *ends)
    ]
    assert found.value == there[0].value
    assert found.low == min(one.low for one in there if one.low is not None)
    assert found.high == max(one.high for one in there if one.high is not None)
    assert found.note.endswith("the interval carries the threshold's own uncertainty")


def test_a_group_of_few_people_is_a_row_of_its_own() -> None:
    evidence = evidence_of(min_subjects=50)
    found = judge_claim(evidence, parse("max/min FNMR <= 3 at FMR 0.02"))
    assert [(row.group, row.verdict) for row in found] == [("over 1 groups", "undecided"), ("red", "undecided")]
    assert found[1].note == "left out: 40 people, fewer than 50"


def test_a_limit_is_stated_beforehand(finished: Path) -> None:
    with pytest.raises(InputError, match="stated before the data were seen"):
        examine_claim(finished, "max/min FMR <= 5")
    found = examine_claim(finished, "max/min FMR <= 5 at FMR 0.05", stated="the tests")
    assert found.understood == "max/min of FMR <= 5, over the groups, at FMR 0.05"


def test_the_run_s_banner_is_printed_with_a_verdict() -> None:
    banner = "synthetic: relative effects only"
    code, out, error = tiny.facegap(EXAMPLE.parent, "claim", str(EXAMPLE), "99.38 % accurate")
    assert code == 1 and error.startswith("claim: 1 of 1 in ")
    assert out.startswith(banner)
    assert "a published LFW accuracy is another number" in out and "LFW-style" not in out
    assert "not as a published accuracy: verdicts" in out.splitlines()[-1]
    code, out, _ = tiny.facegap(EXAMPLE.parent, "claim", str(EXAMPLE), "99.38 % accurate", "--json")
    found = json.loads(out)
    assert found["banners"][0].startswith(banner) and "FNMR, FMR, both, and their mean" in found["note"]


def test_what_is_not_understood_is_exit_code_2() -> None:
    for text in ("FNMR <= 9,5 % in every group", "EER <= 1 %", "no bias"):
        code, out, error = tiny.facegap(EXAMPLE.parent, "claim", str(EXAMPLE), text)
        assert (code, out, error.count("\n")) == (2, "", 1)
